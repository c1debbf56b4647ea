"""A DOCX, XLSX or PPTX in, the same file without the text that nobody sees, and what it was."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from knowledge.errors import DocumentError
from knowledge.hidden_html import Unseen, is_worth_telling

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
SLIDE = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
SMALLEST_HALF_POINTS = 4
SMALLEST_HUNDREDTHS = 200
SMALLEST_POINTS = 2.0
WHITE = {"FFFFFF", "FFFFFFFF", "00FFFFFF", "FEFEFE", "FFFEFEFE"}
OFF = {"0", "false", "off"}
WORD_PARTS = re.compile(r"word/(?:document|footnotes|endnotes|comments|header\d*|footer\d*)\.xml")
SLIDE_PART = re.compile(r"ppt/slides/slide(\d+)\.xml")


@dataclass(frozen=True)
class _Package:
    """The parts of an office file by name."""

    parts: dict[str, bytes]

    def tree(self, name: str) -> Element | None:
        """A part as XML; no DTD, no entities, nothing from outside. None where there is no such part."""
        from lxml import etree

        if name not in self.parts:
            return None
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        try:
            return etree.fromstring(self.parts[name], parser=parser)
        except etree.XMLSyntaxError as error:
            raise DocumentError(f"berkas rusak: bagian {name} bukan XML yang sah") from error


def clean(path: Path) -> tuple[bytes | None, list[Unseen]]:
    """The file without hidden runs, sheets and slides; None when it has none.

    Asks for a file that `archive.check_office` has passed. Raises DocumentError for broken XML.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            package = _Package({entry.filename: archive.read(entry) for entry in archive.infolist()})
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError) as error:
        raise DocumentError(f"berkas rusak atau bukan {path.suffix.lstrip('.').upper()}: {error}") from error
    changed: dict[str, bytes] = {}
    cleaners: dict[str, Callable[[_Package, dict[str, bytes]], Iterator[Unseen]]] = {
        ".docx": _word, ".xlsx": _workbook, ".pptx": _slides,
    }  # fmt: skip
    unseen = list(cleaners[path.suffix.lower()](package, changed))
    if not is_worth_telling(unseen):
        return None, []
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in package.parts.items():
            archive.writestr(name, changed.get(name, data))
    return buffer.getvalue(), unseen


def _word(package: _Package, changed: dict[str, bytes]) -> Iterator[Unseen]:
    hidden_styles = _hidden_styles(package.tree("word/styles.xml"))
    for name in filter(WORD_PARTS.fullmatch, list(package.parts)):
        root = package.tree(name)
        if root is None:
            continue
        found = list(_word_part(root, hidden_styles))
        if found:
            changed[name] = _written(root)
            yield from found


def _word_part(root: Element, hidden_styles: set[str]) -> Iterator[Unseen]:
    heading = ""
    is_dark = root.find(WORD + "background") is not None
    for paragraph in root.iter(WORD + "p"):
        style = paragraph.find(f"{WORD}pPr/{WORD}pStyle")
        style_name = style.get(WORD + "val", "") if style is not None else ""
        words: list[str] = []
        for run in list(paragraph.iter(WORD + "r")):
            text = "".join(part.text or "" for part in run.iter(WORD + "t", WORD + "delText"))
            if text and (style_name in hidden_styles or _is_hidden_run(run, paragraph, hidden_styles, is_dark)):
                words.append(text)
                above = run.getparent()
                if above is not None:
                    above.remove(run)
        if words:
            yield Unseen(heading, " ".join("".join(words).split()))
        elif re.match(r"heading|judul|title", style_name, re.I):
            heading = " ".join("".join(part.text or "" for part in paragraph.iter(WORD + "t")).split())[:80]


def _is_hidden_run(run: Element, paragraph: Element, hidden_styles: set[str], is_dark: bool) -> bool:
    settings = run.find(WORD + "rPr")
    if settings is None:
        return False
    style = settings.find(WORD + "rStyle")
    if style is not None and style.get(WORD + "val") in hidden_styles:
        return True
    return _hides(settings) or (not is_dark and _is_white(settings) and not _is_shaded(run, settings, paragraph))


def _hides(settings: Element) -> bool:
    vanish = settings.find(WORD + "vanish")
    if vanish is not None and vanish.get(WORD + "val", "1") not in OFF:
        return True
    size = settings.find(WORD + "sz")
    return (
        size is not None
        and size.get(WORD + "val", "").isdigit()
        and int(size.get(WORD + "val", "")) <= SMALLEST_HALF_POINTS
    )


def _is_white(settings: Element) -> bool:
    colour = settings.find(WORD + "color")
    return colour is not None and (
        colour.get(WORD + "val", "").upper() in WHITE or colour.get(WORD + "themeColor") in {"background1", "light1"}
    )


def _is_shaded(run: Element, settings: Element, paragraph: Element) -> bool:
    """Whether white text stands on a colour: of the run, the paragraph, a cell, a table style or a shape."""
    if settings.find(WORD + "highlight") is not None:
        return True
    cells = list(run.iterancestors(WORD + "tc"))
    shadings = [settings.find(WORD + "shd"), paragraph.find(f"{WORD}pPr/{WORD}shd")]
    shadings += [cell.find(f"{WORD}tcPr/{WORD}shd") for cell in cells]
    if any(s is not None and s.get(WORD + "fill", "auto").upper() not in {*WHITE, "AUTO"} for s in shadings):
        return True
    tables = list(run.iterancestors(WORD + "tbl"))
    styled = any(table.find(f"{WORD}tblPr/{WORD}tblStyle") is not None for table in tables)
    return styled or next(run.iterancestors(WORD + "txbxContent"), None) is not None


def _hidden_styles(styles: Element | None) -> set[str]:
    if styles is None:
        return set()
    own = {
        style.get(WORD + "styleId", ""): style.find(WORD + "basedOn")
        for style in styles.iter(WORD + "style")
    }  # fmt: skip
    hidden = {
        style.get(WORD + "styleId", "")
        for style in styles.iter(WORD + "style")
        if (settings := style.find(WORD + "rPr")) is not None and _hides(settings)
    }
    for _ in own:
        more = {s for s, base in own.items() if base is not None and base.get(WORD + "val") in hidden} - hidden
        if not more:
            break
        hidden |= more
    return hidden - {""}


def _workbook(package: _Package, changed: dict[str, bytes]) -> Iterator[Unseen]:
    """Hidden sheets, and cells that are white on nothing or tiny."""
    book = package.tree("xl/workbook.xml")
    relations = package.tree("xl/_rels/workbook.xml.rels")
    if book is None or relations is None:
        return
    targets = {r.get("Id"): "xl/" + (r.get("Target") or "").removeprefix("/xl/").removeprefix("/") for r in relations}
    unseen_cells = _unseen_formats(package.tree("xl/styles.xml"))
    for sheet in book.iter(SHEET + "sheet"):
        name = targets.get(sheet.get(RELATION + "id"), "")
        root = package.tree(name)
        if root is None:
            continue
        is_hidden = sheet.get("state") in {"hidden", "veryHidden"}
        cells = [c for c in root.iter(SHEET + "c") if is_hidden or c.get("s") in unseen_cells]
        words = _cell_words(cells, package)
        if not words:
            continue
        for cell in cells:
            for child in list(cell):
                cell.remove(child)
            cell.attrib.pop("t", None)
        changed[name] = _written(root)
        yield Unseen(("lembar tersembunyi " if is_hidden else "lembar ") + (sheet.get("name") or ""), words)


def _unseen_formats(styles: Element | None) -> set[str]:
    """The numbers of the cell formats whose text cannot be seen."""
    if styles is None:
        return set()
    fonts = [_is_unseen_font(font) for font in styles.iterfind(f"{SHEET}fonts/{SHEET}font")]
    filled = [_is_filled(fill) for fill in styles.iterfind(f"{SHEET}fills/{SHEET}fill")]
    unseen: set[str] = set()
    for i, form in enumerate(styles.iterfind(f"{SHEET}cellXfs/{SHEET}xf")):
        font, fill = int(form.get("fontId") or 0), int(form.get("fillId") or 0)
        kind = fonts[font] if font < len(fonts) else ""
        if kind == "tiny" or (kind == "white" and not (fill < len(filled) and filled[fill])):
            unseen.add(str(i))
    return unseen


def _is_filled(fill: Element) -> bool:
    pattern = fill.find(SHEET + "patternFill")
    return pattern is None or pattern.get("patternType", "none") != "none"


def _is_unseen_font(font: Element) -> str:
    size, colour = font.find(SHEET + "sz"), font.find(SHEET + "color")
    if size is not None and float(size.get("val") or 11) <= SMALLEST_POINTS:
        return "tiny"
    if colour is not None and ((colour.get("rgb") or "").upper() in WHITE or colour.get("theme") == "0"):
        return "white"
    return ""


def _cell_words(cells: list[Element], package: _Package) -> str:
    shared = package.tree("xl/sharedStrings.xml")
    strings = ["".join(t.text or "" for t in item.iter(SHEET + "t")) for item in shared] if shared is not None else []
    words: list[str] = []
    for cell in cells:
        value = cell.findtext(SHEET + "v") or ""
        if cell.get("t") == "s" and value.isdigit() and int(value) < len(strings):
            value = strings[int(value)]
        words.append(value or "".join(t.text or "" for t in cell.iter(SHEET + "t")))
    return " ".join(" ".join(words).split())


def _slides(package: _Package, changed: dict[str, bytes]) -> Iterator[Unseen]:
    """Slides that are not shown, hidden shapes and tiny text."""
    for name in list(package.parts):
        match = SLIDE_PART.fullmatch(name)
        root = package.tree(name) if match else None
        if match is None or root is None:
            continue
        is_hidden = root.get("show") in OFF
        words: list[str] = []
        for text in list(root.iter(DRAWING + "t")):
            if text.text and (is_hidden or _is_unseen_text(text)):
                words.append(text.text)
                text.text = ""
        if words:
            changed[name] = _written(root)
            yield Unseen(
                ("slide tersembunyi " if is_hidden else "slide ") + match[1], " ".join(" ".join(words).split())
            )


def _is_unseen_text(text: Element) -> bool:
    run = text.getparent()
    settings = run.find(DRAWING + "rPr") if run is not None else None
    if (
        settings is not None
        and (settings.get("sz") or "").isdigit()
        and int(settings.get("sz") or 0) <= SMALLEST_HUNDREDTHS
    ):
        return True
    return any(
        properties.get("hidden") not in {None, *OFF}
        for shape in text.iterancestors(SLIDE + "sp")
        for properties in shape.iter(SLIDE + "cNvPr")
    )


def _written(root: Element) -> bytes:
    from lxml import etree

    data: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return data
