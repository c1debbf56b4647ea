"""People and their turns: what the assistant remembers of a conversation, shows and forgets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from bot.conversation.draft import Draft
from bot.conversation.profile import Profile
from bot.database.plain import INTAKES, LEADS, PEOPLE, TURNS
from bot.database.tables import (
    Feedback,
    Flood,
    InboxState,
    Intake,
    Lead,
    LeadFile,
    LeadMessage,
    OutboxMessage,
    OutboxState,
    Person,
    ReceivedUpdate,
    Turn,
    now,
)
from bot.texts import Language

# Messages that arrive so close to each other are one question; Telegram's own clock counts seconds.
ONE_QUESTION = timedelta(seconds=1.5)
ONE_QUESTION_SENT = 2.0
TURNS_LISTED = 10
# Telegram keeps an update for a day; after two it will not deliver one again.
REDELIVERED = timedelta(days=2)
# Turns without a topic of their own do not help to understand the next one.
CARRIES_TOPIC = ("answer", "handover")
# A draft as it is kept in a turn.
DRAFTS = TypeAdapter(Draft)
# Every question goes through these three.
SEEN = (
    update(PEOPLE)
    .where(PEOPLE.c.id == bindparam("person"))
    .values(profile=bindparam("profile"), last_seen=bindparam("last_seen"))
)
EARLIER = (
    select(TURNS.c.question)
    .where(
        TURNS.c.person_id == bindparam("person"),
        TURNS.c.chat_id == bindparam("chat"),
        TURNS.c.kind.in_(CARRIES_TOPIC),
        TURNS.c.received_at > bindparam("since"),
        TURNS.c.received_at < bindparam("before"),
    )
    .order_by(TURNS.c.received_at.desc())
    .limit(bindparam("most"))
)
LATEST = (
    select(Turn)
    .where(
        Turn.person_id == bindparam("person"),
        Turn.chat_id == bindparam("chat"),
        Turn.received_at.between(bindparam("since"), bindparam("until")),
    )
    .order_by(Turn.received_at.desc())
    .limit(1)
)
# Every message of a private chat goes through it.
UNDER_WAY = select(
    select(INTAKES.c.state).where(INTAKES.c.person_id == bindparam("person")).scalar_subquery(),
    select(LEADS.c.id)
    .where(LEADS.c.person_id == bindparam("person"), LEADS.c.silent.is_(True))
    .order_by(LEADS.c.id.desc())
    .limit(1)
    .scalar_subquery(),
)
SETTLED = (OutboxState.SENT, OutboxState.FAILED, OutboxState.UNCERTAIN)


def person_of(session: Session, identifier: int, language: Language) -> Person:
    """The row of a person, made at the first message in the language of their Telegram."""
    person = session.get(Person, identifier)
    if person is None:
        person = Person(id=identifier, language=language, profile={})
        session.add(person)
    person.last_seen = now()
    return person


def keep_seen(session: Session, identifier: int, language: Language, profile: Profile) -> None:
    """Remember that a person wrote, and their office; the language only at their first message."""
    kept = {"profile": asdict(profile), "last_seen": now()}
    if not session.execute(SEEN, {"person": identifier, **kept}).rowcount:  # type: ignore[attr-defined]
        session.execute(insert(PEOPLE), {"id": identifier, "language": language, **kept})


def profile_of(person: Person) -> Profile:
    """What is known of a person's office."""
    return Profile(**person.profile)


def keep_profile(person: Person, profile: Profile) -> None:
    """Remember it."""
    person.profile = asdict(profile)


def under_way(session: Session, person: int) -> tuple[str | None, int | None]:
    """The state of the consultation request that a person is filling in, and the id of the lead in which a consultant
    talks to them and the assistant keeps silent."""
    filling, lead = session.execute(UNDER_WAY, {"person": person}).one()
    return filling, lead


def earlier_questions(
    session: Session, person: int, chat: int, before: Turn | None, most: int, hours: int
) -> list[str]:
    """What the person asked in this chat lately, oldest first."""
    since, until = now() - timedelta(hours=hours), before.received_at if before else now()
    asked = {"person": person, "chat": chat, "since": since, "before": until, "most": most}
    return list(session.scalars(EARLIER, asked))[::-1]


def unfinished_turn(
    session: Session, person: int, chat: int, thread: int | None, received_at: datetime, sent_at: float
) -> Turn | None:
    """The turn that a message belongs to because it followed at once."""
    asked = {"person": person, "chat": chat, "since": received_at - ONE_QUESTION, "until": received_at}
    turn = session.scalar(LATEST, asked)
    if turn is None or not turn.parts or turn.thread_id != thread:
        return None
    return turn if is_one_question(turn.received_at, turn.parts[-1][2], received_at, sent_at) else None


def is_one_question(received_before: datetime, sent_before: float, received_at: datetime, sent_at: float) -> bool:
    """Whether a message followed another at once, by our clock and (after a break of ours) by Telegram's."""
    return received_at - received_before <= ONE_QUESTION and abs(sent_at - sent_before) <= ONE_QUESTION_SENT


def turn_of_message(session: Session, person: int, chat: int, message_id: int) -> Turn | None:
    """The turn that a message of the person is a part of, among the latest ones."""
    latest = latest_turns(session, person, chat)
    return next((turn for turn in latest if any(part[0] == message_id for part in turn.parts)), None)


def latest_turns(session: Session, person: int, chat: int, *conditions: ColumnElement[bool]) -> list[Turn]:
    """The last turns of a person in a chat that meet the conditions, newest first."""
    query = select(Turn).where(Turn.person_id == person, Turn.chat_id == chat, *conditions)
    return list(session.scalars(query.order_by(Turn.received_at.desc()).limit(TURNS_LISTED)))


def latest_questions(session: Session, person: int) -> list[Turn]:
    """The last turns in a person's private chat that asked something, newest first."""
    return latest_turns(session, person, person, Turn.kind != "smalltalk")


def latest_topics(session: Session, person: int, since: datetime) -> list[Turn]:
    """The last turns in a person's private chat that a request could be about, newest first."""
    return [
        turn for turn in latest_questions(session, person) if turn.kind in CARRIES_TOPIC and turn.received_at > since
    ]


def held_about(session: Session, identifier: int) -> dict[str, Any]:
    """Everything that is held about a person, as JSON."""
    turns = list(session.scalars(select(Turn).where(Turn.person_id == identifier).order_by(Turn.received_at)))
    said = {turn.id for turn in turns}
    leads = list(session.scalars(select(Lead).where(Lead.person_id == identifier).order_by(Lead.id)))
    theirs = [lead.id for lead in leads]
    files = select(LeadFile).where(LeadFile.lead_id.in_(theirs))
    messages = select(LeadMessage).where(LeadMessage.lead_id.in_(theirs)).order_by(LeadMessage.id)
    return {
        "person": _columns([session.get(Person, identifier)]),
        "turns": _columns(turns),
        "feedback": _columns(session.scalars(select(Feedback).where(Feedback.turn_id.in_(said)))),
        "intake": _columns([session.get(Intake, identifier)]),
        "leads": _columns(leads),
        "lead_files": _columns(session.scalars(files)),
        "lead_messages": _columns(session.scalars(messages)),
    }


def forget_person(session: Session, identifier: int) -> list[str]:
    """Delete everything about a person but the confirmed requests; returns their numbers."""
    _wipe_messages(session, select(Turn.id).where(Turn.person_id == identifier))
    session.execute(delete(OutboxMessage).where(OutboxMessage.chat_id == identifier, OutboxMessage.state.in_(SETTLED)))
    session.execute(delete(Person).where(Person.id == identifier))
    session.execute(delete(Flood).where(Flood.person_id == identifier))
    closed = (ReceivedUpdate.chat_id == identifier) & (ReceivedUpdate.state != InboxState.OPEN)
    session.execute(delete(ReceivedUpdate).where(closed, ReceivedUpdate.payload.is_not(None)))
    return list(session.scalars(select(Lead.number).where(Lead.person_id == identifier).order_by(Lead.id)))


def forget_older(session: Session, days: int) -> int:
    """Delete the turns that are older than `days`, and people and messages nobody needs any more."""
    before = now() - timedelta(days=days)
    old = select(Turn.id).where(Turn.answered_at < before)
    _wipe_messages(session, old)
    count = len(session.scalars(old).all())
    session.execute(delete(Turn).where(Turn.answered_at < before))
    session.execute(delete(Intake).where(Intake.changed_at < before))
    session.execute(delete(Flood).where(Flood.changed_at < now() - REDELIVERED))
    session.execute(delete(Person).where(Person.last_seen < before, Person.id.not_in(select(Turn.person_id))))
    session.execute(delete(OutboxMessage).where(OutboxMessage.created_at < before, OutboxMessage.state.in_(SETTLED)))
    done = ReceivedUpdate.state == InboxState.DONE
    session.execute(delete(ReceivedUpdate).where(ReceivedUpdate.received_at < now() - REDELIVERED, done))
    return count


def _wipe_messages(session: Session, turns: Any) -> None:  # noqa: ANN401
    """Forget what was sent in some turns; what still waits goes with it."""
    session.execute(delete(OutboxMessage).where(OutboxMessage.turn_id.in_(turns)))


def _without_paths(value: Any) -> Any:  # noqa: ANN401
    """A stored draft without what only this machine understands: where its documents lie."""
    if isinstance(value, dict):
        return {key: "" if key in {"document", "group"} else _without_paths(item) for key, item in value.items()}
    return [_without_paths(item) for item in value] if isinstance(value, list) else value


def _columns(rows: Sequence[Any] | Any) -> list[dict[str, Any]]:  # noqa: ANN401
    return [
        {
            column.name: value.isoformat()
            if isinstance(value := getattr(row, column.key), datetime)
            else _without_paths(value)
            for column in row.__table__.columns
        }
        for row in rows
        if row is not None
    ]
