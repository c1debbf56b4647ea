"""A call of the Bot API in, the same call over HTTP out: counted, timed, and watched for the one
answer after which no other call makes sense.

aiohttp takes a third of httpx's time for a call (0.3 ms against 1), on the one thread that serves everybody.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from functools import lru_cache
from http import HTTPStatus
from typing import Any
from urllib.request import getproxies, proxy_bypass

import aiohttp
import httpx
from telegram import Bot
from telegram.error import NetworkError, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData
from yarl import URL

from bot.operations import metrics

# "sendMessage" for a method of the Bot API, "file" for everything else that is fetched.
METHODS = frozenset(name.replace("_", "").lower() for name in dir(Bot) if not name.startswith("_"))
NO_ANSWER = 0
TOUCH_SECONDS = 300.0
# Seconds until a connection is free, is made, the question has left, and the answer has come.
FREE, CONNECT, WRITE, UPLOAD, READ = 1.0, 5.0, 5.0, 20.0, 5.0


class Wire(BaseRequest):
    """HTTP to Telegram. `refused` is called when Telegram does not know the token (401): then
    python-telegram-bot's polling ends without a word, and a webhook is never called again."""

    def __init__(self, connections: int, refused: Callable[[], None]) -> None:
        self._connections = connections
        self._refused = refused
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float:
        """Seconds."""
        return READ

    async def initialize(self) -> None:
        """Open the connections; certificates, and with each call the proxy, as the environment names them."""
        connector = aiohttp.TCPConnector(limit=self._connections, ssl=httpx.create_ssl_context())
        self._session = aiohttp.ClientSession(connector=connector)

    async def shutdown(self) -> None:
        """Close them."""
        if self._session:
            await self._session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,  # noqa: ANN401
        write_timeout: Any = BaseRequest.DEFAULT_NONE,  # noqa: ANN401
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,  # noqa: ANN401
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,  # noqa: ANN401
    ) -> tuple[int, bytes]:
        """The status and the body; raises TelegramError where neither came."""
        name = url.rpartition("/")[2]
        called = name if name.lower() in METHODS else "file"
        files = request_data.multipart_data if request_data else {}
        connect = _or(connect_timeout, CONNECT)
        read = _or(read_timeout, READ)
        timeout = aiohttp.ClientTimeout(
            total=_or(pool_timeout, FREE) + connect + _or(write_timeout, UPLOAD if files else WRITE) + read,
            connect=_or(pool_timeout, FREE) + connect,
            sock_connect=connect,
            sock_read=read,
        )
        began = time.perf_counter()
        try:
            status, body = await self._exchange(url, method, _form(request_data, files), timeout)
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

    async def _exchange(
        self,
        url: str,
        method: str,
        form: Any,  # noqa: ANN401
        timeout: aiohttp.ClientTimeout,
    ) -> tuple[int, bytes]:
        if self._session is None or self._session.closed:
            raise NetworkError("the bot is not connected, or no longer")
        headers = {"User-Agent": self.USER_AGENT}
        if isinstance(form, bytes):
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            proxy = _proxy(URL(url).origin())
            async with self._session.request(
                method, url, data=form, headers=headers, timeout=timeout, proxy=proxy
            ) as response:
                return response.status, await response.read()
        except TimeoutError as error:
            raise TimedOut from error
        except (aiohttp.ClientError, OSError) as error:
            raise NetworkError(f"{type(error).__name__}: {error}") from error


@lru_cache(maxsize=16)
def _proxy(origin: URL) -> str | None:
    """The proxy that the environment names for a server. With `trust_env` aiohttp reads the environment and
    .netrc at every call, in a thread of its own: a millisecond an answer."""
    return None if proxy_bypass(origin.host or "") else getproxies().get(origin.scheme)


def _or(given: Any, usual: float) -> float:  # noqa: ANN401
    """Seconds that a caller has named, or the usual ones."""
    return given if isinstance(given, int | float) else usual


def _form(data: RequestData | None, files: dict[str, Any]) -> bytes | aiohttp.FormData | None:
    """The parameters of a call, and the files beside them."""
    if data is None:
        return None
    if not files:
        # What aiohttp does itself, in a seventh of the time.
        return URL.build(query=data.json_parameters).raw_query_string.encode()
    form = aiohttp.FormData(data.json_parameters)
    for field, (filename, content, kind) in files.items():
        form.add_field(field, content, filename=filename, content_type=kind)
    return form


async def keep_in_touch(bot: Bot) -> None:
    """Call Telegram now and again, for ever: a bot that is called, and calls nobody while it is
    quiet, would never hear that its token was revoked."""
    while True:
        await asyncio.sleep(TOUCH_SECONDS)
        with contextlib.suppress(TelegramError):
            await bot.get_me()
