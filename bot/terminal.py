"""The conversation on a terminal: typed questions in, readable answers with sources out."""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bot.conversation.draft import Citation, Draft
from bot.conversation.understand import Question
from bot.texts import texts
from knowledge.retrieve import Library

TURNS_REMEMBERED = 4


def show(draft: Draft, console: Console | None = None) -> None:
    """Print a draft: the answer, its points, warnings, sources, one next step."""
    console = console or Console(highlight=False)
    copy = texts(draft.language)
    for line in draft.paragraphs():
        if line.startswith("- "):
            console.print(Padding(_item(line.removeprefix("- ")), (0, 0, 0, 2)))
        else:
            console.print(Text(line))
    if draft.warnings:
        console.print()
        for warning in draft.warnings:
            console.print(Text(f"{copy.warnings}: {warning}", style="yellow"))
    if draft.citations:
        console.print()
        console.print(Text(copy.sources, style="bold"))
        for citation in draft.citations:
            console.print(Text(f"  [{citation.n}] {citation.title}, {citation.locator} ({citation.status})"))
    if draft.next_step:
        console.print()
        console.print(Text(draft.next_step, style="italic"))


def chat(
    ask: Callable[[Question], Draft],
    library: Library,
    console: Console | None = None,
    read: Callable[[str], str] = input,
) -> None:
    """Talk until /keluar or the end of the input; the history makes follow-ups understood."""
    console = console or Console(highlight=False)
    copy = texts("id")
    console.print(Text(copy.welcome, style="bold"))
    console.print(Text(copy.terminal_help, style="dim"))
    history: list[str] = []
    last: Draft | None = None
    while True:
        console.print()
        try:
            message = read("> ").strip()
        except (EOFError, KeyboardInterrupt):
            break
        command, _, argument = message.partition(" ")
        if command == "/keluar":
            break
        if command in {"/bantuan", "/help"}:
            console.print(Text(copy.terminal_help, style="dim"))
        elif command == "/baru":
            history, last = [], None
        elif command == "/sumber":
            show_source(last, argument, library, console)
        elif message:
            last = ask(Question(message, tuple(history[-TURNS_REMEMBERED:])))
            history.append(message)
            show(last, console)
    console.print(Text(copy.goodbye))


def show_source(draft: Draft | None, argument: str, library: Library, console: Console) -> None:
    """Print the quote of one source inside its section, the quote set off from its neighbours."""
    copy = texts(draft.language if draft else "id")
    if draft is None or not draft.citations:
        console.print(Text(copy.nothing_to_show))
        return
    wanted = argument.strip("[] ") or "1"
    citation = next((c for c in draft.citations if str(c.n) == wanted), None)
    if citation is None:
        console.print(Text(copy.no_such_source.format(number=wanted)))
        return
    console.print(Text(f"[{citation.n}] {citation.title}, {citation.locator} ({citation.status})", style="bold"))
    console.print(_with_quote(citation, library))


def _with_quote(citation: Citation, library: Library) -> Text:
    section = library.section_text(citation.document, citation.group)
    before, quote, after = section.partition(citation.quote)
    result = Text(before, style="dim")
    result.append(quote or citation.quote, style="bold")
    result.append(after, style="dim")
    return result


def _item(text: str) -> Table:
    row = Table.grid(padding=(0, 1))
    row.add_row("•", Text(text))
    return row
