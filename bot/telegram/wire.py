"""A call of the Bot API in, the same call over HTTP out: counted, timed, and watched for the one
answer after which no other call makes sense."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from telegram import Bot
from telegram.error import TelegramError
from telegram.request import HTTPXRequest

from bot.operations import metrics

# "sendMessage" for a method of the Bot API, "file" for everything else that is fetched.
METHODS = frozenset(name.replace("_", "").lower() for name in dir(Bot) if not name.startswith("_"))
NO_ANSWER = 0
TOUCH_SECONDS = 300.0


class Wire(HTTPXRequest):
    """HTTP to Telegram. `refused` is called when Telegram does not know the token (401): then
    python-telegram-bot's polling ends without a word, and a webhook is never called again."""

    def __init__(self, connections: int, refused: Callable[[], None]) -> None:
        super().__init__(connection_pool_size=connections)
        self._refused = refused

    async def do_request(self, url: str, method: str, *rest: Any, **options: Any) -> tuple[int, bytes]:  # noqa: ANN401
        """The status and the body; raises TelegramError where neither came."""
        name = url.rpartition("/")[2]
        called = name if name.lower() in METHODS else "file"
        began = time.perf_counter()
        try:
            status, body = await super().do_request(url, method, *rest, **options)
        except TelegramError:
            metrics.RESPONSES.labels(called, NO_ANSWER).inc()
            raise
        # How long Telegram waits with an answer to this one says nothing.
        if called != "getUpdates":
            metrics.CALL.labels(called).observe(time.perf_counter() - began)
        metrics.RESPONSES.labels(called, status).inc()
        if status == HTTPStatus.UNAUTHORIZED:
            self._refused()
        return status, body


async def keep_in_touch(bot: Bot) -> None:
    """Call Telegram now and again, for ever: a bot that is called, and calls nobody while it is
    quiet, would never hear that its token was revoked."""
    while True:
        await asyncio.sleep(TOUCH_SECONDS)
        with contextlib.suppress(TelegramError):
            await bot.get_me()
