"""The pages and who may see them in, the board as a web application out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from bot.board.acts import Acts
from bot.board.desk import BoardDesk, FormError
from bot.board.lead_page import LeadPage
from bot.board.live import Live
from bot.board.login import Login
from bot.board.numbers import NumbersPage
from bot.board.queue import QueuePage
from bot.board.shelf import ShelfPage
from bot.board.show import STATIC, Pages, SafeHeaders
from bot.database.sessions import Visitor

Shown = Callable[[Request, Visitor], Awaitable[Response]]
Posted = Callable[[Request, Visitor, Mapping[str, str]], Awaitable[Response]]


class Board:
    """The web application; `live` has to be closed before its server can stop."""

    def __init__(self, desk: BoardDesk) -> None:
        self._desk = desk
        self._pages = pages = Pages(desk)
        self.live = Live(desk)
        page = LeadPage(desk, pages)
        shelf = ShelfPage(desk, pages)
        self.routes = [
            Route("/", self._home),
            *Login(desk, pages).routes(),
            Route("/antrean", self._for_members(QueuePage(desk, pages).show)),
            Route("/arus", self._for_members(self.live.stream)),
            Route("/permohonan/{token}", self._for_members(page.show)),
            Route("/permohonan/{token}/{action}", self._from_members(Acts(desk, pages, page).post), methods=["POST"]),
            Route("/angka", self._for_members(NumbersPage(desk, pages).show)),
            Route("/pustaka", self._for_members(shelf.show)),
            Route("/pustaka/{address}", self._for_members(shelf.document)),
            Mount("/static", StaticFiles(directory=STATIC)),
        ]
        handlers = {HTTPException: self._refused, FormError: self._refused_form, Exception: self._broken}
        # As a middleware of Starlette it would leave out the page that says that something broke.
        self.application = SafeHeaders(
            Starlette(routes=self.routes, exception_handlers=handlers), secure=desk.is_secure
        )

    def _for_members(self, show: Shown) -> Callable[[Request], Awaitable[Response]]:
        """A page for people who are logged in; everybody else learns how to be."""

        async def guarded(request: Request) -> Response:
            visitor = await self._desk.visitor(request)
            if visitor is None:
                return RedirectResponse(f"{self._desk.base}/masuk", 303)
            return await show(request, visitor)

        return guarded

    def _from_members(self, post: Posted) -> Callable[[Request], Awaitable[Response]]:
        """A form of one of their pages."""

        async def guarded(request: Request) -> Response:
            visitor = await self._desk.visitor(request)
            if visitor is None:
                return self._pages.message(request, None, "logged_out", 401)
            return await post(request, visitor, await self._desk.signed_form(request))

        return guarded

    async def _home(self, request: Request) -> Response:
        return RedirectResponse(f"{self._desk.base}/antrean", 303)

    async def _refused(self, request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 400
        key = "not_found" if status == 404 else "refused"
        return self._pages.message(request, await self._desk.visitor(request), key, status)

    async def _refused_form(self, request: Request, error: Exception) -> Response:
        status = error.status if isinstance(error, FormError) else 400
        return self._pages.message(request, await self._desk.visitor(request), "refused", status)

    async def _broken(self, request: Request, error: Exception) -> Response:
        """Starlette raises it again for the log; the person hears that it was not their fault."""
        return self._pages.message(request, None, "broken", 500)
