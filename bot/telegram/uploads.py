"""Files that an admin sends: kept, shown as a card by `library_work`, and decided on here."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from functools import partial
from html import escape
from pathlib import PurePosixPath
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from telegram import Message, Update, User
from telegram.ext import ContextTypes

from bot.database import library
from bot.database.library_tables import Upload, UploadState
from bot.database.tables import OutboxMessage, now, token
from bot.library import shelf
from bot.library.shelf import Shelf
from bot.telegram import buttons, outbox, quarantine
from bot.telegram import library_cards as cards
from bot.telegram.desk import Desk
from bot.telegram.library_jobs import begin, busy
from bot.telegram.outbox import Outgoing
from bot.telegram.presses import tell
from bot.telegram.questions import language_kept
from bot.texts import copy_of
from bot.texts.library import LibraryTexts
from knowledge import curation
from knowledge.errors import DocumentError
from knowledge.legal_status import references
from knowledge.sources import SUFFIXES

# What Telegram lets a bot download.
MOST_BYTES = 20 * 1024 * 1024
MOST_FILES = 100
TAKEN = SUFFIXES | {".zip"}
PURPOSE = "ket"
KEYS = {
    "judul": "title", "title": "title", "nomor": "number", "number": "number", "jenis": "kind", "kind": "kind",
    "status": "status", "berlaku": "in_force_from", "in force": "in_force_from", "dicabut oleh": "repealed_by",
    "repealed by": "repealed_by", "diubah oleh": "amended_by", "amended by": "amended_by", "mencabut": "repeals",
    "repeals": "repeals", "id": "id",
}  # fmt: skip
LISTS = {"repealed_by", "amended_by", "repeals"}
Handler = Callable[[Update, ContextTypes.DEFAULT_TYPE], Awaitable[None]]


class Uploads:
    """The handlers of files, of the buttons below their card, and of replies to its prompts. What an
    admin replies to something else goes on to `otherwise`."""

    def __init__(self, desk: Desk, otherwise: Handler) -> None:
        self._desk = desk
        self._otherwise = otherwise
        self._shelf = Shelf(desk.config.data.dir)

    async def received(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """A file: it is looked at when the album that it belongs to is complete."""
        message, person = update.effective_message, update.effective_user
        if message is None or person is None or message.document is None:
            return
        document = message.document
        name = " ".join("".join(c for c in document.file_name or "dokumen" if c.isprintable()).split())[:200]
        size = document.file_size or 0

        def keep(session: Session) -> None:
            copy = copy_of(LibraryTexts, language_kept(session, person))
            suffix = PurePosixPath(name).suffix.lower()
            if suffix not in TAKEN:
                outbox.add_text(session, message.chat_id, copy.wrong_kind.format(name=escape(name)))
                return
            if size > MOST_BYTES:
                told = copy.too_big.format(name=escape(name), size=f"{size / 1e6:.0f}")
                outbox.add_text(session, message.chat_id, told)
                return
            album = message.media_group_id
            upload = library.open_upload(session, person.id, person.full_name, message.chat_id, album)
            first = not upload.files
            file = {"file_id": document.file_id, "name": name, "size": size, "staged": f"{token()}{suffix}"}
            upload.files = [*upload.files, file][:MOST_FILES]
            if first:
                outbox.add_text(session, message.chat_id, copy.received)

        await self._desk.finish(update, keep)

    async def press(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """A button below a card: take in, notes, cancel."""
        query = update.callback_query
        if query is None:
            return
        press = buttons.read(query.data)
        copy = copy_of(LibraryTexts, await self._desk.look(partial(language_kept, user=query.from_user)))
        if query.from_user.id not in self._desk.config.telegram.admins:
            await tell(query, copy.not_admin)
            return
        action, _dot, place = (press.argument if press else "").partition(".")
        message = query.message
        if press is None or not isinstance(message, Message):
            await tell(query, copy.expired)
            return
        acts: dict[str, Callable[[Session, Upload], str]] = {
            cards.TAKE_IN: partial(self._take_in, copy=copy, person=query.from_user, message=message, force=False),
            cards.FORCE: partial(self._take_in, copy=copy, person=query.from_user, message=message, force=True),
            cards.CANCEL: partial(self._cancel, copy=copy, message=message),
            cards.NOTES: partial(self._prompt, copy=copy, place=place),
            cards.VIEW: partial(self._view, copy=copy, place=place),
            cards.REPLACE: partial(self._replace, copy=copy, message=message, place=place),
            cards.QUARANTINE: partial(self._quarantined, copy=copy),
        }
        if action not in acts:
            await tell(query, copy.expired)
            return

        def act(session: Session) -> str:
            upload = session.get(Upload, press.row)
            if upload is None or upload.chat_id != message.chat_id:
                return copy.expired
            if upload.state != UploadState.EXAMINED:
                return copy.decided
            return acts[action](session, upload)

        await tell(query, await self._desk.finish(update, act))

    async def reply(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """The notes on a file, in reply to the prompt that asked for them."""
        message, person = update.effective_message, update.effective_user
        replied = message.reply_to_message if message else None
        if message is None or person is None or replied is None:
            return
        purpose = await self._desk.look(partial(_purpose, chat=message.chat_id, message=replied.message_id))
        if purpose is None:
            await self._otherwise(update, context)
            return
        _, identifier, place = purpose.split(":")
        text = message.text or ""

        def note(session: Session) -> None:
            copy = copy_of(LibraryTexts, language_kept(session, person))
            upload = session.get(Upload, identifier)
            if upload is None or upload.state != UploadState.EXAMINED or not place.isdecimal():
                outbox.add_text(session, message.chat_id, copy.decided)
                return
            one = upload.examined[int(place)]
            file = self._shelf.staging / one["staged"]
            try:
                notes = read_notes(text, curation.read_notes(file))
            except DocumentError as error:
                outbox.add_text(session, message.chat_id, copy.notes_wrong.format(reason=escape(error.reason)))
                self._prompt(session, upload, copy=copy, place=place)
                return
            if file.exists():
                curation.write_notes(file, notes)
            library.examine_again(upload, [int(place)])
            outbox.add_text(session, message.chat_id, copy.notes_kept)

        # Another machine may have the file.
        async with self._desk.same_files():
            await self._desk.finish(update, note)

    def _take_in(
        self,
        session: Session,
        upload: Upload,
        copy: LibraryTexts,
        person: User,
        message: Message,
        *,
        force: bool,
    ) -> str:
        if reason := busy(session, self._desk.config, copy):
            return reason
        mark = token()
        moves: list[shelf.Move] = []
        for _, one in cards.usable(upload):
            taken = [move.target for move in moves]
            moves.append(self._shelf.plan(one["staged"], one["target"], one["replaces"], mark, taken))
        upload.state, upload.changed_at, upload.note = UploadState.APPROVED, now(), None
        what = {"moves": shelf.as_json(moves), "force": force}
        begin(session, "upload", what, (person.id, person.full_name), upload.chat_id, copy, upload=upload.id)
        outbox.edit_keyboard(session, message.chat_id, message.message_id, buttons.keyboard())
        return ""

    def _cancel(self, session: Session, upload: Upload, copy: LibraryTexts, message: Message) -> str:
        upload.state, upload.changed_at = UploadState.CANCELLED, now()
        self._shelf.forget(file["staged"] for file in upload.files)
        outbox.edit_text(session, message.chat_id, message.message_id, copy.cancelled)
        return ""

    def _prompt(self, session: Session, upload: Upload, copy: LibraryTexts, place: str) -> str:
        one = _at(upload, place)
        if one is None:
            return copy.expired
        text = copy.prompt_notes.strip().format(
            title=escape(one["title"]),
            number=escape(one["number"] or "-"),
            kind=one["kind"],
            status=one["status"],
        )
        asked = outbox.html(text, {"force_reply": True})
        outbox.add(session, Outgoing(upload.chat_id, asked, purpose=f"{PURPOSE}:{upload.id}:{place}"))
        return ""

    def _view(self, session: Session, upload: Upload, copy: LibraryTexts, place: str) -> str:
        if _at(upload, place) is None:
            return copy.expired
        card = cards.file_card(upload, int(place), copy, self._desk.config.library.trash_days)
        outbox.add(session, Outgoing(upload.chat_id, card))
        return ""

    def _replace(self, session: Session, upload: Upload, copy: LibraryTexts, message: Message, place: str) -> str:
        """The file takes the place of the document that it is most like."""
        one = _at(upload, place)
        like = cards.replaceable(one) if one else None
        if like is None:
            return copy.expired
        chosen = {"replaces": like["key"], "may_replace": None}
        upload.examined = [x | (chosen if str(i) == place else {}) for i, x in enumerate(upload.examined)]
        outbox.edit_keyboard(session, message.chat_id, message.message_id, buttons.keyboard())
        card = cards.upload_card(upload, copy, self._desk.config.library.trash_days)
        upload.card = outbox.add(session, Outgoing(upload.chat_id, card))[0]
        return ""

    def _quarantined(self, session: Session, upload: Upload, copy: LibraryTexts) -> str:
        sentences = quarantine.sentences_of(upload)
        quarantine.show(session, upload.chat_id, sentences, self._desk.config.data.dir, copy)
        return ""


def read_notes(text: str, before: curation.Notes | None) -> curation.Notes:
    """Notes as an admin writes them ("judul: ..."), on top of earlier ones. Raises DocumentError with
    what is wrong."""
    values: dict[str, Any] = before.model_dump(exclude_none=True) if before else {}
    for line in filter(None, map(str.strip, text.splitlines())):
        label, colon, value = line.partition(":")
        key, value = KEYS.get(" ".join(label.lower().split())), value.strip()
        if not colon or key is None:
            raise DocumentError(f'baris "{line[:60]}" tidak dimulai dengan salah satu dari: {", ".join(KEYS)}')
        values[key] = codes(value) if key in LISTS else value.lower() if key in {"kind", "status", "id"} else value
    if not values:
        raise DocumentError("belum ada yang ditulis")
    return curation.checked_notes(
        {key: value for key, value in values.items() if value not in {"", "-"}} | _lists(values)
    )


def _lists(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key in LISTS}


def codes(text: str) -> tuple[str, ...]:
    """Rules as an admin names them: "PP 59/2022, perpres-95-2018"."""
    found = [r.code for r in references(text)]
    found += re.findall(r"(?<![\w-])[a-z][a-z-]*-\d[\w.]*-\d{4}(?![\w-])", text.lower())
    return tuple(dict.fromkeys(found))


def _at(upload: Upload, place: str) -> dict[str, Any] | None:
    return next((one for i, one in cards.usable(upload) if str(i) == place), None)


def _purpose(session: Session, chat: int, message: int) -> str | None:
    query = select(OutboxMessage.purpose).where(OutboxMessage.chat_id == chat, OutboxMessage.message_id == message)
    return session.scalar(query.where(OutboxMessage.purpose.startswith(f"{PURPOSE}:")).limit(1))
