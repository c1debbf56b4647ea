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
from bot.conversation.evidence import Evidence, Proof, Sentence, keys_of, surroundings
from bot.conversation.evidence import denied as _denied
from bot.conversation.extract import statements
from bot.conversation.wording import FACTS, Word, read

FaultKind = Literal["citation", "fact", "name", "slot", "negation", "condition", "unsaid"]
NUMBER = re.compile(r"\d+(?:[.,/]\d+)*")
LIST_MARK = re.compile(r"^\s*(?:\(?\d{1,2}[.)]|\[\d+\])\s*")

MARGIN = 0.12
TURNED = 0.1
LIST_NEAR = 3
DENIED_NEAR = 0.3
LEAST_SAID = 0.6
PART_UNSAID = 0.5
TOGETHER = 0.5
LONGEST_UNSAID = 3
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
    if word.role != "number":
        return True
    places = evidence.occurrences(keys_of(word))
    unit, label = _unit(words, at), _label(words, at)
    if "/" in word.text or any(label and _label(evidence.words, place) == label for place in places):
        return True
    if unit:
        units = [found for place in places if (found := _unit(evidence.words, place))]
        return not units or any(not found.keys.isdisjoint(unit.keys) for found in units)
    labelled = [p for p, w in enumerate(evidence.words) if w.role == "number" and label and _label(evidence.words, p) == label]
    return not labelled or any(evidence.words[p].text == word.text for p in labelled)


def _unit(words: Sequence[Word], at: int) -> Word | None:
    """What a number counts: the word that follows it at once."""
    following = words[at + 1] if at + 1 < len(words) else None
    return following if following and following.is_content else None


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
    """Words that no cited passage holds: too many of all, of a part, or in a row."""
    for part in [list(words), *_parts(words)]:
        content = [word for word in part if word.is_content]
        missing = [word.text for word in content if not evidence.holds(word)]
        whole = len(part) == len(words)
        if len(missing) > (1 - LEAST_SAID) * len(content) if whole else (len(missing) >= 2 and len(missing) >= PART_UNSAID * len(content)):
            yield Fault("unsaid", " ".join(missing))
        elif not whole and len(content) >= 3 and evidence.together(content) < TOGETHER:
            yield Fault("unsaid", " ".join(word.text for word in content))
    content = [word for word in words if word.is_content]
    run: list[str] = []
    for word in content:
        run = [] if evidence.holds(word) else [*run, word.text]
        if len(run) == LONGEST_UNSAID:
            yield Fault("unsaid", " ".join(run))
    for word in words:
        if word.text == "kecuali" and not any(w.text in EXCEPT for w in evidence.words):
            yield Fault("condition", word.text)


def _parts(words: Sequence[Word]) -> Iterator[list[Word]]:
    part: list[Word] = []
    for word in (*words, Word(",", "break")):
        if word.role == "break" or word.text in PART_OPENS:
            if part:
                yield part
            part = []
        if word.role != "break":
            part.append(word)


def _best(words: Sequence[Word], evidence: Evidence) -> Sentence | None:
    wanted = [keys_of(word) for word in words if word.is_content or word.role in FACTS]
    return max(
        evidence.sentences, key=lambda s: sum(not keys.isdisjoint(s.keys) for keys in wanted) - len(s.words) / 1000, default=None
    )


def _dropped(words: Sequence[Word], best: Sentence) -> Iterator[Fault]:
    """A condition, "hanya" or a lesser duty of the source that the statement leaves out."""
    said = frozenset(key for word in words for key in keys_of(word))
    roles = {word.role for word in words}
    duties = {word.slot for word in words}
    for at, word in enumerate(best.words):
        end = next((i for i in range(at + 1, len(best.words)) if best.words[i].role == "break"), len(best.words))
        if word.role == "condition":
            start = max((i + 1 for i in range(at) if best.words[i].text in {";", "."}), default=0)
            stop = next((i for i in range(at, len(best.words)) if best.words[i].text in {";", "."}), len(best.words))
            inside = [w for w in best.words[at + 1 : end] if w.is_content]
            outside = [w for i, w in enumerate(best.words[start:stop], start) if not at <= i < end and w.is_content]
            if not inside or _share(outside, said) < MAIN_SAID:
                continue
            lost = _share(inside, said) < CONDITION_SAID
            unmarked = "condition" not in roles and "only" not in roles and not any(w.text in OPENS_LIKE for w in words) and words[0].text not in FIRST_LIKE
            if lost or unmarked:
                yield Fault("condition", " ".join(w.text for w in best.words[at:end]))
        elif word.role == "only" and "only" not in roles:
            near = best.words[at + 1 : at + 6] if word.text != "saja" else best.words[max(0, at - 4) : at][::-1]
            governed = [w for w in near if w.is_content][:2]
            if governed and _share(governed, said) == 1:
                yield Fault("condition", word.text)
        elif word.slot == "duty" and word.value in LESSER and "duty" not in duties:
            governed = [w for w in best.words[at + 1 : at + 6] if w.is_content][:2]
            if governed and _share(governed, said) == 1:
                yield Fault("slot", word.text)


def _share(words: Sequence[Word], said: frozenset[str]) -> float:
    return sum(not keys_of(word).isdisjoint(said) for word in words) / max(len(words), 1)
