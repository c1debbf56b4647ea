"""What a search found in, the warnings about rules that are repealed, or were others then, out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from bot.texts import Language, Texts
from knowledge.chunk import Document
from knowledge.found import Found
from knowledge.in_force import NOT_YET, shown_day
from knowledge.legal_status import references, shown, year_of
from knowledge.rank import Passage
from knowledge.sources import Status

REPEALS = re.compile(r"\b(?:mencabut|membatalkan|menghapus|repeal(?:s|ed|ing)|revok(?:es|ed|ing))\W+$", re.I)
REPEALED = re.compile(
    r"^\W+(?:\w+\W+){0,3}?(?:dicabut|(?:tidak|tdk|tak|ga[k]?|nggak|bukan)\s+(?:lagi\s+)?berlaku|dihapus|dibatalkan|"
    r"repealed|revoked|no\s+longer\s+(?:valid|in\s+force))\b",
    re.I,
)
IN_FORCE = frozenset({Status.IN_FORCE, Status.AMENDED})


def banner(found: Found, cited: Iterable[str], copy: Texts) -> list[str]:
    """What stands above an answer: the time that it is about, and repealed rules that the
    question names but the answer does not cite (`cited` are documents' keys)."""
    lines = [copy.as_of.format(when=found.query.when.words)] if found.query.when else []
    keys = set(cited)
    said = {passage.document.id for passage in found.passages if passage.document.key in keys}
    for code, instead in found.repealed.items():
        if code not in said:
            lines.append(repealed(shown(code), (), instead, copy))
    return [*lines, *(copy.not_repealed.format(title=shown(code)) for code in _taken_for_repealed(found))]


def _taken_for_repealed(found: Found) -> Iterator[str]:
    """Rules in force that the question takes for repealed, or asks whether they are."""
    text = found.query.text
    in_force = {
        p.document.id for p in found.passages if p.document.kind == "regulasi" and p.document.status in IN_FORCE
    }
    for reference in references(text):
        says_so = REPEALED.search(text[reference.end :]) or REPEALS.search(text[: reference.start])
        if says_so and reference.code in in_force and not found.query.when:
            yield reference.code


def warnings_then(passage: Passage, copy: Texts, language: Language) -> list[str]:
    """What has to be known of a document's status at the time asked about, and since."""
    now, then = passage.document, passage.then or passage.document
    if then.status == NOT_YET:
        return [not_yet(now, copy, language)]
    if then.status == Status.REPEALED:
        return [repealed(_title(now), then.repealed_by, then.replaced_by, copy)]
    if now.status != Status.REPEALED:
        return []
    if not (now.repealed_by and now.in_force_until):
        return [copy.repealed.format(title=_title(now))]
    until, by = shown_day(now.in_force_until, language), _names(now.repealed_by)
    instead = _names(now.replaced_by) or by
    return [copy.repealed_since.format(title=_title(now), by=by, until=until, instead=instead)]


def repealed(title: str, by: Sequence[str], instead: Sequence[str], copy: Texts) -> str:
    """That a rule is repealed, by what, and what applies instead."""
    if not (by or instead):
        return copy.repealed.format(title=title)
    return copy.repealed_by.format(title=title, by=_names(by or instead), instead=_names(instead or by))


def not_yet(document: Document, copy: Texts, language: Language) -> str:
    """That a rule is in force only from a later day on."""
    since = document.in_force_from or year_of(document.id) or ""
    return copy.not_yet.format(title=_title(document), since=shown_day(since, language))


def _title(document: Document) -> str:
    # The title of a repealed rule says so itself.
    return document.title.removesuffix(f" ({Status.REPEALED})")


def _names(codes: Sequence[str]) -> str:
    return ", ".join(shown(code) for code in codes)
