"""A lead's state and when it began in; deadlines, timers and how it stands against the clock out.

What the consultants owe counts in the office's hours; what the official owes counts in the same
hours on the clock of their region, since nobody in Jayapura answers at 17.30 there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Literal

from pydantic import Field

from bot.leads.lifecycle import State
from bot.leads.office_hours import OfficeHours, zone_of
from bot.texts.leads import LeadTexts
from knowledge.settings import Section

TimerKind = Literal["reminder", "nudge", "escalation", "release", "resume"]
Level = Literal["on_time", "soon", "late"]
# Where the next step is the official's.
OFFICIALS_TURN = frozenset({State.MENUNGGU_PEJABAT, State.TERKIRIM})
MINUTES = 60


class SlaSettings(Section):
    """Working hours until the next step, by state, and around it. The first response is due when
    `consultation.first_response_hours` promised it to the official."""

    take_hours: float = Field(default=2, gt=0)
    answer_hours: float = Field(default=8, gt=0)
    send_hours: float = Field(default=0.5, gt=0)
    official_hours: float = Field(default=24, gt=0)
    close_hours: float = Field(default=40, gt=0)
    postponed_hours: float = Field(default=80, gt=0)
    remind_before_hours: float = Field(default=1, ge=0)
    escalate_after_hours: float = Field(default=2, ge=0)
    idle_hours: float = Field(default=16, gt=0)


@dataclass(frozen=True)
class Timer:
    """What to do at a moment: remind the consultant before a deadline, nudge them when the
    official's time is over, escalate to the admins, release an idle claim, resume what was
    postponed."""

    kind: TimerKind
    at: datetime


@dataclass(frozen=True)
class Standing:
    """How a lead stands against its deadline; `hours` of work are left, or over when late."""

    level: Level
    hours: float
    due: datetime


class Sla:
    """Deadlines by the settings in the office's calendar. Every time has a zone, else ValueError."""

    def __init__(self, settings: SlaSettings, hours: OfficeHours) -> None:
        self._settings = settings
        self.hours = hours
        self._steps = {
            State.BARU: settings.take_hours,
            State.DIAMBIL: settings.answer_hours,
            State.SIAP_DIKIRIM: settings.send_hours,
            State.MENUNGGU_PEJABAT: settings.official_hours,
            State.TERKIRIM: settings.close_hours,
            State.DITUNDA: settings.postponed_hours,
        }

    def due(self, state: State, since: datetime, region: str, promised: datetime | None = None) -> datetime | None:
        """By when the next step is due that began with `state` at `since`; None where none is.

        `promised` is the time that the official was told, for as long as no consultant has
        answered: then the earlier counts. In `ditunda` it is the agreed day, which counts alone.
        """
        if state not in self._steps:
            return None
        if promised is not None and state == State.DITUNDA:
            return _aware(promised)
        step = self.hours.add_hours(since, self._steps[state], self._zone(state, region))
        if promised is None or state in OFFICIALS_TURN:
            return step
        return min(step, _aware(promised))

    def timers(
        self,
        state: State,
        since: datetime,
        claimed_at: datetime | None,
        last_action_at: datetime | None,
        region: str = "",
        promised: datetime | None = None,
    ) -> tuple[Timer, ...]:
        """What is to happen while the lead stays as it is, in order of time. The same values
        always give the same timers, so they can be computed again after a restart.

        A reminder that would fall on the beginning or before it is left out.
        """
        due = self.due(state, since, region, promised)
        if due is None:
            return ()
        if state == State.DITUNDA:
            return (Timer("resume", due),)
        if state in OFFICIALS_TURN:
            return (Timer("nudge", due),)
        found = [Timer("escalation", self.hours.add_hours(due, self._settings.escalate_after_hours))]
        remaining = self.hours.hours_between(since, due) - self._settings.remind_before_hours
        if state != State.SIAP_DIKIRIM and remaining > 0:
            found.append(Timer("reminder", self.hours.add_hours(since, remaining)))
        if state == State.DIAMBIL and (active := _latest(claimed_at, last_action_at)):
            found.append(Timer("release", self.hours.add_hours(active, self._settings.idle_hours)))
        return tuple(sorted(found, key=lambda timer: timer.at))

    def standing(self, due: datetime, now: datetime, state: State, region: str) -> Standing:
        """How the lead stands at `now`: late from the deadline on, soon within the reminder's hours."""
        left = self.hours.hours_between(now, due, self._zone(state, region))
        if now >= due:
            return Standing("late", abs(left), due)
        return Standing("soon" if left <= self._settings.remind_before_hours else "on_time", left, due)

    def _zone(self, state: State, region: str) -> tzinfo:
        return zone_of(region) if state in OFFICIALS_TURN and region else self.hours.zone


def told_standing(standing: Standing, copy: LeadTexts) -> str:
    """ "tepat waktu, sisa 3 jam kerja"; hours from two on are rounded, below them minutes count."""
    return copy.standings[standing.level].format(time=_duration(standing.hours, copy))


def _duration(hours: float, copy: LeadTexts) -> str:
    minutes = round(hours * MINUTES)
    if minutes < 2 * MINUTES:
        return copy.working_minutes.format(n=minutes)
    return copy.working_hours.format(n=round(hours))


def _latest(*moments: datetime | None) -> datetime | None:
    return max((moment for moment in moments if moment is not None), default=None)


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a time without a zone: which clock does it mean?")
    return moment
