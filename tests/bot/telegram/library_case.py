"""What the tests of the admins' library share: a small library, made once, and a bot beside it."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from itertools import accumulate
from pathlib import Path

from knowledge import curation, generation
from knowledge.chunk import Document
from knowledge.settings import PROJECT
from tests.bot.telegram.conftest import ADMIN, BotProcess
from tests.bot_api import Message, Person

OTHER_ADMIN = 98
TAMAN = "# Panduan Taman Kota\n\n## Jam buka\n\nTaman kota terbuka bagi warga dari pukul enam pagi.\n"
SAMPAH = "# Panduan Sampah Kota\n\n## Jadwal\n\nTruk sampah berkeliling setiap hari Selasa dan Jumat.\n"
LAMA = """PERATURAN WALI KOTA SUKAMAKMUR
NOMOR 3 TAHUN 2018
TENTANG
KOTA PINTAR

DENGAN RAHMAT TUHAN YANG MAHA ESA

Pasal 1
Kota pintar adalah kota yang memakai teknologi informasi untuk melayani warganya.

Pasal 2
Dewan kota pintar bersidang dua kali dalam satu tahun dan diketuai oleh wakil wali kota.
"""
KOLAM = "# Panduan Kolam Kota\n\nKolam kota dikuras setiap bulan oleh dinas.\n"
BANJIR = SAMPAH.replace("Sampah", "Banjir").replace("Truk sampah", "Perahu karet")
LAPORAN = ["Laporan kesiapan kota", "Kota siap menjalankan layanan pengaduan daring bagi semua warga."]
EDITION = TAMAN.replace("pukul enam pagi", "pukul lima pagi sampai sepuluh malam")
ONCE = (SAMPAH, BANJIR, KOLAM, EDITION)
INGEST_SECONDS = 120.0
ADMINS = {"KOTACERDAS_TELEGRAM__ADMINS": json.dumps([ADMIN, OTHER_ADMIN])}


def small_library(data: Path, prepared: Path, *sent: str) -> Path:
    """A data directory with two documents of admins in it and nothing of what is shipped. The vectors of
    what the tests send (and of `sent`) are cached: an ingest then needs no model, which takes a third of the time."""
    data.mkdir(parents=True)
    (data / "models").symlink_to(prepared / "models")
    shutil.copy(prepared / "embeddings.sqlite", data / "embeddings.sqlite")
    curation.decide(data, lambda _: curation.Decisions(left_out=("knowledge/documents",)))
    folder = curation.folder_of(data)
    folder.mkdir()
    (folder / "panduan-taman.md").write_text(TAMAN, encoding="utf-8")
    (folder / "perwali-3-2018.txt").write_text(LAMA, encoding="utf-8")
    once = [folder / f"sekali-{n}.md" for n in range(len(ONCE) + len(sent))]
    for file, text in zip(once, (*ONCE, *sent), strict=True):
        file.write_text(text, encoding="utf-8")
    ingest(data)
    for file in once:
        file.unlink()
    ingest(data)
    shutil.rmtree(generation.index_dir(data) / generation.generations(data)[0])
    return data


def ingest(data: Path, *paths: Path) -> None:
    """`python ingest.py`."""
    subprocess.run(
        [sys.executable, "ingest.py", "--data", str(data), *map(str, paths)],
        cwd=PROJECT,
        check=True,
        capture_output=True,
    )


def copy_of(library: Path, data: Path) -> Path:
    """A data directory of one's own, as `library` is; its documents are where the copy is, the vectors are shared."""
    shutil.copytree(library, data, symlinks=True, ignore=shutil.ignore_patterns("embeddings.sqlite*"))
    (data / "embeddings.sqlite").symlink_to(library / "embeddings.sqlite")
    folder = generation.index_dir(data) / str(generation.current(data))
    corpus = folder / "lexical" / "corpus.jsonl"
    for file in (folder / "manifest.json", corpus):
        file.write_bytes(file.read_bytes().replace(str(library).encode(), str(data).encode()))
    lines = corpus.read_bytes().splitlines(keepends=True)
    starts = list(accumulate(map(len, lines), initial=0))[:-1]
    (folder / "lexical" / "corpus.mmindex.json").write_text(json.dumps(starts))
    return data


def documents(data: Path) -> dict[str, Document]:
    """What the library in use holds, by file name."""
    name = generation.current(data)
    assert name
    return {document.source: document for document in generation.read_manifest(data, name).documents}


def packed(files: Mapping[str, str | bytes]) -> bytes:
    """A ZIP."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def send(admin: Person, name: str, content: str | bytes) -> Message:
    """Send a file; returns the card that shows what it is."""
    admin.send_document(name, content.encode() if isinstance(content, str) else content)
    return card(admin)


def card(admin: Person) -> Message:
    """The card that answers what was sent last."""
    admin.wait_reply(containing="diterima")
    return admin.wait_reply(2, timeout=60)


def take_in(admin: Person, shown: Message) -> Message:
    """Press the first button of a card; returns the message that tells how it ended."""
    admin.press(shown.buttons[0]["callback_data"], shown)
    return ended(admin)


def ended(admin: Person) -> Message:
    """The message that tells how the last job ended."""

    def found() -> Message | None:
        told = [m for m in admin.replies() if m.text.startswith(("✅", "✖️"))]
        return told[0] if told else None

    return admin.api.wait_for(found, INGEST_SECONDS, "the end of a job")


def admin_of(bot: BotProcess) -> Person:
    """The first admin."""
    chat = bot.api.chats[ADMIN]
    assert isinstance(chat, Person)
    return chat
