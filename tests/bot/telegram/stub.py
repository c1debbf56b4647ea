"""A process of the bot for the tests: all of it is real but the conversation, which needs no model.

A question that contains one of the words below goes wrong in the way that the word says.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import uvloop

import bot.app
from bot.__main__ import main as command
from bot.config import Config
from bot.conversation.converse import Conversation
from bot.conversation.draft import Citation, Draft, Point, without_source
from bot.conversation.grounded import Redrafted
from bot.conversation.understand import Question
from bot.operations import health
from bot.telegram import alerts, learner, sender, signs, wire
from bot.texts import texts

RAISES, DIES, SLOW, GROWS = "BERACUN", "MEMATIKAN", "LAMBAT", "MENGALIR"
# The library has nothing on it.
NOTHING = "TIADA"
# An answer that comes bit by bit.
GROWING_PIECES, GROWING_PAUSE = 20, 0.05
ANSWER = "Jawaban atas"
# Seconds between two messages to a private chat; Telegram's own pace unless a test wants speed.
PACE = "STUB_PACE"
# Seconds between two looks at itself, between two probes, two calls without a reason, and until a problem is over.
WATCH = "STUB_WATCH"
# Set, the conversation is the real one, and only the pace is not.
THINKS = "STUB_THINKS"
# Set, every question raises.
BROKEN = "STUB_BROKEN"
# Set, a callback of the event loop that computes for longer than so many seconds is written down.
HOLDS = "STUB_HOLDS"
HELD = "the event loop was held"
# A file of this name in the data directory makes every search raise.
CLOSED_LIBRARY = "pustaka-tertutup"
# The exit code of a process that a question killed.
DEATH = 70


@dataclass
class Manifest:
    """What an answer says of the library."""

    generation: str = "generasi-uji"
    documents: tuple[object, ...] = ()
    chunks: int = 0
    refused: tuple[str, ...] = ()


class WordVectors:
    """In the encoder's place: texts with the same words are near each other."""

    def encode_queries(self, texts: Sequence[str]) -> Any:  # noqa: ANN401
        """A vector of length one for each text."""
        vectors = np.full((len(texts), 512), 1e-6, dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for word in text.lower().split():
                row[zlib.crc32(word.encode()) % 512] = 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@dataclass
class StubLibrary:
    """A library that finds something for whatever is asked, or raises."""

    manifest: Manifest
    embeddings: WordVectors
    passages: tuple[str, ...] = ("bagian",)
    unreachable: str = ""

    def refresh(self) -> bool:
        """There is never another generation."""
        return False

    def texts_of(self, document: str) -> tuple[str, ...]:
        """No document is here."""
        return ()

    def search(self, question: str, top: int = 5) -> StubLibrary:
        """What is found; the library itself stands for it."""
        if Path(CLOSED_LIBRARY).exists():
            raise RuntimeError("the store does not open")
        return self


class StubConversation:
    """Repeats the question, or goes wrong."""

    def __init__(self, config: Config) -> None:
        self.library = StubLibrary(Manifest(), WordVectors())
        self.writer = None
        self._has_model = bool(config.model.chat)

    def ask(self, question: Question, show: Callable[[str], None] = lambda text: None) -> Draft:
        """The draft for one question; a question mark changes nothing."""
        warming = question.text == "halo"
        if RAISES in question.text or (BROKEN in os.environ and not warming):
            raise RuntimeError(f"a question that cannot be answered: {question.text}")
        if DIES in question.text:
            os._exit(DEATH)
        if SLOW in question.text:
            time.sleep(2)
        if NOTHING in question.text:
            return without_source("handover", "id", texts("id").handover_not_found, question.text)
        if GROWS in question.text:
            for n in range(1, GROWING_PIECES + 1):
                show(" ".join(["Sebagian"] * n))
                time.sleep(GROWING_PAUSE)
        return Draft("answer", "id", Point(f"{ANSWER} {question.text.rstrip('?')}", ()), question=question.text)

    def redraft(self, text: str, citations: Sequence[Citation], instruction: str) -> Redrafted | None:
        """The text with the instruction behind it, if the settings name a model."""
        if not self._has_model:
            return None
        if SLOW in instruction:
            time.sleep(2)
        return Redrafted(f"{text}\n{instruction}", "uji/redraft", 0)


def watch_callbacks(longest: float) -> None:
    """Write down every callback that takes more processor time of the loop's thread than that. Waiting for
    a turn on the processor is not counted, so a busy machine changes nothing."""
    run = asyncio.Handle._run

    def timed(handle: asyncio.Handle) -> None:
        began = time.thread_time()
        run(handle)
        took = time.thread_time() - began
        if took > longest:
            task = getattr(handle._callback, "__self__", None)  # type: ignore[attr-defined]
            print(f"{HELD} for {took * 1000:.0f} ms by {task!r}", file=sys.stderr, flush=True)

    asyncio.Handle._run = timed  # type: ignore[method-assign,assignment]


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
        learner.EVERY_SECONDS = 0.3
        signs.PRIVATE_PACE = signs.GROUP_PACE = 10 * float(environment[PACE])
    if WATCH in environment:
        health.PROBE_SECONDS = alerts.EVERY_SECONDS = alerts.OVER_AFTER = float(environment[WATCH])
        wire.TOUCH_SECONDS = float(environment[WATCH])
    if HOLDS in environment:
        watch_callbacks(float(environment[HOLDS]))
        # The same callbacks; uvloop runs them where Python cannot look.
        uvloop.run = asyncio.run  # type: ignore[assignment]
    if THINKS not in environment:
        bot.app.Conversation = cast("type[Conversation]", StubConversation)  # type: ignore[attr-defined]
    sys.exit(command(["run", "--data", data]))
