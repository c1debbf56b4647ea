"""The database in; how much waits, and for how long, out: counts and ages, nobody's words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.database.leads import CLOSED
from bot.database.tables import InboxState, Lead, LeadTimer, OutboxMessage, OutboxState, ReceivedUpdate, now
from bot.leads.lifecycle import State
from bot.leads.sla import OFFICIALS_TURN, Sla

# Timers are looked at every 15 seconds.
TIMER_LATE_AFTER = timedelta(minutes=2)
INBOX_STATES: tuple[str, ...] = (InboxState.OPEN, InboxState.SET_ASIDE)
OPEN_STATES: tuple[str, ...] = tuple(state for state in State if state not in CLOSED)
OUTBOX_STATES: tuple[str, ...] = (OutboxState.WAITING, OutboxState.SENDING, OutboxState.UNCERTAIN, OutboxState.FAILED)


@dataclass(frozen=True)
class Backlog:
    """What waits: numbers by state, the age of the oldest in seconds (0 where nothing waits).

    `leads_late` are past the deadline of the consultants; `timers_late` should have been done.
    """

    inbox: Mapping[str, int]
    inbox_oldest: float
    outbox: Mapping[str, int]
    outbox_oldest: float
    leads: Mapping[str, int]
    leads_late: int
    timers_late: int


def backlog(session: Session, sla: Sla) -> Backlog:
    """What waits at this moment; a few reads by indexes."""
    moment = now()
    inbox = select(ReceivedUpdate.state, func.count()).where(ReceivedUpdate.state.in_(INBOX_STATES))
    outbox = select(OutboxMessage.state, func.count()).where(OutboxMessage.state.in_(OUTBOX_STATES))
    received = select(func.min(ReceivedUpdate.received_at)).where(ReceivedUpdate.state == InboxState.OPEN)
    waiting = select(func.min(OutboxMessage.created_at)).where(OutboxMessage.state == OutboxState.WAITING)
    standing = select(Lead.state, Lead.changed_at, Lead.answer_due, Lead.first_response_at)
    open_leads = session.execute(standing.where(Lead.state.not_in(CLOSED))).all()
    late = select(func.count()).where(LeadTimer.done_at.is_(None), LeadTimer.at < moment - TIMER_LATE_AFTER)
    return Backlog(
        inbox={row[0]: row[1] for row in session.execute(inbox.group_by(ReceivedUpdate.state))},
        inbox_oldest=_age(session.scalar(received), moment),
        outbox={row[0]: row[1] for row in session.execute(outbox.group_by(OutboxMessage.state))},
        outbox_oldest=_age(session.scalar(waiting), moment),
        leads=Counter(row[0] for row in open_leads),
        leads_late=sum(_is_late(State(row[0]), sla, moment, *row[1:]) for row in open_leads),
        timers_late=session.scalar(late) or 0,
    )


def _age(since: datetime | None, moment: datetime) -> float:
    return max(0.0, (moment - since).total_seconds()) if since else 0.0


def _is_late(
    state: State, sla: Sla, moment: datetime, changed_at: datetime, answer_due: datetime, answered: datetime | None
) -> bool:
    """Whether the consultants owe the next step since before this moment."""
    if state in OFFICIALS_TURN or state == State.DITUNDA:
        return False
    # Only what the official owes depends on the clock of their region.
    due = sla.due(state, changed_at, "", None if answered else answer_due)
    return due is not None and due <= moment
