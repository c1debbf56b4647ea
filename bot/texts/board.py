"""The copy of the consultants' web board; the tables have one text for each page, state or key."""

from __future__ import annotations

from bot.texts import Copy


class BoardTexts(Copy):
    """What stands on the board's pages, and what the bot says of the board."""

    name = "board"

    brand: str
    moment: str
    # By page
    nav: dict[str, str]
    words: dict[str, str]
    login: dict[str, str]
    queue: dict[str, str]
    lead: dict[str, str]
    numbers: dict[str, str]
    shelf: dict[str, str]
    # By key of what happened
    done: dict[str, str]
    errors: dict[str, str]
    messages: dict[str, str]
    # By level of a deadline, order of the queue
    levels: dict[str, str]
    orders: dict[str, str]
    # What the bot says in Telegram
    link: str
    link_button: str
    link_mini: str
    link_private: str
    link_nobody: str
    link_closed: str
