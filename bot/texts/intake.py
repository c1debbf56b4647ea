"""The copy of the consultation request: its steps, choices, complaints, and the promised time."""

from __future__ import annotations

from bot.texts import Copy


class IntakeTexts(Copy):
    """The copy of the request; the tables have one text for each step, choice or complaint."""

    name = "intake"

    # What opens the request, and what stands below a step
    opening: str
    current: str
    correcting: str
    not_given: str
    skip_button: str
    clear_button: str
    # By step, field or complaint
    prompts: dict[str, str]
    fields: dict[str, str]
    complaints: dict[str, str]
    # By key of a choice
    topics: dict[str, str]
    stages: dict[str, str]
    time_frames: dict[str, str]
    answers: dict[str, str]
    dimensions: dict[str, str]
    # The promised time
    promise: str
    clock: str
    days: dict[str, str]
    months: dict[str, str]
