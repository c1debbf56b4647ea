"""Telegram calls us: a route that answers 200 when the update is in the database."""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import Bot, Update

from bot.config import TelegramSettings
from bot.errors import StartError
from bot.telegram.inbox import Inbox
from bot.web_server import WebServer, listen

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105


def application(inbox: Inbox, bot: Bot, secret: str, path: str) -> Starlette:
    """The web application with the one route that Telegram calls."""

    async def receive(request: Request) -> Response:
        if not hmac.compare_digest(request.headers.get(SECRET_HEADER, "").encode(), secret.encode()):
            return Response(status_code=403)
        try:
            update = Update.de_json(await request.json(), bot)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return Response(status_code=400)
        if type(update.update_id) is not int:
            return Response(status_code=400)
        await inbox.put(update)
        return Response(status_code=200)

    return Starlette(routes=[Route(path, receive, methods=["POST"])])


def server(app: Starlette, settings: TelegramSettings) -> WebServer:
    """The server of the webhook, yet to be started. Raises StartError when its port is taken."""
    host, port = settings.webhook_listen, settings.webhook_port
    try:
        return listen(app, host, port)
    except OSError as error:
        raise StartError(f"Alamat webhook {host}:{port} tidak dapat dipakai: {error.strerror}.") from error


def path_of(url: str) -> str:
    """The path of the webhook's address."""
    return urlsplit(url).path or "/"
