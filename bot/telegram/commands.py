"""The commands of an official: the first meeting, help, language, history, their own data."""

from __future__ import annotations

import json
import re
from datetime import datetime
from functools import partial
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session
from telegram import Message, Update
from telegram.ext import ContextTypes

from bot.database import conversations
from bot.database.tables import Lead, now
from bot.leads.intake import from_json
from bot.leads.prompt import summary
from bot.telegram import buttons, outbox
from bot.telegram.buttons import data
from bot.telegram.desk import Desk
from bot.telegram.outbox import Outgoing
from bot.telegram.presses import tell
from bot.telegram.questions import language_kept, language_of, thread_of
from bot.texts import Language, copy_of
from bot.texts.intake import IntakeTexts
from bot.texts.leads import LeadTexts
from bot.texts.telegram import TelegramTexts
from knowledge.regions import with_code

# What a person sends that is not text, by the attribute of the message, and the key of the reply.
MEDIA = {
    "voice": "voice",
    "audio": "voice",
    "video_note": "voice",
    "sticker": "sticker",
    "animation": "sticker",
    "photo": "photo",
    "video": "photo",
    "location": "location",
    "venue": "location",
    "contact": "contact",
}
LONGEST_PAYLOAD = 64
LANGUAGES: dict[str, str] = {"id": "Bahasa Indonesia", "en": "English"}
TIMES = ("first_seen", "last_seen", "received_at", "given_at", "created_at", "answer_due", "sent_at")


class Commands:
    """The handlers of commands, and of messages that hold no text."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._zone = ZoneInfo(desk.config.office.time_zone)

    async def start(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Greet; what the link that led here carried is kept."""
        message, person = update.effective_message, update.effective_user
        if message is None or person is None:
            return
        payload = " ".join(context.args or ())[:LONGEST_PAYLOAD]
        first_language = language_of(person)

        def greet(session: Session) -> None:
            row = conversations.person_of(session, person.id, first_language)
            row.start_payload = payload or row.start_payload
            language = row.language
            copy = copy_of(TelegramTexts, language)
            name = f", {escape(person.first_name)}" if language == "en" else f", Bapak/Ibu {escape(person.first_name)}"
            text = copy.start.format(name=name).strip()
            if not row.profile.get("region"):
                text += f"\n\n<i>{copy.start_region}</i>"
            keyboard = buttons.examples(copy, language)
            outbox.add_text(session, message.chat_id, text, thread_of(message), keyboard)

        await self._desk.finish(update, greet)

    async def help(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """How to use the bot, where one is."""
        message = update.effective_message
        private = message is not None and message.chat_id > 0
        known = message is not None and re.match(r"/(?:bantuan|help)\b", message.text or "", re.IGNORECASE)

        def write(copy: TelegramTexts) -> str:
            unknown = "" if known else f"{copy.unknown_command}\n\n"
            return unknown + (copy.help.strip() if private else copy.help_group)

        await self._reply(update, write)

    async def privacy(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """The whole privacy notice."""
        if update.callback_query:
            await tell(update.callback_query)
        days = self._desk.config.memory.keep_days
        await self._reply(update, lambda copy: copy.privacy.format(days=days).strip())

    async def choose_language(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """Offer the languages."""
        rows = [buttons.button(label, data("b", "", code)) for code, label in LANGUAGES.items()]
        await self._reply(update, lambda copy: copy.choose_language, buttons.keyboard(rows))

    async def set_language(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """Keep the language that was pressed."""
        query = update.callback_query
        if query is None:
            return
        press = buttons.read(query.data)
        if press is None or press.argument not in LANGUAGES:
            await tell(query, (await self._desk.look(partial(copy_for, update=update))).expired)
            return
        language: Language = "en" if press.argument == "en" else "id"
        await tell(query)

        def keep(session: Session) -> None:
            conversations.person_of(session, query.from_user.id, language).language = language
            text = copy_of(TelegramTexts, language).language_set
            # In a group the others may still want to choose.
            if isinstance(query.message, Message) and _chat(update) > 0:
                outbox.edit_text(session, _chat(update), query.message.message_id, text)
            else:
                outbox.add_text(session, _chat(update), text, _thread(update))

        await self._desk.finish(update, keep)

    async def history(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """The last questions, each a button that shows its answer again."""
        if await self.only_private(update):
            return

        def show(session: Session) -> None:
            copy, chat = copy_for(session, update), _chat(update)
            turns = conversations.latest_questions(session, chat)
            rows = [[buttons.button(turn.question, data("r", turn.id))] for turn in turns]
            text = copy.history if turns else copy.history_empty
            outbox.add_text(session, chat, text, keyboard=buttons.keyboard(*rows))

        await self._desk.finish(update, show)

    async def my_data(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """Everything that is held about the person, for machines and to read."""
        if await self.only_private(update):
            return

        def send(session: Session) -> None:
            copy, chat = copy_for(session, update), _chat(update)
            held = conversations.held_about(session, chat)
            page = my_data_page(held, language_for(session, update), now().astimezone(self._zone))
            files = {
                "data-saya.json": json.dumps(held, ensure_ascii=False, indent=2).encode(),
                "data-saya.html": page.encode(),
            }
            for i, (name, content) in enumerate(files.items()):
                caption = {} if i else {"caption": copy.my_data_caption}
                outbox.add(session, Outgoing(chat, {"filename": name} | caption, "send_document", file=content))

        await self._desk.finish(update, send)

    async def ask_to_delete(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """Ask before anything is deleted."""
        if await self.only_private(update):
            return

        def ask(session: Session) -> None:
            copy = copy_for(session, update)
            choice = [
                buttons.button(copy.button_delete, data("h", "", "ya")),
                buttons.button(copy.button_keep, data("h", "", "tidak")),
            ]
            outbox.add_text(session, _chat(update), copy.delete_ask, keyboard=buttons.keyboard(choice))

        await self._desk.finish(update, ask)

    async def delete(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """Delete what is held, and say what stays and why."""
        query = update.callback_query
        if query is None:
            return
        press = buttons.read(query.data)
        if press is None or press.argument not in {"ya", "tidak"} or _chat(update) < 0:
            await tell(query, (await self._desk.look(partial(copy_for, update=update))).expired)
            return
        await tell(query)

        def forget(session: Session) -> None:
            copy, chat, text = copy_for(session, update), _chat(update), ""
            if press.argument == "ya":
                numbers = conversations.forget_person(session, query.from_user.id)
                text = copy.deleted_except.format(numbers=", ".join(numbers)) if numbers else copy.deleted
            else:
                text = copy.kept
            if isinstance(query.message, Message):
                outbox.edit_text(session, chat, query.message.message_id, text)
            else:
                outbox.add_text(session, chat, text)

        await self._desk.finish(update, forget)

    async def status(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """How the person's requests stand."""
        if await self.only_private(update):
            return

        def show(session: Session) -> None:
            copy, chat = copy_for(session, update), _chat(update)
            states = copy_of(LeadTexts, language_for(session, update)).states_of_official
            query = select(Lead).where(Lead.person_id == chat).order_by(Lead.id.desc()).limit(10)
            lines = [
                copy.status.format(
                    number=lead.number,
                    state=states[lead.state],
                    need=escape(str(lead.request["need"])),
                    date=lead.created_at.astimezone(self._zone).strftime("%d-%m-%Y"),
                    due=escape(str(lead.request["promise"])),
                )
                for lead in session.scalars(query)
            ]
            outbox.add_text(session, chat, "\n\n".join(lines) or copy.status_none)

        await self._desk.finish(update, show)

    async def media(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """A kind word on what works, for what cannot be read; a group is left in peace."""
        message = update.effective_message
        if message is None or message.chat_id < 0:
            return
        kind = next((key for attribute, key in MEDIA.items() if getattr(message, attribute)), "other")
        await self._reply(update, lambda copy: getattr(copy, kind))

    async def _reply(self, update: Update, write: Any, keyboard: buttons.Keyboard | None = None) -> None:  # noqa: ANN401
        def reply(session: Session) -> None:
            text = write(copy_for(session, update))
            outbox.add_text(session, _chat(update), text, _thread(update), keyboard)

        await self._desk.finish(update, reply)

    async def only_private(self, update: Update) -> bool:
        """In a group: say that this belongs into the private chat; True when that was said."""
        if _chat(update) > 0:
            return False

        def refer(session: Session) -> None:
            copy = copy_for(session, update)
            keyboard = buttons.keyboard([buttons.link(copy.button_open_private, self._desk.private_link())])
            outbox.add_text(session, _chat(update), copy.only_private, _thread(update), keyboard)

        await self._desk.finish(update, refer)
        return True


def language_for(session: Session, update: Update) -> Language:
    """The language that the person chose, or that of their Telegram."""
    person = update.effective_user
    return language_kept(session, person) if person else "id"


def copy_for(session: Session, update: Update) -> TelegramTexts:
    """The copy of this front in the person's language."""
    return copy_of(TelegramTexts, language_for(session, update))


def my_data_page(held: dict[str, list[dict[str, Any]]], language: Language, at: datetime) -> str:
    """What is held about a person as one page of HTML, times in the zone of `at`."""
    copy = copy_of(TelegramTexts, language)
    parts = [
        f"<!doctype html><html lang={language}><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>{escape(copy.my_data_title)}</title>"
        "<style>body{font:16px/1.5 sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem}"
        "dt{font-weight:bold}dd{margin:0 0 .5rem;white-space:pre-wrap;overflow-wrap:anywhere}"
        "section{border-top:1px solid #ccc}</style>"
        f"<h1>{escape(copy.my_data_title)}</h1><p>{escape(copy.my_data_intro.format(date=f'{at:%d-%m-%Y}'))}</p>"
    ]
    for table, label in copy.my_data_tables.items():
        parts.append(f"<h2>{escape(label)}</h2>")
        rows = held.get(table) or []
        if not rows:
            parts.append(f"<p>{escape(copy.my_data_empty)}</p>")
        for row in rows:
            told = _told(table, row, copy, copy_of(IntakeTexts, language), at)
            cells = "".join(f"<dt>{escape(key)}</dt><dd>{escape(value) or '–'}</dd>" for key, value in told.items())
            parts.append(f"<section><dl>{cells}</dl></section>")
    return "\n".join(parts)


def _told(table: str, row: dict[str, Any], copy: TelegramTexts, words: IntakeTexts, at: datetime) -> dict[str, str]:
    """A row in the words of a person; the JSON beside the page has every column."""
    if table == "intake":
        return {line.label: line.value for line in summary(from_json(row["state"]), words)}
    request = row.get("request") or {}
    about = dict(row.get("profile") or request.get("profile") or {})
    region = with_code(about.get("region", ""))
    labelled = {
        "account": row.get("id") if table == "person" else None,
        "number": row.get("number"),
        "language": LANGUAGES.get(row.get("language", "")),
        **{key: about.get(key) for key in ("name", "position", "agency")},
        "region": region.name if region else None,
        "contact": about.get("contact"),
        "need": request.get("need"),
        "promise": request.get("promise"),
        "question": row.get("question"),
        "answer": conversations.DRAFTS.validate_python(row["draft"]).answer if table == "turns" else None,
        "verdict": {buttons.USEFUL: copy.button_useful, **copy.verdicts}.get(row.get("verdict", "")),
        "file": row.get("name"),
        "writer": row.get("author_name"),
        "text": row.get("text"),
        "link": row.get("start_payload"),
        **{key: _clock(row[key], at) for key in TIMES if row.get(key)},
    }
    return {copy.my_data_fields[key]: str(value) for key, value in labelled.items() if value}


def _clock(iso: str, at: datetime) -> str:
    return datetime.fromisoformat(iso).astimezone(at.tzinfo).strftime("%d-%m-%Y %H.%M %Z")


def _chat(update: Update) -> int:
    chat = update.effective_chat
    assert chat is not None, "a command stands in a chat"  # noqa: S101
    return chat.id


def _thread(update: Update) -> int | None:
    return thread_of(update.effective_message) if isinstance(update.effective_message, Message) else None
