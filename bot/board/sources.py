"""A version in; its text with the marks apart, and its sources with each quote in its section, out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.conversation.draft import Citation
from bot.leads.versions import MARK, Version, marks
from knowledge.retrieve import Library

# What is shown of a section before and behind a quote; the rest opens below.
CONTEXT = 500


@dataclass(frozen=True)
class Source:
    """A citation in its section: what stands before the quote, the quote, what stands behind it.
    `section` is the whole where that is more; `status_now` is empty for what is gone."""

    n: int
    title: str
    locator: str
    status: str
    status_now: str
    is_used: bool
    before: str
    quote: str
    after: str
    section: str
    is_found: bool


def marked(text: str, citations: Sequence[Citation]) -> tuple[tuple[str, int], ...]:
    """The text in pieces; a piece that is a mark of one known source has its number, others 0."""
    known = {citation.n for citation in citations}
    pieces: list[tuple[str, int]] = []
    at = 0
    for mark in MARK.finditer(text):
        n = int(mark[1]) if mark[1].isdecimal() else 0
        pieces += [(text[at : mark.start()], 0), (mark[0], n if n in known else 0)]
        at = mark.end()
    return tuple(piece for piece in (*pieces, (text[at:], 0)) if piece[0])


def shown_sources(version: Version, library: Library) -> tuple[Source, ...]:
    """The sources of a version as the library in use has them; it reads the library."""
    used = marks(version.text, version.citations).used
    statuses = {document.key: str(document.status) for document in library.manifest.documents}
    return tuple(
        _source(citation, citation.n in used, statuses.get(citation.document, ""), library)
        for citation in version.citations
    )


def _source(citation: Citation, is_used: bool, status_now: str, library: Library) -> Source:
    section = library.section_text(citation.document, citation.group) if status_now else ""
    before, found, after = section.partition(citation.quote)
    if not found:
        before = after = ""
    return Source(
        n=citation.n,
        title=citation.title,
        locator=citation.locator,
        status=citation.status,
        status_now=status_now,
        is_used=is_used,
        before=_tail(before.lstrip()),
        quote=citation.quote,
        after=_head(after.rstrip()),
        section=section if len(before) > CONTEXT or len(after) > CONTEXT else "",
        is_found=bool(found),
    )


def _tail(text: str) -> str:
    return text if len(text) <= CONTEXT else "… " + text[-CONTEXT:].partition(" ")[2]


def _head(text: str) -> str:
    return text if len(text) <= CONTEXT else text[:CONTEXT].rpartition(" ")[0] + " …"
