"""Parsed documents in, what the library says of each out: identity, title, legal status. Of the texts it keeps
nothing."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from knowledge.chunk import Document
from knowledge.curation import Decisions, Notes
from knowledge.in_force import NOT_YET, on, status_at
from knowledge.legal_graph import (
    Claim,
    Edge,
    LegalGraph,
    Origin,
    Relation,
    build_graph,
    claim_of_admin,
    claim_of_head,
    claim_of_text,
    code_of_head,
)
from knowledge.legal_status import identify, shown
from knowledge.legal_text import read_text
from knowledge.ocr_errors import corrected
from knowledge.parse import ParsedDocument
from knowledge.regional import in_full, in_region, region_of, same_number
from knowledge.sources import Status

DRAFT_HEAD = re.compile(r"\bRANCANGAN\s+(?:UNDANG|PERATURAN|KEPUTUSAN|INSTRUKSI)\b")
HEAD = 1500
# Number, title and issuer stand here; a title is mended where OCR misread it.
FIRST_PAGE = 4000


@dataclass(frozen=True)
class Described:
    """All documents of a generation in the order in which they were given, and their graph."""

    read: tuple[Document, ...]
    kept: tuple[Document, ...]
    graph: LegalGraph


def describe(
    read: Sequence[tuple[Document, Claim | None]],
    kept: Sequence[Document],
    before: LegalGraph,
    decisions: Decisions,
) -> Described:
    """Describe what was read (by `describe_one`) with its standing, and anew what was kept from the graph `before`.

    `decisions` are those of admins on rules. What was kept cannot be read now, but what it said of others
    still holds.
    """
    claims = [claim_of_admin(code, by) for code, by in decisions.repealed.items()]
    claims += [claim for _, claim in read if claim]
    claims += [_claim_of_kept(document, before.edges) for document in kept]
    graph = build_graph(claims, decisions.confirmed, decisions.rejected)
    known = same_number(code for code in graph.by_code if region_of(code))
    return Described(
        tuple(_with_standing(document, graph, known) for document, _ in read),
        tuple(_with_standing(document, graph, known) for document in kept),
        graph,
    )


def describe_one(parsed: ParsedDocument) -> tuple[Document, Claim | None]:
    """A document before its standing is known, and what it claims."""
    source, front = parsed.source, parsed.front_matter
    key = str(source.path)
    if front:
        document = Document(
            key, source.name, code_of_head(front), front.title, front.kind, front.number, front.status, (), (),
            None, front.confidence, True, source.sha256, quarantined=parsed.quarantined,
        )  # fmt: skip
        return document, claim_of_head(front, key)
    code, heading = identify(corrected(parsed.text[:FIRST_PAGE]), source.name)
    document = Document(
        key=key,
        source=source.name,
        id=code or Path(source.name).stem,
        title=_title(parsed, code, heading),
        kind="regulasi" if code else "dokumen",
        number=shown(code) if code else None,
        status=Status.IN_FORCE,
        repealed_by=(),
        amended_by=(),
        in_force_from=None,
        confidence="A",
        curated=False,
        sha256=source.sha256,
        quarantined=parsed.quarantined,
    )
    if not code:
        return document, None
    is_draft = bool(DRAFT_HEAD.search(parsed.text[:HEAD]))
    reading = read_text(parsed.text, heading)
    return document, claim_of_text(code, key, document.title, reading, is_draft=is_draft)


def with_notes(document: Document, claim: Claim | None, notes: Notes | None) -> tuple[Document, Claim | None]:
    """A document as an admin's notes on its file describe it; what the notes leave out stays as it was read."""
    if notes is None:
        return document, claim
    one = replace(
        document,
        id=in_region(notes.id, region_of(document.id)) if notes.id else document.id,
        title=notes.title or document.title,
        kind=notes.kind or document.kind,
        number=notes.number or document.number,
        confidence=notes.confidence or document.confidence,
    )
    pairs = [
        *((one.id, Relation.REPEALS, code) for code in notes.repeals),
        *((code, Relation.REPEALS, one.id) for code in notes.repealed_by or ()),
        *((code, Relation.AMENDS, one.id) for code in notes.amended_by or ()),
    ]
    before = claim or Claim(one.id, one.key, one.title)
    read = tuple(replace(edge, by=one.id) if edge.by == before.code else edge for edge in before.edges)
    return one, replace(
        before,
        code=one.id,
        title=one.title,
        edges=(*(Edge(*pair, Origin.FRONT_MATTER) for pair in pairs), *read),
        status=notes.status or before.status,
        in_force_from=notes.in_force_from.isoformat() if notes.in_force_from else before.in_force_from,
    )


def _claim_of_kept(document: Document, edges: Sequence[Edge]) -> Claim:
    own = tuple(e for e in edges if document.id in {e.by, e.of} and e.origin != Origin.DECIDED)
    own_status = Status.IN_FORCE if document.status == NOT_YET else Status(document.status)
    status = own_status if document.curated else None
    return Claim(
        document.id, document.key, document.title, own, None, status, document.in_force_from, document.in_force_until
    )


def _with_standing(document: Document, graph: LegalGraph, known: Mapping[str, Collection[str]]) -> Document:
    document = replace(document, id=in_full(document.id, known))
    standing = graph.by_code.get(document.id)
    if standing is None:
        return document
    today = on(date.today())
    return replace(
        document,
        status=str(status_at(standing, document.id, today)),
        repealed_by=standing.repealed_by,
        replaced_by=graph.instead_of(document.id, today),
        amended_by=standing.amended_by,
        in_force_from=standing.in_force_from,
        in_force_until=standing.in_force_until,
        status_is_read=standing.is_read,
    )


def _title(document: ParsedDocument, code: str | None, title: str | None) -> str:
    if code:
        return shown(code) + (f" tentang {_readable(title)}" if title else "")
    for line in document.text[:2000].splitlines():
        words = line.strip(" #*_\t\f")
        if len(words) >= 8 and not words.startswith(("![", "http")):
            return words[:120]
    return Path(document.source.name).stem.replace("-", " ").replace("_", " ")


def _readable(title: str) -> str:
    small = {"dan", "atas", "di", "ke", "dari", "dengan", "antara", "tentang", "untuk", "pada", "serta", "atau"}
    words = [w.lower() if w.lower() in small else w.capitalize() for w in title.split()]
    return " ".join(words)[:160]
