"""A time as a person writes it in ("per 2021", "pada Maret 2020"), and whether a rule was in force then out.

Dates of regulations may be known to the year only: such a date is "2026" and not "2026-06-05".
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from knowledge.legal_status import references, year_of
from knowledge.sources import Status

NOT_YET = "belum berlaku"
MONTHS = (
    "januari|january februari|february maret|march april mei|may juni|june juli|july agustus|august september "
    "oktober|october november desember|december"
)
MONTH_NUMBERS = {name: number for number, names in enumerate(MONTHS.split(), 1) for name in names.split("|")}
MONTH = "|".join(MONTH_NUMBERS)
PARTS = {"awal": (1, 4), "early": (1, 4), "pertengahan": (5, 8), "mid": (5, 8), "akhir": (9, 12), "late": (9, 12)}
YEAR = r"(?P<year>(?:19[4-9]|20[0-9])\d)"
TIME = (
    rf"(?P<time>(?:(?P<day>\d{{1,2}})\s+)?(?P<month>{MONTH})\s+{YEAR}|"
    rf"(?:(?P<part>{'|'.join(PARTS)})\s+)?(?:tahun\s+|thn\.?\s+|th\.?\s+)?{YEAR.replace('year', 'bare')})"
    r"\b(?!\s*[-/–]\s*\d)"
)
# "per 2021" asks for a state whatever follows; "tahun 2019" only beside a word about rules.
STATES = re.compile(
    r"\b(?:per|as\s+of|pada|di|saat|waktu|ketika|zaman|jaman|in|on|during|back\s+in|sebelum|before)"
    rf"(?:\s+(?:saat|waktu|tanggal|tgl\.?|bulan|masa|akhir\s+bulan))?\s+{TIME}",
    re.I,
)
YEARS = re.compile(rf"\b(?:tahun|thn\.?|th\.?)\s+{TIME}", re.I)
BEFORE = re.compile(r"^(?:sebelum|before)\b", re.I)
ASKS_RULE = re.compile(
    r"\b(?:dasar|hukum\w*|aturan\w*|peraturan\w*|pedoman\w*|regulasi\w*|berlaku|ketentuan\w*|diatur|mengatur|acuan\w*|"
    r"landasan\w*|rujukan\w*|payung|legal|basis|rules?|regulations?|law|in\s+force|governed|apply|applied|applies|"
    # How many there are, and which, a rule says.
    r"(?:berapa|jumlah|apa\s+saja|how\s+many)\s+(?:indikator|aspek|domain|indicators?|aspects?|domains?)|"
    r"(?:indikator|aspek|domain)(?:nya)?(?:\s+\w+){0,2}\s+(?:ada\s+)?(?:berapa|apa\s+saja))\b",
    re.I,
)
NUMBERED = re.compile(r"\b(?:nomor|no\.?)\s*\S+\s+(?:tahun|thn\.?)\s+\d{4}", re.I)


@dataclass(frozen=True)
class Period:
    """The days from `first` to `last` that a question is about; `words` as it was written."""

    first: date
    last: date
    words: str


class Dated(Protocol):
    """What is known of a regulation's time: documents and the graph's standings have it."""

    @property
    def status(self) -> str:
        """As the library has it now."""

    @property
    def in_force_from(self) -> str | None:
        """A day or a year, None when it is not known."""

    @property
    def in_force_until(self) -> str | None:
        """The day, or year, from which it is in force no more."""

    @property
    def amended_by(self) -> tuple[str, ...]:
        """Codes of what changed it."""


def period_in(text: str, today: date) -> Period | None:
    """The time whose law a question asks for, None for the present.

    The year of a regulation's name is none, nor is that of a datum ("indeks SPBE 2024").
    """
    blank = NUMBERED.sub(" ", text)
    for reference in reversed(references(blank)):
        blank = blank[: reference.start] + " # " + blank[reference.end :]
    if not ASKS_RULE.search(blank) and not re.search(r"\b(?:per|as\s+of)\s", blank, re.I):
        return None
    match = STATES.search(blank) or YEARS.search(blank)
    period = _period(match) if match else None
    if period is None or period.first <= today <= period.last:
        return None
    return period


def on(day: date) -> Period:
    """A single day."""
    return Period(day, day, day.isoformat())


def status_at(rule: Dated, code: str, when: Period) -> str:
    """The status of a rule in a period; in force when it was so on any of its days."""
    begins = rule.in_force_from or year_of(code)
    if rule.status != Status.DRAFT and begins and when.last < earliest(begins):
        return NOT_YET
    if rule.status in {Status.DRAFT, Status.ARCHIVE}:
        return rule.status
    if _is_over(rule, when):
        return Status.REPEALED
    if rule.amended_by:
        return Status.AMENDED if amended_by_then(rule.amended_by, when) else Status.IN_FORCE
    return Status.AMENDED if rule.status == Status.AMENDED else Status.IN_FORCE


def _is_over(rule: Dated, when: Period) -> bool:
    if not rule.in_force_until:
        return rule.status == Status.REPEALED
    # In the year of its end, where no more is known, a rule was in force for a part of a period
    # but counts as gone on any day.
    is_day = when.first == when.last
    return when.first >= (earliest(rule.in_force_until) if is_day else latest(rule.in_force_until))


def amended_by_then(codes: Sequence[str], when: Period) -> tuple[str, ...]:
    """Of the amendments those that were made in the period or before."""
    return tuple(code for code in codes if int(year_of(code) or 0) <= when.last.year)


def earliest(written: str) -> date:
    """The first day that "2026" or "2026-06-05" can mean."""
    return date.fromisoformat(written) if len(written) > 4 else date(int(written), 1, 1)


def latest(written: str) -> date:
    """The last day that "2026" or "2026-06-05" can mean."""
    return date.fromisoformat(written) if len(written) > 4 else date(int(written), 12, 31)


def shown_day(written: str, language: str) -> str:
    """ "2022-12-26" as a reader writes it: "26 Desember 2022"; a year stays as it is."""
    if len(written) <= 4:
        return written
    day = date.fromisoformat(written)
    month = MONTHS.split()[day.month - 1].split("|")
    return f"{day.day} {month[-1 if language == 'en' else 0].capitalize()} {day.year}"


def _period(match: re.Match[str]) -> Period | None:
    words = " ".join(match["time"].split())
    year = int(match["year"] or match["bare"])
    first_month, last_month = PARTS.get((match["part"] or "").lower(), (1, 12))
    if match["month"]:
        first_month = last_month = MONTH_NUMBERS[match["month"].lower()]
    first, last = date(year, first_month, 1), date(year, last_month, calendar.monthrange(year, last_month)[1])
    if match["day"]:
        if not 1 <= int(match["day"]) <= last.day:
            return None
        first = last = date(year, first_month, int(match["day"]))
    if BEFORE.match(match[0]):
        day = date.fromordinal(first.toordinal() - 1)
        return Period(day, day, f"{match[0].split()[0].lower()} {words}")
    return Period(first, last, words)
