"""What the tests share: the real model and library, prepared once, and a closed network."""

from __future__ import annotations

import fcntl
import io
import os
import shutil
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import ingest
from bot.config import Config
from bot.conversation.converse import Conversation
from knowledge.embed import SentenceEmbeddings
from knowledge.retrieve import Library
from knowledge.settings import PROJECT

REGULATIONS = Path(__file__).resolve().parent.parent.parent / "shared" / "regulations"
LOCAL = {"127.0.0.1", "::1", "localhost"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What keeps both cores busy for minutes runs beside what waits, not alone at the end."""
    items.sort(key=lambda item: item.path.name != "test_quality.py")


@pytest.fixture(autouse=True)
def _no_outside_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any connection that leaves this machine fails the test that made it."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:  # noqa: ANN401
        if self.family in {socket.AF_INET, socket.AF_INET6} and address[0] not in LOCAL:
            raise AssertionError(f"a test reached for the network: {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session", autouse=True)
def _clean_environment() -> None:
    """Settings of the machine that runs the tests do not reach them."""
    for name in [name for name in os.environ if name.startswith("KOTACERDAS_")]:
        del os.environ[name]


@pytest.fixture(scope="session")
def library_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the shipped library ingested, as `python ingest.py` leaves it. The model
    and the vectors of a checkout in which that was done are used again."""
    data = tmp_path_factory.mktemp("pustaka")
    with first_of_all(tmp_path_factory) as first:
        ready = [PROJECT / "data", *([Path(first.read_text(encoding="utf-8"))] if first.exists() else [])]
        owner = next((owner for owner in ready if (owner / "embeddings.sqlite").exists()), None)
        if owner:
            lend_model(owner, data)
        assert ingest.main(["--data", str(data)]) == ingest.SWITCHED
        first.write_text(str(data), encoding="utf-8")
    return data


@contextmanager
def first_of_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file of this run, held by one of pytest-xdist's workers at a time: what the first of them
    has made, the others need not make again."""
    folder = tmp_path_factory.getbasetemp()
    folder = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
    with (folder / "pustaka.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder / "pustaka.txt"


@pytest.fixture(scope="session")
def config(library_data: Path) -> Config:
    """The shipped configuration on that data directory."""
    return Config.load(data_dir=library_data)


@pytest.fixture(scope="session")
def embeddings(config: Config) -> SentenceEmbeddings:
    """The real model, loaded once."""
    return SentenceEmbeddings(config.model, config.data.dir)


@pytest.fixture(scope="session")
def library(config: Config, embeddings: SentenceEmbeddings) -> Library:
    """The shipped library, open for search."""
    return Library(config, embeddings)


@pytest.fixture(scope="session")
def conversation(config: Config) -> Conversation:
    """The conversation over the shipped library."""
    return Conversation(config)


@pytest.fixture
def empty_data(tmp_path: Path, library_data: Path) -> Path:
    """A data directory with the prepared model and the embedding cache, but no library."""
    data = tmp_path / "data"
    data.mkdir()
    lend_model(library_data, data)
    return data


def lend_model(owner: Path, data: Path) -> None:
    """Bring the prepared model and the embedding cache of one data directory into another."""
    shutil.copytree(owner / "models", data / "models", copy_function=_link)
    for card in (data / "models").glob("*.json"):
        text = card.read_text(encoding="utf-8").replace(str(owner), str(data))
        card.unlink()
        card.write_text(text, encoding="utf-8")
    shutil.copy(owner / "embeddings.sqlite", data / "embeddings.sqlite")


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy(source, target)


@pytest.fixture
def documents(tmp_path: Path) -> Iterator[Callable[[str, str | bytes], Path]]:
    """Writes a file into a folder of documents and returns the folder."""
    folder = tmp_path / "dokumen"
    folder.mkdir()

    def write(name: str, content: str | bytes) -> Path:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return folder

    yield write


@pytest.fixture(scope="session")
def regulations() -> Path:
    """The real regulation texts, which no commit holds; skipped where they are not at hand."""
    if not REGULATIONS.is_dir():
        pytest.skip("the regulation texts of ../shared/regulations are not on this machine")
    return REGULATIONS


@pytest.fixture(scope="session")
def make_pdf() -> Callable[[Sequence[Sequence[str] | None]], bytes]:
    """Draws a PDF: a page is its lines from top to bottom, or None for a scan without text."""
    from PIL import Image
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen.canvas import Canvas

    def draw(pages: Sequence[Sequence[str] | None]) -> bytes:
        buffer = io.BytesIO()
        canvas = Canvas(buffer, pagesize=A4)
        for lines in pages:
            if lines is None:
                canvas.drawImage(ImageReader(Image.new("L", (600, 800), 200)), 40, 60, 500, 700)
            for i, line in enumerate(lines or ()):
                canvas.drawString(60, 800 - 16 * i, line)
            canvas.showPage()
        canvas.save()
        return buffer.getvalue()

    return draw


@pytest.fixture(scope="session")
def library_document() -> Callable[..., str]:
    """Writes a library document of `id` and `body`; keywords change or (None) drop front matter."""

    def write(identifier: str, body: str, **changes: str | None) -> str:
        keys: dict[str, str | None] = {
            "id": identifier,
            "title": "Panduan Kota Cerdas Wanasari",
            "kind": "panduan",
            "issuer": "Diskominfo Kabupaten Wanasari",
            "number": "null",
            "status": "berlaku",
            "in_force_from": "2025-01-02",
            "amended_by": "[]",
            "repealed_by": "[]",
            "repeals": "[]",
            "sources": '["naskah panduan"]',
            "checked": "2026-11-24",
            "confidence": "A",
        }
        head = "".join(f"{key}: {value}\n" for key, value in (keys | changes).items() if value is not None)
        return f"---\n{head}---\n{body}"

    return write


@pytest.fixture(scope="session")
def perwali() -> str:
    """The raw text of an invented mayor's regulation: six articles, an explanation, one repeal."""
    return """PERATURAN WALI KOTA SUKAMAKMUR
NOMOR 7 TAHUN 2023
TENTANG
PENYELENGGARAAN KOTA CERDAS

DENGAN RAHMAT TUHAN YANG MAHA ESA

WALI KOTA SUKAMAKMUR,

Menimbang: a. bahwa layanan kota perlu diselenggarakan secara terpadu;
b. bahwa berdasarkan pertimbangan tersebut perlu menetapkan Peraturan Wali Kota;
Mengingat: Undang-Undang Nomor 23 Tahun 2014 tentang Pemerintahan Daerah;

MEMUTUSKAN:

BAB I
KETENTUAN UMUM

Pasal 1
Dalam Peraturan Wali Kota ini yang dimaksud dengan Kota Cerdas adalah kota yang memakai data untuk melayani warganya.

BAB II
KELEMBAGAAN

Bagian Kesatu
Dewan Kota Cerdas

Pasal 2
(1) Wali Kota membentuk Dewan Kota Cerdas paling lambat 60 (enam puluh) hari sejak Peraturan Wali Kota ini diundangkan.
(2) Dewan Kota Cerdas sebagaimana dimaksud pada ayat (1) diketuai oleh Sekretaris Daerah dan beranggotakan kepala perangkat daerah.
(3) Rapat Dewan Kota Cerdas berlangsung paling sedikit empat kali dalam satu tahun dan hasilnya diumumkan kepada warga.
(4) Biaya rapat dibebankan pada anggaran Dinas Komunikasi dan Informatika sesuai dengan kemampuan keuangan daerah.

Pasal 3
Dewan Kota Cerdas sebagaimana dimaksud dalam Pasal 2 bertugas:
a. menyusun rencana induk kota cerdas;
b. mengawal belanja teknologi perangkat daerah; dan
c. melaporkan kemajuan kepada Wali Kota.

Pasal 4
Pusat kendali kota beroperasi selama 24 jam dan menyimpan rekaman kamera paling lama 30 hari.

BAB III
KETENTUAN PENUTUP

Pasal 5
Pada saat Peraturan Wali Kota ini mulai berlaku, Peraturan Wali Kota Sukamakmur Nomor 3 Tahun 2018 tentang Kota Pintar dicabut dan dinyatakan tidak berlaku.

Pasal 6
Peraturan Wali Kota ini mulai berlaku pada tanggal diundangkan.

PENJELASAN ATAS PERATURAN WALI KOTA SUKAMAKMUR NOMOR 7 TAHUN 2023

II. PASAL DEMI PASAL

Pasal 1
Cukup jelas.

Pasal 2
Yang dimaksud dengan perangkat daerah termasuk kecamatan dan kelurahan yang menyelenggarakan layanan bagi warga.

Pasal 3
Cukup jelas.

Pasal 4
Rekaman kamera yang menjadi barang bukti disimpan sampai perkaranya berkekuatan hukum tetap.

Pasal 5
Cukup jelas.

Pasal 6
Cukup jelas.
"""
