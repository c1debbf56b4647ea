"""A web page in, the same page without what a browser does not show, and what that was.

The page's own style sheets are cascaded over its elements as a browser does it, on a screen of 1280 by 800 points.
Style sheets from elsewhere are not fetched: where there are any, nobody knows which background a text has.
"""

from __future__ import annotations

import codecs
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from knowledge.errors import DocumentError
from knowledge.poison import instructs_a_machine

if TYPE_CHECKING:
    from cssselect2 import Matcher
    from lxml.html import HtmlElement
    from tinycss2.ast import Node

    Colour = tuple[float, float, float]

NEVER_SHOWN = ("script", "style", "template", "noscript", "head", "object", "iframe")
# What stands in these is for browsers that do not know them, or is offered while one types.
FALLBACKS = ("canvas", "video", "audio", "datalist", "annotation")
# The reader takes what the head says of the page for its text, and writes pictures out, icons of headings too.
NOT_TEXT = "//head/title | //head/meta[@name or @property] | //head/link | //base | //img | //svg"
# What is told of a picture or a part where it is not shown; reported as comments are.
TOLD = ("alt", "title", "aria-label")
CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w-]+)", re.I)
# The reader looks at 64 elements in each other; what only groups others goes beyond these.
DEEPEST, BOXES = 40, frozenset({"div", "span", "section", "article", "main", "center", "font", "figure"})
# A stray word behind a menu is no message; it stays where it is.
FEWEST_SIGNS = 12

SCREEN = {"width": 1280.0, "height": 800.0}
UNITS = {"px": 1, "": 1, "pt": 4 / 3, "pc": 16, "in": 96, "cm": 37.8, "mm": 3.78, "rem": 16, "vw": 12.8, "vh": 8}
LENGTH = re.compile(r"(-?\d*\.?\d+)(%|[a-z]*)")
MEDIA = re.compile(
    r"\((?:(?P<bound>min|max)-(?:device-)?(?P<side>width|height)\s*:|(?P<axis>width|height)\s*(?P<sign>[<>])=?)(?P<length>[^()<>]+)\)"
)
FONT_SIZE = re.compile(r"(?<!\S)(?:0|\d*\.?\d+(?:%|[a-z]+))(?=\s|/)")
VARIABLE = re.compile(r"var\(\s*(--[\w-]+)\s*(?:,\s*([^()]*))?\)")
SCALED = re.compile(r"(?:scale(?:3d|[xyz])?|matrix(?:3d)?)\(\s*(-?\d*\.?\d+%?)")
EDGEWISE = re.compile(r"rotate[xy]\(\s*-?(?:90|270)deg")
CLIPPED = re.compile(
    r"inset\(\s*(?:5\d|[6-9]\d|100)(?:\.\d+)?%|(?:circle|ellipse)\(\s*0(?![.\d])|polygon\((?:[\s,]*0[a-z%]*)+\)"
)
# A value of variables that hold variables is put together so often, while it is no longer.
VARIABLES_DEEP, LONGEST_VALUE = 5, 300
PICTURE = re.compile(r"url\(|gradient\(|image")
# Below these nobody reads: a share of the light, points, points outside of the page, how far two colours differ.
FAINT, SMALL, OUTSIDE, ALIKE = 0.1, 4.0, -100.0, 0.04
SIDES = ("left", "top", "right", "bottom", "inset", "margin", "margin-left", "margin-top", "text-indent", "translate")
SIZES = ("width", "height", "max-width", "max-height")
OVERFLOWS = ("overflow", "overflow-x", "overflow-y")
SHORTHANDS = {"background": ("background-color", "background-image"), "font": ("font-size",)}
WHITE, BLACK, LINK = (1.0, 1.0, 1.0), (0.0, 0.0, 0.0), (0.0, 0.0, 0.93)


@dataclass(frozen=True)
class Unseen:
    """Words that nobody sees, and the heading or part above them ("" at the top)."""

    place: str
    words: str


@dataclass(frozen=True)
class Style:
    """What an element hands on to its text and to the elements in it; a colour is None where nobody knows it, and
    `size` is in points of the screen."""

    visible: bool = True
    size: float = 16.0
    colour: Colour | None = BLACK
    alpha: float = 1.0
    background: Colour | None = WHITE

    @property
    def hides_text(self) -> bool:
        """Whether text of this style is not seen."""
        alike = (
            self.colour is not None
            and self.background is not None
            and max(abs(a - b) for a, b in zip(self.colour, self.background, strict=True)) < ALIKE
        )
        return not self.visible or self.size < SMALL or self.alpha < FAINT or alike


def is_worth_telling(unseen: Iterable[Unseen]) -> bool:
    """Whether what is hidden in a file is long enough to say anything."""
    return sum(sign.isalnum() for item in unseen for sign in item.words) >= FEWEST_SIGNS


def clean(data: bytes) -> tuple[bytes, list[Unseen]]:
    """The page without what is hidden, pictures and where links lead; the bytes are returned as they are when they
    are UTF-8 and hold nothing of it.

    A comment is never shown and no text; it is reported only where it instructs a machine. Raises DocumentError for
    elements in each other beyond what can be read.
    """
    from lxml import etree, html

    encoding = _encoding(data)
    parser = html.HTMLParser(encoding=encoding, huge_tree=True)
    try:
        root = html.document_fromstring(data, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        return data, []
    if any(error.type_name == "ERR_RESOURCE_LIMIT" for error in parser.error_log):
        raise DocumentError("halaman HTML bersarang terlalu dalam, sehingga tidak terbaca seluruhnya")
    declared, background = _cascaded(root)
    shown = {None: Style(background=background)}
    unseen: list[Unseen] = []
    comments: list[Unseen] = []
    heading = ""
    for element in list(root.iter()):
        told = (
            [element.text or ""] if element.tag is etree.Comment else map(element.get, TOLD) if element.attrib else ()
        )
        comments += [Unseen(heading, squeezed([words])) for words in told if words and instructs_a_machine(words)]
        above = shown.get(element.getparent())
        # What stands in something hidden is gone already.
        if not isinstance(element.tag, str) or element.tag in NEVER_SHOWN or above is None:
            continue
        if re.fullmatch(r"h[1-6]", element.tag):
            heading = squeezed([element.text_content()])[:80]
        own = declared[element]
        if _is_hidden(element, own, above.size):
            words = squeezed(_texts(element))
            element.drop_tree()
        else:
            shown[element] = style = _handed_on(element, own, above)
            words = _taken_out(element) if style.hides_text else ""
        if re.search(r"\w{2}", words):
            unseen.append(Unseen(heading, words))
    is_changed = is_worth_telling(unseen) or encoding != "utf-8"
    for element in root.xpath(NOT_TEXT):
        element.drop_tree()
        is_changed = True
    for link in root.xpath("//a[@href]"):
        del link.attrib["href"]
        is_changed = True
    is_changed |= _flattened(root)
    if not is_worth_telling(unseen):
        unseen = []
    if not is_changed:
        return data, comments
    return html.tostring(root, encoding="utf-8", include_meta_content_type=True), unseen + comments


def _flattened(root: HtmlElement) -> bool:
    """Take boxes away that stand deeper than the reader looks; whether there are any."""
    depths: dict[HtmlElement | None, int] = {None: 0}
    deep: list[HtmlElement] = []
    for element in root.iter():
        depths[element] = depths[element.getparent()] + 1
        if depths[element] > DEEPEST and element.tag in BOXES:
            deep.append(element)
    for element in deep:
        element.drop_tag()
    return bool(deep)


def _encoding(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    named = CHARSET.search(data[:2048])
    if named:
        with suppress(LookupError):
            return codecs.lookup(named[1].decode("ascii")).name
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def squeezed(texts: Iterable[str]) -> str:
    """Runs of text on one line."""
    return " ".join(" ".join(texts).split())


def _texts(element: HtmlElement) -> Iterator[str]:
    """The text in an element without scripts, styles and comments."""
    skipped = element.iter(*NEVER_SHOWN)
    inside = {id(one) for above in skipped for one in above.iter()}
    for one in element.iter():
        if isinstance(one.tag, str) and id(one) not in inside:
            yield one.text or ""
        if one is not element and (id(one) not in inside or id(one.getparent()) not in inside):
            yield one.tail or ""


def _taken_out(element: HtmlElement) -> str:
    """The text of an element itself, which it loses."""
    words = squeezed([element.text or "", *(child.tail or "" for child in element)])
    element.text = None
    for child in element:
        child.tail = None
    return words


def _is_hidden(element: HtmlElement, own: Mapping[str, str], size: float) -> bool:
    """Whether an element is not shown, with everything in it."""
    if element.tag in FALLBACKS:
        return True
    closed = "hidden" in element.attrib and element.get("hidden") != "until-found"
    closed |= element.tag == "dialog" and "open" not in element.attrib
    if own.get("display", "none" if closed else "") == "none" or own.get("content-visibility") == "hidden":
        return True
    filtered = re.search(r"opacity\(([^()]+)\)", own.get("filter", ""))
    faint = [own.get("opacity", ""), own.get("zoom", ""), own.get("scale", ""), filtered[1] if filtered else ""]
    faint += SCALED.findall(own.get("transform", ""))
    if any(_share(value) < FAINT for value in faint):
        return True
    moved = [own[side] for side in SIDES if side in own] + re.findall(
        r"translate\w*\(([^()]*)\)", own.get("transform", "")
    )
    clip = own.get("clip", "auto")
    if (
        any(length < OUTSIDE for value in moved for length in _lengths(value, size, SCREEN["width"]))
        or CLIPPED.search(own.get("clip-path", ""))
        or ("rect" in clip and max(_lengths(clip, size, 0), default=9) <= 1)
    ):
        return True
    boxes = (max(_lengths(own[name], size, 99), default=9) for name in SIZES if name in own)
    if min(boxes, default=9) <= 1 and any(re.search(r"hidden|clip", own.get(name, "")) for name in OVERFLOWS):
        return True
    spacing = min(_lengths(own.get("letter-spacing", ""), size, 0), default=0.0)
    return spacing < -size / 2 or bool(EDGEWISE.search(own.get("transform", "")))


def _handed_on(element: HtmlElement, own: Mapping[str, str], above: Style) -> Style:
    """The style of an element's text."""
    from tinycss2 import parse_component_value_list

    visibility = own.get("visibility", "inherit")
    style = replace(above, visible=above.visible if visibility == "inherit" else visibility == "visible")
    shorthand = FONT_SIZE.search(own.get("font", ""))
    sizes = _lengths(own.get("font-size", shorthand[0] if shorthand else ""), above.size, above.size)
    style = replace(style, size=sizes[0] if sizes else style.size)
    written = own.get("-webkit-text-fill-color") or own.get("color") or ""
    if written and written not in {"inherit", "currentcolor"}:
        colour, alpha = _colour(written)
        style = replace(style, colour=colour, alpha=alpha)
    elif element.tag == "a" and not written:
        style = replace(style, colour=LINK)
    behind = own.get("background", "")
    if PICTURE.search(own.get("background-image", "") + behind):
        return replace(style, background=None)
    for part in [*parse_component_value_list(behind), own.get("background-color", "")]:
        colour, alpha = _colour(part)
        if colour and alpha >= FAINT:
            style = replace(style, background=colour if alpha > 1 - FAINT else None)
    return style


def _colour(written: str | Node) -> tuple[Colour | None, float]:
    """A colour as shares of red, green and blue, None where it is none that is known here, and how much it covers."""
    from tinycss2.color4 import parse_color

    found = parse_color(written)
    if found is None or isinstance(found, str):
        return None, 1.0
    try:
        red, green, blue = (value or 0.0 for value in found.to("srgb").coordinates)
    except NotImplementedError:
        return None, found.alpha
    return (red, green, blue), found.alpha


def _share(text: str) -> float:
    """A number, or a percentage as one; 1 for what is neither."""
    found = LENGTH.match(text)
    return float(found[1]) / (100 if found[2] == "%" else 1) if found else 1.0


def _lengths(text: str, size: float, whole: float) -> list[float]:
    """All lengths of a value in points of the screen, where a letter has `size` and 100 % are `whole`."""
    units = {**UNITS, "em": size, "ex": size / 2, "ch": size / 2, "%": whole / 100}
    return [float(number) * units[unit] for number, unit in LENGTH.findall(text) if unit in units]


def _cascaded(root: HtmlElement) -> tuple[dict[HtmlElement, dict[str, str]], Colour | None]:
    """What style sheets and `style` say of each element, by property; and the background of the page, None where a
    sheet from elsewhere may give it another."""
    from cssselect2 import ElementWrapper, Matcher

    matcher = Matcher()
    foreign = bool(root.xpath("//link[contains(@rel, 'stylesheet')]"))
    for sheet in root.iter("style"):
        if _applies(sheet.get("media") or ""):
            foreign |= _add_rules(matcher, sheet.text or "")
    declared: dict[HtmlElement, dict[str, str]] = {}
    # Those of an element are handed on to what stands in it.
    variables: dict[HtmlElement | None, Mapping[str, str]] = {None: {}}
    for wrapped in ElementWrapper.from_html_root(root).iter_subtree():
        element = wrapped.etree_element
        own = {"color": element.get("color", ""), "background-color": element.get("bgcolor", "")}
        own = {name: value for name, value in own.items() if value}
        rules = [rule for _, _, pseudo, rule in matcher.match(wrapped) if pseudo is None]
        if style := element.get("style"):
            rules.append(_declarations(style))
        for important in (False, True):
            for name, value in (one for rule in rules for one in rule[important].items()):
                for part in SHORTHANDS.get(name, ()):
                    own.pop(part, None)
                own[name] = value
        new = {name: value[:LONGEST_VALUE] for name, value in own.items() if name.startswith("--")}
        above = variables[element.getparent()]
        variables[element] = known = {**above, **new} if new else above
        declared[element] = {name: _filled_in(value, known) for name, value in own.items() if name not in new}
    return declared, None if foreign else WHITE


def _add_rules(matcher: Matcher, sheet: str) -> bool:
    """Add the rules of a sheet that hold on a screen; whether it names another sheet."""
    from cssselect2 import SelectorError, compile_selector_list
    from tinycss2 import parse_rule_list, parse_stylesheet, serialize

    foreign = False
    waiting = deque(parse_stylesheet(sheet, skip_comments=True, skip_whitespace=True))
    while waiting:
        rule = waiting.popleft()
        if rule.type == "at-rule":
            foreign |= rule.lower_at_keyword == "import"
            holds = rule.lower_at_keyword in {"supports", "layer"}
            holds |= rule.lower_at_keyword == "media" and _applies(serialize(rule.prelude))
            if holds and rule.content is not None:
                inside = parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
                waiting.extendleft(reversed(inside))
        elif rule.type == "qualified-rule":
            with suppress(SelectorError, RecursionError):
                for selector in compile_selector_list(rule.prelude):
                    matcher.add_selector(selector, _declarations(rule.content))
    return foreign


def _applies(media: str) -> bool:
    """Whether a media query holds on a screen; one that asks for something else than its size does not."""
    for query in media.lower().split(","):
        left = re.sub(r"\b(?:only|and|screen|all|not\s+print)\b|\s", "", MEDIA.sub("", query))
        if not left and all(map(_fits, MEDIA.finditer(query))):
            return True
    return False


def _fits(asked: re.Match[str]) -> bool:
    """Whether the screen is as large, or as small, as a media query wants it."""
    screen = SCREEN[asked["side"] or asked["axis"]]
    lengths = _lengths(asked["length"], UNITS["rem"], 0)
    at_least = asked["bound"] == "min" or asked["sign"] == ">"
    return bool(lengths) and (screen >= lengths[0] if at_least else screen <= lengths[0])


def _declarations(content: object) -> tuple[dict[str, str], dict[str, str]]:
    """The declarations of a rule by property, first those that are not important."""
    from tinycss2 import parse_blocks_contents, serialize

    found: tuple[dict[str, str], dict[str, str]] = {}, {}
    for one in parse_blocks_contents(content, skip_comments=True, skip_whitespace=True):
        if one.type == "declaration":
            found[one.important][one.lower_name] = serialize(one.value).strip().lower()
    return found


def _filled_in(value: str, variables: Mapping[str, str]) -> str:
    """A value with its variables put in, which may hold variables."""
    for _ in range(VARIABLES_DEEP):
        if "var(" not in value or len(value) > LONGEST_VALUE:
            break
        value = VARIABLE.sub(lambda found: variables.get(found[1], found[2] or ""), value)
    return value
