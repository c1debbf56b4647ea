"""Approved responses that may be used again, as rows: marked, suggested, retired. Each function is
a part of a transaction of its caller."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.conversation.draft import Citation
from bot.conversation.mask import mask
from bot.database import leads, tables
from bot.database.tables import LeadVersion, Reusable, now
from bot.leads.lifecycle import State
from bot.leads.versions import used_citations

# Leads that are looked at in one round.
AT_ONCE = 20


@dataclass(frozen=True)
class Suggestion:
    """A response that fits a lead: the number of the lead that it was written for, the question,
    and the sources that it uses."""

    id: str
    number: str
    question: str
    citations: tuple[Citation, ...]


def question_of(lead: tables.Lead) -> str:
    """What a lead asks, without personal data: its need, else the last question before it."""
    held = leads.lead_of(lead)
    return mask(held.need.strip() or next(reversed(held.turns), ""))


def mark(session: Session, version: LeadVersion, person: int) -> Reusable | None:
    """Let an approved version be suggested; None when it was marked before and still is."""
    known = session.scalar(select(Reusable).where(Reusable.version_id == version.id))
    if known is not None and known.retired_at is None:
        return None
    row = known or Reusable(version_id=version.id)
    row.question = question_of(session.get_one(tables.Lead, version.lead_id))
    row.marked_by, row.marked_at, row.retired_at, row.why, row.checked = person, now(), None, "", ""
    session.add(row)
    session.flush()
    return row


def active(session: Session) -> list[Reusable]:
    """What may be suggested."""
    return list(session.scalars(select(Reusable).where(Reusable.retired_at.is_(None)).order_by(Reusable.marked_at)))


def unchecked(session: Session, generation: str) -> list[tuple[Reusable, LeadVersion]]:
    """What has not been compared with this generation of the library."""
    query = select(Reusable, LeadVersion).join(LeadVersion, Reusable.version_id == LeadVersion.id)
    query = query.where(Reusable.retired_at.is_(None), Reusable.checked != generation)
    return [(row, version) for row, version in session.execute(query)]


def retire(row: Reusable, why: str) -> None:
    """Suggest it no more."""
    row.retired_at, row.why = now(), why


def number_of(session: Session, row: Reusable) -> str:
    """The number of the lead that it was written for."""
    version = session.get_one(LeadVersion, row.version_id)
    return session.get_one(tables.Lead, version.lead_id).number


def suggested(session: Session, lead: tables.Lead) -> list[Suggestion]:
    """The responses that were found for a lead and still hold, the most similar first."""
    found = []
    for identifier in lead.suggested or ():
        row = session.get(Reusable, identifier)
        if row is not None and row.retired_at is None:
            version = session.get_one(LeadVersion, row.version_id)
            used = used_citations(leads.version_of(version))
            found.append(Suggestion(row.id, number_of(session, row), row.question, used))
    return found


def not_looked_at(session: Session) -> list[tables.Lead]:
    """New leads for which nobody has looked for a similar one, oldest first."""
    query = select(tables.Lead).where(tables.Lead.suggested.is_(None), tables.Lead.state == State.BARU)
    return list(session.scalars(query.order_by(tables.Lead.id).limit(AT_ONCE)))
