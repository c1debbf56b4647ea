"""What the handlers of the Telegram front share, and the transaction in which a turn ends."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from sqlalchemy.orm import Session
from telegram import Bot, Update

from bot.config import Config
from bot.conversation.converse import Conversation
from bot.conversation.draft import Draft
from bot.conversation.understand import Question
from bot.database.connection import Database
from bot.telegram import outbox
from bot.telegram.inbox import Inbox
from bot.telegram.sender import Sender
from bot.telegram.signs import Signs
from knowledge.shared import shared_of

# Questions side by side: those that come together share one batch of the encoder.
THINKERS = 16
Result = TypeVar("Result")


@dataclass(frozen=True)
class Desk:
    """The pieces that a handler works with."""

    config: Config
    database: Database
    conversation: Conversation
    bot: Bot
    inbox: Inbox
    sender: Sender
    thinkers: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(THINKERS, "thinker"))

    def private_link(self, turn: str = "") -> str:
        """The address of the private chat with the bot; with a turn, of a request about it."""
        return f"https://t.me/{self.bot.username}?start=" + (f"k_{turn}" if turn else "grup")

    async def ask(self, question: Question, signs: Signs) -> Draft:
        """The draft for a question, made beside the event loop; what a model writes of it is shown."""
        loop = asyncio.get_running_loop()

        def show(text: str) -> None:
            loop.call_soon_threadsafe(signs.grow, text)

        return await self.think(lambda: self.conversation.ask(question, show))

    async def think(self, work: Callable[[], Result]) -> Result:
        """Run work on the library outside the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self.thinkers, copy_context().run, work)

    async def look(self, work: Callable[[Session], Result]) -> Result:
        """Read from the database, or write what does not end a turn."""
        return await self.database.run(work)

    @contextlib.asynccontextmanager
    async def same_files(self) -> AsyncIterator[None]:
        """Around what reads or changes the admins' files: before and after it they are the same on every
        machine. With one machine they are."""
        shared = shared_of(self.config)
        exchange = partial(shared.exchange_files, self.config.data.dir) if shared else None
        if exchange:
            await asyncio.to_thread(exchange)
        yield
        if exchange:
            await asyncio.to_thread(exchange)

    async def finish(self, update: Update, work: Callable[[Session], Result], signs: Signs | None = None) -> Result:
        """End the handling of an update: what it changes, what is to be sent and that it is done
        are one transaction. The `signs` of it leave before the messages do."""

        def noted(session: Session) -> tuple[Result, set[int]]:
            return work(session), outbox.chats_of(session)

        result, chats = await self.inbox.finish(update.update_id, noted)
        if signs:
            await signs.settle()
        self.sender.wake(*chats)
        return result
