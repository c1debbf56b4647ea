"""What the queue is asked for in; its rows, the most urgent first, out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import func, select
from sqlalchemy.orm import Session, defer
from starlette.requests import Request
from starlette.responses import Response

from bot.board.desk import BoardDesk, copies
from bot.board.show import Pages
from bot.database import leads, sessions, standing, tables
from bot.database.sessions import Visitor
from bot.database.tables import Consultant
from bot.leads.lifecycle import State
from bot.leads.sla import Level, told_standing
from bot.leads.topics import topic_keys
from knowledge.regions import Region, regions, with_code

OPEN, ALL = "terbuka", "semua"
MINE, NOBODY = "saya", "kosong"
LEVELS: tuple[Level, ...] = ("late", "soon", "on_time")
ORDERS = ("tenggat", "skor", "terbaru")
A_PAGE = 25
NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Asked:
    """What the queue is asked for; the names are those of the address."""

    status: str = OPEN
    pemegang: str = ""
    provinsi: str = ""
    topik: str = ""
    sla: str = ""
    urut: str = ORDERS[0]
    cari: str = ""
    halaman: int = 1

    def address(self, **changes: object) -> str:
        """The query of the same question, with changes; what is not asked for is left out."""
        asked = replace(self, **changes)  # type: ignore[arg-type]
        said = {name: str(value) for name, value in vars(asked).items() if value != getattr(Asked, name)}
        return f"?{urlencode(said)}" if said else "?"


@dataclass(frozen=True)
class Row:
    """A lead as a line of the queue."""

    token: str
    number: str
    region: str
    office: str
    need: str
    state: str
    level: str
    standing: str
    owner: str
    is_mine: bool
    score: int
    topics: tuple[str, ...]
    created_at: datetime


@dataclass(frozen=True)
class _Held:
    """What one transaction gives of the queue."""

    rows: Sequence[tables.Lead]
    names: Mapping[int, str]
    files: Mapping[int, int]


def asked(parameters: Mapping[str, str]) -> Asked:
    """What an address asks for; what nobody knows counts as not asked."""

    def one_of(name: str, known: Sequence[str]) -> str:
        value = parameters.get(name, "")
        return value if value in known else str(getattr(Asked, name))

    owner, page = parameters.get("pemegang", ""), parameters.get("halaman", "")
    return Asked(
        status=one_of("status", (OPEN, ALL, *State)),
        pemegang=owner if owner in {MINE, NOBODY} or owner.isdecimal() else "",
        provinsi=one_of("provinsi", [p.code for p in provinces()]),
        topik=one_of("topik", topic_keys()),
        sla=one_of("sla", LEVELS),
        urut=one_of("urut", ORDERS),
        cari=parameters.get("cari", "").strip()[:200],
        halaman=min(int(page), 10_000) if page.isascii() and page.isdecimal() and len(page) < 6 and int(page) else 1,
    )


def provinces() -> list[Region]:
    """All provinces in the order of their names."""
    return sorted((region for region in regions() if region.kind == "Provinsi"), key=lambda region: region.short)


def names_of(session: Session) -> dict[int, str]:
    """The names of everybody who may have acted on a lead."""
    return sessions.names(session) | {row.id: row.name for row in session.scalars(select(Consultant))}


class QueuePage:
    """The list of leads with its filters."""

    def __init__(self, desk: BoardDesk, pages: Pages) -> None:
        self._desk = desk
        self._pages = pages

    async def show(self, request: Request, visitor: Visitor) -> Response:
        """The page, or only its list for the script that keeps it fresh."""
        wish = asked(request.query_params)
        held = await self._desk.do(lambda session: _held(session, wish, visitor))
        values = await self._desk.think(lambda: self._values(held, wish, visitor))
        return self._pages.answer(request, "queue.html", visitor, values)

    def _values(self, held: _Held, wish: Asked, visitor: Visitor) -> dict[str, Any]:
        wanted = [lead for lead in held.rows if self._fits(lead, wish)]
        wanted.sort(key=lambda lead: self._order(lead, held, wish.urut))
        last = max(1, -(-len(wanted) // A_PAGE))
        page = min(wish.halaman, last)
        shown = wanted[(page - 1) * A_PAGE : page * A_PAGE]
        return {
            "asked": wish,
            "rows": [self._row(lead, held, visitor) for lead in shown],
            "count": len(wanted),
            "page": page,
            "pages": last,
            "choices": _choices(held.names),
        }

    def _fits(self, lead: tables.Lead, wish: Asked) -> bool:
        code = standing.region_code(lead)
        if wish.provinsi and code.partition(".")[0] != wish.provinsi:
            return False
        if wish.topik and wish.topik not in lead.request["topics"]:
            return False
        if wish.cari and not standing.is_found_by(lead, wish.cari):
            return False
        found = standing.standing_of(lead, self._desk.sla) if wish.sla else None
        return not wish.sla or (found is not None and found.level == wish.sla)

    def _order(self, lead: tables.Lead, held: _Held, order: str) -> tuple[float, int]:
        if order == "terbaru":
            return 0, -lead.id
        if order == "skor":
            return -self._score(lead, held), lead.id
        due = standing.due_of(lead, self._desk.sla)
        return (due or NEVER).timestamp(), lead.id if due else -lead.id

    def _score(self, lead: tables.Lead, held: _Held) -> int:
        return standing.score_of(lead, held.files.get(lead.id, 0), self._desk.weights).total

    def _row(self, lead: tables.Lead, held: _Held, visitor: Visitor) -> Row:
        copy, lead_held = copies(), leads.lead_of(lead)
        region, found = with_code(lead_held.profile.region), standing.standing_of(lead, self._desk.sla)
        return Row(
            token=lead.token,
            number=lead.number,
            region=region.name if region else copy.board.words["region_unknown"],
            office=lead_held.profile.agency,
            need=lead_held.need,
            state=lead.state,
            level=found.level if found else "none",
            standing=told_standing(found, copy.leads) if found else "",
            owner=owner_of(lead, held.names),
            is_mine=lead.owner_id == visitor.person,
            score=self._score(lead, held),
            topics=tuple(copy.intake.topics[key] for key in lead_held.topics),
            created_at=lead.created_at,
        )


def _choices(names: Mapping[int, str]) -> dict[str, list[tuple[str, str]]]:
    """What can be chosen in each filter, as (value, label)."""
    copy = copies()
    words, anything = copy.board.queue, ("", copy.board.queue["any"])
    owners = sorted(((str(person), name) for person, name in names.items()), key=lambda owner: owner[1].lower())
    return {
        "status": [(OPEN, words["any_open"]), (ALL, words["any"]), *((s, copy.leads.states[s]) for s in State)],
        "pemegang": [anything, (MINE, words["mine"]), (NOBODY, words["nobody"]), *owners],
        "provinsi": [anything, *((province.code, province.short) for province in provinces())],
        "topik": [anything, *((key, copy.intake.topics[key]) for key in topic_keys())],
        "sla": [anything, *((level, copy.board.levels[level]) for level in LEVELS)],
        "urut": [(order, copy.board.orders[order]) for order in ORDERS],
    }


def owner_of(lead: tables.Lead, names: Mapping[int, str]) -> str:
    """The name of who holds a lead, empty for nobody."""
    return names.get(lead.owner_id, copies().leads.roles["admin"]) if lead.owner_id else ""


def _held(session: Session, wish: Asked, visitor: Visitor) -> _Held:
    query = select(tables.Lead).options(defer(tables.Lead.conversation))
    if wish.status == OPEN:
        query = query.where(tables.Lead.state.not_in(leads.CLOSED))
    elif wish.status != ALL:
        query = query.where(tables.Lead.state == wish.status)
    if wish.pemegang == NOBODY:
        query = query.where(tables.Lead.owner_id.is_(None))
    elif wish.pemegang:
        owner = visitor.person if wish.pemegang == MINE else int(wish.pemegang[:18])
        query = query.where(tables.Lead.owner_id == owner)
    files = select(tables.LeadFile.lead_id, func.count()).group_by(tables.LeadFile.lead_id)
    counted = {row[0]: row[1] for row in session.execute(files)}
    return _Held(list(session.scalars(query)), names_of(session), counted)
