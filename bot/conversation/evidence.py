"""Passages in, what a statement can rest on out: their words with places, and which fits where."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.conversation.extract import Statement, statements
from bot.conversation.wording import FACTS, Word, read

# How far from a word its surroundings are looked at, in the statement and in the source.
NEAR_IN_STATEMENT = 8
NEAR_IN_SOURCE = 14
FADES = 4
MOST_STATEMENTS = 4
NUMBER = re.compile(r"\d+(?:[.,/]\d+)*")


@dataclass(frozen=True)
class Proof:
    """What a citation stands for: title, locator and headings of a passage, and its text."""

    title: str
    locator: str
    text: str
    heading: str = ""


@dataclass(frozen=True)
class Sentence:
    """A statement of a passage; an item of a list has the words of its opening too."""

    words: tuple[Word, ...]
    keys: frozenset[str]
    text: str


class Evidence:
    """The words of all cited passages, found by key, by fact and by slot."""

    def __init__(self, proofs: Sequence[Proof]) -> None:
        self.words: list[Word] = []
        self.sentences: list[Sentence] = []
        self._sentence_at: list[int] = []
        heads: list[Word] = []
        for proof in proofs:
            heads += read(f"{proof.title}. {proof.locator}. {proof.heading}")
            self._add(proof.text)
        self.heads = tuple(heads)
        self.denied = denied(self.words)
        self.keys = frozenset(key for word in (*self.words, *heads) for key in keys_of(word))
        self._places: dict[str, list[int]] = defaultdict(list)
        for place, word in enumerate(self.words):
            for key in keys_of(word):
                self._places[key].append(place)

    def _add(self, text: str) -> None:
        opening: tuple[Word, ...] = ()
        for statement in statements(text):
            words = read(statement.text)
            if not statement.is_item:
                opening = words
            context = opening if statement.is_item else ()
            keys = frozenset(key for word in (*words, *context) for key in keys_of(word))
            self.sentences.append(Sentence(words, keys, statement.text))
            self.words += [*words, Word("\n", "break")]
            self._sentence_at += [len(self.sentences) - 1] * (len(words) + 1)

    def holds(self, word: Word) -> bool:
        """Whether the word or its like stands anywhere in the passages, their titles or headings."""
        return not self.keys.isdisjoint(keys_of(word))

    def beside(self, place: int, word: Word) -> bool:
        """Whether the sentence at this place holds the word as well."""
        return not keys_of(word).isdisjoint(self.sentences[self._sentence_at[place]].keys)

    def together(self, words: Sequence[Word]) -> float:
        """The largest share of the words that two neighbouring sentences hold."""
        wanted = [keys_of(word) for word in words]
        best = 0
        for at, sentence in enumerate(self.sentences):
            after = self.sentences[at + 1].keys if at + 1 < len(self.sentences) else frozenset()
            best = max(best, sum(not (keys.isdisjoint(sentence.keys) and keys.isdisjoint(after)) for keys in wanted))
        return best / len(wanted)

    def occurrences(self, wanted: Iterable[str]) -> list[int]:
        """The places of any of these keys."""
        return sorted({place for key in wanted for place in self._places.get(key, ())})

    def fit(self, surroundings: Sequence[tuple[Word, int]], place: int) -> float:
        """How much of a word's surroundings in a statement stand around `place`, 0 to 1; what is
        nearer counts more."""
        total = have = 0.0
        for word, distance in surroundings:
            weight = 1 / (1 + distance / FADES)
            total += weight
            away = min((self._distance(key, place) for key in keys_of(word)), default=NEAR_IN_SOURCE + 1)
            if away <= NEAR_IN_SOURCE:
                have += weight / (1 + away / FADES)
        return have / total if total else 0.0

    def _distance(self, key: str, place: int) -> int:
        places = self._places.get(key)
        if not places:
            return NEAR_IN_SOURCE + 1
        at = bisect_left(places, place)
        return min(abs(places[i] - place) for i in (at - 1, at) if 0 <= i < len(places))


def support(claim: str, text: str) -> list[Statement]:
    """The statements of a passage that hold what a claim says, in their order, at most four; an item
    of a list with what opens it."""
    parts = statements(text)
    keys = [frozenset(key for word in read(part.text) for key in keys_of(word)) for part in parts]
    wanted = [keys_of(word) for word in read(claim) if keys_of(word)]
    chosen: set[int] = set()
    for _ in range(MOST_STATEMENTS):
        gains = [sum(not need.isdisjoint(have) for need in wanted) for have in keys]
        best = max(range(len(parts)), key=lambda i: (gains[i], -i), default=None)
        if best is None or gains[best] < (2 if chosen else 1):
            break
        chosen.add(best)
        wanted = [need for need in wanted if need.isdisjoint(keys[best])]
    for number in NUMBER.findall(claim):
        holders = [i for i, part in enumerate(parts) if number in NUMBER.findall(part.text)]
        if holders and not chosen.intersection(holders):
            chosen.add(holders[0])
    openings = [i for i, part in enumerate(parts) if not part.is_item]
    chosen |= {max((i for i in openings if i <= at), default=at) for at in chosen}
    return [parts[i] for i in sorted(chosen)]


def keys_of(word: Word) -> frozenset[str]:
    """Under which keys a word is found: a fact by its value, a word by its stems."""
    if word.role in FACTS:
        return frozenset([f"{word.role}:{word.text}"])
    if word.role in {"empty", "break"}:
        return frozenset()
    return word.keys


def denied(words: Sequence[Word]) -> frozenset[int]:
    """The places of words that a "tidak" or its like denies: of those that follow it the first that
    says something ("tidak disertai mitigasi" denies what "tanpa mitigasi" denies)."""
    found: set[int] = set()
    for at, word in enumerate(words):
        if word.role == "negation":
            following = (i for i in range(at + 1, min(at + 6, len(words))) if words[i].is_content or words[i].slot)
            found |= set(list(following)[:1])
    return frozenset(found)


def surroundings(words: Sequence[Word], at: int) -> list[tuple[Word, int]]:
    """The words around one that a source could hold, each with its distance."""
    near = range(max(0, at - NEAR_IN_STATEMENT), min(len(words), at + NEAR_IN_STATEMENT + 1))
    return [
        (words[i], abs(i - at))
        for i in near
        if i != at and (words[i].is_content or words[i].role in FACTS) and not words[i].slot
    ]
