"""Requests of `knowledge.sandbox` on stdin, what was read in files on stdout: the reading process.

Run as `python -m knowledge.reader BYTES`. One line of JSON in, one out. It opens hostile files,
so it may not grow by more than BYTES, writes no file, and an alarm ends it should nobody be
left to do so.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
from pathlib import Path
from typing import BinaryIO, Literal

from pydantic import BaseModel, ConfigDict, Field

from knowledge.errors import DocumentError
from knowledge.ocr import RecognisedPage, recognise
from knowledge.parse import MAX_PAGES, ParsedDocument, Remark, parse
from knowledge.sources import FrontMatter, Source

GRACE_SECONDS = 10
READY = b"\n"
EMPTY_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj "
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)


class Request(BaseModel):
    """A file to parse (with the text of its scanned pages), or a scanned page of it to recognise."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    task: Literal["parse", "recognise"]
    path: Path
    root: Path
    sha256: str
    recognised: dict[int, str] = Field(default_factory=dict)
    page: int = 0
    seconds: float = 60
    max_pages: int = MAX_PAGES
    released: frozenset[str] = frozenset()

    @property
    def source(self) -> Source:
        """The file that is asked about."""
        return Source(self.path, self.root, self.sha256)


class ReadDocument(BaseModel):
    """A ParsedDocument on its way from one process to the other."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    front_matter: FrontMatter | None
    text: str
    pages: tuple[tuple[int, int], ...]
    unreadable: tuple[int, ...]
    rows: bool
    remarks: tuple[tuple[int | None, str], ...]
    scanned: tuple[int, ...]
    quarantined: tuple[str, ...]

    @classmethod
    def of(cls, document: ParsedDocument) -> ReadDocument:
        """What is sent of a document."""
        return cls(
            front_matter=document.front_matter,
            text=document.text,
            pages=document.pages,
            unreadable=document.unreadable,
            rows=document.rows,
            remarks=tuple((remark.page, remark.reason) for remark in document.remarks),
            scanned=document.scanned,
            quarantined=document.quarantined,
        )

    def document(self, source: Source) -> ParsedDocument:
        """The document of `source` again."""
        remarks = tuple(Remark(page, reason) for page, reason in self.remarks)
        return ParsedDocument(
            source, self.front_matter, self.text, self.pages, self.unreadable, self.rows, remarks, self.scanned,
            self.quarantined,
        )  # fmt: skip


class Answer(BaseModel):
    """Exactly one of: the document, the page, or why the file is refused (with the page)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    document: ReadDocument | None = None
    recognised: RecognisedPage | None = None
    refused: str | None = None
    page: int | None = None


def answer(request: Request) -> Answer:
    """Do what is asked; a file that cannot be read is an answer too."""
    try:
        if request.task == "recognise":
            return Answer(recognised=recognise(request.path, request.page))
        document = parse(request.source, request.recognised, request.max_pages, request.released)
        return Answer(document=ReadDocument.of(document))
    except DocumentError as error:
        return Answer(refused=error.reason, page=error.page)
    except OSError as error:
        return Answer(refused=f"tidak dapat dibaca: {error.strerror}")
    except RecursionError:
        return Answer(refused="isi berkas terlalu dalam bersusun")


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer line by line until the other side closes. MemoryError ends the process: it tells the asker."""
    for line in requests:
        request = Request.model_validate_json(line)
        # The default of SIGALRM is to end, even while a library in C is at work.
        signal.alarm(int(request.seconds) + GRACE_SECONDS)
        answers.write(answer(request).model_dump_json().encode() + b"\n")
        answers.flush()
        signal.alarm(0)


def _limit(grow_bytes: int) -> None:
    """Bound the memory that is written to (on Linux), files and core dumps.

    RLIMIT_DATA rather than RLIMIT_AS: the libraries and thread stacks map 0.6 GB that they
    never touch, and a mapped file is no danger.
    """
    import kreuzberg
    import pypdfium2  # noqa: F401

    # Kreuzberg unpacks its pdfium into the temporary folder at the first PDF since the machine started.
    config = kreuzberg.ExtractionConfig(use_cache=False, disable_ocr=True)
    kreuzberg.extract_bytes_sync(EMPTY_PDF, "application/pdf", config=config)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    if sys.platform == "linux":
        used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[5]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_DATA, (used + grow_bytes, used + grow_bytes))


def main() -> None:
    """Keep stdout for the answers alone: libraries that print are sent to stderr."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    _limit(int(sys.argv[1]))
    # The asker counts the seconds of a file from here: a busy machine needs some to start.
    answers.write(READY)
    answers.flush()
    serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
