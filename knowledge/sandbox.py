"""Files in, what was read in them out, each opened in a process that may die instead of this one.

A reading process is kept for the next file. It is ended when it takes too long, grows too much
or stops by itself; then that file is refused with the reason and a new process goes on. Answers
are JSON, checked, so that a process taken over by a file cannot run anything here.
"""

from __future__ import annotations

import json
import os
import queue
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from pydantic import ValidationError

from knowledge.curation import read_decisions
from knowledge.durable import replace_text
from knowledge.errors import DocumentError
from knowledge.ocr import DOUBTFUL, HOW_TO_INSTALL, UNREADABLE, RecognisedPage, is_installed
from knowledge.parse import MAX_PAGES, ParsedDocument, Remark
from knowledge.reader import Answer, Request
from knowledge.settings import LibraryConfig
from knowledge.sources import Source, find

PROJECT = Path(__file__).resolve().parent.parent
PIECE = 1 << 20
LONGEST_ANSWER = 256 * PIECE
FILES_OF_A_PROCESS = 500
OCR_VERSION = 2
START_SECONDS = 60


@dataclass(frozen=True)
class ReadLimits:
    """Seconds for one file and for one scanned page, bytes of memory, pages of one file."""

    seconds: float = 60
    page_seconds: float = 60
    memory_bytes: int = 1_000_000_000
    pages: int = MAX_PAGES


def read_file(config: LibraryConfig, path: Path) -> ParsedDocument:
    """What an ingest would read in one file, for an admin who has just sent it.

    Raises DocumentError with the reason when the file would be refused.
    """
    found, problems = find([path], int(config.library.max_file_megabytes * 1e6))
    for problem in problems:
        raise DocumentError(problem.reason, problem.page)
    with Sandbox.of(config) as sandbox:
        return sandbox.read(found[0])


class Sandbox:
    """Reading processes, as many as `workers`, started when they are first needed.

    `cache` is the folder in which the text of scanned pages is kept by the file's digest;
    without one they are read anew each time. `released` are sentences that are not quarantined.
    """

    def __init__(
        self,
        limits: ReadLimits | None = None,
        *,
        workers: int = 0,
        cache: Path | None = None,
        released: tuple[str, ...] = (),
    ) -> None:
        self.limits = limits or ReadLimits()
        self.workers = workers or min(4, os.cpu_count() or 1)
        self._cache = cache
        self._released = released
        self._idle: queue.LifoQueue[_Process] = queue.LifoQueue()
        for _ in range(self.workers):
            self._idle.put(_Process(self.limits.memory_bytes))

    @classmethod
    def of(cls, config: LibraryConfig) -> Self:
        """Reading processes with the limits of config.toml, what was recognised in earlier runs and what admins
        decided."""
        library = config.library
        memory = library.reader_megabytes * 1_000_000
        limits = ReadLimits(library.read_seconds, library.ocr_page_seconds, memory, library.max_pages)
        return cls(limits, cache=config.data.dir / "ocr", released=read_decisions(config.data.dir).released)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        while not self._idle.empty():
            self._idle.get().end()

    def read(self, source: Source) -> ParsedDocument:
        """What is in one file, its scanned pages included. Raises DocumentError when it is refused."""
        document = self._parsed(source, {})
        if not document.unreadable:
            return document
        if not is_installed():
            if not document.text:
                raise DocumentError(f"hasil pindai tanpa teks; {HOW_TO_INSTALL}", page=document.unreadable[0])
            return _with(document, [Remark(n, f"halaman hasil pindai; {HOW_TO_INSTALL}") for n in document.unreadable])
        pages, remarks = self._recognised(source, document.unreadable)
        document = self._parsed(source, pages)
        if not document.text:
            raise DocumentError("hasil pindai yang tidak terbaca oleh OCR", page=document.unreadable[0])
        return _with(document, remarks)

    def is_final(self, document: ParsedDocument) -> bool:
        """Whether OCR has looked at every scanned page of a document: another try may manage the others in time."""
        missing = set(document.unreadable)
        return not missing or (is_installed() and missing <= _read_cache(self._recognised_file(document.source)).keys())

    def _recognised_file(self, source: Source) -> Path | None:
        return self._cache / f"{source.sha256}-{OCR_VERSION}.json" if self._cache else None

    def _parsed(self, source: Source, recognised: dict[int, str]) -> ParsedDocument:
        more = {"recognised": recognised, "max_pages": self.limits.pages, "released": self._released}
        answer = self._ask(source, "parse", self.limits.seconds, **more)
        if answer.document is None:
            raise DocumentError(answer.refused or "pembaca tidak menjawab", page=answer.page)
        return answer.document.document(source)

    def _recognised(self, source: Source, numbers: Sequence[int]) -> tuple[dict[int, str], list[Remark]]:
        """The text of scanned pages that could be read, and what to say of those that hardly could."""
        file = self._recognised_file(source)
        known = _read_cache(file)
        with ThreadPoolExecutor(self.workers) as pool:
            missing = [number for number in numbers if number not in known]
            for number, page in zip(missing, pool.map(lambda n: self._recognise(source, n), missing), strict=True):
                if isinstance(page, RecognisedPage):
                    known[number] = page
                    _write_cache(file, known)
        pages = {n: known[n].text for n in numbers if n in known and known[n].confidence >= UNREADABLE}
        remarks = [
            Remark(n, f"halaman hasil pindai terbaca kurang pasti ({known[n].confidence:.0%}); periksa dengan aslinya")
            for n in pages
            if known[n].confidence < DOUBTFUL
        ]
        return pages, remarks + [
            Remark(n, "halaman hasil pindai yang tidak terbaca oleh OCR") for n in numbers if n not in pages
        ]

    def _recognise(self, source: Source, number: int) -> RecognisedPage | None:
        try:
            return self._ask(source, "recognise", self.limits.page_seconds, page=number).recognised
        except DocumentError:
            return None

    def _ask(self, source: Source, task: str, seconds: float, **more: object) -> Answer:
        values = {"task": task, "path": source.path, "root": source.root, "sha256": source.sha256, "seconds": seconds}
        process = self._idle.get()
        try:
            return process.ask(Request.model_validate(values | more))
        finally:
            self._idle.put(process)


class _Process:
    """One reading process, started at its first file and again after each death."""

    def __init__(self, memory_bytes: int) -> None:
        self._memory_bytes = memory_bytes
        self._running: subprocess.Popen[bytes] | None = None
        self._said: IO[bytes] | None = None
        self._files = 0

    def ask(self, request: Request) -> Answer:
        """Send a request and wait for the answer. Raises DocumentError when the process does not survive it."""
        if self._files >= FILES_OF_A_PROCESS:
            self.end()
        self._files += 1
        try:
            running = self._running or self._start()
            line = self._exchange(running, request)
            return Answer.model_validate_json(line)
        except TimeoutError as error:
            self.end()
            raise DocumentError(f"tidak selesai dibaca dalam {request.seconds:g} detik") from error
        except (BrokenPipeError, EOFError) as error:
            raise DocumentError(self._cause_of_death()) from error
        except (ValidationError, OverflowError) as error:
            self.end()
            raise DocumentError("pembaca memberi jawaban yang tidak sah") from error

    def end(self) -> None:
        """Kill the process; the next file starts another."""
        if self._running:
            self._running.kill()
            self._running.wait()
            for pipe in (self._running.stdin, self._running.stdout, self._said):
                if pipe:
                    pipe.close()
        self._running, self._said, self._files = None, None, 0

    def _start(self) -> subprocess.Popen[bytes]:
        self._said = tempfile.TemporaryFile()  # noqa: SIM115
        # One arena and no threads of OpenMP: memory stays where the limit counts it.
        environment = os.environ | {"MALLOC_ARENA_MAX": "1", "OMP_THREAD_LIMIT": "1", "PYTHONPATH": str(PROJECT)}
        self._running = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "knowledge.reader", str(self._memory_bytes)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._said, env=environment, bufsize=0,
        )  # fmt: skip
        self._line(self._running, START_SECONDS)
        return self._running

    def _exchange(self, running: subprocess.Popen[bytes], request: Request) -> bytes:
        """Send one line, receive one line."""
        assert running.stdin is not None  # noqa: S101
        running.stdin.write(request.model_dump_json().encode() + b"\n")
        return self._line(running, request.seconds)

    @staticmethod
    def _line(running: subprocess.Popen[bytes], seconds: float) -> bytes:
        deadline = time.monotonic() + seconds
        assert running.stdout is not None  # noqa: S101
        received = bytearray()
        with selectors.DefaultSelector() as waiting:
            waiting.register(running.stdout, selectors.EVENT_READ)
            while not received.endswith(b"\n"):
                if not waiting.select(max(0.0, deadline - time.monotonic())):
                    raise TimeoutError
                piece = os.read(running.stdout.fileno(), PIECE)
                if not piece:
                    raise EOFError
                received += piece
                if len(received) > LONGEST_ANSWER:
                    raise OverflowError
        return bytes(received)

    def _cause_of_death(self) -> str:
        """What the dead process left: its signal, and whether it asked for too much memory."""
        assert self._running is not None and self._said is not None  # noqa: S101
        code = self._running.wait()
        self._said.seek(0)
        said = self._said.read()[-20_000:].decode("utf-8", "replace")
        self.end()
        # pdfium says nothing when memory is refused to it: it aborts.
        if code == -signal.SIGABRT or any(sign in said for sign in ("MemoryError", "memory allocation", "bad_alloc")):
            most = f"{self._memory_bytes / 1e6:.0f} MB (library.reader_megabytes)"
            return f"memerlukan memori lebih dari {most}, atau sengaja dirusak"
        name = signal.Signals(-code).name if code < 0 else f"kode {code}"
        return f"pembaca berhenti saat membuka berkas ini ({name}); berkas mungkin sengaja dirusak"


def _with(document: ParsedDocument, remarks: Sequence[Remark]) -> ParsedDocument:
    return replace(document, remarks=(*document.remarks, *remarks))


def _read_cache(file: Path | None) -> dict[int, RecognisedPage]:
    """Pages that were recognised before; a file that a crash cut short counts as none."""
    try:
        values = json.loads(file.read_text(encoding="utf-8")) if file else {}
        return {int(number): RecognisedPage.model_validate(page) for number, page in values.items()}
    except (FileNotFoundError, ValueError):
        return {}


def _write_cache(file: Path | None, pages: dict[int, RecognisedPage]) -> None:
    if file is None:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    values = {number: page.model_dump() for number, page in pages.items()}
    replace_text(file, json.dumps(values, ensure_ascii=False))
