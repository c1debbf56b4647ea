"""The tables of the consultants' board: notes on leads, and who is logged in."""

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
