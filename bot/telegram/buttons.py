"""The keyboards, and what a press says. The data of a button is an action, the random id of the
row that it belongs to, and an argument; who may press it is decided by the row, not by the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.conversation.draft import Citation, Draft
from bot.texts.telegram import TelegramTexts

Keyboard = dict[str, Any]
Row = list[dict[str, Any]]

VERDICTS = ("wrong", "incomplete", "outdated", "unclear")
USEFUL = "useful"
LONGEST_LABEL = 60


@dataclass(frozen=True)
class Press:
    """What the data of a button says."""

    action: str
    row: str
    argument: str


def data(action: str, row: str = "", argument: str | int = "") -> str:
    """The data of a button, within Telegram's 64 bytes."""
    return f"{action}:{row}:{argument}"


def read(text: str | None) -> Press | None:
    """What a press says; None for data that no button of ours carries."""
    parts = (text or "").split(":")
    return Press(*parts) if len(parts) == 3 else None


def button(label: str, press: str) -> dict[str, Any]:
    """One button."""
    return {"text": _short(label), "callback_data": press}


def link(label: str, url: str) -> dict[str, Any]:
    """A button that opens an address."""
    return {"text": _short(label), "url": url}


def keyboard(*rows: Row) -> Keyboard:
    """The rows that are not empty, in Telegram's form."""
    return {"inline_keyboard": [row for row in rows if row]}


def below_answer(turn: str, draft: Draft, copy: TelegramTexts, private_link: str = "", verdict: str = "") -> Keyboard:
    """Sources, rating, consultant, document, follow-ups. In a group the consultant is reached by
    `private_link`; `verdict` is the rating that was given."""
    to_consultant = [
        link(copy.button_consultant, private_link) if private_link else button(copy.button_consultant, data("k", turn))
    ]
    if draft.kind == "handover":
        return keyboard(to_consultant)
    if draft.kind != "answer":
        return keyboard()
    sources = [[button(_source(c, copy), data("s", turn, c.n))] for c in draft.citations]
    useful = copy.button_useful_given if verdict == USEFUL else copy.button_useful
    not_quite = copy.button_not_quite
    if verdict in VERDICTS:
        not_quite = copy.button_not_quite_given.format(verdict=copy.verdicts[verdict])
    rating = [button(useful, data("v", turn, USEFUL)), button(not_quite, data("w", turn))]
    document = [button(copy.button_document, data("d", turn))]
    follow_ups = [[button(question, data("f", turn, i))] for i, question in enumerate(draft.follow_ups)]
    return keyboard(*sources, rating, to_consultant, document, *follow_ups)


def faults(turn: str, copy: TelegramTexts) -> Keyboard:
    """What may be wrong with an answer, and the way back."""
    reasons = [button(copy.verdicts[verdict], data("v", turn, verdict)) for verdict in VERDICTS]
    return keyboard(reasons[:2], reasons[2:], [button(copy.button_back, data("z", turn))])


def neighbours(turn: str, n: int, sections: Sequence[tuple[str, str]], copy: TelegramTexts) -> Keyboard:
    """The sections before and after a source, as (arrow, locator); the argument is "n‹" or "n›"."""
    labels = [(arrow, copy.button_neighbour.format(arrow=arrow, locator=locator)) for arrow, locator in sections]
    return keyboard(*([button(label, data("n", turn, f"{n}{arrow}"))] for arrow, label in labels))


def examples(copy: TelegramTexts, language: str) -> Keyboard:
    """The questions to begin with, and the privacy notice."""
    rows = [[button(question, data("e", language, i))] for i, question in enumerate(copy.examples)]
    return keyboard(*rows, [button(copy.button_privacy, data("p"))])


def _source(citation: Citation, copy: TelegramTexts) -> str:
    """A regulation by its number; of a guide, whose title is long, the section tells more."""
    title, about, _ = citation.title.partition(" tentang ")
    return copy.button_source.format(
        n=citation.n, locator=f"{title}, {citation.locator}" if about else citation.locator
    )


def _short(label: str) -> str:
    return label if len(label) <= LONGEST_LABEL else label[: LONGEST_LABEL - 1].rstrip() + "…"
