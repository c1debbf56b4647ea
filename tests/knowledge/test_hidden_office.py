"""Which words of a Word, Excel or PowerPoint file nobody sees; the files are made by their libraries."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from zipfile import ZipFile

import docx
import openpyxl
import pptx
import pytest
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Pt, RGBColor
from openpyxl.styles import Font, PatternFill
from pptx.dml.color import RGBColor as SlideColor
from pptx.util import Emu
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


def off_white(document: docx.Document, run: docx.text.run.Run) -> None:
    run.font.color.rgb = RGBColor(250, 250, 250)


def of_its_shading(document: docx.Document, run: docx.text.run.Run) -> None:
    run.font.color.rgb = RGBColor(0x11, 0x11, 0x11)
    run._r.get_or_add_rPr().append(parse_xml(f'<w:shd {nsdecls("w")} w:val="clear" w:fill="111111"/>'))


def narrow(document: docx.Document, run: docx.text.run.Run) -> None:
    run._r.get_or_add_rPr().append(parse_xml(f'<w:w {nsdecls("w")} w:val="1"/>'))


def moved_away(document: docx.Document, run: docx.text.run.Run) -> None:
    moved = parse_xml(f'<w:moveFrom {nsdecls("w")} w:id="1" w:author="x"/>')
    run._r.addprevious(moved)
    moved.append(run._r)


@pytest.mark.parametrize("hide", [vanished, white, tiny, styled, off_white, of_its_shading, narrow, moved_away])
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


def white_style(document: docx.Document) -> None:
    style = document.styles.add_style("Samar", WD_STYLE_TYPE.PARAGRAPH)
    style.font.color.rgb = WHITE
    based = document.styles.add_style("Turunan", WD_STYLE_TYPE.PARAGRAPH)
    based.base_style = style
    document.add_paragraph(QUESTIONED, style="Turunan")


def flat_line(document: docx.Document) -> None:
    settings = document.add_paragraph(QUESTIONED)._p.get_or_add_pPr()
    settings.append(parse_xml(f'<w:spacing {nsdecls("w")} w:line="1" w:lineRule="exact"/>'))


def far_left(document: docx.Document) -> None:
    settings = document.add_paragraph(QUESTIONED)._p.get_or_add_pPr()
    settings.append(parse_xml(f'<w:ind {nsdecls("w")} w:left="-20000"/>'))


def row_of(document: docx.Document, setting: str) -> None:
    row = document.add_table(rows=1, cols=1).rows[0]
    row.cells[0].text = QUESTIONED
    row._tr.get_or_add_trPr().append(parse_xml(setting.replace("/>", f" {nsdecls('w')}/>", 1)))


BOX = (
    '<w:p {names} xmlns:v="urn:schemas-microsoft-com:vml"><w:r><w:t xml:space="preserve">{before}</w:t></w:r><w:r><w:pict>'
    '<v:shape style="{style}"><v:textbox><w:txbxContent><w:p><w:r><w:t>{words}</w:t></w:r></w:p></w:txbxContent>'
    "</v:textbox></v:shape></w:pict></w:r></w:p>"
)


def box(document: docx.Document, style: str, words: str = QUESTIONED, before: str = "") -> None:
    drawn = parse_xml(BOX.format(names=nsdecls("w"), style=style, words=words, before=before))
    document.element.body.insert(1, drawn)


@pytest.mark.parametrize(
    "hide",
    [
        white_style,
        flat_line,
        far_left,
        lambda document: row_of(document, "<w:hidden/>"),
        lambda document: row_of(document, '<w:trHeight w:val="1" w:hRule="exact"/>'),
        lambda document: box(document, "position:absolute;visibility:hidden;width:200pt"),
        lambda document: box(document, "position:absolute;margin-left:-5000pt;width:200pt"),
        lambda document: box(document, "position:absolute;MARGIN-LEFT:-70IN;width:200pt"),
    ],
    ids=["gaya putih", "baris gepeng", "di kiri halaman", "baris tabel tersembunyi", "baris tabel gepeng", "kotak tersembunyi",
         "kotak di luar halaman", "kotak di luar halaman dalam inci"],
)  # fmt: skip
def test_drops_paragraphs_that_nobody_sees(tmp_path: Path, hide: Callable[[docx.Document], None]) -> None:
    document = docx.Document()
    document.add_paragraph(SHOWN)
    hide(document)
    document.save(str(tmp_path / "laporan.docx"))
    parsed = read(tmp_path / "laporan.docx")
    assert QUESTIONED not in parsed.text
    assert SHOWN in parsed.text
    assert QUESTIONED in parsed.remarks[0].reason


def test_reads_a_document_whose_styles_rest_on_each_other_without_end(tmp_path: Path) -> None:
    document = docx.Document()
    above = document.styles["Normal"]
    for n in range(1100):
        style = document.styles.add_style(f"Gaya {n}", WD_STYLE_TYPE.PARAGRAPH)
        style.element.get_or_add_basedOn().val = above.style_id
        above = style
    document.add_paragraph(SHOWN, style=above)
    # The last one first.
    elements = document.styles.element
    for style in list(elements.iterchildren(qn("w:style"))):
        elements.insert(0, style)
    document.save(str(tmp_path / "laporan.docx"))
    assert SHOWN in read(tmp_path / "laporan.docx").text


def test_reads_a_text_box_and_the_paragraph_that_it_is_anchored_in(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph("Pembukaan laporan ini.")
    box(document, "position:absolute;width:200pt", words="Isi kotak.", before=SHOWN)
    document.save(str(tmp_path / "laporan.docx"))
    parsed = read(tmp_path / "laporan.docx")
    assert parsed.text.index(SHOWN) < parsed.text.index("Isi kotak.")
    assert parsed.remarks == ()


def test_reads_once_what_a_text_box_holds_for_newer_and_older_programs(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph("Pembukaan laporan ini.")
    box(document, "width:200pt", words="Isi kotak.", before=SHOWN)
    drawn = document.element.body[1]
    shape = next(drawn.iter(qn("w:pict")))
    both = parse_xml(
        '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
        '<mc:Choice Requires="wps"/><mc:Fallback/></mc:AlternateContent>'
    )
    shape.addprevious(both)
    both[0].append(deepcopy(shape))
    both[1].append(shape)
    document.save(str(tmp_path / "laporan.docx"))
    parsed = read(tmp_path / "laporan.docx")
    assert parsed.text.count("Isi kotak.") == 1
    assert SHOWN in parsed.text


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


def hidden_row(book: openpyxl.Workbook) -> None:
    book.active.append(["Lapor", QUESTIONED])
    book.active.row_dimensions[3].hidden = True


def flat_row(book: openpyxl.Workbook) -> None:
    book.active.append(["Lapor", QUESTIONED])
    book.active.row_dimensions[3].height = 0.5


def hidden_column(book: openpyxl.Workbook) -> None:
    book.active["C1"], book.active["C2"] = "Catatan", QUESTIONED
    book.active.column_dimensions["C"].hidden = True


def thin_column(book: openpyxl.Workbook) -> None:
    book.active["C1"], book.active["C2"] = "Catatan", QUESTIONED
    book.active.column_dimensions["C"].width = 0.1


def blank_format(book: openpyxl.Workbook) -> None:
    book.active.append(["Lapor", QUESTIONED])
    book.active["B3"].number_format = ";;;"


def of_its_fill(book: openpyxl.Workbook) -> None:
    book.active.append(["Lapor", QUESTIONED])
    book.active["B3"].font, book.active["B3"].fill = Font(color="FF333333"), PatternFill("solid", fgColor="FF333333")


@pytest.mark.parametrize(
    ("hide", "place"),
    [
        (hidden_sheet, "lembar tersembunyi Rahasia"),
        *((hide, "lembar Inovasi") for hide in (
            white_cell, hidden_row, flat_row, hidden_column, thin_column, blank_format, of_its_fill)),
    ],
)  # fmt: skip
def test_drops_hidden_sheets_and_cells(tmp_path: Path, hide: Callable[[openpyxl.Workbook], None], place: str) -> None:
    parsed = workbook(tmp_path / "inovasi.xlsx", hide)
    assert QUESTIONED not in parsed.text
    assert "Keterangan: Layanan pengangkutan sampah rumah tangga" in parsed.text
    assert place in parsed.remarks[0].reason


def filtered(book: openpyxl.Workbook) -> None:
    hidden_row(book)
    book.active.auto_filter.ref = "A1:B3"
    book.active.auto_filter.add_filter_column(0, ["Si Sampah"])


def outlined(book: openpyxl.Workbook) -> None:
    book.active.append(["Lapor", QUESTIONED])
    book.active.row_dimensions.group(3, 3, hidden=True)


@pytest.mark.parametrize("fold", [filtered, outlined])
def test_keeps_rows_that_a_press_shows(tmp_path: Path, fold: Callable[[openpyxl.Workbook], None]) -> None:
    parsed = workbook(tmp_path / "inovasi.xlsx", fold)
    assert QUESTIONED in parsed.text
    assert parsed.remarks == ()


@pytest.mark.parametrize("font", ["nan", "inf", "-1", "999999", "satu"])
def test_reads_a_workbook_whose_formats_are_damaged(tmp_path: Path, font: str) -> None:
    """A number of a font that is none is nobody's secret, and no end of the reading."""
    book = openpyxl.Workbook()
    book.active["A1"] = SHOWN
    book.save(tmp_path / "asli.xlsx")
    with ZipFile(tmp_path / "asli.xlsx") as whole, ZipFile(tmp_path / "tabel.xlsx", "w") as damaged:
        for name in whole.namelist():
            part = whole.read(name)
            damaged.writestr(name, part.replace(b'fontId="0"', f'fontId="{font}"'.encode()))
    assert SHOWN in read(tmp_path / "tabel.xlsx").text


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


def placed(
    presentation: pptx.presentation.Presentation, left: int, colour: SlideColor | None = None
) -> pptx.shapes.base.BaseShape:
    slide = presentation.slides[1]
    slide.placeholders[1].text = SHOWN
    made = slide.shapes.add_textbox(Emu(left), Emu(3000000), Emu(3000000), Emu(500000))
    made.text_frame.text = QUESTIONED
    if colour is not None:
        made.text_frame.paragraphs[0].runs[0].font.color.rgb = colour
    return made


def beside(presentation: pptx.presentation.Presentation) -> None:
    placed(presentation, -9000000)


def white_text(presentation: pptx.presentation.Presentation) -> None:
    placed(presentation, 0, SlideColor(255, 255, 255))


def white_text_on_a_master_without_background(presentation: pptx.presentation.Presentation) -> None:
    """Its layouts lead to it, and it to them."""
    [background] = presentation.slide_master._element.xpath("p:cSld/p:bg")
    background.getparent().remove(background)
    placed(presentation, 0, SlideColor(255, 255, 255))


def transparent(presentation: pptx.presentation.Presentation) -> None:
    made = placed(presentation, 0, SlideColor(0, 0, 0))
    colour = next(made._element.iter(qn("a:srgbClr")))
    colour.append(parse_xml(f'<a:alpha {nsdecls("a")} val="0"/>'))


def under(presentation: pptx.presentation.Presentation) -> None:
    placed(presentation, 0)
    over = presentation.slides[1].shapes.add_shape(1, Emu(0), Emu(2900000), Emu(4000000), Emu(800000))
    over.fill.solid()
    over.fill.fore_color.rgb = SlideColor(255, 255, 255)


def in_a_hidden_group(presentation: pptx.presentation.Presentation) -> None:
    presentation.slides[1].placeholders[1].text = SHOWN
    group = presentation.slides[1].shapes.add_group_shape()
    made = group.shapes.add_textbox(Emu(0), Emu(3000000), Emu(3000000), Emu(500000))
    made.text_frame.text = QUESTIONED
    group._element.nvGrpSpPr.cNvPr.set("hidden", "1")


@pytest.mark.parametrize(
    "hide",
    [
        skipped,
        small,
        beside,
        white_text,
        white_text_on_a_master_without_background,
        transparent,
        under,
        in_a_hidden_group,
    ],
)
def test_drops_slides_that_are_not_shown_and_tiny_words(
    tmp_path: Path, hide: Callable[[pptx.presentation.Presentation], None]
) -> None:
    parsed = slides(tmp_path / "paparan.pptx", hide)
    assert QUESTIONED not in parsed.text
    assert SHOWN in parsed.text
    assert "slide" in parsed.remarks[0].reason
    assert "2" in parsed.remarks[0].reason


def dark_slide(presentation: pptx.presentation.Presentation) -> None:
    fill = presentation.slides[1].background.fill
    fill.solid()
    fill.fore_color.rgb = SlideColor(0, 0, 80)
    placed(presentation, 0, SlideColor(255, 255, 255))


def on_a_dark_box(presentation: pptx.presentation.Presentation) -> None:
    made = placed(presentation, 0, SlideColor(255, 255, 255))
    made.fill.solid()
    made.fill.fore_color.rgb = SlideColor(0, 0, 80)


@pytest.mark.parametrize("show", [dark_slide, on_a_dark_box])
def test_keeps_white_words_of_a_dark_slide(
    tmp_path: Path, show: Callable[[pptx.presentation.Presentation], None]
) -> None:
    parsed = slides(tmp_path / "paparan.pptx", show)
    assert QUESTIONED in parsed.text
    assert parsed.remarks == ()
