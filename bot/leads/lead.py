"""A confirmed request in, the lead that the consultants work on out, and its number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from bot.conversation.profile import Profile
from bot.leads.intake import Intake

NUMBER = re.compile(r"(?<![a-z0-9])kc[\W_]*(\d\d)(0[1-9]|1[0-2])(?:[\W_]+(\d{1,9})|(\d{4,9}))(?!\d)", re.IGNORECASE)


@dataclass(frozen=True)
class Lead:
    """A consultation request: who asks (`person` and `chat` are Telegram's ids), what, and when.

    `topics`, `stage` and `time_frame` are keys of the choices, `profile.contact` may be
    "telegram"; `turns` are the person's messages before the request, oldest first.
    """

    number: str
    person: int
    chat: int
    profile: Profile
    need: str
    topics: tuple[str, ...]
    stage: str
    time_frame: str
    consent_at: datetime
    created_at: datetime
    turns: tuple[str, ...] = ()


def from_intake(
    intake: Intake,
    number: str,
    person: int,
    chat: int,
    now: datetime,
    turns: Sequence[str] = (),
    consent_at: datetime | None = None,
) -> Lead:
    """The lead of a request that was confirmed at `now`; consent counts from then unless its own
    time is known. ValueError without consent or with a time that has no zone."""
    if not intake.consent:
        raise ValueError("no lead without consent (UU 27/2022)")
    agreed = consent_at or now
    if now.tzinfo is None or agreed.tzinfo is None:
        raise ValueError("a lead needs times with a zone")
    return Lead(
        number=number,
        person=person,
        chat=chat,
        profile=intake.profile,
        need=intake.need,
        topics=intake.topics,
        stage=intake.stage,
        time_frame=intake.time_frame,
        consent_at=agreed,
        created_at=now,
        turns=tuple(turns),
    )


def number(day: date, sequence: int) -> str:
    """The number of the month's lead `sequence` (from 1), `day` in the office's own time:
    "KC-2611-0042"."""
    if sequence < 1:
        raise ValueError(f"a lead's sequence counts from 1, not {sequence}")
    return f"KC-{day:%y%m}-{sequence:04d}"


def read_number(text: str) -> str | None:
    """The first lead number in the text as `number` writes it: "kc 2611 42" is "KC-2611-0042"."""
    for match in NUMBER.finditer(text):
        sequence = int(match[3] or match[4])
        if sequence:
            return f"KC-{match[1]}{match[2]}-{sequence:04d}"
    return None
