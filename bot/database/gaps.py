"""Votes, edits and handovers as rows in; the gap list out. Each function is a part of a transaction
of its caller."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from rapidfuzz import fuzz
from sqlalchemy import and_, delete, or_, select
from sqlalchemy.orm import Session

from bot.database import leads, tables
from bot.database.conversations import DRAFTS
from bot.database.reusable import question_of
from bot.database.tables import Feedback, Gap, GapEvent, LeadVersion, Turn, now
from bot.leads.gaps import FAULTS, VOTES, GapState, Happening, unanswered
from bot.leads.versions import Version

BY_NUMBER, BY_TIME = "sering", "terbaru"
SAME_NEED = 70


@dataclass(frozen=True)
class Listed:
    """A gap as it is shown: its questions, the newest first and each once; how often what happened,
    as (kind, reason); and the consultant's answer, if one was approved."""

    id: str
    state: str
    questions: tuple[str, ...]
    happened: tuple[tuple[tuple[str, str], int], ...]
    last: datetime
    approved: Version | None

    @property
    def count(self) -> int:
        """How often it happened."""
        return sum(n for _, n in self.happened)


def new_happenings(session: Session, since: datetime) -> list[Happening]:
    """What went wrong and is not in the list yet, or for another reason now; handovers of turns that
    were answered after `since`. A vote that was taken back leaves the list."""
    voted = and_(GapEvent.turn_id == Feedback.turn_id, GapEvent.kind == "vote")
    satisfied = select(Feedback.turn_id).where(Feedback.verdict.not_in(VOTES))
    session.execute(delete(GapEvent).where(GapEvent.kind == "vote", GapEvent.turn_id.in_(satisfied)))
    differs = or_(GapEvent.id.is_(None), GapEvent.reason != Feedback.verdict)
    votes = select(Feedback, Turn).join(Turn, Turn.id == Feedback.turn_id).outerjoin(GapEvent, voted)
    found = [
        Happening("vote", vote.verdict, turn.question, vote.given_at, turn=turn.id)
        for vote, turn in session.execute(votes.where(Feedback.verdict.in_(VOTES), differs))
    ]
    edited = and_(GapEvent.version_id == LeadVersion.id, GapEvent.kind == "edit")
    differs = or_(GapEvent.id.is_(None), GapEvent.reason != LeadVersion.reason)
    edits = select(LeadVersion, tables.Lead).join(tables.Lead, tables.Lead.id == LeadVersion.lead_id)
    edits = edits.outerjoin(GapEvent, edited).where(LeadVersion.kind == "edit", LeadVersion.reason.in_(FAULTS), differs)
    found += [
        Happening("edit", version.reason, question_of(lead), version.made_at, version=version.id)
        for version, lead in session.execute(edits)
    ]
    given_up = and_(GapEvent.turn_id == Turn.id, GapEvent.kind == "handover")
    turns = select(Turn).outerjoin(GapEvent, given_up).where(GapEvent.id.is_(None), Turn.answered_at > since)
    for turn in session.scalars(turns.where(Turn.kind.in_(("handover", "refuse")))):
        if reason := unanswered(DRAFTS.validate_python(turn.draft)):
            found.append(Happening("handover", reason, turn.question, turn.answered_at, turn=turn.id))
    return sorted((one for one in found if one.question.strip()), key=lambda one: one.at)


def known_questions(session: Session) -> list[tuple[str, str]]:
    """Every question of the list with the id of its gap, each once."""
    return list(session.execute(select(GapEvent.question, GapEvent.gap_id).distinct()).tuples())


def keep(session: Session, one: Happening, gap: str | None) -> str:
    """Put what happened into the list, with the gap of the same question if there is one; returns
    the gap. One that was done is open again, since it happened once more."""
    same = (GapEvent.turn_id == one.turn) if one.turn else (GapEvent.version_id == one.version)
    known = session.scalar(select(GapEvent).where(same, GapEvent.kind == one.kind))
    if known is not None:
        known.reason, known.at = one.reason, one.at
        return known.gap_id
    row = session.get(Gap, gap) if gap else None
    if row is None:
        row = Gap()
        session.add(row)
        session.flush()
    elif row.state == "selesai":
        row.state, row.closed_by, row.closed_at = "terbuka", None, None
    session.add(
        GapEvent(
            gap_id=row.id,
            kind=one.kind,
            reason=one.reason,
            question=one.question,
            turn_id=one.turn,
            version_id=one.version,
            at=one.at,
        )
    )
    session.flush()
    return row.id


def forget_empty(session: Session) -> None:
    """Remove the gaps whose turns and versions are all forgotten."""
    session.execute(delete(Gap).where(Gap.id.not_in(select(GapEvent.gap_id))))


def listed(session: Session, order: str = BY_NUMBER, state: GapState = "terbuka") -> list[Listed]:
    """The gaps of a state: the most frequent first, or (BY_TIME) the newest."""
    answers = _approved(session)
    rows = session.scalars(select(Gap).where(Gap.state == state)).all()
    found = [one for row in rows if (one := _listed(row, _events(session, row.id), answers))]
    if order == BY_TIME:
        return sorted(found, key=lambda one: one.last, reverse=True)
    return sorted(found, key=lambda one: (one.count, one.last), reverse=True)


def one(session: Session, identifier: str) -> Listed | None:
    """One gap, whatever its state."""
    row = session.get(Gap, identifier)
    return _listed(row, _events(session, row.id), _approved(session)) if row else None


def close(session: Session, identifier: str, state: GapState, person: int) -> bool:
    """Take an open gap off the list; False when somebody has already."""
    row = session.get(Gap, identifier)
    if row is None or row.state != "terbuka":
        return False
    row.state, row.closed_by, row.closed_at = state, person, now()
    return True


def _events(session: Session, gap: str) -> Sequence[GapEvent]:
    return session.scalars(select(GapEvent).where(GapEvent.gap_id == gap).order_by(GapEvent.at.desc())).all()


def _listed(row: Gap, events: Sequence[GapEvent], answers: dict[str | None, Version]) -> Listed | None:
    if not events:
        return None
    sources = [answers[key] for e in events for key in (e.turn_id, e.version_id) if key in answers]
    return Listed(
        id=row.id,
        state=row.state,
        questions=tuple(dict.fromkeys(event.question for event in events)),
        happened=tuple(Counter((event.kind, event.reason) for event in events).most_common()),
        last=events[0].at,
        approved=sources[0] if sources else None,
    )


def _approved(session: Session) -> dict[str | None, Version]:
    """The last version that was sent of each lead, by all of its versions and by the turns before it
    that asked what the lead asks; others in its conversation were about something else."""
    query = select(LeadVersion).where(LeadVersion.sent_at.is_not(None)).order_by(LeadVersion.number)
    sent = {row.lead_id: leads.version_of(row) for row in session.scalars(query)}
    found: dict[str | None, Version] = {}
    for lead in _leads(session, sent):
        need = question_of(lead)
        for turn in lead.conversation:
            if fuzz.token_set_ratio(need, turn["question"]) >= SAME_NEED:
                found[turn["turn"]] = sent[lead.id]
    for version in session.scalars(select(LeadVersion).where(LeadVersion.lead_id.in_(sent))):
        found[version.id] = sent[version.lead_id]
    return found


def _leads(session: Session, identifiers: Iterable[int]) -> Sequence[tables.Lead]:
    return session.scalars(select(tables.Lead).where(tables.Lead.id.in_(tuple(identifiers)))).all()
