"""The tables of consultants at work: their notes on leads, what a model is to write anew for them, and
who is logged in at the board."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from bot.database.tables import Base, now


class LeadNote(Base):
    """What consultants write to each other about a lead; no official sees it."""

    __tablename__ = "lead_notes"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(default=now)
    author: Mapped[int] = mapped_column(BigInteger)
    author_name: Mapped[str] = mapped_column(String(128))
    text: Mapped[str] = mapped_column(Text)


class LeadRedraft(Base):
    """What a chat model was last asked to write anew in a lead; `why` nothing came of it. `sign` is the
    row of the message that says that it is under way."""

    __tablename__ = "lead_redrafts"

    lead_id: Mapped[int] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"), primary_key=True)
    version_id: Mapped[str] = mapped_column(ForeignKey("lead_versions.id", ondelete="CASCADE"))
    wish: Mapped[str] = mapped_column(Text)
    person_id: Mapped[int] = mapped_column(BigInteger)
    person_name: Mapped[str] = mapped_column(String(128))
    asked_at: Mapped[datetime] = mapped_column(default=now)
    changed_at: Mapped[datetime] = mapped_column(default=now, index=True)
    is_open: Mapped[bool] = mapped_column(default=True)
    attempts: Mapped[int] = mapped_column(default=0)
    sign: Mapped[int | None]
    why: Mapped[str] = mapped_column(Text, default="")


class BoardLink(Base):
    """A link that opens the board once; `id` is the hash of what the link says."""

    __tablename__ = "board_links"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(BigInteger, index=True)
    name: Mapped[str] = mapped_column(String(128))
    expires_at: Mapped[datetime]


class BoardProof(Base):
    """A Mini App's proof of who opened it, by its hash, kept until it is too old to be shown again."""

    __tablename__ = "board_proofs"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime]


class BoardSession(Base):
    """Somebody who is logged in at the board; `id` is the hash of what their cookie says."""

    __tablename__ = "board_sessions"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(BigInteger, index=True)
    name: Mapped[str] = mapped_column(String(128))
    expires_at: Mapped[datetime]
