"""The consultation request, from the button to its number, as an official fills it in."""

from __future__ import annotations

import json
import re
import time
from itertools import count
from typing import Any

import pytest

from bot.texts import copy_of
from bot.texts.intake import IntakeTexts
from bot.texts.telegram import TelegramTexts
from tests.bot.telegram import stub
from tests.bot.telegram.conftest import BotProcess, StubBot, ask, wait_until
from tests.bot_api import Message, Person

COPY = copy_of(TelegramTexts, "id")
INTAKE = copy_of(IntakeTexts, "id")
PEOPLE = count(60_001)
NEED = "Bagaimana pembiayaan command center?"
SUMMARY = "Berikut ringkasan permohonan"


@pytest.fixture
def quick(stub_bot: StubBot) -> StubBot:
    """The bot that repeats the question, without Telegram's pace."""
    stub_bot.settings[stub.PACE] = "0.02"
    stub_bot.start()
    return stub_bot


@pytest.fixture
def siti(quick: StubBot) -> Person:
    """An official."""
    return quick.api.private(next(PEOPLE), "Siti")


def say(person: Person, text: str) -> Message:
    """Type an answer; returns what is asked next."""
    person.say(text)
    return person.wait_reply()


def press(person: Person, label: str) -> Message:
    """Press a button of the newest step; returns what is asked next."""
    person.press(label, person.messages[-1])
    return person.wait_reply()


def begin(person: Person) -> Message:
    """Ask something, and for a consultant."""
    ask(person, NEED)
    person.wait_reply()
    return press(person, COPY.button_consultant)


def to_summary(person: Person) -> Message:
    """All steps by the shortest way."""
    begin(person)
    for answer in ("Siti Rahmawati", "Kepala Bidang Aptika", "Diskominfo"):
        say(person, answer)
    say(person, "Kabupaten Kebumen")
    for label in ("Menyusun masterplan", "Dalam tiga bulan"):
        press(person, label)
    person.say("Lewat Telegram saja")
    person.wait_reply(2)
    return press(person, "Setuju")


def leads(bot: BotProcess) -> list[tuple[Any, ...]]:
    return bot.rows("SELECT number, request, conversation, state FROM leads ORDER BY id")


def quiet(bot: BotProcess) -> None:
    """Wait until nothing is left to handle or to send."""
    waiting = "SELECT 1 FROM updates WHERE state = 'open' UNION ALL SELECT 1 FROM messages WHERE state IN "
    wait_until(lambda: not bot.rows(f"{waiting} ('waiting', 'sending')"))


def alert(bot: BotProcess, query: str) -> str:
    return str(bot.api.wait_answer(query).get("text", ""))


def test_a_request_from_the_button_to_its_number(quick: StubBot, siti: Person) -> None:
    name = begin(siti)
    assert name.text.startswith("Langkah 1 dari 9\nBaik, Bapak/Ibu. Kami siapkan permohonan konsultasi")
    position = say(siti, "Siti Rahmawati, S.Kom.")
    assert position.text.startswith("Langkah 2 dari 9\nApa jabatan Bapak/Ibu?")
    assert [button["text"] for button in position.buttons] == ["Lewati", "‹ Kembali", "Batal"]
    say(siti, "Kepala Bidang Aplikasi Informatika")
    say(siti, "Dinas Komunikasi dan Informatika")
    stage = say(siti, "Kabupaten Kebumen")
    assert "Langkah 5 dari 9" in stage.text
    press(siti, "Menyusun masterplan")
    assert siti.wait_edit(stage).text.endswith("✅ Menyusun masterplan")
    contact = press(siti, "Dalam tiga bulan")
    keys = [key for row in (contact.reply_markup or {})["keyboard"] for key in row]
    assert keys[0] == {"text": "📱 Kirim nomor saya", "request_contact": True}
    siti.share_contact("+6281234567890")
    consent = siti.wait_reply(2)
    noted = siti.messages[-2]
    assert noted.text == "Baik, kontak dicatat."
    assert noted.reply_markup == {"remove_keyboard": True}
    assert "UU 27/2022" in consent.text
    summary = press(siti, "Setuju")
    for line in (
        "Nama: Siti Rahmawati, S.Kom.",
        "Jabatan: Kepala Bidang Aplikasi Informatika",
        "Instansi: Dinas Komunikasi dan Informatika",
        "Daerah: Kabupaten Kebumen",
        f"Kebutuhan: {NEED}",
        "Tahap: Menyusun masterplan",
        "Waktu: Dalam tiga bulan",
        "Kontak: +6281234567890",
        "Persetujuan data pribadi: Diberikan (UU 27/2022)",
    ):
        assert line in summary.text
    confirmed = press(siti, "Kirim permohonan").text
    assert re.match(r"Terima kasih, Bapak/Ibu\. Permohonan KC-\d{4}-0001 sudah diterima\.", confirmed)
    assert re.search(r"paling lambat \w+, \d+ \w+ 20\d\d pukul \d\d\.\d\d WIB\.", confirmed)
    quiet(quick)
    assert [message.buttons for message in siti.messages[1:]] == [[]] * (len(siti.messages) - 1)


def test_the_lead_holds_profile_conversation_and_drafts(quick: StubBot, siti: Person) -> None:
    ask(siti, "Apa itu SPBE?")
    siti.wait_reply()
    to_summary(siti)
    press(siti, "Kirim permohonan")
    ((number, request, conversation, state),) = leads(quick)
    held = json.loads(request)
    assert held["number"] == number
    assert held["profile"] == {
        "name": "Siti Rahmawati",
        "position": "Kepala Bidang Aptika",
        "agency": "Diskominfo",
        "region": "33.05",
        "contact": "telegram",
    }
    assert held["need"] == NEED
    assert {"pembiayaan", "infrastruktur-iot"} <= set(held["topics"])
    assert (held["stage"], held["time_frame"]) == ("masterplan", "3-bulan")
    assert held["consent_at"]
    assert held["promise"].startswith("paling lambat")
    turns = json.loads(conversation)
    assert [turn["question"] for turn in turns] == ["Apa itu SPBE?", NEED]
    assert all(turn["draft"]["lead"]["text"].startswith(stub.ANSWER) and turn["generation"] for turn in turns)
    assert state
    assert not quick.rows("SELECT 1 FROM intakes")
    ((profile,),) = quick.rows(f"SELECT profile FROM people WHERE id = {siti.id}")  # noqa: S608
    assert json.loads(profile)["name"] == "Siti Rahmawati"


def test_the_question_of_a_group_comes_into_the_lead_too(quick: StubBot, siti: Person) -> None:
    team = quick.api.group(-1_001_000_060_000, "Smart City")
    ask(siti, NEED, team)
    (link,) = [button["url"] for button in team.wait_reply().buttons if "url" in button]
    siti.say("/start " + link.partition("=")[2])
    siti.wait_reply()
    for answer in ("lewati", "lewati", "lewati", "lewati", "lewati", "lewati"):
        say(siti, answer)
    siti.say("lewati")
    siti.wait_reply(2)
    say(siti, "setuju")
    assert "Permohonan KC-" in say(siti, "kirim").text
    ((_, _, conversation, _),) = leads(quick)
    assert [turn["question"] for turn in json.loads(conversation)] == [NEED]


def test_a_double_tap_sends_one_request(quick: StubBot, siti: Person) -> None:
    summary = to_summary(siti)
    first, second, third = (siti.press("Kirim permohonan", summary) for _ in range(3))
    assert alert(quick, first) == ""
    assert {alert(quick, second), alert(quick, third)} == {COPY.request_closed}
    quiet(quick)
    assert len(leads(quick)) == 1
    assert len([message for message in siti.messages if "sudah diterima" in message.text]) == 1


def test_a_double_tap_on_the_consultant_begins_once(quick: StubBot, siti: Person) -> None:
    ask(siti, NEED)
    answer = siti.wait_reply()
    for query in [siti.press(COPY.button_consultant, answer) for _ in range(3)]:
        assert alert(quick, query) == ""
    quiet(quick)
    assert len([message for message in siti.messages if "Langkah 1" in message.text]) == 1


def test_what_is_known_is_not_asked_again(quick: StubBot, siti: Person) -> None:
    to_summary(siti)
    press(siti, "Kirim permohonan")
    again = say(siti, "/konsultasi")
    assert INTAKE.prompts["need"].partition("\n")[0] in again.text
    assert again.text.startswith("Langkah 1 dari 6")


def test_choices_may_be_typed_and_topics_marked_one_by_one(quick: StubBot, siti: Person) -> None:
    say(siti, "/konsultasi")
    for answer in ("Siti", "Kabid", "Diskominfo", "kota magelang"):
        say(siti, answer)
    topics = say(siti, "Kami mohon pendampingan.")
    assert "Selesai memilih" in str(topics.buttons)
    for label in ("Masterplan dan perencanaan", "Pembiayaan dan anggaran", "Pembiayaan dan anggaran"):
        siti.press(label, topics)
    quick.api.wait_for(
        lambda: (
            "☑️ Masterplan" in str(siti.messages[-1].buttons) and "☑️ Pembiayaan" not in str(siti.messages[-1].buttons)
        ),
        what="one marked topic",
    )
    press(siti, "Selesai memilih")
    assert siti.wait_edit(topics, "✅").text.endswith("✅ Masterplan dan perencanaan")
    assert "Kapan tanggapan" in say(siti, "masih menyusun").text
    assert "Ke nomor telepon" in say(siti, "3 bulan lagi").text
    siti.say("kominfo@magelangkota.go.id")
    assert "UU 27/2022" in siti.wait_reply(2).text
    summary = say(siti, "ya, setuju")
    for line in ("Kota Magelang", "Masterplan dan perencanaan", "Dalam tiga bulan", "kominfo@magelangkota.go.id"):
        assert line in summary.text
    assert "sudah diterima" in say(siti, "kirim").text


def test_a_misspelt_region_is_confirmed_by_a_button(quick: StubBot, siti: Person) -> None:
    begin(siti)
    for answer in ("Siti", "Kabid", "Dinas Kominfo"):
        say(siti, answer)
    unsure = say(siti, "kabupatn kebumn")
    assert unsure.text == INTAKE.complaints["region_unsure"]
    assert "Kabupaten Kebumen" in str(unsure.buttons)
    again = press(siti, "Bukan salah satunya")
    assert "Untuk kabupaten, kota, atau provinsi mana" in again.text
    unknown = say(siti, "xyzzy qwrt")
    assert unknown.text == INTAKE.complaints["region_unknown"]
    unsure = say(siti, "kebumn")
    press(siti, "Kabupaten Kebumen")
    assert siti.wait_edit(unsure).text.endswith("✅ Kabupaten Kebumen")
    assert json.loads(quick.rows("SELECT state FROM intakes")[0][0])["profile"]["region"] == "33.05"


def test_a_complaint_is_one_message_with_the_buttons_of_its_step(quick: StubBot, siti: Person) -> None:
    asked = begin(siti)
    complaint = say(siti, "12345")
    assert complaint.text == INTAKE.complaints["no_letters"]
    assert [button["text"] for button in complaint.buttons] == ["Lewati", "Batal"]
    assert siti.wait_edit(asked).buttons == []


def test_skip_and_back_lead_to_the_neighbouring_steps(quick: StubBot, siti: Person) -> None:
    begin(siti)
    assert "Apa jabatan" in press(siti, "Lewati").text
    back = press(siti, "‹ Kembali")
    assert "Dengan Bapak/Ibu siapa" in back.text
    assert "Ini pertanyaan pertama" in say(siti, "kembali").text
    say(siti, "Siti Rahmawati")
    back = say(siti, "kembali")
    assert "Jawaban saat ini: Siti Rahmawati" in back.text


def test_going_back_from_the_contact_takes_its_keyboard_away(quick: StubBot, siti: Person) -> None:
    begin(siti)
    for _ in range(6):
        say(siti, "lewati")
    assert "keyboard" in (siti.messages[-1].reply_markup or {})
    wrong = say(siti, "08")
    assert wrong.text == INTAKE.complaints["contact_invalid"]
    assert "keyboard" in (wrong.reply_markup or {})
    siti.say("Kembali")
    back = siti.wait_reply(2)
    assert siti.messages[-2].text == "Baik."
    assert siti.messages[-2].reply_markup == {"remove_keyboard": True}
    assert "Kapan tanggapan" in back.text


@pytest.mark.parametrize("steps", [0, 3, 6])
def test_a_request_can_be_left_at_any_step(quick: StubBot, siti: Person, steps: int) -> None:
    begin(siti)
    for _ in range(steps):
        say(siti, "lewati")
    last = say(siti, "batal")
    assert last.text == COPY.request_cancelled
    assert (last.reply_markup == {"remove_keyboard": True}) == (steps == 6)
    quiet(quick)
    assert not quick.rows("SELECT 1 FROM intakes")
    assert not leads(quick)
    assert [message.buttons for message in siti.messages[1:]] == [[]] * (len(siti.messages) - 1)
    assert say(siti, "/batal").text == COPY.request_nothing_open


def test_a_request_can_be_left_by_its_button(quick: StubBot, siti: Person) -> None:
    asked = begin(siti)
    press(siti, "Batal")
    assert siti.messages[-1].text == COPY.request_cancelled
    assert siti.wait_edit(asked).buttons == []


def test_a_field_is_corrected_from_the_summary(quick: StubBot, siti: Person) -> None:
    to_summary(siti)
    fields = press(siti, "Perbaiki isian")
    assert [button["text"] for button in fields.buttons][:10] == list(INTAKE.fields.values())
    topics = press(siti, "Topik")
    assert topics.text.startswith("Kita perbaiki bagian ini, lalu kembali ke ringkasan.")
    siti.press("Satu Data Indonesia", topics)
    siti.wait_edit(topics)
    assert "Satu Data Indonesia" in press(siti, "Selesai memilih").text
    assert "Dengan Bapak/Ibu siapa" in say(siti, "ubah nama").text
    summary = say(siti, "Dr. Siti Rahmawati")
    assert summary.text.startswith("Langkah ")
    assert "Nama: Dr. Siti Rahmawati" in summary.text
    assert "sudah diterima" in press(siti, "Kirim permohonan").text


def test_without_consent_nothing_is_sent(quick: StubBot, siti: Person) -> None:
    begin(siti)
    for _ in range(6):
        say(siti, "lewati")
    siti.say("Lewati")
    siti.wait_reply(2)
    query = siti.press("Tidak setuju")
    assert alert(quick, query) == INTAKE.complaints["consent_needed"]
    assert say(siti, "nanti saja").text == INTAKE.complaints["choose"]
    assert not leads(quick)


def test_a_button_of_a_step_that_was_answered_changes_nothing(quick: StubBot, siti: Person) -> None:
    asked = begin(siti)
    say(siti, "Siti Rahmawati")
    skip = next(button["callback_data"] for button in asked.buttons if button["text"] == "Lewati")
    assert alert(quick, siti.press_data(skip, asked)) == INTAKE.complaints["stale"]
    for junk in ("position.hack", "position", "hack.!skip", ""):
        identifier = skip.split(":")[1]
        assert alert(quick, siti.press_data(f"i:{identifier}:{junk}", asked)) == INTAKE.complaints["stale"]
    state = json.loads(quick.rows("SELECT state FROM intakes")[0][0])
    assert (state["step"], state["profile"]["name"]) == ("position", "Siti Rahmawati")


def test_a_stranger_cannot_answer_a_step(quick: StubBot, siti: Person) -> None:
    asked = begin(siti)
    budi = quick.api.private(next(PEOPLE))
    own = begin(budi)
    for label in ("Lewati", "Batal"):
        forged = next(button["callback_data"] for button in asked.buttons if button["text"] == label)
        assert alert(quick, budi.press_data(forged, own)) == COPY.not_yours
    assert quick.rows("SELECT count(*) FROM intakes") == [(2,)]


def test_a_request_goes_on_after_a_restart(quick: StubBot, siti: Person) -> None:
    begin(siti)
    say(siti, "Siti Rahmawati")
    position = siti.messages[-1]
    quiet(quick)
    quick.kill()
    siti.say("Kepala Bidang Aptika")
    quick.start()
    agency = siti.wait_reply()
    assert "Di instansi" in agency.text
    assert siti.wait_edit(position).buttons == []
    press(siti, "Lewati")
    time.sleep(2)
    kept = say(siti, "/konsultasi")
    assert kept.text.startswith(
        "Permohonan yang tadi dimulai masih tersimpan; mari kita lanjutkan.\n\nLangkah 4 dari 9"
    )
    profile = json.loads(quick.rows("SELECT state FROM intakes")[0][0])["profile"]
    assert (profile["name"], profile["position"]) == ("Siti Rahmawati", "Kepala Bidang Aptika")


def test_a_question_in_the_middle_is_answered_and_the_step_asked_again(quick: StubBot, siti: Person) -> None:
    begin(siti)
    siti.say("Apa itu masterplan smart city?")
    again = siti.wait_reply(2)
    assert siti.messages[-2].text.startswith(f"{stub.ANSWER} Apa itu masterplan smart city")
    assert again.text.startswith("Permohonan yang tadi dimulai masih tersimpan")
    assert "Apa jabatan" in say(siti, "Siti Rahmawati").text


def test_a_command_in_the_middle_leaves_the_request_as_it_is(quick: StubBot, siti: Person) -> None:
    begin(siti)
    assert "Pertanyaan terakhir" in say(siti, "/riwayat").text
    assert say(siti, "/tanya apa itu SPBE").text.startswith(stub.ANSWER)
    assert "Apa jabatan" in say(siti, "Siti Rahmawati").text


def test_a_contact_that_comes_too_early_is_asked_for_later(quick: StubBot, siti: Person) -> None:
    begin(siti)
    siti.share_contact("+6281234567890")
    assert siti.wait_reply().text == COPY.request_contact_later
    assert "Apa jabatan" in say(siti, "Siti").text


def test_documents_go_to_the_request_that_is_open(quick: StubBot, siti: Person) -> None:
    begin(siti)
    siti.send_document("draf <perbup>.pdf", b"%PDF-1")
    assert siti.wait_reply().text == 'Dokumen "draf <perbup>.pdf" kami simpan bersama permohonan yang sedang diisi.'
    for _ in range(6):
        say(siti, "lewati")
    siti.say("lewati")
    siti.wait_reply(2)
    say(siti, "setuju")
    press(siti, "Kirim permohonan")
    siti.send_document("lampiran.docx", b"PK")
    attached = siti.wait_reply().text
    assert re.fullmatch(
        r'Dokumen "lampiran\.docx" kami lampirkan pada permohonan KC-\d{4}-0001\. Konsultan akan melihatnya\.', attached
    )
    assert quick.rows("SELECT name FROM lead_files ORDER BY id") == [("draf <perbup>.pdf",), ("lampiran.docx",)]


@pytest.mark.parametrize("name", ["<b>Siti</b> & 5 < 6", "😀 Siti", "S" * 100])
def test_hostile_answers_are_shown_as_they_were_typed(quick: StubBot, siti: Person, name: str) -> None:
    begin(siti)
    say(siti, name)
    back = say(siti, "kembali")
    assert f"Jawaban saat ini: {name}" in back.text
    press(siti, "Lewati")
    assert siti.wait_edit(back).text == back.text
    assert say(siti, "a" * 101).text == INTAKE.complaints["too_long"]


def test_requests_are_numbered_one_after_the_other(quick: StubBot) -> None:
    numbers = []
    for _ in range(2):
        person = quick.api.private(next(PEOPLE), "Rina")
        to_summary(person)
        press(person, "Kirim permohonan")
        numbers.append(leads(quick)[-1][0])
    assert [number[-4:] for number in numbers] == ["0001", "0002"]
