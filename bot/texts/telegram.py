"""The model of the copy of the Telegram front. Where a text holds tags, they are Telegram's HTML."""

from __future__ import annotations

from bot.texts import Copy


class TelegramTexts(Copy):
    """What the bot says in Telegram around the answers."""

    name = "telegram"

    # The first meeting and the help
    start: str
    start_region: str
    help: str
    help_group: str
    examples: tuple[str, ...]
    privacy: str
    commands: dict[str, str]
    bot_description: str
    bot_short_description: str
    # Buttons
    button_privacy: str
    button_source: str
    button_neighbour: str
    button_useful: str
    button_not_quite: str
    button_useful_given: str
    button_not_quite_given: str
    button_consultant: str
    button_document: str
    button_back: str
    verdicts: dict[str, str]
    # Around an answer
    asked: str
    quote: str
    profile_noted: str
    introduced: str
    document_caption: str
    thanks_useful: str
    thanks_not_quite: str
    which_fault: str
    not_yours: str
    expired: str
    # Messages that get no answer from the library
    too_long: str
    slow_down: str
    voice: str
    sticker: str
    photo: str
    location: str
    contact: str
    other: str
    document: str
    document_kept: str
    document_attached: str
    nothing_asked: str
    unknown_command: str
    one_moment: str
    set_aside: str
    # Commands
    history: str
    history_empty: str
    choose_language: str
    language_set: str
    status_none: str
    status: str
    my_data_caption: str
    my_data_title: str
    my_data_intro: str
    my_data_tables: dict[str, str]
    my_data_fields: dict[str, str]
    my_data_empty: str
    delete_ask: str
    button_delete: str
    button_keep: str
    deleted: str
    deleted_except: str
    kept: str
    only_private: str
    button_open_private: str
    # The consultation request
    request_kept: str
    request_cancelled: str
    request_confirmed: str
    request_nothing_open: str
    request_contact_noted: str
    request_contact_left: str
    request_closed: str
    request_progress: str
    request_contact_later: str
    button_cancel: str
    button_share_contact: str
    # For the admins
    admin_set_aside: str
    admin_uncertain: str
    admin_failed: str
    admin_nothing: str
    button_resend: str
    button_dismiss: str
    resent: str
    dismissed: str
