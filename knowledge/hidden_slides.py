"""The parts of a PowerPoint file in, the same without the text that nobody sees, and what that was."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from knowledge.hidden_html import Unseen, squeezed
from knowledge.office_package import (
    DRAWING,
    OFF,
    SMALLEST_POINTS,
    THEMED,
    WHITE,
    Package,
    alike,
    colour,
    number,
)

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

    from knowledge.office_package import Colour

    Box = tuple[float, float, float, float]

SLIDE = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
PART = re.compile(r"ppt/slides/slide(\d+)\.xml")
SHAPES = {SLIDE + kind for kind in ("sp", "grpSp", "graphicFrame", "pic", "cxnSp")}
FAINT = 10_000  # thousandths of a percent
DEFAULT_SIZE = (12_192_000.0, 6_858_000.0)


@dataclass(frozen=True)
class _Slide:
    """A slide's size, the colour that it is painted in (None: nobody knows), whether parts of it come and go."""

    width: float
    height: float
    paper: Colour | None
    moves: bool


def clean(package: Package) -> Iterator[Unseen]:
    """Empty the text of slides that are not shown, of hidden, covered and outlying shapes, and what is tiny, faint
    or of its background's colour."""
    size = _size(package.tree("ppt/presentation.xml"))
    for name in list(package.parts):
        match = PART.fullmatch(name)
        root = package.tree(name) if match else None
        if match is None or root is None:
            continue
        slide = _Slide(*size, _paper(package, name, root), root.find(SLIDE + "timing") is not None)
        is_hidden = root.get("show") in OFF
        shapes = [shape for shape in root.iter() if shape.tag in SHAPES]
        covers = (
            [] if slide.moves else [(at, _box(shape), shape) for at, shape in enumerate(shapes) if _is_cover(shape)]
        )
        away = {shape for at, shape in enumerate(shapes) if _is_away(shape, slide, [c for c in covers if c[0] > at])}
        words: list[str] = []
        for text in list(root.iter(DRAWING + "t")):
            above = [shape for shape in text.iterancestors() if shape.tag in SHAPES]
            if text.text and (is_hidden or away.intersection(above) or _is_unseen(text, above, slide, shapes)):
                words.append(text.text)
                text.text = ""
        if words:
            package.change(name, root)
            yield Unseen(("slide tersembunyi " if is_hidden else "slide ") + match[1], squeezed(words))


def _is_away(shape: Element, slide: _Slide, over: Sequence[tuple[int, Box | None, Element]]) -> bool:
    """Whether a shape is hidden, outside of the slide, or under one of those `over` it."""
    if any(
        properties.get("hidden", "0") not in OFF
        for own in shape
        if own.tag.startswith(SLIDE + "nv")
        for properties in own.iterfind(SLIDE + "cNvPr")
    ):
        return True
    box = _box(shape)
    if box is None:
        return False
    left, top, right, bottom = box
    if right <= 0 or bottom <= 0 or left >= slide.width or top >= slide.height:
        return True
    return any(_is_over(own, box) and shape not in other.iterancestors() for _, own, other in over)


def _is_cover(shape: Element) -> bool:
    """Whether a shape is a filled rectangle."""
    settings = shape.find(SLIDE + "spPr")
    if settings is None or shape.tag != SLIDE + "sp":
        return False
    kind, fill = settings.find(DRAWING + "prstGeom"), settings.find(DRAWING + "solidFill")
    return (
        fill is not None and fill.find(f".//{DRAWING}alpha") is None and kind is not None and kind.get("prst") == "rect"
    )


def _is_over(own: Box | None, box: Box) -> bool:
    return own is not None and own[0] <= box[0] and own[1] <= box[1] and own[2] >= box[2] and own[3] >= box[3]


def _is_unseen(text: Element, above: Sequence[Element], slide: _Slide, shapes: Sequence[Element]) -> bool:
    run = text.getparent()
    settings = run.find(DRAWING + "rPr") if run is not None else None
    if settings is None:
        return False
    if number(settings.get("sz"), 1800) / 100 <= SMALLEST_POINTS:
        return True
    fill = settings.find(DRAWING + "solidFill")
    if settings.find(DRAWING + "noFill") is not None and settings.find(DRAWING + "ln") is None:
        return True
    if fill is None:
        return False
    alpha = fill.find(f".//{DRAWING}alpha")
    if alpha is not None and number(alpha.get("val"), 100_000) < FAINT:
        return True
    return alike(_filled(fill), _behind(above, slide, shapes))


def _behind(above: Sequence[Element], slide: _Slide, shapes: Sequence[Element]) -> Colour | None:
    """The colour on which the text of a shape stands; None where nobody knows."""
    for shape in above:
        settings = shape.find(SLIDE + "spPr")
        if shape.tag == SLIDE + "graphicFrame" or shape.find(SLIDE + "style") is not None:
            return None
        for fill in settings if settings is not None else ():
            if fill.tag.endswith("Fill") and fill.tag != DRAWING + "noFill":
                return _filled(fill)
    if not above or (box := _box(above[-1])) is None:
        return None
    below = shapes[: shapes.index(above[-1])]
    return None if any(_touches(_box(other), box) for other in below if _is_painted(other)) else slide.paper


def _is_painted(shape: Element) -> bool:
    if shape.tag in {SLIDE + "pic", SLIDE + "graphicFrame"} or shape.find(SLIDE + "style") is not None:
        return True
    settings = shape.find(SLIDE + "spPr")
    return settings is not None and any(
        fill.tag.endswith("Fill") and fill.tag != DRAWING + "noFill" for fill in settings
    )


def _touches(other: Box | None, box: Box) -> bool:
    if other is None:
        return True
    return other[0] < box[2] and other[2] > box[0] and other[1] < box[3] and other[3] > box[1]


def _filled(fill: Element) -> Colour | None:
    if fill.tag != DRAWING + "solidFill" or len(fill) != 1 or any(len(one) for one in fill):
        return None
    [named] = fill
    return THEMED.get(named.get("val") or "") if named.tag == DRAWING + "schemeClr" else colour(named.get("val"))


def _paper(package: Package, name: str, root: Element) -> Colour | None:
    """The colour of a slide without what stands on it: its own background, its layout's or its master's."""
    for kind in ("slide", "slideLayout", "slideMaster"):
        if kind != "slide":
            name = next((one for one in package.related(name).values() if f"/{kind}s/" in one), "")
        tree = root if kind == "slide" else package.tree(name)
        if tree is None:
            break
        background = tree.find(f"{SLIDE}cSld/{SLIDE}bg")
        if background is not None:
            fill = background.find(f"{SLIDE}bgPr/{DRAWING}solidFill")
            named = background.find(f"{SLIDE}bgRef/{DRAWING}schemeClr")
            if fill is not None:
                return _filled(fill)
            return THEMED.get(named.get("val") or "") if named is not None else None
        if tree is not root and any(_is_painted(shape) for shape in tree.iter() if shape.tag in SHAPES):
            return None
    return WHITE


def _box(shape: Element) -> Box | None:
    """Left, top, right, bottom of a shape on the slide; None for one that its layout places."""
    own = _frame(shape)
    if own is None:
        return None
    left, top, width, height = own
    for group in shape.iterancestors(SLIDE + "grpSp"):
        around, inside = _frame(group), _frame(group, "ch")
        if around is None or inside is None or not inside[2] or not inside[3]:
            continue
        across, down = around[2] / inside[2], around[3] / inside[3]
        left, top = around[0] + (left - inside[0]) * across, around[1] + (top - inside[1]) * down
        width, height = width * across, height * down
    return left, top, left + width, top + height


def _frame(shape: Element, kind: str = "") -> Box | None:
    """Left, top, width and height that a shape gives itself, or with "ch" those that a group gives its inside."""
    transform = next(
        (t for path in (f"{SLIDE}spPr/{DRAWING}xfrm", f"{SLIDE}grpSpPr/{DRAWING}xfrm", f"{SLIDE}xfrm")
         if (t := shape.find(path)) is not None), None,
    )  # fmt: skip
    names = ("chOff", "chExt") if kind else ("off", "ext")
    off, ext = (transform.find(DRAWING + one) if transform is not None else None for one in names)
    if off is None or ext is None:
        return None
    return number(off.get("x")), number(off.get("y")), number(ext.get("cx")), number(ext.get("cy"))


def _size(presentation: Element | None) -> tuple[float, float]:
    size = presentation.find(SLIDE + "sldSz") if presentation is not None else None
    if size is None:
        return DEFAULT_SIZE
    return number(size.get("cx"), DEFAULT_SIZE[0]), number(size.get("cy"), DEFAULT_SIZE[1])
