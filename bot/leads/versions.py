"""The versions of a lead's draft and its approval in; what went stale, what differs and which
sources a text uses out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from rapidfuzz.distance import LCSseq

from bot.conversation.draft import Citation, Draft
from bot.texts.leads import LeadTexts

VersionKind = Literal["assistant", "edit", "redraft", "reuse"]
EditReason = Literal["salah", "kurang_lengkap", "usang", "gaya"]
EDIT_REASONS: tuple[EditReason, ...] = get_args(EditReason)
StaleKind = Literal["official_wrote", "newer_version", "source_gone", "source_status", "quote_gone"]
PieceKind = Literal["same", "removed", "added"]
# "[1]", "[1, 2]", "[1-3]"; a year in brackets is none.
MARK = re.compile(r"\[\s*(\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*)\s*\]")
RANGE = re.compile(r"(\d{1,3})(?:\s*[–-]\s*(\d{1,3}))?")
# A mark, a word or a sign with the space behind it: joined again they give the text.
TOKEN = re.compile(r"\[[\d,;– -]+\]\s*|\w+(?:[-'’./]\w+)*\s*|[^\w\s]\s*|\s+")


@dataclass(frozen=True)
class Version:
    """A text that could be sent. `author` is a Telegram id, 0 the program; `generation` the
    library that it rests on; `reason` why an edit was made, empty for the other kinds."""

    number: int
    author: int
    kind: VersionKind
    text: str
    citations: tuple[Citation, ...]
    generation: str
    made_at: datetime
    reason: EditReason | Literal[""] = ""


@dataclass(frozen=True)
class Approval:
    """Who approved which version, and the last message of the official that they could have read
    (0 when there was none)."""

    version: int
    by: int
    at: datetime
    seen_message: int


@dataclass(frozen=True)
class CurrentSource:
    """A document in the generation in use: its status and the texts of its chunks, in
    the order of the document."""

    document: str
    status: str
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Reason:
    """Why an approval holds no longer. `n` and `title` name the citation, `before` and `after`
    what changed."""

    kind: StaleKind
    n: int = 0
    title: str = ""
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class Piece:
    """A stretch of a difference. All but what was added gives the text before, all but what was
    removed the text after."""

    kind: PieceKind
    text: str


@dataclass(frozen=True)
class Marks:
    """The citations that a text uses, in order of their numbers, and the numbers that no
    citation has."""

    used: tuple[int, ...]
    unknown: tuple[int, ...]


def stale(
    approval: Approval, version: Version, latest_official_message: int, current_sources: Sequence[CurrentSource]
) -> tuple[Reason, ...]:
    """Why the approved text must not be sent; empty when it may.

    `version` is the newest of the draft, `current_sources` the documents that it cites as they
    are now. A citation that the text does not use does not count.
    """
    reasons: list[Reason] = []
    if latest_official_message > approval.seen_message:
        reasons.append(Reason("official_wrote"))
    if version.number != approval.version:
        reasons.append(Reason("newer_version", before=str(approval.version), after=str(version.number)))
    now = {source.document: source for source in current_sources}
    for citation in used_citations(version):
        reasons += _changed(citation, now.get(citation.document))
    return tuple(reasons)


def outdated(version: Version, current_sources: Sequence[CurrentSource]) -> tuple[Reason, ...]:
    """What changed in the sources of a version since it was made; empty when nothing did."""
    approval = Approval(version.number, version.author, version.made_at, seen_message=0)
    return stale(approval, version, 0, current_sources)


def stale_text(reasons: Sequence[Reason], copy: LeadTexts) -> str:
    """ "Draf usang: ..." with everything that changed; empty without a reason."""
    if not reasons:
        return ""
    told = [
        copy.stale_reasons[reason.kind].format(
            n=reason.n,
            title=reason.title,
            before=copy.statuses.get(reason.before, reason.before),
            after=copy.statuses.get(reason.after, reason.after),
        )
        for reason in reasons
    ]
    return copy.stale.format(reasons="; ".join(told))


def used_citations(version: Version) -> tuple[Citation, ...]:
    """The citations that the text uses, in order of their numbers."""
    used = marks(version.text, version.citations).used
    return tuple(sorted((c for c in version.citations if c.n in used), key=lambda c: c.n))


def marks(text: str, citations: Sequence[Citation]) -> Marks:
    """Which [n] a text uses and which of them no citation has."""
    written = {n for mark in MARK.finditer(text) for n in _numbers(mark[1])}
    known = {citation.n for citation in citations}
    return Marks(tuple(sorted(written & known)), tuple(sorted(written - known)))


def complaint(text: str, citations: Sequence[Citation], copy: LeadTexts) -> str:
    """What is wrong with an edited text, for who edited it; empty when it can be kept."""
    if not text.strip():
        return copy.edit_empty
    found = marks(text, citations)
    if not found.unknown:
        return ""
    unknown = ", ".join(f"[{n}]" for n in found.unknown)
    known = ", ".join(f"[{citation.n}]" for citation in citations)
    return (copy.unknown_marks if known else copy.unknown_marks_none).format(unknown=unknown, known=known)


def told_version(version: Version, who: str, copy: LeadTexts) -> str:
    """A line of the history: "Versi 2: ubahan oleh Rina (Gaya bahasa)"; `who` is the name to show."""
    line = copy.version_lines[version.kind].format(number=version.number, who=who)
    return f"{line} ({copy.edit_reasons[version.reason]})" if version.reason else line


def text_of(draft: Draft) -> str:
    """The draft as a text to edit: answer and points with their [n], warnings, the next step.

    Empty for a draft that answers nothing: a handover or a greeting is no response to approve.
    """
    if draft.kind != "answer":
        return ""
    parts = ["\n".join(draft.paragraphs()), *draft.warnings, draft.next_step]
    return "\n\n".join(part for part in parts if part)


def difference(before: str, after: str) -> tuple[Piece, ...]:
    """What was changed, word by word; a lone word that stayed between two changes goes with them."""
    # difflib took minutes for two texts of 4,000 words that repeat; this takes milliseconds.
    old, new = TOKEN.findall(before), TOKEN.findall(after)
    pieces: list[Piece] = []
    gone, come = "", ""
    steps = list(LCSseq.opcodes(old, new))
    for step in steps:
        is_same = step.tag == "equal"
        is_lone = is_same and step.src_end - step.src_start == 1 and step not in (steps[0], steps[-1])
        if is_same and not is_lone:
            pieces += [*_change(gone, come), Piece("same", "".join(old[step.src_start : step.src_end]))]
            gone, come = "", ""
            continue
        gone += "".join(old[step.src_start : step.src_end])
        come += "".join(new[step.dest_start : step.dest_end])
    return (*pieces, *_change(gone, come))


def as_text(pieces: Sequence[Piece]) -> str:
    """A difference as plain text: "Dewan [-Smart City-]{+Kota Cerdas+} bertugas"."""
    signs = {"same": ("", ""), "removed": ("[-", "-]"), "added": ("{+", "+}")}
    return "".join(_signed(piece, *signs[piece.kind]) for piece in pieces)


def _change(gone: str, come: str) -> list[Piece]:
    both: list[Piece] = [Piece("removed", gone), Piece("added", come)]
    return [piece for piece in both if piece.text]


def _signed(piece: Piece, opening: str, closing: str) -> str:
    """The space behind a stretch stays outside of its signs."""
    words = piece.text.rstrip()
    return f"{opening}{words}{closing}{piece.text[len(words) :]}" if words else piece.text


def _changed(citation: Citation, now: CurrentSource | None) -> list[Reason]:
    if now is None:
        return [Reason("source_gone", citation.n, citation.title)]
    reasons: list[Reason] = []
    if now.status != citation.status:
        reasons.append(Reason("source_status", citation.n, citation.title, citation.status, now.status))
    # Joined: where sections are cut into chunks may have changed with the settings.
    if _spaced(citation.quote) not in _spaced(" ".join(now.texts)):
        reasons.append(Reason("quote_gone", citation.n, citation.title))
    return reasons


def _spaced(text: str) -> str:
    return " ".join(text.split())


def _numbers(written: str) -> set[int]:
    """ "1, 3-5" gives 1, 3, 4 and 5."""
    found: set[int] = set()
    for match in RANGE.finditer(written):
        first, last = int(match[1]), int(match[2] or match[1])
        found |= set(range(first, last + 1)) if first <= last else {first, last}
    return found
