"""How far the rows of all leads have come, out of the database for next to nothing; and which leads
have changed since an earlier such moment."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select, union
from sqlalchemy.orm import InstrumentedAttribute, Session

from bot.database.board_tables import LeadNote, LeadRedraft
from bot.database.tables import Lead, LeadFile, LeadMessage, LeadMove, LeadVersion

# By the lead that it tells of, what grows with every row or change of a table; each has an index.
GROWING: tuple[tuple[InstrumentedAttribute[int], InstrumentedAttribute[Any]], ...] = (
    (Lead.id, Lead.id),
    (LeadMove.lead_id, LeadMove.id),
    (LeadVersion.lead_id, LeadVersion.made_at),
    (LeadMessage.lead_id, LeadMessage.id),
    (LeadNote.lead_id, LeadNote.id),
    (LeadFile.lead_id, LeadFile.id),
    (LeadRedraft.lead_id, LeadRedraft.changed_at),
)
# The greatest of each, None for a table without rows.
Mark = tuple[Any, ...]


def mark(session: Session) -> Mark:
    """How far the rows have come."""
    lasts = [select(func.max(grows)).scalar_subquery() for _, grows in GROWING]
    return tuple(session.execute(select(*lasts)).one())


def changed_since(session: Session, before: Mark) -> list[str]:
    """The tokens of the leads that have rows since then."""
    parts = [
        select(lead) if last is None else select(lead).where(grows > last)
        for (lead, grows), last in zip(GROWING, before, strict=True)
    ]
    return list(session.scalars(select(Lead.token).where(Lead.id.in_(union(*parts).subquery().select()))))
