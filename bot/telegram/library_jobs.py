"""A wish of an admin in; a job out, if none is under way: the library is changed by one at a time."""

from __future__ import annotations

from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.config import Config
from bot.database import library
from bot.database.library_tables import LibraryJob
from bot.telegram import library_cards as cards
from bot.telegram import outbox
from bot.telegram.outbox import Outgoing
from bot.texts.library import LibraryTexts
from knowledge.generation import lock_holder
from knowledge.shared import shared_of


def busy(session: Session, config: Config, copy: LibraryTexts) -> str:
    """Who is at work on the library already, in plain text; "" when nobody is."""
    job = library.open_job(session)
    if job:
        began = job.created_at.astimezone(ZoneInfo(config.office.time_zone))
        return copy.busy.format(kind=copy.kinds[job.kind], who=job.person_name, time=f"{began:%H.%M}")[:200]
    holder = lock_holder(config.data.dir, shared_of(config))
    return copy.busy.format(kind="ingest.py", who=holder, time="–")[:200] if holder else ""


def begin(
    session: Session, kind: str, what: dict[str, Any], person: tuple[int, str], chat: int, copy: LibraryTexts,
    upload: str | None = None,
) -> LibraryJob:  # fmt: skip
    """Put a job in line, with the message that will show its progress."""
    job = library.add_job(session, kind, what, person, chat, upload)
    job.message = outbox.add(session, Outgoing(chat, outbox.html(cards.progress_text(job, copy))))[0]
    return job


def begin_or_say_why(
    session: Session, config: Config, kind: str, what: dict[str, Any], person: tuple[int, str], chat: int,
    copy: LibraryTexts,
) -> bool:  # fmt: skip
    """Put a job in line, or answer in the chat who is at work already."""
    reason = busy(session, config, copy)
    if reason:
        outbox.add_text(session, chat, escape(reason))
        return False
    begin(session, kind, what, person, chat, copy)
    return True
