"""A web page in, the same page without what a browser does not show, and what that was."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from knowledge.poison import instructs_a_machine

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    StyleOf = Callable[[HtmlElement | None], str]

NEVER_SHOWN = ("script", "style", "template", "noscript", "head", "object", "iframe")
HIDING = re.compile(
    r"display:none|visibility:(?:hidden|collapse)|opacity:(?:0?\.0\d*|0(?:%|;|$|!|\.0))|content-visibility:hidden|"
    r"font-size:(?:[0-2](?:\.\d+)?(?:px|pt)|0(?:\.0\d*)?(?:r?em|%|;|$|!)|0?\.[01]\d*r?em)|"
    r"(?:left|top|right|bottom|text-indent|margin-left|margin-top):-\d{3,}|"
    r"clip:rect\((?:0|1px)[\s,0-9px]*\)|clip-path:inset\((?:50|100)%\)|transform:scale[xy]?\(0(?:\.0\d*)?\)|"
    r"(?<![\w-])(?:max-)?(?:height|width):[01](?:px|pt)?(?:;|$).*overflow:hidden|overflow:hidden.*(?<![\w-])(?:max-)?(?:height|width):[01](?:px|pt)?(?:;|$)|"
    r"(?<!-)color:transparent"
)
COLOUR = re.compile(r"(?<![\w-])color:([^;!]+)")
BACKGROUND = re.compile(r"background(?:-color)?:([^;!]+)")
RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
SIMPLE = re.compile(r"([a-z][\w-]*)?(?:([.#])([\w-]+))?", re.I)
WHITE = {"white", "#fff", "#ffffff", "rgb(255,255,255)", "rgba(255,255,255,1)", "#fefefe", "#fffffe"}
CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w-]+)", re.I)


# A stray word behind a menu is no message; it stays where it is.
FEWEST_SIGNS = 12


@dataclass(frozen=True)
class Unseen:
    """Words that nobody sees, and the heading or part above them ("" at the top)."""

    place: str
    words: str


def is_worth_telling(unseen: Iterable[Unseen]) -> bool:
    """Whether what is hidden in a file is long enough to say anything."""
    return sum(sign.isalnum() for item in unseen for sign in item.words) >= FEWEST_SIGNS


def clean(data: bytes) -> tuple[bytes, list[Unseen]]:
    """The page without hidden elements; the bytes are returned as they are when it has none.

    A comment is never shown and no text; it is reported only where it instructs a machine.
    """
    from lxml import etree, html

    parser = html.HTMLParser(encoding=_encoding(data), huge_tree=True)
    try:
        root = html.document_fromstring(data, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        return data, []
    hides = _style_rules(root)
    unseen: list[Unseen] = []
    comments: list[Unseen] = []
    heading = ""
    for element in list(root.iter()):
        if not isinstance(element.tag, str):
            words = " ".join((element.text or "").split())
            if element.tag is etree.Comment and instructs_a_machine(words):
                comments.append(Unseen(heading, words))
            continue
        if element.tag in NEVER_SHOWN or element is root or _is_removed(element, root):
            continue
        if re.fullmatch(r"h[1-6]", element.tag):
            heading = " ".join(element.text_content().split())[:80]
        if _is_hidden(element, hides):
            words = _words(element)
            if words:
                unseen.append(Unseen(heading, words))
            element.drop_tree()
    if not is_worth_telling(unseen):
        return data, comments
    return html.tostring(root, encoding="utf-8", include_meta_content_type=True), unseen + comments


def _encoding(data: bytes) -> str:
    named = CHARSET.search(data[:2048])
    if named:
        return named[1].decode("ascii")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _is_removed(element: HtmlElement, root: HtmlElement) -> bool:
    return next((above for above in element.iterancestors() if above is root), None) is None


def _words(element: HtmlElement) -> str:
    shown = [text for text in _texts(element) if text.strip()]
    words = " ".join(" ".join(shown).split())
    return words if re.search(r"\w{2}", words) else ""


def _texts(element: HtmlElement) -> Iterator[str]:
    """The text of an element without scripts, styles and comments."""
    if not isinstance(element.tag, str) or element.tag in NEVER_SHOWN:
        return
    yield element.text or ""
    for child in element:
        yield from _texts(child)
        yield child.tail or ""


def _is_hidden(element: HtmlElement, hides: StyleOf) -> bool:
    if "hidden" in element.attrib and element.get("hidden") != "until-found":
        return True
    style = _plain(hides(element) + ";" + (element.get("style") or ""))
    if HIDING.search(style):
        return True
    colour = _last(COLOUR, style) or _plain(element.get("color") or "")
    return bool(colour) and colour == _background(element, hides)


def _background(element: HtmlElement, hides: StyleOf) -> str:
    """The nearest background colour, white where none is set; colours that are white are "white"."""
    for part in (element, *element.iterancestors()):
        style = _plain(hides(part) + ";" + (part.get("style") or ""))
        if "background-image" in style or "url(" in style or "gradient" in style:
            return "?"
        colour = _last(BACKGROUND, style) or _plain(part.get("bgcolor") or "")
        if colour and colour not in {"transparent", "none", "inherit"}:
            return colour
    return "white" if hides(None) == "" else "?"


def _last(pattern: re.Pattern[str], style: str) -> str:
    found = pattern.findall(style)
    return _plain(found[-1]) if found else ""


def _plain(style: str) -> str:
    """A style without spaces, in small letters, all whites by one name."""
    text = re.sub(r"\s+|/\*.*?\*/", "", style.lower())
    return "white" if text in WHITE else text


def _style_rules(root: HtmlElement) -> StyleOf:
    """What the page's own style sheets say of an element, for selectors of a tag, class or id.

    Of None: whether a background may come from a rule that is not understood here.
    """
    rules: dict[tuple[str, str, str], str] = {}
    unknown = "background" if root.xpath("//link[contains(@rel, 'stylesheet')]") else ""
    for sheet in root.iter("style"):
        for selectors, body in RULE.findall(re.sub(r"/\*.*?\*/", "", sheet.text or "", flags=re.S)):
            for selector in selectors.split(","):
                match = SIMPLE.fullmatch(selector.strip())
                if match and match[0]:
                    key = ((match[1] or "").lower(), match[2] or "", match[3] or "")
                    rules[key] = rules.get(key, "") + ";" + body
                elif "background" in body:
                    unknown = "background"

    def style_of(element: HtmlElement | None) -> str:
        if element is None:
            return unknown
        keys = [(element.tag, "", "")]
        for tag in ("", element.tag):
            keys += [(tag, ".", name) for name in (element.get("class") or "").split()]
            keys.append((tag, "#", element.get("id") or ""))
        return ";".join(rules[key] for key in keys if key in rules)

    return style_of
