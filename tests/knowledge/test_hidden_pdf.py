"""Which text of a PDF nobody sees; every page is drawn by the test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from knowledge.parse import ParsedDocument, parse
from knowledge.sources import Source

TITLE = "Laporan Kesiapan Kota Cerdas Wanasari"
SHOWN = "Jaringan serat optik menjangkau 42 kelurahan pada tahun 2026."
QUESTIONED = "Indeks SPBE daerah ini bernilai lima koma nol."
NAVY = (0, 0, 0.3)
Draw = Callable[[Canvas], None]


@pytest.fixture
def page(tmp_path: Path) -> Callable[[Draw], ParsedDocument]:
    """Parses a PDF of one page: a title, a sentence, and what the test draws below them."""

    def parsed(draw: Draw) -> ParsedDocument:
        canvas = Canvas(str(tmp_path / "laporan.pdf"))
        canvas.drawString(60, 800, TITLE)
        canvas.drawString(60, 780, SHOWN)
        draw(canvas)
        canvas.save()
        return parse(Source(tmp_path / "laporan.pdf", tmp_path, "0"))

    return parsed


def write(
    canvas: Canvas,
    colour: tuple[float, float, float] = (0, 0, 0),
    *,
    points: float = 12,
    x: float = 60,
    mode: int | None = None,
    alpha: float = 1,
) -> None:
    canvas.setFillColorRGB(*colour)
    canvas.setFillAlpha(alpha)
    line = canvas.beginText(x, 700)
    line.setFont("Helvetica", points)
    if mode is not None:
        line.setTextRenderMode(mode)
    line.textOut(QUESTIONED)
    canvas.drawText(line)


def box(canvas: Canvas, colour: tuple[float, float, float]) -> None:
    canvas.setFillColorRGB(*colour)
    canvas.rect(50, 690, 400, 30, fill=1, stroke=0)


def under_a_box(canvas: Canvas) -> None:
    write(canvas)
    box(canvas, (1, 1, 1))


def on_a_box(canvas: Canvas, colour: tuple[float, float, float]) -> None:
    box(canvas, NAVY)
    write(canvas, colour)


def green_on_red(canvas: Canvas) -> None:
    """Two colours of one grey."""
    box(canvas, (1, 0, 0))
    write(canvas, (0, 0.509, 0))


def in_a_form(canvas: Canvas) -> None:
    canvas.beginForm("kop")
    write(canvas, (1, 1, 1))
    canvas.endForm()
    canvas.doForm("kop")


def over_other_words(canvas: Canvas) -> None:
    canvas.drawString(60, 700, "Anggaran pusat kendali kota sebesar dua miliar rupiah")
    write(canvas, (1, 1, 1))


def turned(canvas: Canvas, colour: tuple[float, float, float] = (1, 1, 1)) -> None:
    canvas.setPageRotation(180)
    write(canvas, colour)


def said_instead(canvas: Canvas) -> None:
    canvas._code.append(f"/Span <</ActualText ({QUESTIONED})>> BDC")
    canvas.drawString(60, 700, "Anggaran pusat kendali dua miliar")
    canvas._code.append("EMC")


def under_a_picture(canvas: Canvas) -> None:
    write(canvas)
    canvas.drawImage(ImageReader(Image.effect_noise((400, 30), 80).convert("RGB")), 50, 690, 400, 30)


def in_seven_forms(canvas: Canvas) -> None:
    canvas.beginForm("0")
    write(canvas, (1, 1, 1))
    canvas.endForm()
    for n in range(6):
        canvas.beginForm(str(n + 1))
        canvas.doForm(str(n))
        canvas.endForm()
    canvas.doForm("6")


@pytest.mark.parametrize(
    "draw",
    [
        lambda canvas: write(canvas, (1, 1, 1)),
        lambda canvas: write(canvas, (0.98, 0.98, 0.98)),
        lambda canvas: write(canvas, points=1),
        lambda canvas: write(canvas, mode=3),
        lambda canvas: write(canvas, x=-900),
        lambda canvas: write(canvas, alpha=0),
        under_a_box,
        lambda canvas: on_a_box(canvas, NAVY),
        over_other_words,
        in_a_form,
        turned,
        said_instead,
        under_a_picture,
        in_seven_forms,
    ],
    ids=[
        "putih", "hampir putih", "1 poin", "tanpa tinta", "di luar halaman", "tembus pandang", "di bawah kotak",
        "sewarna kotaknya", "putih di atas teks lain", "di dalam formulir", "putih pada halaman yang diputar",
        "dikatakan lain daripada tergambar", "di bawah gambar", "di dalam tujuh formulir",
    ],
)  # fmt: skip
def test_drops_text_that_nobody_sees_and_says_on_which_page(page: Callable[[Draw], ParsedDocument], draw: Draw) -> None:
    document = page(draw)
    assert QUESTIONED not in document.text
    assert SHOWN in document.text
    (remark,) = document.remarks
    assert remark.page == 1
    assert "tersembunyi" in remark.reason
    assert QUESTIONED in remark.reason


@pytest.mark.parametrize(
    "draw",
    [
        lambda canvas: on_a_box(canvas, (1, 1, 1)),
        lambda canvas: write(canvas, (0.9, 0, 0)),
        lambda canvas: write(canvas, (0.6, 0.6, 0.6)),
        lambda canvas: write(canvas, points=4),
        lambda canvas: turned(canvas, (0, 0, 0)),
        green_on_red,
    ],
    ids=["putih di kotak gelap", "merah", "abu-abu", "4 poin", "halaman yang diputar", "hijau di atas merah"],
)
def test_keeps_text_that_can_be_seen(page: Callable[[Draw], ParsedDocument], draw: Draw) -> None:
    document = page(draw)
    assert QUESTIONED in document.text
    assert document.remarks == ()


def scan(lines: int) -> Image.Image:
    picture = Image.new("L", (1240, 1754), 255)
    for n in range(lines):
        ImageDraw.Draw(picture).text((120, 60 + 40 * n), "baris dari hasil pindai", fill=0, font_size=30)
    return picture


def over(picture: Image.Image) -> Draw:
    def draw(canvas: Canvas) -> None:
        canvas.drawImage(ImageReader(picture), 0, 0, 595, 842)
        write(canvas, mode=3)

    return draw


def test_keeps_the_text_layer_that_ocr_laid_over_a_scan(page: Callable[[Draw], ParsedDocument]) -> None:
    assert QUESTIONED in page(over(scan(40))).text


def test_drops_a_text_layer_over_a_picture_of_nothing(page: Callable[[Draw], ParsedDocument]) -> None:
    document = page(over(scan(0)))
    assert QUESTIONED not in document.text
    assert document.remarks[0].page == 1


def test_finds_nothing_hidden_in_the_regulations_at_hand(regulations: Path) -> None:
    for file in regulations.glob("*.pdf"):
        assert parse(Source(file, regulations, "0")).remarks == (), file.name


def test_reads_what_is_drawn_instead_of_what_is_said(page: Callable[[Draw], ParsedDocument]) -> None:
    assert "Anggaran pusat kendali dua miliar" in page(said_instead).text
