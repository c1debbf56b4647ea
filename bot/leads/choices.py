"""What was typed where a choice was offered in, the keys of the choices that it means out.

Understood are a number, a key, a label in any language, a part of a label, the words of
choices.csv, and typing mistakes. What could mean two choices means none.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.leads.steps import Step, labels
from bot.leads.topics import topics_of
from bot.leads.words import pattern, plain

WORDS_FILE = Path(__file__).with_name("choices.csv")
NUMBER = re.compile(r"(?:no|nomor|number|pilihan|#)?\W*(\d{1,2})[.)]?", re.IGNORECASE)
MIN_SIMILARITY = 0.8
SHORTEST_MENDED = 5
SHORTEST_PART = 3
# Where a word among others must not decide: "belum setuju" is no consent.
WHOLE_ANSWERS = frozenset({"consent", "summary"})
POLITE = pattern(
    "saya|kami|bapak|ibu|pak|bu|mohon|tolong|silakan|silahkan|dengan|ini|baik|saja|terima kasih|please|we".split("|")
)
SEVERAL = re.compile(r"[,;/\n+&]|\bdan\b|\band\b|\bserta\b", re.IGNORECASE)


def meant(typed: str, step: Step, keys: Sequence[str]) -> str | None:
    """The one choice of `keys` that the answer means; None when none or several."""
    offered = labels(step, keys)
    number = NUMBER.fullmatch(typed.strip())
    if number:
        return _numbered(number[1], offered)
    text = plain(typed)
    if not text:
        return None
    for read in (_exact, _part):
        if key := read(text, offered):
            return key
    return _by_words(text, step, keys) or _nearly(text, step, offered)


def all_meant(typed: str, step: Step, keys: Sequence[str]) -> tuple[tuple[str, ...], bool]:
    """The choices that a list such as "1, 3" or "masterplan, pembiayaan" means, in the order
    of `keys`, and whether every part of it was understood."""
    whole = _exact(plain(typed), labels(step, keys))
    if whole:
        return (whole,), True
    numbers = re.fullmatch(r"[\d\s]+", typed)
    parts = typed.split() if numbers else [part for part in SEVERAL.split(typed) if POLITE.sub("", plain(part)).strip()]
    found: set[str] = set()
    complete = bool(parts)
    for part in parts:
        one = meant(part, step, keys)
        several = (one,) if one else topics_of([part])
        found |= set(several)
        complete = complete and bool(several)
    return tuple(key for key in keys if key in found), complete


def without_verbs(typed: str) -> str:
    """ "ubah nomor kontak" -> "kontak": the words of a correction taken away."""
    text = _words()["summary", "correct"].sub(" ", POLITE.sub(" ", plain(typed)))
    return " ".join(re.sub(r"\b(?:nomor|isian|data|the|my)\b", " ", text).split())


def _numbered(digits: str, offered: Mapping[str, Sequence[str]]) -> str | None:
    """The choice at that place, unless the number also stands in another choice ("3 bulan")."""
    keys = list(offered)
    at = int(digits) - 1
    counted = {keys[at]} if 0 <= at < len(keys) else set()
    named = {key for key in keys if digits in re.findall(r"(?<![\d.])\d+(?![\d.])", key)}
    either = counted | named
    return either.pop() if len(either) == 1 else None


def _exact(text: str, offered: Mapping[str, Sequence[str]]) -> str | None:
    return _only(key for key, names in offered.items() if text in {plain(key), *map(plain, names)})


def _part(text: str, offered: Mapping[str, Sequence[str]]) -> str | None:
    """The only choice with a label that has all the words, or words that begin so: "kab" for
    "Kabupaten Bandung"."""
    words = text.split()
    if max(map(len, words)) < SHORTEST_PART:
        return None
    return _only(key for key, names in offered.items() if any(_holds(plain(name), words) for name in names))


def _holds(name: str, words: Sequence[str]) -> bool:
    return all(any(own.startswith(word) for own in name.split()) for word in words)


def _by_words(text: str, step: Step, keys: Sequence[str]) -> str | None:
    if step == "topics" and len(found := topics_of([text])) == 1:
        return found[0]
    if step not in WHOLE_ANSWERS:
        return _only(key for key in keys if _pattern(step, key).search(text))
    bare = " ".join(POLITE.sub(" ", text).split())
    return _only(key for key in keys if re.fullmatch(rf"(?:{_pattern(step, key).pattern}\s*)+", bare))


def _nearly(text: str, step: Step, offered: Mapping[str, Sequence[str]]) -> str | None:
    """The choice whose label or word the answer spells with a typing mistake."""
    if len(text) < SHORTEST_MENDED:
        return None
    spellings = {
        plain(name.removesuffix("*")): key
        for key, names in offered.items()
        for name in [*names, key, *_phrases().get((step, key), ())]
    }
    long = [name for name in spellings if len(name) >= SHORTEST_MENDED]
    close = process.extract(text, long, scorer=OSA.normalized_similarity, score_cutoff=MIN_SIMILARITY, limit=None)
    best = max((score for _, score, _ in close), default=0.0)
    return _only(spellings[name] for name, score, _ in close if score == best)


def _only(keys: Iterator[str]) -> str | None:
    found = set(keys)
    return found.pop() if len(found) == 1 else None


def _pattern(step: Step, key: str) -> re.Pattern[str]:
    return _words().get((step, key), re.compile(r"(?!)"))


@cache
def _words() -> dict[tuple[str, str], re.Pattern[str]]:
    return {place: pattern(phrases) for place, phrases in _phrases().items()}


@cache
def _phrases() -> dict[tuple[str, str], tuple[str, ...]]:
    with WORDS_FILE.open(encoding="utf-8", newline="") as lines:
        return {(row["step"], row["key"]): tuple(row["words"].split("|")) for row in csv.DictReader(lines)}
