"""A parsed text in, its sections out: articles, headings or pages, each with its locator.

Regulations are recognised by their articles, which count upwards from 1. That makes an
article's heading recognisable even where a PDF has lost its line breaks: of all places
that say "Pasal 12", the heading is the one that comes between those of 11 and 13 and is
not part of a reference ("sebagaimana dimaksud dalam Pasal 12").
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from knowledge.charts import charts
from knowledge.parse import SEAM, ParsedDocument

MIN_ARTICLES = 3
LONGEST_HEADING = 160
GAP_COST = 0.5
CHART = "Bagan"
CHAIN_WINDOW = 400
# The largest law at hand has 2,100; a text made of nothing else would keep the search busy for minutes.
MOST_CANDIDATES = 20_000

HEADING = re.compile(r"^(#{1,6})[ \t]+(.+?)[ \t]*#*$", re.M)
ARTICLE_IN_HEADING = re.compile(
    r"\b(?:Pasal|Ps\.?)\s+(\d{1,3})([A-Z]?)"
    r"((?:\s*(?:,\s*dan|,|dan|sampai(?:\s+dengan)?|s\.?d\.?|hingga|[-–])\s*\d{1,3}[A-Z]?)*)"
)
CANDIDATE = re.compile(
    r"Pasa[-\s]?[l1I\]][ \t\f]*(?:<sup>)?([0-9IlOoSBZ]{1,3}(?:[ ][0-9IlO]{1,2}(?=[\s(]))?)"
    r"([A-Z]?)(?:</sup>)?(?=[\s(.:*]|$)"
)
REFERENCE_BEFORE = re.compile(
    r"(?:dalam|dengan|dan|pada|atau|dari|oleh|dimaksud|ketentuan|sampai|melanggar|berdasarkan|juncto|jo\.?|yaitu|"
    r"serta|terhadap|perubahan|antara|di|menurut|sesuai|huruf|ayat|melaksanakan|mengatur|,|-|/|\(|[“\"])\s*$",
    re.I,
)
REFERENCE_AFTER = re.compile(
    r"^\s*(?:ayat|huruf|angka|dan\b|atau\b|sampai\b|,|;|/|UUD|(?:Undang|Peraturan)(?![\w-]*(?:\s+\w+){0,4}?\s+ini\b)|juncto|jo\b|s\.?d\.?\b)"
)
EXPLANATION = re.compile(r"PENJELASAN\s+(?:ATAS|UMUM)|\bII\.?\s*PASAL\s+DEMI\s+PASAL")
CLEAR_ENOUGH = re.compile(r"[Cc]ukup\s*\W?\s*[jJ]elas")
APPENDIX = re.compile(r"^\W*LAMPIRAN\b(?!\s+(?:sebagaimana|yang|ini|merupakan))", re.M)
NUMBERED_APPENDIX = re.compile(r"^\W*LAMPIRAN\s+([IVX]{1,6}|\d{1,2})\b", re.M)
DIVISION = re.compile(
    r"(?P<bab>\bBAB\s+[IVXL1l]{1,7}\b)|(?P<bagian>\bBagian\s+Ke[a-z]+(?:\s?[a-z]+)?\b)|(?P<paragraf>\bParagraf\s+\d{1,2}\b)"
)  # fmt: skip
PARAGRAPH = re.compile(r"(?:(?<=\n)|(?<=[.;:\f] )|(?<=\A)|(?<=\d )|(?<=\d\n))\((\d{1,2}|[lI]|2[lI1])[)\]]?\s")
DIGITS = str.maketrans("IloOSBZ", "1100582")


@dataclass(frozen=True)
class SectionText:
    """One section: `start` and `end` are offsets into the document's text.

    `path` is the chain of headings above it, `locator` how an official cites it
    ("Pasal 61", "hlm. 4"), `articles` the article numbers it answers for; `is_chart` says that
    it holds the labels of a drawing.
    """

    path: tuple[str, ...]
    locator: str
    articles: tuple[str, ...]
    start: int
    end: int
    is_chart: bool = False


def sections(document: ParsedDocument) -> list[SectionText]:
    """Cut a document where its own structure cuts it, in the order of the text."""
    text = document.text
    headed = _by_headings(text)
    if document.front_matter:
        return headed
    articles = _by_articles(text)
    # A text of selected articles ("## Pasal 61") has no chain that counts upwards.
    if len(articles) > 0.5 * sum(bool(section.articles) for section in headed):
        found = articles
    elif document.pages:
        found = _by_pages(document)
    else:
        found = headed or [SectionText((), "", (), 0, len(text))]
    return found if document.rows else [part for section in found for part in _charts_apart(text, section)]


def _charts_apart(text: str, section: SectionText) -> Iterator[SectionText]:
    """A section, and what is drawn in it as sections of their own ("Bagan Lampiran II")."""
    at = section.start
    for start, end in charts(text, section.start, section.end):
        if text[at:start].strip(SEAM + "\n "):
            yield replace(section, start=at, end=start)
        annex = section.locator if section.locator.startswith("Lampiran") else ""
        name = f"{CHART} {annex}".strip()
        path = (name,) if annex else (*section.path, name)
        yield SectionText(path, name, (), start, end, is_chart=True)
        at = end
    if at == section.start or text[at : section.end].strip(SEAM + "\n "):
        yield replace(section, start=at)


def _by_headings(text: str) -> list[SectionText]:
    found: list[SectionText] = []
    path: list[tuple[int, str]] = []
    marks = [(m.start(), m.end(), len(m[1]), m[2].strip(" *_")[:LONGEST_HEADING]) for m in HEADING.finditer(text)]
    if not marks:
        return []
    if text[: marks[0][0]].strip():
        found.append(SectionText((), "", (), 0, marks[0][0]))
    borders = [*(mark[0] for mark in marks), len(text)]
    for (_, body, level, title), following in zip(marks, borders[1:], strict=True):
        path = [(depth, name) for depth, name in path if depth < level] + [(level, title)]
        if text[body:following].strip():
            # The document's title is on every chunk already; it is not part of the path.
            names = tuple(name for depth, name in path if depth > 1)
            articles = _articles_named(title)
            found.append(SectionText(names, _heading_locator(title, articles), articles, body, following))
    return found


def _heading_locator(title: str, articles: tuple[str, ...]) -> str:
    return title.split(":", maxsplit=1)[0].strip() if articles and ":" in title else title


def _articles_named(title: str) -> tuple[str, ...]:
    """ "Pasal 15 dan 16" -> 15, 16; "Pasal 55 sampai 58" -> 55, 56, 57, 58."""
    match = ARTICLE_IN_HEADING.search(title)
    if not match:
        return ()
    numbers = [match[1] + match[2]]
    for link, number in re.findall(
        r"(,\s*dan|,|dan|sampai(?:\s+dengan)?|s\.?d\.?|hingga|[-–])\s*(\d{1,3}[A-Z]?)", match[3]
    ):
        if link[0] in {",", "d"} or not (number.isdigit() and numbers[-1].isdigit()):
            numbers.append(number)
        else:
            numbers.extend(str(n) for n in range(int(numbers[-1]) + 1, int(number) + 1))
    return tuple(numbers)


def _by_articles(text: str) -> list[SectionText]:
    explanation = _explanation_start(text)
    heads = _article_heads(text, 0, explanation)
    if len(heads) < MIN_ARTICLES:
        return []
    appendix = next((m.start() for m in APPENDIX.finditer(text, heads[-1][0], explanation)), explanation)
    found = [SectionText((), "Pembukaan", (), 0, _division_before(text, heads[0][0], 0))]
    found += _article_sections(text, heads, appendix, "")
    found += _appendices(text, appendix, explanation)
    notes = _article_heads(text, explanation, len(text))
    first_note = notes[0][0] if notes else len(text)
    if explanation < first_note:
        found.append(SectionText(("Penjelasan",), "Penjelasan umum", (), explanation, first_note))
    if notes:
        above = {number: section.path for section in found for number in section.articles}
        found += [_attached(note, above) for note in _article_sections(text, notes, len(text), "Penjelasan ")]
    return [section for section in found if _says_something(text[section.start : section.end])]


def _explanation_start(text: str) -> int:
    """Where the article by article explanation begins; its title may be lost to OCR."""
    clear = CLEAR_ENOUGH.search(text)
    titled = next((m.start() for m in EXPLANATION.finditer(text) if m.start() > len(text) * 0.3), len(text))
    if not clear or clear.start() > titled:
        return titled
    first = [m.start() for m in re.finditer(r"Pasal\s+[1lI]\b", text[: clear.start()])]
    return first[-1] if first else clear.start()


def _article_sections(text: str, heads: list[tuple[int, str]], end: int, prefix: str) -> list[SectionText]:
    """The articles from one heading to the next; a division's title belongs to what follows."""
    found: list[SectionText] = []
    path = _path(text, 0 if not prefix else heads[0][0], heads[0][0], ())
    for (start, number), (following, after) in pairwise([*heads, (end, "")]):
        stop = _division_before(text, following, start)
        numbers = _with_lost(number, after)
        locator = f"{prefix}Pasal {number}" + (f" sampai {numbers[-1]}" if len(numbers) > 1 else "")
        found.append(SectionText((*path, locator), locator, () if prefix else numbers, start, stop))
        path = _path(text, stop, following, path)
    return found


def _appendices(text: str, start: int, end: int) -> list[SectionText]:
    """What follows the last article, cut where a numbered annex begins ("LAMPIRAN II")."""
    if start >= end:
        return []
    heads = [(m.start(), f"Lampiran {m[1]}") for m in NUMBERED_APPENDIX.finditer(text, start, end)]
    firsts = [head for head, before in zip(heads, [(0, ""), *heads], strict=False) if head[1] != before[1]]
    if not firsts or firsts[0][0] > start:
        firsts = [(start, "Lampiran"), *firsts]
    borders = [*(at for at, _ in firsts), end]
    return [SectionText((name,), name, (), at, stop) for (at, name), stop in zip(firsts, borders[1:], strict=True)]


def _attached(note: SectionText, articles: dict[str, tuple[str, ...]]) -> SectionText:
    """An explanation under the headings of the article that it explains."""
    number = re.search(r"\d+[A-Z]?", note.locator)
    above = articles.get(number[0], ()) if number else ()
    return replace(note, path=(*above, note.locator)) if above else note


def _with_lost(number: str, following: str) -> tuple[str, ...]:
    """The article and those up to the next heading found: OCR lost their headings, not their text."""
    if not (number.isdigit() and following.isdigit()):
        return (number,)
    return tuple(str(n) for n in range(int(number), max(int(number) + 1, int(following))))


def _article_heads(text: str, start: int, end: int) -> list[tuple[int, str]]:
    """Of all places that could be an article's heading, the best chain that counts upwards.

    A heading on a line of its own weighs more than one inside a line, a missing number
    costs. One pass of dynamic programming over the candidates.
    """
    candidates = [
        (match.start(), number, match[2], 3.0 if _stands_alone(text, match) else 2.0)
        for match in CANDIDATE.finditer(text, start, end)
        if _stands_alone(text, match) or not _is_reference(text, match)
        for number in _readings(match[1])
    ]
    if len(candidates) > MOST_CANDIDATES:
        return []
    best: list[float] = []
    before: list[int] = []
    for i, (at, number, letter, weight) in enumerate(candidates):
        best.append(weight - GAP_COST * (number - 1))
        before.append(-1)
        for j in range(max(0, i - CHAIN_WINDOW), i):
            place, earlier, earlier_letter, _ = candidates[j]
            if place >= at or (earlier, earlier_letter) >= (number, letter):
                continue
            score = best[j] + weight - GAP_COST * max(0, number - earlier - 1)
            if score > best[i]:
                best[i], before[i] = score, j
    chain: list[tuple[int, str]] = []
    at = max(range(len(best)), key=best.__getitem__, default=-1)
    while at >= 0:
        chain.append((candidates[at][0], f"{candidates[at][1]}{candidates[at][2]}"))
        at = before[at]
    return chain[::-1]


def _readings(written: str) -> set[int]:
    """The numbers that OCR may have meant: "1 1" is 11, or 1 before another word."""
    digits = written.translate(DIGITS)
    readings = {digits.replace(" ", ""), digits.split(" ")[0]}
    return {int(reading) for reading in readings if reading.isdigit() and int(reading) > 0}


def _stands_alone(text: str, match: re.Match[str]) -> bool:
    before = text[max(0, match.start() - 8) : match.start()].rsplit("\n", 1)
    line_start = len(before) == 2 and not before[1].strip(" #*\t" + SEAM)
    after = text[match.end() : match.end() + 12].lstrip(" *\t")
    return line_start and (not after or after[0] in "\n\f")


def _is_reference(text: str, match: re.Match[str]) -> bool:
    before = text[max(0, match.start() - 30) : match.start()]
    after = text[match.end() : match.end() + 60]
    return bool(REFERENCE_BEFORE.search(before) or REFERENCE_AFTER.match(after)) or not re.match(
        r"[\s.:*]*(?:\(|[A-Z0-9“\"'])", after
    )


def _division_before(text: str, following: int, start: int) -> int:
    """Where the headings (BAB, Bagian, Paragraf) in front of the next article begin."""
    tail_start = max(start, following - 260)
    for match in DIVISION.finditer(text, tail_start, following):
        between = text[match.start() : following]
        if "(1)" not in between and not re.search(r"[.;]\s*\n", between):
            return match.start()
    return following


def _path(text: str, start: int, end: int, path: tuple[str, ...]) -> tuple[str, ...]:
    """The chain of BAB, Bagian and Paragraf titles after reading text[start:end]."""
    levels = {"bab": 0, "bagian": 1, "paragraf": 2}
    marks = [m for m in DIVISION.finditer(text, max(start, end - 260), end) if m.lastgroup]
    current = list(path)
    borders = [*(mark.start() for mark in marks), end]
    for mark, following in zip(marks, borders[1:], strict=True):
        title = " ".join(text[mark.start() : following].replace("#", " ").replace(SEAM, " ").split())
        level = levels[mark.lastgroup or "bab"]
        current = [name for name in current if _level(name) < level] + [title[:120]]
    return tuple(current)


def _level(name: str) -> int:
    return 0 if name.startswith("BAB") else 1 if name.startswith("Bagian") else 2


def _by_pages(document: ParsedDocument) -> list[SectionText]:
    offsets = [offset for offset, _ in document.pages] + [len(document.text)]
    label = "lembar" if document.rows else "hlm."
    return [
        SectionText((), f"{label} {number}", (), start, end)
        for (start, number), end in zip(document.pages, offsets[1:], strict=True)
        if document.text[start:end].strip(SEAM + " \n")
    ]


def _says_something(text: str) -> bool:
    """False for the explanation's "Cukup jelas." and for a heading without a body."""
    body = re.sub(r"Pasal\s+\d+[A-Z]?|Ayat\s*\(\d+\)|Huruf\s+[a-z]\b|[Cc]ukup\s*\^?\s*[jJ]elas|[\W\d_]", " ", text)
    return len(" ".join(body.split())) >= 25
