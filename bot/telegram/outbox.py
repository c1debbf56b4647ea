"""Messages in, as rows of the transaction that decided on them; out, one call of the Bot API each.

A row is `sending` from before the call until after it. One that is found `sending` at a start may
or may not have reached the person: it becomes `uncertain` and is reported, never sent again
unasked. Edits and deletions can be repeated without harm, so they are.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

import httpx
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from telegram import Bot, Message
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter, TelegramError

from bot.database.connection import Database
from bot.database.tables import OutboxMessage, OutboxState, now

# Telegram's limits: about one message a second to a person, twenty a minute to a group.
PRIVATE_PAUSE = 1.0
GROUP_PAUSE = 3.0
CHATS_AT_ONCE = 25
PARTING_SECONDS = 5.0
LONGEST_BACKOFF = 60.0
# Without a network it tries for ever; a server that answers with errors this long is given up.
GIVE_UP_AFTER = timedelta(hours=6)
REPEATABLE = frozenset({"edit_message_text", "edit_message_reply_markup", "delete_message"})
# What an edit or a deletion finds when it has nothing left to do.
ALREADY = ("message is not modified", "message to delete not found", "message to edit not found")

log = logging.getLogger(__name__)


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


def html(text: str, keyboard: dict[str, Any] | None = None) -> dict[str, Any]:
    """The parameters of a text with Telegram's HTML and, for the last one of an answer, buttons."""
    extra = {"reply_markup": keyboard} if keyboard and any(keyboard.values()) else {}
    return {"text": text, "parse_mode": "HTML", "link_preview_options": {"is_disabled": True}, **extra}


def add_text(
    session: Session, chat: int, text: str, thread: int | None = None, keyboard: dict[str, Any] | None = None
) -> None:
    """Put one text in line."""
    topic = {"message_thread_id": thread} if thread else {}
    add(session, Outgoing(chat, html(text, keyboard) | topic))


def add(session: Session, *messages: Outgoing) -> None:
    """Put messages in line; they leave in this order, after the transaction."""
    for message in messages:
        session.add(
            OutboxMessage(
                chat_id=message.chat_id,
                method=message.method,
                parameters=message.parameters,
                file=message.file,
                turn_id=message.turn,
                part=message.part,
                replaces=message.replaces,
            )
        )
        session.flush()


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


class Sender:
    """Sends what waits: side by side to different chats, in order and paced within one."""

    def __init__(self, database: Database, bot: Bot, report: Callable[[OutboxMessage], Awaitable[None]]) -> None:
        self._database = database
        self._bot = bot
        self._report = report
        self._wake = asyncio.Event()
        self._busy: dict[int, asyncio.Task[None]] = {}
        self._free_at: dict[int, float] = {}
        self._at_once = asyncio.Semaphore(CHATS_AT_ONCE)
        self._stopping = False

    def wake(self) -> None:
        """Say that there is something to send."""
        self._wake.set()

    async def recover(self) -> None:
        """After a crash: repeat what can be repeated, report what may have been sent."""

        def settle(session: Session) -> list[OutboxMessage]:
            sending = OutboxMessage.state == OutboxState.SENDING
            repeat = update(OutboxMessage).where(sending, OutboxMessage.method.in_(REPEATABLE))
            session.execute(repeat.values(state=OutboxState.WAITING))
            doubtful = list(session.scalars(select(OutboxMessage).where(sending).order_by(OutboxMessage.id)))
            for row in doubtful:
                row.state = OutboxState.UNCERTAIN
            return doubtful

        for row in await self._database.run(settle):
            log.warning("message %s to a chat may have been sent before the crash; not sent again", row.id)
            await self._report(row)

    async def run(self) -> None:
        """Send until `stop`."""
        while not self._stopping:
            self._wake.clear()
            for chat in await self._database.run(_chats_waiting):
                if chat not in self._busy:
                    self._busy[chat] = asyncio.create_task(self._serve(chat))
            await self._wake.wait()
        await asyncio.gather(*self._busy.values())

    async def stop(self) -> None:
        """Send what can leave at once and finish the calls under way; what waits stays in the
        database."""
        if self._busy:
            await asyncio.wait(self._busy.values(), timeout=PARTING_SECONDS)
        self._stopping = True
        self._wake.set()

    async def _serve(self, chat: int) -> None:
        """Send what waits for one chat, one message after the other."""
        try:
            while not self._stopping:
                await self._until(self._free_at.get(chat, 0.0))
                async with self._at_once:
                    row = None if self._stopping else await self._database.run(partial(_claim, chat=chat))
                    if row is None:
                        break
                    await self._send(row)
        finally:
            del self._busy[chat]
            self._wake.set()

    async def _until(self, moment: float) -> None:
        """Wait for a moment of the monotonic clock, in short steps so that `stop` is heard."""
        while not self._stopping and (left := moment - time.monotonic()) > 0:
            await asyncio.sleep(min(left, 0.5))

    async def _send(self, row: OutboxMessage) -> None:
        pause = PRIVATE_PAUSE if row.chat_id > 0 else GROUP_PAUSE
        try:
            message_id = await self._call(row)
        except RetryAfter as error:
            wait = error.retry_after
            pause = wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
            await self._database.run(partial(_again, identifier=row.id, error=repr(error)))
        except (BadRequest, Forbidden) as error:
            await self._refused(row, error)
        except NetworkError as error:
            pause = min(0.5 * 2**row.attempts, LONGEST_BACKOFF)
            unreached = isinstance(error.__cause__, httpx.ConnectError)
            if not unreached and now() - row.created_at > GIVE_UP_AFTER:
                await self._refused(row, error)
            else:
                await self._database.run(partial(_again, identifier=row.id, error=repr(error)))
        except TelegramError as error:
            await self._refused(row, error)
        else:
            await self._database.run(partial(_sent, identifier=row.id, message_id=message_id))
        self._free_at[row.chat_id] = time.monotonic() + pause

    async def _refused(self, row: OutboxMessage, error: TelegramError) -> None:
        """Telegram will not take this one, whatever we do."""
        if row.method in REPEATABLE and any(text in str(error) for text in ALREADY):
            await self._database.run(partial(_sent, identifier=row.id, message_id=None))
            return
        log.error("message %s was refused: %s", row.id, error)
        # A person who blocked the bot is no trouble that an admin could mend.
        blocked = isinstance(error, Forbidden)
        await self._database.run(partial(_failed, identifier=row.id, error=str(error), forget=blocked))
        if not blocked:
            await self._report(row)

    async def _call(self, row: OutboxMessage) -> int | None:
        """Make the call; returns the id of the message that it made."""
        method, parameters = row.method, {"chat_id": row.chat_id, **(row.parameters or {})}
        if row.replaces is not None:
            target = await self._database.run(partial(_message_id, identifier=row.replaces))
            if target is None and method == "delete_message":
                return None
            if target is None:
                method = "send_message"
            else:
                parameters["message_id"] = target
        if row.file is not None:
            parameters["document"] = row.file
        result = await getattr(self._bot, method)(**parameters)
        return result.message_id if isinstance(result, Message) else None


def _chats_waiting(session: Session) -> list[int]:
    query = select(OutboxMessage.chat_id).where(OutboxMessage.state == OutboxState.WAITING)
    return list(session.scalars(query.distinct()))


def _claim(session: Session, chat: int) -> OutboxMessage | None:
    """The next message of a chat, marked as being sent before anything leaves."""
    query = select(OutboxMessage).where(OutboxMessage.state == OutboxState.WAITING, OutboxMessage.chat_id == chat)
    row = session.scalar(query.order_by(OutboxMessage.id).limit(1))
    if row:
        row.state = OutboxState.SENDING
    return row


def _sent(session: Session, identifier: int, message_id: int | None) -> None:
    row = session.get_one(OutboxMessage, identifier)
    row.state, row.message_id, row.sent_at = OutboxState.SENT, message_id, now()
    row.parameters, row.file = None, None


def _again(session: Session, identifier: int, error: str) -> None:
    row = session.get_one(OutboxMessage, identifier)
    row.attempts += 1
    row.state, row.error = OutboxState.WAITING, error[:500]


def _failed(session: Session, identifier: int, error: str, *, forget: bool) -> None:
    row = session.get_one(OutboxMessage, identifier)
    row.state, row.error = OutboxState.FAILED, error[:500]
    if forget:
        row.parameters, row.file = None, None


def _message_id(session: Session, identifier: int) -> int | None:
    return session.get_one(OutboxMessage, identifier).message_id
