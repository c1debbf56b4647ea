"""The model of the copy that admins read about the library; tags are Telegram's HTML."""

from __future__ import annotations

from bot.texts import Copy


class LibraryTexts(Copy):
    """What the bot says to admins about documents and work on the library."""

    name = "library"

    not_admin: str
    expired: str
    decided: str
    busy: str
    # Files that an admin sends
    received: str
    too_big: str
    wrong_kind: str
    download_failed: str
    unreadable: str
    card_head: str
    card_file: str
    card_line: str
    card_refused: str
    card_kind: str
    card_number: str
    card_size: str
    card_size_pages: str
    card_language: dict[str, str]
    card_ocr: str
    card_status: str
    card_same: str
    card_near: str
    card_repeals: str
    card_amends: str
    card_problem: str
    card_added: str
    card_replaces: str
    card_beside: str
    card_becomes: str
    card_preview: str
    card_nothing: str
    card_more: str
    statuses: dict[str, str]
    button_take_in: str
    button_take_all: str
    button_notes: str
    button_cancel: str
    button_force: str
    button_force_job: str
    button_page: str
    button_quarantine: str
    button_replace: str
    sentence: str
    sentence_decided: str
    sentence_released: str
    sentence_kept_out: str
    button_release: str
    button_keep_out: str
    prompt_notes: str
    notes_wrong: str
    notes_kept: str
    cancelled: str
    # Work on the library
    kinds: dict[str, str]
    working: str
    stages: dict[str, str]
    stage: str
    done: str
    done_numbers: str
    done_unchanged: str
    done_partly: str
    done_refused: str
    failed: str
    failed_upload: str
    failed_crash: str
    failed_gone: str
    announced: str
    rolled_back: str
    rolled_back_changes: str
    evaluated: str
    evaluated_worse: str
    # The list and one document
    list_head: str
    list_line: str
    list_none: str
    list_empty: str
    list_counts: str
    button_next: str
    button_previous: str
    no_such: str
    which: str
    nearest: str
    document: str
    document_number: str
    document_repealed_by: str
    document_amended_by: str
    document_marked: str
    document_foreign: str
    file_gone: str
    file_caption: str
    button_file: str
    button_repeal: str
    button_unrepeal: str
    button_delete: str
    button_leave_out: str
    button_yes: str
    button_no: str
    button_undo: str
    confirm_repeal: str
    confirm_delete: str
    confirm_leave_out: str
    confirm_rollback: str
    nothing_to_roll_back: str
    already_repealed: str
    usage_document: str
    usage_repeal: str
    usage_delete: str
    undo_expired: str
    # The health of the installation
    health_well: str
    health_trouble: str
    health_line: str
