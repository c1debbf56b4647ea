"""How far the rows of all leads have come, out of the database for next to nothing; and which leads
have changed since an earlier such moment."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, literal_column, select, union
from sqlalchemy.orm import Session

from bot.database.board_tables import LeadNote
from bot.database.tables import Base, Lead, LeadFile, LeadMessage, LeadMove, LeadVersion

ROW = "rowid"


@dataclass(frozen=True)
class Mark:
    """The last row of every table that tells of leads."""

    lead: int
    move: int
    version: int
    message: int
    note: int
    file: int


KINDS: tuple[type[Base], ...] = (Lead, LeadMove, LeadVersion, LeadMessage, LeadNote, LeadFile)


def mark(session: Session) -> Mark:
    """How far the rows have come."""
    lasts = [select(func.coalesce(func.max(_row(kind)), 0)).select_from(kind).scalar_subquery() for kind in KINDS]
    return Mark(*session.execute(select(*lasts)).one())


def changed_since(session: Session, before: Mark) -> list[str]:
    """The tokens of the leads that have rows since then."""
    parts: list[Any] = [select(Lead.id).where(Lead.id > before.lead)]
    for kind, last in list(zip(KINDS, astuple(before), strict=True))[1:]:
        table = kind.__table__
        parts.append(select(table.c.lead_id).where(_row(kind) > last))
    return list(session.scalars(select(Lead.token).where(Lead.id.in_(union(*parts).subquery().select()))))


def _row(kind: type[Base]) -> ColumnElement[int]:
    """SQLite's own number of a row, which grows whatever the table's key is."""
    return literal_column(f"{kind.__tablename__}.{ROW}")
