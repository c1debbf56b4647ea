"""A template and what stands in it in, a page out, with the headers that keep strangers' scripts,
frames and caches away from it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.board.desk import BoardDesk, copies
from bot.database.sessions import Visitor
from bot.leads.office_hours import abbreviation
from knowledge.legal_status import shown

TEMPLATES = Path(__file__).with_name("templates")
STATIC = Path(__file__).with_name("static")
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Forms still name their origin; other hosts hear nothing.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
A_YEAR = 365 * 24 * 3600


class SafeHeaders:
    """Adds the headers to every answer, errors and files included."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app = app
        self._headers = HEADERS | ({"Strict-Transport-Security": f"max-age={A_YEAR}"} if secure else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self._headers)
                # A file keeps as long as its name, which changes with its content; a page does not.
                asked_for = b"v=" in scope.get("query_string", b"") and scope["path"].startswith("/static/")
                headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable" if asked_for else "no-store"
            await send(message)

        await self._app(scope, receive, send_safely if scope["type"] == "http" else send)


class Pages:
    """Fills in the templates; every value is text and nothing in it is read as markup."""

    def __init__(self, desk: BoardDesk) -> None:
        self._desk = desk
        self._jinja = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        copy = copies()
        self._jinja.globals |= {
            "t": copy.board,
            "lead_copy": copy.leads,
            "intake": copy.intake,
            "base": desk.base,
            "static": lambda name: f"{desk.base}/static/{name}?v={_version(name)}",
        }
        self._jinja.filters |= {"moment": self._moment, "code": shown}

    def html(self, request: Request, template: str, visitor: Visitor | None, values: Mapping[str, Any]) -> str:
        """The page; it takes some milliseconds, so it may be made outside the event loop."""
        csrf = self._desk.csrf(request) if visitor else ""
        around = {"visitor": visitor, "csrf": csrf, "path": request.url.path}
        return str(self._jinja.get_template(template).render({**around, **values}))

    def answer(
        self, request: Request, template: str, visitor: Visitor | None, values: Mapping[str, Any], status: int = 200
    ) -> Response:
        """The page as an answer."""
        return HTMLResponse(self.html(request, template, visitor, values), status)

    def message(self, request: Request, visitor: Visitor | None, key: str, status: int) -> Response:
        """A page that only says something, such as that nothing is here."""
        return self.answer(request, "message.html", visitor, {"key": key}, status)

    def _moment(self, moment: datetime) -> str:
        """ "25 Nov 2026, 14.05 WIB" in the office's own time."""
        copy, local = copies(), moment.astimezone(self._desk.hours.zone)
        return copy.board.moment.format(
            day=local.day,
            month=copy.intake.months[str(local.month)][:3],
            year=local.year,
            time=copy.intake.clock.format(hour=f"{local.hour:02d}", minute=f"{local.minute:02d}"),
            zone=abbreviation(local),
        )


@cache
def _version(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
