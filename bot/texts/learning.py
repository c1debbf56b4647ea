"""The copy of reusable responses and of the gap list, for consultants; tags are Telegram's HTML."""

from __future__ import annotations

from bot.texts import Copy


class LearningTexts(Copy):
    """What consultants read about responses that are used again, and about gaps."""

    name = "learning"

    # Reusable responses
    marked: str
    marked_before: str
    taken: str
    no_longer: str
    retired: str
    not_there: str
    # The gap list
    gap: str
    gap_variant: str
    gap_line: str
    gap_last: str
    gap_case: str
    gap_no_facts: str
    gap_reasons: dict[str, str]
    gap_buttons: dict[str, str]
    gap_closed: dict[str, str]
    gaps_none: str
    gaps_left: str
    gaps_more: str
    closed_before: str
    no_case: str
