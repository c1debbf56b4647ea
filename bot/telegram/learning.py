"""Presses on reusable responses and /kesenjangan in; marks, versions and the gap list out."""

from __future__ import annotations

from collections import Counter
from functools import partial
from html import escape

from sqlalchemy.orm import Session
from telegram import Message, Update
from telegram.ext import ContextTypes

from bot.database import gaps, leads, reusable, tables
from bot.database.gaps import BY_NUMBER, BY_TIME, Listed
from bot.database.tables import LeadVersion, Reusable
from bot.leads.gaps import Case, GapState, append_case, proposal
from bot.leads.lifecycle import MoveError, RefusedError, Role
from bot.leads.versions import CurrentSource, outdated, stale_text
from bot.telegram import buttons, outbox
from bot.telegram.buttons import Press, data
from bot.telegram.cards import Cards, copies
from bot.telegram.desk import Desk
from bot.telegram.lead_actions import LeadActions, sources_of
from bot.telegram.learner import retire
from bot.telegram.presses import tell
from bot.telegram.questions import thread_of
from bot.texts import copy_of
from bot.texts.learning import LearningTexts
from knowledge.settings import GAP_CASES

GAP = "g"
DONE, IGNORE, TEST = "selesai", "abaikan", "uji"
STATES: dict[str, GapState] = {DONE: "selesai", IGNORE: "diabaikan", TEST: "diuji"}
A_PAGE = 5
VARIANTS = 3
LONGEST_QUESTION = 300


class Learning:
    """The handlers of what consultants make of answers that were good, and of those that were not."""

    def __init__(self, desk: Desk, board: Cards, actions: LeadActions) -> None:
        self._desk = desk
        self._cards = board
        self._lead = actions
        self._copy = copy_of(LearningTexts, "id")

    async def mark(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """The button below "sudah sampai": let the response be suggested for similar questions."""
        query = update.callback_query
        press = buttons.read(query.data) if query else None
        if query is None:
            return

        def keep(session: Session) -> str:
            version = session.get(LeadVersion, press.row) if press else None
            if version is None or version.sent_at is None:
                return self._copy.not_there
            lead = session.get_one(tables.Lead, version.lead_id)
            role = leads.role_in(session, lead, query.from_user.id, self._desk.config.telegram.admins)
            if role not in {Role.PEMILIK, Role.ADMIN} and version.sent_by != query.from_user.id:
                return copies().group.only_owner.format(name=leads.name_of(session, lead.owner_id))
            if reusable.mark(session, version, query.from_user.id) is None:
                return self._copy.marked_before
            name = leads.name_of(session, query.from_user.id) or query.from_user.full_name
            self._cards.say(session, lead, self._copy.marked.format(name=escape(name)))
            return ""

        await tell(query, await self._desk.finish(update, keep))

    async def use(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """The button "Pakai": the response becomes a version of this lead, to be read and approved."""
        query = update.callback_query
        press = buttons.read(query.data) if query else None
        if query is None:
            return
        source = await self._desk.look(partial(_source, identifier=press.row)) if press else None
        library = self._desk.conversation.library
        sources = await self._desk.think(lambda: sources_of(source, library)) if source else ()

        def take(session: Session) -> str:
            try:
                return self._use(session, press, query.from_user.id, query.from_user.full_name, sources)
            except RefusedError as error:
                return str(error)

        await tell(query, await self._desk.finish(update, take))

    def _use(
        self, session: Session, press: Press | None, person: int, name: str, sources: tuple[CurrentSource, ...]
    ) -> str:
        lead = leads.with_token(session, press.argument) if press else None
        row = session.get(Reusable, press.row) if press else None
        if lead is None or row is None:
            return self._copy.not_there
        acting = self._lead.acting(session, lead, person, name)
        version = session.get_one(LeadVersion, row.version_id)
        why = row.why or stale_text(outdated(leads.version_of(version), sources), copies().leads)
        if why:
            if row.retired_at is None:
                retire(session, row, why)
            self._cards.refresh(session, lead)
            return self._copy.no_longer.format(why=why)
        try:
            taken = self._lead.reuse(session, acting, version)
        except MoveError as error:
            return self._lead.why_not(session, error, acting)
        self._cards.say(session, lead, self._copy.taken.format(number=reusable.number_of(session, row)))
        self._cards.view(session, lead, taken)
        return ""

    async def gaps(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """/kesenjangan [terbaru]: what was answered badly or not at all."""
        message, person = update.effective_message, update.effective_user
        if message is None or person is None:
            return
        order = BY_TIME if BY_TIME in (context.args or ()) else BY_NUMBER
        await self._desk.finish(update, partial(self._page, message=message, person=person.id, order=order, start=0))

    async def gap(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """A button below a gap, or the one that shows more of them."""
        query = update.callback_query
        press = buttons.read(query.data) if query else None
        if query is None or not isinstance(query.message, Message):
            return
        message, person = query.message, query.from_user.id
        order, _dot, start = press.argument.partition(".") if press else ("", "", "")

        def settle(session: Session) -> str:
            if not self._may(session, message, person):
                return copies().group.only_consultants
            if press and not press.row and order in {BY_NUMBER, BY_TIME} and start.isdecimal():
                outbox.edit_keyboard(session, message.chat_id, message.message_id, buttons.keyboard())
                self._page(session, message, person, order, int(start))
                return ""
            return self._close(session, message, press, person)

        async with self._desk.same_files():
            await tell(query, await self._desk.finish(update, settle))

    def _page(self, session: Session, message: Message, person: int, order: str, start: int) -> None:
        """Five gaps, each with its buttons; below the last one that which shows more."""
        if not self._may(session, message, person):
            return
        chat, thread = message.chat_id, thread_of(message)
        found = gaps.listed(session, order)
        shown, copy = found[start : start + A_PAGE], self._copy
        if not shown:
            outbox.add_text(session, chat, copy.gaps_none, thread)
            return
        for one in shown:
            keys = [buttons.button(label, data(GAP, one.id, key)) for key, label in copy.gap_buttons.items()]
            keyboard = buttons.keyboard(keys if self._case(one) else keys[:2])
            outbox.add_text(session, chat, self._told(one), thread, keyboard)
        left = len(found) - start - len(shown)
        if left:
            more = buttons.button(copy.gaps_more, data(GAP, "", f"{order}.{start + A_PAGE}"))
            outbox.add_text(session, chat, copy.gaps_left.format(n=left), thread, buttons.keyboard([more]))

    def _close(self, session: Session, message: Message, press: Press | None, person: int) -> str:
        one = gaps.one(session, press.row) if press else None
        if press is None or one is None or press.argument not in STATES:
            return self._copy.not_there
        case = self._case(one)
        if press.argument == TEST and case is None:
            return self._copy.no_case
        if not gaps.close(session, one.id, STATES[press.argument], person):
            return self._copy.closed_before
        if press.argument == TEST and case is not None:
            append_case(self._desk.config.data.dir / GAP_CASES, case)
        said = self._copy.gap_closed[press.argument].format(file=GAP_CASES)
        outbox.edit_text(session, message.chat_id, message.message_id, f"{self._told(one)}\n\n<b>{said}</b>")
        return ""

    def _told(self, one: Listed) -> str:
        """A gap as consultants read it."""
        copy, (first, *others) = self._copy, one.questions
        zone = self._cards.sla.hours.zone
        lines = [copy.gap.format(question=escape(first[:LONGEST_QUESTION]), n=one.count)]
        lines += [copy.gap_variant.format(question=escape(q[:LONGEST_QUESTION])) for q in others[:VARIANTS]]
        kinds = Counter({copy.gap_reasons[f"{kind}_{reason}"]: n for (kind, reason), n in one.happened})
        lines += [copy.gap_line.format(what=what, n=n) for what, n in kinds.most_common()]
        lines.append(copy.gap_last.format(day=f"{one.last.astimezone(zone):%d-%m-%Y}"))
        if case := self._case(one):
            facts = "; ".join(case.expected_facts) or copy.gap_no_facts
            lines.append(copy.gap_case.format(sources=escape(", ".join(case.expected_sources)), facts=escape(facts)))
        return "\n".join(lines)

    def _case(self, one: Listed) -> Case | None:
        documents = {document.key: document.id for document in self._desk.conversation.library.manifest.documents}
        return proposal(one.id, one.questions[0], one.approved, documents) if one.approved else None

    def _may(self, session: Session, message: Message, person: int) -> bool:
        role = leads.role_in(session, None, person, self._desk.config.telegram.admins)
        return role != Role.PEMBACA and message.chat_id in {person, self._cards.group}


def _source(session: Session, identifier: str) -> LeadVersion | None:
    row = session.get(Reusable, identifier)
    return session.get(LeadVersion, row.version_id) if row else None
