"""When the office is open, when working hours have passed, and what is promised in three zones."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from bot.leads.office_hours import OfficeHours, OfficeSettings, abbreviation, zone_of
from bot.texts import Language, copy_of
from bot.texts.intake import IntakeTexts
from knowledge.regions import regions

JAKARTA = ZoneInfo("Asia/Jakarta")
OFFICE = OfficeHours(OfficeSettings())


def wib(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=JAKARTA)


@pytest.mark.parametrize(
    ("code", "zone", "short"),
    [
        ("11.71", "Asia/Jakarta", "WIB"),
        ("33.05", "Asia/Jakarta", "WIB"),
        ("36", "Asia/Jakarta", "WIB"),
        ("61.71", "Asia/Pontianak", "WIB"),
        ("62", "Asia/Pontianak", "WIB"),
        ("63.03", "Asia/Makassar", "WITA"),
        ("64.02", "Asia/Makassar", "WITA"),
        ("65", "Asia/Makassar", "WITA"),
        ("51.03", "Asia/Makassar", "WITA"),
        ("53", "Asia/Makassar", "WITA"),
        ("73.71", "Asia/Makassar", "WITA"),
        ("81.71", "Asia/Jayapura", "WIT"),
        ("82", "Asia/Jayapura", "WIT"),
        ("96.03", "Asia/Jayapura", "WIT"),
        ("", "Asia/Jakarta", "WIB"),
    ],
)
def test_a_region_lives_by_its_official_time_zone(code: str, zone: str, short: str) -> None:
    assert str(zone_of(code)) == zone
    assert abbreviation(datetime(2026, 11, 25, 9, tzinfo=zone_of(code))) == short


def test_every_province_has_a_zone_of_its_own_and_none_falls_back() -> None:
    hours = {r.code: zone_of(r.code).utcoffset(datetime(2026, 1, 1)) for r in regions() if r.kind == "Provinsi"}
    count = {offset: list(hours.values()).count(offset) for offset in hours.values() if offset}
    assert {offset.total_seconds() / 3600: n for offset, n in count.items()} == {7: 18, 8: 12, 9: 8}


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-11-25 07:59", False),  # a Wednesday
        ("2026-11-25 08:00", True),
        ("2026-11-25 11:59:59", True),
        ("2026-11-25 12:00", False),
        ("2026-11-25 12:30", False),
        ("2026-11-25 13:00", True),
        ("2026-11-25 16:00", False),
        ("2026-11-27 11:29", True),  # a Friday
        ("2026-11-27 11:30", False),
        ("2026-11-27 13:00", True),
        ("2026-11-27 16:29", True),
        ("2026-11-28 09:00", False),  # a Saturday
        ("2026-11-29 09:00", False),
        ("2026-08-17 09:00", False),  # Independence Day, a Monday
        ("2026-12-24 09:00", False),  # joint leave
        ("2026-12-25 09:00", False),
        ("2026-03-23 09:00", False),  # joint leave after Idulfitri
        ("2027-01-01 09:00", False),
    ],
)
def test_knows_when_the_office_is_open(at: str, is_open: bool) -> None:
    assert OFFICE.is_open(wib(at)) is is_open


def test_a_moment_is_judged_on_the_clock_of_the_zone() -> None:
    seven_in_jakarta = datetime(2026, 11, 25, 0, 0, tzinfo=UTC)
    assert not OFFICE.is_open(seven_in_jakarta)
    assert OFFICE.is_open(seven_in_jakarta, zone_of("73.71"))
    assert OFFICE.is_open(seven_in_jakarta, zone_of("94"))


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2026-11-25 09:00", 1, "2026-11-25 10:00"),
        ("2026-11-25 11:30", 1, "2026-11-25 13:30"),  # over the break
        ("2026-11-25 11:00", 1, "2026-11-25 12:00"),
        ("2026-11-25 12:15", 1, "2026-11-25 14:00"),  # in the break
        ("2026-11-25 15:00", 2, "2026-11-26 09:00"),  # over night
        ("2026-11-25 20:00", 0.5, "2026-11-26 08:30"),
        ("2026-11-25 08:00", 7, "2026-11-25 16:00"),
        ("2026-11-27 11:00", 1, "2026-11-27 13:30"),  # Friday's break
        ("2026-11-27 16:00", 1, "2026-11-30 08:30"),  # over the weekend
        ("2026-11-28 10:00", 4, "2026-11-30 12:00"),
        ("2026-12-23 15:00", 2, "2026-12-28 09:00"),  # joint leave, Christmas, weekend
        ("2026-12-31 15:00", 2, "2027-01-04 09:00"),  # end of the year: Friday is New Year
        ("2026-03-17 15:30", 1, "2026-03-25 08:30"),  # Nyepi and Idulfitri in one row
        ("2026-11-25 20:00", 0, "2026-11-25 20:00"),
    ],
)
def test_working_hours_pass_only_while_the_office_is_open(start: str, hours: float, due: str) -> None:
    assert OFFICE.add_hours(wib(start), hours) == wib(due)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-11-25 09:00", "2026-11-25 10:30", 1.5),
        ("2026-11-25 11:30", "2026-11-25 13:30", 1),
        ("2026-11-25 15:00", "2026-11-26 09:00", 2),
        ("2026-11-27 08:00", "2026-11-30 08:00", 7),
        ("2026-11-28 08:00", "2026-11-29 20:00", 0),
        ("2026-12-31 15:00", "2027-01-04 09:00", 2),
        ("2026-11-26 09:00", "2026-11-25 15:00", -2),
        ("2026-11-25 09:00", "2026-11-25 09:00", 0),
    ],
)
def test_counts_the_working_hours_between_two_moments(start: str, end: str, hours: float) -> None:
    assert OFFICE.hours_between(wib(start), wib(end)) == hours


@pytest.mark.parametrize("start", ["2026-11-25 09:07", "2026-12-23 15:00", "2026-11-27 11:29", "2026-12-31 23:59"])
@pytest.mark.parametrize("hours", [0.25, 1, 4, 7.5, 21, 100])
def test_adding_and_counting_agree(start: str, hours: float) -> None:
    begun = wib(start)
    assert OFFICE.hours_between(begun, OFFICE.add_hours(begun, hours)) == pytest.approx(hours)


def test_hours_can_count_on_the_clock_of_a_region() -> None:
    start = datetime(2026, 11, 25, 9, 30, tzinfo=ZoneInfo("Asia/Jayapura"))
    assert OFFICE.add_hours(start, 2, zone_of("94")) == datetime(2026, 11, 25, 11, 30, tzinfo=zone_of("94"))
    assert OFFICE.add_hours(start, 2) == wib("2026-11-25 10:00")


@pytest.mark.parametrize(
    ("language", "region", "promised"),
    [
        ("id", "33.05", "paling lambat Kamis, 26 November 2026 pukul 10.00 WIB"),
        ("id", "62.71", "paling lambat Kamis, 26 November 2026 pukul 10.00 WIB"),
        ("id", "73.71", "paling lambat Kamis, 26 November 2026 pukul 11.00 WITA"),
        ("id", "94", "paling lambat Kamis, 26 November 2026 pukul 12.00 WIT"),
        ("id", "", "paling lambat Kamis, 26 November 2026 pukul 10.00 WIB"),
        ("en", "73.71", "by Thursday, 26 November 2026 at 11:00 WITA"),
    ],
)
def test_promises_a_time_on_the_clock_of_the_region(language: Language, region: str, promised: str) -> None:
    copy = copy_of(IntakeTexts, language)
    assert OFFICE.promise(wib("2026-11-25 10:00"), region, 7, copy) == promised


def test_a_promise_over_the_new_year_names_the_new_year() -> None:
    promised = OFFICE.promise(wib("2026-12-31 15:00:20"), "33.05", 2, copy_of(IntakeTexts, "id"))
    assert promised == "paling lambat Senin, 4 Januari 2027 pukul 09.01 WIB"


def test_a_time_without_a_zone_is_refused() -> None:
    naive = datetime(2026, 11, 25, 9)
    for ask in (
        lambda: OFFICE.is_open(naive),
        lambda: OFFICE.add_hours(naive, 1),
        lambda: OFFICE.hours_between(naive, wib("2026-11-25 10:00")),
        lambda: OFFICE.hours_between(wib("2026-11-25 10:00"), naive),
        lambda: OFFICE.promise(naive, "33.05", 1, copy_of(IntakeTexts, "id")),
    ):
        with pytest.raises(ValueError, match="zone"):
            ask()


def test_negative_working_hours_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        OFFICE.add_hours(wib("2026-11-25 09:00"), -1)


def test_settings_close_and_open_single_days() -> None:
    settings = OfficeSettings(
        extra_holidays=(date(2026, 11, 26),), working_days=(date(2026, 11, 28), date(2026, 12, 24))
    )
    office = OfficeHours(settings)
    assert office.add_hours(wib("2026-11-25 15:00"), 2) == wib("2026-11-27 09:00")
    assert office.is_open(wib("2026-11-28 09:00"))
    assert office.is_open(wib("2026-12-24 09:00"))


@pytest.mark.parametrize(
    ("categories", "open_in_joint_leave"), [(("public",), True), (("public", "government"), False)]
)
def test_joint_leave_closes_only_where_the_settings_say_so(categories: Any, open_in_joint_leave: bool) -> None:  # noqa: ANN401
    office = OfficeHours(OfficeSettings(holidays=categories))
    assert office.is_open(wib("2026-12-24 09:00")) is open_in_joint_leave
    assert not office.is_open(wib("2026-12-25 09:00"))


def test_without_categories_no_holiday_closes() -> None:
    assert OfficeHours(OfficeSettings(holidays=())).is_open(wib("2026-12-25 09:00"))


def test_the_office_may_stand_in_another_zone() -> None:
    office = OfficeHours(OfficeSettings(time_zone="Asia/Makassar"))
    assert office.add_hours(wib("2026-11-25 07:30"), 1).isoformat() == "2026-11-25T09:30:00+08:00"


@pytest.mark.parametrize(
    "wrong",
    [
        {"hours": ("8-12",)},
        {"hours": ("12:00-08:00",)},
        {"hours": ("08:00-12:00", "11:00-16:00")},
        {"hours": ("08:00-25:00",)},
        {"hours": ()},
        {"days": ()},
        {"days": ("senin",)},
        {"time_zone": "Asia/Kebumen"},
        {"time_zone": "../etc/passwd"},
        {"jam": ("08:00-12:00",)},
    ],
)
def test_a_mistake_in_the_settings_is_named(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        OfficeSettings(**wrong)


def test_an_office_that_its_settings_never_open_is_an_error_and_no_endless_search() -> None:
    every_day = tuple(date.fromordinal(date(2026, 1, 1).toordinal() + n) for n in range(800))
    with pytest.raises(ValueError, match="never opens"):
        OfficeHours(OfficeSettings(extra_holidays=every_day)).add_hours(wib("2026-01-02 09:00"), 1)
