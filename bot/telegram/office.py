"""The consultants' lists: what waits, what one holds, what is looked for; who belongs to them, and
how they get to their web board."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from sqlalchemy import select
from sqlalchemy.orm import Session
from telegram import Update
from telegram.ext import ContextTypes

from bot.database import leads, sessions, standing, tables
from bot.database.tables import Consultant
from bot.leads.lifecycle import Role
from bot.telegram import buttons, outbox
from bot.telegram.cards import Cards, copies
from bot.telegram.desk import Desk
from bot.texts import copy_of
from bot.texts.board import BoardTexts
from knowledge.regions import with_code

LISTED = 30
# Digits from which on a number is nobody's id, nor one that the database can hold.
LONGEST_ID = 19
INVITED = "u_"


class Office:
    """The handlers of the commands for consultants and of their enrolment."""

    def __init__(self, desk: Desk, cards: Cards, board: str) -> None:
        self._desk = desk
        self._cards = cards
        # The address of the web board, empty while it is closed.
        self._board = board

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
            rows = session.scalars(select(tables.Lead).order_by(tables.Lead.id.desc()))
            return copies().group.found, [row for row in rows if standing.is_found_by(row, words)]

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
                    sessions.log_out_everywhere(session, consultant.id)
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

    async def board(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """/papan: a link that opens the web board once, for those who may act; never into a group."""
        message, person = update.effective_message, update.effective_user
        if message is None or person is None:
            return
        is_private = message.chat_id > 0
        thread = message.message_thread_id if message.is_topic_message else None

        def send(session: Session) -> None:
            copy = copy_of(BoardTexts, "id")
            role = leads.role_in(session, None, person.id, self._desk.config.telegram.admins)
            if role == Role.PEMBACA:
                if is_private:
                    outbox.add_text(session, person.id, copy.link_nobody)
                return
            if not self._board:
                outbox.add_text(session, message.chat_id, copy.link_closed, thread)
                return
            minutes = self._desk.config.board.link_minutes
            secret = sessions.make_link(session, person.id, person.full_name[:128], minutes)
            self._send_link(session, person.id, f"{self._board}/masuk/{secret}", copy)
            if not is_private:
                outbox.add_text(session, message.chat_id, copy.link_private, thread)

        await self._desk.finish(update, send)

    def _send_link(self, session: Session, chat: int, link: str, copy: BoardTexts) -> None:
        """As buttons; Telegram takes none to an address that is not public, so that stands in the text."""
        text = copy.link.format(minutes=f"{self._desk.config.board.link_minutes:g}")
        if not self._board.startswith("https://"):
            outbox.add_text(session, chat, f"{text}\n\n<code>{escape(link)}</code>")
            return
        mini = {"text": copy.link_mini, "web_app": {"url": f"{self._board}/mini"}}
        keyboard = buttons.keyboard([mini], [buttons.link(copy.link_button, link)])
        outbox.add_text(session, chat, text, keyboard=keyboard)

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
