"""The steps of a consultation request and what can be chosen at each, with the labels in the copy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

from bot.leads.topics import topic_keys
from bot.leads.which_region import region_of
from bot.texts import Language, copy_of
from bot.texts.intake import IntakeTexts

Field = Literal["name", "position", "agency", "region", "need", "topics", "stage", "time_frame", "contact", "consent"]
# "correct" asks which field; it stands beside the line of the others.
Step = Literal[
    "name", "position", "agency", "region", "need", "topics", "stage", "time_frame", "contact", "consent", "summary",
    "correct",
]  # fmt: skip
FIELDS: tuple[Field, ...] = get_args(Field)
STEPS: tuple[Step, ...] = (*FIELDS, "summary")
PROFILE_FIELDS = ("name", "position", "agency", "region", "contact")
STAGES = ("belum-mulai", "masterplan", "pelaksanaan", "evaluasi", "lainnya")
TIME_FRAMES = ("bulan-ini", "3-bulan", "6-bulan", "tahun-depan", "belum-tahu")
# Keys of choices that are no value of a field.
NONE, DONE, AGREE, DECLINE, CONFIRM, CORRECT = "none", "done", "agree", "decline", "confirm", "correct"
# The contact of a person who wants to be reached here.
TELEGRAM = "telegram"
LANGUAGES: tuple[Language, ...] = ("id", "en")


def choices_of(step: Step, candidates: Sequence[str]) -> tuple[str, ...]:
    """The keys that can be chosen at a step; at "region" those of the candidates, if any."""
    fixed: dict[Step, tuple[str, ...]] = {
        "topics": (*topic_keys(), DONE),
        "stage": STAGES,
        "time_frame": TIME_FRAMES,
        "contact": (TELEGRAM,),
        "consent": (AGREE, DECLINE),
        "summary": (CONFIRM, CORRECT),
        "correct": FIELDS,
    }
    if step == "region":
        return (*candidates, NONE) if candidates else ()
    return fixed.get(step, ())


def label(step: Step, key: str, copy: IntakeTexts) -> str:
    """What a person reads on the choice `key` of a step."""
    region = region_of(key) if step == "region" else None
    if region:
        return region.name
    tables = {"topics": copy.topics, "stage": copy.stages, "time_frame": copy.time_frames, "correct": copy.fields}
    return tables.get(step, copy.answers).get(key) or copy.answers[key]


def labels(step: Step, keys: Sequence[str]) -> dict[str, list[str]]:
    """Every key with its labels in all languages: a person may type any of them."""
    copies = [copy_of(IntakeTexts, language) for language in LANGUAGES]
    return {key: [label(step, key, copy) for copy in copies] for key in keys}
