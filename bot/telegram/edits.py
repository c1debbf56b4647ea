"""A message that its writer has changed in; a new answer, or the change on the other side of a lead, out."""

from __future__ import annotations

from functools import partial

from sqlalchemy.orm import Session
from telegram import Update
from telegram.ext import ContextTypes

from bot.database import leads, tables
from bot.telegram.desk import Desk
from bot.telegram.questions import Questions
from bot.telegram.relay import Relay


class Edits:
    """The handlers of edited messages. Only what was carried to the other side before is carried
    again: the reply to a prompt of the bot, or talk among consultants, is none of the official's."""

    def __init__(self, desk: Desk, questions: Questions, relay: Relay) -> None:
        self._desk = desk
        self._questions = questions
        self._relay = relay

    async def official(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """In a private chat: a word to the consultant, or a question to the assistant."""
        message, person = update.edited_message, update.effective_user
        if message is None or person is None:
            return
        find = partial(leads.carried, message_id=message.message_id, official=person.id)
        before = await self._desk.look(find)
        if before is None:
            if message.text:
                await self._questions.edited(update, context)
            return

        def carry(session: Session) -> None:
            lead = session.get_one(tables.Lead, before.lead_id)
            self._relay.changed_by_official(session, lead, message, before, person.full_name)

        await self._desk.finish(update, carry)

    async def consultant(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """In the topic of a lead."""
        message, person = update.edited_message, update.effective_user
        if message is None or person is None:
            return

        def carry(session: Session) -> None:
            before = leads.carried(session, message.message_id)
            if before is not None and before.author == person.id:
                lead = session.get_one(tables.Lead, before.lead_id)
                name = leads.name_of(session, person.id) or person.full_name
                self._relay.changed_by_consultant(session, lead, message, before, name)

        await self._desk.finish(update, carry)
