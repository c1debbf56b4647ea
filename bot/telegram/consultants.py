"""What consultants do with a lead in their group: buttons of its card, replies to the bot's prompts.

Everybody in the group may read; only people whom an admin enrolled may act, and only the one who
took a lead may answer it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from html import escape

from sqlalchemy import select
from sqlalchemy.orm import Session
from telegram import CallbackQuery, Message, Update
from telegram.ext import ContextTypes

from bot.database import leads, tables
from bot.database.tables import LeadVersion, OutboxMessage, now
from bot.leads.lifecycle import Action, Move, MoveError, Role, State, move, refusal, told_move
from bot.leads.versions import EDIT_REASONS, Approval, CurrentSource, complaint, stale, stale_text
from bot.telegram import buttons, cards
from bot.telegram.cards import copies
from bot.telegram.desk import Desk
from bot.telegram.presses import tell
from bot.telegram.relay import Relay

POSTPONED_DAYS = (1, 3, 7, 14)


@dataclass(frozen=True)
class Acting:
    """Somebody who presses a button of a lead, and what they may do with it."""

    person: int
    name: str
    role: Role
    lead: tables.Lead
    argument: str


class Consultants:
    """The handlers of the consultants' group."""

    def __init__(self, desk: Desk, relay: Relay) -> None:
        self._desk = desk
        self._cards = relay.cards
        self._relay = relay
        self._actions: dict[str, Callable[[Session, Acting], str]] = {
            cards.VIEW: self._view,
            Action.AMBIL: self._take,
            Action.UBAH: partial(self._prompt, purpose=cards.EDIT),
            Action.TANYA_BALIK: partial(self._prompt, purpose=cards.ASK),
            Action.BUKAN_PROSPEK: partial(self._prompt, purpose=cards.REJECT),
            Action.TUNDA: self._postpone,
            Action.GABUNG: self._merge,
        }

    async def press(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """A button of a card."""
        query = update.callback_query
        press = buttons.read(query.data) if query else None
        if query is None or press is None:
            return
        told = await self._desk.finish(update, partial(self._act, query=query, press=press))
        await tell(query, told, alert=bool(told))

    async def approve(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """The button below a version: send it, unless it is out of date."""
        query = update.callback_query
        press = buttons.read(query.data) if query else None
        if query is None or press is None or not press.argument.isdecimal():
            return
        version = await self._desk.look(lambda session: session.get(LeadVersion, press.row))
        sources = await self._desk.think(partial(self._sources, version)) if version else ()
        work = partial(self._approve, query=query, version_id=press.row, seen=int(press.argument), sources=sources)
        told = await self._desk.finish(update, work)
        await tell(query, told, alert=bool(told))

    async def reason(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """Why a version was changed."""
        query = update.callback_query
        press = buttons.read(query.data) if query else None
        if query is None or press is None:
            return

        def keep(session: Session) -> str:
            version = session.get(LeadVersion, press.row)
            if version is None or press.argument not in EDIT_REASONS:
                return ""
            if version.author != query.from_user.id:
                return copies().group.only_owner.format(name=leads.name_of(session, version.author))
            version.reason = press.argument
            lead = session.get_one(tables.Lead, version.lead_id)
            self._cards.view(session, lead, version)
            return copies().group.reason_kept

        await tell(query, await self._desk.finish(update, keep), alert=False)

    async def message(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """A message in the group: the reply to a prompt, a word to the official, or talk among
        consultants, which stays there."""
        message, person = update.effective_message, update.effective_user
        if message is None or person is None:
            return
        await self._desk.finish(update, partial(self._receive, message=message, person=person.id))

    def _act(self, session: Session, query: CallbackQuery, press: buttons.Press) -> str:
        """Do what a button says; returns what the person who pressed it reads."""
        action, _, argument = press.argument.partition(".")
        lead = leads.with_token(session, press.row)
        if lead is None or not isinstance(query.message, Message) or query.message.chat_id != self._cards.group:
            return copies().group.only_consultants
        role = leads.role_in(session, lead, query.from_user.id, self._desk.config.telegram.admins)
        if role == Role.PEMBACA:
            return copies().group.only_consultants
        acting = Acting(query.from_user.id, query.from_user.full_name, role, lead, argument)
        try:
            return self._actions.get(action, partial(self._plain, action=action))(session, acting)
        except MoveError as error:
            if role == Role.KONSULTAN and lead.owner_id:
                return copies().group.only_owner.format(name=leads.name_of(session, lead.owner_id))
            return refusal(error, copies().leads)

    def _take(self, session: Session, acting: Acting) -> str:
        lead = acting.lead
        if lead.owner_id is not None:
            return copies().group.claimed_by.format(name=leads.name_of(session, lead.owner_id))
        if not leads.claim(session, lead, acting.person, acting.role, self._cards.sla):
            session.refresh(lead)
            return copies().group.claimed_by.format(name=leads.name_of(session, lead.owner_id))
        name = leads.name_of(session, acting.person) or acting.name
        self._cards.say(session, lead, copies().group.claimed.format(name=escape(name)))
        self._cards.refresh(session, lead)
        return ""

    def _view(self, session: Session, acting: Acting) -> str:
        version = leads.latest_version(session, acting.lead)
        if version is None:
            return copies().group.no_draft
        self._cards.view(session, acting.lead, version)
        return ""

    def _prompt(self, session: Session, acting: Acting, purpose: str) -> str:
        """Ask for the words that an action needs; whether it is allowed is known before."""
        move(State(acting.lead.state), Action(purpose), acting.role)
        group = copies().group
        texts = {cards.EDIT: group.prompt_edit, cards.ASK: group.prompt_ask, cards.REJECT: group.prompt_reject}
        text = texts[purpose].format(number=acting.lead.number)
        self._cards.say(session, acting.lead, text, purpose=purpose)
        return ""

    def _postpone(self, session: Session, acting: Acting) -> str:
        if not acting.argument.isdecimal():
            options = [(str(days), copies().group.button_days.format(n=days)) for days in POSTPONED_DAYS]
            text = copies().group.choose_days.format(number=acting.lead.number)
            self._cards.say(session, acting.lead, text, cards.choose(acting.lead, Action.TUNDA, options))
            return ""
        self._plain(session, acting, Action.TUNDA)
        until = now() + timedelta(days=min(int(acting.argument), max(POSTPONED_DAYS)))
        leads.reset_timers(session, acting.lead, self._cards.sla, until)
        return ""

    def _merge(self, session: Session, acting: Acting) -> str:
        """Answer the lead together with another one; what it holds stays as it is, so that
        `pisah` restores it exactly."""
        into = leads.with_token(session, acting.argument) if acting.argument else None
        if into is None:
            numbers = self._cards.similar(session, acting.lead)
            rows = session.scalars(select(tables.Lead).where(tables.Lead.number.in_(numbers))).all()
            if not rows:
                return copies().group.nothing_similar
            options = [(row.token, copies().group.button_merge.format(number=row.number)) for row in rows]
            text = copies().group.choose_merge.format(number=acting.lead.number)
            self._cards.say(session, acting.lead, text, cards.choose(acting.lead, Action.GABUNG, options))
            return ""
        self._plain(session, acting, Action.GABUNG)
        acting.lead.merged_into = into.id
        text = copies().group.merged.format(number=acting.lead.number, into=into.number)
        for lead in (acting.lead, into):
            self._cards.say(session, lead, text)
        self._cards.refresh(session, into)
        return ""

    def _plain(self, session: Session, acting: Acting, action: str) -> str:
        """A move that needs no words."""
        if action not in set(Action):
            return copies().group.only_consultants
        made = leads.move(session, acting.lead, Action(action), acting.person, acting.role, self._cards.sla)
        self._announce(session, acting.lead, made, acting.name)
        return ""

    def _announce(self, session: Session, lead: tables.Lead, made: tables.LeadMove, name: str) -> None:
        audit = Move(made.who, made.at, Action(made.action), State(made.before), State(made.after), made.why)
        line = escape(told_move(audit, name, copies().leads))
        self._cards.say(session, lead, copies().group.moved.format(line=line))
        self._cards.refresh(session, lead)

    def _receive(self, session: Session, message: Message, person: int) -> None:
        """A message in the group, from somebody who may act; everybody else just talks."""
        replied = message.reply_to_message.message_id if message.reply_to_message else None
        prompt = _prompt_row(session, message.chat_id, replied)
        lead = session.get(tables.Lead, prompt.lead_id) if prompt and prompt.lead_id else None
        if lead is None and message.message_thread_id:
            lead = leads.of_topic(session, message.message_thread_id)
        role = leads.role_in(session, lead, person, self._desk.config.telegram.admins)
        if lead is None or role == Role.PEMBACA:
            return
        name = leads.name_of(session, person) or (message.from_user.full_name if message.from_user else "")
        acting = Acting(person, name, role, lead, "")
        try:
            if prompt is None:
                self._relay.to_official(session, lead, message, acting.person, name)
            elif prompt.purpose == cards.EDIT:
                self._edit(session, acting, message.text or "")
            elif prompt.purpose == cards.ASK:
                made = leads.move(session, lead, Action.TANYA_BALIK, person, role, self._cards.sla)
                self._relay.ask(session, lead, message.text or "", person, name)
                self._announce(session, lead, made, name)
            elif prompt.purpose == cards.REJECT:
                made = leads.move(
                    session, lead, Action.BUKAN_PROSPEK, person, role, self._cards.sla, message.text or ""
                )
                self._announce(session, lead, made, name)
        except MoveError as error:
            self._cards.say(session, lead, escape(refusal(error, copies().leads)))

    def _edit(self, session: Session, acting: Acting, text: str) -> None:
        """A further version in the consultant's words, with the sources of the one before."""
        before = leads.latest_version(session, acting.lead)
        citations = leads.version_of(before).citations if before else ()
        wrong = complaint(text, citations, copies().leads)
        if wrong:
            self._cards.say(session, acting.lead, escape(wrong), purpose=cards.EDIT)
            return
        leads.move(session, acting.lead, Action.UBAH, acting.person, acting.role, self._cards.sla)
        generation = before.generation if before else self._desk.conversation.library.manifest.generation
        version = leads.add_version(session, acting.lead, acting.person, "edit", text, citations, generation)
        asked = copies().group.edited.format(n=version.number)
        self._cards.say(session, acting.lead, asked, cards.reasons(version, copies().leads))
        self._cards.refresh(session, acting.lead)

    def _approve(
        self,
        session: Session,
        query: CallbackQuery,
        version_id: str,
        seen: int,
        sources: tuple[CurrentSource, ...],
    ) -> str:
        """Send a version to the official: once, and only while nothing has changed since it was read."""
        group, person = copies().group, query.from_user.id
        version = session.get(LeadVersion, version_id)
        lead = session.get(tables.Lead, version.lead_id) if version else None
        role = leads.role_in(session, lead, person, self._desk.config.telegram.admins)
        if version is None or lead is None or role == Role.PEMBACA:
            return group.only_consultants
        told = self._why_not(session, lead, version, Approval(version.number, person, now(), seen), sources)
        if told:
            return told
        try:
            made = leads.move(session, lead, Action.SETUJUI, person, role, self._cards.sla)
        except MoveError as error:
            return refusal(error, copies().leads)
        leads.mark_sent(version, person)
        name = leads.name_of(session, person) or query.from_user.full_name
        self._relay.respond(session, lead, version, name)
        self._cards.say(session, lead, group.approved.format(n=version.number, name=escape(name)))
        self._announce(session, lead, made, name)
        return ""

    def _why_not(
        self,
        session: Session,
        lead: tables.Lead,
        version: LeadVersion,
        approval: Approval,
        sources: tuple[CurrentSource, ...],
    ) -> str:
        """Why a version must not be sent: it was, or something has changed since it was read."""
        if version.sent_by is not None:
            return copies().group.already_sent
        newest = leads.latest_version(session, lead) or version
        found = stale(approval, leads.version_of(newest), leads.last_word_of_official(session, lead), sources)
        told = stale_text(found, copies().leads)
        if told:
            self._cards.say(session, lead, escape(told))
        return told

    def _sources(self, version: LeadVersion) -> tuple[CurrentSource, ...]:
        """The documents that a version cites as the library in use has them."""
        library = self._desk.conversation.library
        keys = dict.fromkeys(citation.document for citation in leads.version_of(version).citations)
        current = {document.key: document for document in library.manifest.documents}
        return tuple(
            CurrentSource(key, str(current[key].status), library.texts_of(key)) for key in keys if key in current
        )


def _prompt_row(session: Session, chat: int, message_id: int | None) -> OutboxMessage | None:
    """The message of the bot that asked for words, if this is a reply to one."""
    if message_id is None:
        return None
    query = select(OutboxMessage).where(OutboxMessage.chat_id == chat, OutboxMessage.message_id == message_id)
    return session.scalar(query.where(OutboxMessage.purpose.is_not(None)))
