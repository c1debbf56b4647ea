"""All turns in; which questions were left open and how often each document was cited out."""

from __future__ import annotations

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import Session, load_only

from bot.database.tables import Turn

LEFT_OPEN = ("handover", "clarify")


def left_open(session: Session, most: int) -> list[Turn]:
    """The latest questions that the assistant could not answer itself, newest first."""
    columns = load_only(Turn.question, Turn.kind, Turn.received_at)
    query = select(Turn).options(columns).where(Turn.kind.in_(LEFT_OPEN))
    return list(session.scalars(query.order_by(Turn.received_at.desc()).limit(most)))


def times_cited(session: Session) -> dict[str, int]:
    """How many answers have cited each document, by its key."""
    document: ColumnElement[str]
    if session.get_bind().dialect.name == "postgresql":
        cited = func.json_array_elements(Turn.draft["citations"]).table_valued("value", name="cited")
        document = cited.c.value.op("->>")("document")
    else:
        cited = func.json_each(Turn.draft, "$.citations").table_valued("value", name="cited")
        document = func.json_extract(cited.c.value, "$.document")
    query = select(document, func.count(Turn.id.distinct())).select_from(Turn).join(cited, true()).group_by(document)
    return {name: count for name, count in session.execute(query) if name}
