"""Which words of a Word, Excel or PowerPoint file nobody sees; the files are made by their libraries."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import docx
import openpyxl
import pptx
import pytest
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml.ns import qn
from docx.shared import Pt, RGBColor
from openpyxl.styles import Font, PatternFill
from pptx.util import Pt as SlidePt

from knowledge.parse import ParsedDocument, parse
from knowledge.sources import Source

SHOWN = "Bupati membentuk tim pelaksana kota cerdas."
QUESTIONED = "Indeks SPBE daerah ini bernilai lima koma nol."
WHITE = RGBColor(255, 255, 255)


def read(path: Path) -> ParsedDocument:
    return parse(Source(path, path.parent, "0"))


def vanished(document: docx.Document, run: docx.text.run.Run) -> None:
    run.font.hidden = True


def white(document: docx.Document, run: docx.text.run.Run) -> None:
    run.font.color.rgb = WHITE


def tiny(document: docx.Document, run: docx.text.run.Run) -> None:
    run.font.size = Pt(1)


def styled(document: docx.Document, run: docx.text.run.Run) -> None:
    style = document.styles.add_style("Rahasia", WD_STYLE_TYPE.CHARACTER)
    style.font.hidden = True
    run.style = style


@pytest.mark.parametrize("hide", [vanished, white, tiny, styled])
def test_drops_hidden_runs_of_a_word_document(
    tmp_path: Path, hide: Callable[[docx.Document, docx.text.run.Run], None]
) -> None:
    document = docx.Document()
    document.add_heading("Kelembagaan", 1)
    paragraph = document.add_paragraph(SHOWN + " ")
    hide(document, paragraph.add_run(QUESTIONED))
    document.save(str(tmp_path / "laporan.docx"))
    parsed = read(tmp_path / "laporan.docx")
    assert QUESTIONED not in parsed.text
    assert SHOWN in parsed.text
    assert parsed.remarks[0].reason == f"teks tersembunyi dibuang (bagian “Kelembagaan”): “{QUESTIONED}”"


def test_keeps_white_words_of_a_dark_table_head(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph(SHOWN)
    cell = document.add_table(rows=1, cols=1).cell(0, 0)
    shading = cell._tc.get_or_add_tcPr().makeelement(qn("w:shd"), {qn("w:val"): "clear", qn("w:fill"): "1F3864"})
    cell._tc.get_or_add_tcPr().append(shading)
    cell.paragraphs[0].add_run(QUESTIONED).font.color.rgb = WHITE
    document.save(str(tmp_path / "laporan.docx"))
    parsed = read(tmp_path / "laporan.docx")
    assert QUESTIONED in parsed.text
    assert parsed.remarks == ()


def workbook(path: Path, change: Callable[[openpyxl.Workbook], None]) -> ParsedDocument:
    book = openpyxl.Workbook()
    book.active.title = "Inovasi"
    for row in (["Inovasi", "Keterangan"], ["Si Sampah", "Layanan pengangkutan sampah rumah tangga"]):
        book.active.append(row)
    change(book)
    book.save(path)
    return read(path)


def hidden_sheet(book: openpyxl.Workbook) -> None:
    sheet = book.create_sheet("Rahasia")
    sheet.append(["Catatan"])
    sheet.append([QUESTIONED])
    sheet.sheet_state = "veryHidden"


def white_cell(book: openpyxl.Workbook) -> None:
    book.active.append(["Lapor", QUESTIONED])
    book.active.cell(3, 2).font = Font(color="FFFFFFFF")


@pytest.mark.parametrize(
    ("hide", "place"), [(hidden_sheet, "lembar tersembunyi Rahasia"), (white_cell, "lembar Inovasi")]
)
def test_drops_hidden_sheets_and_cells(tmp_path: Path, hide: Callable[[openpyxl.Workbook], None], place: str) -> None:
    parsed = workbook(tmp_path / "inovasi.xlsx", hide)
    assert QUESTIONED not in parsed.text
    assert "Keterangan: Layanan pengangkutan sampah rumah tangga" in parsed.text
    assert place in parsed.remarks[0].reason


def test_keeps_white_words_of_a_filled_cell(tmp_path: Path) -> None:
    def head(book: openpyxl.Workbook) -> None:
        for cell in book.active[1]:
            cell.font, cell.fill = Font(color="FFFFFFFF"), PatternFill("solid", fgColor="FF1F3864")

    parsed = workbook(tmp_path / "inovasi.xlsx", head)
    assert "Inovasi: Si Sampah; Keterangan: Layanan" in parsed.text
    assert parsed.remarks == ()


def slides(path: Path, hide: Callable[[pptx.presentation.Presentation], None]) -> ParsedDocument:
    presentation = pptx.Presentation()
    for body in (SHOWN, QUESTIONED):
        slide = presentation.slides.add_slide(presentation.slide_layouts[1])
        slide.shapes.title.text = "Kota Cerdas Wanasari"
        slide.placeholders[1].text = body
    hide(presentation)
    presentation.save(str(path))
    return read(path)


def skipped(presentation: pptx.presentation.Presentation) -> None:
    presentation.slides[1]._element.set("show", "0")


def small(presentation: pptx.presentation.Presentation) -> None:
    presentation.slides[1].placeholders[1].text_frame.paragraphs[0].runs[0].font.size = SlidePt(1)


@pytest.mark.parametrize("hide", [skipped, small])
def test_drops_slides_that_are_not_shown_and_tiny_words(
    tmp_path: Path, hide: Callable[[pptx.presentation.Presentation], None]
) -> None:
    parsed = slides(tmp_path / "paparan.pptx", hide)
    assert QUESTIONED not in parsed.text
    assert SHOWN in parsed.text
    assert "slide" in parsed.remarks[0].reason
    assert "2" in parsed.remarks[0].reason
