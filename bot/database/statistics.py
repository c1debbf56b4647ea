"""All leads as rows in; the facts that figures and exports are made of out."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.database import leads, tables
from bot.database.tables import Consultant, Export
from bot.leads.export import Exported
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


def exported(session: Session, since: datetime | None = None) -> tuple[Exported, ...]:
    """Every lead of that time with what an export tells of it, oldest first."""
    names = _names(session)
    numbers = dict(session.execute(select(tables.Lead.id, tables.Lead.number)).tuples().all())
    query = select(tables.Lead).order_by(tables.Lead.id)
    query = query.where(tables.Lead.created_at >= since) if since else query
    return tuple(
        Exported(
            lead=leads.lead_of(row),
            state=State(row.state),
            owner=names.get(row.owner_id or 0, ""),
            answer_due=row.answer_due,
            first_response_at=row.first_response_at,
            merged_into=numbers.get(row.merged_into or 0, ""),
        )
        for row in session.scalars(query)
    )


def note_export(session: Session, who: int, form: str, since: datetime | None, count: int) -> None:
    """Keep who took personal data out of the database, when and how much."""
    session.add(Export(who=who, form=form, since=since, leads=count))


def _names(session: Session) -> dict[int, str]:
    return {row.id: row.name for row in session.scalars(select(Consultant))}
