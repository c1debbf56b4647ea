"""The admins' commands about the library: list, one document, repeal, delete, undo, roll back, health."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.backup import restore
from knowledge import curation, generation
from tests.bot.telegram import stub
from tests.bot.telegram.conftest import StubBot, answers, ask
from tests.bot.telegram.library_case import (
    ADMINS,
    KOLAM,
    LAMA,
    TAMAN,
    admin_of,
    documents,
    ended,
    ingest,
    send,
    take_in,
)
from tests.bot_api import BotApi, Person

QUICK = {stub.PACE: "0.02"}


@pytest.fixture
def bot(shelf_bot: StubBot) -> StubBot:
    """The bot beside a library of its own."""
    return shelf_bot


@pytest.fixture
def admin(bot: StubBot) -> Person:
    """The admin."""
    return admin_of(bot)


def test_the_list_is_searched_and_turned(api: BotApi, tmp_path: Path, library_data: Path) -> None:
    """On the shipped library, which fills several pages."""
    data = tmp_path / "data"
    data.mkdir()
    for name in ("index", "models"):
        (data / name).symlink_to(library_data / name)
    bot = StubBot(api, data, QUICK | ADMINS).start()
    admin = admin_of(bot)
    try:
        admin.say("/pustaka")
        first = admin.wait_reply()
        assert "halaman 1 dari" in first.text
        admin.press("Berikutnya", first)
        assert "halaman 2 dari" in admin.wait_edit(first).text
        admin.press_data("lp:999999999999:", first)
        last = admin.wait_edit(admin.messages[-1], "Pustaka")
        assert "Berikutnya" not in str(last.buttons)
        admin.say("/pustaka PP 59/2022")
        found = admin.wait_reply()
        assert "/dokumen pp-59-2022" in found.text
        admin.say("/pustaka dicabut")
        assert "– dicabut" in admin.wait_reply().text
        admin.say("/pustaka tidak ada yang seperti ini")
        assert "Tidak ada dokumen yang cocok" in admin.wait_reply().text
        admin.say("/pustaka " + "perencanaan: pembangunan " * 9)
        assert admin.wait_reply()
        admin.say("/dokumen PP 59/2022")
        shown = admin.wait_reply()
        assert "Keluarkan dari pustaka" in str(shown.buttons)
        assert "31 pasal atau bagian" in shown.text
    finally:
        bot.close()


def test_one_document_with_its_file_and_how_often_it_was_cited(bot: StubBot, admin: Person) -> None:
    key = documents(bot.data)["panduan-taman.md"].key
    for n in range(3):
        bot.change("INSERT INTO people VALUES (?, 'id', '{}', NULL, '2026-11-25', '2026-11-25')", 100 + n)
        bot.change(
            "INSERT INTO turns (id, person_id, chat_id, parts, question, kind, draft, engine, generation, received_at, "
            "answered_at) VALUES (?, ?, 1, '[]', 'x', 'answer', json_object('citations', json_array(json_object("
            "'document', ?), json_object('document', ?))), 'x', 'x', '2026-11-25', '2026-11-25')",
            f"t{n}", 100 + n, key if n else "lain", key,
        )  # fmt: skip
    admin.say("/dokumen panduan-taman")
    shown = admin.wait_reply()
    assert "dikutip dalam 3 jawaban" in shown.text
    admin.press("Berkas asli", shown)
    sent = admin.wait_reply(containing="Panduan Taman Kota")
    assert (sent.file_name, sent.content) == ("panduan-taman.md", TAMAN.encode())
    admin.say("/dokumen panduan-tamam")
    assert "panduan-taman" in admin.wait_reply().text
    admin.say("/dokumen")
    assert "/dokumen pp-59-2022" in admin.wait_reply().text


def test_a_repeal_is_marked_with_its_successor_and_taken_back(bot: StubBot, admin: Person) -> None:
    admin.say("/cabut Perwali 3/2018 Perwali 7/2023")
    told = ended(admin)
    document = documents(bot.data)["perwali-3-2018.txt"]
    assert (document.status, document.repealed_by) == ("dicabut", ("perwali-kota-sukamakmur-7-2023",))
    assert curation.read_decisions(bot.data).repealed == {
        "perwali-kota-sukamakmur-3-2018": "perwali-kota-sukamakmur-7-2023"
    }
    admin.say("/dokumen perwali-3-2018")
    assert "Ditandai dicabut oleh pengelola" in admin.wait_reply().text
    admin.press("Urungkan", told)
    ended(admin)
    assert documents(bot.data)["perwali-3-2018.txt"].status == "berlaku"


def test_one_number_of_two_cities_is_asked_back_before_anything_is_repealed(bot: StubBot, admin: Person) -> None:
    text = LAMA.replace("SUKAMAKMUR", "WANASARI")
    (curation.folder_of(bot.data) / "perwali-wanasari.txt").write_text(text, encoding="utf-8")
    ingest(bot.data)
    admin.say("/cabut Perwali 3/2018")
    asked = admin.wait_reply()
    assert "Perwali Kota Sukamakmur 3/2018" in str(asked.buttons)
    assert "Perwali Kota Wanasari 3/2018" in str(asked.buttons)
    admin.say("/cabut Perwali Kota Wanasari 3/2018")
    ended(admin)
    found = documents(bot.data)
    assert (found["perwali-wanasari.txt"].status, found["perwali-3-2018.txt"].status) == ("dicabut", "berlaku")


def test_deleted_goes_to_the_trash_and_comes_back(bot: StubBot, admin: Person) -> None:
    admin.say("/hapusdok panduan-taman")
    asked = admin.wait_reply(containing="Hapus Panduan Taman Kota")
    admin.press("Ya", asked)
    told = ended(admin)
    assert "1 keluar" in told.text
    assert "panduan-taman.md" not in documents(bot.data)
    assert [p.name for p in (bot.data / "trash").rglob("*.md")] == ["panduan-taman.md"]
    admin.press("Urungkan", told)
    assert "1 dokumen baru" in ended(admin).text
    assert documents(bot.data)["panduan-taman.md"].title == "Panduan Taman Kota"


def test_what_no_admin_sent_is_left_out_and_its_file_stays(bot: StubBot, admin: Person, tmp_path: Path) -> None:
    other = tmp_path / "milik-orang"
    other.mkdir()
    (other / "kolam.md").write_text(KOLAM)
    ingest(bot.data, other)
    admin.say("/hapusdok kolam")
    asked = admin.wait_reply(containing="Keluarkan")
    admin.press("Ya", asked)
    assert [button["text"] for button in ended(admin).buttons] == ["↩️ Urungkan"]
    assert "kolam.md" not in documents(bot.data)
    assert (other / "kolam.md").exists()


def test_rolls_back_what_was_confirmed_and_nothing_else(bot: StubBot, admin: Person) -> None:
    admin.say("/kembalikan")
    assert "Tidak ada generasi sebelumnya" in admin.wait_reply().text
    before = generation.current(bot.data)
    take_in(admin, send(admin, "kolam.md", KOLAM))
    admin.say("/kembalikan")
    asked = admin.wait_reply()
    assert "1 dokumen keluar, 0 dokumen kembali" in asked.text
    forged = admin.press_data("lr:20200101-000000-abcd:ya", asked)
    assert "tidak berlaku" in bot.api.wait_answer(forged)["text"]
    admin.press("Ya", asked)
    assert "kembali ke generasi" in ended(admin).text
    assert generation.current(bot.data) == before
    again = admin.press_data(asked.buttons[0]["callback_data"], asked)
    assert "tidak berlaku" in bot.api.wait_answer(again)["text"]


def test_health_names_what_is_wrong(bot: StubBot, admin: Person) -> None:
    (bot.data / "index" / "CURRENT").rename(bot.data / "index" / "TERSESAT")
    admin.say("/kesehatan")
    told = admin.wait_reply(timeout=60)
    assert "Generasi pustaka" in told.text
    assert "Jalankan: python ingest.py" in told.text
    assert "Token bot" not in told.text


def test_the_commands_stand_in_the_admins_menu_alone(bot: StubBot, admin: Person) -> None:
    bot.api.wait_calls("setMyShortDescription", 2)
    listed = {command["command"] for command in bot.api.commands[f"chat:{admin.id}", ""]}
    assert {"pustaka", "dokumen", "cabut", "hapusdok", "muatulang", "kembalikan", "uji", "kesehatan"} < listed
    everybody = {command["command"] for command in bot.api.commands["all_private_chats", ""]}
    assert not everybody & {"pustaka", "hapusdok", "kembalikan"}


def test_a_backup_is_made_while_the_bot_runs(stub_bot: StubBot, api: BotApi, tmp_path: Path) -> None:
    stub_bot.start()
    budi = api.private(7001)
    for n in range(3):
        ask(budi, f"pertanyaan {n}")
    budi.wait_reply(containing="pertanyaan 2")
    file = tmp_path / "jalan.tar.gz"
    assert main(["backup", str(file), "--data", str(stub_bot.data)]) == 0
    assert main(["restore", str(file), "--data", str(stub_bot.data)]) == 2
    ask(budi, "masih di sana")
    assert answers([budi.wait_reply()])
    restore(file, tmp_path / "lain")
    with closing(sqlite3.connect(tmp_path / "lain" / "kotacerdas.sqlite")) as connection:
        assert (7001,) in connection.execute("SELECT id FROM people").fetchall()
