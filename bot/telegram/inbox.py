"""Updates in, each of them stored before Telegram hears that we have it; handled in order, once.

python-telegram-bot confirms what it has fetched with its next call, and puts it into its queue.
`Inbox` is that queue, `FetchingBot` makes the calls: each returns when its updates are in the
database. `Lanes` takes the updates of different chats side
by side and those of one chat one after the other; a row is done in the transaction that also
holds the reply (`done`), so a crash repeats all of a turn or nothing.

Where several processes share the database, the one that holds a chat handles what is open in it,
whoever received it; what a dead process has left is adopted by the others.

HandledError    another process has handled the update: nothing of ours is kept
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import traceback
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from sqlalchemy import bindparam, delete, insert, null, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from telegram import Bot, Update
from telegram.error import NetworkError
from telegram.ext import BaseUpdateProcessor, ExtBot

from bot.database.alone import HELD_SECONDS
from bot.database.connection import Database
from bot.database.plain import UPDATES
from bot.database.tables import InboxState, ReceivedUpdate, now
from bot.operations import logs, metrics

ATTEMPTS = 3
PAUSES = (0.2, 1.0)
# Side by side; the others wait in their lanes.
CHATS_AT_ONCE = 64
# Updates that wait in memory; python-telegram-bot counts those in a lane as being processed.
WAITING_AT_ONCE = 100_000

# Every update goes through these three.
KNOWN = select(UPDATES.c.id, UPDATES.c.digest, UPDATES.c.state).where(
    UPDATES.c.id.in_(bindparam("updates", expanding=True))
)
BEGIN = (
    update(UPDATES)
    .where(UPDATES.c.id == bindparam("update"), UPDATES.c.state == InboxState.OPEN)
    .values(attempts=UPDATES.c.attempts + 1)
    .returning(UPDATES.c.attempts, UPDATES.c.received_at)
)
CLOSE = (
    update(UPDATES)
    .where(UPDATES.c.id == bindparam("update"), UPDATES.c.state != InboxState.DONE)
    .values(state=InboxState.DONE, payload=null())
)

# What has waited so long, its own process may not be alive to handle.
ADOPT_SECONDS = 2.0

Result = TypeVar("Result")

log = logging.getLogger(__name__)


class HandledError(Exception):
    """The update is done."""


def store(session: Session, updates: Sequence[Update]) -> set[int]:
    """Keep updates; returns the numbers of those that were not here already, since Telegram may deliver one twice.

    Telegram begins to count anew after a quiet week, so the number alone does not tell.
    """
    known = {row.id: row for row in session.execute(KNOWN, {"updates": [one.update_id for one in updates]})}
    new: dict[int, dict[str, Any]] = {}
    for one in updates:
        payload, number = one.to_dict(), one.update_id
        digest = hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()
        before = known.get(number)
        if before and (before.digest == digest or before.state == InboxState.OPEN):
            continue
        if before:
            session.execute(delete(UPDATES).where(UPDATES.c.id == number))
        chat = one.effective_chat
        new[number] = {"id": number, "chat_id": chat.id if chat else None, "payload": payload, "digest": digest}
    if new:
        session.execute(insert(UPDATES), list(new.values()))
    return set(new)


def done(session: Session, update_id: int) -> None:
    """Close an update and forget what it said."""
    if not session.execute(CLOSE, {"update": update_id}).rowcount:  # type: ignore[attr-defined]
        raise HandledError


class Inbox(asyncio.Queue[object]):
    """The queue between Telegram and the handlers, kept in the database."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self._database = database
        # What an earlier process died over, or beside.
        self.suspects: set[int] = set()
        # What a handler has finished and its lane has not yet left behind.
        self.finished: set[int] = set()
        # What waits in this process.
        self.queued: set[int] = set()
        # What is stored and not yet queued; whether it is new.
        self._kept: dict[int, bool] = {}
        # What comes while the process stops is kept for the next one.
        self.closed = False

    async def keep(self, updates: Sequence[Update]) -> None:
        """Store updates, all of them or none."""
        new = await self._database.run(partial(store, updates=updates))
        self._kept |= {one.update_id: one.update_id in new for one in updates}

    async def put(self, item: object) -> None:
        """Queue an update, stored; python-telegram-bot's signal to stop passes through."""
        if isinstance(item, Update):
            if item.update_id not in self._kept:
                await self.keep([item])
            if not self._kept.pop(item.update_id) or self.closed:
                return
            self.queued.add(item.update_id)
            logs.note(log, "received", update=item.update_id)
        await super().put(item)

    async def finish(self, update_id: int, work: Callable[[Session], Result]) -> Result:
        """End the handling of an update: `work` and that it is done are one transaction."""

        def whole(session: Session) -> Result:
            result = work(session)
            done(session, update_id)
            return result

        result = await self._database.run(whole)
        self.finished.add(update_id)
        return result

    async def reload(self, bot: Bot, only: int | None = None) -> int:
        """Queue what an earlier process left open, in its order; returns how many that are.

        `only` queues the one update that an admin wants to be tried again.
        """

        left = await self._database.run(partial(_open_ones, only=only))
        await self._take_up(left, bot)
        return len(left)

    async def adopt(self, bot: Bot) -> None:
        """Queue what other processes have left open, again and again, until the task is cancelled."""
        while True:
            await asyncio.sleep(ADOPT_SECONDS)
            try:
                left = await self._database.run(partial(_open_ones, before=now() - timedelta(seconds=ADOPT_SECONDS)))
            except SQLAlchemyError:
                log.exception("the inbox cannot be read")
            else:
                await self._take_up([row for row in left if row.id not in self.queued], bot)

    async def _take_up(self, rows: list[ReceivedUpdate], bot: Bot) -> None:
        self.suspects |= {row.id for row in rows if row.attempts}
        for row in [] if self.closed else rows:
            self.queued.add(row.id)
            await super().put(Update.de_json(row.payload or {}, bot))

    async def before(self, update: Update) -> list[Update]:
        """What is open in the same chat and came before an update, to whichever process."""
        chat = update.effective_chat
        if chat is None or not self._database.shared:
            return []
        rows = await self._database.run(partial(_open_ones, chat=chat.id, below=update.update_id))
        return [Update.de_json(row.payload or {}, update.get_bot()) for row in rows]


class FetchingBot(ExtBot[None]):
    """The bot; what it fetches is in the inbox before anybody sees it, and not confirmed while it is not."""

    def __init__(self, inbox: Inbox, **options: Any) -> None:  # noqa: ANN401
        super().__init__(**options)
        self._inbox = inbox

    async def get_updates(self, *args: Any, **options: Any) -> tuple[Update, ...]:  # noqa: ANN401
        """Fetch what has come. Raises TelegramError, after which python-telegram-bot tries again; any other
        error would end its polling for good."""
        updates = await super().get_updates(*args, **options)
        try:
            await self._inbox.keep(updates)
        except SQLAlchemyError as error:
            log.exception("what was fetched cannot be stored")
            raise NetworkError("the database does not take what was fetched") from error
        return updates


class Lanes(BaseUpdateProcessor):
    """Concurrent across chats, ordered within one; three attempts, then the update is set aside."""

    def __init__(
        self,
        database: Database,
        inbox: Inbox,
        handle: Callable[[Update], Awaitable[Exception | None]],
        set_aside: Callable[[Update], Awaitable[None]],
    ) -> None:
        super().__init__(WAITING_AT_ONCE)
        self._database = database
        self._inbox = inbox
        self._handle = handle
        self._set_aside = set_aside
        self._lanes: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._at_once = asyncio.Semaphore(CHATS_AT_ONCE)
        self._one_suspect = asyncio.Lock()
        self._draining = False

    async def initialize(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Nothing to close."""

    def drain(self) -> None:
        """Finish what is being handled; what still waits stays in the inbox for the next start."""
        self._draining = self._inbox.closed = True

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        """Handle an update when the ones before it in its chat are done."""
        # A failed attempt needs a coroutine of its own, so `handle` makes them all.
        if isinstance(coroutine, Coroutine):
            coroutine.close()
        if not isinstance(update, Update):
            return
        chat = update.effective_chat.id if update.effective_chat else 0
        lane = self._lanes.setdefault(chat, asyncio.Lock())
        try:
            async with lane, self._at_once:
                await self._in_turn(update, chat)
        finally:
            self._inbox.queued.discard(update.update_id)

    async def _in_turn(self, update: Update, chat: int) -> None:
        """Handle an update, and first what came before it, when no other process holds the chat."""
        while not self._draining:
            async with self._database.alone.hold(f"inbox {chat}") as ours:
                if ours:
                    for earlier in await self._inbox.before(update):
                        await self._handle_one(earlier)
                    await self._handle_one(update)
                    return
            if not await self._database.run(partial(_is_open, update_id=update.update_id)):
                return
            await asyncio.sleep(HELD_SECONDS)

    async def _handle_one(self, update: Update) -> None:
        if update.update_id in self._inbox.suspects:
            # One at a time, so that a crash is counted against the update that caused it.
            async with self._one_suspect:
                await self._attempt(update)
        else:
            await self._attempt(update)

    async def _attempt(self, update: Update) -> None:
        """Count an attempt before it is made: an update that kills the process is counted too."""
        while not self._draining:
            attempt = await self._database.run(partial(_begin, update_id=update.update_id))
            if attempt is None:
                return
            if attempt > ATTEMPTS:
                await self._set_aside(update)
                return
            error = await self._handle(update)
            if isinstance(error, HandledError):
                return
            if error is None:
                if update.update_id not in self._inbox.finished:
                    await self._database.run(partial(_close, update_id=update.update_id))
                self._inbox.finished.discard(update.update_id)
                return
            metrics.ATTEMPTS_FAILED.inc()
            log.error("update %s failed, attempt %s: %s", update.update_id, attempt, told(error))
            await self._database.run(partial(_note, update_id=update.update_id, error=told(error).splitlines()[0]))
            if attempt < ATTEMPTS:
                await asyncio.sleep(PAUSES[attempt - 1])


def told(error: BaseException) -> str:
    """What kind of error came from where; its own words may repeat the message of a person."""
    causes = [error]
    while len(causes) < 5 and (cause := causes[-1].__cause__ or causes[-1].__context__):
        causes.append(cause)
    names = " < ".join(type(one).__name__ for one in causes)
    return "\n".join([names, *map(str.rstrip, traceback.format_tb(error.__traceback__))])


def _open_ones(
    session: Session,
    only: int | None = None,
    before: datetime | None = None,
    chat: int | None = None,
    below: int | None = None,
) -> list[ReceivedUpdate]:
    """The open updates in their order: one, those received before a moment, or those of a chat
    below an id."""
    query = select(ReceivedUpdate).where(ReceivedUpdate.state == InboxState.OPEN).order_by(ReceivedUpdate.id)
    if only is not None:
        query = query.where(ReceivedUpdate.id == only)
    if before is not None:
        query = query.where(ReceivedUpdate.received_at < before)
    if chat is not None:
        query = query.where(ReceivedUpdate.chat_id == chat, ReceivedUpdate.id < below)
    return list(session.scalars(query))


def _is_open(session: Session, update_id: int) -> bool:
    row = session.get(ReceivedUpdate, update_id)
    return row is not None and row.state == InboxState.OPEN


def _begin(session: Session, update_id: int) -> int | None:
    """The number of this attempt; None when the update is not open."""
    begun = session.execute(BEGIN, {"update": update_id}).first()
    if begun is None:
        return None
    if begun.attempts == 1:
        metrics.INBOX_WAIT.observe((now() - begun.received_at).total_seconds())
    return int(begun.attempts)


def _close(session: Session, update_id: int) -> None:
    """Close what its handler had nothing to say about."""
    if _is_open(session, update_id):
        done(session, update_id)


def _note(session: Session, update_id: int, error: str) -> None:
    row = session.get(ReceivedUpdate, update_id)
    if row:
        row.error = error[:500]


def set_aside(session: Session, update_id: int) -> None:
    """Keep a poisonous update out of the line; its payload stays for the admin who looks at it."""
    session.get_one(ReceivedUpdate, update_id).state = InboxState.SET_ASIDE
