"""Versions that a chat model is to write anew, as rows: one of a lead, from the wish to its end. Each
function is a part of a transaction of its caller."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.database.board_tables import LeadRedraft
from bot.database.leads import Acting
from bot.database.tables import LeadVersion, now


def ask(session: Session, acting: Acting, version: LeadVersion, wish: str) -> LeadRedraft | None:
    """Keep what is wanted, in the place of what was wanted before; None while that is under way."""
    before = session.get(LeadRedraft, acting.lead.id)
    if before is not None and before.is_open:
        return None
    if before is not None:
        session.delete(before)
        session.flush()
    row = LeadRedraft(
        lead_id=acting.lead.id,
        version_id=version.id,
        wish=wish,
        person_id=acting.person,
        person_name=acting.name,
    )
    session.add(row)
    session.flush()
    return row


def open_ones(session: Session) -> list[int]:
    """The leads that wait for one, the oldest wish first."""
    query = select(LeadRedraft.lead_id).where(LeadRedraft.is_open).order_by(LeadRedraft.asked_at)
    return list(session.scalars(query))


def begin(session: Session, lead: int) -> tuple[LeadRedraft, LeadVersion] | None:
    """Count an attempt; the wish and the version that it is about, None when it has ended."""
    row = session.get(LeadRedraft, lead)
    if row is None or not row.is_open:
        return None
    row.attempts += 1
    return row, session.get_one(LeadVersion, row.version_id)


def end(row: LeadRedraft, why: str = "") -> None:
    """Close it; `why` nothing came of it."""
    row.is_open, row.why, row.changed_at = False, why, now()
