"""The consultation request in a private chat: the steps of `bot.leads.intake` as messages and
buttons, kept after each step; a confirmed one becomes a lead with its conversation."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from html import escape
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session
from telegram import Message, Update
from telegram.ext import ContextTypes

from bot.conversation.profile import merged
from bot.database import conversations, leads, tables
from bot.database.tables import OutboxMessage, OutboxState, Person, Turn, now
from bot.leads.intake import Intake, Outcome, Reply, begin, from_json, receive, to_json
from bot.leads.lead import from_intake
from bot.leads.prompt import Prompt, complaint_text, prompt
from bot.leads.topics import topics_of
from bot.telegram import buttons, outbox
from bot.telegram.buttons import data
from bot.telegram.commands import LONGEST_PAYLOAD, Commands, copy_for, language_for
from bot.telegram.desk import Desk
from bot.telegram.outbox import Outgoing
from bot.telegram.presses import tell
from bot.telegram.questions import Questions, asked_in
from bot.telegram.relay import Relay
from bot.texts import Language, copy_of
from bot.texts.intake import IntakeTexts
from bot.texts.telegram import TelegramTexts

FROM_LINK = "k_"
# What is no choice of a step but a way through them; the keys of choices hold no such sign.
SKIP, BACK, CANCEL = "!skip", "!back", "!cancel"
WAYS: dict[str, Any] = {SKIP: "skip", BACK: "back", CANCEL: "cancel"}
# A question in the middle of a request is answered; at the need, it is the need.
ASKS = re.compile(
    r"\s*(?:apa(?:kah)?|bagaimana|gimana|gmn|kapan|siapa|mengapa|kenapa|di\s?mana|berapa|boleh(?:kah)?|bisa(?:kah)?|"
    r"what|how|why|when|who|where|which|is|are|can|may|do|does)\b.*\?\s*\Z",
    re.IGNORECASE | re.DOTALL,
)
# What a step of an intake gives.
ANSWERS = ("profile", "need", "topics", "stage", "time_frame", "consent")
# Marks, among the messages that belong to no answer, the one that asks the present step.
ASKS_STEP = 0
BUTTONS_A_ROW = 2
DOUBLE_TAP = timedelta(seconds=2)


@dataclass(frozen=True)
class Copies:
    """The copy of the request and of the front around it, in the person's language."""

    language: Language
    intake: IntakeTexts
    front: TelegramTexts


class Consultation:
    """The handlers of the consultation request; what is none of its business goes on to
    `questions` and `commands`."""

    def __init__(self, desk: Desk, questions: Questions, commands: Commands, relay: Relay) -> None:
        self._desk = desk
        self._questions = questions
        self._commands = commands
        self._relay = relay
        self._cards = relay.cards
        self._hours = relay.hours

    async def begin(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """/konsultasi: a new request, or the one that was left."""
        if not await self._commands.only_private(update):
            await self._desk.finish(update, partial(self._begin, update=update, turn=None))

    async def from_link(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """/start from the button below an answer in a group."""
        if await self._commands.only_private(update):
            return
        payload = (context.args or [""])[0][:LONGEST_PAYLOAD]

        def start(session: Session) -> None:
            conversations.person_of(session, _chat(update), language_for(session, update)).start_payload = payload
            self._begin(session, update, payload.removeprefix(FROM_LINK))

        await self._desk.finish(update, start)

    async def from_answer(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """The button "talk to a consultant" below an answer."""
        query = update.callback_query
        if query is None:
            return
        press = buttons.read(query.data)
        turn = await self._desk.look(lambda session: session.get(Turn, press.row)) if press else None
        copy = await self._desk.look(partial(copy_for, update=update))
        if turn is None or not isinstance(query.message, Message):
            await tell(query, copy.expired)
        elif turn.person_id != query.from_user.id or turn.chat_id != query.message.chat_id:
            await tell(query, copy.not_yours)
        else:
            await tell(query)
            await self._desk.finish(update, partial(self._begin, update=update, turn=turn.id))

    async def cancel(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """/batal: leave the request."""
        if not await self._commands.only_private(update):
            await self._desk.finish(update, partial(self._reply, update=update, reply=Reply("cancel")))

    async def message(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """A text: the answer to a step while a request is being filled in, else a question."""
        message, person = update.effective_message, update.effective_user
        if message is None or person is None:
            return
        asked, number = asked_in(message, person, message.text or ""), update.update_id
        filling, lead, opening = await self._desk.look(
            lambda session: (
                *conversations.under_way(session, asked.person),
                self._questions.open(session, number, asked),
            )
        )
        if filling and not (from_json(filling).step != "need" and ASKS.match(asked.text)):
            await self._desk.finish(update, partial(self._reply, update=update, reply=Reply("typed", asked.text)))
            return
        if not filling and lead:
            await self._pass_on(update, message, lead)
            return
        await self._questions.answer(update, asked, opening)
        if filling:
            await self._desk.look(partial(self._remind, update=update))
            self._desk.sender.wake(person.id)

    async def media(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """A shared contact and a document belong to the request, if there is one."""
        message, person = update.effective_message, update.effective_user
        if message is None or person is None:
            return
        filling, lead = await self._desk.look(partial(conversations.under_way, person=person.id))
        if message.contact and filling:
            reply = Reply("contact", message.contact.phone_number)
            await self._desk.finish(update, partial(self._reply, update=update, reply=reply))
        elif not filling and lead:
            await self._pass_on(update, message, lead)
        elif message.document:
            await self._desk.finish(update, partial(self._attach, update=update, message=message))
        else:
            await self._commands.media(update, context)

    async def _pass_on(self, update: Update, message: Message, lead: int) -> None:
        """To the consultant who talks to the person."""
        name = message.from_user.full_name if message.from_user else ""

        def carry(session: Session) -> None:
            self._relay.from_official(session, session.get_one(tables.Lead, lead), message, name)

        await self._desk.finish(update, carry)

    async def press(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """A button of a step, if the request is the person's own and still at that step."""
        query = update.callback_query
        if query is None:
            return
        press = buttons.read(query.data)
        row = await self._desk.look(partial(_open_request, person=query.from_user.id))
        copy = await self._desk.look(partial(self._copies, update=update))
        if press is None or row is None or row.id != press.row:
            owner = await self._desk.look(partial(_owner, intake=press.row)) if press else None
            await tell(query, copy.front.request_closed if owner is None else copy.front.not_yours)
            return
        step, _dot, key = press.argument.partition(".")
        kind = WAYS.get(key, "choice")
        reply = Reply(kind, "" if key in WAYS else key, step)
        complaint = receive(from_json(row.state), reply).complaint
        await tell(query, complaint_text(complaint, copy.intake))
        if complaint != "stale":
            message = query.message if isinstance(query.message, Message) else None
            work = partial(self._reply, update=update, reply=reply, pressed=message)
            await self._desk.finish(update, work)

    def _begin(self, session: Session, update: Update, turn: str | None) -> None:
        """Ask for what is not known yet; an unfinished request goes on where it was left."""
        chat, copies = _chat(update), self._copies(session, update)
        person = conversations.person_of(session, chat, copies.language)
        row = session.get(tables.Intake, chat)
        kept = copies.front.request_kept if row else ""
        if row is None:
            # What an earlier request was about is not asked for again.
            sent = session.scalar(select(func.max(tables.Lead.created_at)).where(tables.Lead.person_id == chat))
            since = now() - timedelta(hours=self._desk.config.memory.hours)
            asked = conversations.latest_topics(session, chat, max(since, sent or since))
            chosen = session.get(Turn, turn) if turn else None
            about = chosen if chosen and chosen.person_id == chat else next(iter(asked), None)
            questions = [t.question for t in asked] + ([about.question] if about else [])
            intake = begin(conversations.profile_of(person), about.question if about else "", topics_of(questions))
            row = tables.Intake(person_id=chat, state=to_json(intake))
            session.add(row)
            session.flush()
        elif now() - row.changed_at < DOUBLE_TAP:
            return
        self._ask(session, row, from_json(row.state), copies, kept)

    def _reply(self, session: Session, update: Update, reply: Reply, pressed: Message | None = None) -> None:
        """Take a reply; then the next step, a complaint, or the end of the request."""
        chat, copies = _chat(update), self._copies(session, update)
        row = session.get(tables.Intake, chat)
        if row is None:
            outbox.add_text(session, chat, copies.front.request_nothing_open)
            return
        before = from_json(row.state)
        outcome = receive(before, reply)
        row.state = to_json(outcome.intake)
        if outcome.state == "cancelled":
            session.delete(row)
            # It also takes the keyboard away that asks for a contact.
            removed = {"remove_keyboard": True} if before.step == "contact" else None
            outbox.add_text(session, chat, copies.front.request_cancelled, keyboard=removed)
            _close_asked(session, chat, pressed)
        elif outcome.state == "confirmed":
            self._confirm(session, row, outcome.intake, copies)
            _close_asked(session, chat, pressed)
        elif not (pressed and _same_question(before, outcome.intake)):
            if before.step == "contact" != outcome.intake.step:
                given = outcome.intake.profile.contact and reply.kind not in {"skip", "back"}
                noted = copies.front.request_contact_noted if given else copies.front.request_contact_left
                outbox.add_text(session, chat, noted, keyboard={"remove_keyboard": True})
            complaint = "" if pressed else complaint_text(outcome.complaint, copies.intake)
            if reply.kind == "contact" and outcome.complaint == "stale":
                complaint = copies.front.request_contact_later
            self._ask(
                session, row, outcome.intake, copies, complaint, pressed, again=before.step == outcome.intake.step
            )
        if pressed:
            _settle(session, pressed, before, outcome, row.id, copies)

    def _remind(self, session: Session, update: Update) -> None:
        """Ask the step again that a question came between."""
        row = _open_request(session, _chat(update))
        if row:
            copies = self._copies(session, update)
            self._ask(session, row, from_json(row.state), copies, copies.front.request_kept)

    def _ask(
        self,
        session: Session,
        row: tables.Intake,
        intake: Intake,
        copies: Copies,
        complaint: str = "",
        pressed: Message | None = None,
        *,
        again: bool = False,
    ) -> None:
        """Ask the present step; after a complaint about it only say what was wrong, with its
        buttons. The message that asked before loses its buttons."""
        asked = prompt(intake, copies.intake)
        markup = _contact_keyboard(asked, copies) if asked.asks_contact else _keyboard(asked, row.id, copies)
        parts = [escape(complaint)] if complaint else []
        parts += [] if complaint and again else [_text(asked, copies)]
        _close_asked(
            session,
            row.person_id,
            pressed,
            Outgoing(
                row.person_id, outbox.html("\n\n".join(parts), markup), part=None if asked.asks_contact else ASKS_STEP
            ),
        )

    def _confirm(self, session: Session, row: tables.Intake, intake: Intake, copies: Copies) -> None:
        """Make the lead: the request, the conversation that led to it, and by when we answer."""
        at, chat = now(), row.person_id
        person = conversations.person_of(session, chat, copies.language)
        turns = self._told(session, person)
        name = leads.next_number(session, at.astimezone(self._hours.zone).date())
        lead = from_intake(intake, name, chat, chat, at, [turn.question for turn in turns])
        hours = self._desk.config.consultation.first_response_hours
        promise = self._hours.promise(at, intake.profile.region, hours, copies.intake)
        kept = leads.create(session, lead, promise, self._hours.add_hours(at, hours), turns, row.files)
        self._cards.open(session, kept)
        conversations.keep_profile(person, merged(conversations.profile_of(person), intake.profile))
        session.execute(delete(tables.Intake).where(tables.Intake.person_id == chat))
        outbox.add_text(session, chat, copies.front.request_confirmed.format(number=name, promise=escape(promise)))

    def _told(self, session: Session, person: Person) -> list[Turn]:
        """The conversation that led to a request, oldest first: that of the private chat, and the
        question in a group whose link led here."""
        turns = conversations.latest_turns(session, person.id, person.id)
        payload = person.start_payload or ""
        linked = session.get(Turn, payload.removeprefix(FROM_LINK)) if payload.startswith(FROM_LINK) else None
        since = now() - timedelta(hours=self._desk.config.memory.hours)
        if linked and linked.person_id == person.id and linked not in turns and linked.received_at > since:
            turns.append(linked)
        return sorted(turns, key=lambda turn: turn.received_at)

    def _attach(self, session: Session, update: Update, message: Message) -> None:
        """Keep a document with the request that it is for; without one, say how to make one."""
        chat, copies = _chat(update), self._copies(session, update)
        document = message.document
        row = session.get(tables.Intake, chat)
        lead = leads.open_of(session, chat)
        if document is None or (row is None and lead is None):
            outbox.add_text(session, chat, copies.front.document)
            return
        name = (document.file_name or "dokumen")[:255]
        attached = copies.front.document_kept
        if row is not None:
            row.files = [*row.files, [document.file_id, name]]
        elif lead is not None:
            session.add(tables.LeadFile(lead_id=lead.id, file_id=document.file_id, name=name))
            attached = copies.front.document_attached
        text = attached.format(name=escape(name), number=lead.number if lead else "")
        outbox.add_text(session, chat, text)

    def _copies(self, session: Session, update: Update) -> Copies:
        language = language_for(session, update)
        return Copies(language, copy_of(IntakeTexts, language), copy_of(TelegramTexts, language))


def _settle(
    session: Session, pressed: Message, before: Intake, outcome: Outcome, identifier: str, copies: Copies
) -> None:
    """What becomes of the message whose button was pressed: marks change in place, an answered
    step shows its answer and loses its buttons."""
    if outcome.state == "going" and _same_question(before, outcome.intake):
        asked = prompt(outcome.intake, copies.intake)
        text, keyboard = _text(asked, copies), _keyboard(asked, identifier, copies)
    else:
        answered = replace(before, **{key: getattr(outcome.intake, key) for key in ANSWERS})
        chosen = ", ".join(choice.label for choice in prompt(answered, copies.intake).choices if choice.selected)
        text, keyboard = pressed.text_html + (f"\n\n✅ <b>{escape(chosen)}</b>" if chosen else ""), buttons.keyboard()
    outbox.edit_text(session, pressed.chat_id, pressed.message_id, text, keyboard)


def _close_asked(session: Session, chat: int, pressed: Message | None, following: Outgoing | None = None) -> None:
    """Take the buttons from the message that asked last, after `following`, so that nobody waits
    for that; a message whose button was `pressed` is settled on its own."""
    marked = OutboxMessage.part.is_not(None) & OutboxMessage.turn_id.is_(None)
    rows = list(session.scalars(select(OutboxMessage).where(OutboxMessage.chat_id == chat, marked)))
    if following:
        outbox.add(session, following)
    for row in rows:
        row.part = None
        if row.state == OutboxState.WAITING and row.parameters:
            row.parameters = {key: value for key, value in row.parameters.items() if key != "reply_markup"}
        elif row.message_id and not (pressed and pressed.message_id == row.message_id):
            outbox.edit_keyboard(session, chat, row.message_id, buttons.keyboard())


def _same_question(before: Intake, after: Intake) -> bool:
    return before.step == after.step and before.candidates == after.candidates


def _text(asked: Prompt, copies: Copies) -> str:
    rows = [f"<b>{escape(row.label)}:</b> {escape(row.value)}" for row in asked.rows]
    at, _of, whole = asked.progress.partition("/")
    progress = f"<i>{copies.front.request_progress.format(at=at, whole=whole)}</i>\n" if whole else ""
    return progress + "\n\n".join([escape(asked.text), *(["\n".join(rows)] if rows else [])])


def _keyboard(asked: Prompt, identifier: str, copies: Copies) -> buttons.Keyboard:
    def button(label: str, key: str) -> dict[str, Any]:
        return buttons.button(label, data("i", identifier, f"{asked.step}.{key}"))

    choices = [button(("☑️ " if c.selected else "") + c.label, c.key) for c in asked.choices]
    wide = asked.step in {"region", "topics", "consent", "summary"}
    size = 1 if wide else BUTTONS_A_ROW
    rows = [choices[i : i + size] for i in range(0, len(choices), size)]
    ways = [button(asked.skip_label, SKIP)] if asked.can_skip else []
    ways += [button(copies.front.button_back, BACK)] if asked.can_go_back else []
    return buttons.keyboard(*rows, [*ways, button(copies.front.button_cancel, CANCEL)])


def _contact_keyboard(asked: Prompt, copies: Copies) -> dict[str, Any]:
    """Only a keyboard in place of the letters can ask for the number of this Telegram account;
    its other keys are words that the request understands."""
    rows: list[list[dict[str, Any]]] = [[{"text": copies.front.button_share_contact, "request_contact": True}]]
    rows += [[{"text": choice.label}] for choice in asked.choices]
    ways = [asked.skip_label] if asked.can_skip else []
    ways += [copies.front.button_back.strip("‹ ")] if asked.can_go_back else []
    rows.append([{"text": way} for way in [*ways, copies.front.button_cancel]])
    return {"keyboard": rows, "resize_keyboard": True, "one_time_keyboard": True}


def _open_request(session: Session, person: int) -> tables.Intake | None:
    return session.get(tables.Intake, person)


def _owner(session: Session, intake: str) -> int | None:
    return session.scalar(select(tables.Intake.person_id).where(tables.Intake.id == intake))


def _chat(update: Update) -> int:
    """The private chat, whose id is that of the person."""
    assert update.effective_user is not None  # noqa: S101
    return update.effective_user.id
