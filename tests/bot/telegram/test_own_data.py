"""What a person can see of their own data, take with them and delete; and what the admins see."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from itertools import count

import pytest

from bot.texts import copy_of
from bot.texts.telegram import TelegramTexts
from tests.bot.telegram import stub
from tests.bot.telegram.conftest import ADMIN, StubBot, answers, ask, wait_until
from tests.bot_api import Message, Person

COPY = copy_of(TelegramTexts, "id")
PEOPLE = count(70_001)


@pytest.fixture
def quick(stub_bot: StubBot) -> StubBot:
    """The bot that repeats the question, without Telegram's pace."""
    stub_bot.settings[stub.PACE] = "0.02"
    stub_bot.start()
    return stub_bot


@pytest.fixture
def budi(quick: StubBot) -> Person:
    """An official."""
    return quick.api.private(next(PEOPLE))


@pytest.fixture
def rina(quick: StubBot) -> Person:
    """Somebody else."""
    return quick.api.private(next(PEOPLE), "Rina")


def say(person: Person, text: str) -> Message:
    """Write something by itself; returns the reply."""
    ask(person, text)
    return person.wait_reply()


def request(person: Person) -> str:
    """Send a consultation request; returns its number."""
    say(person, "/konsultasi")
    while "keyboard" not in (person.messages[-1].reply_markup or {}):
        say(person, "lewati")
    ask(person, "lewati")
    person.wait_reply(2)
    say(person, "setuju")
    return say(person, "kirim").text.split("Permohonan ")[1].split(" ")[0]


def own_data(person: Person) -> tuple[dict[str, list[dict[str, object]]], str]:
    """What /datasaya sends: the JSON and the page."""
    person.say("/datasaya")
    person.wait_reply(2)
    machine, page = person.messages[-2:]
    assert (machine.file_name, page.file_name) == ("data-saya.json", "data-saya.html")
    return json.loads(machine.content or b""), (page.content or b"").decode()


def test_the_history_lists_questions_and_opens_an_answer_again(quick: StubBot, budi: Person) -> None:
    assert say(budi, "/riwayat").text == COPY.history_empty
    say(budi, "Kami dari Diskominfo Kab. Kebumen")
    say(budi, "apa itu SPBE")
    say(budi, "apa itu <Pemdi> & Satu Data?")
    listed = say(budi, "/riwayat")
    assert listed.text == "Pertanyaan terakhir Bapak/Ibu\nTekan untuk melihat jawabannya lagi."
    assert [button["text"] for button in listed.buttons] == ["apa itu <Pemdi> & Satu Data?", "apa itu SPBE"]
    quick.api.wait_answer(budi.press("apa itu SPBE", listed))
    again = budi.wait_reply()
    assert again.text.startswith("Pertanyaan: apa itu SPBE\n\nJawaban atas apa itu SPBE")
    assert "Bermanfaat" in str(again.buttons)


def test_the_history_of_another_cannot_be_opened(quick: StubBot, budi: Person, rina: Person) -> None:
    say(budi, "apa itu SPBE")
    (entry,) = say(budi, "/riwayat").buttons
    say(rina, "halo")
    assert quick.api.wait_answer(rina.press_data(entry["callback_data"]))["text"] == COPY.not_yours
    assert len(rina.messages) == 1


def test_status_tells_how_a_request_stands(quick: StubBot, budi: Person) -> None:
    assert say(budi, "/status").text == COPY.status_none
    number = request(budi)
    text = say(budi, "/status").text
    assert text.startswith(f"{number} – menunggu konsultan\n")
    assert "tanggapan paling lambat" in text


def test_own_data_is_everything_of_the_person_and_nothing_of_another(
    quick: StubBot, budi: Person, rina: Person
) -> None:
    say(rina, "Kami dari Bappeda Kota Magelang, pertanyaanmilikrina?")
    say(budi, "Kami dari Diskominfo Kab. Kebumen, pertanyaanmilikbudi <script>?")
    budi.press("Bermanfaat")
    number = request(budi)
    say(budi, "/konsultasi")
    held, page = own_data(budi)
    assert [str(turn["question"]).removeprefix("kami ") for turn in held["turns"]] == ["pertanyaanmilikbudi <script>?"]
    assert held["person"][0]["id"] == budi.id
    assert [row["verdict"] for row in held["feedback"]] == ["useful"]
    assert [row["number"] for row in held["leads"]] == [number]
    assert len(held["intake"]) == 1
    for wanted in ("pertanyaanmilikbudi &lt;script&gt;", "Kabupaten Kebumen", number, "Bermanfaat", "WIB"):
        assert wanted in page
    assert "<script>" not in page
    for text in (json.dumps(held), page):
        assert "pertanyaanmilikrina" not in text
        assert "Magelang" not in text
        assert str(rina.id) not in text


def test_own_data_of_somebody_unknown_is_empty(quick: StubBot, budi: Person) -> None:
    held, page = own_data(budi)
    assert not any(held.values())
    assert page.count("Tidak ada.") == len(COPY.my_data_tables)


def test_deleting_is_asked_and_may_be_declined(quick: StubBot, budi: Person) -> None:
    say(budi, "apa itu SPBE")
    asked = say(budi, "/hapusdata")
    assert [button["text"] for button in asked.buttons] == ["Ya, hapus data saya", "Tidak jadi"]
    budi.press("Tidak jadi", asked)
    declined = budi.wait_edit(asked)
    assert declined.text == COPY.kept
    assert declined.buttons == []
    assert quick.rows("SELECT count(*) FROM turns") == [(1,)]


def test_deleting_leaves_nothing_of_the_person_and_all_of_others(quick: StubBot, budi: Person, rina: Person) -> None:
    say(rina, "apa itu Satu Data")
    say(budi, "Kami dari Diskominfo Kab. Kebumen, rahasiadaerah?")
    answer = budi.messages[-1]
    budi.press("Bermanfaat")
    budi.wait_edit(answer)
    say(budi, "/konsultasi")
    asked = say(budi, "/hapusdata")
    budi.press("Ya, hapus", asked)
    assert budi.wait_edit(asked).text == COPY.deleted
    wait_until(lambda: not quick.rows("SELECT 1 FROM updates WHERE state = 'open'"))
    assert quick.rows("SELECT id FROM people") == [(rina.id,)]
    assert answers(rina.messages) == ["apa itu Satu Data"]
    for table in ("turns", "feedback", "intakes", "messages", "updates", "people"):
        rows = str(quick.rows(f"SELECT * FROM {table}"))  # noqa: S608
        assert "rahasiadaerah" not in rows
        assert "Kebumen" not in rows
    assert quick.api.wait_answer(budi.press("Bermanfaat", answer))["text"] == COPY.expired


def test_a_sent_request_stays_and_the_reason_is_told(quick: StubBot, budi: Person) -> None:
    number = request(budi)
    asked = say(budi, "/hapusdata")
    budi.press("Ya, hapus", asked)
    text = budi.wait_edit(asked).text
    assert f"Permohonan {number} tetap disimpan karena Bapak/Ibu menyetujui tindak lanjutnya" in text
    assert quick.rows("SELECT number FROM leads") == [(number,)]
    assert number in say(budi, "/status").text


def test_turns_older_than_the_setting_are_deleted_at_start(quick: StubBot, budi: Person, rina: Person) -> None:
    say(budi, "pertanyaan lama")
    number = request(budi)
    say(rina, "pertanyaan baru")
    quick.stop()
    with closing(sqlite3.connect(quick.database)) as connection, connection:
        for column in ("turns SET answered_at", "turns SET received_at", "people SET last_seen"):
            where = "person_id" if column.startswith("turns") else "id"
            connection.execute(f"UPDATE {column} = '2020-01-01 00:00:00.000000' WHERE {where} = {budi.id}")
    quick.start()
    wait_until(lambda: quick.rows("SELECT question FROM turns") == [("pertanyaan baru",)])
    assert quick.rows("SELECT id FROM people") == [(rina.id,)]
    assert quick.rows("SELECT number FROM leads") == [(number,)]
    quick.wait_log("1 percakapan yang lebih tua dari 180 hari dihapus", 10)


def test_an_admin_sees_what_is_in_trouble_and_a_stranger_does_not(quick: StubBot, budi: Person) -> None:
    admin = quick.api.chats[ADMIN]
    assert isinstance(admin, Person)
    admin.say("/masalah")
    assert admin.wait_reply().text == "Tidak ada pesan yang bermasalah."
    budi.say(f"{stub.RAISES} rahasia")
    apology = budi.wait_reply(timeout=20)
    assert apology.text == COPY.set_aside
    report = admin.wait_reply(containing="gagal diproses tiga kali")
    assert [button["text"] for button in report.buttons] == ["Kirim ulang", "Abaikan"]
    assert "rahasia" not in report.text
    ask(budi, "/masalah")
    say(budi, "/status")
    assert not [message for message in budi.messages if "gagal diproses tiga kali" in message.text]
    assert quick.api.wait_answer(budi.press_data(report.buttons[0]["callback_data"], apology))["text"] == COPY.not_yours
