"""A question in, the rules that it names out: in the library, spoken of there, or unknown to it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from knowledge.chunk import Document
from knowledge.legal_status import KINDS, kind_of, references
from knowledge.lexical import tokens
from knowledge.regional import (
    MADE_BY,
    in_region,
    region_of,
    regions_in,
    resolve,
    same_number,
    short,
    without_region,
)
from knowledge.regions import KINDS as REGION_KINDS
from knowledge.regions import find

NAME = re.compile(r"[a-z]+")
OF_ANY_MINISTRY = frozenset({"permen", "se"})
# Of a title so much has to be said.
ENOUGH = 0.6


@dataclass(frozen=True)
class Named:
    """Ids of documents; codes without a document, spoken of or not; the documents between which the
    question does not decide, rules of one number of several regions."""

    documents: tuple[str, ...]
    mentioned: tuple[str, ...]
    unknown: tuple[str, ...]
    choices: tuple[str, ...]


class NamedRules:
    """Knows the rules of one library by their numbers, regions and topics.

    `mentions` are the codes that its texts speak of, `terms` the glossary's terms with what they stand for.
    """

    def __init__(self, documents: Sequence[Document], mentions: Iterable[str], terms: Mapping[str, str]) -> None:
        self._documents = documents
        self._known = same_number(document.id for document in documents)
        self._mentions = same_number(mentions)
        self._terms = terms

    def read(self, text: str, *, of_old: bool = False) -> Named:
        """The rules that a text names, each once. By its topic ("PP Perkotaan") one that was repealed is
        meant only if the text asks for what was of old, or no other is here."""
        named: list[str] = []
        mentioned: list[str] = []
        unknown: list[str] = []
        choices: list[str] = []
        rest, numbered = text, references(text)
        for reference in reversed(numbered):
            rest = rest[: reference.start] + "#" + rest[reference.end :]
        for reference in numbered:
            code = self._meant(reference.code, text)
            here = self._documents_called(code)
            told = here if region_of(code) else told_apart(here, text)
            named += told or here
            choices += here if _is_open(here, told) else ()
            if not here:
                spoken_of = resolve(code, self._mentions)
                mentioned += spoken_of
                unknown += () if spoken_of else (code,)
        for kind, words in _kinds_named(rest):
            here = self._numbered(kind, words)
            told = told_apart(here, text)
            named += told or here or self._titled(kind, words, of_old=of_old)
            choices += here if _is_open(here, told) else ()
        return Named(*(tuple(dict.fromkeys(codes)) for codes in (named, mentioned, unknown, sorted(choices))))

    def _documents_called(self, code: str) -> tuple[str, ...]:
        kind = kind_of(code)
        if kind is None or kind not in OF_ANY_MINISTRY:
            return resolve(code, self._known)
        # "permen-8-2026" means any ministry's.
        number = code.removeprefix(kind)
        return tuple(d.id for d in self._documents if d.id.startswith(kind) and d.id.endswith(number))

    def _meant(self, code: str, text: str) -> str:
        """A regional rule's code as the whole text means it."""
        made_by = MADE_BY.get(kind_of(code) or "")
        if made_by is None:
            return code
        region = region_of(code)
        if region and not self._is_known(code):
            mended = regions_in(one.name for one in find(f"{made_by} {short(region).replace('-', ' ')}"))
            other = (in_region(without_region(code), place) for place in mended)
            likely = [one for one in other if self._is_known(one)]
            if len(likely) == 1:
                return likely[0]
            if not self._is_topic(code):
                return code
            code, region = without_region(code), ""
        # "Saya dari Kota Tegal, apa isi Perwali 7/2023?" does not ask for another city's.
        places = regions_in(one.name for one in find(text) if made_by in {"", one.kind.lower()})
        here = resolve(code, self._known)
        if not region and len(places) == 1 and here and all(region_of(one) not in {"", places[0]} for one in here):
            return in_region(code, places[0])
        return code

    def _is_known(self, code: str) -> bool:
        return bool(resolve(code, self._known) or resolve(code, self._mentions))

    def _is_topic(self, code: str) -> bool:
        """Whether what stands where the region would is what the rule is about: "perwali smart city 7/2023"."""
        words = short(region_of(code)).split("-")
        if " ".join(words) in self._terms or all(word in self._terms for word in words):
            return True
        here = resolve(without_region(code), self._known)
        return any(_share(words, document.title) >= ENOUGH for document in self._documents if document.id in here)

    def _numbered(self, kind: str, words: Sequence[str]) -> tuple[str, ...]:
        """ "perpres 95" without a year; "perwali bogor nomor 7"."""
        at = next((i for i, word in enumerate(words) if word.isdigit()), None)
        if at is None or (at and kind not in MADE_BY):
            return ()
        here = tuple(dict.fromkeys(d.id for d in self._of_kind(kind) if d.id.split("-")[-2] == words[at]))
        return told_apart(here, " ".join(words[:at])) if at else here

    def _titled(self, kind: str, words: Sequence[str], *, of_old: bool) -> tuple[str, ...]:
        """ "perpres spbe", "UU PDP" or "pp perkotaan"."""
        if not words or words[0].isdigit():
            return ()
        term = self._terms.get(words[0])
        wanted = [*tokens(term), words[0]] if term else words
        rules = self._of_kind(kind)
        scores = {d.id: _share(wanted, d.title) if term else _leading(words, d.title) for d in rules}
        best = max(scores.values(), default=0)
        best_rules = [rule for rule in rules if scores[rule.id] == best] if best >= ENOUGH else []
        in_force = [rule for rule in best_rules if rule.status != "dicabut"]
        return tuple(rule.id for rule in (best_rules if of_old or not in_force else in_force))

    def _of_kind(self, kind: str) -> list[Document]:
        return [d for d in self._documents if re.fullmatch(rf"{kind}-\d+-\d+", without_region(d.id))]


def _kinds_named(text: str) -> Iterator[tuple[str, list[str]]]:
    """The kinds of rules in a text, with the words behind each."""
    for kind, _, pattern in KINDS:
        for match in re.finditer(rf"\b(?:{pattern})\b[\s,]*(?:nomor|no\.?)?\s*((?:[\w-]+\s*){{1,4}})", text, re.I):
            words = tokens(match[1])
            if kind in MADE_BY:
                words = [word for word in words if word not in REGION_KINDS and word not in {"nomor", "no"}]
            yield kind, words


def told_apart(codes: Sequence[str], text: str) -> tuple[str, ...]:
    """Those of regional rules whose regions a text names: by kind and name ("Kota Bogor"), else by name."""
    if not any(map(region_of, codes)):
        return ()
    places = regions_in(region.name for region in find(text))
    said = f" {' '.join(NAME.findall(text.lower()))} "

    def in_whole(region: str) -> bool:
        return region in places or f" {region.replace('-', ' ')} " in said

    def in_short(region: str) -> bool:
        return f" {short(region).replace('-', ' ')} " in said

    return _where(in_whole, codes) or _where(in_short, codes)


def _where(is_said: Callable[[str], bool], codes: Sequence[str]) -> tuple[str, ...]:
    return tuple(code for code in codes if region_of(code) and is_said(region_of(code)))


def _is_open(here: Sequence[str], told: Sequence[str]) -> bool:
    """Whether several regions' rules of one number are here and it was not said whose is meant."""
    if len(set(map(region_of, here))) < 2:
        return False
    regions = set(map(region_of, told))
    return not told or len(set(map(short, regions))) < len(regions)


def _share(wanted: Sequence[str], title: str) -> float:
    have = set(tokens(title))
    return sum(word in have for word in wanted) / len(wanted) if wanted else 0.0


def _leading(words: Sequence[str], title: str) -> float:
    """Share of the title's words that the question spells out, when it begins with one of them."""
    have = [word for word in tokens(title) if not word.isdigit()]
    if words[0] not in have:
        return 0.0
    said = sum(word in have for word in words)
    return max(said / max(1, len(words)), said / max(1, len(have)))
