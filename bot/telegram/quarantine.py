"""Sentences that were taken for orders to a machine in; what an admin says of them, kept for the next
ingest, out. They stand in documents of the library and in files that wait for a decision."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from telegram import Message, Update
from telegram.ext import ContextTypes

from bot.database.library import examine_again
from bot.database.library_tables import Upload, UploadState
from bot.library import shelf
from bot.telegram import buttons, outbox
from bot.telegram import library_results as results
from bot.telegram.buttons import data
from bot.telegram.desk import Desk
from bot.telegram.presses import tell
from bot.telegram.questions import language_kept
from bot.texts import copy_of
from bot.texts.library import LibraryTexts

SENTENCE = "lq"
RELEASE, KEEP_OUT = "bukan", "perintah"
SHOWN = 10
LONGEST = 1500


class Quarantine:
    """The handler of the buttons below a quarantined sentence."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._data = desk.config.data.dir

    async def press(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """It orders nothing from a machine, or it does."""
        query = update.callback_query
        press = buttons.read(query.data) if query else None
        if query is None:
            return
        copy = copy_of(LibraryTexts, await self._desk.look(partial(language_kept, user=query.from_user)))
        message = query.message
        if query.from_user.id not in self._desk.config.telegram.admins:
            await tell(query, copy.not_admin)
            return
        manifest = await self._desk.think(lambda: results.manifest_of(self._data))
        in_library = [words for document in (manifest.documents if manifest else ()) for words in document.quarantined]

        def decide(session: Session) -> str:
            if press is None or press.argument not in {RELEASE, KEEP_OUT} or not isinstance(message, Message):
                return copy.expired
            waiting = [upload for upload in _undecided(session) if press.row in map(_handle, sentences_of(upload))]
            known = [*in_library, *(words for upload in waiting for words in sentences_of(upload))]
            words = next((one for one in known if _handle(one) == press.row), None)
            if words is None:
                return copy.expired
            release = press.argument == RELEASE
            shelf.decide_on_sentence(self._data, words, release=release)
            for upload in waiting:
                examine_again(upload, [i for i, one in enumerate(upload.examined) if words in _quarantined(one)])
            outbox.edit_keyboard(session, message.chat_id, message.message_id, buttons.keyboard())
            told = copy.sentence_released if release else copy.sentence_kept_out
            outbox.add_text(session, message.chat_id, told)
            return ""

        async with self._desk.same_files():
            await tell(query, await self._desk.finish(update, decide))


def show(session: Session, chat: int, sentences: Iterable[str], data_dir: Path, copy: LibraryTexts) -> None:
    """One message a sentence, each with its two buttons; what was decided on is told without."""
    decided = shelf.sentences_kept_out(data_dir)
    for words in list(sentences)[:SHOWN]:
        text = copy.sentence.format(words=escape(words[:LONGEST]))
        if words in decided:
            outbox.add_text(session, chat, f"{text}\n{copy.sentence_decided}")
            continue
        row = _handle(words)
        release = buttons.button(copy.button_release, data(SENTENCE, row, RELEASE))
        keep = buttons.button(copy.button_keep_out, data(SENTENCE, row, KEEP_OUT))
        outbox.add_text(session, chat, text, keyboard=buttons.keyboard([release], [keep]))


def sentences_of(upload: Upload) -> list[str]:
    """The quarantined sentences of all files of an upload."""
    return list(dict.fromkeys(words for one in upload.examined for words in _quarantined(one)))


def _undecided(session: Session) -> list[Upload]:
    return list(session.scalars(select(Upload).where(Upload.state == UploadState.EXAMINED)))


def _quarantined(one: dict[str, Any]) -> Sequence[str]:
    """The sentences of an examined file; earlier versions of the program noted none."""
    return tuple(one.get("quarantined", ()))


def _handle(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()[:16]
