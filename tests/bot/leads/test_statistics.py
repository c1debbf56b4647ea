"""Figures of all leads against a frozen clock, by tables; the picture of them."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from PIL import Image

from bot.leads.chart import chart, province_name
from bot.leads.lifecycle import State
from bot.leads.office_hours import OfficeHours, OfficeSettings
from bot.leads.sla import Sla, SlaSettings
from bot.leads.statistics import LeadFacts, response_hours, summary
from bot.texts import copy_of
from bot.texts.numbers import NumbersTexts

SLA = Sla(SlaSettings(), OfficeHours(OfficeSettings()))
# Wednesday, 10.00 WIB.
NOW = datetime(2026, 11, 25, 3, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, 2, tzinfo=UTC)
LEAD = LeadFacts(
    number="KC-2611-0001",
    state=State.BARU,
    created_at=MONDAY,
    changed_at=MONDAY,
    answer_due=datetime(2026, 11, 24, 3, tzinfo=UTC),
    first_response_at=None,
    region="33.05",
    topics=("masterplan",),
)


def answered(hours: float, **changes: object) -> LeadFacts:
    """Answered so many hours of the clock after Monday, 9.00 WIB."""
    return replace(LEAD, state=State.TERKIRIM, first_response_at=MONDAY + timedelta(hours=hours), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("hours", "worked"),
    [(1, 1.0), (3, 3.0), (3.5, 3.0), (5, 4.0), (24, 7.0), (-1, 0.0)],
    ids=["morning", "until noon", "in the break", "afternoon", "the next day", "clocks that disagree"],
)
def test_the_time_to_the_first_response_counts_in_working_hours(hours: float, worked: float) -> None:
    assert response_hours(answered(hours), SLA) == pytest.approx(worked)


def test_who_waits_beyond_the_promise_counts_as_missed_and_who_still_may_wait_does_not() -> None:
    late, waiting = LEAD, replace(LEAD, answer_due=NOW + timedelta(hours=1))
    found = summary([answered(1), answered(3), answered(26), late, waiting], NOW, SLA).response
    assert found.answered == 3
    assert found.median_hours == pytest.approx(3.0)
    assert found.within == pytest.approx(2 / 4)
    assert found.buckets == (1, 1, 0, 1, 0)


def test_without_any_lead_every_figure_is_empty() -> None:
    found = summary([], NOW, SLA)
    assert (found.total, found.open, found.topics, found.provinces, found.load) == (0, 0, (), (), ())
    assert (found.response.median_hours, found.response.within) == (None, None)
    assert [week.received for week in found.weeks] == [0] * 12


def test_weeks_begin_on_monday_in_the_offices_own_time() -> None:
    sunday_in_utc = datetime(2026, 11, 22, 18, tzinfo=UTC)  # Monday, 1.00 WIB
    before = datetime(2026, 11, 22, 16, tzinfo=UTC)  # Sunday, 23.00 WIB
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    facts = [replace(LEAD, created_at=at) for at in (sunday_in_utc, before, long_ago)]
    weeks = summary(facts, NOW, SLA).weeks
    assert [(week.monday, week.received) for week in weeks[-2:]] == [(date(2026, 11, 16), 1), (date(2026, 11, 23), 1)]
    assert sum(week.received for week in weeks) == 2


def test_leads_are_counted_by_state_topic_province_standing_and_owner() -> None:
    soon = replace(
        LEAD, number="2", created_at=NOW, changed_at=NOW - timedelta(hours=1.5), answer_due=NOW + timedelta(5)
    )
    mine = {"owner": 501, "owner_name": "Rina"}
    held = answered(1, region="31.71", topics=("masterplan", "pengadaan"), changed_at=NOW, **mine)
    done = replace(held, state=State.SELESAI, region="")
    merged = replace(LEAD, state=State.SELESAI, is_merged=True)
    found = summary([LEAD, soon, held, done, merged], NOW, SLA)
    assert (found.total, found.open) == (5, 3)
    assert {state: n for state, n in found.funnel if n} == {State.BARU: 2, State.TERKIRIM: 1, State.SELESAI: 1}
    assert [state for state, _ in found.funnel] == list(State)
    assert found.topics == (("masterplan", 5), ("pengadaan", 2))
    assert found.provinces == (("33", 3), ("", 1), ("31", 1))
    assert dict(found.standings) == {"on_time": 1, "soon": 1, "late": 1}
    assert [(load.name, load.open, load.late, load.closed) for load in found.load] == [("Rina", 1, 0, 1)]


@pytest.mark.parametrize(
    ("code", "name"), [("33", "Jawa Tengah"), ("19", "Kepulauan Bangka Belitung"), ("", ""), ("99", "")]
)
def test_a_province_is_named_by_its_two_digits(code: str, name: str) -> None:
    assert province_name(code) == name


@pytest.mark.parametrize("count", [0, 1, 200])
def test_the_picture_fits_telegram_and_shows_what_there_is(count: int) -> None:
    topics = list(copy_of(NumbersTexts, "id").short_topics)
    facts = [
        answered(
            i % 30, region=f"{11 + i % 30}.01", topics=(topics[i % len(topics)],), created_at=NOW - timedelta(i % 80)
        )
        for i in range(count)
    ]
    picture = Image.open(io.BytesIO(chart(summary(facts, NOW, SLA), date(2026, 11, 25), copy_of(NumbersTexts, "id"))))
    assert picture.size == (1080, 1280)
    blue = picture.convert("RGB").tobytes().count(bytes((0x1F, 0x6F, 0xEB)))
    assert blue > 10_000 if count else blue < 5_000
