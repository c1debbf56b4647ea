"""A Mini App's proof or a link of the bot in, a cookie out; and the end of a login.

Opening a link's address uses nothing up, since every chat looks at it to draw a preview: the form
on its page does.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.board import mini_app
from bot.board.desk import BoardDesk
from bot.board.show import Pages
from bot.database import sessions
from bot.database.tables import now


class Login:
    """The pages before somebody is known."""

    def __init__(self, desk: BoardDesk, pages: Pages) -> None:
        self._desk = desk
        self._pages = pages

    def routes(self) -> list[Route]:
        """Their addresses."""
        return [
            Route("/masuk", self.explain, methods=["GET"]),
            Route("/masuk/{secret}", self.look, methods=["GET"]),
            Route("/masuk/{secret}", self.use, methods=["POST"]),
            Route("/mini", self.open_mini_app, methods=["GET"]),
            Route("/mini", self.prove, methods=["POST"]),
            Route("/keluar", self.leave, methods=["POST"]),
        ]

    async def explain(self, request: Request) -> Response:
        """How one gets in."""
        return self._pages.answer(request, "login.html", None, {})

    async def look(self, request: Request) -> Response:
        """A link of the bot: the button that uses it."""
        secret = request.path_params["secret"]
        if not await self._desk.do(lambda session: sessions.is_open(session, secret)):
            return self._pages.message(request, None, "link_used", 410)
        return self._pages.answer(request, "link.html", None, {"secret": secret})

    async def use(self, request: Request) -> Response:
        """Its button."""
        await self._desk.form(request)
        desk, secret = self._desk, request.path_params["secret"]
        used = await desk.do(lambda session: sessions.use_link(session, secret))
        if used is None:
            return self._pages.message(request, None, "link_used", 410)
        return await self._enter(request, *used)

    async def open_mini_app(self, request: Request) -> Response:
        """What Telegram opens: its script hands over the proof, which no server sees in an address."""
        return self._pages.answer(request, "mini.html", None, {})

    async def prove(self, request: Request) -> Response:
        """The proof; shown again it opens nothing, save for who came in by it and reloads."""
        desk = self._desk
        fields = await desk.form(request)
        try:
            proof = mini_app.read(fields.get("init_data", ""), desk.mini_app_key, now())
        except mini_app.ProofError:
            return self._pages.message(request, None, "proof_refused", 403)
        first = await desk.do(lambda session: sessions.is_first_use(session, proof.signature, proof.expires_at))
        if first:
            return await self._enter(request, proof.person, proof.name)
        visitor = await desk.visitor(request)
        if visitor and visitor.person == proof.person:
            return RedirectResponse(f"{desk.base}/antrean", 303)
        return self._pages.message(request, None, "proof_refused", 403)

    async def leave(self, request: Request) -> Response:
        """The end of a login."""
        desk = self._desk
        await desk.signed_form(request)
        secret = request.cookies.get(desk.cookie, "")
        await desk.do(lambda session: sessions.log_out(session, secret))
        response = RedirectResponse(f"{desk.base}/masuk", 303)
        response.delete_cookie(desk.cookie, path="/", secure=desk.is_secure, httponly=True, samesite="lax")
        return response

    async def _enter(self, request: Request, person: int, name: str) -> Response:
        desk, old = self._desk, request.cookies.get(self._desk.cookie, "")

        def open_session(session: Session) -> str | None:
            sessions.log_out(session, old)
            return sessions.log_in(session, person, name, desk.settings.session_hours, desk.admins)

        secret = await desk.do(open_session)
        if secret is None:
            return self._pages.message(request, None, "not_enrolled", 403)
        response = RedirectResponse(f"{desk.base}/antrean", 303)
        response.set_cookie(
            desk.cookie,
            secret,
            max_age=int(timedelta(hours=desk.settings.session_hours).total_seconds()),
            path="/",
            secure=desk.is_secure,
            httponly=True,
            # A consultant comes by links from Telegram, with which Strict would send no cookie.
            samesite="lax",
        )
        return response
