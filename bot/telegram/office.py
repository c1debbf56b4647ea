"""The consultants' lists: what waits, what one holds, what is looked for; and who belongs to them."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from sqlalchemy import select
from sqlalchemy.orm import Session
from telegram import Update
from telegram.ext import ContextTypes

from bot.conversation.regions import with_code
from bot.database import leads, tables
from bot.database.tables import Consultant
from bot.leads.lead import read_number
from bot.leads.lifecycle import Role
from bot.telegram import outbox
from bot.telegram.cards import Cards, copies
from bot.telegram.desk import Desk

LISTED = 30
# Digits from which on a number is nobody's id, nor one that the database can hold.
LONGEST_ID = 19
INVITED = "u_"


class Office:
    """The handlers of the commands for consultants and of their enrolment."""

    def __init__(self, desk: Desk, board: Cards) -> None:
        self._desk = desk
        self._cards = board

    async def queue(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """/antrean: what waits, the most urgent first."""
        await self._list(update, lambda session, person: (copies().group.queue, leads.open_leads(session)))

    async def mine(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """/milikku: what one holds oneself."""
        await self._list(update, lambda session, person: (copies().group.mine, leads.open_leads(session, person)))

    async def search(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """/cari: by number, region, agency, name or need."""
        words = " ".join(context.args or ()).strip()

        def found(session: Session, _: int) -> tuple[str, list[tables.Lead]]:
            number = read_number(words)
            rows = session.scalars(select(tables.Lead).order_by(tables.Lead.id.desc()))
            if number:
                return copies().group.found, [row for row in rows if row.number == number]
            return copies().group.found, [row for row in rows if words and words.lower() in _searched(row)]

        await self._list(update, found if words else None)

    async def members(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """/konsultan tambah | daftar | hapus ID, for admins."""
        message, person = update.effective_message, update.effective_user
        if message is None or person is None or person.id not in self._desk.config.telegram.admins:
            return
        command, *rest = context.args or [""]

        def manage(session: Session) -> None:
            group, text = copies().group, copies().group.usage
            if command == "tambah":
                token = leads.invite(session, person.id)
                link = f"https://t.me/{self._desk.bot.username}?start={INVITED}{token}"
                # A link that makes consultants is not for a whole group to read.
                outbox.add_text(session, person.id, group.invite.format(link=link))
                text = group.invite_private if message.chat_id < 0 else ""
            elif command == "hapus" and rest and rest[0].isdecimal() and len(rest[0]) < LONGEST_ID:
                consultant = session.get(Consultant, int(rest[0]))
                if consultant:
                    consultant.active = False
                    text = group.removed.format(name=escape(consultant.name))
            elif command == "daftar":
                rows = session.scalars(select(Consultant).where(Consultant.active).order_by(Consultant.name)).all()
                lines = "\n".join(f"{escape(row.name)} ({row.id})" for row in rows)
                text = group.members.format(lines=lines) if rows else group.members_none
            if text:
                outbox.add_text(session, message.chat_id, text)

        await self._desk.finish(update, manage)

    async def enrol(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """/start from an invitation."""
        person = update.effective_user
        if person is None:
            return
        token = (context.args or [""])[0].removeprefix(INVITED)

        def join(session: Session) -> None:
            group = copies().group
            ok = leads.enrol(session, token, person.id, person.full_name)
            text = group.enrolled.format(name=escape(person.full_name)) if ok else group.invite_used
            outbox.add_text(session, person.id, text)

        await self._desk.finish(update, join)

    async def _list(self, update: Update, find: Callable[[Session, int], tuple[str, list[tables.Lead]]] | None) -> None:
        """A list of leads, for people who may act."""
        message, person = update.effective_message, update.effective_user
        if message is None or person is None:
            return
        thread = message.message_thread_id if message.is_topic_message else None

        def show(session: Session) -> None:
            role = leads.role_in(session, None, person.id, self._desk.config.telegram.admins)
            if role == Role.PEMBACA:
                return
            if find is None:
                outbox.add_text(session, message.chat_id, copies().group.search_what, thread)
                return
            heading, rows = find(session, person.id)
            lines = [self._line(session, row) for row in rows[:LISTED]]
            text = "\n".join([heading.format(n=len(rows)), *lines]) if rows else copies().group.queue_empty
            outbox.add_text(session, message.chat_id, text, thread)

        await self._desk.finish(update, show)

    def _line(self, session: Session, row: tables.Lead) -> str:
        held = leads.lead_of(row)
        region, owner = with_code(held.profile.region), leads.name_of(session, row.owner_id)
        return copies().group.queue_line.format(
            number=row.number,
            region=region.name if region else escape(held.profile.agency) or "–",
            state=copies().leads.states[row.state],
            standing=self._cards.standing(row),
            score=self._cards.score(session, row).total,
            owner=f" · {escape(owner)}" if owner else "",
        )


def _searched(row: tables.Lead) -> str:
    held = leads.lead_of(row)
    region = with_code(held.profile.region)
    parts = (held.profile.name, held.profile.agency, held.need, region.name if region else "", row.number)
    return " ".join(parts).lower()
