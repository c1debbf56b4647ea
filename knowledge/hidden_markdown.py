"""A Markdown text in, the same without what its reader never sees, and what that said; byte for byte else.

Of a whole document only the HTML in it is judged, element by element, by the style sheets in it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache

from knowledge import hidden_html
from knowledge.poison import instructs_a_machine

# The questions of a section ("tanya:") stay.
COMMENT = re.compile(r"<!--(?!\s*tanya:)(.*?)(?:-->|\Z)", re.S)
# "[//]: # (words)" and "[1]: address "words"": where a link leads, with what nobody reads. "[^1]: " is a footnote.
DEFINITION = re.compile(
    r"^ {0,3}\[(?!\^)[^\]\n]{1,100}\]:[ \t]*\n?[ \t]*(?:<[^>\n]*>|\S+)[ \t]*"
    r"(?:\n?[ \t]*(?:\"([^\n]*)\"|'([^\n]*)'|\(([^\n]*)\)))[ \t]*$",
    re.M,
)
# What stands in a fence is shown as it is.
FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})[^\n]*\n.*?(?:^ {0,3}\1[`~]*[ \t]*$|\Z)", re.S | re.M)
OPENING = re.compile(r"<([a-z][a-z0-9]*)\b([^<>]{0,600})>", re.I)
TELLING = re.compile(r"\b(?:style|class|id|hidden|color|bgcolor|width|height)\b", re.I)
STYLES = re.compile(r"<style\b[^>]*>.*?</style\s*>", re.S | re.I)
NEVER_SHOWN = frozenset({*hidden_html.NEVER_SHOWN, *hidden_html.FALLBACKS} - {"head"})
PARAGRAPH_END = re.compile(r"\n\s*\n")
# Each is looked for to the end of the text.
MOST_UNCLOSED = 100
PLACEHOLDER = "kata yang terlihat"


def clean(text: str) -> tuple[str, list[str]]:
    """The text and the hidden words. A comment is no text; it is told only where it instructs a machine or nothing
    closes it. An element that nothing closes ends with its paragraph."""
    words: list[str] = []

    def dropped(match: re.Match[str]) -> str:
        if _is_fenced(match, fences):
            return match[0]
        hidden = " ".join((match[match.lastindex] if match.lastindex else "").split())
        is_open = match.re is COMMENT and not match[0].endswith("-->")
        if match.re is DEFINITION or is_open or instructs_a_machine(hidden):
            words.append(hidden)
        return ""

    for pattern in (COMMENT, DEFINITION):
        fences = [match.span() for match in FENCE.finditer(text)]
        text = pattern.sub(dropped, text)
    sheet = "".join(match[0] for match in STYLES.finditer(text))
    for start, end in reversed(list(_hidden(text, sheet))):
        words.append(" ".join(re.sub(r"<[^<>]*>", " ", text[start:end]).split()))
        text = text[:start] + text[end:]
    return text, [item for item in words if re.search(r"\w{2}", item)]


def _hidden(text: str, sheet: str) -> Iterator[tuple[int, int]]:
    """Where elements begin and end that are not shown."""
    last = unclosed = 0
    fences = [match.span() for match in FENCE.finditer(text)]
    for match in OPENING.finditer(text):
        name = match[1].lower()
        if match.start() < last or _is_fenced(match, fences):
            continue
        if name not in NEVER_SHOWN and not (TELLING.search(match[2]) and _hides(sheet, match[0], name)):
            continue
        closing = _closing(text, name, match.end()) if unclosed < MOST_UNCLOSED else None
        unclosed += closing is None
        last = closing or _paragraph_end(text, match.end())
        yield match.start(), last


def _is_fenced(match: re.Match[str], fences: list[tuple[int, int]]) -> bool:
    at = bisect_right(fences, match.start(), key=lambda fence: fence[0]) - 1
    return at >= 0 and match.start() < fences[at][1]


@lru_cache(maxsize=1000)
def _hides(sheet: str, opening: str, name: str) -> bool:
    _, unseen = hidden_html.clean(f"{sheet}{opening}{PLACEHOLDER}</{name}>".encode("utf-8", "replace"))
    return bool(unseen)


def _closing(text: str, name: str, start: int) -> int | None:
    """Where the element ends that was opened before `start`, None if nothing closes it."""
    depth = 1
    for tag in re.compile(rf"<(/?){name}\b[^<>]*>", re.I).finditer(text, start):
        depth += -1 if tag[1] else 1
        if depth == 0:
            return tag.end()
    return None


def _paragraph_end(text: str, start: int) -> int:
    paragraph = PARAGRAPH_END.search(text, start)
    return paragraph.start() if paragraph else len(text)
