"""An admin's whole afternoon with the real bot: files in, a new edition, a repeal, a way back; and what
an official is answered in between."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bot.telegram import library_case
from tests.bot.telegram.conftest import BotProcess, ask
from tests.bot.telegram.library_case import ADMINS, EDITION, admin_of, documents, ended, packed, send, take_in
from tests.bot_api import BotApi, Message, Person

QUESTION = "berapa lama rekaman kamera pusat kendali disimpan?"


@pytest.fixture
def bot(api: BotApi, tmp_path: Path, small_library: Path) -> Iterator[BotProcess]:
    """The real bot beside a small library of its own."""
    process = BotProcess(api, library_case.copy_of(small_library, tmp_path / "data"), ADMINS)
    try:
        yield process.start()
    finally:
        process.close()


def answered(person: Person, question: str) -> Message:
    ask(person, question)
    return person.wait_reply(timeout=30)


def test_an_afternoon(bot: BotProcess, perwali: str) -> None:
    admin, budi = admin_of(bot), bot.api.private(7001)
    assert "30 hari" not in answered(budi, QUESTION).text

    # A regulation, in a ZIP with what cannot be read.
    shown = send(admin, "kiriman.zip", packed({"perwali-baru.txt": perwali, "rusak.pdf": b"%PDF-1.4 rusak"}))
    assert "Perwali 7/2023" in shown.text
    assert "rusak.pdf" in shown.text
    assert "1 dokumen baru" in take_in(admin, shown).text
    answer = answered(budi, QUESTION)
    assert "30 hari" in answer.text
    assert "Perwali 7/2023" in answer.text
    assert "(berlaku)" in answer.text

    # What it repealed is answered with a warning.
    old = answered(budi, "berapa kali dewan kota pintar bersidang menurut perwali sukamakmur 3/2018?")
    assert "dicabut" in old.text

    # A new edition takes the place of the old one.
    shown = send(admin, "panduan-taman.md", EDITION)
    assert "Menggantikan panduan-taman.md" in shown.text
    assert "1 berubah" in take_in(admin, shown).text
    assert "lima pagi" in answered(budi, "jam berapa taman kota terbuka bagi warga?").text

    # A repeal is seen in the next answer, and taken back.
    admin.say("/cabut perwali-7-2023 perwali-9-2026")
    told = ended(admin)
    repealed = answered(budi, QUESTION)
    assert "dicabut" in repealed.text
    assert "9/2026" in repealed.text
    admin.press("Urungkan", told)
    ended(admin)
    assert "(berlaku)" in answered(budi, QUESTION).text

    # Back a generation: the repeal is in use once more.
    admin.say("/kembalikan")
    admin.press("Ya", admin.wait_reply())
    assert "kembali ke generasi" in ended(admin).text
    assert documents(bot.data)["perwali-7-2023.txt"].status == "dicabut"
    assert "dicabut" in answered(budi, QUESTION).text
