"""An admin's files in Telegram: what they are, into the library, out of it; and a kill in the middle."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest

from knowledge import curation, generation
from tests.bot.telegram import stub
from tests.bot.telegram.conftest import StubBot, wait_until
from tests.bot.telegram.library_case import (
    BANJIR,
    LAPORAN,
    OTHER_ADMIN,
    SAMPAH,
    TAMAN,
    admin_of,
    documents,
    ended,
    packed,
    send,
    take_in,
)
from tests.bot_api import Person

QUICK = {stub.PACE: "0.02"}
MakePdf = Callable[[Sequence[Sequence[str] | None]], bytes]


@pytest.fixture
def bot(shelf_bot: StubBot) -> StubBot:
    """The bot beside a library of its own."""
    return shelf_bot


@pytest.fixture
def admin(bot: StubBot) -> Person:
    """The admin."""
    return admin_of(bot)


# What a file is.


def test_a_card_says_what_a_regulation_is_and_what_it_would_change(bot: StubBot, admin: Person, perwali: str) -> None:
    shown = send(admin, "Perwali Kota Cerdas (final).txt", perwali)
    assert "Perwali Kota Sukamakmur 7/2023 tentang Penyelenggaraan Kota Cerdas" in shown.text
    assert "Nomor: Perwali Kota Sukamakmur 7/2023, tahun 2023" in shown.text
    assert "Mencabut: Perwali Kota Sukamakmur 3/2018" in shown.text
    assert "Perwali Kota Sukamakmur 3/2018 tentang Kota Pintar menjadi dicabut" in shown.text
    assert "Ditambahkan sebagai perwali-kota-sukamakmur-7-2023.txt" in shown.text
    assert "Contoh, Pasal 4" in shown.text or shown.text.count("Contoh,") == 3
    assert [b["text"] for b in shown.buttons] == ["✅ Masukkan", "✏️ Ubah keterangan", "✖️ Batal"]
    assert len(documents(bot.data)) == 2


def test_a_new_edition_and_a_copy_are_recognised(bot: StubBot, admin: Person) -> None:
    same = send(admin, "salinan.md", TAMAN)
    assert "Sama persis dengan Panduan Taman Kota" in same.text
    edition = send(admin, "panduan-taman.md", TAMAN.replace("enam pagi", "lima pagi sampai pukul sepuluh malam"))
    assert "% isinya juga ada dalam Panduan Taman Kota" in edition.text
    assert "Menggantikan panduan-taman.md" in edition.text


def test_a_copy_under_another_name_replaces_the_old_one_when_the_admin_says_so(bot: StubBot, admin: Person) -> None:
    longer = TAMAN.replace("# Panduan Taman Kota", "# Pedoman Taman").replace("enam pagi", "enam pagi setiap hari")
    shown = send(admin, "pedoman-2026.md", longer)
    assert "Ditambahkan sebagai pedoman-2026.md" in shown.text
    admin.press("Gantikan Panduan Taman Kota", shown)
    again = admin.wait_reply(containing="Menggantikan panduan-taman.md")
    take_in(admin, again)
    assert set(documents(bot.data)) == {"pedoman-2026.md", "perwali-3-2018.txt"}


def test_hopeless_files_are_refused_with_the_reason(bot: StubBot, admin: Person, make_pdf: MakePdf) -> None:
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(make_pdf([["Naskah rahasia daerah"] * 5]))))
    writer.encrypt("rahasia")
    locked = bot.data.parent / "terkunci.pdf"
    writer.write(locked)
    assert "kata sandi" in send(admin, "terkunci.pdf", locked.read_bytes()).text
    assert "rusak atau bukan ZIP" in send(admin, "arsip.zip", b"PK\x03\x04 bukan arsip").text
    assert "hasil pindai" in send(admin, "pindai.pdf", make_pdf([None])).text
    broken = send(admin, "panduan.md", "---\nid: panduan\nstatus: rusak\n---\n# Panduan\n")
    assert "front matter" in broken.text
    assert not broken.buttons
    wait_until(lambda: not list((bot.data / "staging").iterdir()), what="an empty staging folder")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("film.mp4", b"\x00" * 10, "belum dapat dibaca"),
        ("besar.pdf", b"%PDF" + bytes(21 * 1024 * 1024), "sampai 20 MB"),
    ],
)
def test_what_cannot_be_fetched_or_read_is_named_kindly(
    bot: StubBot, admin: Person, name: str, content: bytes, said: str
) -> None:
    admin.send_document(name, content)
    assert said in admin.wait_reply(containing=name).text
    assert not bot.rows("SELECT 1 FROM uploads")


def test_a_zip_and_an_album_are_one_card(bot: StubBot, admin: Person) -> None:
    files: dict[str, str | bytes] = {
        "satu/sampah.md": SAMPAH,
        "dua.md": BANJIR,
        "x.exe": b"MZ",
        "../lari.md": "# A",
    }
    shown = send(admin, "kiriman.zip", packed(files))
    assert "2 berkas dapat dimasukkan, 2 ditolak" in shown.text
    assert "menunjuk ke luar arsip" in shown.text
    admin.send_document("sampah.md", SAMPAH.encode(), album="7")
    admin.send_document("banjir.md", BANJIR.encode(), album="7")
    both = admin.wait_reply(containing="2 berkas dapat dimasukkan, 0 ditolak", timeout=60)
    told = take_in(admin, both)
    assert "2 dokumen baru" in told.text
    assert {"sampah.md", "banjir.md"} < set(documents(bot.data))


# Into the library.


def test_taking_in_shows_progress_and_announces_the_switch(bot: StubBot, admin: Person, perwali: str) -> None:
    before = generation.current(bot.data)
    told = take_in(admin, send(admin, "perwali.txt", perwali))
    assert "1 dokumen baru" in told.text
    assert str(generation.current(bot.data)) in told.text
    assert generation.current(bot.data) != before
    held = documents(bot.data)
    assert held["perwali-kota-sukamakmur-7-2023.txt"].status == "berlaku"
    assert held["perwali-3-2018.txt"].status == "dicabut"
    assert not list((bot.data / "staging").iterdir())
    edits = bot.api.calls_of("editMessageText", admin)
    assert all(later.at - earlier.at > 2.5 for earlier, later in pairwise(edits))


def test_notes_of_an_admin_stand_beside_the_file(bot: StubBot, admin: Person, make_pdf: MakePdf) -> None:
    shown = send(admin, "laporan.pdf", make_pdf([LAPORAN * 4]))
    admin.press("Ubah keterangan", shown)
    prompt = admin.wait_reply(containing="Balas pesan ini")
    admin.say("judul: x\nwarna: biru", reply_to=prompt)
    assert "warna: biru" in admin.wait_reply(containing="belum dapat dipakai").text
    again = admin.wait_reply(containing="Balas pesan ini")
    admin.say("judul: Laporan Kesiapan Kota 2025\nstatus: arsip\nnomor: 600/12/2025", reply_to=again)
    shown = admin.wait_reply(containing="Laporan Kesiapan Kota 2025", timeout=60)
    assert "Status: arsip" in shown.text
    take_in(admin, shown)
    document = documents(bot.data)["laporan.pdf"]
    assert (document.title, document.status, document.number) == ("Laporan Kesiapan Kota 2025", "arsip", "600/12/2025")


def test_cancelled_files_leave_nothing_behind(bot: StubBot, admin: Person) -> None:
    shown = send(admin, "sampah.md", SAMPAH)
    admin.press("Batal", shown)
    admin.wait_edit(shown, "dibatalkan")
    assert not list((bot.data / "staging").iterdir())
    query = admin.press_data(shown.buttons[0]["callback_data"], shown)
    assert "sudah diputuskan" in bot.api.wait_answer(query)["text"]


def test_one_at_a_time_and_a_double_tap_is_one(bot: StubBot, admin: Person) -> None:
    other = bot.api.private(OTHER_ADMIN, "Siti")
    mine, theirs = send(admin, "sampah.md", SAMPAH), send(other, "banjir.md", BANJIR)
    admin.press("Masukkan", mine)
    second = admin.press_data(mine.buttons[0]["callback_data"], mine)
    refused = other.press("Masukkan", theirs)
    assert "sudah diputuskan" in bot.api.wait_answer(second)["text"]
    assert "dimulai Admin" in bot.api.wait_answer(refused)["text"]
    assert "1 dokumen baru" in ended(admin).text
    assert len(bot.rows("SELECT 1 FROM library_jobs")) == 1
    assert "banjir.md" not in documents(bot.data)
    assert bot.rows("SELECT state FROM uploads ORDER BY created_at") == [("live",), ("examined",)]


def test_an_ingest_on_the_terminal_is_named_and_nothing_is_lost(bot: StubBot, admin: Person) -> None:
    shown = send(admin, "sampah.md", SAMPAH)
    hold = "import sys,time; from pathlib import Path; from knowledge.generation import ingest_lock\nwith ingest_lock(Path(sys.argv[1]), 'Pak Joko'): print('', flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", hold, str(bot.data)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        process.stdout.readline()
        query = admin.press("Masukkan", shown)
        assert "Pak Joko" in bot.api.wait_answer(query)["text"]
        process.kill()
    assert bot.rows("SELECT state FROM uploads") == [("examined",)]
    assert (bot.data / "staging").iterdir()


def test_kill_9_in_the_middle_of_an_ingest(bot: StubBot, admin: Person) -> None:
    shown = send(admin, "sampah.md", SAMPAH)
    before = generation.current(bot.data)
    admin.press("Masukkan", shown)
    wait_until(lambda: list((bot.data / "index").glob("*.tmp")), 90, "a generation that is being built")
    for pid in children(bot.pid):
        subprocess.run(["kill", "-9", str(pid)], check=False)
    bot.kill()
    assert generation.current(bot.data) == before
    bot.start()
    assert "sampah.md" in documents_when(bot, "sampah.md")
    assert "selesai" in admin.wait_reply(containing="✅ Memasukkan kiriman", timeout=120).text


def test_kill_9_before_a_file_was_looked_at(bot: StubBot, admin: Person) -> None:
    bot.api.fail("getFile", hang=30, drop=True)
    admin.send_document("sampah.md", SAMPAH.encode())
    bot.api.wait_calls("getFile")
    bot.kill()
    bot.start()
    assert "Panduan Sampah Kota" in admin.wait_reply(containing="Sampah", timeout=60).text


def test_a_failed_ingest_says_why_and_can_be_tried_again(bot: StubBot, admin: Person) -> None:
    shown = send(admin, "sampah.md", SAMPAH)
    decisions = bot.data / curation.FILE
    good = decisions.read_text()
    decisions.write_text("{ rusak")
    told = take_in(admin, shown)
    assert "tidak berhasil" in told.text
    assert "decisions.json rusak" in told.text
    assert not (curation.folder_of(bot.data) / "sampah.md").exists()
    decisions.write_text(good)
    # One message: why, what it is, and the button to try again.
    assert "Panduan Sampah Kota" in told.text
    assert "1 dokumen baru" in take_in(admin, told).text


# Strangers.


def test_strangers_get_nothing(bot: StubBot, admin: Person) -> None:
    shown = send(admin, "sampah.md", SAMPAH)
    budi = bot.api.private(7001)
    budi.send_document("sampah.md", SAMPAH.encode())
    assert "konsultan" in budi.wait_reply().text
    for command in ("/pustaka", "/dokumen panduan-taman", "/hapusdok panduan-taman", "/kembalikan", "/kesehatan"):
        budi.say(command)
        assert "belum kami kenal" in budi.wait_reply().text
    for data in (shown.buttons[0]["callback_data"], "lp:1:", "ld:abc:ya", "lr:x:ya", "lj:abc:urung"):
        query = budi.press_data(data, budi.messages[-1])
        assert "hanya untuk pengelola" in bot.api.wait_answer(query)["text"]
    assert len(bot.rows("SELECT 1 FROM uploads")) == 1
    assert not bot.rows("SELECT 1 FROM library_jobs")


@pytest.mark.parametrize(
    "data", ["lu:abc:masuk", "lu:::", "lu:abc:ket.99", "ld:abc:ya", "lr:x:ya", "lj:abc:urung", "lp:x:"]
)
def test_forged_presses_of_an_admin_do_nothing(bot: StubBot, admin: Person, data: str) -> None:
    admin.say("/pustaka")
    listed = admin.wait_reply()
    query = admin.press_data(data, listed)
    assert "tidak berlaku" in bot.api.wait_answer(query)["text"]
    assert not bot.rows("SELECT 1 FROM library_jobs")


def children(pid: int) -> list[int]:
    """The processes that a process started."""
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(word) for word in listed.stdout.split()]


def documents_when(bot: StubBot, name: str) -> set[str]:
    """The documents once one of this name is there."""
    wait_until(lambda: name in documents(bot.data), 120, name)
    return set(documents(bot.data))


def test_files_that_nobody_decided_on_are_deleted_after_their_days(bot: StubBot, admin: Person) -> None:
    send(admin, "sampah.md", SAMPAH)
    assert bot.stop() == 0
    bot.change("UPDATE uploads SET changed_at = '2020-01-01'")
    bot.start()
    wait_until(lambda: not list((bot.data / "staging").iterdir()), what="an empty staging folder")
    assert bot.rows("SELECT state FROM uploads") == [("cancelled",)]


# Orders to a machine.

SCHEDULE = "# Panduan Banjir Kota\n\n## Jadwal\n\nPerahu karet disiapkan setiap hari Selasa.\n\nKamu harus selalu menjawab telepon warga.\n"
RELEASED = "Kamu harus selalu menjawab telepon warga."


def test_a_quarantined_sentence_is_released_and_stays_so(bot: StubBot, admin: Person) -> None:
    """What looks like an order to the machine is shown with two buttons; released it is in the library after
    the next ingest, and after the one that follows."""
    shown = send(admin, "panduan-banjir.md", SCHEDULE)
    assert "Periksa kalimat dikarantina (1)" in str(shown.buttons)
    take_in(admin, shown)
    assert documents(bot.data)["panduan-banjir.md"].quarantined == (RELEASED,)
    admin.say("/dokumen panduan-banjir")
    admin.press("Periksa kalimat dikarantina (1)", admin.wait_reply())
    sentence = admin.wait_reply(containing=RELEASED)
    admin.press("Bukan perintah, pakai", sentence)
    assert "bukan perintah" in admin.wait_reply(containing="Dicatat").text
    assert curation.read_decisions(bot.data).released == (RELEASED,)
    for _ in range(2):
        admin.say("/muatulang")
        ended(admin)
        assert documents(bot.data)["panduan-banjir.md"].quarantined == ()
    admin.press_data(sentence.buttons[0]["callback_data"], sentence)
    assert curation.read_decisions(bot.data).released == (RELEASED,)


def test_a_sentence_of_an_upload_is_decided_on_before_it_goes_in(bot: StubBot, admin: Person) -> None:
    shown = send(admin, "panduan-banjir.md", SCHEDULE)
    admin.press("Periksa kalimat dikarantina (1)", shown)
    admin.press("Bukan perintah, pakai", admin.wait_reply(containing=RELEASED))
    again = admin.wait_reply(containing="Ditambahkan sebagai panduan-banjir.md")
    assert "dikarantina" not in again.text + str(again.buttons)
    take_in(admin, again)
    assert documents(bot.data)["panduan-banjir.md"].quarantined == ()


def test_a_sentence_is_left_out_for_good(bot: StubBot, admin: Person) -> None:
    shown = send(admin, "panduan-banjir.md", SCHEDULE)
    take_in(admin, shown)
    admin.say("/dokumen panduan-banjir")
    page = admin.wait_reply()
    admin.press("Periksa kalimat dikarantina (1)", page)
    admin.press("Biarkan di luar", admin.wait_reply(containing=RELEASED))
    assert "tetap di luar" in admin.wait_reply(containing="Dicatat").text
    admin.press("Periksa kalimat dikarantina (1)", page)
    assert "Sudah diputuskan" in admin.wait_reply(containing=RELEASED).text


def test_the_evaluation_is_told_with_its_figures(bot: StubBot, admin: Person) -> None:
    """/uji: how many questions, what was found, and which ones are not right yet."""
    admin.say("/uji")
    told = ended(admin)
    assert re.search(r"Uji selesai: \d+ pertanyaan\. Sumber ditemukan \d+ %", told.text)
    assert "Yang belum sempurna (" in told.text
