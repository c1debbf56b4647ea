"""A statement and its English translation in, whether they say the same out, by what can be compared: numbers,
regulations and abbreviations, duties, denials, conditions, who acts, and what holds.

The encoder cannot tell: of 66 true translations and 370 false ones (tests/translations.jsonl) a floor of cosine
that refuses a twentieth of the true ones catches a quarter of the false.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bot.conversation.evidence import NUMBER
from bot.conversation.wording import read
from knowledge.legal_status import references

FORBIDDEN = re.compile(
    r"\b(?:(?:must|may|shall|can|do) not|cannot|prohibit\w*|forbid\w*|(?:not|never) (?:be )?(?:allowed|permitted))\b",
    re.I,
)
FREE = re.compile(
    r"\b(?:(?:not|never) (?:be )?(?:required|obliged|mandatory|necessary)|need not|"
    r"(?:do|does) not (?:need|have|require))\b(?: to\b)?",
    re.I,
)
DUTY = re.compile(
    r"\b(?:must|shall|required?|requires|oblig\w+|ha(?:s|ve) to|needs? (?:to|an?|the)|needed|mandatory|necessary)\b",
    re.I,
)
MAY = re.compile(r"\b(?:may|can|could|allowed|permitted|might|possible|entitled)\b", re.I)
SHOULD = re.compile(r"\b(?:should|advis\w+|recommend\w*|ought)\b", re.I)
# A bound is no denial, and what is no longer in force has been repealed.
NO_DENIAL = re.compile(
    r"\b(?:no|not) (?:more|less|fewer|later|earlier|only)\b|\bnot exceed\w*\b|"
    r"\b(?:no longer|not) (?:in force|valid|appl\w+)\b",
    re.I,
)
DENIAL = re.compile(
    r"\b(?:not|no|never|without|nor|neither|cannot|none|instead of|rather than|non\w+|yet to|\w+n't)\b", re.I
)
CONDITION = re.compile(r"\b(?:if|unless|provided that|as long as|in case|except\w*)\b", re.I)
MAY_BE_CONDITION = re.compile(
    r"\b(?:when(?:ever)?|where(?:ver)?|while|during|once|should|in the event|whether)\b", re.I
)
# English letters for each Indonesian one; beyond that something was added or left out.
SHORTEST, LONGEST = 0.7, 1.35
NUMERAL = r"(?:\d[\d.,]*|one|two|three|four|five|six|seven|eight|nine|ten|twelve)"
ABBREVIATION = re.compile(r"\b[A-Z]{2,}\b")
# English has them, whatever the Indonesian says.
ENGLISH_ABBREVIATIONS = frozenset("AI GDP HR ICT ID II III IT IV NGO PDF SME SMES US VI VII".split())


@dataclass(frozen=True)
class _Pair:
    """Indonesian values, the English that says one of them, the English that may stand for it, and all
    values that this English may be said for."""

    values: frozenset[str]
    says: re.Pattern[str]
    may_say: re.Pattern[str]
    allowed: frozenset[str]


def is_same(indonesian: str, english: str) -> bool:
    """Whether the translation keeps every number, regulation, duty, denial and condition, names nobody else as
    the one who acts, and leaves out none of them."""
    if not SHORTEST * len(indonesian) <= len(english) <= LONGEST * len(indonesian):
        return False
    if sorted(NUMBER.findall(indonesian)) != sorted(NUMBER.findall(english)):
        return False
    if {r.code for r in references(indonesian)} - {r.code for r in references(english)}:
        return False
    abbreviations = {found.upper() for found in re.findall(r"\w+", indonesian)} | ENGLISH_ABBREVIATIONS
    if not set(ABBREVIATION.findall(english)) <= abbreviations:
        return False
    words = read(indonesian)
    values = {word.value for word in words if word.value} | {word.text for word in words}
    has_condition = any(word.role == "condition" for word in words)
    denials = sum(word.role == "negation" or word.text.startswith("non") for word in words)
    return (
        _same_force(values, denials, english)
        and _same_conditions(has_condition, english)
        and _same_words(values, english)
    )


def _same_force(values: set[str], denials: int, english: str) -> bool:
    """Duty, permission, prohibition and denial."""
    rest = NO_DENIAL.sub(" ", english)
    forbidden, free = bool(FORBIDDEN.search(rest)), bool(FREE.search(rest))
    rest = FREE.sub(" ", FORBIDDEN.sub(" ", rest))
    return (
        ("forbidden" in values) == forbidden
        and ("free" in values) == free
        and ("must" in values) == bool(DUTY.search(rest))
        and ("may" in values) == bool(MAY.search(rest))
        and ("should" in values) == bool(SHOULD.search(rest))
        and denials == len(DENIAL.findall(rest))
    )


def _same_conditions(has: bool, english: str) -> bool:
    says, may_say = bool(CONDITION.search(english)), bool(MAY_BE_CONDITION.search(english))
    return (has or not says) and (says or may_say or not has)


def _same_words(values: set[str], english: str) -> bool:
    """Who acts, which document, what holds, bounds, order, units."""
    pairs, units = _table()
    rest = english
    for pair in pairs:
        said = bool(pair.says.search(rest))
        if said and values.isdisjoint(pair.allowed):
            return False
        if not (said or values.isdisjoint(pair.values) or pair.may_say.search(english)):
            return False
        rest = pair.says.sub(" ", rest)
    return not any(unit.says.search(english) and values.isdisjoint(unit.values) for unit in units)


@cache
def _table() -> tuple[tuple[_Pair, ...], tuple[_Pair, ...]]:
    data = tomllib.loads(Path(__file__).with_name("translation.toml").read_text(encoding="utf-8"))
    pairs = [
        _pair(values, rf"\b(?:{says})(?!\w)", rf"\b(?:{'|'.join(filter(None, (says, more)))})(?!\w)", *other)
        for values, (says, more, *other) in data["words"].items()
    ]
    units = [_pair(values, rf"{NUMERAL}[ -]?(?:{says})(?!\w)", "") for values, says in data["units"].items()]
    return tuple(pairs), tuple(units)


def _pair(values: str, says: str, may_say: str, others: str = "") -> _Pair:
    own = frozenset(values.split())
    return _Pair(own, re.compile(says, re.I), re.compile(may_say, re.I), own | set(others.split()))
