"""What a check found, and its words for a person."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from bot.texts.doctor import DoctorTexts

State = Literal["ok", "note", "problem"]


@dataclass(frozen=True)
class Finding:
    """One check: `what` names what was found in the copy, with the `values` that it is filled in with.

    A note is no problem, but the reader may not know it.
    """

    check: str
    state: State
    what: str
    values: dict[str, object] = field(default_factory=dict)

    def said(self, copy: DoctorTexts) -> str:
        """What was found."""
        return copy.said[self.what].format(**self.values)

    def remedy(self, copy: DoctorTexts) -> str:
        """What to do about it; "" where there is nothing to do."""
        return copy.remedies.get(self.what, "").format(**self.values)


def ok(check: str, what: str, **values: object) -> Finding:
    """All is well."""
    return Finding(check, "ok", what, values)


def note(check: str, what: str, **values: object) -> Finding:
    """Worth knowing."""
    return Finding(check, "note", what, values)


def problem(check: str, what: str, **values: object) -> Finding:
    """Something is wrong."""
    return Finding(check, "problem", what, values)
