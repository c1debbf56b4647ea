"""Searches for the parts of a message in, what was found on the whole of it out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from knowledge.lexical import tokens
from knowledge.query import Query
from knowledge.question_parts import DIFFERS
from knowledge.rank import Passage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# One of so many best passages for a whole question answers a part of it if it scores so little behind
# the part's own best.
MOST_ANSWERING = 3
AS_GOOD = 0.15


@dataclass(frozen=True)
class Found:
    """What a search gave: the question as understood, its vector, the passages, best first.

    `rarity` weighs the question's words: the logarithm of how few chunks hold them. `said`
    is the message alone as understood, without the turns before that it leans on, and
    `said_vector` its vector.

    `successor` is the passage of what replaced the first one's document, where that is
    repealed; `repealed` are the regulations named in the question that are, with what applies
    instead, now or at the time that it asks about.

    `parts` is what was found on each question of a message that asks several which no one passage
    answers; the first passage of each then goes before those of the whole. `compares` says that they are the two
    things that are to be told apart.
    """

    query: Query
    vector: NDArray[np.float32]
    passages: tuple[Passage, ...]
    rarity: Mapping[str, float]
    said: Query
    said_vector: NDArray[np.float32]
    successor: Passage | None = None
    repealed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    parts: tuple[Found, ...] = ()
    compares: bool = False


def with_parts(whole: Found, parts: Sequence[Found], top: int) -> Found:
    """The whole with its parts, or alone where its first passage answers them all."""
    if not parts or not whole.passages or not all(part.passages for part in parts):
        return whole
    return _led_by_parts(whole, [_led_by_what_answers(part, whole) for part in parts], top)


def _led_by_parts(whole: Found, parts: Sequence[Found], top: int) -> Found:
    best = whole.passages[0]
    firsts = {part.passages[0].chunk.group: replace(part.passages[0], score=best.score) for part in parts}
    if set(firsts) == {best.chunk.group}:
        return whole
    own = firsts.pop(best.chunk.group, None)
    others = [passage for passage in whole.passages if passage.chunk.group not in firsts and passage is not best]
    leading = [best, *firsts.values()] if own else [*firsts.values(), best]
    return replace(whole, passages=(*leading, *others)[:top], parts=tuple(parts))


def with_sides(whole: Found, sides: Sequence[Found], top: int) -> Found:
    """What was found on how two things differ: led by a section that tells them apart, else by a passage for each
    of them, where there is one."""
    if not whole.passages or not all(side.passages for side in sides):
        return whole
    best, *others = whole.passages[:MOST_ANSWERING]
    telling = (
        best
        if _tells_apart(best, sides, best.chunk.text)
        else next((p for p in others if _tells_apart(p, sides)), None)
    )
    if telling:
        first = replace(telling, score=best.score)
        return replace(whole, passages=(first, *(p for p in whole.passages if p is not telling)))
    if not all(_is_on_it(side) for side in sides):
        return whole
    return replace(_led_by_parts(whole, sides, top), compares=True)


def _tells_apart(passage: Passage, sides: Sequence[Found], text: str = "") -> bool:
    """Whether a section is on how things differ, by its heading or a question that it answers, and names both there
    or in its `text`."""
    texts = (passage.chunk.heading, *passage.chunk.questions)
    said = set(tokens(" ".join((*texts, text))))
    return any(map(DIFFERS.search, texts)) and all(_names(side.query, said) for side in sides)


def _is_on_it(side: Found) -> bool:
    """Whether the best passage for a side is about it, not one that only mentions it."""
    first = side.passages[0]
    texts = (first.document.title, first.chunk.heading, *first.chunk.questions)
    # The sections of a regulation's own text have no headings that say what they are about.
    said = " ".join(texts if first.document.curated else (*texts, first.chunk.text))
    return set(tokens(said)).issuperset(side.query.words)


def _names(query: Query, said: set[str]) -> bool:
    """Whether a thing is named, by its words or by those that the glossary has for it."""
    return said.issuperset(query.words) or (bool(query.related) and said.issuperset(query.related))


def _led_by_what_answers(part: Found, whole: Found) -> Found:
    """A part with one of the best passages for the whole first, if it is as good for the part."""
    as_good = [passage for passage in part.passages if passage.score >= part.passages[0].score - AS_GOOD]
    by_group = {passage.chunk.group: passage for passage in as_good}
    for group in (passage.chunk.group for passage in whole.passages[:MOST_ANSWERING]):
        if group in by_group:
            first = by_group[group]
            return replace(part, passages=(first, *(other for other in part.passages if other is not first)))
    return part
