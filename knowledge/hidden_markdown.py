"""A Markdown text in, the same without what its reader never sees, and what that said; byte for byte else.

Of a whole document only the HTML in it is judged, element by element, by the style sheets in it.
"""

from __future__ import annotations

import re
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
OPENING = re.compile(r"<([a-z][a-z0-9]*)\b([^<>]{0,600})>", re.I)
TELLING = re.compile(r"\b(?:style|class|id|hidden|color|bgcolor|width|height)\b", re.I)
STYLES = re.compile(r"<style\b[^>]*>.*?</style\s*>", re.S | re.I)
NEVER_SHOWN = frozenset({*hidden_html.NEVER_SHOWN, *hidden_html.FALLBACKS} - {"head"})
PLACEHOLDER = "kata yang terlihat"


def clean(text: str) -> tuple[str, list[str]]:
    """The text and the hidden words. A comment is no text; it is told only where it instructs a machine."""
    words: list[str] = []

    def dropped(match: re.Match[str]) -> str:
        hidden = " ".join((match[match.lastindex] if match.lastindex else "").split())
        if match.re is DEFINITION or instructs_a_machine(hidden):
            words.append(hidden)
        return ""

    text = DEFINITION.sub(dropped, COMMENT.sub(dropped, text))
    sheet = "".join(match[0] for match in STYLES.finditer(text))
    for start, end in reversed(list(_hidden(text, sheet))):
        words.append(" ".join(re.sub(r"<[^<>]*>", " ", text[start:end]).split()))
        text = text[:start] + text[end:]
    return text, [item for item in words if re.search(r"\w{2}", item)]


def _hidden(text: str, sheet: str) -> Iterator[tuple[int, int]]:
    """Where elements begin and end that are not shown."""
    last = 0
    for match in OPENING.finditer(text):
        name = match[1].lower()
        if match.start() < last or not (
            name in NEVER_SHOWN or (TELLING.search(match[2]) and _hides(sheet, match[0], name))
        ):
            continue
        last = _end(text, name, match.end())
        yield match.start(), last


@lru_cache(maxsize=1000)
def _hides(sheet: str, opening: str, name: str) -> bool:
    _, unseen = hidden_html.clean(f"{sheet}{opening}{PLACEHOLDER}</{name}>".encode("utf-8", "replace"))
    return bool(unseen)


def _end(text: str, name: str, start: int) -> int:
    """Where the element ends that was opened before `start`: with its paragraph, if nothing closes it."""
    depth = 1
    for tag in re.finditer(rf"<(/?){name}\b[^<>]*>", text[start:], re.I):
        depth += -1 if tag[1] else 1
        if depth == 0:
            return start + tag.end()
    paragraph = re.search(r"\n\s*\n", text[start:])
    return start + paragraph.start() if paragraph else len(text)
