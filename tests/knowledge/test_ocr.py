"""Scanned pages as Tesseract reads them; skipped where it is not installed."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from knowledge import ocr
from knowledge.errors import DocumentError
from knowledge.ocr import RecognisedPage
from knowledge.sandbox import ReadLimits, Sandbox
from knowledge.sources import Source

needs_tesseract = pytest.mark.skipif(
    not ocr.is_installed(), reason="Tesseract with Indonesian is not installed: apt-get install tesseract-ocr-ind"
)
LINES = (
    "Pasal 4",
    "(1) Bupati membentuk tim pelaksana kota cerdas paling",
    "lambat enam puluh hari sejak peraturan ini berlaku.",
    "(2) Tim pelaksana dipimpin oleh sekretaris daerah dan",
    "melaporkan hasil pekerjaannya setiap tiga bulan.",
    "(3) Biaya tim dibebankan kepada anggaran daerah.",
)


def page(lines: tuple[str, ...] = LINES) -> Image.Image:
    picture = Image.new("L", (1240, 620), 255)
    for n, line in enumerate(lines):
        ImageDraw.Draw(picture).text((140, 100 + 60 * n), line, fill=0, font_size=34)
    return picture


Scan = Callable[..., Source]


@pytest.fixture
def scan(tmp_path: Path) -> Scan:
    """A PDF of pictures, each with words of its own text layer ("" for none)."""

    def draw(*pages: tuple[Image.Image, str]) -> Source:
        canvas = Canvas(str(tmp_path / "pindai.pdf"))
        for picture, layer in pages:
            canvas.setPageSize(tuple(side * 72 / 150 for side in picture.size))
            canvas.drawImage(ImageReader(picture), 0, 0, *(side * 72 / 150 for side in picture.size))
            canvas.drawString(200, 10, layer)
            canvas.showPage()
        canvas.save()
        return Source(tmp_path / "pindai.pdf", tmp_path, "digest")

    return draw


@needs_tesseract
@pytest.mark.parametrize("degrees", [90, 180])
def test_reads_a_page_whichever_way_it_lies(scan: Scan, degrees: int) -> None:
    source = scan((page().rotate(degrees, expand=True), ""))
    found = ocr.recognise(source.path, 1)
    assert found.confidence > ocr.DOUBTFUL
    assert "(1) Bupati membentuk tim pelaksana kota cerdas paling" in found.text
    assert [line[:3] for line in found.text.splitlines() if line.startswith("(")] == ["(1)", "(2)", "(3)"]


@needs_tesseract
def test_a_text_layer_of_a_stamp_does_not_make_a_scan_readable(scan: Scan) -> None:
    source = scan((page(), "SALINAN RESMI"), (page(), "SALINAN RESMI"))
    with Sandbox() as sandbox:
        document = sandbox.read(source)
    assert document.scanned == (1, 2)
    assert "Bupati membentuk tim pelaksana" in document.text
    assert document.page_at(document.text.rindex("(3) Biaya")) == 2


@needs_tesseract
def test_names_a_page_that_cannot_be_read_and_keeps_the_others(scan: Scan) -> None:
    photograph = Image.radial_gradient("L").resize((1240, 620))
    with Sandbox() as sandbox:
        document = sandbox.read(scan((page(), ""), (photograph, "")))
    assert "Bupati membentuk tim pelaksana" in document.text
    assert [(remark.page, remark.reason) for remark in document.remarks] == [
        (2, "halaman hasil pindai yang tidak terbaca oleh OCR")
    ]


@needs_tesseract
def test_does_not_read_an_unchanged_scan_again(scan: Scan, tmp_path: Path) -> None:
    source = scan((page(), ""))
    with Sandbox(cache=tmp_path / "ocr") as sandbox:
        first = sandbox.read(source)
    with Sandbox(ReadLimits(page_seconds=0.01), cache=tmp_path / "ocr") as sandbox:
        assert sandbox.read(source) == first


def test_without_tesseract_a_scan_is_refused_with_how_to_install_it(
    scan: Scan, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    with Sandbox() as sandbox, pytest.raises(DocumentError, match="apt-get install tesseract-ocr-ind") as refused:
        sandbox.read(scan((page(), "")))
    assert refused.value.page == 1


def test_says_of_doubtful_pages_that_they_are(scan: Scan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = scan((page(), ""), (page(), ""))
    (tmp_path / "ocr").mkdir()
    read = {
        1: RecognisedPage(text="Bupati membentuk tim pelaksana kota cerdas.", confidence=0.9),
        2: RecognisedPage(text="Tim pelaksana dipirnpin o1eh sekretaris daerah.", confidence=0.61),
    }
    monkeypatch.setattr("knowledge.sandbox.is_installed", lambda: True)
    monkeypatch.setattr("knowledge.sandbox._read_cache", lambda file: dict(read))
    with Sandbox(cache=tmp_path / "ocr") as sandbox:
        (remark,) = sandbox.read(source).remarks
    assert remark.page == 2
    assert "kurang pasti (61%)" in remark.reason


@needs_tesseract
def test_finds_the_articles_of_a_real_scan(regulations: Path, tmp_path: Path) -> None:
    """Of one page: it is enough to see the reading, and the whole takes a minute."""
    import pypdf

    writer = pypdf.PdfWriter()
    for real in pypdf.PdfReader(regulations / "permenko-4-2023-scan.pdf").pages[4:5]:
        writer.add_page(real)
    buffer = io.BytesIO()
    writer.write(buffer)
    (tmp_path / "permenko.pdf").write_bytes(buffer.getvalue())
    with Sandbox() as sandbox:
        document = sandbox.read(Source(tmp_path / "permenko.pdf", tmp_path, "digest"))
    assert "\nPasal 5\n" in document.text
    assert "\nPasal 6\n" in document.text
    assert [line[:3] for line in document.text.splitlines() if line.startswith("(")][-2:] == ["(2)", "(3)"]
