"""A consultant has a version written anew by a chat model, in the group or on the board: over the wire, with
a model that obeys, invents, fails and hangs, and with presses and crashes at the wrong moment."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bot.telegram import stub
from tests.bot.telegram.conftest import BotProcess, StubBot, wait_until
from tests.bot.telegram.model_case import OFFICE, Model, bot_with
from tests.bot.telegram.office import alert, card, enrol, press, request, said
from tests.bot.telegram.test_board import visit
from tests.bot.telegram.test_learning import SOURCE
from tests.bot_api import BotApi, Group, Message, Person
from tests.chat_server import Script, as_arguments

# What PP 59/2022 Pasal 61 says, and what no source does.
TRUE = ("PP 59/2022 Pasal 61 menetapkan enam aspek kota cerdas.", [1])
FORGED = ("Daerah wajib membeli aplikasi Nusantara Jaya paling lambat 3 bulan.", [1])
WRITES = Script(as_arguments([TRUE]), as_tool=True)


@pytest.fixture
def model() -> Iterator[Model]:
    server = Model()
    with server:
        server.to_consultants = WRITES
        yield server


@pytest.fixture
def writing(api: BotApi, office: Group, tmp_path: Path, library_data: Path, model: Model) -> Iterator[StubBot]:
    """The bot with its real conversation and a chat model."""
    bot = bot_with(model, api, tmp_path / "data", library_data)
    try:
        bot.start()
        yield bot
    finally:
        bot.close()


@pytest.fixture
def quick(stub_bot: StubBot, office: Group) -> StubBot:
    """The stub, whose model writes the wish behind the text; "LAMBAT" takes it two seconds."""
    stub_bot.settings |= OFFICE
    stub_bot.start()
    return stub_bot


@pytest.fixture
def people(admin: Person, api: BotApi) -> tuple[Person, Person, Person]:
    """The official and two consultants."""
    siti, rina, dewi = api.private(7001, "Siti"), api.private(501, "Rina"), api.private(502, "Dewi")
    return siti, rina, dewi


def shown(bot: BotProcess, office: Group, admin: Person, people: tuple[Person, ...], *, cites: bool = True) -> Message:
    """The first version of a request that Rina has taken; `cites`: it does by itself."""
    siti, rina, dewi = people
    enrol(admin, rina)
    enrol(admin, dewi)
    held = card(office, request(siti))
    if not cites:
        bot.change("UPDATE lead_versions SET citations = ?", json.dumps([SOURCE]))
    alert(office.api, office.press(rina, "Ambil", held))
    alert(office.api, office.press(rina, "Lihat draf", held))
    return said(office, "versi 1")


def choices(office: Group, rina: Person) -> Message:
    """The message with the choices, once it is there."""
    last = office.messages[-1]
    press(office, rina, "✨ Tulis ulang")
    return office.wait_reply(containing="bagaimana? Hasilnya menjadi versi baru", after=last, timeout=30)


def wish(office: Group, rina: Person, words: str) -> Message:
    """Ask for it in one's own words; returns the message that says that it is under way."""
    choice = choices(office, rina)
    alert(office.api, office.press(rina, "Petunjuk sendiri", choice))
    prompt = office.wait_reply(containing="Balas pesan ini dengan petunjuk untuk", after=choice, timeout=30)
    office.say(rina, words, reply_to=prompt, thread=prompt.thread)
    return said(office, f"sedang ditulis ulang untuk Rina: {words}")


def killed(quick: StubBot, office: Group, admin: Person, people: tuple[Person, ...]) -> Message:
    """Kill the bot while its model writes; returns the message that says that it is under way."""
    shown(quick, office, admin, people, cites=False)
    sign = wish(office, people[1], stub.SLOW)
    wait_until(lambda: quick.rows("SELECT attempts FROM lead_redrafts") == [(1,)], 20, "an attempt")
    # A message of which the bot does not know that it arrived would stay: see `test_outbox`.
    wait_until(quick.is_done, 20, "an end of the sending")
    quick.kill()
    return sign


def versions(bot: BotProcess) -> list[tuple[object, ...]]:
    return bot.rows("SELECT number, kind, author, engine FROM lead_versions ORDER BY number")


def test_a_choice_becomes_a_checked_version_that_is_approved_like_any_other(
    writing: StubBot, model: Model, office: Group, admin: Person, people: tuple[Person, ...]
) -> None:
    """The group goes on while the model thinks; the invented point is gone, the old version out of date, and
    only what was approved reaches the official. A wish in own words goes out without personal data."""
    siti, rina, _ = people
    first = shown(writing, office, admin, people)
    model.to_consultants = Script(as_arguments([TRUE, FORGED]), as_tool=True, silence=2.5)
    assert alert(office.api, office.press(rina, "Lebih ringkas", choices(office, rina))) == ""
    sign = said(office, "sedang ditulis ulang untuk Rina: Lebih ringkas")
    assert "bagaimana?" in choices(office, rina).text
    assert len(versions(writing)) == 1

    second = said(office, "versi 2, model bahasa, atas permintaan Rina")
    assert TRUE[0] in second.text
    assert "Nusantara Jaya" not in "".join(message.text for message in (*office.messages, *siti.messages))
    assert "Perubahan dari versi sebelumnya" in second.text
    assert "[-" in second.text
    assert "tidak didukung sumber: 1." in said(office, "sudah ditulis ulang menjadi versi 2").text
    wait_until(lambda: sign not in office.messages, 10, "the end of the sign")
    assert versions(writing) == [(1, "assistant", 0, "extractive"), (2, "redraft", 501, "openai:uji/redraft-2")]
    assert "Permintaan konsultan: Lebih ringkas" in model.wishes[0]

    assert "Draf usang: sudah ada versi 2" in alert(office.api, office.press(rina, "Setujui & kirim versi 1", first))
    assert alert(office.api, office.press(rina, "Setujui & kirim versi 2", second)) == ""
    assert TRUE[0] in siti.wait_reply(containing="Tanggapan konsultasi", timeout=30).text

    model.to_consultants = Script(as_arguments([("Pasal 61 menetapkan enam aspek kota cerdas.", [1])]), as_tool=True)
    said(office, "sudah sampai kepada pejabat")
    wish(office, rina, "Mulai dari <Pasal 61>, untuk 0812-3456-7890")
    said(office, "versi 3, model bahasa")
    assert "Mulai dari ‹Pasal 61›" in model.wishes[1]
    assert "3456" not in model.wishes[1]


def test_where_nothing_comes_of_it_the_version_stays_and_it_can_be_tried_again(
    writing: StubBot, model: Model, office: Group, admin: Person, people: tuple[Person, ...]
) -> None:
    """The model fails, hangs and invents; then it is asked from the board, and writes."""
    rina = people[1]
    shown(writing, office, admin, people)
    [(token,)] = writing.rows("SELECT token FROM leads")
    board, page = visit(writing, rina), f"/permohonan/{token}"
    choice = choices(office, rina)
    for script, why in (
        (Script(status=500), "tidak memberi hasil yang dapat dipakai dalam batas waktunya"),
        (Script("", silence=20), "tidak memberi hasil yang dapat dipakai dalam batas waktunya"),
        (Script(f"- {FORGED[0]} [1]\n"), "tidak didukung sumbernya"),
    ):
        model.to_consultants, before = script, office.messages[-1]
        assert alert(office.api, office.press(rina, "Lebih formal", choice)) == ""
        told = office.wait_reply(containing="Versi 1 tidak jadi ditulis ulang", after=before, timeout=30)
        assert why in told.text
        assert why in board.page(page)
        assert len(versions(writing)) == 1

    model.to_consultants = WRITES
    answer = board.fill(page, "/tulis_ulang", permintaan="dasar_hukum")
    assert "Versi 1 sedang ditulis ulang untuk Rina: Dengan dasar hukum" in answer.text
    said(office, "versi 2, model bahasa")
    html = board.page(page)
    assert TRUE[0] in re.sub(r"<[^>]+>", "", html)
    assert "ditulis ulang oleh model bahasa atas permintaan Rina" in html
    assert "tidak jadi ditulis ulang" not in html


def test_only_the_owner_may_and_many_presses_make_one_version(
    quick: StubBot, office: Group, admin: Person, people: tuple[Person, ...]
) -> None:
    _, rina, dewi = people
    shown(quick, office, admin, people, cites=False)
    assert press(office, dewi, "✨ Tulis ulang") == "Permohonan ini ditangani Rina."
    choice = choices(office, rina)
    assert alert(office.api, office.press(dewi, "Lebih formal", choice)) == "Permohonan ini ditangani Rina."
    wish(office, rina, stub.SLOW)
    queries = [office.press(rina, label, choice) for label in ("Lebih formal", "Lebih formal", "Dengan dasar hukum")]
    busy = "Versi 1 sedang ditulis ulang. Mohon tunggu hasilnya."
    assert [alert(office.api, query) for query in queries] == [busy] * 3
    said(office, "versi 2, model bahasa")
    queries = [office.press(rina, "Lebih formal", choice) for _ in range(3)]
    assert {alert(office.api, query) for query in queries} == {"Sudah ada versi 2. Tulis ulang dari versi itu."}
    wait_until(quick.is_done, 20, "an end")
    assert len(versions(quick)) == 2


def test_a_wish_that_is_too_long_is_asked_for_again(
    quick: StubBot, office: Group, admin: Person, people: tuple[Person, ...]
) -> None:
    rina = people[1]
    shown(quick, office, admin, people, cites=False)
    press(office, rina, "✨ Tulis ulang")
    press(office, rina, "Petunjuk sendiri")
    prompt = said(office, "Balas pesan ini dengan petunjuk")
    office.say(rina, "x" * 501, reply_to=prompt, thread=prompt.thread)
    again = said(office, "Tulis petunjuknya, paling banyak 500 huruf.")
    office.say(rina, "Singkat saja.", reply_to=again, thread=prompt.thread)
    assert "menjadi versi 2: Singkat saja." in said(office, "menjadi versi 2").text


def test_an_edit_in_the_meantime_is_not_overtaken(
    quick: StubBot, office: Group, admin: Person, people: tuple[Person, ...]
) -> None:
    rina = people[1]
    shown(quick, office, admin, people, cites=False)
    wish(office, rina, stub.SLOW)
    [(token,)] = quick.rows("SELECT token FROM leads")
    visit(quick, rina).fill(f"/permohonan/{token}", "/ubah", teks="Ibu Siti, ada enam aspek [1].")
    assert "Versi 2 disimpan sementara ditulis ulang" in said(office, "tidak jadi ditulis ulang").text
    assert [kind for _, kind, *_ in versions(quick)] == ["assistant", "edit"]


def test_a_lead_that_was_given_back_meanwhile_is_left_alone(
    quick: StubBot, office: Group, admin: Person, people: tuple[Person, ...]
) -> None:
    rina = people[1]
    shown(quick, office, admin, people, cites=False)
    wish(office, rina, stub.SLOW)
    press(office, rina, "Lepas")
    assert "Versi 1 tidak jadi ditulis ulang" in said(office, "tidak jadi ditulis ulang").text
    assert quick.rows("SELECT state, owner_id FROM leads") == [("baru", None)]
    assert len(versions(quick)) == 1


def test_a_crash_while_the_model_writes_loses_nothing_and_doubles_nothing(
    quick: StubBot, office: Group, admin: Person, people: tuple[Person, ...]
) -> None:
    sign = killed(quick, office, admin, people)
    quick.start()
    said(office, "versi 2, model bahasa")
    wait_until(lambda: sign not in office.messages, 20, "the end of the sign")
    wait_until(quick.is_done, 20, "an end")
    assert len(versions(quick)) == 2
    assert len([message for message in office.messages if "versi 2, model bahasa" in message.text]) == 1
    assert quick.rows("SELECT attempts, is_open FROM lead_redrafts") == [(2, 0)]


def test_what_the_bot_dies_of_each_time_is_given_up(
    quick: StubBot, office: Group, admin: Person, people: tuple[Person, ...]
) -> None:
    killed(quick, office, admin, people)
    quick.change("UPDATE lead_redrafts SET attempts = 3")
    quick.start()
    said(office, "Versi 1 tidak jadi ditulis ulang")
    assert len(versions(quick)) == 1


def test_without_a_model_there_is_no_button_and_what_was_asked_for_before_ends(
    quick: StubBot, office: Group, admin: Person, people: tuple[Person, ...]
) -> None:
    rina = people[1]
    first = shown(quick, office, admin, people, cites=False)
    assert [button["text"] for button in first.buttons] == ["Setujui & kirim versi 1", "✨ Tulis ulang"]
    choice = choices(office, rina)
    wish(office, rina, stub.SLOW)
    quick.kill()
    quick.settings["KOTACERDAS_MODEL__CHAT"] = ""
    quick.start()
    ended = said(office, "Versi 1 tidak jadi ditulis ulang")
    assert "belum ada yang dipasang" in alert(office.api, office.press(rina, "Lebih formal", choice))
    alert(office.api, office.press(rina, "Lihat draf", card(office, first.text.partition(":")[0])))
    again = office.wait_reply(containing=": versi 1", after=ended)
    assert [button["text"] for button in again.buttons] == ["Setujui & kirim versi 1"]
