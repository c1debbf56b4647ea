"""The rows of the outbox in; one call of the Bot API each out.

A row is `sending` from before the call until after it. One that is found `sending` at a start may
or may not have reached the person: it becomes `uncertain` and is reported, never sent again
unasked. Edits and deletions can be repeated without harm, so they are; so are reports to the admins, who would
rather hear of trouble twice than not at all.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from functools import partial
from typing import Any, Protocol

import aiohttp
from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from telegram import Bot
from telegram.error import BadRequest, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError
from telegram.ext import BaseRateLimiter

from bot.database.alone import HELD_SECONDS
from bot.database.connection import Database
from bot.database.plain import MESSAGES
from bot.database.tables import Lead, OutboxMessage, OutboxState, now
from bot.operations import logs, metrics
from bot.telegram.outbox import REPORT, chats_of, topic

# Finds what nothing has woken the sender for.
SWEEP_SECONDS = 5.0
# Telegram's limits: about one message a second to a person, twenty a minute to a group.
PRIVATE_PAUSE = 1.0
GROUP_PAUSE = 3.0
CHATS_AT_ONCE = 25
PARTING_SECONDS = 5.0
# Between two looks at a chat that another process sends to, at most.
LONGEST_HELD = 0.5
LONGEST_BACKOFF = 60.0
# Without a network it tries for ever; a server that answers with errors this long is given up.
GIVE_UP_AFTER = timedelta(hours=6)
REPEATABLE = frozenset({"edit_message_text", "edit_message_reply_markup", "delete_message", "edit_forum_topic"})
# What goes into the topic of its lead.
IN_TOPIC = frozenset({"send_message", "send_document", "send_photo", "copy_message", "edit_forum_topic"})
# What an edit or a deletion finds when it has nothing left to do.
ALREADY = ("message is not modified", "topic_not_modified", "message to delete not found", "message to edit not found")

# Every message goes through these three.
NEXT = (
    select(MESSAGES.c.id)
    .where(MESSAGES.c.state == OutboxState.WAITING, MESSAGES.c.chat_id == bindparam("chat"))
    .order_by(MESSAGES.c.id)
    .limit(1)
)
CLAIM = (
    update(OutboxMessage)
    .where(OutboxMessage.id == NEXT.scalar_subquery())
    .values(state=OutboxState.SENDING)
    .returning(OutboxMessage)
    .execution_options(synchronize_session=False)
)
# What the end of a call changes in its row.
SETTLED = ("state", "attempts", "error", "message_id", "sent_at", "parameters", "file")
SETTLE = update(MESSAGES).where(MESSAGES.c.id == bindparam("row")).values({key: bindparam(key) for key in SETTLED})

log = logging.getLogger(__name__)


class Follower(Protocol):
    """What follows when a message about a lead has arrived, or will not."""

    def landed(self, session: Session, row: OutboxMessage, result: object) -> None:
        """It has arrived; `result` is what Telegram answered."""

    def refused(self, session: Session, row: OutboxMessage) -> None:
        """Telegram will not take it."""


def seconds(error: RetryAfter) -> float:
    """How long Telegram wants to hear nothing."""
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


class QuietTimes(BaseRateLimiter[None]):
    """Keeps every call to a chat back, signs of life included, for as long as Telegram wants that;
    a bot that goes on calling is blocked for longer."""

    def __init__(self) -> None:
        self._until: dict[object, float] = {}

    async def initialize(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Nothing to close."""

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Any]],
        args: Any,  # noqa: ANN401
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: None,
    ) -> Any:  # noqa: ANN401
        """Make the call, or raise RetryAfter in Telegram's place."""
        chat = data.get("chat_id")
        left = self._until.get(chat, 0.0) - time.monotonic()
        if chat is not None and left > 0:
            raise RetryAfter(timedelta(seconds=left))
        try:
            return await callback(*args, **kwargs)
        except RetryAfter as error:
            self._until[chat] = time.monotonic() + seconds(error)
            raise


class Sender:
    """Sends what waits: side by side to different chats, in order and paced within one."""

    def __init__(
        self, database: Database, bot: Bot, report: Callable[[Session, OutboxMessage], None], follower: Follower
    ) -> None:
        self._database = database
        self._bot = bot
        self._report = report
        self._follower = follower
        # The chats that have something to send, each with the task that sends it.
        self._serving: dict[int, asyncio.Task[None]] = {}
        self._woken: set[int] = set()
        self._free_at: dict[int, float] = {}
        self._at_once = asyncio.Semaphore(CHATS_AT_ONCE)
        self._stopping = False
        self._sweeping: asyncio.Task[None] | None = None

    def wake(self, *chats: int) -> None:
        """Say that there is something to send to these chats."""
        self._woken.update(chats)
        for chat in chats:
            if chat not in self._serving and not self._stopping:
                self._serving[chat] = asyncio.create_task(self._serve(chat))

    async def start(self) -> None:
        """Go on with what an earlier process left."""
        await self._recover()
        self._sweeping = asyncio.create_task(self._sweep())

    async def _sweep(self) -> None:
        """Wake every chat that something waits for, now and again: after a failure of the database, or
        of another process, nobody else does."""
        while True:
            try:
                if self._database.shared:
                    await self._recover()
                self.wake(*await self._database.run(partial(_chats_with, state=OutboxState.WAITING)))
            except SQLAlchemyError:
                log.exception("the outbox cannot be read")
            await asyncio.sleep(SWEEP_SECONDS)

    async def _recover(self) -> None:
        """After a crash, of this process or another: repeat what can be repeated, report what may
        have been sent. A chat that somebody holds is being served."""
        for chat in await self._database.run(partial(_chats_with, state=OutboxState.SENDING)):
            if chat in self._serving:
                continue
            async with self._hold(chat) as ours:
                doubtful = await self._database.run(partial(self._settle_doubt, chat=chat)) if ours else []
            for identifier in doubtful:
                log.warning("message %s may have been sent before the crash; not sent again", identifier)

    def _settle_doubt(self, session: Session, chat: int) -> list[int]:
        query = select(OutboxMessage).where(OutboxMessage.state == OutboxState.SENDING, OutboxMessage.chat_id == chat)
        rows = list(session.scalars(query.order_by(OutboxMessage.id)))
        for row in rows:
            may_repeat = row.method in REPEATABLE or row.purpose == REPORT
            row.state = OutboxState.WAITING if may_repeat else OutboxState.UNCERTAIN
        doubtful = [row for row in rows if row.state == OutboxState.UNCERTAIN]
        for row in doubtful:
            self._report(session, row)
        return [row.id for row in doubtful]

    def _hold(self, chat: int) -> AbstractAsyncContextManager[bool]:
        return self._database.alone.hold(f"outbox {chat}")

    async def stop(self) -> None:
        """Send what can leave at once and finish the calls under way; what waits stays in the
        database."""
        if self._sweeping:
            self._sweeping.cancel()
        if self._serving:
            await asyncio.wait(self._serving.values(), timeout=PARTING_SECONDS)
        self._stopping = True
        await asyncio.gather(*self._serving.values())

    async def _serve(self, chat: int) -> None:
        """Send what waits for one chat, one message after the other."""
        held = HELD_SECONDS
        try:
            while chat in self._woken and not self._stopping:
                self._woken.discard(chat)
                await self._until(self._free_at.get(chat, 0.0))
                async with self._hold(chat) as ours:
                    async with self._at_once:
                        ready = ours and not self._stopping
                        row = await self._database.run(partial(_claim, chat=chat)) if ready else None
                        if row is not None and await self._send(row):
                            self._woken.add(chat)
                    if row is not None and self._database.shared:
                        # The pause is every process's: until it is over, nobody else sends to this chat.
                        await self._until(self._free_at.get(chat, 0.0))
                if not ours and await self._database.run(partial(_waits, chat=chat)):
                    self._woken.add(chat)
                    await asyncio.sleep(held)
                    held = min(2 * held, LONGEST_HELD)
        except Exception:
            # What was being sent is uncertain from the next start on; the others wait for the sweep.
            log.exception("a message was not sent")
        finally:
            del self._serving[chat]

    async def _until(self, moment: float) -> None:
        """Wait for a moment of the monotonic clock, in short steps so that `stop` is heard."""
        while not self._stopping and (left := moment - time.monotonic()) > 0:
            await asyncio.sleep(min(left, 0.5))

    async def _send(self, row: OutboxMessage) -> bool:
        """Make the call and note how it went; True when more waits for the chat."""
        pause = PRIVATE_PAUSE if row.chat_id > 0 else GROUP_PAUSE
        failed = False
        result: object = None
        logs.begin(turn_id=row.turn_id)
        if not row.attempts:
            metrics.OUTBOX_WAIT.observe((now() - row.created_at).total_seconds())
        try:
            result = await self._call(row)
            _sent(row, getattr(result, "message_id", None))
        except RetryAfter as error:
            pause = seconds(error)
            _again(row, repr(error))
        except TelegramError as error:
            if _will_pass(error, row):
                pause = min(0.5 * 2**row.attempts, LONGEST_BACKOFF)
                _again(row, repr(error))
            elif row.method in REPEATABLE and any(text in str(error).lower() for text in ALREADY):
                _sent(row, None)
            else:
                # A person who blocked the bot is no trouble that an admin could mend.
                failed = not isinstance(error, Forbidden)
                log.error("message %s was refused: %s", row.id, error)
                _failed(row, str(error), forget=not failed)
        self._free_at[row.chat_id] = time.monotonic() + pause

        def settle(session: Session) -> tuple[set[int], bool]:
            # The person may have deleted their data in the meantime.
            if _settle(session, row):
                if failed:
                    self._report(session, row)
                if row.state == OutboxState.SENT:
                    self._follower.landed(session, row, result)
                elif row.state == OutboxState.FAILED:
                    self._follower.refused(session, row)
            return chats_of(session), _waits(session, row.chat_id)

        told, more = await self._database.run(settle)
        logs.note(log, "sent" if row.state == OutboxState.SENT else "not sent", method=row.method, row=row.id)
        self.wake(*told)
        return more

    async def _call(self, row: OutboxMessage) -> object:
        """Make the call; returns what Telegram answered, None where there was nothing to do."""
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
            parameters["photo" if method == "send_photo" else "document"] = row.file
        if row.lead_id is not None and row.chat_id < 0 and method in IN_TOPIC:
            thread = await self._database.run(partial(_topic, lead=row.lead_id))
            if thread is None and method == "edit_forum_topic":
                return None
            parameters |= topic(thread)
        return await getattr(self._bot, method)(**parameters)


def _chats_with(session: Session, state: OutboxState) -> list[int]:
    """The chats that have a message in a state."""
    query = select(OutboxMessage.chat_id).where(OutboxMessage.state == state)
    return list(session.scalars(query.distinct()))


def _claim(session: Session, chat: int) -> OutboxMessage | None:
    """The next message of a chat, marked as being sent before anything leaves."""
    return session.scalar(CLAIM, {"chat": chat})


def _waits(session: Session, chat: int) -> bool:
    return session.scalar(NEXT, {"chat": chat}) is not None


def _settle(session: Session, row: OutboxMessage) -> bool:
    """Keep how the call of a row went; False when the row is gone."""
    changed = {key: getattr(row, key) for key in SETTLED}
    return bool(session.execute(SETTLE, {"row": row.id, **changed}).rowcount)  # type: ignore[attr-defined]


def _sent(row: OutboxMessage, message_id: int | None) -> None:
    row.state, row.message_id, row.sent_at = OutboxState.SENT, message_id, now()
    row.parameters, row.file = None, None


def _again(row: OutboxMessage, error: str) -> None:
    row.attempts += 1
    row.state, row.error = OutboxState.WAITING, error[:500]


def _failed(row: OutboxMessage, error: str, *, forget: bool) -> None:
    row.state, row.error = OutboxState.FAILED, error[:500]
    if forget:
        row.parameters, row.file = None, None


def _will_pass(error: TelegramError, row: OutboxMessage) -> bool:
    """Whether the same call may succeed later: there is no network, or the server is ill."""
    if isinstance(error, InvalidToken):
        return True
    if not isinstance(error, NetworkError) or isinstance(error, BadRequest):
        return False
    return isinstance(error.__cause__, aiohttp.ClientConnectorError) or now() - row.created_at < GIVE_UP_AFTER


def _topic(session: Session, lead: int) -> int | None:
    """The topic of a lead, which was made by an earlier message in the same line."""
    row = session.get(Lead, lead)
    return row.topic_id if row else None


def _message_id(session: Session, identifier: int) -> int | None:
    row = session.get(OutboxMessage, identifier)
    return row.message_id if row else None
