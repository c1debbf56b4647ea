"""A source file in, its text with page borders and front matter out.

Markdown and text are taken byte for byte, so that a quote stands in the file as it is;
everything else is read by kreuzberg. SEAM marks each place where something was taken out
(a page border, a running header, a watermark): no quote reaches across it. What nobody sees
and what instructs a machine is taken out too, and remarked on. `knowledge.sandbox` runs this
in a process of its own.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from rapidfuzz.fuzz import ratio

from knowledge import characters, hidden_html, hidden_markdown, hidden_office, hidden_pdf
from knowledge.archive import OFFICE_SUFFIXES, check_office
from knowledge.characters import decoded, without_unseen
from knowledge.errors import DocumentError
from knowledge.poison import instructs_a_machine, quarantine
from knowledge.sources import TEXT_SUFFIXES, FrontMatter, Source, split_front_matter
from knowledge.tables import row, spelled_out

if TYPE_CHECKING:
    from kreuzberg import ExtractionResult

SEAM = characters.SEAM
EDGE_LINES = 4
MIN_PAGE_CHARACTERS = 20
# A stamp, a watermark or "salinan" over a scan; the emptiest page of words beside a picture had 130.
MIN_SCAN_CHARACTERS = 100
# The longest law at hand has 550,000.
MAX_CHARACTERS = 5_000_000
MAX_PAGES = 2_000
LONGEST_QUOTE = 90
HEAD_ORDERS = "front matter memuat perintah kepada mesin"
MOST_REMARKS = 8

# The letterhead and the page number that the state secretariat prints on every page.
LETTERHEAD = ("PRESIDEN", "REPUBLIK INDONESIA", "PRESIDEN REPUBLIK INDONESIA", "SALINAN")
PAGE_NUMBER = re.compile(r"^\W*(?:hal(?:aman)?\.?|page)?\W*\d{1,4}\W*(?:(?:/|dari|of)\s*\d{1,4})?\W*$", re.I)
STAMP = re.compile(r"^(?:SK\s*No\.?\s*\d+\s*\w?|(?:www\.|https?://|jdih)\S*|\d{4},\s*No\.\s*\d+)\s*$", re.I)
INLINE_LETTERHEAD = re.compile(
    r"\s(?:SALINA\s?N\s)?PRES\s?[I!1l]\s?DEN\s+REPUBL[I!1l]K\s+[I!1l]NDONES[I!1lT]A\s*[-–—]?\s*\d{0,4}\s*[-–—]{0,2}\s"
)
# The head of a rule; each of its annexes repeats it.
TITLE = re.compile(r"^\W*(?:(?:RANCANGAN\s+)?(?:PERATURAN|UNDANG-UNDANG|KEPUTUSAN|INSTRUKSI|QANUN)|NOMOR|TENTANG)\b")
CATCHWORD = re.compile(r"^\S.{0,40}?\s?(?:\. ?){3}$")
STRUCTURE = re.compile(r"^\W*(?:Pasal|BAB|Bagian|Paragraf|Ayat)\b|^\s*$", re.I)
MARKDOWN_HEAD = re.compile(r"\A---\s+(?:## )?title:[^\n]*\n(?:[^\n#-]+:[^\n]*\n)*(?:---\s*\n)?")
EMPHASIS = re.compile(r"(\*\*|(?<!\w)_|(?<![\w*])\*(?=\S))(.+?)\1(?!\w)")
BINARY = re.compile(r"[\x00-\x08\x0e-\x1f]")
# A link or a picture: what is shown of one is its words, of the other nothing.
LINK = re.compile(
    r"(!?)\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\((?=[^\s)]*[:/.#])(?:[^()\s]|\([^()\s]*\))+(?:\s+\"[^\"]*\")?\)"
)
PLACE = re.compile(r"^(?:#{1,6}[ \t]+(.+)|(?=Pasal \d)(.{6,12}$))", re.M)
ENCRYPTED = re.compile(r"password|encrypt", re.I)
OFFICE_MIME = "application/vnd.openxmlformats-officedocument."
MIME_TYPES = {
    ".pdf": "application/pdf",
    ".html": "text/html",
    ".htm": "text/html",
    ".docx": OFFICE_MIME + "wordprocessingml.document",
    ".xlsx": OFFICE_MIME + "spreadsheetml.sheet",
    ".pptx": OFFICE_MIME + "presentationml.presentation",
}


@dataclass(frozen=True)
class Remark:
    """Something in a file that was read which an admin should look at: the page (from 1) and why."""

    page: int | None
    reason: str


@dataclass(frozen=True)
class ParsedDocument:
    """The text of one source; `pages` are (offset, number from 1), empty where there are none.

    `unreadable` are pages that hold a picture and no text (all of them: the text is empty);
    `rows` says that every line is a row of a sheet; `remarks` what was left out; `scanned` are the pages
    whose text OCR read; `quarantined` the sentences taken out because they instruct a machine.
    """

    source: Source
    front_matter: FrontMatter | None
    text: str
    pages: tuple[tuple[int, int], ...] = ()
    unreadable: tuple[int, ...] = ()
    rows: bool = False
    remarks: tuple[Remark, ...] = ()
    scanned: tuple[int, ...] = ()
    quarantined: tuple[str, ...] = ()
    _offsets: list[int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_offsets", [offset for offset, _ in self.pages])

    def page_at(self, offset: int) -> int | None:
        """The page on which the character at `offset` stands, None without pages."""
        at = bisect_right(self._offsets, offset) - 1
        return self.pages[at][1] if at >= 0 else None


def parse(
    source: Source,
    recognised: Mapping[int, str] | None = None,
    max_pages: int = MAX_PAGES,
    released: frozenset[str] = frozenset(),
) -> ParsedDocument:
    """Read one file; `recognised` is the text that OCR read, by page; `released` are sentences that are
    no orders to a machine, as an admin says.

    Raises DocumentError with the reason when there is nothing to use.
    """
    document = _read(source, recognised or {}, max_pages)
    if len(document.text) > MAX_CHARACTERS:
        raise DocumentError(f"{len(document.text):,} huruf, lebih dari batas {MAX_CHARACTERS:,}; bagi berkasnya")
    return without_orders(document, released)


def without_orders(
    document: ParsedDocument, released: frozenset[str], is_order: Callable[[str], bool] | None = None
) -> ParsedDocument:
    """A document without the sentences that instruct a machine, by `knowledge.poison` or by `is_order`."""
    text, taken = quarantine(document.text, released, is_order)
    remarks = [
        Remark(
            document.page_at(item.start),
            f"kalimat yang memerintah mesin dikarantina{_place(document, item.start)}: {_quoted(item.words)}",
        )
        for item in taken
    ]
    quarantined = tuple(dict.fromkeys((*document.quarantined, *(item.words for item in taken))))
    return replace(document, text=text, remarks=(*document.remarks, *_few(remarks)), quarantined=quarantined)


def _read(source: Source, recognised: Mapping[int, str], max_pages: int) -> ParsedDocument:
    suffix = source.path.suffix.lower()
    if suffix in TEXT_SUFFIXES:
        return _parse_text(source)
    if suffix == ".pdf":
        return _parse_pdf(source, recognised, max_pages)
    unseen: list[hidden_html.Unseen]
    if suffix in OFFICE_SUFFIXES:
        check_office(source.path)
        data, unseen = hidden_office.clean(source.path)
    else:
        data, unseen = hidden_html.clean(source.path.read_bytes())
    remarks = [Remark(None, _hidden(item.words, item.place)) for item in unseen]
    result = _extract(source, data)
    if suffix == ".xlsx":
        return _parse_sheets(source, result, remarks)
    return _checked(source, _without_letterhead(_without_markup(result.content)), (), remarks)


def _parse_text(source: Source) -> ParsedDocument:
    text = decoded(source.path.read_bytes())
    if BINARY.search(text[:20_000]):
        raise DocumentError("isi berkas biner, bukan teks")
    front_matter, body = split_front_matter(text)
    if front_matter and front_matter.id != source.path.stem:
        raise DocumentError(f"front matter: id '{front_matter.id}' harus sama dengan nama berkas")
    if front_matter and any(map(instructs_a_machine, (front_matter.title, front_matter.issuer, *front_matter.sources))):
        raise DocumentError(HEAD_ORDERS)
    remarks: list[Remark] = []
    body, unseen = hidden_markdown.clean(body)
    remarks += [Remark(None, _hidden(words, "")) for words in unseen]
    document = _checked(source, _without_letterhead(body), (), remarks, fewest=1)
    return replace(document, front_matter=front_matter)


def _extract(source: Source, data: bytes | None) -> ExtractionResult:
    """What kreuzberg reads in the file, or in `data` where the file had something to hide."""
    import kreuzberg

    suffix = source.path.suffix.lower()
    config = kreuzberg.ExtractionConfig(
        use_cache=False,
        # Markdown keeps the headings.
        output_format="plain" if suffix in {".pdf", ".xlsx"} else "markdown",
        disable_ocr=True,
        pages=kreuzberg.PageConfig(extract_pages=True),
    )
    try:
        if data is None:
            return kreuzberg.extract_file_sync(str(source.path), config=config)
        return kreuzberg.extract_bytes_sync(data, MIME_TYPES[suffix], config=config)
    except kreuzberg.KreuzbergError as error:
        if ENCRYPTED.search(str(error)):
            raise DocumentError("berkas dikunci kata sandi; simpan ulang tanpa kata sandi") from error
        kind = suffix.lstrip(".").upper()
        raise DocumentError(f"berkas rusak atau bukan {kind}: {str(error)[:160]}") from error


def _without_markup(text: str) -> str:
    """Kreuzberg's Markdown without its own head, pictures, where links lead and the signs of bold and italics, its
    tables row by row: as the document shows it, with its headings."""
    text = LINK.sub(lambda link: "" if link[1] else link[2], MARKDOWN_HEAD.sub("", text))
    return spelled_out(EMPHASIS.sub(r"\2", text))


def _parse_sheets(source: Source, result: ExtractionResult, remarks: list[Remark]) -> ParsedDocument:
    text = ""
    starts: list[tuple[int, int]] = []
    for page in result.pages or []:
        for table in page["tables"]:
            header, *rows = table.cells or [[]]
            starts.append((len(text), int(page["page_number"])))
            lines, dropped = without_unseen("".join(row(header, cells) + "\n" for cells in rows))
            remarks += [Remark(int(page["page_number"]), _dropped(dropped))] if dropped else []
            text += lines + SEAM
    if not text.strip(SEAM + "\n"):
        text, starts = result.content, []
    return _checked(source, text, tuple(starts), remarks, rows=bool(starts))


def _parse_pdf(source: Source, recognised: Mapping[int, str], max_pages: int) -> ParsedDocument:
    seen = hidden_pdf.look(source.path, max_pages)
    result = _extract(source, seen.cleaned)
    remarks = [Remark(number, _hidden(words, "")) for number, words in seen.hidden.items()]
    pages: list[tuple[int, str]] = []
    for page in result.pages or []:
        number, (text, dropped) = int(page["page_number"]), without_unseen(str(page["content"] or ""))
        remarks += [Remark(number, _dropped(dropped))] if dropped else []
        pages.append((number, _without_runs(text, seen.kept.get(number, ()))))
    scans = [n for n, text in _cleaned(pages) if n in seen.pictured and len(text.strip()) < MIN_SCAN_CHARACTERS]
    pages = [(n, recognised[n] if n in recognised and n in scans else text) for n, text in pages]
    cleaned = _cleaned(pages)
    unreadable = tuple(n for n in scans if n not in recognised)
    scanned = tuple(n for n in scans if n in recognised)
    text = ""
    starts: list[tuple[int, int]] = []
    for number, page_text in cleaned:
        starts.append((len(text), number))
        text += page_text.strip("\n") + "\n" + SEAM
    if unreadable and len(text.strip()) < MIN_PAGE_CHARACTERS:
        text = ""
    elif len(text.strip()) < MIN_PAGE_CHARACTERS:
        raise DocumentError("dokumen tidak berisi teks")
    return ParsedDocument(source, None, text, tuple(starts), unreadable, remarks=_few(remarks), scanned=scanned)


def _without_runs(text: str, runs: Iterable[str]) -> str:
    """A page's text with a SEAM where runs of words stood, however its lines were broken."""
    for run in runs:
        words = [re.escape(word) for word in run.split()]
        if sum(map(len, words)) >= 4:
            text = re.sub(r"\s+".join(words), SEAM, text, count=1)
    return text


def _cleaned(pages: list[tuple[int, str]]) -> list[tuple[int, str]]:
    return [(number, text) for (number, _), text in zip(pages, _without_running_lines(pages), strict=True)]


def _checked(
    source: Source,
    text: str,
    pages: tuple[tuple[int, int], ...],
    remarks: Iterable[Remark],
    *,
    rows: bool = False,
    fewest: int = MIN_PAGE_CHARACTERS,
) -> ParsedDocument:
    """A document of one text. With `pages` their offsets stand, so it comes without unseen characters."""
    if not pages:
        text, dropped = without_unseen(text.replace("\r\n", "\n"))
        remarks = [*remarks, *([Remark(None, _dropped(dropped))] if dropped else [])]
    if len(text.strip()) < fewest:
        raise DocumentError("dokumen tidak berisi teks")
    return ParsedDocument(source, None, text, pages, rows=rows, remarks=_few(list(remarks)))


def _hidden(words: str, place: str) -> str:
    where = f" (bagian “{place}”)" if place else ""
    return f"teks tersembunyi dibuang{where}: {_quoted(words)}"


def _dropped(characters: dict[str, int]) -> str:
    return "karakter tak terlihat dibuang: " + ", ".join(f"{count} {name}" for name, count in characters.items())


def _quoted(words: str) -> str:
    words = without_unseen(words)[0]
    return f"“{words[:LONGEST_QUOTE]}…”" if len(words) > LONGEST_QUOTE else f"“{words}”"


def _place(document: ParsedDocument, offset: int) -> str:
    """Where in a document without pages: under which heading or article, else in which line."""
    if document.pages:
        return ""
    above = [(match[1] or match[2]).strip() for match in PLACE.finditer(document.text, 0, offset)]
    line = document.text.count("\n", 0, offset) + 1
    return f" (bagian “{above[-1][:60]}”)" if above else f" (baris {line})"


def _few(remarks: list[Remark]) -> tuple[Remark, ...]:
    """The first remarks and how many more there are: a web page can hide a hundred menus."""
    if len(remarks) <= MOST_REMARKS:
        return tuple(remarks)
    return (*remarks[:MOST_REMARKS], Remark(None, f"... dan {len(remarks) - MOST_REMARKS} tempat lain yang serupa"))


def _without_running_lines(pages: list[tuple[int, str]]) -> list[str]:
    """Pages without what repeats at their top or bottom: headers, footers, numbers, stamps."""
    lines = [[line.rstrip("\r") for line in text.split("\n")] for _, text in pages]
    seen: Counter[str] = Counter()
    for (number, _), page in zip(pages, lines, strict=True):
        seen.update({shape for line in _edges(page) if not STRUCTURE.match(line) for shape in _shapes(line, number)})
    repeated = {shape for shape, times in seen.items() if times >= max(3, 0.3 * len(pages))}
    titles = (
        {shape for line in _edges(lines[0]) if TITLE.match(line) for shape in _shapes(line, pages[0][0])}
        if lines
        else set()
    )
    kept = [
        _kept(page, number, repeated - titles if i == 0 else repeated)
        for i, ((number, _), page) in enumerate(zip(pages, lines, strict=True))
    ]
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
