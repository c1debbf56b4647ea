"""A source file in, its text with page borders and front matter out.

Markdown and text are taken byte for byte, so that a quote stands in the file as it is;
everything else is read by kreuzberg. SEAM marks each place where something was taken out
(a page border, a running header, a watermark): no quote reaches across it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from rapidfuzz.fuzz import ratio

from knowledge.errors import DocumentError
from knowledge.sources import TEXT_SUFFIXES, FrontMatter, Source, split_front_matter

if TYPE_CHECKING:
    from kreuzberg import ExtractionResult

SEAM = "\f"
EDGE_LINES = 4
MIN_PAGE_CHARACTERS = 20
EXTRACTION_SECONDS = 120

# The letterhead and the page number that the state secretariat prints on every page.
LETTERHEAD = ("PRESIDEN", "REPUBLIK INDONESIA", "PRESIDEN REPUBLIK INDONESIA", "SALINAN")
PAGE_NUMBER = re.compile(r"^\W*(?:hal(?:aman)?\.?|page)?\W*\d{1,4}\W*(?:(?:/|dari|of)\s*\d{1,4})?\W*$", re.I)
STAMP = re.compile(r"^(?:SK\s*No\.?\s*\d+\s*\w?|(?:www\.|https?://|jdih)\S*|\d{4},\s*No\.\s*\d+)\s*$", re.I)
INLINE_LETTERHEAD = re.compile(
    r"\s(?:SALINA\s?N\s)?PRES\s?[I!1l]\s?DEN\s+REPUBL[I!1l]K\s+[I!1l]NDONES[I!1lT]A\s*[-–—]?\s*\d{0,4}\s*[-–—]{0,2}\s"
)
CATCHWORD = re.compile(r"^\S.{0,40}?\s?(?:\. ?){3}$")
STRUCTURE = re.compile(r"^\W*(?:Pasal|BAB|Bagian|Paragraf|Ayat)\b|^\s*$", re.I)
MARKDOWN_HEAD = re.compile(r"\A---\s+(?:## )?title:[^\n]*\n(?:[^\n#-]+:[^\n]*\n)*(?:---\s*\n)?")
TABLE_RULE = re.compile(r"^\|(?:\s*:?-+:?\s*\|)+\n?", re.M)
TABLE_ROW = re.compile(r"^\|(.*)\|[ \t]*$", re.M)
EMPHASIS = re.compile(r"(\*\*|(?<!\w)_|(?<![\w*])\*(?=\S))(.+?)\1(?!\w)")
BINARY = re.compile(r"[\x00-\x08\x0e-\x1f]")
ENCRYPTED = re.compile(r"password|encrypt", re.I)


@dataclass(frozen=True)
class ParsedDocument:
    """The text of one source; `pages` are (offset, number from 1), empty where there are none.

    `unreadable` are pages that hold a picture and no text; `rows` says that every line is
    a row of a sheet.
    """

    source: Source
    front_matter: FrontMatter | None
    text: str
    pages: tuple[tuple[int, int], ...] = ()
    unreadable: tuple[int, ...] = ()
    rows: bool = False
    _offsets: list[int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_offsets", [offset for offset, _ in self.pages])

    def page_at(self, offset: int) -> int | None:
        """The page on which the character at `offset` stands, None without pages."""
        at = bisect_right(self._offsets, offset) - 1
        return self.pages[at][1] if at >= 0 else None


def parse(source: Source) -> ParsedDocument:
    """Read one file. Raises DocumentError with the reason when there is nothing to use."""
    suffix = source.path.suffix.lower()
    if suffix in TEXT_SUFFIXES:
        return _parse_text(source)
    result = _extract(source)
    if suffix == ".xlsx":
        return _parse_sheets(source, result)
    if suffix != ".pdf":
        return _checked(source, _without_letterhead(_without_markup(result.content)), ())
    pages = [(int(page["page_number"]), str(page["content"] or "")) for page in result.pages or []]
    return _parse_pages(source, pages)


def _parse_text(source: Source) -> ParsedDocument:
    data = source.path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
    if BINARY.search(text[:20_000]):
        raise DocumentError("isi berkas biner, bukan teks")
    front_matter, body = split_front_matter(text)
    if front_matter and front_matter.id != source.path.stem:
        raise DocumentError(f"front matter: id '{front_matter.id}' harus sama dengan nama berkas")
    body = _without_letterhead(body)
    if not body.strip():
        raise DocumentError("dokumen tidak berisi teks")
    return ParsedDocument(source, front_matter, body)


def _extract(source: Source, *, images: bool = False) -> ExtractionResult:
    import kreuzberg

    is_paged = source.path.suffix.lower() in {".pdf", ".xlsx"}
    config = kreuzberg.ExtractionConfig(
        use_cache=False,
        output_format="plain" if is_paged else "markdown",  # Markdown keeps the headings
        disable_ocr=True,
        pages=kreuzberg.PageConfig(extract_pages=True),
        images=kreuzberg.ImageExtractionConfig(extract_images=True) if images else None,
        extraction_timeout_secs=EXTRACTION_SECONDS,
    )
    try:
        return kreuzberg.extract_file_sync(str(source.path), config=config)
    except kreuzberg.KreuzbergError as error:
        if ENCRYPTED.search(str(error)):
            raise DocumentError("berkas dikunci kata sandi; simpan ulang tanpa kata sandi") from error
        kind = source.path.suffix.lstrip(".").upper()
        raise DocumentError(f"berkas rusak atau bukan {kind}: {str(error)[:160]}") from error


def _without_markup(text: str) -> str:
    """Kreuzberg's Markdown without its own head, the signs of bold and italics, and the bars of
    tables: as the document shows it, with its headings."""
    text = TABLE_RULE.sub("", EMPHASIS.sub(r"\2", MARKDOWN_HEAD.sub("", text)))
    return TABLE_ROW.sub(lambda row: " ".join(cell.strip() for cell in row[1].split("|") if cell.strip()), text)


def _parse_sheets(source: Source, result: ExtractionResult) -> ParsedDocument:
    text = ""
    starts: list[tuple[int, int]] = []
    for page in result.pages or []:
        for table in page["tables"]:
            header, *rows = table.cells or [[]]
            starts.append((len(text), int(page["page_number"])))
            text += "".join(_row(header, row) + "\n" for row in rows) + SEAM
    if not text.strip(SEAM + "\n"):
        text, starts = result.content, []
    return _checked(source, text, tuple(starts), rows=bool(starts))


def _row(header: list[str], cells: list[str]) -> str:
    pairs = zip(header, cells, strict=False)
    return "; ".join(
        f"{name}: {' '.join(cell.split())}" if name.strip() else " ".join(cell.split())
        for name, cell in pairs
        if cell.strip()
    )


def _parse_pages(source: Source, pages: list[tuple[int, str]]) -> ParsedDocument:
    cleaned = [(number, text) for (number, _), text in zip(pages, _without_running_lines(pages), strict=True)]
    empty = [number for number, text in cleaned if len(text.strip()) < MIN_PAGE_CHARACTERS]
    unreadable = _pages_with_pictures(source, empty)
    if len(empty) == len(pages):
        raise DocumentError("hasil pindai tanpa teks; jalankan OCR lebih dahulu", page=1)
    text = ""
    starts: list[tuple[int, int]] = []
    for number, page in cleaned:
        starts.append((len(text), number))
        text += page.strip("\n") + "\n" + SEAM
    document = _checked(source, text, tuple(starts))
    return ParsedDocument(source, None, document.text, document.pages, tuple(unreadable))


def _pages_with_pictures(source: Source, numbers: list[int]) -> list[int]:
    """Of the pages without text, those that hold a picture: scans, not blank pages."""
    if not numbers or source.path.suffix.lower() != ".pdf":
        return []
    result = _extract(source, images=True)
    return [
        int(page["page_number"])
        for page in result.pages or []
        if int(page["page_number"]) in numbers and page["images"]
    ]


def _checked(source: Source, text: str, pages: tuple[tuple[int, int], ...], *, rows: bool = False) -> ParsedDocument:
    text = text if pages else text.replace("\r\n", "\n")
    if len(text.strip()) < MIN_PAGE_CHARACTERS:
        raise DocumentError("dokumen tidak berisi teks")
    return ParsedDocument(source, None, text, pages, rows=rows)


def _without_running_lines(pages: list[tuple[int, str]]) -> list[str]:
    """Pages without what repeats at their top or bottom: headers, footers, numbers, stamps."""
    lines = [[line.rstrip("\r") for line in text.split("\n")] for _, text in pages]
    seen: Counter[str] = Counter()
    for (number, _), page in zip(pages, lines, strict=True):
        seen.update({shape for line in _edges(page) if not STRUCTURE.match(line) for shape in _shapes(line, number)})
    repeated = {shape for shape, times in seen.items() if times >= max(3, 0.3 * len(pages))}
    kept = [_kept(page, number, repeated) for (number, _), page in zip(pages, lines, strict=True)]
    for page, following in pairwise(kept):
        _drop_catchword(page, following)
    return ["\n".join(page) for page in kept]


def _drop_catchword(page: list[str], following: list[str]) -> None:
    """The last line of a page that only repeats how the next page begins goes."""
    last = next((i for i in reversed(range(len(page))) if page[i].strip()), None)
    first = next((line.strip() for line in following if line.strip()), "")
    if last is not None and len(page[last].strip()) <= 40 and first.startswith(page[last].strip()):
        del page[last]


def _edges(page: list[str]) -> list[str]:
    filled = [line for line in page if line.strip()]
    return filled[:EDGE_LINES] + filled[-EDGE_LINES:]


def _kept(page: list[str], number: int, repeated: set[str]) -> list[str]:
    filled = [i for i, line in enumerate(page) if line.strip()]
    edges = set(filled[:EDGE_LINES] + filled[-EDGE_LINES:])
    return [
        line
        for i, line in enumerate(page)
        if not (
            _is_stamp(line)
            or (i in edges and (_shapes(line, number) & repeated or PAGE_NUMBER.match(line) or CATCHWORD.match(line)))
        )
    ]


def _shapes(line: str, page: int) -> set[str]:
    """A line for comparison across pages: as it is, and with numbers counted from the page's."""
    plain = " ".join(line.split()).lower()
    return {plain, re.sub(r"\b\d{1,4}\b", lambda match: f"#{int(match[0]) - page}", plain)}


def _is_stamp(line: str) -> bool:
    bare = " ".join(line.split())
    if STAMP.match(bare):
        return True
    return 5 < len(bare) < 32 and bare.upper() == bare and any(
        ratio(bare, known) >= 80 for known in LETTERHEAD
    )  # fmt: skip


def _without_letterhead(text: str) -> str:
    """OCR copies carry the letterhead in the middle of sentences; a SEAM takes its place."""
    return INLINE_LETTERHEAD.sub(SEAM, text)
