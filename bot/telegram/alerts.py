"""What is wrong in; one message to the admins' chat when it begins, and one when it is over, out.

The outbox remembers what was told: a problem whose last message is an alert stands, so a restart,
or a second process, tells nobody the same thing again.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import Mapping
from functools import partial
from html import escape

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.database.connection import Database
from bot.database.tables import OutboxMessage
from bot.operations.watch import PROBLEMS, Watch
from bot.telegram import outbox
from bot.telegram.outbox import Outgoing
from bot.telegram.sender import Sender
from bot.texts import copy_of
from bot.texts.operations import OperationsTexts

EVERY_SECONDS = 30.0
# A figure that swings around its limit is one problem.
OVER_AFTER = 300.0
LONGEST_DETAIL = 500
# Of several processes each sees these of itself alone, so each tells them, and names where it is.
OF_ONE = frozenset({"search", "tasks", "disk", "model", "index"})
BEGUN, OVER = "alert:", "alert over:"

log = logging.getLogger(__name__)


class Alerts:
    """Looks again and again; tells what is new."""

    def __init__(self, watch: Watch, database: Database, sender: Sender, admin_chat: int, place: str = "") -> None:
        self._watch = watch
        self._database = database
        self._sender = sender
        self._admin_chat = admin_chat
        # Which process of several this is.
        self._place = place
        # Problems that stand, and when each was seen last.
        self._seen: dict[str, tuple[float, str]] = {}

    async def run(self) -> None:
        """Until the task is cancelled. The first look comes late: what an earlier process left is given time to go."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            try:
                await self.look()
            except (SQLAlchemyError, OSError) as error:
                log.error("the bot cannot look after itself: %s", type(error).__name__)

    async def look(self) -> None:
        """Look once, and tell what has begun or is over."""
        now = time.monotonic()
        before = self._seen
        found = {problem.name: (now, problem.detail) for problem in await self._watch.look()}
        self._seen = {name: seen for name, seen in before.items() if now - seen[0] < OVER_AFTER} | found
        for name in self._seen.keys() - before.keys():
            log.error("problem: %s (%s)", name, self._seen[name][1])
        for name in before.keys() - self._seen.keys():
            log.info("problem over: %s", name)
        if self._admin_chat:
            details = {name: detail for name, (_, detail) in self._seen.items()}
            # Of several processes one tells.
            async with self._database.alone.hold("alerts") as ours:
                if ours:
                    tells = partial(tell, chat=self._admin_chat, standing=details, place=self._place)
                    self._sender.wake(*await self._database.run(tells))


def tell(session: Session, chat: int, standing: Mapping[str, str], place: str = "") -> set[int]:
    """Put in line what the chat does not know yet of the problems that stand, by name with their
    figure; returns the chats that got something. `place` tells one process of several."""
    copy = copy_of(OperationsTexts, "id")
    for name in PROBLEMS:
        key, where = name, ""
        if place and name in OF_ONE:
            key = f"{name}@{hashlib.blake2b(place.encode(), digest_size=5).hexdigest()}"
            where = f"[{escape(place)}] "
        known, stands = _is_told(session, chat, key), name in standing
        if stands and not known:
            text = f"⚠️ {where}" + copy.problems[name].format(detail=escape(standing[name][:LONGEST_DETAIL]))
            outbox.add(session, Outgoing(chat, outbox.html(text), purpose=BEGUN + key))
        elif known and not stands:
            text = f"✅ {where}" + copy.problem_over.format(problem=copy.problem_names[name])
            outbox.add(session, Outgoing(chat, outbox.html(text), purpose=OVER + key))
    return outbox.chats_of(session)


def _is_told(session: Session, chat: int, name: str) -> bool:
    query = select(OutboxMessage.purpose).where(
        OutboxMessage.chat_id == chat, OutboxMessage.purpose.in_([BEGUN + name, OVER + name])
    )
    return session.scalar(query.order_by(OutboxMessage.id.desc()).limit(1)) == BEGUN + name
