"""Files in, what was read in them out, one at a time: what has not changed comes from the data folder.

An entry is named for all that decides what is read: the file's digest and kind, the code that reads, its
libraries, the settings, the sentences that admins released. So it is never out of date; one that is
damaged or was never finished counts as none.
"""

from __future__ import annotations

import gzip
import hashlib
import platform
import zlib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from tempfile import NamedTemporaryFile

from pydantic import ValidationError

from knowledge.chunk import Document
from knowledge.curation import read_decisions
from knowledge.errors import DocumentError
from knowledge.parse import ParsedDocument
from knowledge.reader import ReadDocument
from knowledge.sandbox import Sandbox
from knowledge.settings import LibraryConfig
from knowledge.sources import FrontMatter, Source, checked_hash

FOLDER = "parsed"
# What decides what is read in a file; tests/test_architecture.py holds both against what is imported.
MODULES = (
    "archive", "characters", "durable", "errors", "hidden_html", "hidden_markdown", "hidden_office", "hidden_pdf",
    "hidden_sheets", "hidden_slides", "hidden_word", "ocr", "office_package", "parse", "poison", "reader", "sandbox",
    "sources", "tables",
)  # fmt: skip
LIBRARIES = (
    "cssselect2", "kreuzberg", "lxml", "numpy", "pillow", "pydantic", "pypdfium2", "pyyaml", "rapidfuzz", "tinycss2",
)  # fmt: skip
# Regulations shrink to .27 of their size, 130 MB a second; with 6 to .20, 37 MB a second.
COMPRESSION = 1
# How often a file is read that changes meanwhile.
TRIES = 3


@dataclass(frozen=True)
class Head:
    """What stays in memory of a file that was read: which it is, and its front matter."""

    source: Source
    front_matter: FrontMatter | None


class ParsedFiles:
    """What was read in the files of a library. `read_all` lets all of them be here, [] gives one of them.

    Only the ingest that holds the lock may use it: it alone writes. The sandbox is open for the files that are new.
    """

    def __init__(self, config: LibraryConfig) -> None:
        self.sandbox = Sandbox.of(config)
        self._folder = config.data.dir / FOLDER
        self._max_bytes = int(config.library.max_file_megabytes * 1e6)
        released = sorted(read_decisions(config.data.dir).released)
        self._reader = f"{_code()} {config.library.max_pages} {released}"

    def read_all(self, sources: Sequence[Source]) -> Iterator[Head | DocumentError]:
        """Read what is new among the files; the head of each, or why it is refused, in order."""
        pool = ThreadPoolExecutor(self.sandbox.workers)
        try:
            yield from pool.map(self._read_or_refuse, sources)
        finally:
            # Who stops an ingest waits for the files that are open, not for all of them.
            pool.shutdown(cancel_futures=True)

    def __getitem__(self, source: Source) -> ParsedDocument:
        """What was read in a file. Raises DocumentError when that was damaged since."""
        document = self._kept(source)
        if document is None:
            raise DocumentError(f"Hasil baca {source.name} di folder data rusak; jalankan lagi.")
        return document

    def forget_others(self, documents: Iterable[Document]) -> None:
        """Delete what was read in files that the library does not hold, and what was never finished."""
        wanted = {self._file(document.sha256, Path(document.key)) for document in documents}
        for file in self._folder.glob("*"):
            if file not in wanted:
                # What cannot be deleted now goes next time.
                with suppress(OSError):
                    file.unlink()

    def _read_or_refuse(self, source: Source) -> Head | DocumentError:
        try:
            document = self._read(source)
        except DocumentError as error:
            return error
        return Head(document.source, document.front_matter)

    def _read(self, source: Source) -> ParsedDocument:
        """A file that changes while it is read has the digest of what was read in the end."""
        for _ in range(TRIES):
            kept = self._kept(source)
            if kept and self.sandbox.is_final(kept):
                return kept
            document = self.sandbox.read(source)
            digest = checked_hash(source.path, self._max_bytes)
            if digest == source.sha256:
                self._keep(document)
                return document
            source = replace(source, sha256=digest)
        raise DocumentError("berkas terus berubah selagi dibaca")

    def _kept(self, source: Source) -> ParsedDocument | None:
        try:
            data = gzip.decompress(self._file(source.sha256, source.path).read_bytes())
            document = ReadDocument.model_validate_json(data).document(source)
        except (OSError, EOFError, zlib.error, ValidationError):
            return None
        # A document with front matter is refused under another name.
        front = document.front_matter
        return document if front is None or front.id == source.path.stem else None

    def _keep(self, document: ParsedDocument) -> None:
        data = ReadDocument.of(document).model_dump_json().encode()
        self._folder.mkdir(parents=True, exist_ok=True)
        # Not flushed to the disk: what a crash leaves of it does not pass the check of gzip.
        with NamedTemporaryFile(dir=self._folder, delete=False) as partial:
            partial.write(gzip.compress(data, COMPRESSION))
        Path(partial.name).replace(self._file(document.source.sha256, document.source.path))

    def _file(self, sha256: str, path: Path) -> Path:
        decides = f"{self._reader} {sha256} {path.suffix.lower()}"
        return self._folder / f"{hashlib.sha256(decides.encode()).hexdigest()}.json.gz"


def _code() -> str:
    """The digest of the code that reads files."""
    digest = hashlib.sha256(platform.python_version().encode())
    for name in MODULES:
        digest.update(Path(__file__).with_name(f"{name}.py").read_bytes())
    for name in LIBRARIES:
        digest.update(f"{name} {version(name)}\n".encode())
    return digest.hexdigest()
