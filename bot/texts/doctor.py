"""The model of the copy of the check-up of an installation."""

from __future__ import annotations

from bot.texts import Copy


class DoctorTexts(Copy):
    """What the check-up says: the names of the checks, what was found, what to do about it."""

    name = "doctor"

    well: str
    trouble: str
    names: dict[str, str]
    said: dict[str, str]
    remedies: dict[str, str]
