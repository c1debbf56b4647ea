"""A process of the bot for the tests: all of it is real but the conversation, which needs no model.

A question that contains one of the words below goes wrong in the way that the word says.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import bot.app
from bot.__main__ import main as command
from bot.config import Config
from bot.conversation.converse import Conversation
from bot.conversation.draft import Draft, Point
from bot.conversation.understand import Question
from bot.telegram import sender

RAISES, DIES, SLOW = "BERACUN", "MEMATIKAN", "LAMBAT"
ANSWER = "Jawaban atas"
# Seconds between two messages to a private chat; Telegram's own pace unless a test wants speed.
PACE = "STUB_PACE"
# Set, the conversation is the real one, and only the pace is not.
THINKS = "STUB_THINKS"
# Set, every question raises.
BROKEN = "STUB_BROKEN"
# The exit code of a process that a question killed.
DEATH = 70


@dataclass
class Manifest:
    """What an answer says of the library."""

    generation: str = "generasi-uji"
    documents: tuple[object, ...] = ()


@dataclass
class StubLibrary:
    """A library without passages."""

    manifest: Manifest

    def refresh(self) -> bool:
        """There is never another generation."""
        return False


class StubConversation:
    """Repeats the question, or goes wrong."""

    def __init__(self, config: Config) -> None:
        self.library = StubLibrary(Manifest())

    def ask(self, question: Question) -> Draft:
        """The draft for one question; a question mark changes nothing."""
        warming = question.text == "halo"
        if RAISES in question.text or (BROKEN in os.environ and not warming):
            raise RuntimeError(f"a question that cannot be answered: {question.text}")
        if DIES in question.text:
            os._exit(DEATH)
        if SLOW in question.text:
            time.sleep(2)
        return Draft("answer", "id", Point(f"{ANSWER} {question.text.rstrip('?')}", ()), question=question.text)


def main(data: str, log: str, environment: dict[str, str]) -> None:
    """Run the bot in a session of its own, its output in a file."""
    os.setsid()
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(file, stream)
    os.close(file)
    os.chdir(Path(data))
    os.environ.clear()
    os.environ.update(environment)
    if PACE in environment:
        sender.PRIVATE_PAUSE = sender.GROUP_PAUSE = float(environment[PACE])
    if THINKS not in environment:
        bot.app.Conversation = cast("type[Conversation]", StubConversation)  # type: ignore[attr-defined]
    sys.exit(command(["run", "--data", data]))
