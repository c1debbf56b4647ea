"""A draft in, what it states without proof out: numbers and articles that no quote holds."""

from __future__ import annotations

import re

from bot.conversation.draft import Draft, Point

NUMBER = re.compile(r"\d+(?:[.,/]\d+)*")
LIST_MARK = re.compile(r"^\s*(?:\(?\d{1,2}[.)]|\[\d+\])\s*")


def unsupported(draft: Draft) -> list[str]:
    """Numbers of the lead and the points that stand neither in a cited quote nor in its title
    or locator. A draft that quotes honestly gives an empty list."""
    return [number for point in (draft.lead, *draft.points) for number in _unsupported_in(point, draft)]


def _unsupported_in(point: Point, draft: Draft) -> list[str]:
    cited = [citation for citation in draft.citations if citation.n in point.citations]
    proof = " ".join(f"{citation.title} {citation.locator} {citation.quote}" for citation in cited)
    have = set(NUMBER.findall(proof))
    return [number for number in NUMBER.findall(LIST_MARK.sub("", point.text)) if number not in have]
