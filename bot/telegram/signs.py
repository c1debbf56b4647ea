"""Signs of life while an answer is made: they are shown at once, never stored, and may be lost."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from telegram import Bot
from telegram.constants import ChatAction
from telegram.error import TelegramError

# A sign that takes longer than this is not waited for.
PATIENCE = 1.0
LONGEST_PREVIEW = 1500

log = logging.getLogger(__name__)


class Signs:
    """ "Typing" at once, and in a private chat a preview of the answer as it comes."""

    def __init__(self, bot: Bot, chat: int, thread: int | None, draft_id: int) -> None:
        self._bot = bot
        self._chat = chat
        self._thread = thread
        self._draft_id = draft_id
        self._tasks: list[asyncio.Task[None]] = []

    def typing(self) -> None:
        """Show that an answer is being made."""
        self._show(self._bot.send_chat_action(self._chat, ChatAction.TYPING, message_thread_id=self._thread))

    def preview(self, text: str) -> None:
        """Show what there is of the answer."""
        if self._chat > 0:
            self._show(self._bot.send_message_draft(self._chat, self._draft_id, text[:LONGEST_PREVIEW]))

    async def settle(self) -> None:
        """Wait until the signs have left, so that none arrives after the answer."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=PATIENCE)
            for task in late:
                task.cancel()
            self._tasks.clear()

    def _show(self, call: Coroutine[Any, Any, Any]) -> None:
        self._tasks.append(asyncio.create_task(_quietly(call)))


@asynccontextmanager
async def shown(bot: Bot, chat: int, thread: int | None, draft_id: int) -> AsyncIterator[Signs]:
    """Signs from the first moment of the block until its end."""
    signs = Signs(bot, chat, thread, draft_id)
    signs.typing()
    try:
        yield signs
    finally:
        await signs.settle()


async def _quietly(call: Coroutine[Any, Any, Any]) -> None:
    try:
        await call
    except TelegramError as error:
        log.info("a sign was not shown: %s", error)
