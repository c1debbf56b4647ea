"""Chunks and vectors in, a verified index directory that readers are switched to out.

A second process that writes into an opened Chroma store makes its readers cite wrong text,
two writers lose vectors, and a crash during a write can leave a store that never opens
again (seen with chromadb 1.5.9). So a store is written once, under a name nobody reads,
checked from a fresh process, and only then named in `CURRENT`.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shlex
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

from knowledge import chunk_file, lexical, vector_index
from knowledge.chunk import CHUNKER_VERSION, Chunk, Document, Entries
from knowledge.chunk_file import ChunkFile
from knowledge.durable import replace_text
from knowledge.errors import LibraryBusyError, NoGenerationError, VerificationError
from knowledge.legal_graph import LegalGraph, graph_of
from knowledge.sources import Problem

if TYPE_CHECKING:
    from knowledge.shared import Shared
    from knowledge.vector_index import Vectors


# Where earlier versions kept them too.
CHUNKS = Path("lexical", "corpus.jsonl")
# `lock_holder` holds the lock for a moment itself.
GLANCE_SECONDS = 0.1
PROJECT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Recipe:
    """What decides the content of a generation besides the documents; `curation` is the digest of
    what admins decided about them."""

    fingerprint: str
    chunk_characters: int
    chunker: int = CHUNKER_VERSION
    curation: str = ""


@dataclass(frozen=True)
class Manifest:
    """The contents of a generation: its recipe, its documents, the number of chunks.

    `refused` are the SHA-256 of files that could not be taken in, by path, and `problems`
    what was said about files then: an unchanged file is not tried again. `graph` is the legal
    status of the regulations.
    """

    generation: str
    created: str
    recipe: Recipe
    documents: tuple[Document, ...]
    chunks: int
    refused: dict[str, str]
    problems: tuple[Problem, ...]
    graph: LegalGraph = field(default_factory=LegalGraph)


def index_dir(data_dir: Path) -> Path:
    """Where the generations lie."""
    return data_dir / "index"


def current(data_dir: Path) -> str | None:
    """The name of the generation in use, None before the first."""
    try:
        return (index_dir(data_dir) / "CURRENT").read_text(encoding="utf-8").strip() or None
    except FileNotFoundError:
        return None


def generations(data_dir: Path) -> list[str]:
    """Names of the complete generations, oldest first."""
    folder = index_dir(data_dir)
    if not folder.exists():
        return []
    return sorted(
        p.name for p in folder.iterdir() if p.is_dir() and (p / "manifest.json").exists() and p.suffix != ".tmp"
    )


def read_manifest(data_dir: Path, generation: str) -> Manifest:
    """The manifest of one generation.

    Raises NoGenerationError when it is not there or another version of the program wrote it.
    """
    file = index_dir(data_dir) / generation / "manifest.json"
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
        values["recipe"] = Recipe(**values["recipe"])
        values["documents"] = tuple(_document(item) for item in values["documents"])
        values["problems"] = tuple(Problem(**item) for item in values["problems"])
        values["graph"] = graph_of(values.get("graph") or {})
        values.pop("decisions", None)  # manifests of earlier versions
        return Manifest(**values)
    except FileNotFoundError as error:
        raise NoGenerationError(f"Generasi {generation} tidak ditemukan. Jalankan: python ingest.py") from error
    except (ValueError, KeyError, TypeError) as error:
        raise NoGenerationError(
            f"Generasi {generation} dibuat oleh versi program yang lain. Jalankan: python ingest.py"
        ) from error


@contextmanager
def ingest_lock(data_dir: Path, who: str = "", shared: Shared | None = None) -> Iterator[None]:
    """Held by the one ingest that may build; raises LibraryBusyError at once otherwise, naming `who`
    holds it.

    What an interrupted run left behind is cleared away under the lock. What machines share is the
    same here as everywhere when it begins, and again when it ends.
    """
    who = who or shlex.join(sys.argv)
    folder = index_dir(data_dir)
    folder.mkdir(parents=True, exist_ok=True)
    with (data_dir / "ingest.lock").open("a+") as file:
        if not (_locked(file) or _locked(file, after=GLANCE_SECONDS)):
            file.seek(0)
            holder = file.read().strip() or "proses lain"
            raise LibraryBusyError(f"Ingest lain sedang berjalan pada folder data yang sama: {holder}.")
        file.truncate(0)
        since = time.strftime("%Y-%m-%d %H:%M:%S %Z")
        file.write(f"{who}, PID {os.getpid()}, sejak {since}")
        file.flush()
        for leftover in folder.glob("*.tmp"):
            shutil.rmtree(leftover, ignore_errors=True)
        if shared is None:
            yield
            return
        with shared.lock(who):
            shared.mirror(data_dir)
            shared.exchange_files(data_dir)
            yield
            shared.exchange_files(data_dir)


def _locked(file: IO[str], after: float = 0) -> bool:
    time.sleep(after)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def lock_holder(data_dir: Path, shared: Shared | None = None) -> str | None:
    """Who holds the ingest lock right now, on whichever machine; None when nobody does."""
    try:
        with (data_dir / "ingest.lock").open("r") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return file.read().strip() or "proses lain"
    except FileNotFoundError:
        pass
    return shared.holder() if shared else None


def build(
    data_dir: Path,
    recipe: Recipe,
    documents: Sequence[Document],
    chunks: Sequence[Chunk],
    vectors: Vectors,
    refused: dict[str, str],
    problems: Sequence[Problem],
    graph: LegalGraph | None = None,
    shared: Shared | None = None,
) -> str:
    """Write a generation under a temporary name and return its final name; not yet in use."""
    name = time.strftime("%Y%m%d-%H%M%S-", time.gmtime()) + secrets.token_hex(2)
    folder = index_dir(data_dir) / f"{name}.tmp"
    folder.mkdir(parents=True)
    searched = Entries(chunks, documents)
    if shared:
        shared.begin(name)
    from chromadb.errors import ChromaError

    try:
        vector_index.fill(folder, searched, vectors, shared)
    except ChromaError as error:
        raise VerificationError(f"Indeks vektor tidak dapat ditulis ({error}).") from error
    titles = {document.key: document.title for document in documents}
    texts = (" ".join((chunk.index_text(titles[chunk.document]), *chunk.questions)) for chunk in chunks)
    lexical.build(folder / "lexical", texts)
    with (folder / CHUNKS).open("wb") as file:
        chunk_file.write(file, chunks)
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    manifest = Manifest(
        name,
        created,
        recipe,
        tuple(documents),
        len(chunks),
        refused,
        tuple(problems),
        graph or LegalGraph(),
    )
    text = json.dumps(asdict(manifest), ensure_ascii=False, indent=1)
    (folder / "manifest.json").write_text(text, encoding="utf-8")
    return name


def environment_of(shared: Shared | None) -> dict[str, str]:
    """The environment of a process that opens a generation: it shall look where we do."""
    return os.environ | (shared.environment if shared else {"KOTACERDAS_INDEX__CHROMA": ""})


def switch(data_dir: Path, name: str, shared: Shared | None = None) -> None:
    """Make a verified generation durable and current; a reader sees the old or the new one."""
    folder = index_dir(data_dir)
    partial = folder / f"{name}.tmp"
    if shared:
        shared.publish(partial, name)
        shutil.rmtree(partial)
        shared.mirror(data_dir)
        return
    for path in partial.rglob("*"):
        _sync(path)
    _sync(partial)
    partial.rename(folder / name)
    _sync(folder)
    point(folder, name)


def roll_back(data_dir: Path, shared: Shared | None = None) -> str:
    """Point back to the generation before the current one; returns its name."""
    name = current(data_dir)
    earlier = [other for other in generations(data_dir) if name is None or other < name]
    if not earlier:
        raise NoGenerationError("Tidak ada generasi sebelumnya untuk dikembalikan.")
    if shared:
        shared.point(earlier[-1])
    point(index_dir(data_dir), earlier[-1])
    return earlier[-1]


def prune(data_dir: Path, keep: int, shared: Shared | None = None) -> None:
    """Delete all but the current generation and the newest others, `keep` in total."""
    name = current(data_dir)
    others = [other for other in generations(data_dir) if other != name]
    old = others[: max(0, len(others) - keep + 1)]
    if shared:
        shared.forget(old)
    for other in old:
        shutil.rmtree(index_dir(data_dir) / other, ignore_errors=True)


def open_chunks(folder: Path) -> ChunkFile:
    """The chunks of the generation in `folder`."""
    return ChunkFile((folder / CHUNKS).open("rb"))


def read_chunks(folder: Path) -> tuple[Manifest, ChunkFile]:
    """The manifest and the chunks of the generation in `folder`. Raises VerificationError when some are missing."""
    manifest = read_manifest(folder.parent.parent, folder.name)
    chunks = open_chunks(folder)
    for found in (len(chunks), len(lexical.LexicalIndex(folder / "lexical"))):
        if found != manifest.chunks:
            raise VerificationError(f"indeks kata memuat {found} dari {manifest.chunks} bagian")
    return manifest, chunks


def _document(values: dict[str, object]) -> Document:
    for name in ("repealed_by", "replaced_by", "amended_by", "quarantined"):
        values[name] = tuple(values.get(name, ()))  # type: ignore[arg-type]
    return Document(**values)  # type: ignore[arg-type]


def point(folder: Path, name: str) -> None:
    """Name the generation in use, durably."""
    replace_text(folder / "CURRENT", name + "\n")
    _sync(folder)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
