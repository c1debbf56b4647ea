"""Deadlines and timers by state, over three time zones, breaks, weekends and holidays."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.leads.lifecycle import State
from bot.leads.office_hours import OfficeHours, OfficeSettings
from bot.leads.sla import Sla, SlaSettings, Timer, told_standing
from bot.texts import copy_of
from bot.texts.leads import LeadTexts

KEBUMEN, MAKASSAR, JAYAPURA = "33.05", "73.71", "91.71"
ZONES = {"WIB": "Asia/Jakarta", "WITA": "Asia/Makassar", "WIT": "Asia/Jayapura"}
SLA = Sla(SlaSettings(), OfficeHours(OfficeSettings()))


def at(text: str) -> datetime:
    """ "2026-11-25 10:00 WITA"; WIB where no zone is written."""
    day, hour, *zone = text.split()
    return datetime.fromisoformat(f"{day} {hour}").replace(tzinfo=ZoneInfo(ZONES[zone[0] if zone else "WIB"]))


def timers(state: str, since: str, **more: str) -> list[tuple[str, datetime]]:
    moments = {name: at(text) for name, text in more.items() if name != "region"}
    claimed, acted = moments.get("claimed_at"), moments.get("last_action_at")
    found = SLA.timers(State(state), at(since), claimed, acted, more.get("region", ""), moments.get("promised"))
    return [(timer.kind, timer.at) for timer in found]


@pytest.mark.parametrize(
    ("state", "since", "region", "due"),
    [
        ("baru", "2026-11-25 10:30", KEBUMEN, "2026-11-25 13:30"),  # over the break
        ("baru", "2026-11-27 16:00", KEBUMEN, "2026-11-30 09:30"),  # over the weekend
        ("baru", "2026-12-23 15:30", KEBUMEN, "2026-12-28 09:30"),  # joint leave and Christmas
        ("baru", "2026-08-14 16:00", KEBUMEN, "2026-08-18 09:30"),  # Independence Day
        ("diambil", "2026-11-25 10:00", KEBUMEN, "2026-11-26 11:00"),
        ("siap_dikirim", "2026-11-25 11:45", KEBUMEN, "2026-11-25 13:15"),
        # What the consultants owe counts in their hours, wherever the official is.
        ("diambil", "2026-11-25 10:00", JAYAPURA, "2026-11-26 11:00"),
        # What the official owes counts on the official's clock.
        ("menunggu_pejabat", "2026-11-23 10:00 WIB", KEBUMEN, "2026-11-26 14:00 WIB"),
        ("menunggu_pejabat", "2026-11-23 10:00 WITA", MAKASSAR, "2026-11-26 14:00 WITA"),
        ("menunggu_pejabat", "2026-11-23 10:00 WIT", JAYAPURA, "2026-11-26 14:00 WIT"),
        ("menunggu_pejabat", "2026-11-23 15:00 WIB", JAYAPURA, "2026-11-27 11:00 WIT"),  # closed there already
        ("menunggu_pejabat", "2026-11-23 15:00 WIB", "", "2026-11-27 10:00 WIB"),
        ("ditunda", "2026-11-23 08:00", KEBUMEN, "2026-12-08 11:00"),
    ],
)
def test_the_next_step_is_due_in_working_hours(state: str, since: str, region: str, due: str) -> None:
    found = SLA.due(State(state), at(since), region)
    assert found == at(due), found


@pytest.mark.parametrize("state", ["selesai", "bukan_prospek"])
def test_what_is_over_has_no_deadline_and_no_timer(state: str) -> None:
    assert SLA.due(State(state), at("2026-11-25 10:00"), KEBUMEN, at("2026-11-26 10:00")) is None
    assert timers(state, "2026-11-25 10:00") == []


def test_the_promise_to_the_official_counts_where_it_is_earlier() -> None:
    promised = at("2026-11-26 11:00")
    assert SLA.due(State.BARU, at("2026-11-25 10:00"), KEBUMEN, promised) == at("2026-11-25 12:00")
    assert SLA.due(State.DIAMBIL, at("2026-11-26 09:00"), KEBUMEN, promised) == promised
    assert SLA.due(State.MENUNGGU_PEJABAT, at("2026-11-23 10:00"), KEBUMEN, promised) == at("2026-11-26 14:00")


def test_a_new_request_is_reminded_of_and_escalated() -> None:
    assert timers("baru", "2026-11-25 10:00") == [
        ("reminder", at("2026-11-25 11:00")),
        ("escalation", at("2026-11-25 15:00")),
    ]


def test_a_claim_is_released_when_its_holder_does_nothing() -> None:
    assert timers("diambil", "2026-11-25 10:00", claimed_at="2026-11-25 10:00") == [
        ("reminder", at("2026-11-26 10:00")),
        ("escalation", at("2026-11-26 14:00")),
        ("release", at("2026-11-27 13:30")),
    ]


def test_every_action_of_the_holder_puts_the_release_off() -> None:
    found = dict(
        timers("diambil", "2026-11-25 10:00", claimed_at="2026-11-25 10:00", last_action_at="2026-11-26 09:00")
    )
    assert found["release"] == at("2026-11-30 11:00")


def test_a_claim_shortly_before_the_promise_is_escalated_but_not_reminded_of() -> None:
    kinds = [kind for kind, _ in timers("diambil", "2026-11-26 10:30", promised="2026-11-26 11:00")]
    assert kinds == ["escalation"]


def test_a_promise_that_is_over_already_is_escalated_by_its_own_time() -> None:
    assert timers("baru", "2026-11-26 14:00", promised="2026-11-26 11:00") == [("escalation", at("2026-11-26 14:00"))]


def test_what_waits_for_the_official_nudges_the_consultant_once() -> None:
    assert timers("menunggu_pejabat", "2026-11-23 10:00 WIT", region=JAYAPURA) == [
        ("nudge", at("2026-11-26 14:00 WIT"))
    ]
    assert [kind for kind, _ in timers("terkirim", "2026-11-25 10:00")] == ["nudge"]


def test_what_was_postponed_comes_back_on_the_agreed_day() -> None:
    assert timers("ditunda", "2026-11-25 10:00", promised="2027-01-04 08:00") == [("resume", at("2027-01-04 08:00"))]


def test_an_approved_response_that_does_not_leave_is_escalated() -> None:
    assert timers("siap_dikirim", "2026-11-25 10:00") == [("escalation", at("2026-11-25 13:30"))]


def test_the_same_values_give_the_same_timers_after_a_restart() -> None:
    again = Sla(SlaSettings(), OfficeHours(OfficeSettings()))
    moment = at("2026-12-23 15:30")
    first = SLA.timers(State.DIAMBIL, moment, moment, None, KEBUMEN)
    assert again.timers(State.DIAMBIL, moment, moment, None, KEBUMEN) == first
    assert list(first) == sorted(first, key=lambda timer: timer.at)
    assert all(isinstance(timer, Timer) and timer.at.tzinfo for timer in first)


@pytest.mark.parametrize(
    ("now", "level", "told"),
    [
        ("2026-11-25 10:00", "on_time", "tepat waktu, sisa 8 jam kerja"),
        ("2026-11-26 09:30", "on_time", "tepat waktu, sisa 90 menit kerja"),
        ("2026-11-26 10:00", "soon", "segera, sisa 60 menit kerja"),
        ("2026-11-26 10:59", "soon", "segera, sisa 1 menit kerja"),
        ("2026-11-26 11:00", "late", "terlambat 0 menit kerja"),
        ("2026-11-26 11:30", "late", "terlambat 30 menit kerja"),
        ("2026-11-27 11:00", "late", "terlambat 7 jam kerja"),
    ],
)
def test_says_how_a_request_stands(now: str, level: str, told: str) -> None:
    standing = SLA.standing(at("2026-11-26 11:00"), at(now), State.DIAMBIL, KEBUMEN)
    assert (standing.level, told_standing(standing, copy_of(LeadTexts, "id"))) == (level, told)


def test_after_closing_a_deadline_early_on_the_next_day_is_near() -> None:
    assert SLA.standing(at("2026-11-26 08:30"), at("2026-11-25 20:00"), State.DIAMBIL, KEBUMEN).level == "soon"


def test_a_time_without_a_zone_is_refused() -> None:
    naive = datetime(2026, 11, 25, 10)
    with pytest.raises(ValueError, match="zone"):
        SLA.due(State.BARU, naive, KEBUMEN)
    with pytest.raises(ValueError, match="zone"):
        SLA.due(State.DITUNDA, at("2026-11-25 10:00"), KEBUMEN, naive)
