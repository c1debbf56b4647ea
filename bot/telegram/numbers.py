"""/statistik and /ekspor in; a chart with the key figures, and the leads as a file out.

Only people who may act get either; the file, which holds personal data, only in their private chat.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from datetime import date, datetime, time
from functools import partial
from html import escape
from typing import get_args

from sqlalchemy.orm import Session
from telegram import Message, Update
from telegram.ext import ContextTypes

from bot.database import leads, statistics
from bot.database.tables import now
from bot.leads.chart import chart
from bot.leads.export import Form, as_csv, as_xlsx, table
from bot.leads.lifecycle import Role
from bot.leads.sla import Sla
from bot.leads.statistics import Summary, summary
from bot.telegram import outbox
from bot.telegram.cards import copies
from bot.telegram.desk import Desk
from bot.telegram.outbox import Outgoing
from bot.telegram.questions import thread_of
from bot.texts import copy_of
from bot.texts.numbers import NumbersTexts

FORMS: tuple[Form, ...] = get_args(Form)
FROM = "dari"
# A caption holds 1,024 characters.
MOST_NAMED = 8
DAY = re.compile(r"(?:(?P<y>\d{4})[-/.](?P<m>\d\d?)[-/.](?P<d>\d\d?)|(?P<D>\d\d?)[-/.](?P<M>\d\d?)[-/.](?P<Y>\d{4}))")

log = logging.getLogger(__name__)


class Numbers:
    """The handlers of the figures and of the export."""

    def __init__(self, desk: Desk, group: int, sla: Sla) -> None:
        self._desk = desk
        self._group = group
        self._sla = sla
        self._copy = copy_of(NumbersTexts, "id")

    async def chart(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """/statistik: the chart, with the key figures below it."""
        message, person = update.effective_message, update.effective_user
        if message is None or person is None:
            return
        facts = await self._desk.look(statistics.facts) if await self._may(message, person.id) else None
        if facts is None:
            await self._desk.finish(update, lambda session: None)
            return
        if not facts:
            text, thread = self._copy.nothing, thread_of(message)
            await self._desk.finish(update, partial(outbox.add_text, chat=message.chat_id, text=text, thread=thread))
            return
        figures = await self._desk.think(lambda: summary(facts, now(), self._sla))
        day = now().astimezone(self._sla.hours.zone).date()
        picture = await self._desk.think(lambda: chart(figures, day, self._copy))
        parameters = {"caption": self._caption(figures, day), "parse_mode": "HTML", "filename": f"statistik-{day}.png"}
        photo = parameters | outbox.topic(thread_of(message))
        sent = Outgoing(message.chat_id, photo, "send_photo", file=picture)
        await self._desk.finish(update, lambda session: outbox.add(session, sent))

    async def export(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """/ekspor [csv | xlsx] [dari TANGGAL]."""
        message, person = update.effective_message, update.effective_user
        if message is None or person is None:
            return
        if not await self._may(message, person.id):
            await self._desk.finish(update, lambda session: None)
            return
        chat, thread = message.chat_id, thread_of(message)
        wanted = read_wish(context.args or ())
        if wanted is None:
            text = self._copy.export_usage
            await self._desk.finish(update, partial(outbox.add_text, chat=chat, text=text, thread=thread))
            return
        form, day = wanted
        zone = self._sla.hours.zone
        since = datetime.combine(day, time(), zone) if day else None
        found = await self._desk.look(partial(statistics.exported, since=since))
        told = " " + self._copy.export_since.format(day=f"{day:%d-%m-%Y}") if day else ""
        write = as_csv if form == "csv" else as_xlsx
        content = await self._desk.think(lambda: write(table(found, zone))) if found else b""

        def send(session: Session) -> None:
            if not found:
                outbox.add_text(session, chat, self._copy.export_nothing.format(since=told), thread)
                return
            statistics.note_export(session, person.id, form, since, len(found))
            name = f"permohonan-{now().astimezone(zone):%Y%m%d-%H%M}.{form}"
            caption = self._copy.export_caption.format(n=len(found), since=told)
            file = {"filename": name, "caption": caption}
            outbox.add(session, Outgoing(person.id, file, "send_document", file=content))
            if chat != person.id:
                outbox.add_text(session, chat, self._copy.export_private, thread)

        await self._desk.finish(update, send)
        if found:
            log.info("%s leads were exported as %s by %s", len(found), form, person.id)

    async def _may(self, message: Message, person: int) -> bool:
        """Whether somebody may act, in the consultants' group or a private chat."""
        admins = self._desk.config.telegram.admins
        role = await self._desk.look(partial(leads.role_in, lead=None, person=person, admins=admins))
        return role != Role.PEMBACA and message.chat_id in {person, self._group}

    def _caption(self, figures: Summary, day: date) -> str:
        """The key figures in words, for those who do not see the picture."""
        copy, response = self._copy, figures.response
        lines = [copy.caption.format(day=f"{day:%d-%m-%Y}", total=figures.total, open=figures.open)]
        if response.median_hours is None or response.within is None:
            lines.append(copy.caption_no_response)
        else:
            hours = f"{response.median_hours:.1f}".replace(".", ",")
            lines.append(copy.caption_response.format(hours=hours, within=round(100 * response.within)))
        states = copies().leads.states
        reached = [copy.caption_line.format(label=states[state], n=n) for state, n in figures.funnel if n]
        lines.append(" · ".join(reached))
        held = [
            copy.caption_load_line.format(name=escape(one.name), open=one.open, late=one.late, closed=one.closed)
            for one in figures.load[:MOST_NAMED]
            if one.name
        ]
        return "\n".join([*lines, *(["", copy.caption_load, *held] if held else [])])


def read_wish(words: Sequence[str]) -> tuple[Form, date | None] | None:
    """What "/ekspor csv dari 1-11-2026" wants: the form, xlsx unless named, and the first day; None
    for words that say neither."""
    form: Form = "xlsx"
    day: date | None = None
    for word in (word.lower() for word in words if word.lower() != FROM):
        written = DAY.fullmatch(word)
        if word in FORMS:
            form = "csv" if word == "csv" else "xlsx"
        elif written and day is None:
            found = written.groupdict()
            try:
                day = date(*(int(found[key] or found[other]) for key, other in ("yY", "mM", "dD")))
            except ValueError:
                return None
        else:
            return None
    return form, day
