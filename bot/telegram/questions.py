"""A question in a chat: understood with what came before it, answered with its proof."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import bindparam, insert, select
from sqlalchemy.orm import Session
from telegram import Chat, Message, MessageEntity, Update, User
from telegram.ext import ContextTypes

from bot.conversation.draft import Draft, without_source
from bot.conversation.mask import mask
from bot.conversation.profile import Profile, merged, read_profile, without_introduction
from bot.conversation.understand import Question
from bot.database import conversations
from bot.database.plain import PEOPLE, TURNS, UPDATES
from bot.database.tables import Person, Turn, now, token
from bot.operations import logs, metrics
from bot.telegram import buttons, outbox, placeholder, render
from bot.telegram.desk import Desk
from bot.telegram.outbox import Outgoing
from bot.telegram.signs import Signs, shown
from bot.texts import Language, copy_of, texts
from bot.texts.telegram import TelegramTexts
from knowledge.regions import with_code

# Younger answers follow an edited question.
EDITABLE_SECONDS = 120
GENERAL_TOPIC = 1
ASK_COMMAND = re.compile(r"\A/tanya(?:@\w+)?(?!\S)\s*", re.IGNORECASE)

# Every question goes through it, and what the update says need not be read once more.
CAME = (
    select(UPDATES.c.received_at, PEOPLE.c.language, PEOPLE.c.profile)
    .outerjoin(PEOPLE, PEOPLE.c.id == bindparam("person"))
    .where(UPDATES.c.id == bindparam("update"))
)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Asked:
    """A question as it came: who asks where, and the message that it stands in (None: a button)."""

    person: int
    chat: int
    text: str
    language: Language
    message_id: int | None = None
    sent_at: float = 0.0
    thread: int | None = None
    echo: bool = False

    @property
    def private(self) -> bool:
        """Whether nobody else reads along."""
        return self.chat > 0


@dataclass(frozen=True)
class Opening:
    """What is known when a question comes: the turn that it goes on with, and what came before."""

    received_at: datetime
    language: Language
    turn: Turn | None
    history: tuple[str, ...]
    profile: Profile


class Questions:
    """The handlers of messages that ask something."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        # When a message was too long: Telegram cuts what is pasted into several, answered once.
        self._too_long_at: dict[tuple[int, int], tuple[datetime, float]] = {}

    async def message(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """A text in a private chat, or one in a group that is meant for the bot."""
        message, person = update.effective_message, update.effective_user
        if message is None or person is None:
            return
        text = addressed(message, self._desk.bot.username)
        if text is not None:
            await self.answer(update, asked_in(message, person, text))

    async def command(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """/tanya with the question behind it."""
        message, person = update.effective_message, update.effective_user
        if message is None or person is None:
            return
        asked = asked_in(message, person, " ".join(context.args or ()))
        if asked.text:
            await self.answer(update, asked)
        else:
            language = await self._desk.look(partial(language_kept, user=person))
            text = copy_of(TelegramTexts, language).nothing_asked
            await self._desk.finish(update, partial(outbox.add_text, chat=asked.chat, text=text, thread=asked.thread))

    async def answer(self, update: Update, asked: Asked, opening: Opening | None = None) -> None:
        """Answer a question, together with the messages that came just before it; `opening` is what `open` gave
        where that was asked already."""
        place = None if asked.private else partial(self._place, update.update_id, asked)
        async with shown(self._desk.bot, asked.chat, asked.thread, update.update_id, place) as signs:
            if opening is None:
                opening = await self._desk.look(partial(self.open, update_id=update.update_id, asked=asked))
            if self._is_rest(asked, opening.received_at):
                return
            before = opening.turn.parts if opening.turn else []
            parts = [*before, [asked.message_id, mask(asked.text), asked.sent_at]]
            await self._draft(update, asked, opening, parts, opening.turn, signs)

    async def edited(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """An edited question: its young answer follows; an old one stays, its time has passed."""
        message, person = update.edited_message, update.effective_user
        if message is None or person is None:
            return
        text = addressed(message, self._desk.bot.username) or message.text or ""
        asked = asked_in(message, person, ASK_COMMAND.sub("", text))
        find = partial(
            conversations.turn_of_message, person=asked.person, chat=asked.chat, message_id=message.message_id
        )
        turn = await self._desk.look(find)
        if turn is None or (now() - turn.answered_at).total_seconds() > EDITABLE_SECONDS:
            return
        parts = [
            [number, mask(asked.text) if number == asked.message_id else text, sent]
            for number, text, sent in turn.parts
        ]
        if parts == turn.parts:
            return
        async with shown(self._desk.bot, asked.chat, asked.thread, update.update_id) as signs:
            opening = await self._desk.look(partial(self.open, update_id=update.update_id, asked=asked, turn=turn))
            await self._draft(update, asked, opening, parts, turn, signs)

    def open(self, session: Session, update_id: int, asked: Asked, turn: Turn | None = None) -> Opening:
        """What is known when a question comes."""
        memory = self._desk.config.memory
        received, language, profile = session.execute(CAME, {"update": update_id, "person": asked.person}).one()
        if turn is None and asked.message_id is not None:
            turn = conversations.unfinished_turn(
                session, asked.person, asked.chat, asked.thread, received, asked.sent_at
            )
        history = conversations.earlier_questions(session, asked.person, asked.chat, turn, memory.turns, memory.hours)
        return Opening(received, language or asked.language, turn, tuple(history), Profile(**(profile or {})))

    def _is_rest(self, asked: Asked, received_at: datetime) -> bool:
        """Whether a message is a further piece of one that was too long."""
        before = self._too_long_at.pop((asked.person, asked.chat), None)
        if before is None or not conversations.is_one_question(*before, received_at, asked.sent_at):
            return False
        self._too_long_at[asked.person, asked.chat] = received_at, asked.sent_at
        return True

    async def _draft(
        self, update: Update, asked: Asked, opening: Opening, parts: list[Any], turn: Turn | None, signs: Signs
    ) -> None:
        """Draft, show and keep the answer to a question of one or several messages."""
        whole = " ".join(text for _, text, _ in parts)
        limit = self._desk.config.limits.longest_question
        if len(whole) > limit:
            copy = copy_of(TelegramTexts, opening.language)
            text = copy.too_long.format(limit=f"{limit:,}".replace(",", "." if opening.language == "id" else ","))
            self._too_long_at[asked.person, asked.chat] = opening.received_at, asked.sent_at
            await self._desk.finish(update, partial(outbox.add_text, chat=asked.chat, text=text, thread=asked.thread))
            return
        said = read_profile(asked.text)
        profile = merged(opening.profile, said)
        question = without_introduction(whole)
        if question:
            draft = await self._desk.ask(Question(question, opening.history), signs)
        else:
            draft = _welcome(opening, whole)
        await signs.complete(draft.answer)
        # Of a question in several messages, an earlier one may hold the introduction.
        told = merged(read_profile(whole), said) if turn else said
        notes = _notes(asked, draft, told) if turn or profile != opening.profile else []
        identifier = turn.id if turn else token()
        logs.turn.set(identifier)
        messages = self._messages(asked, identifier, draft, notes)
        record = {
            "thread_id": asked.thread,
            "parts": parts if asked.message_id is not None else [],
            "question": question or whole,
            "kind": draft.kind,
            "draft": conversations.DRAFTS.dump_python(draft, mode="json"),
            "engine": draft.engine,
            "generation": self._desk.conversation.library.manifest.generation,
            "answered_at": now(),
        }

        def close(session: Session) -> None:
            conversations.keep_seen(session, asked.person, asked.language, profile)
            kept = session.get(Turn, identifier) if turn else None
            if kept is None:
                whose = {"person_id": asked.person, "chat_id": asked.chat, "received_at": opening.received_at}
                session.execute(insert(TURNS), {"id": identifier, **whose, **record})
                if not asked.private and placeholder.give(session, update.update_id, identifier):
                    outbox.replace(session, identifier, messages)
                else:
                    outbox.add(session, *messages)
            else:
                for key, value in record.items():
                    setattr(kept, key, value)
                outbox.replace(session, identifier, messages)

        await self._desk.finish(update, close, signs)
        metrics.TURNS.labels(draft.kind, draft.engine).inc()
        milliseconds = round((now() - opening.received_at).total_seconds() * 1000)
        logs.note(log, "answered", kind=draft.kind, engine=draft.engine, ms=milliseconds)

    def _messages(self, asked: Asked, turn: str, draft: Draft, notes: list[str]) -> list[Outgoing]:
        """The answer as messages; the last one carries the buttons."""
        copy = copy_of(TelegramTexts, draft.language)
        link = "" if asked.private else self._desk.private_link(turn)
        heads = [copy.asked.format(question=asked.text)] if asked.echo else []
        keyboard = buttons.below_answer(turn, draft, copy, link)
        pieces = outbox.parts(render.answer(draft, [*heads, *notes]), keyboard, asked.thread)
        extra = _below_the_question(asked)
        return [Outgoing(asked.chat, piece | extra, turn=turn, part=part) for part, piece in enumerate(pieces)]

    async def _place(self, update: int, asked: Asked) -> int | None:
        """The message that is edited while the answer of a group grows; sent when there is none."""
        text = copy_of(TelegramTexts, asked.language).one_moment
        message = Outgoing(asked.chat, outbox.html(text) | outbox.topic(asked.thread) | _below_the_question(asked))

        def look(session: Session) -> tuple[int | None, set[int]]:
            placeholder.put(session, update, message)
            return placeholder.message_id(session, update), outbox.chats_of(session)

        number, chats = await self._desk.look(look)
        self._desk.sender.wake(*chats)
        return number


def addressed(message: Message, username: str) -> str | None:
    """The text that is meant for the bot, without its name; None for what others say to each other.

    In a group it is meant for the bot when it names it, or replies to one of its messages.
    """
    text = message.text or ""
    if message.chat.type == Chat.PRIVATE:
        return text
    mention = f"@{username}"
    named = [
        part
        for entity, part in message.parse_entities([MessageEntity.MENTION]).items()
        if part.lower() == mention.lower()
    ]
    # A message in a topic carries a reply to the service message that opened the topic.
    replied = message.reply_to_message
    to_us = bool(replied and not replied.forum_topic_created and replied.from_user) and (
        replied is not None and replied.from_user is not None and replied.from_user.username == username
    )
    if not named and not to_us:
        return None
    for part in named:
        text = text.replace(part, " ")
    return " ".join(text.split())


def language_of(user: User) -> Language:
    """The language of a person's Telegram: English, or Indonesian for everybody else."""
    return "en" if (user.language_code or "").startswith("en") else "id"


def language_kept(session: Session, user: User) -> Language:
    """The language that a person chose; that of their Telegram as long as they are not known."""
    person = session.get(Person, user.id)
    return person.language if person else language_of(user)


def language_of_id(session: Session, person: int) -> Language:
    """The language that a person chose whose Telegram is not at hand."""
    row = session.get(Person, person)
    return row.language if row else "id"


def thread_of(message: Message) -> int | None:
    """The topic that a reply has to name; the topic General must not be named."""
    thread = message.message_thread_id if message.is_topic_message else None
    return None if thread == GENERAL_TOPIC else thread


def asked_in(message: Message, person: User, text: str) -> Asked:
    """A question that stands in a message."""
    return Asked(
        person=person.id,
        chat=message.chat_id,
        text=text,
        language=language_of(person),
        message_id=message.message_id,
        sent_at=message.date.timestamp(),
        thread=thread_of(message),
    )


def _below_the_question(asked: Asked) -> dict[str, Any]:
    """The parameter that makes a message of a group a reply to its question."""
    if asked.private or asked.message_id is None:
        return {}
    return {"reply_parameters": {"message_id": asked.message_id, "allow_sending_without_reply": True}}


def _welcome(opening: Opening, text: str) -> Draft:
    """The reply to somebody who only says who they are, or only calls the bot."""
    language = opening.language
    reply = copy_of(TelegramTexts, language).introduced if text else texts(language).smalltalk_greeting
    return without_source("smalltalk", language, reply, text)


def _notes(asked: Asked, draft: Draft, said: Profile) -> list[str]:
    """The acknowledgement of what the person said of themselves; in a group only the office."""
    region = with_code(said.region)
    office = [said.agency, region.name if region else ""]
    listed = ", ".join(filter(None, [said.name, said.position, *office] if asked.private else office))
    return [copy_of(TelegramTexts, draft.language).profile_noted.format(profile=listed)] if listed else []
