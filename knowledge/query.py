"""A question as it was typed in, what to search for out.

Abbreviations and informal spellings are spelled out by the glossary, typing mistakes are
mended against the library's own vocabulary, and regulations and articles that the question
names are recognised.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Literal
from unicodedata import normalize

from rapidfuzz import process
from rapidfuzz.distance import OSA
from wordfreq import zipf_frequency

from knowledge.characters import without_unseen
from knowledge.chunk import Document
from knowledge.in_force import Period, period_in
from knowledge.legal_status import ARTICLE, SHOWN
from knowledge.lexical import STOP_WORDS, tokens
from knowledge.named_rules import NamedRules

GLOSSARY = Path(__file__).with_name("glossary.csv")
INFORMAL = {"tidak-baku", "ejaan"}
ENGLISH_TERM = "inggris"
LONGEST_TERM = 5
# Zipf frequency in everyday Indonesian above which a word is a word, not a mistake.
EVERYDAY = 1.5
# Above this one it is as often written as spoken ("nyatakan"), and is left alone.
WELL_KNOWN = 3.0
WORD = re.compile(r"[\w/-]+")
MORE_ARTICLES = re.compile(
    r"\s*(,|&|dan|and|serta|sampai(?:\s+dengan)?|s\.?d\.?|sd|hingga|to|-)\s*(?:pasal\s+)?(\d{1,3})\b(?!\s*(?:/|tahun\b|persen\b|%))",
    re.I,
)
LONGEST_RANGE = 10
# What everyday speech puts before a verb, and what is written instead.
SPOKEN_PREFIXES = {"nge": ("menge", ""), "ng": ("meng", "", "k"), "ny": ("meny", "s"), "ke": ("ter",)}
MIN_STEM = 2
VOWEL = re.compile(r"[aeiou]")
CLITIC = re.compile(r"(?:nya|kah|lah|pun)$")
# Below this similarity (1 - edits / length) a word stays as it was typed.
MIN_SIMILARITY = 0.74
ENGLISH = frozenset(
    """the of is are was were what which who whom whose when where why how does do did must shall
    should can could may might our we us they their there this that these those and or for with
    from by an be been has have had need required about into according please tell explain list
    give under good morning afternoon evening hello thanks thank sir any many much it its you your i my
    me to in on at as if not""".split()
)
INDONESIAN = frozenset(
    """yang dan di ke dari untuk apa apakah siapa kapan berapa bagaimana mengapa kenapa dimana mana
    dengan pada dalam adalah ini itu tidak bukan ada bisa boleh harus wajib kami kita saya anda
    atau oleh sudah belum akan menurut tentang jelaskan sebutkan tolong mohon yg utk dgn apa2
    gmn brp kpn dmn sdh blm aja saja kah nya juga masih kalau jika agar karena""".split()
)
# In Sumatra a question ends "boleh dak?" (boleh tidak), which no Dana Alokasi Khusus is meant by.
DAK_FOR_NOT = re.compile(r"\b(boleh|bisa|biso|perlu|wajib|harus)\s+dak\b(?=\W*$)")
# "Selamat pagi, izin bertanya pak, ..." says nothing of the topic; in the library an "izin" is a permit.
COURTESY = re.compile(
    r"^\W*(?:(?:assalamu\W?alaikum|wr\.?\s?wb|(?:selamat\s+)?(?:pagi|siang|sore|malam)|hall?o+|hai|permisi|punten|maaf|"
    r"bapak/ibu|bapak|ibu|pak|bu|min|admin|kak|mas|mbak|saya|kami|sebelumnya)\W+)*"
    r"(?:(?:(?:mohon|minta|mau|ingin|pengen|numpang|boleh|bisa|izin|ijin)\s+)+(?:bertanya|tanya|nanya)\b|"
    r"(?:mohon\s+)?(?:izin|ijin)\s+konsultasi\b|"
    r"(?:mohon|minta)\s+(?:arahan|petunjuk|pencerahan|masukan|info(?:rmasi)?)(?:nya)?(?=\s*[,:.!]|\s+(?:pak|bu|bapak|ibu|min|kak)\b)|"
    r"(?:bertanya|tanya|nanya|(?:mohon\s+)?(?:izin|ijin))(?=\s*[,:.!]|\s+(?:pak|bu|bapak|ibu|min|kak|dong|nih)\b))"
    r"(?:\W+(?:ya|nih|dong|pak|bu|bapak/ibu|bapak|ibu|kak|min|admin|dulu|sedikit|terkait|tentang|soal|mengenai)\b)*"
    r"\W+(?=\w)",
    re.I,
)
ASKS_FOR_OLD = re.compile(
    r"\b(?:dicabut|mencabut|cabut|lama|dulu|dahulu|sebelum(?:nya)?|tak berlaku|rancangan|draf|draft|rpm|konsep|"
    r"masih\s+(?:berlaku|dipakai|digunakan)|msh|repealed|replaced|old|former|ganti\w*|digantikan|menggantikan|sejarah)\b",
    re.I,
)
ASKS_FOR_NOW = re.compile(
    r"\b(?:sekarang|skrg|skrng|skg|kini|saat\s+ini|terkini|terbaru|tahun\s+ini|now|nowadays|current(?:ly)?|latest|today)\b",
    re.I,
)


@dataclass(frozen=True)
class Query:
    """`expanded` is for the encoder; `words`, `related` and `earlier` (those of the turns
    before that a follow-up leans on) are for BM25, the latter two with less weight.

    Of the regulations that the question names, `documents` are ids in the library,
    `mentioned` have no document but are spoken of, and of `unknown` the library knows
    nothing. `articles` are article numbers. `choices` are those of the documents between which the
    question does not decide: rules of one number of several regions. `when` is the time whose law is asked for, None
    for the present.
    """

    text: str
    expanded: str
    words: tuple[str, ...]
    related: tuple[str, ...]
    documents: tuple[str, ...]
    mentioned: tuple[str, ...]
    unknown: tuple[str, ...]
    articles: tuple[str, ...]
    asks_for_old: bool
    language: Literal["id", "en"]
    earlier: tuple[str, ...] = ()
    when: Period | None = None
    choices: tuple[str, ...] = ()
    asks_for_now: bool = False


@dataclass(frozen=True)
class Term:
    """A row of the glossary: a term, what it stands for, and other ways of writing it."""

    term: str
    expansion: str
    type: str
    variants: tuple[str, ...]

    @property
    def helps_encoder(self) -> bool:
        """Abbreviations and English terms; that "perpres" is a peraturan presiden says nothing."""
        return self.type != "regulasi" and (self.term.isupper() or self.type == ENGLISH_TERM)

    @property
    def is_informal(self) -> bool:
        """Whether the expansion replaces the term instead of standing beside it."""
        return self.type in INFORMAL


def read_glossary(file: Path = GLOSSARY) -> list[Term]:
    """The rows of the glossary."""
    with file.open(encoding="utf-8", newline="") as lines:
        return [
            Term(
                row["term"].strip(),
                row["expansion_id"].strip(),
                row["type"].strip(),
                tuple(v.strip() for v in row["variants_or_synonyms"].split("|") if v.strip()),
            )
            for row in csv.DictReader(lines)
        ]


class QueryReader:
    """Reads questions against one library: its vocabulary (word -> frequency), its documents,
    and the codes of all regulations that they speak of."""

    def __init__(
        self, vocabulary: Mapping[str, int], documents: Sequence[Document], mentions: frozenset[str] = frozenset()
    ) -> None:
        self._vocabulary = vocabulary
        glossary = read_glossary()
        self._informal = _table([term for term in glossary if term.is_informal])
        self._terms = _table([term for term in glossary if not term.is_informal])
        self._rules = NamedRules(documents, mentions, {name: term.expansion for name, term in self._terms.items()})

    def read(self, text: str, earlier: str = "") -> Query:
        """Understand one question, and what of the turns before it leans on."""
        text, earlier = (normalize("NFKC", without_unseen(part)[0]) for part in (text, earlier))
        language = language_of(text)
        now, mended = self._spelled_out(COURTESY.sub("", text), language)
        before, _ = self._spelled_out(earlier, language_of(earlier))
        plain = f"{before} {now}".strip()
        said = [word for word in tokens(now) if language == "id" or word not in ENGLISH]
        words = dict.fromkeys(filter(None, [*map(self._without_clitic, said), *self._joined(now), *mended]))
        terms = [term for term in _matches(plain, self._terms) if language == "en" or term.type != ENGLISH_TERM]
        related = [
            word for term in terms for word in tokens(f"{term.term} {term.expansion}") if word not in tokens(plain)
        ]
        expansions = [
            term.expansion for term in terms if term.helps_encoder and term.expansion.lower() not in plain.lower()
        ]
        expanded = f"{plain} ({'; '.join(expansions)})" if expansions else plain
        asks_for_old = bool(ASKS_FOR_OLD.search(plain))
        when = period_in(now, date.today()) or period_in(before, date.today())
        named = self._rules.read(plain, of_old=asks_for_old or when is not None)
        return Query(
            text=f"{earlier} {text}" if earlier else text,
            expanded=expanded,
            words=tuple(words),
            related=tuple(dict.fromkeys(related)),
            documents=named.documents,
            mentioned=named.mentioned,
            unknown=named.unknown,
            choices=named.choices,
            articles=tuple(dict.fromkeys(_articles(plain))),
            asks_for_old=asks_for_old,
            asks_for_now=bool(ASKS_FOR_NOW.search(plain)),
            language=language,
            earlier=tuple(
                word for word in dict.fromkeys(map(self._without_clitic, tokens(before))) if word and word not in words
            ),
            when=when,
        )

    def is_informal(self, text: str) -> bool:
        """Whether a word of the text is one that `read` would spell out."""
        return any(word.lower() in self._informal for word in WORD.findall(text))

    def _spelled_out(self, text: str, language: str) -> tuple[str, list[str]]:
        """The question in standard words; what was mended is added for BM25 as well."""
        mended: list[str] = []
        shouts = text.isupper()

        def standard(match: re.Match[str]) -> str:
            word = match[0]
            # "SMP" is a school, "smp" may be "sampai".
            is_name = word.isupper() and len(word) > 2 and not shouts
            informal = None if is_name else self._informal.get(word.lower())
            if informal:
                return informal.expansion
            better = self._mended(word.lower()) if language == "id" else None
            if better:
                mended.extend(tokens(better))
                return better
            return word

        return WORD.sub(standard, DAK_FOR_NOT.sub(r"\1 tidak", text)), mended

    def _joined(self, text: str) -> list[str]:
        """The words of a compound ("KUA-PPAS"), which a text may write apart."""
        pairs = [word.split("-") for word in tokens(text) if "-" in word]
        apart = [word for pair in pairs if len(set(pair)) == len(pair) for word in pair]
        return [word for word in apart if not word.isdigit() and word in self._vocabulary]

    def _without_clitic(self, word: str) -> str:
        """ "bobotnya" -> "bobot", when the library knows the shorter word better; "" for "bolehkah"."""
        stem = CLITIC.sub("", word)
        if stem in STOP_WORDS:
            return ""
        return stem if self._vocabulary.get(stem, 0) > self._vocabulary.get(word, 0) else word

    def _mended(self, word: str) -> str | None:
        """The word of the vocabulary that a mistyped `word` most likely meant."""
        known = (
            len(word) < 4
            or not word.isalpha()
            or word in self._vocabulary
            or word in STOP_WORDS
            or word in self._terms
            or word in INDONESIAN
            or word in SHOWN
        )
        stem = CLITIC.sub("", word)
        if word not in self._terms and zipf_frequency(word, "id") < WELL_KNOWN:
            # A library's own questions may say it as people do; how it is written is there far more often.
            often = max(2, 3 * self._vocabulary.get(word, 0))
            spoken = next((written for written in _written(word) if self._vocabulary.get(written, 0) >= often), None)
            if spoken:
                return spoken
        if known or stem in self._vocabulary or max(zipf_frequency(w, "id") for w in (word, stem)) > EVERYDAY:
            return None
        informal = process.extractOne(word, self._long_informal, scorer=OSA.normalized_similarity, score_cutoff=0.85)
        if informal:
            return self._informal[informal[0]].expansion
        found = process.extract(
            word, self._frequent, scorer=OSA.normalized_similarity, score_cutoff=MIN_SIMILARITY, limit=5
        )
        if not VOWEL.search(word):
            # Another abbreviation is another thing ("PPDB", "PPDP"), unless its letters were only mixed up.
            found = [item for item in found if sorted(item[0]) == sorted(word)]
        if not found:
            return None
        best = max(found, key=lambda item: (round(item[1], 2), self._vocabulary.get(item[0], 0)))
        return best[0]

    @cached_property
    def _frequent(self) -> list[str]:
        # A word that occurs once may itself be a scanner's mistake.
        terms = [term for term in self._terms if " " not in term and len(term) >= 4]
        words = [w for w, n in self._vocabulary.items() if n >= 2 and len(w) >= 4 and w.isalpha()]
        return list(dict.fromkeys([*words, *terms]))

    @cached_property
    def _long_informal(self) -> list[str]:
        return [word for word in self._informal if len(word) >= 4]


def language_of(text: str) -> Literal["id", "en"]:
    """English when its function words outnumber the Indonesian ones."""
    words = [word.lower() for word in re.findall(r"[A-Za-z]+", text)]
    english = sum(word in ENGLISH for word in words)
    indonesian = sum(word in INDONESIAN for word in words)
    return "en" if english > indonesian else "id"


def _written(word: str) -> Iterator[str]:
    """What a spoken form may stand for in writing: "ngutang" utang, "nyusun" susun, "dimasukin" dimasukkan."""
    begins = [word]
    for prefix, instead in SPOKEN_PREFIXES.items():
        if word.startswith(prefix) and len(word) > len(prefix) + MIN_STEM:
            begins += [written + word[len(prefix) :] for written in instead]
    for begin in begins:
        if begin.endswith("in") and len(begin) > 2 + MIN_STEM:
            yield from (begin[:-2] + "kan", begin[:-2] + "i")
        if begin != word:
            yield begin


def _articles(text: str) -> Iterator[str]:
    """Article numbers: "pasal 61", "pasal 63 dan 64", "pasal 63 sampai 65"."""
    for match in ARTICLE.finditer(text):
        last = match[1]
        yield last
        at = match.end()
        while more := MORE_ARTICLES.match(text, at):
            is_range = more[1].lower() not in {"dan", "and", "serta", "&", ","}
            if is_range and last.isdigit() and 0 < int(more[2]) - int(last) <= LONGEST_RANGE:
                yield from map(str, range(int(last) + 1, int(more[2])))
            last, at = more[2], more.end()
            yield last


def _table(terms: Sequence[Term]) -> dict[str, Term]:
    table: dict[str, Term] = {}
    for term in terms:
        for name in (term.term, *term.variants):
            table.setdefault(name.lower(), term)
    for term in terms:
        if not term.is_informal:
            table.setdefault(term.expansion.lower(), term)
    return table


def _matches(text: str, table: Mapping[str, Term]) -> list[Term]:
    """Glossary terms in the text, the longest at each place."""
    words = [word.strip("-").lower() for word in WORD.findall(text)]
    found: list[Term] = []
    at = 0
    while at < len(words):
        for length in range(min(LONGEST_TERM, len(words) - at), 0, -1):
            term = table.get(" ".join(words[at : at + length]))
            if term:
                found.append(term)
                at += length
                break
        else:
            at += 1
    return list(dict.fromkeys(found))
