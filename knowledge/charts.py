"""A text in, the places where it is the labels of a drawn chart out: boxes of an organisation, steps of a flow.

What is read of a chart are labels line by line, neither sentences nor rows. Beside the articles they name
the same units again and again and say nothing of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

FEWEST_LABELS = 8
# With a title that says "bagan" so few are enough; without it half of the lines have to name a unit or an office.
FEWEST_BELOW_TITLE, UNITS_WITHOUT_TITLE = 5, 0.5
# So many short lines that are no labels may stand in a row between them: a legend, what OCR made of a line.
STRAY, LONGEST_STRAY = 2, 60
LONGEST_LABEL = 5
# What stands before the first label or behind the last one belongs to the chart unless it says more.
FEW_LETTERS = 320

LINE = re.compile(r"[^\n\f]+")
WORD = re.compile(r"[^\W\d_]{2,}")
# Of a hundred words of Indonesian laws thirty are one of these; a label has at most "dan".
RUNNING = re.compile(
    r"\b(?:yang|untuk|dengan|dalam|pada|adalah|oleh|sebagai(?:mana)?|atau|dari|kepada|terhadap|tentang|dapat|wajib|harus|"
    r"tidak|setiap|paling|the|which|shall|must|for|with|are|is)\b",
    re.I,
)
# An item of a list, a row, a heading of the text itself.
ENUMERATED = re.compile(r"^\W*(?:\(?\w{1,3}[.)]|\d+)\s|^[|#>*•-]|^\W*(?:Pasal|BAB|Paragraf|Bagian\s+Ke\w+)\b")
ENDED = re.compile(r"[.;:]\W*$|,|\d{3}|\|")
TITLE = re.compile(
    r"\b(?:bagan|diagram|skema|struktur\s+organisasi|susunan\s+organisasi|alur|flow\s?chart|organi[sz]ation(?:al)?\s+chart)\b",
    re.I,
)
UNIT = re.compile(
    r"\b(?:kepala|wakil|ketua|sekretaris|sekretariat|sekda|asisten|bidang|sub\s?bidang|seksi|sub\s?bagian|bagian|"
    r"biro|direktorat|direktur|deputi|dinas|badan|inspektorat|inspektur|kelompok|jabatan\s+fungsional|uptd?|unit|cabang|"
    r"staf|wali\s?kota|bupati|gubernur|menteri|camat|lurah|kecamatan|kelurahan|koordinator|divisi|departemen|balai|pusat|komite|tim|"
    r"manajer|head|division|department|director|secretary|section|office)\b",
    re.I,
)


def charts(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The spans of text[start:end] that are charts, in order."""
    lines = [match for match in LINE.finditer(text, start, end) if WORD.search(match[0])]
    found: list[tuple[int, int]] = []
    for first, last in _runs([line[0] for line in lines]):
        labels = [line[0] for line in lines[first : last + 1]]
        titled = any(TITLE.search(line[0]) and _is_title(line[0]) for line in lines[max(0, first - STRAY) : last + 1])
        named = sum(bool(UNIT.search(label)) for label in labels) >= UNITS_WITHOUT_TITLE * len(labels)
        if titled or (named and sum(map(_boxes, labels)) >= FEWEST_LABELS):
            found.append((lines[first].start(), lines[last].end()))
    return [_widened(text, span, start, end) for span in found]


def _runs(lines: list[str]) -> Iterator[tuple[int, int]]:
    """First and last line of each run that is labels but for a few strays."""
    first = last = -1
    count = strays = 0
    for i, line in enumerate([*lines, "." * (LONGEST_STRAY + 1)]):
        if _is_label(line):
            first, last, count, strays = (i if first < 0 else first), i, count + _boxes(line), 0
            continue
        strays += 1
        if strays > STRAY or len(line) > LONGEST_STRAY:
            if count >= FEWEST_BELOW_TITLE:
                yield first, last
            first, count = -1, 0


def _is_label(line: str) -> bool:
    """Whether a line is words in a box, or in several boxes beside each other."""
    bare = line.strip()
    if ENDED.search(bare) or ENUMERATED.match(bare) or RUNNING.search(bare):
        return False
    words = WORD.findall(bare)
    return len(words) <= LONGEST_LABEL or all(word[0].isupper() or word == "dan" for word in words)


def _boxes(line: str) -> int:
    """In how many boxes beside each other a line of labels stands: as many as it names units."""
    return max(1, len(UNIT.findall(line)))


def _is_title(line: str) -> bool:
    """Whether a line could stand above a chart, rather than be a sentence about one."""
    return not re.search(r"[.;]\s*$", line) and (line.upper() == line or len(line.split()) <= 2 * LONGEST_LABEL)


def _widened(text: str, span: tuple[int, int], start: int, end: int) -> tuple[int, int]:
    """The chart with the title above it and the signature below, where nothing else is there."""

    def says_little(part: str) -> bool:
        return len(part.strip()) <= FEW_LETTERS and not re.search(r"[a-z]{3}[.;]\s*$", part, re.M)

    first, last = span
    return (start if says_little(text[start:first]) else first), (end if says_little(text[last:end]) else last)
