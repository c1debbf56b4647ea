"""Signs of life while an answer is made: they are shown at once, never stored, and may be lost.

In a private chat the answer grows as Telegram's own draft. A group has none: there a message that
says "one moment" is edited. That one is stored, since the answer takes its place: see `placeholder`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, ClassVar

from telegram import Bot
from telegram.constants import ChatAction
from telegram.error import TelegramError

# A sign that takes longer than this is not waited for.
PATIENCE = 1.0
LONGEST_PREVIEW = 1500
# Telegram shows "typing" for five seconds.
TYPING_SECONDS = 4.5
# Between two pieces of a growing answer: a person gets one message a second, a group twenty a minute.
PRIVATE_PACE = 1.0
GROUP_PACE = 3.0
# With more questions at once an answer that came at once is no longer shown twice: a preview is a third of the calls.
BUSY = 16

log = logging.getLogger(__name__)
# Gives the message of a group that is edited while the answer grows, once it was sent.
Place = Callable[[], Awaitable[int | None]]


class Signs:
    """ "Typing" as long as it takes, and the answer as it comes."""

    # How many questions are being answered.
    under_way: ClassVar[int] = 0

    def __init__(self, bot: Bot, chat: int, thread: int | None, draft_id: int, place: Place | None = None) -> None:
        self._bot = bot
        self._chat = chat
        self._thread = thread
        self._draft_id = draft_id
        self._place = place
        self._tasks: list[asyncio.Task[None]] = []
        self._latest = ""
        self._news = asyncio.Event()
        self._ended = False
        self._growing: asyncio.Task[None] | None = None
        self._typing: asyncio.Task[None] | None = None

    def typing(self) -> None:
        """Show that an answer is being made, until it has been."""
        self._show(self._type())
        self._typing = asyncio.create_task(self._keep_typing())

    async def complete(self, text: str) -> None:
        """Grow no more, and wait until it has ended: what follows changes the message that it edits.
        Of an answer that came at once, show a preview, unless others wait."""
        self._ended = True
        if self._growing is None:
            if self._chat > 0 and Signs.under_way <= BUSY:
                self._show(self._draft(text))
            return
        self._news.set()
        # An edit that arrives late would undo the answer; a draft that does is lost.
        _, late = await asyncio.wait([self._growing], timeout=PATIENCE if self._chat > 0 else None)
        for task in late:
            task.cancel()

    def grow(self, text: str) -> None:
        """Show that the answer has come so far; of several in a row only the latest is seen."""
        if self._ended:
            return
        self._latest = text
        self._news.set()
        if self._growing is None:
            self._growing = asyncio.create_task(self._grow())

    async def settle(self) -> None:
        """Wait until the signs have left, so that none arrives after the answer."""
        self._ended = True
        for task in filter(None, (self._typing, self._growing)):
            task.cancel()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=PATIENCE)
            for task in late:
                task.cancel()
            self._tasks.clear()

    async def _grow(self) -> None:
        """Show the latest text, at Telegram's pace, until there is no more."""
        pace = PRIVATE_PACE if self._chat > 0 else GROUP_PACE
        while not self._ended:
            self._news.clear()
            await _quietly(self._draft(self._latest) if self._chat > 0 else self._edit(self._latest))
            await self._sleep(pace)
            await self._news.wait()

    async def _edit(self, text: str) -> None:
        message = await self._place() if self._place else None
        if message is not None and not self._ended:
            await self._bot.edit_message_text(text[:LONGEST_PREVIEW], self._chat, message)

    async def _keep_typing(self) -> None:
        while True:
            await asyncio.sleep(TYPING_SECONDS)
            await _quietly(self._type())

    async def _sleep(self, seconds: float) -> None:
        """Sleep, in short steps, unless the answer is there."""
        clock = asyncio.get_running_loop()
        until = clock.time() + seconds
        while not self._ended and (left := until - clock.time()) > 0:
            await asyncio.sleep(min(left, 0.05))

    async def _type(self) -> None:
        await self._bot.send_chat_action(self._chat, ChatAction.TYPING, message_thread_id=self._thread)

    async def _draft(self, text: str) -> None:
        await self._bot.send_message_draft(self._chat, self._draft_id, text[:LONGEST_PREVIEW])

    def _show(self, call: Coroutine[Any, Any, Any]) -> None:
        self._tasks.append(asyncio.create_task(_quietly(call)))


@asynccontextmanager
async def shown(
    bot: Bot, chat: int, thread: int | None, draft_id: int, place: Place | None = None
) -> AsyncIterator[Signs]:
    """Signs from the first moment of the block until its end."""
    signs = Signs(bot, chat, thread, draft_id, place)
    signs.typing()
    Signs.under_way += 1
    try:
        yield signs
    finally:
        Signs.under_way -= 1
        await signs.settle()


async def _quietly(call: Coroutine[Any, Any, Any]) -> None:
    try:
        await call
    except TelegramError as error:
        log.info("a sign was not shown: %s", error)
