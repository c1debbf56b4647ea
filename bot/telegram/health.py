"""/kesehatan: the check-up of the installation, in short."""

from __future__ import annotations

from html import escape

from sqlalchemy.orm import Session
from telegram import Update
from telegram.ext import ContextTypes

from bot.doctor.command import examine
from bot.telegram import library_cards, outbox
from bot.telegram.desk import Desk
from bot.telegram.questions import language_kept
from bot.telegram.signs import shown
from bot.texts import copy_of
from bot.texts.doctor import DoctorTexts
from bot.texts.library import LibraryTexts


class Health:
    """The handler of the command."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def command(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """Run every check, and name those that found something."""
        message, person = update.effective_message, update.effective_user
        if message is None or person is None:
            return
        async with shown(self._desk.bot, message.chat_id, None, update.update_id) as signs:
            findings = await self._desk.think(lambda: list(examine(self._desk.config)))
            trouble = sum(finding.state == "problem" for finding in findings)

            def say(session: Session) -> None:
                language = language_kept(session, person)
                copy, words = copy_of(LibraryTexts, language), copy_of(DoctorTexts, language)
                head = copy.health_trouble if trouble else copy.health_well
                lines = [
                    copy.health_line.format(
                        name=escape(words.names[finding.check]),
                        said=escape(finding.said(words)),
                        remedy=escape(finding.remedy(words)),
                    )
                    for finding in findings
                    if finding.state != "ok"
                ]
                text = library_cards.fitted([head.format(n=len(findings), trouble=trouble), *lines])
                outbox.add_text(session, message.chat_id, text)

            await self._desk.finish(update, say, signs)
