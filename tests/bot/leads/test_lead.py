"""The lead of a confirmed request and its number."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.conversation.profile import Profile
from bot.leads.intake import begin
from bot.leads.lead import from_intake, number, read_number

NOW = datetime(2026, 11, 25, 10, 0, tzinfo=ZoneInfo("Asia/Jakarta"))
SITI = Profile("Siti Rahmawati", "Kepala Bidang", "Diskominfo", "33.05", "+6281234567890")


@pytest.mark.parametrize(
    ("day", "sequence", "written"),
    [
        (date(2026, 11, 25), 42, "KC-2611-0042"),
        (date(2027, 1, 1), 1, "KC-2701-0001"),
        (date(2026, 12, 31), 9999, "KC-2612-9999"),
        (date(2026, 12, 31), 12345, "KC-2612-12345"),
    ],
)
def test_a_number_holds_the_month_and_the_sequence(day: date, sequence: int, written: str) -> None:
    assert number(day, sequence) == written
    assert read_number(written) == written


def test_a_sequence_counts_from_one() -> None:
    with pytest.raises(ValueError, match="from 1"):
        number(date(2026, 11, 25), 0)


@pytest.mark.parametrize(
    "typed",
    [
        "KC-2611-0042", "kc 2611 42", "kc-2611-42", "KC26110042", "kc2611 0042", "KC–2611–0042", "Kc_2611_0042",
        "bagaimana kabar KC-2611-0042?", "nomor kc. 2611. 42, terima kasih", "(KC-2611-0042)",
    ],
)  # fmt: skip
def test_reads_a_number_however_it_is_typed(typed: str) -> None:
    assert read_number(typed) == "KC-2611-0042"


@pytest.mark.parametrize(
    "typed", ["", "KC", "KC-2611", "KC-2613-0042", "KC-2611-0000", "2611 42", "akc-2611-0042", "KCB 2611 42"]
)
def test_reads_no_number_where_none_stands(typed: str) -> None:
    assert read_number(typed) is None


def test_a_confirmed_request_becomes_a_lead() -> None:
    intake = replace(begin(SITI, "Mohon pendampingan masterplan", ["masterplan"]), stage="evaluasi", consent=True)
    lead = from_intake(intake, "KC-2611-0042", person=7, chat=-100, now=NOW, turns=["Apa itu quick win?"])
    assert (lead.number, lead.person, lead.chat, lead.profile) == ("KC-2611-0042", 7, -100, SITI)
    assert (lead.need, lead.topics, lead.stage) == ("Mohon pendampingan masterplan", ("masterplan",), "evaluasi")
    assert (lead.consent_at, lead.created_at, lead.turns) == (NOW, NOW, ("Apa itu quick win?",))


def test_no_lead_without_consent() -> None:
    with pytest.raises(ValueError, match="consent"):
        from_intake(begin(SITI), "KC-2611-0042", person=7, chat=7, now=NOW)


def test_no_lead_at_a_time_without_a_zone() -> None:
    agreed = replace(begin(SITI), consent=True)
    with pytest.raises(ValueError, match="zone"):
        from_intake(agreed, "KC-2611-0042", person=7, chat=7, now=NOW.replace(tzinfo=None))
