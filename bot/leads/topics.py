"""What was asked in, the topics of a consultation out, and the smart-city dimensions they touch.

The topics, their dimensions and their words stand in topics.csv; labels in bot/texts.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rapidfuzz import process
from rapidfuzz.distance import OSA
from wordfreq import zipf_frequency

from bot.leads.words import pattern, plain
from bot.texts.intake import IntakeTexts

TOPICS_FILE = Path(__file__).with_name("topics.csv")
DIMENSIONS = ("governance", "branding", "economy", "living", "society", "environment")
# A word is mended only if it is long enough and hardly ever written (Zipf frequency).
SHORTEST_MENDED = 6
KNOWN = 2.5
MIN_SIMILARITY = 0.84


@dataclass(frozen=True)
class Topic:
    """A topic: its key, such as "satu-data", its dimensions, and what finds it in plain words."""

    key: str
    dimensions: tuple[str, ...]
    words: re.Pattern[str]
    phrases: tuple[str, ...]


@cache
def topics() -> tuple[Topic, ...]:
    """All topics in the order in which they are offered."""
    with TOPICS_FILE.open(encoding="utf-8", newline="") as lines:
        return tuple(
            Topic(row["topic"], _parts(row["dimensions"]), pattern(_parts(row["words"])), _parts(row["words"]))
            for row in csv.DictReader(lines)
        )


def topic_keys() -> tuple[str, ...]:
    """The keys of all topics in the order in which they are offered."""
    return tuple(topic.key for topic in topics())


def topics_of(texts: Sequence[str]) -> tuple[str, ...]:
    """Keys of the topics that the texts speak of, in the order in which they are offered.

    Words that Indonesian does not know are taken for the topic's word that they nearly spell.
    """
    spoken = [" ".join(_mended(word) for word in plain(text).split()) for text in texts]
    return tuple(topic.key for topic in topics() if any(topic.words.search(text) for text in spoken))


def dimensions_of(keys: Iterable[str]) -> tuple[str, ...]:
    """The dimensions that the topics touch, in the usual order; unknown keys touch none."""
    chosen = set(keys)
    touched = {dimension for topic in topics() if topic.key in chosen for dimension in topic.dimensions}
    return tuple(dimension for dimension in DIMENSIONS if dimension in touched)


def dimension_labels(keys: Iterable[str], copy: IntakeTexts) -> list[str]:
    """The dimensions that the topics touch, as a person reads them."""
    return [copy.dimensions[dimension] for dimension in dimensions_of(keys)]


def _mended(word: str) -> str:
    if len(word) < SHORTEST_MENDED or zipf_frequency(word, "id") >= KNOWN or zipf_frequency(word, "en") >= KNOWN:
        return word
    near = process.extractOne(word, _spellings(), scorer=OSA.normalized_similarity, score_cutoff=MIN_SIMILARITY)
    return near[0] if near else word


@cache
def _spellings() -> tuple[str, ...]:
    words = {phrase.removesuffix("*") for topic in topics() for phrase in topic.phrases if " " not in phrase}
    return tuple(sorted(word for word in words if len(word) >= SHORTEST_MENDED))


def _parts(cell: str) -> tuple[str, ...]:
    return tuple(part for part in cell.split("|") if part)
