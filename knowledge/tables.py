"""Tables as Markdown in, lines that stand for themselves out: each row with its headings."""

from __future__ import annotations

import re
from collections.abc import Sequence

TABLE = re.compile(r"(?:^\|.*\|[ \t]*\n?)+", re.M)
RULE = re.compile(r"\|(?:\s*:?-+:?\s*\|)+\s*")
CELL_BORDER = re.compile(r"(?<!\\)\|")
ARTICLE = re.compile(r"Pasal\s+\d{1,3}\s?[A-Z]?\.?")
EXPLANATION = re.compile(r"\bpenjelasan\b", re.I)
LONGEST_HEADING = 40
FEWEST_ARTICLES = 2
NO_HEADING = re.compile(r"\(?\w{1,2}[.)]\s|(?:Menimbang|Mengingat|Menetapkan)\b", re.I)


def spelled_out(text: str) -> str:
    """`text` with each of its tables as lines."""
    return TABLE.sub(lambda table: _lines(table[0]), text)


def row(header: Sequence[str], cells: Sequence[str]) -> str:
    """ "Inovasi: Si Sampah; Tahun: 2024": the filled cells of a row after their headings."""
    pairs = zip(header, cells, strict=False)
    return "; ".join(
        f"{name.strip()}: {' '.join(cell.split())}" if name.strip() else " ".join(cell.split())
        for name, cell in pairs
        if cell.strip()
    )


def _lines(table: str) -> str:
    lines = table.strip("\n").split("\n")
    rows = [
        [_plain(cell) for cell in CELL_BORDER.split(line.strip())[1:-1]] for line in lines if not RULE.fullmatch(line)
    ]
    header, body = (rows[0], rows[1:]) if rows else ([], [])
    explained = rows if header and ARTICLE.fullmatch(header[0]) else body
    if _is_by_article(explained):
        title = "II. PASAL DEMI PASAL\n" if any(map(EXPLANATION.search, header)) else ""
        return title + "".join(f"{cells[0].rstrip('.')}\n{' '.join(filter(None, cells[1:]))}\n" for cells in explained)
    if body and _is_header(header):
        return "".join(row(header, cells) + "\n" for cells in body)
    return "".join(" ".join(filter(None, cells)) + "\n" for cells in rows)


def _plain(cell: str) -> str:
    return " ".join(cell.replace("\\|", "|").replace("<br>", " ").split())


def _is_by_article(rows: list[list[str]]) -> bool:
    """Whether a table explains article after article: the two columns of many a "Penjelasan"."""
    return len(rows) >= FEWEST_ARTICLES and all(cells and ARTICLE.fullmatch(cells[0]) for cells in rows)


def _is_header(cells: list[str]) -> bool:
    """Whether the first row names the columns. Word lays out whole preambles in tables without such a row."""
    return len(cells) > 1 and len(set(cells)) == len(cells) and all(map(_is_heading, cells))


def _is_heading(cell: str) -> bool:
    return (
        len(cell) <= LONGEST_HEADING
        and bool(re.search(r"[^\W\d]", cell))
        and (cell == "No." or not cell.endswith((".", ";", ",", ":")))
        and not NO_HEADING.match(cell)
    )
