"""The copy about leads: states, moves, scores, deadlines, stale drafts, and the response letter."""

from __future__ import annotations

from bot.texts import Copy


class LeadTexts(Copy):
    """The copy that the consultants read of a lead; the tables have one text for each key."""

    name = "leads"

    # States and moves
    states_of_official: dict[str, str]
    states: dict[str, str]
    actions: dict[str, str]
    roles: dict[str, str]
    move_refused: str
    move_refused_all: str
    role_refused: str
    either: str
    move_line: str
    move_why: str
    # The score
    score_line: str
    score_reasons: dict[str, str]
    # Deadlines
    standings: dict[str, str]
    working_hours: str
    working_minutes: str
    # Versions of a draft
    version_lines: dict[str, str]
    edit_reasons: dict[str, str]
    edit_empty: str
    unknown_marks: str
    unknown_marks_none: str
    redraft_wishes: dict[str, str]
    redraft_refusals: dict[str, str]
    redraft_failures: dict[str, str]
    stale: str
    stale_reasons: dict[str, str]
    statuses: dict[str, str]
    # Duplicates
    maybe_same: str
    merge_refusals: dict[str, str]
    # The letter; its template has the other words
    response_title: str
    response_unnamed: str
    response_place_unknown: str
    response_disclaimer: str
    template_missing: str
    template_unreadable: str
    template_broken: str
    template_unknown_name: str
    template_incomplete: str
