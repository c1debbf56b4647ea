"""What consultants do with a lead in their group: buttons of its card, replies to the bot's prompts.

Everybody in the group may read; only people whom an admin enrolled may act, and only the one who
took a lead may answer it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from html import escape

from sqlalchemy import select
from sqlalchemy.orm import Session
from telegram import CallbackQuery, Message, Update
from telegram.ext import ContextTypes

from bot.database import leads, standing, tables
from bot.database.leads import Acting
from bot.database.tables import LeadVersion, OutboxMessage
from bot.leads.lifecycle import PLAIN, POSTPONED_DAYS, Action, MoveError, RefusedError
from bot.leads.versions import CurrentSource
from bot.telegram import buttons, cards
from bot.telegram.buttons import Press
from bot.telegram.cards import copies
from bot.telegram.desk import Desk
from bot.telegram.lead_actions import LeadActions
from bot.telegram.presses import tell
from bot.telegram.relay import Relay


class Consultants:
    """The handlers of the consultants' group."""

    def __init__(self, desk: Desk, relay: Relay, actions: LeadActions) -> None:
        self._desk = desk
        self._cards = relay.cards
        self._relay = relay
        self._lead = actions
        self._actions: dict[str, Callable[[Session, Acting, str], None]] = {
            cards.VIEW: self._view,
            Action.AMBIL: lambda session, acting, _: self._lead.take(session, acting),
            Action.UBAH: partial(self._prompt, purpose=cards.EDIT),
            Action.TANYA_BALIK: partial(self._prompt, purpose=cards.ASK),
            Action.BUKAN_PROSPEK: partial(self._prompt, purpose=cards.REJECT),
            Action.TUNDA: self._postpone,
            Action.GABUNG: self._merge,
            Action.PISAH: lambda session, acting, _: self._lead.unmerge(session, acting),
        }
        for action in PLAIN:
            self._actions[action] = partial(self._plain, action=action)

    async def press(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """A button of a card."""
        await self._pressed(update, self._act)

    async def reason(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """Why a version was changed."""
        await self._pressed(update, self._reason, alert=False)

    async def redraft(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """The button "Tulis ulang" below a version, and the choices that it leads to."""
        await self._pressed(update, self._redraft)

    async def approve(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """The button below a version: send it, unless it is out of date."""
        press = buttons.read(update.callback_query.data if update.callback_query else None)
        version = await self._desk.look(lambda session: session.get(LeadVersion, press.row)) if press else None
        sources = await self._desk.think(partial(self._lead.sources_of, version)) if version else ()
        await self._pressed(update, partial(self._approve, sources=sources))

    async def message(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """A message in the group: the reply to a prompt, a word to the official, or talk among
        consultants, which stays there."""
        message, person = update.effective_message, update.effective_user
        if message is None or person is None:
            return
        await self._desk.finish(update, partial(self._receive, message=message, person=person.id))

    async def _pressed(
        self, update: Update, act: Callable[[Session, CallbackQuery, Press], str], *, alert: bool = True
    ) -> None:
        """Do what a button says in the transaction that ends the update; whoever pressed it hears
        why nothing was done."""
        query = update.callback_query
        if query is None:
            return
        press = buttons.read(query.data)

        def work(session: Session) -> str:
            try:
                return act(session, query, press) if press else copies().group.no_such_action
            except RefusedError as error:
                return str(error)

        await tell(query, await self._desk.finish(update, work), alert=alert)

    def _act(self, session: Session, query: CallbackQuery, press: Press) -> str:
        action, _, argument = press.argument.partition(".")
        acting = self._acting(session, query, leads.with_token(session, press.row))
        if action not in self._actions:
            return copies().group.no_such_action
        try:
            self._actions[action](session, acting, argument)
        except MoveError as error:
            return self._lead.why_not(session, error, acting)
        return ""

    def _acting(self, session: Session, query: CallbackQuery, lead: tables.Lead | None) -> Acting:
        if lead is None or not isinstance(query.message, Message) or query.message.chat_id != self._cards.group:
            raise RefusedError(copies().group.only_consultants)
        return self._lead.acting(session, lead, query.from_user.id, query.from_user.full_name)

    def _view(self, session: Session, acting: Acting, _: str) -> None:
        version = leads.latest_version(session, acting.lead)
        if version is None:
            raise RefusedError(copies().group.no_draft)
        self._cards.view(session, acting.lead, version)

    def _prompt(self, session: Session, acting: Acting, _: str, *, purpose: str) -> None:
        """Ask for the words that an action needs; whether it is allowed is known before."""
        self._lead.may(acting, Action(purpose))
        group = copies().group
        texts = {cards.EDIT: group.prompt_edit, cards.ASK: group.prompt_ask, cards.REJECT: group.prompt_reject}
        text = texts[purpose].format(number=acting.lead.number)
        self._cards.say(session, acting.lead, text, purpose=purpose)

    def _postpone(self, session: Session, acting: Acting, days: str) -> None:
        self._lead.may(acting, Action.TUNDA)
        if days.isdecimal():
            self._lead.postpone(session, acting, int(days))
            return
        options = [(str(n), copies().group.button_days.format(n=n)) for n in POSTPONED_DAYS]
        text = copies().group.choose_days.format(number=acting.lead.number)
        self._cards.say(session, acting.lead, text, cards.choose(acting.lead, Action.TUNDA, options))

    def _merge(self, session: Session, acting: Acting, token: str) -> None:
        into = leads.with_token(session, token) if token else None
        if into is not None:
            self._lead.merge(session, acting, into)
            return
        numbers = standing.similar_to(session, acting.lead)
        rows = session.scalars(select(tables.Lead).where(tables.Lead.number.in_(numbers))).all()
        if not rows:
            raise RefusedError(copies().group.nothing_similar)
        options = [(row.token, copies().group.button_merge.format(number=row.number)) for row in rows]
        text = copies().group.choose_merge.format(number=acting.lead.number)
        self._cards.say(session, acting.lead, text, cards.choose(acting.lead, Action.GABUNG, options))

    def _plain(self, session: Session, acting: Acting, _: str, *, action: Action) -> None:
        self._lead.plain(session, acting, action)

    def _reason(self, session: Session, query: CallbackQuery, press: Press) -> str:
        version = session.get(LeadVersion, press.row)
        if version is None:
            return copies().group.no_such_action
        self._lead.give_reason(session, query.from_user.id, version, press.argument)
        self._cards.view(session, session.get_one(tables.Lead, version.lead_id), version)
        return copies().group.reason_kept

    def _approve(
        self, session: Session, query: CallbackQuery, press: Press, *, sources: tuple[CurrentSource, ...]
    ) -> str:
        version = session.get(LeadVersion, press.row)
        lead = session.get(tables.Lead, version.lead_id) if version else None
        acting = self._acting(session, query, lead)
        if version is None or not press.argument.isdecimal():
            return copies().group.no_such_action
        try:
            self._lead.approve(session, acting, version, int(press.argument), sources)
        except MoveError as error:
            return self._lead.why_not(session, error, acting)
        return ""

    def _redraft(self, session: Session, query: CallbackQuery, press: Press) -> str:
        version = session.get(LeadVersion, press.row)
        lead = session.get(tables.Lead, version.lead_id) if version else None
        acting = self._acting(session, query, lead)
        if version is None or press.argument not in {"", cards.OWN_WORDS, *copies().leads.redraft_wishes}:
            return copies().group.no_such_action
        try:
            self._lead.may_redraft(session, acting, version)
            number, group = acting.lead.number, copies().group
            if not press.argument:
                text = group.choose_redraft.format(n=version.number, number=number)
                self._cards.say(session, acting.lead, text, cards.wishes(version))
            elif press.argument == cards.OWN_WORDS:
                self._cards.say(
                    session, acting.lead, group.prompt_redraft.format(number=number), purpose=cards.OWN_WORDS
                )
            else:
                self._lead.ask_redraft(session, acting, version, press.argument)
        except MoveError as error:
            return self._lead.why_not(session, error, acting)
        return ""

    def _receive(self, session: Session, message: Message, person: int) -> None:
        """A message in the group, from somebody who may act; everybody else just talks."""
        replied = message.reply_to_message.message_id if message.reply_to_message else None
        prompt = _prompt_row(session, message.chat_id, replied)
        lead = session.get(tables.Lead, prompt.lead_id) if prompt and prompt.lead_id else None
        if lead is None and message.message_thread_id:
            lead = leads.of_topic(session, message.message_thread_id)
        if lead is None:
            return
        try:
            acting = self._lead.acting(session, lead, person, message.from_user.full_name if message.from_user else "")
        except RefusedError:
            return
        try:
            if prompt is None:
                self._relay.to_official(session, lead, message, acting.person, acting.name)
            else:
                self._replied(session, acting, str(prompt.purpose), message.text or "")
        except MoveError as error:
            self._cards.say(session, lead, escape(self._lead.why_not(session, error, acting)))
        except RefusedError as error:
            # The words can be mended: the prompt is asked again.
            again = prompt.purpose if prompt else None
            self._cards.say(session, lead, escape(str(error)), purpose=again)

    def _replied(self, session: Session, acting: Acting, purpose: str, text: str) -> None:
        """The words that an action was asked for."""
        if purpose == cards.EDIT:
            version = self._lead.edit(session, acting, text)
            asked = copies().group.edited.format(n=version.number)
            self._cards.say(session, acting.lead, asked, cards.reasons(version, copies().leads))
        elif purpose == cards.ASK:
            self._lead.ask(session, acting, text)
        elif purpose == cards.REJECT:
            self._lead.reject(session, acting, text)
        elif purpose == cards.OWN_WORDS and (newest := leads.latest_version(session, acting.lead)):
            self._lead.ask_redraft(session, acting, newest, text)


def _prompt_row(session: Session, chat: int, message_id: int | None) -> OutboxMessage | None:
    """The message of the bot that asked for words, if this is a reply to one."""
    if message_id is None:
        return None
    query = select(OutboxMessage).where(OutboxMessage.chat_id == chat, OutboxMessage.message_id == message_id)
    return session.scalar(query.where(OutboxMessage.purpose.is_not(None)))
