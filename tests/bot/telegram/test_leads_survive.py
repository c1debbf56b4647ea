"""A request is carried to its end through a restart after each step, and a draft whose source was
repealed in the meantime is not sent. (What a kill -9 does to any message: `test_durability`.)"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from knowledge import curation
from tests.bot.telegram import library_case, stub
from tests.bot.telegram.conftest import GROUP, StubBot, wait_until
from tests.bot.telegram.office import alert, card, enrol, letter, press, request, said
from tests.bot_api import BotApi, Group, Person


def test_a_restart_after_each_step_loses_and_doubles_nothing(
    quick: StubBot, office: Group, admin: Person, people: tuple[Person, ...]
) -> None:
    """Stopped at once, whether or not the step has been heard of; what was allowed is done once."""
    siti, rina, _ = people

    def again() -> None:
        assert quick.stop() == 0
        quick.start()

    def tap(label: str) -> None:
        """Press a button as soon as a message has it."""
        office.api.wait_for(lambda: any(label in b["text"] for m in office.messages for b in m.buttons), 30, label)
        office.press(rina, label)

    enrol(admin, rina)
    again()
    number = request(siti)
    again()
    tap("Ambil")
    again()
    tap("Ubah")
    again()
    prompt = said(office, "teks tanggapan")
    office.say(rina, "Ibu Siti, dasar hukumnya PP 59/2022.", reply_to=prompt)
    again()
    tap("Kurang lengkap")
    again()
    for _ in range(2):
        tap("Setujui & kirim versi 2")
    again()
    assert letter(siti, number).content
    said(office, "sudah sampai")
    again()
    siti.say("Terima kasih, Bu.")
    again()
    said(office, "Terima kasih, Bu.")
    wait_until(quick.is_done, 30, "an end")

    assert quick.rows("SELECT state, owner_id FROM leads") == [("diambil", 501)]
    assert quick.rows("SELECT number, kind, reason FROM lead_versions ORDER BY number") == [
        (1, "assistant", ""),
        (2, "edit", "kurang_lengkap"),
    ]
    moves = [action for (action,) in quick.rows("SELECT action FROM lead_moves ORDER BY id")]
    assert moves == ["ambil", "ubah", "setujui", "terkirim", "official_wrote"]
    sent = quick.rows("SELECT count(*) FROM messages WHERE purpose LIKE 'tanggapan:%'")
    assert sent == [(1,)]
    assert len(office.topics) == 1


@pytest.fixture
def city(api: BotApi, office: Group, tmp_path: Path, small_library: Path) -> Iterator[StubBot]:
    """The real conversation over a small library of its own, with the consultants' group."""
    settings = {stub.PACE: "0", stub.THINKS: "1", "KOTACERDAS_TELEGRAM__CONSULTANTS": str(GROUP)}
    process = StubBot(api, library_case.copy_of(small_library, tmp_path / "data"), settings | library_case.ADMINS)
    try:
        process.start()
        yield process
    finally:
        process.close()


def test_a_source_that_an_ingest_repeals_in_between_stops_the_approval(
    city: StubBot, office: Group, admin: Person, people: tuple[Person, ...], perwali: str
) -> None:
    siti, rina, _ = people
    enrol(admin, rina)
    number = request(siti, "Berapa kali dewan kota pintar bersidang menurut Perwali Sukamakmur 3/2018?")
    alert(city.api, office.press(rina, "Ambil", card(office, number)))
    press(office, rina, "Lihat draf")
    first = said(office, "versi 1")
    assert "dua kali dalam satu tahun" in first.text

    folder = curation.folder_of(city.data)
    (folder / "perwali-7-2023.txt").write_text(perwali, encoding="utf-8")
    library_case.ingest(city.data)

    told = alert(city.api, office.press(rina, "Setujui & kirim versi 1", first))
    assert "Draf usang" in told
    assert "dicabut" in told
    assert city.rows("SELECT state FROM leads") == [("diambil",)]
    assert not city.rows("SELECT 1 FROM messages WHERE purpose LIKE 'tanggapan:%'")
