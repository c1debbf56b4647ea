"""What the pages of the board share: the database, the library, what moves a lead, who is asking."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar
from urllib.parse import parse_qsl, urlsplit

from sqlalchemy.orm import Session
from starlette.requests import Request

from bot.config import BoardSettings
from bot.database import sessions, tables
from bot.database.leads import Acting
from bot.database.sessions import Visitor
from bot.database.tables import LeadVersion
from bot.leads.lifecycle import Action, MoveError
from bot.leads.office_hours import OfficeHours
from bot.leads.score import ScoreSettings
from bot.leads.sla import Sla
from bot.leads.versions import CurrentSource
from bot.texts import copy_of
from bot.texts.board import BoardTexts
from bot.texts.intake import IntakeTexts
from bot.texts.leads import LeadTexts
from knowledge.retrieve import Library

LONGEST_FORM = 256 * 1024
MOST_FIELDS = 50
Result = TypeVar("Result")


class Do(Protocol):
    """Runs work in a transaction of its own; what it put in line is sent."""

    async def __call__(self, work: Callable[[Session], Result]) -> Result:
        """What the work returns."""


class LeadActions(Protocol):
    """What moves a lead. Each is a part of its caller's transaction; RefusedError and MoveError say
    that nothing was done."""

    def acting(self, session: Session, lead: tables.Lead, person: int, name: str) -> Acting:
        """Somebody with the role that the rows and the settings give them."""

    def why_not(self, session: Session, error: MoveError, acting: Acting) -> str:
        """What a person reads whose move the table does not allow."""

    def take(self, session: Session, acting: Acting) -> None:
        """Take a lead that nobody holds."""

    def plain(self, session: Session, acting: Acting, action: Action) -> None:
        """A move that needs no words."""

    def postpone(self, session: Session, acting: Acting, days: int) -> None:
        """Put a lead away for so many days."""

    def reject(self, session: Session, acting: Acting, why: str) -> None:
        """Close a lead that is none."""

    def ask(self, session: Session, acting: Acting, text: str) -> None:
        """Ask the official something."""

    def merge(self, session: Session, acting: Acting, into: tables.Lead) -> None:
        """Answer the lead together with another one."""

    def unmerge(self, session: Session, acting: Acting) -> None:
        """Take a merge back."""

    @property
    def redrafts(self) -> bool:
        """Whether there is a chat model that can write a version anew."""

    def ask_redraft(self, session: Session, acting: Acting, version: LeadVersion, wish: str) -> None:
        """Have a version written anew by the chat model."""

    def edit(self, session: Session, acting: Acting, text: str, reason: str = "") -> LeadVersion:
        """A further version in the consultant's words."""

    def give_reason(self, session: Session, person: int, version: LeadVersion, reason: str) -> None:
        """Keep why a version was changed."""

    def approve(
        self, session: Session, acting: Acting, version: LeadVersion, seen: int, sources: tuple[CurrentSource, ...]
    ) -> None:
        """Send a version to the official."""

    def sources_of(self, version: LeadVersion) -> tuple[CurrentSource, ...]:
        """The documents that a version cites as they are now; it reads the library."""


@dataclass(frozen=True)
class Copies:
    """The copy of the pages: consultants work in Indonesian."""

    board: BoardTexts
    leads: LeadTexts
    intake: IntakeTexts


def copies() -> Copies:
    """The copy of the board."""
    return Copies(copy_of(BoardTexts, "id"), copy_of(LeadTexts, "id"), copy_of(IntakeTexts, "id"))


class FormError(Exception):
    """A form that is too large, no form, or not sent from one of our pages; `status` is HTTP's."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


@dataclass(frozen=True)
class BoardDesk:
    """The pieces that a page works with."""

    settings: BoardSettings
    admins: Sequence[int]
    sla: Sla
    hours: OfficeHours
    weights: ScoreSettings
    actions: LeadActions
    library: Library
    do: Do
    mini_app_key: bytes

    @property
    def base(self) -> str:
        """The path of the public address, which every link begins with."""
        return urlsplit(self.settings.address).path.rstrip("/")

    @property
    def is_secure(self) -> bool:
        """Whether people come by HTTPS."""
        return self.settings.address.startswith("https://")

    @property
    def cookie(self) -> str:
        """The name of the session's cookie; a browser lets nobody else set one of the first form."""
        return "__Host-papan" if self.is_secure else "papan"

    def current_library(self) -> Library:
        """The library as it was ingested last; it may have to be opened, so not in the event loop."""
        self.library.refresh()
        return self.library

    async def think(self, work: Callable[[], Result]) -> Result:
        """Compute, or read the library, outside the event loop."""
        return await asyncio.to_thread(work)

    async def visitor(self, request: Request) -> Visitor | None:
        """Who is asking, if their login is good at this moment."""
        secret = request.cookies.get(self.cookie, "")
        if not secret:
            return None
        return await self.do(lambda session: sessions.visitor_of(session, secret, self.admins))

    def csrf(self, request: Request) -> str:
        """What every form of the login carries that a request comes with."""
        return self.csrf_of(request.cookies.get(self.cookie, ""))

    def csrf_of(self, secret: str) -> str:
        """The same by what the login's cookie says; nobody else can compute it."""
        return hmac.new(secret.encode(), b"csrf", hashlib.sha256).hexdigest()

    async def form(self, request: Request) -> dict[str, str]:
        """The fields of a form that one of our own pages sent; else FormError."""
        if not self._is_same_origin(request):
            raise FormError(403)
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > LONGEST_FORM:
                raise FormError(413)
        try:
            fields = dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS))
        except ValueError as error:
            raise FormError(400) from error
        return {name: value.replace("\r\n", "\n") for name, value in fields.items()}

    async def signed_form(self, request: Request) -> dict[str, str]:
        """The same of a page that was made for this login."""
        fields = await self.form(request)
        if not hmac.compare_digest(fields.get("csrf", "").encode(), self.csrf(request).encode()):
            raise FormError(403)
        return fields

    def _is_same_origin(self, request: Request) -> bool:
        """Every browser names the origin of a form that it posts."""
        site = request.headers.get("sec-fetch-site", "same-origin")
        origin = urlsplit(request.headers.get("origin", ""))
        ours = {request.headers.get("host", ""), urlsplit(self.settings.address).netloc} - {""}
        return site == "same-origin" and origin.netloc in ours
