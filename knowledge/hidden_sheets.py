"""The parts of an Excel file in, the same without the cells that nobody sees, and what they said."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from knowledge.hidden_html import Unseen, squeezed
from knowledge.office_package import (
    BLACK,
    OFF,
    RELATION,
    SMALLEST_POINTS,
    WHITE,
    Package,
    alike,
    colour,
    number,
)

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

    from knowledge.office_package import Colour

SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
THEME = {"0": WHITE, "1": BLACK}
INDEXED = {"0": BLACK, "1": WHITE, "8": BLACK, "9": WHITE, "64": BLACK}
# Shows neither numbers nor text.
SHOWS_NOTHING = re.compile(r'(?:[\s"]*;){3}[\s"]*')
# Points of a row, letters of a column.
LOWEST, NARROWEST = 1.0, 0.5
LETTERS = re.compile(r"[A-Z]+")


def clean(package: Package) -> Iterator[Unseen]:
    """Empty the cells of hidden sheets, rows and columns, and those whose format cannot be seen.

    What a press shows stays: rows behind a filter or under the "+" of an outline.
    """
    book = package.tree("xl/workbook.xml")
    if book is None:
        return
    targets = package.related("xl/workbook.xml")
    formats = _unseen_formats(package.tree("xl/styles.xml"))
    strings: list[str] | None = None
    for sheet in book.iter(SHEET + "sheet"):
        name = targets.get(sheet.get(RELATION + "id") or "", "")
        root = package.tree(name)
        if root is None:
            continue
        is_hidden = sheet.get("state") in {"hidden", "veryHidden"}
        cells = list(root.iter(SHEET + "c")) if is_hidden else list(_unseen(root, formats))
        if cells and strings is None:
            strings = _shared(package.tree("xl/sharedStrings.xml"))
        words = _words(cells, strings or [])
        if not words:
            continue
        for cell in cells:
            for child in list(cell):
                cell.remove(child)
            cell.attrib.pop("t", None)
        package.change(name, root)
        yield Unseen(("lembar tersembunyi " if is_hidden else "lembar ") + (sheet.get("name") or ""), words)


def _unseen(root: Element, formats: set[str]) -> Iterator[Element]:
    """The cells of a sheet that are in a hidden row or column, or of an unseen format."""
    columns = [
        (int(number(column.get("min"))), int(number(column.get("max"))))
        for column in root.iterfind(f"{SHEET}cols/{SHEET}col")
        if _is_hidden(column) or number(column.get("width"), 9) < NARROWEST
    ]
    filtered = root.find(f"{SHEET}autoFilter/{SHEET}filterColumn") is not None
    for row in root.iter(SHEET + "row"):
        is_low = row.get("customHeight", "0") not in OFF and number(row.get("ht"), 15) < LOWEST
        away = is_low or (_is_hidden(row) and not filtered)
        for n, cell in enumerate(row.iter(SHEET + "c"), 1):
            at = _column(cell.get("r") or "") or n
            if away or cell.get("s") in formats or any(first <= at <= last for first, last in columns):
                yield cell


def _is_hidden(row_or_column: Element) -> bool:
    return row_or_column.get("hidden", "0") not in OFF and number(row_or_column.get("outlineLevel")) == 0


def _column(reference: str) -> int:
    """The number of a cell's column: "AB12" is 28, 0 where the cell does not say."""
    letters = LETTERS.match(reference)
    found = 0
    for letter in letters[0] if letters else "":
        found = 26 * found + ord(letter) - 64
    return found


def _unseen_formats(styles: Element | None) -> set[str]:
    """The numbers of the cell formats whose text cannot be seen."""
    if styles is None:
        return set()
    fonts = [_font(font) for font in styles.iterfind(f"{SHEET}fonts/{SHEET}font")]
    fills = [_filled(fill) for fill in styles.iterfind(f"{SHEET}fills/{SHEET}fill")]
    blank = {
        form.get("numFmtId")
        for form in styles.iterfind(f"{SHEET}numFmts/{SHEET}numFmt")
        if SHOWS_NOTHING.fullmatch(form.get("formatCode") or "")
    }
    unseen: set[str] = set()
    for i, form in enumerate(styles.iterfind(f"{SHEET}cellXfs/{SHEET}xf")):
        font, fill = int(number(form.get("fontId"))), int(number(form.get("fillId")))
        points, ink = fonts[font] if font < len(fonts) else (11.0, BLACK)
        paper = fills[fill] if fill < len(fills) else WHITE
        if points <= SMALLEST_POINTS or alike(ink, paper) or form.get("numFmtId") in blank:
            unseen.add(str(i))
    return unseen


def _font(font: Element) -> tuple[float, Colour | None]:
    """Its points and its colour."""
    size, ink = font.find(SHEET + "sz"), font.find(SHEET + "color")
    return number(size.get("val"), 11) if size is not None else 11.0, BLACK if ink is None else _coloured(ink)


def _filled(fill: Element) -> Colour | None:
    """The colour that a fill gives a cell, None where it is a pattern or nobody knows."""
    pattern = fill.find(SHEET + "patternFill")
    kind = pattern.get("patternType", "none") if pattern is not None else "gradient"
    paper = pattern.find(SHEET + "fgColor") if pattern is not None else None
    if kind == "none":
        return WHITE
    return _coloured(paper) if kind == "solid" and paper is not None else None


def _coloured(element: Element) -> Colour | None:
    if number(element.get("tint")):
        return None
    found = colour(element.get("rgb"))
    return found or THEME.get(element.get("theme") or "") or INDEXED.get(element.get("indexed") or "")


def _shared(strings: Element | None) -> list[str]:
    """The texts that the cells of all sheets name by their numbers."""
    return ["".join(t.text or "" for t in item.iter(SHEET + "t")) for item in strings] if strings is not None else []


def _words(cells: list[Element], strings: list[str]) -> str:
    words: list[str] = []
    for cell in cells:
        value = cell.findtext(SHEET + "v") or ""
        if cell.get("t") == "s" and value.isdigit() and int(value) < len(strings):
            value = strings[int(value)]
        words.append(value or "".join(t.text or "" for t in cell.iter(SHEET + "t")))
    return squeezed(words)
