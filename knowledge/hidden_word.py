"""The parts of a Word file in, the same without the text that nobody sees, and what that was.

Word draws text boxes beside the paragraph that they are anchored in; the reader took them instead of it. So
each is put behind its paragraph.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from knowledge.hidden_html import Unseen, squeezed
from knowledge.office_package import OFF, SMALLEST_POINTS, THEMED, WHITE, Package, alike, colour, number

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

    from knowledge.office_package import Colour

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
ANCHOR = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
PARTS = re.compile(r"word/(?:document|footnotes|endnotes|comments|header\d*|footer\d*)\.xml")
ALTERNATE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}AlternateContent"
BOXES, CONTENT = (ALTERNATE, WORD + "pict", WORD + "drawing"), WORD + "txbxContent"
HEADING = re.compile(r"heading|judul|title", re.I)
TWIPS, EMU = 20, 12_700  # of a point
HIGHEST_ROW = 2.0
# Word itself follows eleven.
DEEPEST_STYLE = 30
# Points beyond which nothing is on a page, on its left or above, and on its right or below; how far a line is moved.
OUTSIDE, LONGEST_SIDE, FARTHEST = -360.0, 1684.0, 200.0
NARROWEST = 10.0  # percent
LENGTH = re.compile(r"(?:^|;)\s*(?:margin-)?(?:left|top)\s*:\s*(-?[\d.]+)\s*(pt|in|cm|mm|px)?", re.I)
UNITS = {"pt": 1.0, "in": 72.0, "cm": 28.35, "mm": 2.835, "px": 0.75, "": 0.75}
NOT_DRAWN = re.compile(r"visibility\s*:\s*hidden|display\s*:\s*none", re.I)


@dataclass(frozen=True)
class _Format:
    """What a style says of its text; a `colour` or `shading` of None is one that nobody knows."""

    vanishes: bool = False
    points: float = 12.0
    colour: Colour | None = None
    shading: Colour | None = WHITE

    @property
    def hides(self) -> bool:
        return self.vanishes or self.points <= SMALLEST_POINTS or alike(self.colour, self.shading)


def clean(package: Package) -> Iterator[Unseen]:
    """Take what is unseen out of every part with text, and put text boxes behind their paragraphs."""
    styles = _styles(package.tree("word/styles.xml"))
    for name in filter(PARTS.fullmatch, list(package.parts)):
        root = package.tree(name)
        if root is None:
            continue
        found = list(_unseen(root, styles))
        if _unboxed(root) or found:
            package.change(name, root)
        yield from found


def _unseen(root: Element, styles: Mapping[str | None, _Format]) -> Iterator[Unseen]:
    background = root.find(WORD + "background")
    page = WHITE if background is None else colour(background.get(WORD + "color"))
    heading = ""
    for paragraph in list(root.iter(WORD + "p")):
        style = _value(paragraph, "pPr/pStyle")
        whole = _shaded(styles.get(style, styles[None]), paragraph.find(WORD + "pPr"))
        behind = _behind(paragraph, whole, page)
        is_away = _is_away(paragraph)
        words: list[str] = []
        for run in list(paragraph.iter(WORD + "r")):
            text = "".join(part.text or "" for part in run.iter(WORD + "t", WORD + "delText"))
            if text and (is_away or _is_hidden(run, replace(whole, shading=behind), styles)):
                words.append(text)
                _remove(run)
        if words:
            yield Unseen(heading, squeezed(["".join(words)]))
        elif HEADING.match(style or ""):
            heading = squeezed(["".join(part.text or "" for part in paragraph.iter(WORD + "t"))])[:80]


def _is_hidden(run: Element, around: _Format, styles: Mapping[str | None, _Format]) -> bool:
    settings = run.find(WORD + "rPr")
    own = around
    if settings is not None:
        named = styles.get(_value(settings, "rStyle"))
        own = replace(named, shading=around.shading) if named else own
        own = _shaded(_formatted(own, settings), settings)
        if settings.find(WORD + "highlight") is not None:
            own = replace(own, shading=None)
        if number(_value(settings, "w"), 100) < NARROWEST or abs(number(_value(settings, "position"))) / 2 > FARTHEST:
            return True
    return own.hides or any(True for _ in run.iterancestors(WORD + "moveFrom"))


def _is_away(paragraph: Element) -> bool:
    """Whether a paragraph has no height, or stands outside of the page or in a row or shape that is not shown."""
    settings = paragraph.find(WORD + "pPr")
    line = _attributes(settings, "spacing")
    if line.get("lineRule") == "exact" and number(line.get("line"), 240) / TWIPS <= SMALLEST_POINTS:
        return True
    indent, frame = _attributes(settings, "ind"), _attributes(settings, "framePr")
    places = [indent.get("left") or indent.get("start"), frame.get("x"), frame.get("y")]
    if any(map(_is_outside, (number(place) / TWIPS for place in places))):
        return True
    for row in paragraph.iterancestors(WORD + "tr"):
        height = _attributes(row, "trPr/trHeight")
        flat = height.get("hRule") == "exact" and number(height.get("val"), 240) / TWIPS <= HIGHEST_ROW
        if flat or _is_on(row.find(f"{WORD}trPr/{WORD}hidden")):
            return True
    return any(_is_shape_away(shape) for shape in paragraph.iterancestors())


def _is_shape_away(shape: Element) -> bool:
    if shape.tag == ANCHOR + "anchor":
        properties = shape.find(ANCHOR + "docPr")
        if properties is not None and properties.get("hidden", "0") not in OFF:
            return True
        places = [number(place.text) / EMU for place in shape.iter(ANCHOR + "posOffset")]
    elif style := shape.get("style"):
        if NOT_DRAWN.search(style):
            return True
        places = [number(length) * UNITS[unit.lower()] for length, unit in LENGTH.findall(style)]
    else:
        return False
    return any(map(_is_outside, places))


def _is_outside(points: float) -> bool:
    return points < OUTSIDE or points > LONGEST_SIDE


def _behind(paragraph: Element, whole: _Format, page: Colour | None) -> Colour | None:
    """The colour on which a paragraph stands: its own, its cell's or the page's; None where nobody knows."""
    if whole.shading != WHITE:
        return whole.shading
    for cell in paragraph.iterancestors(WORD + "tc"):
        fill = _attributes(cell, "tcPr/shd").get("fill", "auto")
        if fill != "auto":
            return colour(fill)
    styled = any(_value(table, "tblPr/tblStyle") for table in paragraph.iterancestors(WORD + "tbl"))
    boxed = any(True for _ in paragraph.iterancestors(CONTENT))
    return None if styled or boxed else page


def _styles(root: Element | None) -> dict[str | None, _Format]:
    """Styles by name, with what they take from those that they are based on; None is that of a paragraph without."""
    if root is None:
        return {None: _Format()}
    defaults = root.find(f"{WORD}docDefaults/{WORD}rPrDefault/{WORD}rPr")
    plain = _formatted(_Format(), defaults) if defaults is not None else _Format()
    elements = {style.get(WORD + "styleId"): style for style in root.iter(WORD + "style")}
    found: dict[str | None, _Format] = {None: plain}

    def read(name: str | None, above: frozenset[str | None]) -> _Format:
        style = elements.get(name)
        if style is None or name in above or len(above) > DEEPEST_STYLE:
            return plain
        if name not in found:
            own = read(_value(style, "basedOn"), above | {name})
            own = _shaded(own, style.find(WORD + "pPr"))
            settings = style.find(WORD + "rPr")
            found[name] = own if settings is None else _shaded(_formatted(own, settings), settings)
        return found[name]

    for name, style in elements.items():
        if name and style.get(WORD + "type") == "paragraph" and style.get(WORD + "default", "0") not in OFF:
            found[None] = read(name, frozenset())
    for name in elements:
        read(name, frozenset())
    return found


def _formatted(own: _Format, settings: Element) -> _Format:
    """What the settings of a run change."""
    vanish = settings.find(WORD + "vanish")
    if vanish is not None:
        own = replace(own, vanishes=_is_on(vanish))
    size = _value(settings, "sz")
    if size:
        own = replace(own, points=number(size, 24) / 2)
    written = _attributes(settings, "color")
    if written:
        known = THEMED.get(written["themeColor"]) if "themeColor" in written else colour(written.get("val"))
        own = replace(own, colour=known)
    return own


def _shaded(own: _Format, settings: Element | None) -> _Format:
    fill = _attributes(settings, "shd").get("fill", "auto")
    return own if fill == "auto" else replace(own, shading=colour(fill))


def _unboxed(root: Element) -> bool:
    """Put the paragraphs of each text box behind the paragraph that it is anchored in; whether there was one."""
    found = False
    # Those in a box first; of what is there twice, for newer and older programs, only the whole.
    for box in reversed([box for box in root.iter(*BOXES) if not _is_half(box)]):
        forms = list(box) if box.tag == ALTERNATE else [box]
        contents = next(filter(None, (list(form.iter(CONTENT)) for form in forms)), [])
        if not contents:
            continue
        found = True
        paragraph = next(box.iterancestors(WORD + "p"), None)
        if paragraph is not None:
            for one in reversed([one for content in contents for one in content]):
                paragraph.addnext(one)
        _remove(box)
    return found


def _is_half(box: Element) -> bool:
    above = next(box.iterancestors(ALTERNATE, CONTENT), None)
    return above is not None and above.tag == ALTERNATE


def _remove(element: Element) -> None:
    above = element.getparent()
    if above is not None:
        above.remove(element)


def _is_on(setting: Element | None) -> bool:
    return setting is not None and setting.get(WORD + "val", "1") not in OFF


def _value(element: Element, path: str) -> str | None:
    return _attributes(element, path).get("val")


def _attributes(element: Element | None, path: str) -> dict[str, str]:
    """The attributes of what stands at a path ("pPr/pStyle"), by their bare names; empty where nothing does."""
    found = element.find("/".join(WORD + step for step in path.split("/"))) if element is not None else None
    return {name.rpartition("}")[2]: value for name, value in found.attrib.items()} if found is not None else {}
