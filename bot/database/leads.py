"""Leads as rows: who holds one, its moves, versions, messages and timers. Each function is a part
of a transaction of its caller."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast

from pydantic import TypeAdapter
from sqlalchemy import CursorResult, delete, func, select, update
from sqlalchemy.orm import Session

from bot.conversation.draft import Citation
from bot.database import tables
from bot.database.conversations import DRAFTS
from bot.database.tables import Consultant, Invitation, LeadMessage, LeadMove, LeadTimer, LeadVersion, now
from bot.leads.lead import Lead, number
from bot.leads.lifecycle import PROGRAM, Action, Role, State, moved
from bot.leads.lifecycle import move as allowed_move
from bot.leads.sla import Sla, Timer
from bot.leads.versions import Version, VersionKind, text_of

LEADS = TypeAdapter(Lead)
CITATIONS = TypeAdapter(tuple[Citation, ...])
CLOSED = (State.SELESAI, State.BUKAN_PROSPEK)


@dataclass(frozen=True)
class Acting:
    """Somebody who acts on a lead, and what they may do with it."""

    person: int
    name: str
    role: Role
    lead: tables.Lead


def next_number(session: Session, day: date) -> str:
    """The number of the month's next lead; `day` is in the office's own time."""
    month = number(day, 1)[:-4]
    taken = session.scalars(select(tables.Lead.number).where(tables.Lead.number.startswith(month)))
    return number(day, max((int(name.removeprefix(month)) for name in taken), default=0) + 1)


def create(
    session: Session, lead: Lead, promise: str, due: datetime, turns: Sequence[tables.Turn], files: Sequence[Any]
) -> tables.Lead:
    """Keep a confirmed request with the conversation that led to it; the last answer of the
    assistant is the first version of the response."""
    row = tables.Lead(
        number=lead.number,
        person_id=lead.person,
        chat_id=lead.chat,
        request=LEADS.dump_python(lead, mode="json") | {"promise": promise},
        conversation=[
            {"turn": turn.id, "question": turn.question, "draft": turn.draft, "generation": turn.generation}
            for turn in turns
        ],
        answer_due=due,
    )
    session.add(row)
    session.flush()
    for file_id, name in files:
        session.add(tables.LeadFile(lead_id=row.id, file_id=file_id, name=name))
    for turn in reversed(turns):
        draft = DRAFTS.validate_python(turn.draft)
        if text := text_of(draft):
            add_version(session, row, PROGRAM, "assistant", text, draft.citations, turn.generation, engine=draft.engine)
            break
    return row


def lead_of(row: tables.Lead) -> Lead:
    """The lead that a row holds."""
    return LEADS.validate_python({key: value for key, value in row.request.items() if key != "promise"})


def with_token(session: Session, token: str) -> tables.Lead | None:
    """The lead that a button belongs to."""
    return session.scalar(select(tables.Lead).where(tables.Lead.token == token))


def of_topic(session: Session, topic: int) -> tables.Lead | None:
    """The lead whose topic this is."""
    return session.scalar(select(tables.Lead).where(tables.Lead.topic_id == topic))


def role_in(session: Session, lead: tables.Lead | None, person: int, admins: Sequence[int]) -> Role:
    """What somebody may do with a lead; it comes from the rows and the settings, never from a text."""
    if person in admins:
        return Role.ADMIN
    consultant = session.get(Consultant, person)
    if consultant is None or not consultant.active:
        return Role.PEMBACA
    return Role.PEMILIK if lead is not None and lead.owner_id == person else Role.KONSULTAN


def claim(session: Session, lead: tables.Lead, person: int, role: Role, sla: Sla) -> bool:
    """Take a lead that nobody holds; of many who try at once one succeeds.

    MoveError where the table does not allow it.
    """
    made = moved(State(lead.state), Action.AMBIL, person, now(), role)
    free = update(tables.Lead).where(
        tables.Lead.id == lead.id, tables.Lead.owner_id.is_(None), tables.Lead.state == made.before
    )
    taken = cast("CursorResult[Any]", session.execute(free.values(owner_id=person)))
    if taken.rowcount != 1:
        return False
    session.refresh(lead)
    move(session, lead, Action.AMBIL, person, role, sla)
    return True


def move(
    session: Session, lead: tables.Lead, action: Action, who: int, role: Role, sla: Sla, why: str = ""
) -> LeadMove:
    """Move a lead and keep who, when and why; its timers begin anew. MoveError where the table
    does not allow it."""
    made = moved(State(lead.state), action, who, now(), role, why)
    lead.state, lead.changed_at = made.after, made.at
    if action in {Action.LEPAS, Action.BUKAN_PROSPEK, Action.SELESAI}:
        lead.silent = False
    if action == Action.LEPAS:
        lead.owner_id = None
    if action == Action.BUKA_LAGI:
        lead.merged_into = None
    row = LeadMove(lead_id=lead.id, who=who, at=made.at, action=action, before=made.before, after=made.after, why=why)
    session.add(row)
    reset_timers(session, lead, sla)
    return row


def unmerge(session: Session, lead: tables.Lead, who: int, role: Role, sla: Sla) -> LeadMove:
    """Let a merged lead stand where it stood, since the moment that it stood there. MoveError for
    who could not have merged it."""
    query = select(LeadMove).where(LeadMove.lead_id == lead.id).order_by(LeadMove.id.desc())
    merge, *earlier = session.scalars(query.where(LeadMove.id <= _last_merge(session, lead)))
    allowed_move(State(merge.before), Action.GABUNG, role)
    row = LeadMove(lead_id=lead.id, who=who, action=Action.PISAH, before=lead.state, after=merge.before)
    lead.state, lead.merged_into = merge.before, None
    lead.changed_at = earlier[0].at if earlier else lead.created_at
    session.add(row)
    session.flush()
    reset_timers(session, lead, sla)
    return row


def merged_with(session: Session, lead: tables.Lead) -> list[tables.Lead]:
    """The leads that are answered together with this one, in the order of their numbers."""
    query = select(tables.Lead).where(tables.Lead.merged_into == lead.id)
    return list(session.scalars(query.order_by(tables.Lead.id)))


def _last_merge(session: Session, lead: tables.Lead) -> int:
    query = select(func.max(LeadMove.id)).where(LeadMove.lead_id == lead.id, LeadMove.action == Action.GABUNG)
    return session.scalar(query) or 0


def reset_timers(session: Session, lead: tables.Lead, sla: Sla, resume_at: datetime | None = None) -> None:
    """Replace what is to happen to a lead by what its state asks for."""
    region = str(lead.request["profile"]["region"])
    promised = resume_at or (None if lead.first_response_at else lead.answer_due)
    timers: tuple[Timer, ...] = sla.timers(
        State(lead.state), lead.changed_at, lead.changed_at, lead.changed_at, region, promised
    )
    open_ones = (LeadTimer.lead_id == lead.id) & LeadTimer.done_at.is_(None)
    session.execute(delete(LeadTimer).where(open_ones))
    for timer in timers:
        session.add(LeadTimer(lead_id=lead.id, kind=timer.kind, at=timer.at))


def due_timers(session: Session) -> list[LeadTimer]:
    """Timers whose moment has come, the oldest first."""
    query = select(LeadTimer).where(LeadTimer.done_at.is_(None), LeadTimer.at <= now())
    return list(session.scalars(query.order_by(LeadTimer.at)))


def add_version(
    session: Session,
    lead: tables.Lead,
    author: int,
    kind: VersionKind,
    text: str,
    citations: tuple[Citation, ...],
    generation: str,
    reason: str = "",
    engine: str = "",
) -> LeadVersion:
    """A further version of the response; the earlier ones stay as they are."""
    last = session.scalar(select(func.max(LeadVersion.number)).where(LeadVersion.lead_id == lead.id)) or 0
    row = LeadVersion(
        lead_id=lead.id,
        number=last + 1,
        author=author,
        kind=kind,
        text=text,
        citations=[asdict(citation) for citation in citations],
        generation=generation,
        reason=reason,
        engine=engine,
    )
    session.add(row)
    session.flush()
    return row


def latest_version(session: Session, lead: tables.Lead) -> LeadVersion | None:
    """The newest version of the response to a lead."""
    query = select(LeadVersion).where(LeadVersion.lead_id == lead.id)
    return session.scalar(query.order_by(LeadVersion.number.desc()).limit(1))


def version_of(row: LeadVersion) -> Version:
    """The version that a row holds."""
    return Version(
        number=row.number,
        author=row.author,
        kind=cast("VersionKind", row.kind),
        text=row.text,
        citations=CITATIONS.validate_python(row.citations),
        generation=row.generation,
        made_at=row.made_at,
    )


def mark_sent(version: LeadVersion, person: int) -> None:
    """Note who sends a version; the lead's move to "siap_dikirim" has let only one press through."""
    version.sent_by, version.sent_at = person, now()


def unmark_sent(session: Session, version: str) -> None:
    """Take it back: the version did not reach the official."""
    session.execute(update(LeadVersion).where(LeadVersion.id == version).values(sent_by=None, sent_at=None))


def add_message(
    session: Session,
    lead: tables.Lead,
    author: int,
    name: str,
    text: str,
    *,
    from_official: bool,
    message_id: int | None = None,
) -> LeadMessage:
    """Keep a message between the official and the consultants; `message_id` is its number in the
    chat that it was written in."""
    row = LeadMessage(
        lead_id=lead.id,
        author=author,
        author_name=name,
        text=text,
        from_official=from_official,
        message_id=message_id,
    )
    session.add(row)
    session.flush()
    return row


def carried(session: Session, message_id: int, official: int | None = None) -> LeadMessage | None:
    """A message of the consultants' group, or of the private chat of an official, as it was carried
    to the other side last."""
    query = select(LeadMessage).where(LeadMessage.message_id == message_id)
    query = query.where(LeadMessage.from_official.is_(official is not None))
    query = query.where(LeadMessage.author == official) if official is not None else query
    return session.scalar(query.order_by(LeadMessage.id.desc()).limit(1))


def last_word_of_official(session: Session, lead: tables.Lead) -> int:
    """The id of the official's last message in a lead, 0 when there is none."""
    query = select(func.max(LeadMessage.id)).where(LeadMessage.lead_id == lead.id, LeadMessage.from_official)
    return session.scalar(query) or 0


def open_leads(session: Session, owner: int | None = None) -> list[tables.Lead]:
    """Leads that wait for somebody, those whose answer is due first; of one owner if given."""
    query = select(tables.Lead).where(tables.Lead.state.not_in(CLOSED))
    query = query.where(tables.Lead.owner_id == owner) if owner is not None else query
    return list(session.scalars(query.order_by(tables.Lead.answer_due, tables.Lead.id)))


def open_of(session: Session, person: int) -> tables.Lead | None:
    """The latest request of a person that is not closed."""
    query = select(tables.Lead).where(tables.Lead.person_id == person, tables.Lead.state.not_in(CLOSED))
    return session.scalar(query.order_by(tables.Lead.id.desc()).limit(1))


def other_leads(session: Session, lead: tables.Lead, within: timedelta) -> list[tables.Lead]:
    """The others of that time that were not merged, to be compared with."""
    near = tables.Lead.created_at.between(lead.created_at - within, lead.created_at + within)
    query = select(tables.Lead).where(tables.Lead.id != lead.id, tables.Lead.merged_into.is_(None), near)
    return list(session.scalars(query))


def count_files(session: Session, lead: tables.Lead) -> int:
    """How many documents the official has sent for a lead."""
    query = select(func.count()).select_from(tables.LeadFile).where(tables.LeadFile.lead_id == lead.id)
    return session.scalar(query) or 0


def invite(session: Session, admin: int) -> str:
    """A token that makes one person a consultant."""
    row = Invitation(made_by=admin)
    session.add(row)
    session.flush()
    return row.id


def enrol(session: Session, token: str, person: int, name: str) -> bool:
    """Make a person a consultant by an invitation that nobody has used."""
    unused = update(Invitation).where(Invitation.id == token, Invitation.used_by.is_(None))
    taken = cast("CursorResult[Any]", session.execute(unused.values(used_by=person)))
    if taken.rowcount != 1:
        return False
    by = session.get_one(Invitation, token).made_by
    session.merge(Consultant(id=person, name=name, enrolled_by=by, active=True, enrolled_at=now()))
    return True


def name_of(session: Session, person: int | None) -> str:
    """The name of a consultant; empty for nobody and for the program."""
    consultant = session.get(Consultant, person) if person not in {None, PROGRAM} else None
    return consultant.name if consultant else ""
