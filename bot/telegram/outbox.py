"""Messages in, as rows of the transaction that decided on them; they leave after it, in order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from bot.database.plain import MESSAGES
from bot.database.tables import OutboxMessage, OutboxState
from bot.telegram import render

# Under this name a transaction knows the chats that it has something for.
CHATS = "chats"
# The purpose of what tells an admin of trouble.
REPORT = "report"
# Every message goes through it.
ADD = insert(MESSAGES).returning(MESSAGES.c.id)


@dataclass(frozen=True)
class Outgoing:
    """A call of the Bot API by its name in python-telegram-bot, `parameters` as JSON without
    chat_id; `file` holds the bytes of a document.

    `part` counts the pieces of the answer of `turn`; `replaces` is the row whose message is edited.
    """

    chat_id: int
    parameters: dict[str, Any] = field(repr=False)
    method: str = "send_message"
    file: bytes | None = field(default=None, repr=False)
    turn: str | None = None
    part: int | None = None
    replaces: int | None = None
    lead: int | None = None
    purpose: str | None = None


def html(text: str, keyboard: dict[str, Any] | None = None) -> dict[str, Any]:
    """The parameters of a text with Telegram's HTML and, for the last one of an answer, buttons."""
    extra = {"reply_markup": keyboard} if keyboard and any(keyboard.values()) else {}
    return {"text": text, "parse_mode": "HTML", "link_preview_options": {"is_disabled": True}, **extra}


def topic(thread: int | None) -> dict[str, Any]:
    """The parameter that puts a message into a topic; none outside of one."""
    return {"message_thread_id": thread} if thread else {}


def parts(
    blocks: Iterable[str], keyboard: dict[str, Any] | None = None, thread: int | None = None
) -> list[dict[str, Any]]:
    """The parameters of as many messages as the blocks need; the last one carries the buttons."""
    pieces = render.messages(blocks)
    last = len(pieces) - 1
    return [html(piece, keyboard if i == last else None) | topic(thread) for i, piece in enumerate(pieces)]


def add_text(
    session: Session, chat: int, text: str, thread: int | None = None, keyboard: dict[str, Any] | None = None
) -> None:
    """Put one text in line."""
    add(session, Outgoing(chat, html(text, keyboard) | topic(thread)))


def edit_text(session: Session, chat: int, message_id: int, text: str, keyboard: dict[str, Any] | None = None) -> None:
    """Let one text take the place of another; without a keyboard it loses its buttons."""
    add(session, Outgoing(chat, html(text, keyboard) | {"message_id": message_id}, "edit_message_text"))


def edit_keyboard(session: Session, chat: int, message_id: int, keyboard: dict[str, Any]) -> None:
    """Change only the buttons of a message."""
    parameters = {"message_id": message_id, "reply_markup": keyboard}
    add(session, Outgoing(chat, parameters, "edit_message_reply_markup"))


def add(session: Session, *messages: Outgoing) -> list[int]:
    """Put messages in line; they leave in this order, after the transaction. Returns their rows."""
    rows: list[int] = []
    session.flush()
    for message in messages:
        row = {
            "chat_id": message.chat_id,
            "method": message.method,
            "parameters": message.parameters,
            "file": message.file,
            "turn_id": message.turn,
            "part": message.part,
            "replaces": message.replaces,
            "lead_id": message.lead,
            "purpose": message.purpose,
        }
        rows.append(session.scalars(ADD, row).one())
        session.info.setdefault(CHATS, set()).add(message.chat_id)
    return rows


def put_back(session: Session, row: OutboxMessage) -> None:
    """Put a message in line again."""
    row.state = OutboxState.WAITING
    session.info.setdefault(CHATS, set()).add(row.chat_id)


def chats_of(session: Session) -> set[int]:
    """The chats that got a message in this transaction."""
    chats: set[int] = session.info.get(CHATS, set())
    return chats


def replace(session: Session, turn: str, messages: Sequence[Outgoing]) -> None:
    """Let `messages` take the place of the answer of `turn`: what has not left yet is changed in
    place, what has is edited; pieces too many are deleted, further ones sent."""
    query = select(OutboxMessage).where(OutboxMessage.turn_id == turn, OutboxMessage.replaces.is_(None))
    rows = list(session.scalars(query.where(OutboxMessage.part.is_not(None)).order_by(OutboxMessage.part)))
    for row, message in zip(rows, messages, strict=False):
        if row.state == OutboxState.WAITING:
            row.parameters = message.parameters
        else:
            add(session, _edit(row, message))
    for row in rows[len(messages) :]:
        if row.state == OutboxState.WAITING:
            session.delete(row)
        else:
            add(session, Outgoing(row.chat_id, {}, "delete_message", replaces=row.id))
    add(session, *messages[len(rows) :])


def _edit(row: OutboxMessage, message: Outgoing) -> Outgoing:
    kept = {key: value for key, value in message.parameters.items() if key != "reply_parameters"}
    return Outgoing(row.chat_id, kept, "edit_message_text", turn=message.turn, part=message.part, replaces=row.id)
