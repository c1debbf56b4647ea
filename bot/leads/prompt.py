"""A consultation request and the copy in, what a front shows of it out: plain text and choices."""

from __future__ import annotations

from dataclasses import dataclass

from bot.leads.intake import Intake, can_go_back, can_skip, value_of
from bot.leads.steps import AGREE, FIELDS, TELEGRAM, Field, Step, choices_of, label
from bot.texts.intake import IntakeTexts


@dataclass(frozen=True)
class Choice:
    """A button: `key` (at most 20 ASCII characters) comes back in the reply."""

    key: str
    label: str
    selected: bool = False


@dataclass(frozen=True)
class Row:
    """A line of the summary: a field, its label, and its value as a person reads it."""

    field: Field
    label: str
    value: str


@dataclass(frozen=True)
class Prompt:
    """What is asked now, in plain text that the front escapes.

    `rows` is filled at the summary, `progress` ("3/9") on the way there, `skip_label` where
    the step can be skipped (in a correction: emptied).
    """

    step: Step
    text: str
    choices: tuple[Choice, ...] = ()
    rows: tuple[Row, ...] = ()
    can_skip: bool = False
    skip_label: str = ""
    can_go_back: bool = False
    asks_contact: bool = False
    progress: str = ""


def prompt(intake: Intake, copy: IntakeTexts) -> Prompt:
    """What a front shows for the present step."""
    step = intake.step
    skips = can_skip(intake)
    on_the_way = not intake.correcting and step != "correct"
    return Prompt(
        step=step,
        text=_text(intake, copy),
        choices=tuple(
            Choice(key, label(step, key, copy), _selected(intake, key)) for key in choices_of(step, intake.candidates)
        ),
        rows=tuple(summary(intake, copy)) if step == "summary" else (),
        can_skip=skips,
        skip_label=(copy.clear_button if intake.correcting else copy.skip_button) if skips else "",
        can_go_back=can_go_back(intake),
        asks_contact=step == "contact",
        progress=f"{intake.plan.index(step) + 1}/{len(intake.plan)}" if on_the_way else "",
    )


def summary(intake: Intake, copy: IntakeTexts) -> list[Row]:
    """Every field with its label and value, in the order in which they are asked."""
    return [Row(name, copy.fields[name], shown(intake, name, copy) or copy.not_given) for name in FIELDS]


def shown(intake: Intake, name: Field | Step, copy: IntakeTexts) -> str:
    """The value of a field as a person reads it; "" when it is not known."""
    value = value_of(intake, name)
    if isinstance(value, bool):
        return copy.answers["given"] if value else ""
    if isinstance(value, tuple):
        return "; ".join(label(name, key, copy) for key in value)
    if name in {"region", "stage", "time_frame"} or (name, value) == ("contact", TELEGRAM):
        return label(name, value, copy) if value else ""
    return value


def complaint_text(key: str, copy: IntakeTexts) -> str:
    """The sentence of a complaint; "" for none."""
    return copy.complaints[key] if key else ""


def _text(intake: Intake, copy: IntakeTexts) -> str:
    asked = copy.prompts["region_choose" if intake.candidates else intake.step]
    first = intake.step == intake.plan[0] and not intake.correcting
    before = copy.opening if first else copy.correcting if intake.correcting else ""
    value = shown(intake, intake.step, copy) if intake.step not in {"summary", "correct", "topics"} else ""
    return "\n\n".join(part for part in (before, asked, copy.current.format(value=value) if value else "") if part)


def _selected(intake: Intake, key: str) -> bool:
    """Whether the choice is the answer that stands."""
    if intake.step in {"summary", "correct"}:
        return False
    value = value_of(intake, intake.step)
    if isinstance(value, bool):
        return value and key == AGREE
    return key in value if isinstance(value, tuple) else key == value
