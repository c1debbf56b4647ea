"""What happens to a library when a file kills, stalls or bloats its reader."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from knowledge.errors import DocumentError
from knowledge.parse import ParsedDocument, parse
from knowledge.sandbox import ReadLimits, Sandbox, read_file
from knowledge.settings import DataSettings, LibraryConfig, LibrarySettings
from knowledge.sources import Source

Documents = Callable[[str, str | bytes], Path]
MakePdf = Callable[[Sequence[Sequence[str] | None]], bytes]
TEXT = "# Panduan\n\nBupati membentuk tim pelaksana kota cerdas.\n"
COVER = ["Laporan Kesiapan Kota Cerdas Wanasari", "Jaringan serat optik menjangkau 42 kelurahan pada tahun 2026."]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(ReadLimits(seconds=20, memory_bytes=250_000_000, pages=50), workers=1) as sandbox:
        yield sandbox


def flate_pdf(content: bytes) -> bytes:
    """A PDF of one page whose packed content unpacks to `content`."""
    packed = zlib.compress(content, 9)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>",
        b"<< /Length %d /Filter /FlateDecode >>\nstream\n" % len(packed) + packed + b"\nendstream",
    ]
    data = io.BytesIO()
    data.write(b"%PDF-1.4\n")
    starts = []
    for number, body in enumerate(objects, 1):
        starts.append(data.tell())
        data.write(b"%d 0 obj\n%b\nendobj\n" % (number, body))
    table = data.tell()
    data.write(b"xref\n0 5\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % start for start in starts))
    data.write(b"trailer << /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % table)
    return data.getvalue()


def sources(folder: Path) -> list[Source]:
    return [Source(path, folder, path.name) for path in sorted(folder.iterdir())]


def read_all(sandbox: Sandbox, folder: Path) -> list[ParsedDocument | DocumentError]:
    """What is in each file of a folder, or why it is refused."""
    found: list[ParsedDocument | DocumentError] = []
    for source in sources(folder):
        try:
            found.append(sandbox.read(source))
        except DocumentError as error:
            found.append(error)
    return found


def test_reads_the_same_as_the_reader_itself(sandbox: Sandbox, documents: Documents, make_pdf: MakePdf) -> None:
    folder = documents("laporan.pdf", make_pdf([COVER, [], COVER]))
    documents("panduan.md", TEXT)
    for source in sources(folder):
        assert sandbox.read(source) == parse(source)


def test_refuses_a_file_that_bloats_the_reader_and_reads_the_others(sandbox: Sandbox, documents: Documents) -> None:
    documents("a.md", TEXT)
    documents("bom.pdf", flate_pdf(b"q Q " * 60_000_000))
    first, bomb, last = read_all(sandbox, documents("c.md", TEXT))
    assert isinstance(first, ParsedDocument)
    assert isinstance(last, ParsedDocument)
    assert isinstance(bomb, DocumentError)
    assert "memerlukan memori lebih dari 250 MB" in bomb.reason


def test_refuses_a_file_that_takes_too_long_and_reads_the_others(documents: Documents) -> None:
    documents("a.md", TEXT)
    documents("b.txt", "Bupati membentuk tim " * 230_000)
    with Sandbox(ReadLimits(seconds=0.5), workers=1) as sandbox:
        first, slow, last = read_all(sandbox, documents("c.md", TEXT))
    assert isinstance(first, ParsedDocument)
    assert isinstance(last, ParsedDocument)
    assert isinstance(slow, DocumentError)
    assert slow.reason == "tidak selesai dibaca dalam 0.5 detik"


def test_refuses_a_pdf_of_too_many_pages(sandbox: Sandbox, documents: Documents, make_pdf: MakePdf) -> None:
    folder = documents("tebal.pdf", make_pdf([COVER] * 51))
    with pytest.raises(DocumentError, match="51 halaman, lebih dari batas 50"):
        sandbox.read(sources(folder)[0])


def test_reads_the_first_pdf_since_the_machine_started(
    documents: Documents, make_pdf: MakePdf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kreuzberg unpacks its PDF library into the temporary folder; a reading process may write no file."""
    empty = tmp_path / "kosong"
    empty.mkdir()
    monkeypatch.setenv("TMPDIR", str(empty))
    with Sandbox(workers=1) as sandbox:
        assert COVER[1] in sandbox.read(sources(documents("laporan.pdf", make_pdf([COVER])))[0]).text
    assert list(empty.iterdir())


def test_does_not_expand_the_entities_of_a_web_page(sandbox: Sandbox, documents: Documents) -> None:
    entities = "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    page = f'<!DOCTYPE html [<!ENTITY a "tawa">{entities}]><html><body><p>Layanan pengaduan warga &i;</p></body></html>'
    document = sandbox.read(sources(documents("tawa.html", page))[0])
    assert "Layanan pengaduan warga" in document.text
    assert len(document.text) < 1_000


def test_refuses_a_web_page_nested_without_end(sandbox: Sandbox, documents: Documents) -> None:
    depth = 100_000
    folder = documents("dalam.html", "<html><body>" + "<div>" * depth + "isi" + "</div>" * depth + "</body></html>")
    documents("panduan.md", TEXT)
    nested, plain = read_all(sandbox, folder)
    assert isinstance(nested, DocumentError)
    assert isinstance(plain, ParsedDocument)


def test_an_admin_can_have_one_file_read(tmp_path: Path, documents: Documents) -> None:
    config = LibraryConfig(data=DataSettings(dir=tmp_path / "data"), library=LibrarySettings(max_file_megabytes=0.1))
    folder = documents("panduan.md", TEXT)
    assert read_file(config, folder / "panduan.md").text == TEXT
    documents("besar.txt", "x" * 200_000)
    with pytest.raises(DocumentError, match="melebihi batas"):
        read_file(config, folder / "besar.txt")
