"""An Indonesian text in, its words out: by stem, by what each does in a statement, numbers as values.

What is written in several ways gets one name: "wali kota", "PP No. 59 Tahun 2022", "6 (enam)",
"Rencana Pembangunan Jangka Menengah Daerah". The words and their classes stand in wording.toml.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

from knowledge.legal_status import references
from knowledge.parse import SEAM
from knowledge.query import read_glossary

Role = Literal[
    "word", "name", "number", "date", "article", "regulation", "negation", "condition", "only", "empty", "break"
]
FACTS = frozenset({"number", "date", "article", "regulation"})
MONTHS = "januari februari maret april mei juni juli agustus september oktober november desember".split()
ONES = dict(zip("satu dua tiga empat lima enam tujuh delapan sembilan".split(), range(1, 10), strict=True))
NUMERALS = {**ONES, "sepuluh": 10, "sebelas": 11, "seratus": 100, "seribu": 1000}
DATE = re.compile(rf"\b(?:(\d{{1,2}})\s+)?({'|'.join(MONTHS)})\s+(\d{{4}})\b", re.I)
NUMERIC_DATE = re.compile(r"\b(\d{1,2})[-/.](\d{1,2})[-/.]((?:19|20)\d{2})\b")
ARTICLE_NUMBER = r"\d{1,3}[A-Z]?\b(?!\s*(?:persen|%|[/.]\d))(?:\s*ayat\s*\(\d+\))?(?:\s*huruf\s+[a-z]\b)?"
ARTICLES = re.compile(
    rf"\b(?:pasal|psl\.?)\s+({ARTICLE_NUMBER}(?:\s*(?:,|,?\s*dan|,?\s*serta|atau|sampai(?:\s+dengan)?|hingga|s\.?d\.?|[-–])"
    rf"\s*(?:pasal\s+)?{ARTICLE_NUMBER})*)",
    re.I,
)
ARTICLE = re.compile(r"(\d{1,3}[A-Z]?)(?:\s*ayat\s*\((\d+)\))?", re.I)
PARAGRAPH = re.compile(r"\bayat\s*\((\d+)\)", re.I)
TO = re.compile(r"sampai|hingga|s\.?d\b|[-–]", re.I)
YEAR = re.compile(r"(?:19|20)\d\d")
RUPIAH = re.compile(r"\bRp\.?\s?(?=\d)")
CLITIC = re.compile(r"(?:nya|lah|kah|pun)$")
SPELLED_TWICE = re.compile(r"(\d)\s*\((?:\s*(?:se)?[a-z]+){1,6}\s*\)")
PIECE = re.compile(
    r"[§¶@][\w.&-]+|\d+(?:[.,]\d+)*(?:x\d+)?(?:/(?!\d+\b)[\w/-]+)?|%|[^\W\d_][\w'’]*(?:-(?!nya\b)[^\W\d_][\w'’]*)*|[.,;:?!•\n]"
)
SIGNS: dict[str, Role] = {"§": "regulation", "¶": "article", "@": "date"}
BREAKS = frozenset(".,;:?!•\n")
STARTS = frozenset(".:?!•\n")
LONGEST_NAME = 9


@dataclass(frozen=True)
class Word:
    """A word as it is compared. Words are the same when their `keys` meet; `slot` names what it
    demands and `value` which of the alternatives ("duty": "must"); facts have their value in `text`."""

    text: str
    role: Role
    keys: frozenset[str] = frozenset()
    slot: str = ""
    value: str = ""

    @property
    def is_content(self) -> bool:
        """Whether a source has to hold it or its like."""
        return self.role in {"word", "name"}


@dataclass(frozen=True)
class Wording:
    """wording.toml and the glossary's abbreviations, ready to be looked up."""

    names: dict[tuple[str, ...], str]
    slots: dict[str, tuple[str, str]]
    roles: dict[str, Role]
    synonyms: dict[str, frozenset[str]]


@lru_cache(maxsize=2048)
def read(text: str) -> tuple[Word, ...]:
    """The words of a text in order; signs that end a part of a sentence are words too (`break`)."""
    return tuple(_words(_named(_pieces(text))))


@lru_cache(maxsize=20000)
def stems(word: str) -> frozenset[str]:
    """What may be the stem of a word, the word included; shorter than four letters only itself."""
    first, _, second = word.partition("-")
    if second and first[-3:] == second[-3:]:
        word = first if len(first) <= len(second) else second
    without = {word}
    for suffix in ("nya", "lah", "kah", "pun", "kan", "an", "i"):
        without |= {w.removesuffix(suffix) for w in without if w.endswith(suffix) and len(w) > len(suffix) + 3}
    found = set(without)
    for _ in range(2):
        found |= {stem for w in found for stem in _without_prefix(w)}
    return frozenset(stem for stem in found if len(stem) > 2 or stem == word)


def _without_prefix(word: str) -> Iterator[str]:
    for prefix, instead in PREFIXES:
        if word.startswith(prefix) and len(word) > len(prefix) + 2:
            yield instead + word[len(prefix) :]


PREFIXES = tuple(
    (prefix, instead)
    for prefixes, restored in (
        ("meny peny", "s"),
        ("mem pem", "p"),
        ("men pen", "t"),
        ("meng peng", "k"),
        ("meng peng menge penge mem pem men pen me pe di ke se ter ber be per memper diper", ""),
    )
    for prefix in prefixes.split()
    for instead in [restored]
)


@cache
def wording() -> Wording:
    """The table of words, read once."""
    data = tomllib.loads(Path(__file__).with_name("wording.toml").read_text(encoding="utf-8"))
    names = {
        tuple(re.findall(r"[\w-]+", term.expansion.lower())): term.term.lower()
        for term in read_glossary()
        if term.term.isalpha() and term.term[0].isupper() and " " in term.expansion
    }
    for name, ways in data["same_name"].items():
        names |= {tuple(re.findall(r"[\w%-]+", way.lower())): name for way in ways}
    slots = {
        word: (slot, value)
        for slot, values in data["slots"].items()
        for value, words in values.items()
        for word in words
    }
    classes = data["classes"]
    roles: dict[str, Role] = dict.fromkeys(classes["empty"].split(), "empty")
    roles |= dict.fromkeys(classes["negation"], "negation") | dict.fromkeys(classes["condition"], "condition")
    roles |= dict.fromkeys(classes["only"], "only")
    groups: dict[str, set[str]] = {}
    for line in classes["synonyms"].strip().splitlines():
        for word in line.split():
            groups.setdefault(word, set()).add(f"={line.split()[0]}")
    return Wording(names, slots, roles, {word: frozenset(found) for word, found in groups.items()})


def _pieces(text: str) -> list[str]:
    """The text cut into words, numbers and signs; regulations (§), articles (¶) and dates (@) as one."""
    plain = text.replace(SEAM, " ").replace("**", "")
    for reference in reversed(references(plain)):
        plain = f"{plain[: reference.start]} §{reference.code} {plain[reference.end :]}"
    plain = RUPIAH.sub("rupiah ", SPELLED_TWICE.sub(r"\1", plain))
    plain = ARTICLES.sub(lambda match: f" {_articles(match[1])} ", plain)
    plain = PARAGRAPH.sub(r" ¶&\1 ", plain)
    plain = DATE.sub(
        lambda m: f" @{m[3]}-{MONTHS.index(m[2].lower()) + 1:02}" + (f"-{int(m[1]):02} " if m[1] else " "), plain
    )
    plain = NUMERIC_DATE.sub(lambda m: f" @{m[3]}-{int(m[2]):02}-{int(m[1]):02} ", plain)
    return PIECE.findall(plain)


def _date(match: re.Match[str]) -> str:
    """ "21 Juni 2021" gives "@2021-06-21", "Juni 2021" "@2021-06"."""
    day = f"-{int(match[1]):02}" if match[1] else ""
    return f" @{match[3]}-{MONTHS.index(match[2].lower()) + 1:02}{day} "


def _articles(written: str) -> str:
    """ "40 sampai 45, 47 ayat (2)" gives "¶40-45 ¶47 ¶47&2"."""
    found: list[str] = []
    end = 0
    for match in ARTICLE.finditer(written):
        if found and TO.search(written[end : match.start()]) and found[-1].strip("¶").isdigit():
            found[-1] += f"-{match[1]}"
        else:
            found.append(f"¶{match[1]}")
            found += [f"¶&{match[2]}"] if match[2] else []
        end = match.end()
    return " ".join(found)


def _named(pieces: list[str]) -> Iterator[tuple[str, str]]:
    """Each piece as written and in lower case, those of a longer name joined under one."""
    names = wording().names
    lower = [piece.lower() for piece in pieces]
    at = 0
    while at < len(pieces):
        for length in range(min(LONGEST_NAME, len(pieces) - at), 0, -1):
            found = lower[at : at + length]
            name = names.get((*found[:-1], CLITIC.sub("", found[-1])))
            if name:
                yield pieces[at], name
                at += length
                break
        else:
            yield pieces[at], lower[at]
            at += 1


def _words(pieces: Iterable[tuple[str, str]]) -> Iterator[Word]:
    table = wording()
    starts = True
    number: int | None = None
    for written, piece in [*pieces, ("", "\n")]:
        numeral = _numeral(piece, number)
        if numeral is None and number is not None:
            yield Word(f"{number:g}", "number")
        number = numeral
        if numeral is not None:
            starts = False
            continue
        if written:
            yield _word(written, piece, table, starts=starts)
        starts = piece in STARTS


def _numeral(piece: str, before: int | None) -> int | None:
    """The value of a number in words so far: "empat", then "belas"; None when it is none. A lone
    "satu" counts as a number too: "satu tahun"."""
    if piece in NUMERALS:
        return (before or 0) + NUMERALS[piece]
    if before is not None and piece == "belas":
        return before + 10
    if before is not None and piece == "puluh":
        return before - before % 10 + before % 10 * 10
    if before is not None and piece == "ratus":
        return before * 100
    return None


def _word(written: str, piece: str, table: Wording, *, starts: bool) -> Word:
    if piece in BREAKS:
        return Word(piece, "break")
    if piece[0] in SIGNS:
        return Word(piece[1:].upper() if piece[0] == "¶" else piece[1:], SIGNS[piece[0]])
    if YEAR.fullmatch(piece):
        return Word(piece, "date")
    if piece[0].isdigit():
        return Word(_value(piece), "number")
    slot, value = table.slots.get(piece) or table.slots.get(CLITIC.sub("", piece)) or ("", "")
    role = table.roles.get(piece, "word")
    found = stems(piece)
    keys = found.union(*(table.synonyms[stem] for stem in found if stem in table.synonyms))
    if role == "word" and not slot and (written.isupper() or (written[0].isupper() and not starts)):
        role = "name"
    return Word(piece, role, keys, slot, value)


def _value(number: str) -> str:
    """ "1.500.000,00" and "1500000" are the same number."""
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?", number):
        number = number.replace(".", "")
    plain = number.replace(",", ".")
    try:
        return f"{float(plain):.10g}"
    except ValueError:
        return plain
