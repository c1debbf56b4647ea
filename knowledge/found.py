"""Searches for the parts of a message in, what was found on the whole of it out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from knowledge.query import Query
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
    answers; the first passage of each then goes before those of the whole.
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


def with_parts(whole: Found, parts: Sequence[Found], top: int) -> Found:
    """The whole with its parts, or alone where its first passage answers them all."""
    if not parts or not whole.passages or not all(part.passages for part in parts):
        return whole
    best = whole.passages[0]
    parts = [_led_by_what_answers(part, whole) for part in parts]
    firsts = {part.passages[0].chunk.group: replace(part.passages[0], score=best.score) for part in parts}
    if set(firsts) == {best.chunk.group}:
        return whole
    own = firsts.pop(best.chunk.group, None)
    others = [passage for passage in whole.passages if passage.chunk.group not in firsts and passage is not best]
    leading = [best, *firsts.values()] if own else [*firsts.values(), best]
    return replace(whole, passages=(*leading, *others)[:top], parts=tuple(parts))


def _led_by_what_answers(part: Found, whole: Found) -> Found:
    """A part with one of the best passages for the whole first, if it is as good for the part."""
    as_good = [passage for passage in part.passages if passage.score >= part.passages[0].score - AS_GOOD]
    by_group = {passage.chunk.group: passage for passage in as_good}
    for group in (passage.chunk.group for passage in whole.passages[:MOST_ANSWERING]):
        if group in by_group:
            first = by_group[group]
            return replace(part, passages=(first, *(other for other in part.passages if other is not first)))
    return part
