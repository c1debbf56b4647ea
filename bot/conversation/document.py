"""A draft in, a Word document (DOCX) out that an official can keep and edit.

Headings, lists and the table of sources are Word's own, so that they can be edited, numbered
and read aloud as such; the look is set in the styles alone.
"""

from __future__ import annotations

import io
import re
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any

from bot.conversation.draft import Citation, Draft, Point
from bot.texts.document import DocumentTexts

if TYPE_CHECKING:
    from docx.document import Document as Word
    from docx.text.paragraph import Paragraph

BODY_FONT = "Calibri"
INK, ACCENT, WASH = "222222", "1F4E79", "FFF4D6"
LOCALES = {"id": "id-ID", "en": "en-US"}
WARNING_STYLE = "Warning"
QUESTION_STYLE = "Question"
SOURCE_WIDTHS = (1.2, 11.8, 3.0)
# What XML 1.0 forbids, lone surrogates included.
FORBIDDEN = re.compile("[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Signs of Markdown that a reader of Word would see as they are.
EMPHASIS = re.compile(r"(\*\*|__|`|\*)(?=\S)(.+?)(?<=\S)\1")
LINK = re.compile(r"!?\[([^\]\n]{1,300})\]\([^)\s]{1,500}\)")
COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.S)
LINE_SIGN = re.compile(r"^\s*(?:#{1,6}\s+|>\s?)+")
BULLET = re.compile(r"^\s*[-*+]\s+")
TABLE_RULE = re.compile(r"^\s*\|?(?:\s*:?-{2,}:?\s*\|?)+\s*$")


def draft_document(draft: Draft, question: str, asked_on: date, copy: DocumentTexts) -> bytes:
    """The draft as a DOCX of A4 pages: question, answer, warnings, sources, next step, disclaimer.

    `copy` is in the draft's language. Any kind of draft can be kept; without citations there
    is no table of sources.
    """
    import docx

    word = docx.Document()
    _set_up(word, draft, asked_on, copy)
    word.add_paragraph(copy.title, style="Title")
    month = copy.months[asked_on.month - 1]
    word.add_paragraph(copy.prepared.format(day=asked_on.day, month=month, year=asked_on.year), style="Subtitle")
    word.add_heading(copy.question, 1)
    for line in _lines(question):
        word.add_paragraph(line, style=QUESTION_STYLE)
    word.add_heading(copy.response, 1)
    _add_answer(word, draft)
    for warning in draft.warnings:
        paragraph = word.add_paragraph(style=WARNING_STYLE)
        paragraph.add_run(f"{copy.attention} ").bold = True
        paragraph.add_run(" ".join(_lines(warning)))
    if draft.citations:
        word.add_heading(copy.source_list, 1)
        _add_sources(word, draft, copy)
    if draft.next_step:
        word.add_heading(copy.what_next, 1)
        word.add_paragraph(_without_heading(" ".join(_lines(draft.next_step)), copy.what_next))
    word.add_heading(copy.about, 1)
    word.add_paragraph(copy.disclaimer)
    file = io.BytesIO()
    word.save(file)
    return file.getvalue()


def _add_answer(word: Word, draft: Draft) -> None:
    """The lead as a paragraph; the points as a list, what belongs to a point one level deeper."""
    _add_point(word, draft.lead, "Normal", True)
    opener = draft.lead
    for point in draft.points:
        opener = opener if point.is_item else point
        is_below_a_point = point.is_item and opener is not draft.lead
        # As in a chat: the items of a list rest on what the line that opens it names.
        is_marked = not point.is_item or point.citations != opener.citations
        _add_point(word, point, "List Bullet 2" if is_below_a_point else "List Bullet", is_marked)


def _add_point(word: Word, point: Point, style: str, is_marked: bool) -> None:
    marks = "".join(f" [{n}]" for n in point.citations) if is_marked else ""
    lines = _lines(point.text) or [""]
    last = lines[-1]
    lines[-1] = f"{last[:-1]}{marks}:" if last.endswith(":") else last + marks
    paragraph = word.add_paragraph(lines[0], style=style)
    paragraph.paragraph_format.keep_with_next = lines[-1].endswith(":")
    for line in lines[1:]:
        paragraph.add_run().add_break()
        paragraph.add_run(line)


def _add_sources(word: Word, draft: Draft, copy: DocumentTexts) -> None:
    """One row a source; the head of the table is repeated on every page."""
    from docx.shared import Cm

    table = word.add_table(rows=1, cols=3, style="Table Grid")
    table.autofit = False
    head = table.rows[0]
    for cell, text in zip(head.cells, (copy.number, copy.source, copy.status), strict=True):
        cell.paragraphs[0].add_run(text).bold = True
    head._tr.get_or_add_trPr().append(_element("w:tblHeader", val="true"))
    for citation in draft.citations:
        _fill(table.add_row().cells, citation, copy)
    # Word reads the cells' widths, LibreOffice those of the columns.
    for column, width in zip(table.columns, SOURCE_WIDTHS, strict=True):
        column.width = Cm(width)
    for row in table.rows:
        for cell, width in zip(row.cells, SOURCE_WIDTHS, strict=True):
            cell.width = Cm(width)


def _fill(cells: Any, citation: Citation, copy: DocumentTexts) -> None:  # noqa: ANN401
    cells[0].text = f"[{citation.n}]"
    heading = cells[1].paragraphs[0]
    heading.add_run(" ".join(_lines(citation.title))).bold = True
    if citation.locator:
        heading.add_run(", " + " ".join(_lines(citation.locator)))
    lines = copy.quoted.format(quote="\n".join(_lines(citation.quote))).split("\n")
    for line in lines:
        cells[1].add_paragraph().add_run(line).italic = True
    cells[2].text = copy.statuses.get(citation.status, _clean(citation.status))


def _set_up(word: Word, draft: Draft, asked_on: date, copy: DocumentTexts) -> None:
    """Page, styles, language, properties and the page number."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml.ns import qn
    from docx.shared import Cm

    section = word.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.5)
    section.top_margin = section.bottom_margin = Cm(2.5)
    _set_styles(word)
    locale = LOCALES[draft.language]
    for language in word.styles.element.xpath("//w:docDefaults//w:lang"):
        language.set(qn("w:val"), locale)
    properties = word.core_properties
    properties.title, properties.author, properties.language = copy.title, copy.author, locale
    properties.comments = properties.keywords = ""
    properties.last_modified_by = copy.author
    properties.created = properties.modified = datetime.combine(asked_on, time(), UTC)
    footer = section.footer.paragraphs[0]
    footer.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    footer.add_run(f"{copy.author} · {copy.title} · {copy.page} ")
    _add_page_number(footer)


def _set_styles(word: Word) -> None:
    from docx.enum.style import WD_STYLE_TYPE
    from docx.shared import Pt

    for name in (WARNING_STYLE, QUESTION_STYLE):
        word.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH).base_style = word.styles["Normal"]
    sizes = {"Normal": 11, "Title": 22, "Subtitle": 11, "Heading 1": 14, "Footer": 9}
    for name, size in sizes.items():
        style = word.styles[name]
        _set_font(style, ACCENT if name in {"Title", "Heading 1"} else INK)
        style.font.size = Pt(size)
    word.styles["Subtitle"].font.italic = False
    normal = word.styles["Normal"].paragraph_format
    normal.space_after, normal.line_spacing = Pt(6), 1.15
    for name, wash, edge in ((WARNING_STYLE, WASH, "C98A00"), (QUESTION_STYLE, "F2F5F9", ACCENT)):
        style = word.styles[name]
        style.paragraph_format.left_indent = style.paragraph_format.right_indent = Pt(8)
        style.paragraph_format.space_before = style.paragraph_format.space_after = Pt(6)
        properties = style.element.get_or_add_pPr()
        border = _element("w:pBdr")
        border.append(_element("w:left", val="single", sz="24", space="6", color=edge))
        # The schema wants the border before the shading and both before spacing and indents.
        properties.insert(0, _element("w:shd", val="clear", color="auto", fill=wash))
        properties.insert(0, border)


def _set_font(style: Any, colour: str) -> None:  # noqa: ANN401
    """One font for all scripts; the template's theme fonts would win over a name."""
    from docx.oxml.ns import qn
    from docx.shared import RGBColor

    style.font.name = BODY_FONT
    style.font.color.rgb = RGBColor.from_string(colour)
    fonts = style.element.rPr.rFonts
    for script in ("ascii", "hAnsi", "eastAsia", "cs"):
        fonts.set(qn(f"w:{script}"), BODY_FONT)
        fonts.attrib.pop(qn("w:cstheme" if script == "cs" else f"w:{script}Theme"), None)


def _add_page_number(paragraph: Paragraph) -> None:
    field = _element("w:fldSimple", instr="PAGE")
    run, text = _element("w:r"), _element("w:t")
    text.text = "1"
    run.append(text)
    field.append(run)
    paragraph._p.append(field)


def _element(tag: str, **attributes: str) -> Any:  # noqa: ANN401
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    element = OxmlElement(tag)
    for name, value in attributes.items():
        element.set(qn(f"w:{name}"), value)
    return element


def _lines(text: str) -> list[str]:
    """The lines of a text that say something, without signs of Markdown."""
    found: list[str] = []
    for line in COMMENT.sub("", _clean(text)).split("\n"):
        if TABLE_RULE.match(line) and "-" in line:
            continue
        plain = LINE_SIGN.sub("", line)
        if plain.lstrip().startswith("|"):
            plain = "; ".join(cell.strip() for cell in plain.strip().strip("|").split("|"))
        plain = BULLET.sub("• ", plain)
        plain = EMPHASIS.sub(r"\2", LINK.sub(r"\1", plain)).strip()
        if plain:
            found.append(plain)
    return found


def _clean(text: str) -> str:
    return FORBIDDEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _without_heading(text: str, heading: str) -> str:
    """ "Langkah berikut: periksa ..." below the heading "Langkah berikut" is "Periksa ..."."""
    opening = f"{heading}:"
    if not text.casefold().startswith(opening.casefold()):
        return text
    rest = text[len(opening) :].strip()
    return rest[:1].upper() + rest[1:]
