"""The tables. Every time is UTC and aware; every id that leaves the process is random."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from bot.texts import Language


class UtcDateTime(TypeDecorator[datetime]):
    """SQLite keeps no zone: aware times are stored as UTC and come back aware."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a time whose zone is a guess."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The time, aware again."""
        return value.replace(tzinfo=UTC) if value else None


def now() -> datetime:
    """This moment, aware."""
    return datetime.now(UTC)


def token() -> str:
    """A random id of 12 characters that stands for a row in the data of a button."""
    return secrets.token_urlsafe(9)


class Base(DeclarativeBase):
    """Names every constraint, so that migrations can change it on any engine."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: JSON(none_as_null=True), list[Any]: JSON}  # noqa: RUF012


class InboxState(StrEnum):
    """Where an update stands; what is set aside waits for an admin."""

    OPEN = "open"
    DONE = "done"
    SET_ASIDE = "set_aside"


class ReceivedUpdate(Base):
    """An update of Telegram; its payload is wiped once it is done, its digest stays to tell a
    second delivery from another update of that number."""

    __tablename__ = "updates"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    chat_id: Mapped[int | None] = mapped_column(BigInteger)
    received_at: Mapped[datetime] = mapped_column(default=now)
    payload: Mapped[dict[str, Any] | None]
    digest: Mapped[str] = mapped_column(String(64))
    attempts: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(String(12), default=InboxState.OPEN, index=True)
    error: Mapped[str | None] = mapped_column(Text)


class OutboxState(StrEnum):
    """Where a message stands. `sending` at a start means that nobody knows: it becomes `uncertain`."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    UNCERTAIN = "uncertain"
    FAILED = "failed"


class OutboxMessage(Base):
    """A call of the Bot API that a person sees. `parameters` and `file` are wiped once it is sent.

    `turn_id` and `part` name the piece of an answer that it is; `replaces` the message that it edits.
    `lead_id` is the lead that it is about, whose topic it goes to; `purpose` what follows from it.
    """

    __tablename__ = "messages"
    __table_args__ = (Index("ix_messages_due", "state", "chat_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    chat_id: Mapped[int] = mapped_column(BigInteger)
    method: Mapped[str] = mapped_column(String(40))
    parameters: Mapped[dict[str, Any] | None]
    file: Mapped[bytes | None] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(12), default=OutboxState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=now)
    sent_at: Mapped[datetime | None]
    message_id: Mapped[int | None] = mapped_column(BigInteger)
    turn_id: Mapped[str | None] = mapped_column(ForeignKey("turns.id", ondelete="SET NULL"), index=True)
    part: Mapped[int | None]
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("leads.id", ondelete="SET NULL"))
    purpose: Mapped[str | None] = mapped_column(String(40), index=True)
    replaces: Mapped[int | None] = mapped_column(ForeignKey("messages.id", ondelete="SET NULL"), index=True)
    error: Mapped[str | None] = mapped_column(Text)


class Person(Base):
    """Somebody who wrote to the bot, with what is known of their office."""

    __tablename__ = "people"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    language: Mapped[Language] = mapped_column(String(2), default="id")
    profile: Mapped[dict[str, Any]] = mapped_column(default=dict)
    start_payload: Mapped[str | None] = mapped_column(String(64))
    first_seen: Mapped[datetime] = mapped_column(default=now)
    last_seen: Mapped[datetime] = mapped_column(default=now)


class Turn(Base):
    """A question and its draft. `parts` holds the person's messages as [id, text], personal data masked."""

    __tablename__ = "turns"
    __table_args__ = (Index("ix_turns_person", "person_id", "chat_id", "received_at"),)

    id: Mapped[str] = mapped_column(String(16), primary_key=True, default=token)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    chat_id: Mapped[int] = mapped_column(BigInteger)
    thread_id: Mapped[int | None]
    parts: Mapped[list[Any]]
    question: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(12))
    draft: Mapped[dict[str, Any]]
    engine: Mapped[str] = mapped_column(String(80))
    generation: Mapped[str] = mapped_column(String(80))
    received_at: Mapped[datetime]
    answered_at: Mapped[datetime] = mapped_column(default=now)


class Feedback(Base):
    """What the asker thinks of a draft; the passages and the generation that it rested on."""

    __tablename__ = "feedback"

    turn_id: Mapped[str] = mapped_column(ForeignKey("turns.id", ondelete="CASCADE"), primary_key=True)
    verdict: Mapped[str] = mapped_column(String(12))
    passages: Mapped[list[Any]]
    generation: Mapped[str] = mapped_column(String(80))
    given_at: Mapped[datetime] = mapped_column(default=now)


class Flood(Base):
    """When the last messages of a person came (seconds since 1970), and until when it was enough to have
    told them to slow down; kept only where several processes count together."""

    __tablename__ = "floods"

    person_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    times: Mapped[list[Any]] = mapped_column(default=list)
    told_until: Mapped[float] = mapped_column(default=0.0)
    changed_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)


class Intake(Base):
    """A consultation request that is being filled in; one a person. `files` holds [file_id, name]
    of the documents that came in the meantime."""

    __tablename__ = "intakes"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[str] = mapped_column(String(16), unique=True, default=token)
    state: Mapped[str] = mapped_column(Text)
    files: Mapped[list[Any]] = mapped_column(default=list)
    changed_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)


class Lead(Base):
    """A consultation request as confirmed: the `bot.leads.lead.Lead` with its conversation.

    `topic_id` is its topic in the consultants' group, `card` the row of its card there. While
    `silent` the official talks to the consultant and the assistant keeps still. `topic_title` and
    `topic_icon` are what the topic was given last; `suggested` holds the ids of reusable responses
    to a similar question, None until somebody has looked.
    """

    __tablename__ = "leads"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    token: Mapped[str] = mapped_column(String(16), unique=True, default=token)
    number: Mapped[str] = mapped_column(String(20), unique=True)
    person_id: Mapped[int] = mapped_column(BigInteger, index=True)
    chat_id: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(20), default="baru", index=True)
    request: Mapped[dict[str, Any]]
    conversation: Mapped[list[Any]]
    answer_due: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(default=now)
    changed_at: Mapped[datetime] = mapped_column(default=now)
    owner_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    topic_id: Mapped[int | None]
    card: Mapped[int | None]
    silent: Mapped[bool] = mapped_column(default=False)
    first_response_at: Mapped[datetime | None]
    topic_title: Mapped[str | None] = mapped_column(String(128))
    topic_icon: Mapped[str | None] = mapped_column(String(32))
    suggested: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    merged_into: Mapped[int | None] = mapped_column(ForeignKey("leads.id", ondelete="SET NULL"))


class LeadFile(Base):
    """A document that the official sent for a request; Telegram keeps the bytes."""

    __tablename__ = "lead_files"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"), index=True)
    file_id: Mapped[str] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(String(255))
    sent_at: Mapped[datetime] = mapped_column(default=now)


class Consultant(Base):
    """Somebody who may act on leads; only an admin enrols one."""

    __tablename__ = "consultants"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(128))
    enrolled_by: Mapped[int] = mapped_column(BigInteger)
    enrolled_at: Mapped[datetime] = mapped_column(default=now)
    active: Mapped[bool] = mapped_column(default=True)


class Invitation(Base):
    """A link that makes one person a consultant, once."""

    __tablename__ = "invitations"

    id: Mapped[str] = mapped_column(String(16), primary_key=True, default=token)
    made_by: Mapped[int] = mapped_column(BigInteger)
    made_at: Mapped[datetime] = mapped_column(default=now)
    used_by: Mapped[int | None] = mapped_column(BigInteger)


class LeadMove(Base):
    """Who moved a lead from which state to which, when and why; `who` 0 is the bot itself."""

    __tablename__ = "lead_moves"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"), index=True)
    who: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(default=now)
    action: Mapped[str] = mapped_column(String(20))
    before: Mapped[str] = mapped_column(String(20))
    after: Mapped[str] = mapped_column(String(20))
    why: Mapped[str] = mapped_column(Text, default="")


class LeadVersion(Base):
    """A version of the response to a lead: the assistant's, an edit, a redraft. Never changed."""

    __tablename__ = "lead_versions"
    __table_args__ = (UniqueConstraint("lead_id", "number"),)

    id: Mapped[str] = mapped_column(String(16), primary_key=True, default=token)
    lead_id: Mapped[int] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"), index=True)
    number: Mapped[int]
    author: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(12))
    text: Mapped[str] = mapped_column(Text)
    citations: Mapped[list[Any]]
    generation: Mapped[str] = mapped_column(String(80))
    made_at: Mapped[datetime] = mapped_column(default=now, index=True)
    reason: Mapped[str] = mapped_column(String(20), default="")
    # What wrote it, with the version of its prompt; empty for a person.
    engine: Mapped[str] = mapped_column(String(80), default="")
    sent_by: Mapped[int | None] = mapped_column(BigInteger)
    sent_at: Mapped[datetime | None]


class LeadMessage(Base):
    """A message between the official and the consultants, and who wrote it; changed, it is a
    further row of the same `message_id`."""

    __tablename__ = "lead_messages"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(default=now)
    author: Mapped[int] = mapped_column(BigInteger)
    author_name: Mapped[str] = mapped_column(String(128))
    from_official: Mapped[bool]
    text: Mapped[str] = mapped_column(Text)
    message_id: Mapped[int | None] = mapped_column(BigInteger)


class LeadTimer(Base):
    """Something that is to happen to a lead at a moment; kept here, so a restart forgets none."""

    __tablename__ = "lead_timers"
    __table_args__ = (Index("ix_lead_timers_due", "done_at", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class Export(Base):
    """Who took the leads, with the personal data in them, out as a file, and when."""

    __tablename__ = "exports"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    who: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(default=now)
    form: Mapped[str] = mapped_column(String(8))
    since: Mapped[datetime | None]
    leads: Mapped[int]


class Reusable(Base):
    """An approved response that is suggested for similar questions (`question`, personal data
    masked) until one of its sources changes: then `retired_at` and `why` are set."""

    __tablename__ = "reusable"

    id: Mapped[str] = mapped_column(String(16), primary_key=True, default=token)
    version_id: Mapped[str] = mapped_column(ForeignKey("lead_versions.id", ondelete="CASCADE"), unique=True)
    question: Mapped[str] = mapped_column(Text)
    marked_by: Mapped[int] = mapped_column(BigInteger)
    marked_at: Mapped[datetime] = mapped_column(default=now)
    checked: Mapped[str] = mapped_column(String(80), default="")
    retired_at: Mapped[datetime | None]
    why: Mapped[str] = mapped_column(Text, default="")


class Gap(Base):
    """Questions, near-identical ones together, that were answered badly or not at all."""

    __tablename__ = "gaps"

    id: Mapped[str] = mapped_column(String(16), primary_key=True, default=token)
    state: Mapped[str] = mapped_column(String(12), default="terbuka", index=True)
    made_at: Mapped[datetime] = mapped_column(default=now)
    closed_by: Mapped[int | None] = mapped_column(BigInteger)
    closed_at: Mapped[datetime | None]


class GapEvent(Base):
    """One time that it happened: a vote or a handover of a turn, or an edit of a version, and why.
    It goes with its turn or version, so the gap list forgets what the conversations forget."""

    __tablename__ = "gap_events"
    __table_args__ = (UniqueConstraint("turn_id", "kind"), UniqueConstraint("version_id", "kind"))

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    gap_id: Mapped[str] = mapped_column(ForeignKey("gaps.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(String(20), default="")
    question: Mapped[str] = mapped_column(Text)
    turn_id: Mapped[str | None] = mapped_column(ForeignKey("turns.id", ondelete="CASCADE"))
    version_id: Mapped[str | None] = mapped_column(ForeignKey("lead_versions.id", ondelete="CASCADE"))
    at: Mapped[datetime]
