"""What consultants want written anew in, versions by the chat model out. It works beside the handlers,
several leads at once; what it was asked for is in the rows, so that a restart does it again."""

from __future__ import annotations

import asyncio
import logging
from functools import partial

from sqlalchemy.orm import Session

from bot.conversation.grounded import Redrafted
from bot.database import leads, redrafts, tables
from bot.database.board_tables import LeadRedraft
from bot.database.tables import LeadVersion
from bot.telegram import outbox
from bot.telegram.desk import Desk
from bot.telegram.lead_actions import LeadActions

EVERY_SECONDS = 0.5
# A wish that ends the process each time is given up.
ATTEMPTS = 3

log = logging.getLogger(__name__)


class Redrafter:
    """Asks the model, which is no work for a handler: everybody else in the group would wait."""

    def __init__(self, desk: Desk, actions: LeadActions) -> None:
        self._desk = desk
        self._lead = actions
        self._under_way: dict[int, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Look for work again and again, until the task is cancelled; without a model as well, since there
        may have been one when it was asked for."""
        try:
            while True:
                await self._begin()
                await asyncio.sleep(EVERY_SECONDS)
        finally:
            for task in self._under_way.values():
                task.cancel()

    async def _begin(self) -> None:
        self._under_way = {lead: task for lead, task in self._under_way.items() if not task.done()}
        try:
            waiting = await self._desk.look(redrafts.open_ones)
        except Exception:
            # The next look finds them again.
            log.exception("the wishes of consultants cannot be read")
            return
        for lead in waiting:
            if lead not in self._under_way:
                self._under_way[lead] = asyncio.create_task(self._carry_out(lead))

    async def _carry_out(self, lead: int) -> None:
        """One wish; of several processes on one database one does it."""
        try:
            async with self._desk.database.alone.hold(f"redraft {lead}") as ours:
                begun = await self._desk.look(partial(redrafts.begin, lead=lead)) if ours else None
                if begun is None:
                    return
                made = await self._written(*begun)
                self._desk.sender.wake(*await self._desk.look(partial(self._keep, lead=lead, made=made)))
        except Exception:
            # The row stays open, and the attempts are counted.
            log.exception("a version was not written anew")

    async def _written(self, row: LeadRedraft, version: LeadVersion) -> Redrafted | None:
        if row.attempts > ATTEMPTS:
            return None
        citations = leads.version_of(version).citations
        work = partial(self._desk.conversation.redraft, version.text, citations, row.wish)
        try:
            return await self._desk.think(work)
        except Exception:
            # Whatever it was, the consultant hears that nothing came of it, and the version stays.
            log.exception("the chat model's redraft broke")
            return None

    def _keep(self, session: Session, lead: int, made: Redrafted | None) -> set[int]:
        row = session.get(tables.Lead, lead)
        if row is not None:
            self._lead.redraft(session, row, made)
        return outbox.chats_of(session)
