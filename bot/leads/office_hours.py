"""A moment and the office's hours in, open or not, deadlines in working hours, and a promise out.

National holidays and joint leave days (cuti bersama) come from the package `holidays`. Beyond the
years that it knows from the joint decree of three ministers (SKB 3 Menteri), it estimates the
Islamic holidays by the calendar, so they may move by a day, and it lists no joint leave: such days
are given as `extra_holidays` and `working_days`. Shorter hours in Ramadan are not known to it either.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field

from bot.texts.intake import IntakeTexts
from knowledge.settings import Section

# Keppres 41/1987, with the provinces founded since, by Kemendagri code.
ZONES = {
    "Asia/Jakarta": "11 12 13 14 15 16 17 18 19 21 31 32 33 34 35 36",
    "Asia/Pontianak": "61 62",
    "Asia/Makassar": "51 52 53 63 64 65 71 72 73 74 75 76",
    "Asia/Jayapura": "81 82 91 92 93 94 95 96",
}
ABBREVIATIONS = {"Asia/Jakarta": "WIB", "Asia/Pontianak": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT"}
SPAN = re.compile(r"(\d\d:\d\d)-(\d\d:\d\d)")
FRIDAY = 4
# No row of closed days is as long; a wrong setting ends here instead of never.
LONGEST_SEARCH = 366

Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEK: tuple[Day, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _spans_in_order(written: tuple[str, ...]) -> tuple[str, ...]:
    """Spans such as "08:00-12:00", each after the one before."""
    ends: list[time] = []
    for span in written:
        found = SPAN.fullmatch(span)
        if not found:
            raise ValueError(f"{span!r}: write hours as 08:00-12:00")
        ends += [time.fromisoformat(found[1]), time.fromisoformat(found[2])]
    if any(later <= earlier for earlier, later in pairwise(ends)):
        raise ValueError(f"{', '.join(written)}: hours overlap or run backwards")
    return written


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is no time zone, such as Asia/Jakarta") from error
    return name


Hours = Annotated[tuple[str, ...], Field(min_length=1), AfterValidator(_spans_in_order)]


class OfficeSettings(Section):
    """When the consultants work, in their own `time_zone`.

    `holidays` are categories of the package: "public" (national holidays) and "government"
    (joint leave days). `extra_holidays` are closed besides; `working_days` are open in spite of all.
    `letter_template` is the office's own form of the response letter, empty for the shipped one.
    """

    time_zone: Annotated[str, AfterValidator(_known_zone)] = "Asia/Jakarta"
    days: Annotated[tuple[Day, ...], Field(min_length=1)] = ("monday", "tuesday", "wednesday", "thursday", "friday")
    hours: Hours = ("08:00-12:00", "13:00-16:00")
    friday_hours: Hours = ("08:00-11:30", "13:00-16:30")
    holidays: tuple[Literal["public", "government"], ...] = ("public", "government")
    extra_holidays: tuple[date, ...] = ()
    working_days: tuple[date, ...] = ()
    letter_template: str = ""


def zone_of(region_code: str) -> ZoneInfo:
    """The time zone of a region by its Kemendagri code ("94.01"); WIB where the code is unknown."""
    names = (name for name, provinces in ZONES.items() if region_code[:2] in provinces.split())
    return ZoneInfo(next(names, "Asia/Jakarta"))


def abbreviation(at: datetime) -> str:
    """WIB, WITA or WIT; for a zone abroad what its own clocks say."""
    return ABBREVIATIONS.get(str(at.tzinfo), at.tzname() or "")


class OfficeHours:
    """The office's calendar. Times have a zone, else ValueError; hours count in `zone`, which is
    the office's own unless another is given."""

    def __init__(self, settings: OfficeSettings) -> None:
        from holidays import country_holidays

        self.zone = ZoneInfo(settings.time_zone)
        self._days = {WEEK.index(day) for day in settings.days}
        self._spans = _spans(settings.hours)
        self._friday = _spans(settings.friday_hours)
        self._closed = set(settings.extra_holidays)
        self._open = set(settings.working_days)
        self._holidays = country_holidays("ID", categories=settings.holidays) if settings.holidays else None

    def is_working_day(self, day: date) -> bool:
        """Whether the office opens on that day at all."""
        if day in self._open:
            return True
        holiday = day in self._closed or (self._holidays is not None and day in self._holidays)
        return day.weekday() in self._days and not holiday

    def is_open(self, at: datetime, zone: tzinfo | None = None) -> bool:
        """Whether the office is open at that moment; at closing time it no longer is."""
        local = _aware(at).astimezone(zone or self.zone)
        return any(start <= local.astimezone(UTC) < end for start, end in self._spans_of(local.date(), local.tzinfo))

    def add_hours(self, start: datetime, working_hours: float, zone: tzinfo | None = None) -> datetime:
        """The moment, in `zone`, when so many working hours have passed since `start`."""
        if working_hours < 0:
            raise ValueError(f"working hours cannot be negative: {working_hours}")
        local = _aware(start).astimezone(zone or self.zone)
        left, now = timedelta(hours=working_hours), local.astimezone(UTC)
        if not left:
            return local
        for ahead in range(math.ceil(working_hours) + LONGEST_SEARCH):
            for opens, closes in self._spans_of(local.date() + timedelta(days=ahead), local.tzinfo):
                worked = max(closes - max(opens, now), timedelta(0))
                if worked >= left:
                    return (max(opens, now) + left).astimezone(local.tzinfo)
                left -= worked
        raise ValueError("the office never opens by these settings")

    def hours_between(self, start: datetime, end: datetime, zone: tzinfo | None = None) -> float:
        """Working hours from `start` to `end`; negative when `end` is the earlier one."""
        if _aware(end) < _aware(start):
            return -self.hours_between(end, start, zone)
        first, last = (moment.astimezone(zone or self.zone) for moment in (start, end))
        since, until = first.astimezone(UTC), last.astimezone(UTC)
        worked = timedelta(0)
        for ahead in range((last.date() - first.date()).days + 1):
            for opens, closes in self._spans_of(first.date() + timedelta(days=ahead), first.tzinfo):
                worked += max(min(closes, until) - max(opens, since), timedelta(0))
        return worked / timedelta(hours=1)

    def promise(self, now: datetime, region_code: str, working_hours: float, copy: IntakeTexts) -> str:
        """By when an answer is promised: counted in the office's hours, told on the clock of the
        region: "paling lambat Kamis, 26 November 2026 pukul 10.00 WIB"."""
        return told(self.add_hours(now, working_hours), region_code, copy)

    def _spans_of(self, day: date, zone: tzinfo | None) -> Iterator[tuple[datetime, datetime]]:
        """The open spans of a day in UTC, so that they subtract rightly in any zone."""
        if not self.is_working_day(day):
            return
        for opens, closes in self._friday if day.weekday() == FRIDAY else self._spans:
            start, end = (datetime.combine(day, at, zone).astimezone(UTC) for at in (opens, closes))
            yield start, end


def told(due: datetime, region_code: str, copy: IntakeTexts) -> str:
    """A deadline in words, on the clock of the region; a begun minute counts whole."""
    local = _aware(due).astimezone(zone_of(region_code))
    if local.second or local.microsecond:
        local = local.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return copy.promise.format(
        day=copy.days[str(local.isoweekday())],
        date=local.day,
        month=copy.months[str(local.month)],
        year=local.year,
        time=copy.clock.format(hour=f"{local.hour:02d}", minute=f"{local.minute:02d}"),
        zone=abbreviation(local),
    )


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a time without a zone: which clock does it mean?")
    return moment


def _spans(written: tuple[str, ...]) -> tuple[tuple[time, time], ...]:
    found = [span.split("-") for span in written]
    return tuple((time.fromisoformat(start), time.fromisoformat(end)) for start, end in found)
