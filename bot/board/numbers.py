"""All leads in; the funnel, the promises, the topics, the weeks and a map of the provinces out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from xml.etree import ElementTree

from starlette.requests import Request
from starlette.responses import Response

from bot.board.desk import BoardDesk
from bot.board.queue import provinces
from bot.board.show import STATIC, Pages
from bot.database import answers, gaps, statistics
from bot.database.sessions import Visitor
from bot.database.tables import now
from bot.leads.lifecycle import State
from bot.leads.statistics import Summary, summary
from bot.texts import copy_of
from bot.texts.learning import LearningTexts

SHAPES = STATIC / "provinces.svg"
# Provinces that are younger than the map, and the shape that they lie in.
LIES_IN = {"65": "64", "93": "91", "94": "91", "95": "91", "96": "92"}
LEVELS = 4
QUESTIONS_SHOWN = 20


@dataclass(frozen=True)
class Shape:
    """A province on the map: `level` 0 is none, then a quarter of the most each."""

    name: str
    path: str
    count: int
    level: int


class NumbersPage:
    """The page of figures."""

    def __init__(self, desk: BoardDesk, pages: Pages) -> None:
        self._desk = desk
        self._pages = pages

    async def show(self, request: Request, visitor: Visitor) -> Response:
        """The page."""
        facts, unanswered, open_gaps = await self._desk.do(
            lambda session: (
                statistics.facts(session),
                answers.left_open(session, QUESTIONS_SHOWN),
                gaps.listed(session)[:QUESTIONS_SHOWN],
            )
        )
        found = await self._desk.think(lambda: summary(facts, now(), self._desk.sla))
        reasons = copy_of(LearningTexts, "id").gap_reasons
        values = {"found": found, "unanswered": unanswered, "gaps": open_gaps, "reasons": reasons, **_drawn(found)}
        return self._pages.answer(request, "numbers.html", visitor, values)


def shapes(counts: Mapping[str, int]) -> list[Shape]:
    """The map, coloured by how many leads came from each province."""
    drawn: dict[str, int] = {}
    for code, count in counts.items():
        place = LIES_IN.get(code, code)
        drawn[place] = drawn.get(place, 0) + count
    most = max(drawn.values(), default=0)
    return [
        Shape(_names().get(code, ""), path, drawn.get(code, 0), _level(drawn.get(code, 0), most))
        for code, path in _paths()
    ]


def funnel(found: Summary) -> list[tuple[str, int]]:
    """How many requests have come at least so far: received, taken, answered, done."""
    count = dict(found.funnel)
    waiting, no_prospect = count[State.BARU], count[State.BUKAN_PROSPEK]
    return [
        ("received", sum(count.values())),
        ("taken", sum(count.values()) - waiting - no_prospect),
        ("answered", found.response.answered),
        ("done", count[State.SELESAI]),
    ]


def _drawn(found: Summary) -> dict[str, Any]:
    """The map, and the longest bar of every chart."""
    return {
        "shapes": shapes(dict(found.provinces)),
        "view_box": _svg().get("viewBox", ""),
        "provinces": [(_names().get(code, ""), count) for code, count in found.provinces],
        "funnel": funnel(found),
        "most": {
            "week": max((max(week.received, week.answered) for week in found.weeks), default=0) or 1,
            "topic": max((count for _, count in found.topics), default=1),
            "province": max((count for _, count in found.provinces), default=1),
            "bucket": max(found.response.buckets, default=0) or 1,
        },
    }


def _level(count: int, most: int) -> int:
    return -(-count * LEVELS // most) if count else 0


@cache
def _svg() -> ElementTree.Element:
    return ElementTree.fromstring(SHAPES.read_bytes())  # noqa: S314 - our own file


def _paths() -> list[tuple[str, str]]:
    return [(path.get("id", "")[1:], path.get("d", "")) for path in _svg()]


@cache
def _names() -> dict[str, str]:
    return {province.code: province.short for province in provinces()}
