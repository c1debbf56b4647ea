"""The text of a passage in, its statements out: each a verbatim slice, lists kept together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from knowledge.lexical import tokens
from knowledge.parse import SEAM

ITEM = re.compile(r"^[ \t]*(?:[-•*]|\d{1,2}[.)]|[a-z]{1,2}[.)])[ \t]+")
# Scans that were turned into Markdown have a dash before an ayat: "- (2) ...", "- (21 ...".
AYAT = re.compile(r"^[ \t]*[-•*][ \t]+\(\d")
SAYS_NOTHING = re.compile(r"\W*\d*\W*|\w")
MARKER = re.compile(r"^[ \t]*[-•*][ \t]+")
PARAGRAPH = re.compile(r"(?:(?<=\n)|(?<=[.;:] )|(?<=\A))\(\d{1,2}\)\s")
SENTENCE_END = re.compile(
    r"(?<!\bNo)(?<!\bPs)(?<!\bhlm)(?<!\bdll)(?<!\bdsb)(?<!\bKab)(?<!\bDr)(?<!\bs\.d)(?<!\bRp)(?<!\b[A-Z])[.!?]\s+(?=[A-Z“\"(])"
)


@dataclass(frozen=True)
class Statement:
    """A sentence or a list item; `start` and `end` are offsets into the passage's text.

    `is_item` says that it belongs to the list that the statement before it opens.
    """

    text: str
    start: int
    end: int
    is_item: bool

    @property
    def opens_list(self) -> bool:
        """Whether the items that follow complete it."""
        return not self.is_item and self.text.rstrip().endswith(":")


def statements(text: str) -> list[Statement]:
    """Every statement of a passage in the order of the text."""
    found: list[Statement] = []
    for start, end, is_item in _blocks(text):
        if is_item:
            found.append(_statement(text, start, end, is_item=True))
        else:
            found.extend(_statement(text, a, b, is_item=False) for a, b in _sentences(text, start, end))
    return [statement for statement in found if not SAYS_NOTHING.fullmatch(statement.text)]


def with_items(all_statements: Sequence[Statement], at: int) -> list[Statement]:
    """The statement at `at` and, when it opens a list, the whole list."""
    chosen = [all_statements[at]]
    if all_statements[at].opens_list or (at + 1 < len(all_statements) and all_statements[at + 1].is_item):
        for statement in all_statements[at + 1 :]:
            if not statement.is_item:
                break
            chosen.append(statement)
    return chosen


def whole(all_statements: Sequence[Statement], at: int) -> list[Statement]:
    """The statement at `at` and, when it is part of a list, the list from its opening on."""
    while at > 0 and all_statements[at].is_item:
        at -= 1
    return with_items(all_statements, at)


def relevance(statement: Statement, rarity: Mapping[str, float]) -> float:
    """How much of the question's words (weighed by rarity) a statement holds, 0 to 1."""
    total = sum(rarity.values())
    have = set(tokens(statement.text))
    return sum(weight for word, weight in rarity.items() if word in have) / total if total else 0.0


def _blocks(text: str) -> Iterator[tuple[int, int, bool]]:
    """List items and paragraphs; a line that does not begin an item continues the one before."""
    start, is_item, at = 0, bool(ITEM.match(text) and not AYAT.match(text)), 0
    for line in text.splitlines(keepends=True):
        content = line.strip(" \t\n" + SEAM)
        begins_item = bool(ITEM.match(line))
        breaks = begins_item or not content or (is_item and not line.startswith((" ", "\t")) and _ended(text, at))
        if breaks and at > start:
            yield start, at, is_item
            start = at
        if breaks:
            is_item = begins_item and not AYAT.match(line)
        at += len(line)
    if at > start:
        yield start, at, is_item


def _ended(text: str, at: int) -> bool:
    return text[:at].rstrip()[-1:] in ".;:"


def _sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    cuts = sorted(
        {m.start() + 1 for m in SENTENCE_END.finditer(text, start, end)}
        | {m.start() for m in PARAGRAPH.finditer(text, start, end)}
        | {i for i in range(start, end) if text[i] == SEAM}
    )
    first = start
    for cut in [*cuts, end]:
        if text[first:cut].strip(" \n\t" + SEAM):
            yield first, cut
        first = cut


def _statement(text: str, start: int, end: int, *, is_item: bool) -> Statement:
    body = text[start:end]
    marker = MARKER.match(body)
    if marker:
        start += marker.end()
    left = len(text[start:end]) - len(text[start:end].lstrip(" \n\t\r" + SEAM))
    stripped = text[start:end].strip(" \n\t\r" + SEAM)
    begin = start + left
    return Statement(" ".join(stripped.replace(SEAM, " ").split()), begin, begin + len(stripped), is_item)
