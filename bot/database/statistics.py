"""All leads as rows in; the facts that figures and exports are made of out."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.database import tables
from bot.database.tables import Consultant
from bot.leads.lifecycle import State
from bot.leads.statistics import LeadFacts


def facts(session: Session) -> tuple[LeadFacts, ...]:
    """What counts of every lead, oldest first."""
    names = _names(session)
    return tuple(
        LeadFacts(
            number=row.number,
            state=State(row.state),
            created_at=row.created_at,
            changed_at=row.changed_at,
            answer_due=row.answer_due,
            first_response_at=row.first_response_at,
            region=str(row.request["profile"]["region"]),
            topics=tuple(row.request["topics"]),
            owner=row.owner_id,
            owner_name=names.get(row.owner_id or 0, ""),
            is_merged=row.merged_into is not None,
        )
        for row in session.scalars(select(tables.Lead).order_by(tables.Lead.id))
    )


def _names(session: Session) -> dict[int, str]:
    return {row.id: row.name for row in session.scalars(select(Consultant))}
