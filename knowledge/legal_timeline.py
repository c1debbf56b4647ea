"""The graph of regulations in, a picture of it out: a bar for each from its first to its last day, as SVG."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from html import escape

from knowledge.in_force import earliest, on
from knowledge.legal_graph import Edge, LegalGraph, Origin, Relation, Standing
from knowledge.legal_status import kind_of, shown, year_of
from knowledge.sources import Status

ROW = 24
LEFT = 170
# A name is at most so wide for each of its characters.
CHARACTER = 7
RIGHT = 30
WIDTH = 1100
TOP = 70
GAP = 12
COLOURS = {
    "berlaku": "#2e7d5b",
    "diubah": "#4f8fba",
    "dicabut": "#b9b3a9",
    "rancangan": "#e0a030",
    "belum berlaku": "#d9c27a",
}
COLOURS |= {"arsip": "#d8d2c6", "tanpa dokumen": "#ffffff"}
CHANGES = {Relation.REPEALS, Relation.REPEALS_PART, Relation.AMENDS}


def draw(graph: LegalGraph, here: Collection[str], today: date | None = None) -> str:
    """An SVG of all regulations that repeal or amend another, those that hang together in one block.

    Of those that are not `here`, with a document, nobody has looked up the status; unless
    they are repealed, they stay white.
    """
    day = today or date.today()
    edges = [e for e in graph.edges if e.relation in CHANGES and kind_of(e.by) and kind_of(e.of)]
    blocks = _blocks(graph, edges)
    dated = [start for block in blocks for s in block if (start := _start(s))]
    first = min((d.year for d in dated), default=day.year) // 5 * 5
    scale = (WIDTH - LEFT - RIGHT) / (day.year + 1 - first)

    def x(d: date) -> float:
        return LEFT + (d.year - first + (d.timetuple().tm_yday - 1) / 366) * scale

    rows: dict[str, float] = {}
    y = float(TOP)
    for block in blocks:
        for standing in block:
            rows[standing.code] = y
            y += ROW
        y += GAP
    parts = [_axis(first, day, scale, y), _legend()]
    for s in (standing for block in blocks for standing in block):
        status = str(graph.status(s.code, on(day)) or s.status)
        status = status if s.code in here or status == Status.REPEALED else "tanpa dokumen"
        parts.append(_bar(s, status, rows[s.code], x(_start(s) or day), x(_end(s) or day)))
    parts += [
        _arrow(edge, rows, x(max(_start(graph.by_code[edge.by]) or day, _start(graph.by_code[edge.of]) or day)))
        for edge in edges
    ]
    longest = max((len(shown(code)) for code in rows), default=0)
    west = min(0, LEFT - 10 - CHARACTER * longest)
    size = f'width="{WIDTH - west}" height="{y + 20:.0f}" viewBox="{west} 0 {WIDTH - west} {y + 20:.0f}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">'
    return "\n".join([head, f'<rect x="{west}" width="100%" height="100%" fill="#fffdf8"/>', *parts, "</svg>", ""])


def _blocks(graph: LegalGraph, edges: Sequence[Edge]) -> list[list[Standing]]:
    """The regulations that changes join, oldest first; the block that begins first comes first."""
    block: dict[str, set[str]] = {}
    for edge in edges:
        joined = block.get(edge.by, {edge.by}) | block.get(edge.of, {edge.of})
        for code in joined:
            block[code] = joined
    unique = {id(codes): codes for codes in block.values()}.values()

    def oldest(standing: Standing) -> tuple[date, str]:
        return _start(standing) or date.max, standing.code

    found = [sorted((graph.by_code[code] for code in codes if code in graph.by_code), key=oldest) for codes in unique]
    return sorted((b for b in found if b), key=lambda b: oldest(b[0]))


def _start(standing: Standing) -> date | None:
    written = standing.in_force_from or year_of(standing.code)
    return earliest(written) if written else None


def _end(standing: Standing) -> date | None:
    return earliest(standing.in_force_until) if standing.in_force_until else None


def _bar(s: Standing, status: str, y: float, left: float, right: float) -> str:
    guessed = "" if s.in_force_from else ' stroke="#666" stroke-dasharray="3 2"'
    return (
        f'<text x="{LEFT - 10}" y="{y + 14:.0f}" text-anchor="end">{escape(shown(s.code))}</text>'
        f'<rect x="{left:.1f}" y="{y + 3:.1f}" width="{max(4.0, right - left):.1f}" height="14" rx="3" '
        f'fill="{COLOURS[status]}"{guessed}><title>{escape(s.code)}: {escape(status)}</title></rect>'
    )


def _arrow(edge: Edge, rows: dict[str, float], x: float) -> str:
    """From the changing regulation to the changed one, at the day of the change."""
    if edge.by not in rows or edge.of not in rows:
        return ""
    start, end = rows[edge.by] + 10, rows[edge.of] + 10
    tip = end + (7 if start > end else -7)
    wide = 4 if start > end else -4
    dashed = ' stroke-dasharray="4 3"' if edge.origin == Origin.READ or edge.is_draft else ""
    colour = "#a33" if edge.relation == Relation.REPEALS else "#357"
    return (
        f'<path d="M{x:.1f} {start:.1f}V{tip:.1f}" stroke="{colour}" fill="none" stroke-width="1.5"{dashed}/>'
        f'<path d="M{x - 4:.1f} {tip + wide:.1f}L{x:.1f} {tip:.1f}L{x + 4:.1f} {tip + wide:.1f}Z" fill="{colour}"/>'
    )


def _axis(first: int, today: date, scale: float, bottom: float) -> str:
    lines = []
    for year in range(first, today.year + 1, 5):
        x = LEFT + (year - first) * scale
        lines.append(f'<path d="M{x:.1f} {TOP - 8}V{bottom:.1f}" stroke="#e4ded2"/>')
        lines.append(f'<text x="{x:.1f}" y="{TOP - 14}" text-anchor="middle" fill="#666">{year}</text>')
    return "\n".join(lines)


def _legend() -> str:
    items, x = [], 20
    for status in ("berlaku", "diubah", "dicabut", "tanpa dokumen"):
        items.append(f'<rect x="{x}" y="14" width="18" height="12" rx="3" stroke="#999" fill="{COLOURS[status]}"/>')
        items.append(f'<text x="{x + 24}" y="24">{status}</text>')
        x += 115
    for colour, text in (("#a33", "mencabut"), ("#357", "mengubah")):
        items.append(f'<path d="M{x} 20h24" stroke="{colour}" stroke-width="1.5"/>')
        items.append(f'<text x="{x + 30}" y="24">{text}</text>')
        x += 105
    items.append(f'<text x="{x}" y="24" fill="#666">putus-putus: hanya tahunnya diketahui, atau baru terbaca</text>')
    return "\n".join(items)
