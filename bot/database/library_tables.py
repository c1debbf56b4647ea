"""The tables of what admins do with the library: files on their way into it, and work on it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from bot.database.tables import Base, now, token


class UploadState(StrEnum):
    """Where the files that an admin sent stand."""

    RECEIVED = "received"
    EXAMINED = "examined"
    APPROVED = "approved"
    LIVE = "live"
    CANCELLED = "cancelled"


class Upload(Base):
    """Files that an admin sent at once. `files` holds {file_id, name, size, staged} of each, `examined`
    what was found in them; `card` is the row of the message that shows it, `note` what it says above."""

    __tablename__ = "uploads"

    id: Mapped[str] = mapped_column(String(16), primary_key=True, default=token)
    person_id: Mapped[int] = mapped_column(BigInteger)
    person_name: Mapped[str] = mapped_column(String(128))
    chat_id: Mapped[int] = mapped_column(BigInteger)
    album: Mapped[str | None] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(12), default=UploadState.RECEIVED, index=True)
    files: Mapped[list[Any]] = mapped_column(default=list)
    examined: Mapped[list[Any]] = mapped_column(default=list)
    attempts: Mapped[int] = mapped_column(default=0)
    card: Mapped[int | None]
    note: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now)
    changed_at: Mapped[datetime] = mapped_column(default=now)


class JobState(StrEnum):
    """Where a piece of work on the library stands; what is waiting or running is done again by the
    next start."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class LibraryJob(Base):
    """A piece of work on the library that runs in a process of its own: who wants what, and what came
    of it. `message` is the row of the message that shows its progress."""

    __tablename__ = "library_jobs"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    token: Mapped[str] = mapped_column(String(16), unique=True, default=token)
    kind: Mapped[str] = mapped_column(String(12))
    what: Mapped[dict[str, Any]]
    person_id: Mapped[int] = mapped_column(BigInteger)
    person_name: Mapped[str] = mapped_column(String(128))
    chat_id: Mapped[int] = mapped_column(BigInteger)
    upload_id: Mapped[str | None] = mapped_column(ForeignKey("uploads.id", ondelete="SET NULL"))
    state: Mapped[str] = mapped_column(String(12), default=JobState.WAITING, index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    message: Mapped[int | None]
    result: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    ended_at: Mapped[datetime | None]
