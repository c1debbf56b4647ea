"""A statement and the passages that it cites in, what in it they do not support out.

Nothing is asked of a model: numbers, names and articles have to stand in a cited passage, words
that turn a rule around (wajib, dapat, dilarang, tidak, dicabut, paling lambat, who acts) in the same
part of it, and of the other words nearly all. It takes a few milliseconds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.conversation.draft import Draft, Point
from bot.conversation.evidence import NUMBER, Evidence, Proof, Sentence, keys_of, surroundings
from bot.conversation.evidence import denied as _denied
from bot.conversation.extract import statements
from bot.conversation.wording import FACTS, Word, read

FaultKind = Literal["citation", "fact", "name", "slot", "negation", "condition", "unsaid"]
LIST_MARK = re.compile(r"^\s*(?:\(?\d{1,2}[.)]|\[\d+\])\s*")

# All tuned on one half of the documents of tests/claims.jsonl.
# How much better the surroundings of a word may fit another one of its kind ("dapat" for "wajib"),
# or the same word denied.
MARGIN = 0.12
TURNED = 0.1
LIST_NEAR = 3
# How well the surroundings of a "tidak" have to fit one of the source.
DENIED_NEAR = 0.3
# Shares of words: of a statement and of a part of it that the source has to hold, of a part that
# has to stand there together; so many in a row that it does not hold are an addition.
LEAST_SAID = 0.6
PART_UNSAID = 0.5
TOGETHER = 0.5
LONGEST_UNSAID = 3
# A statement that says so much of a sentence and so little of its condition has dropped that.
MAIN_SAID = 0.75
CONDITION_SAID = 0.34
AGAINST = frozenset({"forbidden", "free", "repealed", "different"})
LESSER = frozenset({"may", "forbidden", "free", "should"})
EXCEPT = frozenset("kecuali selain terkecuali pengecualian dikecualikan".split())
PART_OPENS = frozenset("serta kecuali yang setelah dengan".split())
FIRST_LIKE = frozenset("untuk bagi dalam pada".split())
OPENS_LIKE = frozenset("yang saat ketika sesudah setelah".split())


@dataclass(frozen=True)
class Fault:
    """Something in a statement that its sources do not support, and the words that say it."""

    kind: FaultKind
    said: str


def unsupported(draft: Draft) -> list[str]:
    """Numbers of the lead and the points that stand neither in a cited quote nor in its title
    or locator. A draft that quotes honestly gives an empty list."""
    return [number for point in (draft.lead, *draft.points) for number in _unsupported_in(point, draft)]


def _unsupported_in(point: Point, draft: Draft) -> list[str]:
    cited = [citation for citation in draft.citations if citation.n in point.citations]
    proof = " ".join(f"{citation.title} {citation.locator} {citation.quote}" for citation in cited)
    have = set(NUMBER.findall(proof))
    return [number for number in NUMBER.findall(LIST_MARK.sub("", point.text)) if number not in have]


def faults(claim: str, proofs: Sequence[Proof]) -> tuple[Fault, ...]:
    """What of a claim the cited passages do not support; empty when all of it stands there."""
    if not proofs:
        return (Fault("citation", claim),)
    evidence = Evidence(proofs)
    written = " ".join(f"{proof.title} {proof.locator} {proof.heading} {proof.text}" for proof in proofs)
    have = set(NUMBER.findall(written))
    absent = [number for number in NUMBER.findall(LIST_MARK.sub("", claim)) if number not in have]
    if absent:
        return tuple(Fault("fact", number) for number in absent)
    verbatim = {" ".join(sentence.text.split()) for sentence in evidence.sentences}
    return tuple(
        fault
        for statement in statements(claim)
        if statement.text not in verbatim
        for fault in _faults(read(statement.text), evidence)
    )


def _faults(words: Sequence[Word], evidence: Evidence) -> Iterator[Fault]:
    yield from _facts(words, evidence)
    yield from _slots(words, evidence)
    yield from _turned(words, evidence)
    yield from _unsaid(words, evidence)
    best = _best(words, evidence)
    if best:
        yield from _dropped(words, best)


def _facts(words: Sequence[Word], evidence: Evidence) -> Iterator[Fault]:
    """Numbers, dates, articles, regulations and names that stand nowhere, or belong to another."""
    for at, word in enumerate(words):
        if word.role == "name" and not word.slot and not evidence.holds(word):
            yield Fault("name", word.text)
        if word.role not in FACTS:
            continue
        if not _fact_stands(words, at, evidence):
            yield Fault("fact", word.text)
            continue
        around = surroundings(words, at)
        mine = others = 0.0
        for place, candidate in enumerate(evidence.words):
            if candidate.role == word.role:
                if candidate.text == word.text:
                    mine = max(mine, evidence.fit(around, place))
                elif _counts_alike(words, at, evidence.words, place) and not evidence.beside(place, word):
                    others = max(others, evidence.fit(around, place))
        if mine and others > mine + MARGIN:
            yield Fault("fact", word.text)


def _fact_stands(words: Sequence[Word], at: int, evidence: Evidence) -> bool:
    word = words[at]
    if not evidence.holds(word):
        return _is_part_of_a_fact(word, evidence)
    if word.role != "number" or "/" in word.text:
        return True
    places = evidence.occurrences(keys_of(word))
    unit, label = _unit(words, at), _label(words, at)
    units = [found for place in places if (found := _unit(evidence.words, place))]
    if unit and unit.slot == "unit":
        return any(not found.keys.isdisjoint(unit.keys) for found in units)
    if any(label and _label(evidence.words, place) == label for place in places):
        return True
    if unit:
        return not units or any(not found.keys.isdisjoint(unit.keys) for found in units)
    # "Kota Denpasar: 51.72" where the source gives it another value.
    return not any(
        label and other.role == "number" and _label(evidence.words, place) == label
        for place, other in enumerate(evidence.words)
    )


def _unit(words: Sequence[Word], at: int) -> Word | None:
    """What a number counts: the word that follows it at once."""
    following = words[at + 1] if at + 1 < len(words) else None
    return following if following and (following.is_content or following.slot == "unit") else None


def _label(words: Sequence[Word], at: int) -> str:
    """What a number without a unit is a value of: "Kota Denpasar: 51.71"."""
    before = [word.text for word in words[max(0, at - 3) : at] if word.role != "break"]
    return " ".join(before[-2:])


def _counts_alike(words: Sequence[Word], at: int, others: Sequence[Word], place: int) -> bool:
    if words[at].role != "number":
        return True
    mine, other = _unit(words, at), _unit(others, place)
    return bool(mine and other and not mine.keys.isdisjoint(other.keys))


def _is_part_of_a_fact(word: Word, evidence: Evidence) -> bool:
    """A year of a date, an article within a range."""
    facts = [w.text for w in (*evidence.words, *evidence.heads) if w.role == word.role]
    if word.role == "date":
        return any(fact.startswith(word.text) for fact in facts)
    if word.role == "article":
        first, _, last = word.text.partition("-")
        if last:
            return {first, last} <= set(facts)
        ranges = [fact.split("-") for fact in facts if fact.replace("-", "").isdigit() and "-" in fact]
        return first.isdigit() and any(int(a) <= int(first) <= int(b) for a, b in ranges)
    return False


def _slots(words: Sequence[Word], evidence: Evidence) -> Iterator[Fault]:
    """A word that decides, such as "wajib" or "bupati", in a part that the source gives to another."""
    for at, word in enumerate(words):
        if not word.slot or word.slot == "unit":
            continue
        around = surroundings(words, at)
        scores = {True: 0.0, False: 0.0}
        stands = any(w.slot == word.slot and w.value == word.value for w in evidence.heads)
        places = [place for place, candidate in enumerate(evidence.words) if candidate.slot == word.slot]
        mine = [place for place in places if evidence.words[place].value == word.value]
        stands |= bool(mine)
        for place in places:
            # Neighbours in a list are as near to everything around them as each other.
            if place in mine or not any(abs(place - other) <= LIST_NEAR for other in mine):
                scores[place in mine] = max(scores[place in mine], evidence.fit(around, place))
        if not stands or scores[False] > scores[True] + MARGIN:
            yield Fault("slot", word.text)


def _turned(words: Sequence[Word], evidence: Evidence) -> Iterator[Fault]:
    """A word that is denied here and not in the source, or there and not here."""
    denied = _denied(words)
    for at, word in enumerate(words):
        if not (word.is_content or word.slot):
            continue
        places = evidence.occurrences(keys_of(word))
        if not places or (at not in denied and not any(place in evidence.denied for place in places)):
            continue
        around = surroundings(words, at)
        scores = {True: 0.0, False: 0.0}
        for place in places:
            alike = (place in evidence.denied) == (at in denied)
            scores[alike] = max(scores[alike], 0.01 + evidence.fit(around, place))
        if scores[False] > scores[True] + TURNED:
            yield Fault("negation", word.text)
    against = [p for p, w in enumerate(evidence.words) if w.role == "negation" or w.value in AGAINST]
    for at, word in enumerate(words):
        if word.role == "negation":
            governed = [i for i in range(at + 1, min(at + 5, len(words))) if i in denied][:1]
            if governed and evidence.holds(words[governed[0]]):
                continue
            around = surroundings(words, at)
            if max((evidence.fit(around, place) for place in against), default=0.0) < DENIED_NEAR:
                yield Fault("negation", word.text)


def _unsaid(words: Sequence[Word], evidence: Evidence) -> Iterator[Fault]:
    """Words that no cited passage holds: too many of all, of a part, or in a row; and a part whose
    words stand nowhere together."""
    content = [word for word in words if word.is_content]
    missing = [word for word in content if not evidence.holds(word)]
    if len(missing) > (1 - LEAST_SAID) * len(content):
        yield _unsaid_words(missing)
    run: list[Word] = []
    for word in content:
        run = [*run, word] if word in missing else []
        if len(run) == LONGEST_UNSAID:
            yield _unsaid_words(run)
    for part in _parts(words):
        gone = [word for word in part if word in missing]
        alone = len(part) >= LONGEST_UNSAID and evidence.together(part) < TOGETHER
        if alone or len(gone) >= max(2, PART_UNSAID * len(part)):
            yield _unsaid_words(part)
    if any(word.text == "kecuali" for word in words) and not any(word.text in EXCEPT for word in evidence.words):
        yield Fault("condition", "kecuali")


def _unsaid_words(words: Sequence[Word]) -> Fault:
    return Fault("unsaid", " ".join(word.text for word in words))


def _parts(words: Sequence[Word]) -> Iterator[list[Word]]:
    """The words with a content of each part of a sentence."""
    part: list[Word] = []
    for word in (*words, Word(",", "break")):
        if word.role == "break" or word.text in PART_OPENS:
            if part:
                yield part
            part = []
        if word.is_content:
            part.append(word)


def _best(words: Sequence[Word], evidence: Evidence) -> Sentence | None:
    """The sentence that holds most of the statement; of equals the shortest."""
    wanted = [keys_of(word) for word in words if word.is_content or word.role in FACTS]

    def shared(sentence: Sentence) -> tuple[int, int]:
        return sum(not keys.isdisjoint(sentence.keys) for keys in wanted), -len(sentence.words)

    return max(evidence.sentences, key=shared, default=None)


def _dropped(words: Sequence[Word], best: Sentence) -> Iterator[Fault]:
    """A condition, "hanya" or a lesser duty of the source that the statement leaves out."""
    said = frozenset(key for word in words for key in keys_of(word))
    roles = {word.role for word in words}
    has_duty = any(word.slot == "duty" for word in words)
    for at, word in enumerate(best.words):
        if word.role == "condition":
            yield from _dropped_condition(words, best.words, at, said)
        elif word.role == "only" and "only" not in roles:
            near = best.words[at + 1 : at + 6] if word.text != "saja" else best.words[max(0, at - 4) : at][::-1]
            if _says_the_first(near, said):
                yield Fault("condition", word.text)
        elif word.value in LESSER and not has_duty and _says_the_first(best.words[at + 1 : at + 6], said):
            yield Fault("slot", word.text)


def _dropped_condition(words: Sequence[Word], source: Sequence[Word], at: int, said: frozenset[str]) -> Iterator[Fault]:
    """The condition that begins at a place of the source, when the statement says all but it, or
    all of it as if it were none."""
    end = next((i for i in range(at + 1, len(source)) if source[i].role == "break"), len(source))
    start = max((i + 1 for i in range(at) if source[i].text in {";", "."}), default=0)
    stop = next((i for i in range(at, len(source)) if source[i].text in {";", "."}), len(source))
    inside = [word for word in source[at + 1 : end] if word.is_content]
    outside = [word for word in (*source[start:at], *source[end:stop]) if word.is_content]
    if not inside or _share(outside, said) < MAIN_SAID:
        return
    opens = words[0].text in FIRST_LIKE or any(
        word.role in {"condition", "only"} or word.text in OPENS_LIKE for word in words
    )
    if _share(inside, said) < CONDITION_SAID or not opens:
        yield Fault("condition", " ".join(word.text for word in source[at:end]))


def _says_the_first(near: Sequence[Word], said: frozenset[str]) -> bool:
    """Whether a statement says the first two of the words that "hanya" or "dapat" belongs to."""
    governed = [word for word in near if word.is_content][:2]
    return bool(governed) and _share(governed, said) == 1


def _share(words: Sequence[Word], said: frozenset[str]) -> float:
    return sum(not keys_of(word).isdisjoint(said) for word in words) / max(len(words), 1)
