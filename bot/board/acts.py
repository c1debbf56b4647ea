"""A form of a lead's page in; what it asks for done, or the page again with why it was not and
every word that was typed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.board.desk import BoardDesk, copies
from bot.board.lead_page import LeadPage, Refused, brief
from bot.board.show import Pages
from bot.database import leads
from bot.database.board_tables import LeadNote
from bot.database.leads import Acting
from bot.database.sessions import Visitor
from bot.database.tables import LeadVersion
from bot.leads.lifecycle import PLAIN, Action, MoveError, RefusedError
from bot.leads.versions import CurrentSource, difference

NOTE, REASON, PREVIEW, REDRAFT = "catatan", "alasan", "pratinjau", "tulis_ulang"
LONGEST_NOTE = 4000
Act = Callable[[Session, Acting, Mapping[str, str]], None]


class EditedError(Exception):
    """Somebody else has saved a version since this text was begun."""

    def __init__(self, mine: str, theirs: LeadVersion) -> None:
        super().__init__(f"version {theirs.number}")
        self.changes = brief(difference(theirs.text, mine))
        self.number = theirs.number


class Acts:
    """The forms of a lead's page, by the last part of their address."""

    def __init__(self, desk: BoardDesk, pages: Pages, page: LeadPage) -> None:
        self._desk = desk
        self._pages = pages
        self._page = page
        lead = desk.actions
        self._acts: dict[str, Act] = {
            Action.AMBIL: lambda session, acting, _: lead.take(session, acting),
            Action.TUNDA: lambda session, acting, form: lead.postpone(session, acting, _number(form.get("hari", ""))),
            Action.BUKAN_PROSPEK: lambda session, acting, form: lead.reject(session, acting, form.get("teks", "")),
            Action.TANYA_BALIK: lambda session, acting, form: lead.ask(session, acting, form.get("teks", "")),
            Action.GABUNG: self._merge,
            Action.PISAH: lambda session, acting, _: lead.unmerge(session, acting),
            Action.UBAH: self._edit,
            REDRAFT: self._redraft,
            NOTE: self._note,
            REASON: self._reason,
        }
        for action in PLAIN:
            self._acts[action] = partial(self._plain, action=action)

    async def post(self, request: Request, visitor: Visitor, form: Mapping[str, str]) -> Response:
        """Do it, and show the page anew; an error is said there and loses nothing."""
        token, action, desk = request.path_params["token"], request.path_params["action"], self._desk
        text = form.get("teks", "")
        if action == Action.UBAH and PREVIEW in form:
            return await self._preview(request, visitor, form, text)
        act: Act | None = self._acts.get(action)
        if action == Action.SETUJUI:
            act = partial(self._approve, sources=await self._sources(form.get("versi", "")))
        if act is None:
            return self._pages.message(request, visitor, "not_found", 404)

        def work(session: Session) -> Refused | None:
            lead = leads.with_token(session, token)
            if lead is None:
                return Refused(action="nothing")
            try:
                acting = desk.actions.acting(session, lead, visitor.person, visitor.name)
                act(session, acting, form)
            except MoveError as error:
                return Refused(desk.actions.why_not(session, error, acting), action, text)
            except RefusedError as error:
                return Refused(str(error), action, text)
            except EditedError as error:
                why = copies().board.lead["conflict"].format(n=error.number)
                return Refused(why, action, text, error.changes)
            return None

        refused = await desk.do(work)
        if refused is None:
            return RedirectResponse(f"{desk.base}/permohonan/{token}?selesai={action}", 303)
        if refused.action == "nothing":
            return self._pages.message(request, visitor, "not_found", 404)
        return await self._page.show(request, visitor, refused, 409)

    async def _preview(self, request: Request, visitor: Visitor, form: Mapping[str, str], text: str) -> Response:
        """What a text would change, before it is saved."""
        before = await self._desk.do(lambda session: session.get(LeadVersion, form.get("dari", "")))
        changes = brief(difference(before.text if before else "", text))
        refused = Refused("", Action.UBAH, text, changes, is_preview=True)
        return await self._page.show(request, visitor, refused)

    async def _sources(self, version: str) -> tuple[CurrentSource, ...]:
        """What a version cites as it is now, read before the transaction that approves it."""
        row = await self._desk.do(lambda session: session.get(LeadVersion, version))
        return await self._desk.think(lambda: self._desk.actions.sources_of(row)) if row else ()

    def _approve(
        self, session: Session, acting: Acting, form: Mapping[str, str], *, sources: tuple[CurrentSource, ...]
    ) -> None:
        seen = _number(form.get("terbaca", ""))
        self._desk.actions.approve(session, acting, _version(session, acting, form), seen, sources)

    def _redraft(self, session: Session, acting: Acting, form: Mapping[str, str]) -> None:
        """The button of a choice, or the one below the consultant's own words."""
        wish = form.get("permintaan") or form.get("teks", "")
        self._desk.actions.ask_redraft(session, acting, _version(session, acting, form), wish)

    def _edit(self, session: Session, acting: Acting, form: Mapping[str, str]) -> None:
        """Save a version, unless another was saved since the text was begun."""
        newest = leads.latest_version(session, acting.lead)
        text = form.get("teks", "").strip()
        if newest is not None and newest.id != form.get("dari", ""):
            raise EditedError(text, newest)
        self._desk.actions.edit(session, acting, text, form.get("alasan", ""))

    def _reason(self, session: Session, acting: Acting, form: Mapping[str, str]) -> None:
        version = _version(session, acting, form)
        self._desk.actions.give_reason(session, acting.person, version, form.get("alasan", ""))

    def _merge(self, session: Session, acting: Acting, form: Mapping[str, str]) -> None:
        into = leads.with_token(session, form.get("ke", ""))
        if into is None:
            raise RefusedError(copies().board.errors["unknown_lead"])
        self._desk.actions.merge(session, acting, into)

    def _note(self, session: Session, acting: Acting, form: Mapping[str, str]) -> None:
        text = form.get("teks", "").strip()
        if not text or len(text) > LONGEST_NOTE:
            raise RefusedError(copies().board.errors["note_length"].format(n=LONGEST_NOTE))
        session.add(LeadNote(lead_id=acting.lead.id, author=acting.person, author_name=acting.name, text=text))

    def _plain(self, session: Session, acting: Acting, _: Mapping[str, str], *, action: Action) -> None:
        self._desk.actions.plain(session, acting, action)


def _version(session: Session, acting: Acting, form: Mapping[str, str]) -> LeadVersion:
    """The version of the lead that a form names."""
    version = session.get(LeadVersion, form.get("versi", ""))
    if version is None or version.lead_id != acting.lead.id:
        raise RefusedError(copies().board.errors["unknown_version"])
    return version


def _number(text: str) -> int:
    """A number of a form; what is none counts as 0."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else 0
