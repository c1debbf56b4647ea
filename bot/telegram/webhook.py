"""Telegram calls us: a route that answers 200 when the update is in the database."""

from __future__ import annotations

import hmac
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import Bot, Update

from bot.errors import StartError
from bot.telegram.inbox import Inbox

# A caller that does not finish its request keeps nobody from stopping.
PARTING_SECONDS = 3
LARGEST = 2**63 - 1
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105


def application(inbox: Inbox, bot: Bot, secret: str, path: str) -> Starlette:
    """The web application with the one route that Telegram calls."""

    async def receive(request: Request) -> Response:
        if not hmac.compare_digest(request.headers.get(SECRET_HEADER, "").encode(), secret.encode()):
            return Response(status_code=403)
        update = readable(await request.body(), bot)
        if update is None:
            return Response(status_code=400)
        await inbox.put(update)
        return Response(status_code=200)

    return Starlette(routes=[Route(path, receive, methods=["POST"])])


def readable(content: bytes, bot: Bot | None) -> Update | None:
    """The update in a body; None for what is none, or holds a number that no database can."""
    try:
        update = Update.de_json(json.loads(content), bot)
        chat = update.effective_chat.id if update.effective_chat else 0
        update.to_dict()
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError, OSError):
        return None
    is_number = type(update.update_id) is int and type(chat) is int
    return update if is_number and 0 <= update.update_id <= LARGEST and -LARGEST <= chat <= LARGEST else None


class WebServer(uvicorn.Server):
    """uvicorn inside the bot's event loop; the bot itself listens to signals."""

    def __init__(self, config: uvicorn.Config, listening: socket.socket) -> None:
        super().__init__(config)
        self._listening = listening

    async def run_until_stopped(self) -> None:
        """Serve until `should_exit` is set."""
        await self.serve([self._listening])

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them alone."""
        yield


def server(app: Starlette, name: str, listen: str, port: int) -> WebServer:
    """A web application's server, yet to be started; `name` is the setting that its address stands in.

    Raises StartError when the address cannot be had.
    """
    family = socket.AF_INET6 if ":" in listen else socket.AF_INET
    try:
        listening = socket.create_server((listen, port), family=family)
    except OSError as error:
        raise StartError(f"Alamat {name} {listen}:{port} tidak dapat dipakai: {error.strerror or error}.") from error
    config = uvicorn.Config(
        app, log_config=None, log_level="warning", access_log=False, timeout_graceful_shutdown=PARTING_SECONDS
    )
    return WebServer(config, listening)


def path_of(url: str) -> str:
    """The path of the webhook's address."""
    return urlsplit(url).path or "/"
