"""The message of a group that says "one moment" while a model writes: a row of the outbox like any
other, so that the answer can take its place, also after a crash."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.database.tables import OutboxMessage, OutboxState
from bot.telegram import outbox
from bot.telegram.outbox import Outgoing

PURPOSE = "answer of {update}"


def put(session: Session, update: int, message: Outgoing) -> None:
    """Put it in line as the first part of what will be the answer; once for an update."""
    if _row(session, update) is None:
        (identifier,) = outbox.add(session, message)
        row = session.get_one(OutboxMessage, identifier)
        row.purpose, row.part = PURPOSE.format(update=update), 0


def message_id(session: Session, update: int) -> int | None:
    """Its number in the chat, None as long as it has not arrived."""
    row = _row(session, update)
    return row.message_id if row and row.state == OutboxState.SENT else None


def give(session: Session, update: int, turn: str) -> bool:
    """Make it the first part of the answer of `turn`; False when there is none."""
    row = _row(session, update)
    if row is None:
        return False
    row.turn_id, row.purpose = turn, None
    return True


def _row(session: Session, update: int) -> OutboxMessage | None:
    return session.scalar(select(OutboxMessage).where(OutboxMessage.purpose == PURPOSE.format(update=update)))
