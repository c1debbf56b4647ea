"""The model of the copy that consultants read in their group; tags are Telegram's HTML."""

from __future__ import annotations

from bot.texts import Copy


class ConsultantTexts(Copy):
    """What the bot says in the consultants' group, and to officials on a consultant's behalf."""

    name = "consultants"

    # The card and its topic
    topic_title: str
    topic_subject: str
    topic_marks: dict[str, str]
    card_state: str
    card_owner: str
    card_official: str
    card_region: str
    card_need: str
    card_questions: str
    card_score: str
    card_draft: str
    card_no_draft: str
    card_warning: str
    warning_source: str
    card_suggested: str
    suggestion: str
    card_files: str
    no_name: str
    # Buttons and what they lead to
    button_view: str
    button_approve: str
    button_merge: str
    button_days: str
    button_use: str
    button_reusable: str
    version: str
    version_edit: str
    sources: str
    prompt_edit: str
    prompt_ask: str
    prompt_reject: str
    button_redraft: str
    button_own_words: str
    choose_redraft: str
    prompt_redraft: str
    redraft_by: str
    redrafting: str
    redrafted: str
    redraft_dropped: str
    redraft_failed: str
    choose_days: str
    choose_merge: str
    nothing_similar: str
    edited: str
    reason_kept: str
    already_sent: str
    claimed: str
    claimed_by: str
    moved: str
    approved: str
    delivered: str
    not_delivered: str
    only_consultants: str
    only_owner: str
    no_draft: str
    merged: str
    no_such_action: str
    reason_needed: str
    not_merged: str
    card_merged: str
    # Between the official and the consultant
    from_official: str
    from_official_file: str
    from_official_edited: str
    to_official: str
    to_official_file: str
    to_official_edited: str
    passed_on: str
    response_head: str
    question_head: str
    letter_caption: str
    letter_shipped: str
    # Commands and enrolment
    queue: str
    queue_line: str
    queue_empty: str
    mine: str
    found: str
    search_what: str
    invite: str
    invite_private: str
    enrolled: str
    invite_used: str
    members: str
    members_none: str
    removed: str
    usage: str
    # Timers
    reminder: str
    nudge: str
    escalation: str
    released: str
    resumed: str
