"""What documents claim of themselves and each other in, the graph of regulations out.

An edge says "A mencabut B". It comes from front matter, or it was read from a text and is
marked so until an admin confirms or rejects it. Claims that contradict each other are problems.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Any

from rapidfuzz.fuzz import token_set_ratio

from knowledge.curation import FILE as DECISIONS
from knowledge.in_force import NOT_YET, Period, latest, on, status_at
from knowledge.legal_status import kind_of, references, shown, year_of
from knowledge.legal_text import Reading
from knowledge.regional import (
    MADE_BY,
    in_full,
    in_region,
    region_issuing,
    region_of,
    resolve,
    same_number,
    without_region,
)
from knowledge.sources import FrontMatter, Problem, Status

# Source of the order: UU 12/2011 Pasal 7 and 8. A lower rule cannot repeal a higher one.
RANKS = {"uu": 1, "perppu": 1, "pp": 2, "perpres": 3, "keppres": 3, "inpres": 3, "perda": 5, "se": 7, "se-menpanrb": 7}
RANKS |= {"qanun": 5, "perdasus": 5, "perdais": 5, "pergub": 6, "perwali": 6, "perbup": 6}
RANKS |= dict.fromkeys(("kepgub", "kepwali", "kepbup", "ingub", "inwali", "inbup", "segub", "sewali", "sebup"), 7)
MINISTERIAL = 4
# Of 100; of the regulations at hand, OCR included, the least alike had 94.
SAME_TITLE = 50


class Relation(StrEnum):
    """What one regulation does to another."""

    REPEALS = "mencabut"
    REPEALS_PART = "mencabut sebagian"
    AMENDS = "mengubah"
    IMPLEMENTS = "melaksanakan"


class Origin(StrEnum):
    """Where an edge comes from."""

    FRONT_MATTER = "front matter"
    READ = "terbaca"
    CONFIRMED = "dikonfirmasi"
    DECIDED = "keputusan admin"


@dataclass(frozen=True)
class Edge:
    """`by` does something to `of`; a draft only would, were it enacted."""

    by: str
    relation: Relation
    of: str
    origin: Origin
    is_draft: bool = False

    @property
    def key(self) -> str:
        """How an admin names it: "pp-59-2022 mencabut pp-34-2009"."""
        return f"{self.by} {self.relation} {self.of}"

    @property
    def key_before(self) -> str:
        """The key of versions whose codes had no region."""
        return f"{without_region(self.by)} {self.relation} {without_region(self.of)}"


@dataclass(frozen=True)
class Standing:
    """The legal status of one regulation, with a document here or not; dates as days or years.

    `is_read` says that the status rests only on what was read from a text.
    """

    code: str
    status: str
    in_force_from: str | None = None
    in_force_until: str | None = None
    repealed_by: tuple[str, ...] = ()
    amended_by: tuple[str, ...] = ()
    is_read: bool = False


@dataclass(frozen=True)
class Claim:
    """What one document says: of its own status and time (None when it says nothing), and edges."""

    code: str
    path: str
    title: str
    edges: tuple[Edge, ...] = ()
    number: str | None = None
    status: Status | None = None
    in_force_from: str | None = None
    in_force_until: str | None = None


@dataclass(frozen=True)
class LegalGraph:
    """All edges and standings of a library; what `problems` says has to be looked at."""

    edges: tuple[Edge, ...] = ()
    standings: tuple[Standing, ...] = ()
    problems: tuple[Problem, ...] = field(default=(), compare=False)

    @cached_property
    def by_code(self) -> Mapping[str, Standing]:
        """The standings by code."""
        return {standing.code: standing for standing in self.standings}

    def status(self, code: str, when: Period) -> str | None:
        """The status of a regulation in a period, None for one that nobody speaks of."""
        standing = self.by_code.get(code)
        return status_at(standing, code, when) if standing else None

    def instead_of(self, code: str, when: Period) -> tuple[str, ...]:
        """What applies in the period in place of a repealed regulation: the end of the chain."""
        found: list[str] = []
        waiting, seen = [code], set()
        while waiting:
            at = waiting.pop(0)
            if at in seen:
                continue
            seen.add(at)
            standing = self.by_code.get(at)
            by = standing.repealed_by if standing and self.status(at, when) == Status.REPEALED else ()
            then = [other for other in by if self.status(other, when) not in {NOT_YET, Status.DRAFT}]
            waiting.extend(then)
            if not then and at != code:
                found.append(at)
        return tuple(found)


def graph_of(values: Mapping[str, Sequence[Mapping[str, Any]]]) -> LegalGraph:
    """A graph from its JSON form in a generation's manifest; its problems stand there beside it."""
    edges = tuple(
        Edge(e["by"], Relation(e["relation"]), e["of"], Origin(e["origin"]), e["is_draft"])
        for e in values.get("edges", ())
    )
    standings = tuple(
        Standing(**{**s, "repealed_by": tuple(s["repealed_by"]), "amended_by": tuple(s["amended_by"])})
        for s in values.get("standings", ())
    )
    return LegalGraph(edges, standings)


def code_of_head(front: FrontMatter) -> str:
    """The id in a front matter; a regional rule's with its region, where number, title or issuer name it."""
    kind = kind_of(front.id)
    if kind not in MADE_BY:
        return front.id
    named = [region_of(r.code) for text in (front.number, front.title) for r in references(text or "")]
    return in_region(front.id, next(filter(None, named), "") or region_issuing(kind, front.issuer))


def claim_of_head(front: FrontMatter, path: str) -> Claim:
    """What the front matter of a library document says."""
    code = code_of_head(front)
    is_draft = front.status == Status.DRAFT
    pairs = [
        *((code, Relation.REPEALS, other) for other in front.repeals),
        *((other, Relation.REPEALS, code) for other in front.repealed_by),
        *((other, Relation.AMENDS, code) for other in front.amended_by),
        *((code, Relation.IMPLEMENTS, other) for other in front.implements),
    ]
    edges = tuple(Edge(*pair, Origin.FRONT_MATTER, is_draft and pair[0] == code) for pair in pairs)
    named = references(front.number or "")
    return Claim(
        code, path, front.title, edges, in_region(named[0].code, region_of(code)) if named else None, front.status,
        _written(front.in_force_from), _written(front.in_force_until),
    )  # fmt: skip


def claim_of_text(code: str, path: str, title: str, reading: Reading, *, is_draft: bool) -> Claim:
    """What was read from the text of a regulation."""
    relations = (
        (Relation.REPEALS, reading.repeals),
        (Relation.REPEALS_PART, reading.repeals_part),
        (Relation.AMENDS, reading.amends),
        (Relation.IMPLEMENTS, reading.implements),
    )
    edges = tuple(
        Edge(code, relation, of, Origin.READ, is_draft)
        for relation, codes in relations
        for of in codes
        if in_region(of, region_of(code)) != code
    )
    status = Status.DRAFT if is_draft else None
    return Claim(code, path, title, edges, code, status, _written(reading.in_force_from))


def claim_of_admin(code: str, by: str | None) -> Claim:
    """That an admin marked a rule as repealed, by which one if that was named. It has no document."""
    edges = (Edge(by, Relation.REPEALS, code, Origin.DECIDED),) if by else ()
    return Claim(code, "", "", edges, None, Status.REPEALED)


def build_graph(
    claims: Sequence[Claim], confirmed: Iterable[str] = (), rejected: Iterable[str] = (), today: date | None = None
) -> LegalGraph:
    """Join the claims: front matter before what was read, without what an admin rejected."""
    edges: dict[str, Edge] = {}
    claims, problems = _in_full(claims)
    problems += _claimed_twice(claims)
    before = Counter(key for key, _ in {(edge.key_before, edge.key) for claim in claims for edge in claim.edges})

    def is_in(decided: frozenset[str], edge: Edge) -> bool:
        return edge.key in decided or (edge.key_before in decided and before[edge.key_before] == 1)

    confirmed, rejected = frozenset(confirmed), frozenset(rejected)
    paths = {claim.code: claim.path for claim in reversed(claims)}
    sure = {Origin.FRONT_MATTER, Origin.DECIDED}
    for edge in sorted((e for claim in claims for e in claim.edges), key=lambda e: e.origin not in sure):
        if edge.origin == Origin.READ and is_in(confirmed, edge):
            edges.setdefault(edge.key, replace(edge, origin=Origin.CONFIRMED))
        elif edge.origin in sure or not is_in(rejected, edge):
            wrong = _impossible(edge) if edge.origin != Origin.DECIDED else None
            if wrong:
                problems.append(Problem(paths.get(edge.by, edge.by), None, f"{wrong}; tidak dipakai"))
            else:
                edges.setdefault(edge.key, edge)
    circles = _circles([e for e in edges.values() if e.relation == Relation.REPEALS and not e.is_draft])
    problems += [
        Problem(paths.get(c[0], c[0]), None, "pencabutan melingkar: " + " mencabut ".join(map(shown, [*c, c[0]])))
        for c in circles
    ]
    in_circle = {(by, of) for c in circles for by, of in zip(c, [*c[1:], c[0]], strict=True)}
    standings = _standings(claims, [e for e in edges.values() if not e.is_draft and (e.by, e.of) not in in_circle])
    graph = LegalGraph(tuple(edges.values()), standings, ())
    problems += _marked_in_force(claims, graph, today or date.today())
    return LegalGraph(graph.edges, graph.standings, tuple(dict.fromkeys(problems)))


def _in_full(claims: Sequence[Claim]) -> tuple[list[Claim], list[Problem]]:
    """The claims with all codes as far as their regions are known, and what admins said of several rules at once.

    A bare name in a regional rule is one of its region; elsewhere it is the only known rule of its number.
    """
    codes = (
        in_region(code, region_of(claim.code))
        for claim in claims
        for code in (claim.code, *(code for edge in claim.edges for code in (edge.by, edge.of)))
    )
    known = same_number(code for code in codes if region_of(code))
    found: list[Claim] = []
    problems: list[Problem] = []
    for claim in claims:
        may_be = resolve(claim.code, known)
        if not claim.path and len(may_be) > 1:
            names = " atau ".join(map(shown, may_be))
            reason = f"tanda dicabut pada {shown(claim.code)} dapat berarti {names}; tandai lagi dengan nama daerahnya"
            problems.append(Problem(DECISIONS, None, reason))
            continue
        code = in_full(claim.code, known)
        edges = tuple(
            replace(
                edge,
                by=in_full(in_region(edge.by, region_of(code)), known),
                of=in_full(in_region(edge.of, region_of(code)), known),
            )
            for edge in claim.edges
        )
        found.append(replace(claim, code=code, edges=edges))
    return found, problems


def _standings(claims: Sequence[Claim], edges: Sequence[Edge]) -> tuple[Standing, ...]:
    said: dict[str, Claim] = {}
    for claim in sorted(claims, key=lambda claim: claim.status is None):
        said.setdefault(claim.code, claim)
    starts: dict[str, str] = {}
    for claim in sorted(claims, key=lambda claim: claim.status is None):
        if claim.in_force_from:
            starts.setdefault(claim.code, claim.in_force_from)
    codes = dict.fromkeys([*said, *(code for edge in edges for code in (edge.by, edge.of))])
    return tuple(_standing(code, said.get(code), starts, edges) for code in codes)


def _standing(code: str, claim: Claim | None, starts: Mapping[str, str], edges: Sequence[Edge]) -> Standing:
    repeals = [e for e in edges if e.of == code and e.relation == Relation.REPEALS]
    # A law that loses some articles has changed, not gone.
    changes = {Relation.AMENDS, Relation.REPEALS_PART}
    amended_by = tuple(dict.fromkeys(e.by for e in edges if e.of == code and e.relation in changes))
    own = claim.status if claim else None
    repealed_by = tuple(e.by for e in repeals)
    status = own or Status.IN_FORCE
    if amended_by and status == Status.IN_FORCE:
        status = Status.AMENDED
    if repeals and own not in {Status.ARCHIVE, Status.DRAFT}:
        status = Status.REPEALED
    ends = [start for by in repealed_by if (start := starts.get(by) or year_of(by))]
    until = (claim.in_force_until if claim else None) or min(ends, key=latest, default=None)
    is_read = own != Status.REPEALED and bool(repeals) and all(e.origin == Origin.READ for e in repeals)
    return Standing(code, status, starts.get(code), until, repealed_by, amended_by, is_read)


def _impossible(edge: Edge) -> str | None:
    """Why a text or its front matter cannot mean what it says; OCR and quotations lead to such edges, and lies do."""
    if edge.relation == Relation.IMPLEMENTS:
        return None
    by, of = kind_of(edge.by), kind_of(edge.of)
    if of and not by:
        return f"{edge.by} bukan peraturan dan tidak dapat {edge.relation} {shown(edge.of)}"
    if by and of and RANKS.get(by, MINISTERIAL) > RANKS.get(of, MINISTERIAL):
        return f"{shown(edge.by)} lebih rendah dan tidak dapat {edge.relation} {shown(edge.of)}"
    if (year_of(edge.by) or "9") < (year_of(edge.of) or "0"):
        return f"{shown(edge.by)} lebih tua dan tidak dapat {edge.relation} {shown(edge.of)}"
    return None


def _claimed_twice(claims: Sequence[Claim]) -> list[Problem]:
    """Documents that claim one number under different titles. A rule's own text may give its title a little otherwise
    than what is written of it."""
    first: dict[tuple[str, bool], Claim] = {}
    problems: list[Problem] = []
    for claim in claims:
        code = claim.number or claim.code
        if not kind_of(code) or not claim.path:
            continue
        other = first.setdefault((code, claim.status is not None), claim)
        written = first.get((code, True), claim)
        if other is claim and _is_about_else(claim.title, written.title):
            other = written
        if other is not claim and (claim.code != other.code or _plain(claim.title) != _plain(other.title)):
            problems.append(
                Problem(claim.path, None, f"mengaku {shown(code)}, padahal nomor itu juga milik {other.path}")
            )
    return problems


def _is_about_else(title: str, other: str) -> bool:
    subjects = [one.partition(" tentang ")[2].lower() for one in (title, other)]
    return all(subjects) and token_set_ratio(*subjects) < SAME_TITLE


def _marked_in_force(claims: Sequence[Claim], graph: LegalGraph, today: date) -> list[Problem]:
    problems: list[Problem] = []
    decided = {claim.code for claim in claims if not claim.path}
    for claim in claims:
        standing = graph.by_code[claim.code]
        if (
            claim.code in decided
            or claim.status not in {Status.IN_FORCE, Status.AMENDED}
            or standing.status != Status.REPEALED
        ):
            continue
        if graph.status(claim.code, on(today)) == Status.REPEALED:
            by = ", ".join(shown(code) for code in standing.repealed_by)
            how = " (terbaca dari naskahnya)" if standing.is_read else ""
            problems.append(Problem(claim.path, None, f"ditandai {claim.status}, padahal dicabut oleh {by}{how}"))
    return problems


def _circles(edges: Sequence[Edge]) -> list[tuple[str, ...]]:
    """Each circle of "by repeals of" once, from its smallest code on."""
    following: dict[str, list[str]] = {}
    for edge in edges:
        following.setdefault(edge.by, []).append(edge.of)
    found: dict[tuple[str, ...], None] = {}

    def walk(path: list[str], done: set[str]) -> None:
        for code in following.get(path[-1], ()):
            if code in path:
                circle = path[path.index(code) :]
                at = circle.index(min(circle))
                found[(*circle[at:], *circle[:at])] = None
            elif code not in done:
                walk([*path, code], done)
        done.add(path[-1])

    done: set[str] = set()
    for code in list(following):
        if code not in done:
            walk([code], done)
    return list(found)


def _plain(title: str) -> str:
    return "".join(filter(str.isalnum, title.lower()))


def _written(day: date | None) -> str | None:
    return day.isoformat() if day else None
