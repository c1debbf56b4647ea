"""Timers of leads that are due in; reminders, escalations and releases in the group out."""

from __future__ import annotations

import asyncio
import logging
from html import escape

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.database import leads, tables
from bot.database.connection import Database
from bot.database.tables import LeadTimer, now
from bot.leads.lifecycle import PROGRAM, Action, MoveError, Role
from bot.leads.office_hours import told
from bot.telegram import outbox
from bot.telegram.cards import Cards, copies
from bot.telegram.sender import Sender

EVERY_SECONDS = 15.0

log = logging.getLogger(__name__)


class Timers:
    """Does what is due; the rows remember, so a restart neither forgets nor repeats."""

    def __init__(self, database: Database, sender: Sender, board: Cards, admin_chat: int) -> None:
        self._database = database
        self._sender = sender
        self._cards = board
        self._admin_chat = admin_chat

    async def run(self) -> None:
        """Look again and again, until the task is cancelled."""
        while True:
            try:
                async with self._database.alone.hold("timers") as ours:
                    if ours:
                        self._sender.wake(*await self._database.run(self._all_due))
            except SQLAlchemyError:
                log.exception("the timers cannot be read")
            await asyncio.sleep(EVERY_SECONDS)

    def _all_due(self, session: Session) -> set[int]:
        for timer in leads.due_timers(session):
            timer.done_at = now()
            self._do(session, timer, session.get_one(tables.Lead, timer.lead_id))
        return outbox.chats_of(session)

    def _do(self, session: Session, timer: LeadTimer, lead: tables.Lead) -> None:
        copy = copies()
        due = told(timer.at, str(lead.request["profile"]["region"]), copy.intake)
        owner = escape(leads.name_of(session, lead.owner_id))
        texts = {
            "reminder": copy.group.reminder.format(number=lead.number, due=due),
            "nudge": copy.group.nudge.format(number=lead.number),
            "escalation": copy.group.escalation.format(
                number=lead.number, state=copy.leads.states[lead.state], due=due, owner=owner
            ),
            "release": copy.group.released.format(number=lead.number),
            "resume": copy.group.resumed.format(number=lead.number),
        }
        moves = {"release": Action.LEPAS, "resume": Action.LANJUTKAN}
        try:
            if timer.kind in moves:
                leads.move(session, lead, moves[timer.kind], PROGRAM, Role.SISTEM, self._cards.sla)
        except MoveError:
            # Somebody moved the lead in this very moment; then there is nothing to do.
            return
        self._cards.say(session, lead, texts[timer.kind])
        if timer.kind in moves:
            self._cards.refresh(session, lead)
        if timer.kind == "escalation" and self._admin_chat:
            outbox.add_text(session, self._admin_chat, texts[timer.kind])
