"""A language in, all copy that a person reads out; the words stand in NAME.id.toml and NAME.en.toml."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import ClassVar, Literal, TypeVar, cast

from pydantic import BaseModel, ConfigDict

Language = Literal["id", "en"]


class Copy(BaseModel):
    """The copy of one front in one language; a key that is missing or unknown fails when its
    file is read. `name` is the first part of the file's name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: ClassVar[str]


class Texts(Copy):
    """The copy of the answers and of the terminal."""

    name = "answer"

    # Frames of an answer
    according_to: str
    sources_in_indonesian: str
    sources: str
    warnings: str
    next_step_regulation: str
    next_step_guidance: str
    # Warnings about the legal status of a source
    repealed: str
    repealed_by: str
    not_repealed: str
    amended: str
    amended_by: str
    draft_rule: str
    archive: str
    unconfirmed: str
    read_only: str
    not_yet: str
    # The law at another time, and what replaced a repealed rule
    as_of: str
    repealed_since: str
    successor: str
    # Messages without a source
    smalltalk_greeting: str
    smalltalk_thanks: str
    smalltalk_who: str
    smalltalk_source: str
    smalltalk_privacy: str
    refuse_personal_data: str
    refuse_instructions: str
    refuse_off_topic: str
    refuse_misuse: str
    clarify: str
    clarify_region: str
    handover_price: str
    handover_person: str
    handover_legal_opinion: str
    handover_own_data: str
    handover_current: str
    handover_complaint: str
    handover_not_held: str
    handover_opinion: str
    handover_not_found: str
    handover_unknown_regulation: str
    handover_unknown_article: str
    other_regions: str
    nearest_topic: str
    part_unanswered: str
    # The terminal
    welcome: str
    terminal_help: str
    no_such_source: str
    nothing_to_show: str
    goodbye: str


Front = TypeVar("Front", bound=Copy)


def copy_of(front: type[Front], language: Language) -> Front:
    """The copy of one front, such as `Texts`, in `language`."""
    return cast(Front, _read(front, language))


def texts(language: Language) -> Texts:
    """The copy of the answers in `language`."""
    return copy_of(Texts, language)


@cache
def _read(front: type[Copy], language: Language) -> Copy:
    file = Path(__file__).with_name(f"{front.name}.{language}.toml")
    return front(**tomllib.loads(file.read_text(encoding="utf-8")))
