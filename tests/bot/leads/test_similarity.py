"""Which questions count as alike: the thresholds of config.toml on made-up pairs, with the real encoder."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from bot.leads.similarity import LearningSettings, alike
from knowledge.embed import SentenceEmbeddings

PAIRS = [
    json.loads(line)
    for line in (Path(__file__).parents[2] / "similar_questions.jsonl").read_text(encoding="utf-8").splitlines()
]
SETTINGS = LearningSettings()


@pytest.fixture(scope="module")
def found(embeddings: SentenceEmbeddings) -> dict[tuple[str, float], list[bool]]:
    """By kind of pair and threshold, whether each pair is alike."""
    result: dict[tuple[str, float], list[bool]] = {}
    first, second = (embeddings.encode_queries([pair[side] for pair in PAIRS]) for side in "ab")
    for least in (SETTINGS.similar, SETTINGS.same):
        for pair, one, other in zip(PAIRS, first, second, strict=True):
            result.setdefault((pair["kind"], least), []).append(
                bool(alike(pair["a"], one, [pair["b"]], [other], least))
            )
    return result


def test_a_similar_question_gets_a_suggestion_and_few_others_do(found: dict[tuple[str, float], list[bool]]) -> None:
    at = SETTINGS.similar
    asked_again = found["identical", at] + found["similar", at]
    assert sum(asked_again) / len(asked_again) >= 0.8
    assert sum(found["other", at]) / len(found["other", at]) <= 0.25


def test_only_rewordings_are_one_gap(found: dict[tuple[str, float], list[bool]]) -> None:
    at = SETTINGS.same
    assert sum(found["identical", at]) / len(found["identical", at]) >= 0.85
    assert sum(found["other", at]) <= 1


def test_questions_about_different_articles_are_never_alike() -> None:
    vector = np.array([1.0, 0.0], dtype=np.float32)
    others = ["Apa isi Pasal 61?", "Apa isi Pasal 5?", "Apa isi pasal itu?"]
    assert alike("Apa isi Pasal 5?", vector, others, [vector] * 3, 0.9) == [1, 2]


def test_the_nearest_comes_first() -> None:
    near = [np.array([c, (1 - c * c) ** 0.5], dtype=np.float32) for c in (0.91, 0.99, 0.5)]
    assert alike("a", np.array([1.0, 0.0], dtype=np.float32), ["b", "c", "d"], near, 0.9) == [1, 0]
