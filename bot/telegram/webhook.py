"""Telegram calls us: a route that answers 200 when the update is in the database."""

from __future__ import annotations

import hmac
import json
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import Bot, Update

from bot.errors import StartError
from bot.telegram.inbox import Inbox
from bot.web_server import WebServer, listen

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


def server(app: Starlette, name: str, host: str, port: int) -> WebServer:
    """A web application's server, yet to be started; `name` is the setting that its address stands in.

    Raises StartError when the address cannot be had.
    """
    try:
        return listen(app, host, port)
    except OSError as error:
        raise StartError(f"Alamat {name} {host}:{port} tidak dapat dipakai: {error.strerror or error}.") from error


def path_of(url: str) -> str:
    """The path of the webhook's address."""
    return urlsplit(url).path or "/"
