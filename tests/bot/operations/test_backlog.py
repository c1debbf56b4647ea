"""What waits, counted in a real database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from bot.config import Config
from bot.database.connection import Database
from bot.database.tables import InboxState, Lead, LeadTimer, OutboxMessage, OutboxState, ReceivedUpdate, now
from bot.leads.office_hours import OfficeHours
from bot.leads.sla import Sla
from bot.operations.backlog import Backlog, backlog

# So long ago that working hours have passed, whatever day it is.
LONG_AGO = timedelta(days=20)


@pytest.fixture
def counted(tmp_path: Path) -> Callable[[Callable[[Session], None]], Backlog]:
    """What waits when something was written into an empty database."""
    config = Config()
    sla = Sla(config.sla, OfficeHours(config.office))

    def count(write: Callable[[Session], None]) -> Backlog:
        database = Database(tmp_path / "uji.sqlite")
        database.migrate()

        def work(session: Session) -> Backlog:
            write(session)
            session.flush()
            return backlog(session, sla)

        found = asyncio.run(database.run(work))
        database.close()
        return found

    return count


def a_lead(
    number: int, state: str, changed_at: datetime, answer_due: datetime, answered: datetime | None = None
) -> Lead:
    return Lead(
        id=number, number=f"KC-2611-{number:04d}", person_id=7001, chat_id=7001, state=state, request={}, conversation=[],
        answer_due=answer_due, created_at=changed_at, changed_at=changed_at, first_response_at=answered,
    )  # fmt: skip


def test_an_empty_database_has_nothing_waiting(counted: Callable[..., Backlog]) -> None:
    assert counted(lambda session: None) == Backlog({}, 0, {}, 0, {}, 0, 0)


def test_counts_by_state_and_knows_the_oldest(counted: Callable[..., Backlog]) -> None:
    moment = now()

    def write(session: Session) -> None:
        for number, (state, age) in enumerate(
            [(InboxState.OPEN, 60), (InboxState.OPEN, 600), (InboxState.SET_ASIDE, 9000), (InboxState.DONE, 9000)]
        ):
            received = moment - timedelta(seconds=age)
            session.add(ReceivedUpdate(id=number, payload=None, digest="", state=state, received_at=received))
        for sent, age in [(OutboxState.WAITING, 30), (OutboxState.FAILED, 9000), (OutboxState.SENT, 9000)]:
            made = moment - timedelta(seconds=age)
            session.add(OutboxMessage(chat_id=1, method="send_message", parameters=None, state=sent, created_at=made))

    found = counted(write)
    assert found.inbox == {"open": 2, "set_aside": 1}
    assert found.outbox == {"waiting": 1, "failed": 1}
    assert found.inbox_oldest == pytest.approx(600, abs=5)
    assert found.outbox_oldest == pytest.approx(30, abs=5)


def test_a_request_is_late_when_the_consultants_owe_the_next_step(counted: Callable[..., Backlog]) -> None:
    moment = now()

    def write(session: Session) -> None:
        long_ago, soon = moment - LONG_AGO, moment + LONG_AGO
        session.add(a_lead(1, "baru", long_ago, long_ago))
        session.add(a_lead(2, "diambil", long_ago, soon, answered=long_ago))
        # Just begun, the official's turn, postponed, closed.
        session.add(a_lead(3, "baru", moment, soon))
        session.add(a_lead(4, "menunggu_pejabat", long_ago, long_ago, answered=long_ago))
        session.add(a_lead(5, "ditunda", long_ago, long_ago))
        session.add(a_lead(6, "selesai", long_ago, long_ago))

    found = counted(write)
    assert found.leads_late == 2
    assert found.leads == {"baru": 2, "diambil": 1, "menunggu_pejabat": 1, "ditunda": 1}


def test_a_timer_is_late_minutes_after_its_moment(counted: Callable[..., Backlog]) -> None:
    moment = now()

    def write(session: Session) -> None:
        session.add(a_lead(1, "baru", moment, moment + LONG_AGO))
        session.flush()
        for minutes, done in [(-10, None), (-10, moment), (-1, None), (10, None)]:
            at = moment + timedelta(minutes=minutes)
            session.add(LeadTimer(lead_id=1, kind="reminder", at=at, done_at=done))

    assert counted(write).timers_late == 1
