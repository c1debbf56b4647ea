"""The chat loop: questions and commands typed, answers and sources printed."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from bot.conversation.converse import Conversation
from bot.conversation.draft import Draft
from bot.conversation.understand import Question
from bot.terminal import TURNS_REMEMBERED, chat, show, show_source
from bot.texts import texts
from knowledge.settings import SHIPPED_DOCUMENTS

COPY = texts("id")
ASPECTS = "Apa saja enam aspek kota cerdas menurut PP 59/2022?"


class Typed:
    """Gives the lines one after the other, then ends the input as Ctrl-D does."""

    def __init__(self, *lines: str, end: type[BaseException] = EOFError) -> None:
        self._lines = list(lines)
        self._end = end

    def __call__(self, prompt: str) -> str:
        if not self._lines:
            raise self._end
        return self._lines.pop(0)


class Listening:
    """Passes questions on to the conversation and remembers them."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self.heard: list[Question] = []

    def __call__(self, question: Question) -> Draft:
        self.heard.append(question)
        return self._conversation.ask(question)


Talk = Callable[..., str]


@pytest.fixture
def ask(conversation: Conversation) -> Listening:
    """The conversation, with an ear on it."""
    return Listening(conversation)


@pytest.fixture
def talk(conversation: Conversation, ask: Listening) -> Talk:
    """Types lines into a chat and returns what was printed."""

    def typed(*lines: str, end: type[BaseException] = EOFError) -> str:
        console = Console(file=io.StringIO(), width=400, highlight=False)
        chat(ask, conversation.library, console, Typed(*lines, end=end))
        assert isinstance(console.file, io.StringIO)
        return console.file.getvalue()

    return typed


def test_welcomes_and_explains_the_commands(talk: Talk) -> None:
    printed = talk("/keluar")
    assert printed.startswith(COPY.welcome)
    assert COPY.terminal_help in printed


def test_prints_the_answer_then_its_sources_then_the_next_step(talk: Talk) -> None:
    printed = talk(ASPECTS)
    order = ["enam aspek kota cerdas", "• mobilitas", COPY.sources, "[1] PP 59/2022 tentang Perkotaan, Pasal 61"]
    places = [printed.index(part) for part in [*order, COPY.next_step_regulation]]
    assert places == sorted(places)


def test_prints_a_warning_before_the_sources(talk: Talk) -> None:
    printed = talk("Apakah PP 34 Tahun 2009 masih berlaku?")
    assert printed.index(f"{COPY.warnings}: PP 34/2009") < printed.index(f"\n{COPY.sources}\n")


def test_sumber_shows_the_quote_in_its_section(talk: Talk) -> None:
    printed = talk("Apakah PP 34 Tahun 2009 masih berlaku?", "/sumber 2")
    shown = printed.rpartition("\n[2] ")[2]
    assert "PP 34/2009" in shown.splitlines()[0]
    section = "\n".join(shown.splitlines()[1:4])
    document = (SHIPPED_DOCUMENTS / "pp-34-2009.md").read_text(encoding="utf-8")
    assert section.splitlines()[0] in document


@pytest.mark.parametrize("command", ["/sumber", "/sumber 1", "/sumber [1]"])
def test_sumber_takes_the_first_source_when_no_other_is_named(talk: Talk, command: str) -> None:
    assert "\n[1] PP 59/2022 tentang Perkotaan, Pasal 61 (berlaku)" in talk(ASPECTS, command)


@pytest.mark.parametrize("number", ["99", "0", "dua"])
def test_sumber_tells_when_there_is_no_such_source(talk: Talk, number: str) -> None:
    assert COPY.no_such_source.format(number=number) in talk(ASPECTS, f"/sumber {number}")


@pytest.mark.parametrize("before", [(), ("Selamat pagi, Pak",)])
def test_sumber_tells_when_there_is_no_answer_with_sources(talk: Talk, before: tuple[str, ...]) -> None:
    assert COPY.nothing_to_show in talk(*before, "/sumber 2")


def test_sumber_after_baru_has_nothing_to_show(talk: Talk) -> None:
    assert COPY.nothing_to_show in talk(ASPECTS, "/baru", "/sumber 1")


def test_a_follow_up_carries_what_was_asked_before(talk: Talk, ask: Listening) -> None:
    talk(ASPECTS, "terus pasal 64?")
    assert ask.heard[-1] == Question("terus pasal 64?", (ASPECTS,))


def test_baru_forgets_what_was_asked_before(talk: Talk, ask: Listening) -> None:
    talk(ASPECTS, "/baru", "terus pasal 64?")
    assert ask.heard[-1] == Question("terus pasal 64?", ())


def test_remembers_only_the_last_turns(talk: Talk, ask: Listening) -> None:
    talk(*[f"halo nomor {n}" for n in range(TURNS_REMEMBERED + 3)])
    assert ask.heard[-1].history == tuple(f"halo nomor {n}" for n in range(2, TURNS_REMEMBERED + 2))


def test_commands_are_no_questions(talk: Talk, ask: Listening) -> None:
    talk("/bantuan", "/help", "/sumber 1", "/baru", "", "   ", "/keluar", ASPECTS)
    assert ask.heard == []


def test_bantuan_repeats_the_commands(talk: Talk) -> None:
    assert talk("/bantuan").count(COPY.terminal_help) == 2


@pytest.mark.parametrize("end", [EOFError, KeyboardInterrupt])
def test_the_end_of_the_input_says_goodbye(talk: Talk, end: type[BaseException]) -> None:
    assert talk(end=end).rstrip().endswith(COPY.goodbye)


def test_keluar_says_goodbye(talk: Talk) -> None:
    assert talk("/keluar").rstrip().endswith(COPY.goodbye)


def test_an_answer_in_english_is_printed_in_the_english_frame(talk: Talk) -> None:
    printed = talk("What are the principles of Satu Data Indonesia?")
    assert "\nSources\n" in printed
    assert "Please note: Our sources are in Indonesian" in printed


def test_square_brackets_are_printed_and_not_taken_for_markup(conversation: Conversation) -> None:
    console = Console(file=io.StringIO(), width=400)
    show(conversation.ask(Question(ASPECTS)), console)
    assert isinstance(console.file, io.StringIO)
    assert "[1]" in console.file.getvalue()


def test_every_source_can_be_shown_with_its_whole_quote(conversation: Conversation) -> None:
    draft = conversation.ask(Question("Siapa yang menyusun RP2P?"))
    for citation in draft.citations:
        console = Console(file=io.StringIO(), width=2000)
        show_source(draft, str(citation.n), conversation.library, console)
        assert isinstance(console.file, io.StringIO)
        printed = " ".join(console.file.getvalue().split())
        assert " ".join(citation.quote.split()) in printed
        assert Path(citation.source).name == citation.source
