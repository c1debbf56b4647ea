"""A lead in; everything that a consultant needs to answer it, on one page, out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from bot.board.desk import BoardDesk, copies
from bot.board.queue import names_of, owner_of
from bot.board.show import Pages
from bot.board.sources import Source, marked, shown_sources
from bot.database import leads, standing, tables
from bot.database.board_tables import LeadNote, LeadRedraft
from bot.database.conversations import DRAFTS
from bot.database.sessions import Visitor
from bot.database.tables import LeadMessage, LeadMove, LeadVersion, now
from bot.leads.lifecycle import POSTPONED_DAYS, Action, Move, Role, State, told_move
from bot.leads.office_hours import told
from bot.leads.score import told_line
from bot.leads.sla import told_standing
from bot.leads.topics import dimension_labels
from bot.leads.versions import EDIT_REASONS, Approval, Piece, difference, stale, stale_text, told_version
from knowledge.regions import with_code

# Characters that are shown of what stayed the same beside a change.
NEAR_CHANGE = 80
# What stands beside the draft instead of in the row of buttons.
BESIDE_DRAFT = (Action.UBAH, Action.SETUJUI)


@dataclass(frozen=True)
class Linked:
    """Another lead: its number and its address."""

    number: str
    token: str


@dataclass(frozen=True)
class Loaded:
    """What one transaction gives of a lead."""

    lead: tables.Lead
    role: Role
    versions: Sequence[LeadVersion]
    messages: Sequence[LeadMessage]
    moves: Sequence[LeadMove]
    notes: Sequence[LeadNote]
    names: Mapping[int, str]
    files: int
    similar: Sequence[Linked]
    merged: Sequence[Linked]
    into: Linked | None
    last_word: int
    redraft: LeadRedraft | None


@dataclass(frozen=True)
class Said:
    """A turn of the conversation: `side` is official, assistant or consultant."""

    side: str
    who: str
    text: str
    at: datetime | None = None


@dataclass(frozen=True)
class Shown:
    """A version beside its sources, what was changed in it since `compared`, and why it must not
    be sent as things stand."""

    id: str
    number: int
    text: str
    parts: Sequence[tuple[str, int]]
    sources: Sequence[Source]
    changes: Sequence[Piece]
    compared: int
    is_newest: bool
    is_sent: bool
    reason: str
    is_authors: bool
    stale: str


@dataclass(frozen=True)
class Redraft:
    """What is said of a version that the model was asked to write anew; empty when there is nothing."""

    told: str = ""
    is_open: bool = False


@dataclass(frozen=True)
class Refused:
    """What was not done, why, and the words that were typed for it; in a conflict, what another
    has changed meanwhile, or in a preview what one would change oneself."""

    why: str = ""
    action: str = ""
    text: str = ""
    changes: Sequence[Piece] = ()
    is_preview: bool = False


class LeadPage:
    """The page of a lead."""

    def __init__(self, desk: BoardDesk, pages: Pages) -> None:
        self._desk = desk
        self._pages = pages

    async def show(
        self, request: Request, visitor: Visitor, refused: Refused | None = None, status: int = 200
    ) -> Response:
        """The page as it stands; with what was refused and why, none of it lost."""
        token, desk = request.path_params["token"], self._desk
        loaded = await desk.do(lambda session: load(session, token, visitor, desk.admins))
        if loaded is None:
            return self._pages.message(request, visitor, "not_found", 404)
        values = await desk.think(lambda: self._values(loaded, visitor, request.query_params))
        values |= {"refused": refused or Refused(), "done": done_of(request)}
        return self._pages.answer(request, "lead.html", visitor, values, status)

    def _values(self, loaded: Loaded, visitor: Visitor, asked: Mapping[str, str]) -> dict[str, Any]:
        lead, copy = loaded.lead, copies()
        possible = standing.possible(lead, [one.number for one in loaded.similar], loaded.role)
        return {
            "lead": lead,
            **self._head(loaded),
            "is_mine": lead.owner_id == visitor.person,
            "actions": [action for action in possible if action not in BESIDE_DRAFT],
            "may_edit": Action.UBAH in possible,
            "may_approve": Action.SETUJUI in possible,
            "may_redraft": Action.UBAH in possible and self._desk.actions.redrafts,
            "redraft": self._redraft(loaded),
            "shown": self._shown(loaded, visitor, asked.get("versi", "")),
            "versions": [
                (row, told_version(leads.version_of(row), self._who(loaded, row.author), copy.leads))
                for row in reversed(loaded.versions)
            ],
            "conversation": self._conversation(loaded),
            "history": [(row.at, self._moved(row, loaded)) for row in reversed(loaded.moves)],
            "notes": loaded.notes,
            "similar": loaded.similar,
            "merged": loaded.merged,
            "into": loaded.into,
            "seen": loaded.last_word,
            "days": POSTPONED_DAYS,
            "reasons": EDIT_REASONS,
        }

    def _head(self, loaded: Loaded) -> dict[str, Any]:
        """Who asks for what, how urgent and how promising it is."""
        lead, copy = loaded.lead, copies()
        held, region = leads.lead_of(lead), with_code(standing.region_code(lead))
        found = standing.standing_of(lead, self._desk.sla)
        scored = standing.score_of(lead, loaded.files, self._desk.weights)
        who, intake = held.profile, copy.intake
        facts = {
            intake.fields["name"]: who.name,
            intake.fields["position"]: who.position,
            intake.fields["agency"]: who.agency,
            intake.fields["region"]: f"{region.name}, {region.province} ({region.code})" if region else "",
            intake.fields["topics"]: ", ".join(intake.topics[key] for key in held.topics),
            copy.board.lead["dimensions"]: ", ".join(dimension_labels(held.topics, intake)),
            intake.fields["stage"]: intake.stages.get(held.stage, ""),
            intake.fields["time_frame"]: intake.time_frames.get(held.time_frame, ""),
            intake.fields["contact"]: intake.answers["telegram"] if who.contact == "telegram" else who.contact,
            copy.board.lead["files"]: str(loaded.files) if loaded.files else "",
        }
        return {
            "title": region.name if region else who.agency or copy.board.words["region_unknown"],
            "need": held.need,
            "who": ", ".join(filter(None, (who.name, who.position, who.agency))),
            "facts": {label: value for label, value in facts.items() if value},
            "level": found.level if found else "none",
            "standing": told_standing(found, copy.leads) if found else "",
            "due": told(found.due, standing.region_code(lead), intake) if found else "",
            "owner": owner_of(lead, loaded.names),
            "score": scored.total,
            "score_lines": [(line.points, told_line(line, copy.leads)) for line in scored.lines],
        }

    def _shown(self, loaded: Loaded, visitor: Visitor, wanted: str) -> Shown | None:
        if not loaded.versions:
            return None
        newest = loaded.versions[-1]
        row = next((row for row in loaded.versions if str(row.number) == wanted), newest)
        version, library = leads.version_of(row), self._desk.current_library()
        first = next((other for other in loaded.versions if other.kind == "assistant"), loaded.versions[0])
        compared = first if first.number < row.number else None
        return Shown(
            id=row.id,
            number=row.number,
            text=row.text,
            parts=marked(row.text, version.citations),
            sources=shown_sources(version, library),
            changes=brief(difference(compared.text, row.text)) if compared else (),
            compared=compared.number if compared else 0,
            is_newest=row is newest,
            is_sent=row.sent_by is not None,
            reason=row.reason,
            is_authors=row.kind == "edit" and row.author == visitor.person,
            stale="" if row.sent_by is not None else self._stale(row, loaded, visitor),
        )

    def _stale(self, row: LeadVersion, loaded: Loaded, visitor: Visitor) -> str:
        """What would be said to who approves this version now."""
        newest = leads.version_of(loaded.versions[-1])
        approval = Approval(row.number, visitor.person, now(), loaded.last_word)
        found = stale(approval, newest, loaded.last_word, self._desk.actions.sources_of(row))
        return stale_text(found, copies().leads)

    def _redraft(self, loaded: Loaded) -> Redraft:
        """What the model was asked for: that it is under way, or why nothing came of it."""
        row, copy = loaded.redraft, copies().board.lead
        asked = next((version for version in loaded.versions if row and row.version_id == version.id), None)
        if row is None or asked is None:
            return Redraft()
        if row.is_open:
            told = copy["redrafting"].format(n=asked.number, name=row.person_name, wish=row.wish)
            return Redraft(told, is_open=True)
        failed = row.why and asked is loaded.versions[-1]
        return Redraft(copy["redraft_failed"].format(n=asked.number, why=row.why) if failed else "")

    def _conversation(self, loaded: Loaded) -> list[Said]:
        """The questions to the assistant, then what the official and the consultants wrote."""
        copy, name = copies(), leads.lead_of(loaded.lead).profile.name
        official = name or copy.board.words["official"]
        found: list[Said] = []
        for turn in loaded.lead.conversation:
            found.append(Said("official", official, str(turn["question"])))
            draft = DRAFTS.validate_python(turn["draft"])
            found.append(Said("assistant", copy.board.words["assistant"], draft.answer))
        for row in loaded.messages:
            side = "official" if row.from_official else "consultant"
            found.append(Said(side, row.author_name, row.text or copy.board.words["file"], row.at))
        return found

    def _moved(self, row: LeadMove, loaded: Loaded) -> str:
        made = Move(row.who, row.at, Action(row.action), State(row.before), State(row.after), row.why)
        return told_move(made, self._who(loaded, row.who), copies().leads)

    def _who(self, loaded: Loaded, person: int) -> str:
        return loaded.names.get(person, copies().leads.roles["admin"])


def brief(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """A difference to be read: of long stretches that stayed the same only what is near a change."""
    last = len(pieces) - 1
    return tuple(
        piece if piece.kind != "same" else Piece("same", _near_change(piece.text, at > 0, at < last))
        for at, piece in enumerate(pieces)
    )


def _near_change(text: str, after: bool, before: bool) -> str:
    """The beginning of what follows a change, the end of what stands before one."""
    if len(text) <= 3 * NEAR_CHANGE:
        return text
    head = text[:NEAR_CHANGE].rpartition(" ")[0] if after else ""
    tail = text[-NEAR_CHANGE:].partition(" ")[2] if before else ""
    return f"{head} … {tail}"


def load(session: Session, token: str, visitor: Visitor, admins: Sequence[int]) -> Loaded | None:
    """Everything that is kept of a lead; None for an address that no lead has."""
    lead = leads.with_token(session, token)
    if lead is None:
        return None

    def of(kind: Any, order: Any) -> list[Any]:  # noqa: ANN401
        return list(session.scalars(select(kind).where(kind.lead_id == lead.id).order_by(order)))

    into = session.get(tables.Lead, lead.merged_into) if lead.merged_into else None
    numbers = standing.similar_to(session, lead)
    similar = session.scalars(select(tables.Lead).where(tables.Lead.number.in_(numbers)))
    return Loaded(
        lead=lead,
        role=leads.role_in(session, lead, visitor.person, admins),
        versions=of(LeadVersion, LeadVersion.number),
        messages=of(LeadMessage, LeadMessage.id),
        moves=of(LeadMove, LeadMove.id),
        notes=of(LeadNote, LeadNote.id),
        names=names_of(session),
        files=leads.count_files(session, lead),
        similar=[Linked(row.number, row.token) for row in similar],
        merged=[Linked(row.number, row.token) for row in leads.merged_with(session, lead)],
        into=Linked(into.number, into.token) if into else None,
        last_word=leads.last_word_of_official(session, lead),
        redraft=session.get(LeadRedraft, lead.id),
    )


def done_of(request: Request) -> str:
    """What the page before has done, if its address says so."""
    done = request.query_params.get("selesai", "")
    return copies().board.done.get(done, "")
