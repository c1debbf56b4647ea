"""A draft or a source in; blocks of Telegram's HTML out, and messages that Telegram accepts.

A block is a paragraph whose tags are all closed, so a text may be cut between any two blocks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from bot.conversation.draft import Citation, Draft
from bot.texts import texts
from bot.texts.telegram import TelegramTexts

# Telegram's limit is 4096 UTF-16 units after parsing; counting the tags too keeps a margin.
LONGEST_MESSAGE = 4096
LONGEST_BLOCK = 3500
CONTEXT = 900


def answer(draft: Draft, notes: Sequence[str] = ()) -> list[str]:
    """The answer, its warnings, its sources, one next step; `notes` (plain text) go before it."""
    copy = texts(draft.language)
    blocks = [f"<i>{escape(note)}</i>" for note in notes]
    items: list[str] = []
    for line in [*draft.paragraphs(), ""]:
        if line.startswith("- "):
            items.append("• " + line.removeprefix("- "))
            continue
        blocks += [escape(piece) for piece in _pieces("\n".join(items))]
        items = []
        blocks += [escape(piece) for piece in _pieces(line)]
    blocks += [f"⚠️ <b>{copy.warnings}:</b> {escape(warning)}" for warning in draft.warnings]
    blocks += sources(draft.citations, copy.sources)
    if draft.next_step:
        blocks.append(f"<i>{escape(draft.next_step)}</i>")
    return blocks


def written(text: str) -> list[str]:
    """A text of a person, with "- " at its list items, as blocks."""
    lines = ("• " + line.removeprefix("- ") if line.startswith("- ") else line for line in text.splitlines())
    return [escape(piece) for block in "\n".join(lines).split("\n\n") for piece in _pieces(block)]


def sources(citations: Sequence[Citation], heading: str) -> list[str]:
    """The list of sources below its heading; nothing where there are none."""
    lines = [f"[{citation.n}] {_named(citation)}" for citation in citations]
    return ["\n".join([f"<b>{heading}</b>", *lines])] if lines else []


def source(citation: Citation, section: str, copy: TelegramTexts) -> list[str]:
    """The quote inside its section: what stands before and after it small, the quote bold."""
    before, found, after = section.partition(citation.quote)
    if not found:
        before, after = "", ""
    blocks = [f"<b>{escape(copy.quote.format(n=citation.n))}</b>\n{_named(citation)}"]
    if before.strip():
        blocks.append(escape(_tail(before.strip())))
    blocks += [f"<blockquote><b>{escape(piece)}</b></blockquote>" for piece in _pieces(citation.quote)]
    if after.strip():
        blocks.append(escape(_head(after.strip())))
    return blocks


def section(title: str, locator: str, text: str) -> list[str]:
    """A section without a quote: a neighbour that the reader opened."""
    pieces = [f"<blockquote>{escape(piece)}</blockquote>" for piece in _pieces(text)]
    return [f"<b>{escape(title)}, {escape(locator)}</b>", *pieces]


def _named(citation: Citation) -> str:
    """Title, section and status; a title that ends with the status does not say it twice."""
    title = citation.title.removesuffix(f" ({citation.status})")
    return f"{escape(title)}, {escape(citation.locator)} (<i>{escape(citation.status)}</i>)"


def messages(blocks: Iterable[str]) -> list[str]:
    """The blocks joined into as few messages as Telegram's limit allows."""
    result: list[str] = []
    for block in filter(None, blocks):
        if result and units(result[-1]) + 2 + units(block) <= LONGEST_MESSAGE:
            result[-1] += f"\n\n{block}"
        else:
            result.append(block)
    return result


def units(text: str) -> int:
    """The length of a text as Telegram counts it."""
    return len(text.encode("utf-16-le")) // 2


def _pieces(text: str) -> list[str]:
    """A text cut at line or word borders where it is longer than a block may be.

    Escaping can make a character five times as long, so the escaped length counts.
    """
    pieces: list[str] = []
    rest = text
    while units(escape(rest)) > LONGEST_BLOCK:
        end = LONGEST_BLOCK
        while units(escape(rest[:end])) > LONGEST_BLOCK:
            end = end * 3 // 4
        line = rest.rfind("\n", 0, end)
        border = line if line > end // 2 else max(line, rest.rfind(" ", 0, end))
        end = border if border > 0 else end
        pieces.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return [*pieces, rest] if rest else pieces


def _tail(text: str) -> str:
    return text if len(text) <= CONTEXT else "… " + text[-CONTEXT:].partition(" ")[2]


def _head(text: str) -> str:
    return text if len(text) <= CONTEXT else text[:CONTEXT].rpartition(" ")[0] + " …"
