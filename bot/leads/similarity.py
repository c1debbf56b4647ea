"""A question and others with their vectors in, those that ask the same out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import Field

from knowledge.settings import Section

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NUMBER = re.compile(r"\d+")


class LearningSettings(Section):
    """Cosines from which on two questions are alike, measured on tests/similar_questions.jsonl with
    multilingual-e5-small. At `similar` 18 of 22 pairs are found and 4 of 18 others suggested, which
    a person judges; at `same` 9 of 10 rewordings are one gap, and 1 of 18 others (one verb differs)."""

    similar: float = Field(default=0.9, ge=0, le=1)
    same: float = Field(default=0.96, ge=0, le=1)


def alike(
    question: str,
    vector: NDArray[np.float32],
    others: Sequence[str],
    vectors: Sequence[NDArray[np.float32]],
    least: float,
) -> list[int]:
    """Indices of the others that are at least so similar, the nearest first. Questions about
    different numbers, such as articles, are never alike, since their vectors nearly are."""
    numbers = set(NUMBER.findall(question))
    found: list[tuple[float, int]] = []
    for i, (other, its) in enumerate(zip(others, vectors, strict=True)):
        theirs = set(NUMBER.findall(other))
        cosine = float(vector @ its)
        if cosine >= least and (not numbers or not theirs or numbers == theirs):
            found.append((-cosine, i))
    return [i for _, i in sorted(found)]
