"""The copy of the draft as a document: its headings, the table of sources, the disclaimer."""

from __future__ import annotations

from bot.texts import Copy


class DocumentTexts(Copy):
    """The copy of the document; `statuses` has one text for each legal status, `months` twelve names."""

    name = "document"

    title: str
    prepared: str
    months: tuple[str, ...]
    author: str
    question: str
    response: str
    attention: str
    source_list: str
    number: str
    source: str
    status: str
    statuses: dict[str, str]
    quoted: str
    what_next: str
    about: str
    disclaimer: str
    page: str
