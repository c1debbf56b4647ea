"""What a search found in, the warnings about rules that are repealed, or were others then, out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.texts import Language, Texts
from knowledge.chunk import Document
from knowledge.found import Found
from knowledge.in_force import NOT_YET, shown_day
from knowledge.legal_status import shown, year_of
from knowledge.rank import Passage
from knowledge.sources import Status


def banner(found: Found, cited: Iterable[str], copy: Texts) -> list[str]:
    """What stands above an answer: the time that it is about, and repealed rules that the
    question names but the answer does not cite (`cited` are documents' keys)."""
    lines = [copy.as_of.format(when=found.query.when.words)] if found.query.when else []
    keys = set(cited)
    said = {passage.document.id for passage in found.passages if passage.document.key in keys}
    for code, instead in found.repealed.items():
        if code not in said:
            lines.append(repealed(shown(code), (), instead, copy))
    return lines


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
