"""A generation on disk in, whether its files are still what was verified out.

A damaged Chroma store can take the process down that opens it, so it is never opened to find
out. The files' hashes were sealed at the switch; only where they differ does a process of its
own look whether the store still gives back all passages.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from knowledge import generation, text_vectors, vector_index
from knowledge.chunk import Entries
from knowledge.errors import VerificationError
from knowledge.settings import PROJECT

if TYPE_CHECKING:
    from knowledge.shared import Shared

SEAL = "seal.json"
# Chroma writes a few bytes into it each time that it opens it, so that its hash says nothing.
DATABASE = Path("chroma", "chroma.sqlite3")
# So does it into this one. Of stores with less than 1,000 entries the other files change too at
# times, without meaning; those are then probed.
REWRITTEN = "length.bin"
BATCH = 1000
PROBE_SECONDS = 300


def seal(folder: Path, shared: Shared | None = None) -> None:
    """Write down the hash of every file of a verified generation, and how many entries it has."""
    (folder / SEAL).write_text(json.dumps(_state(folder, shared), indent=1), encoding="utf-8")


def is_sound(data_dir: Path, name: str, shared: Shared | None = None) -> bool:
    """Whether a generation can be opened. One of an earlier version of the program has no seal
    and is looked at by the probe. Raises IndexUnreachableError where its server does not answer."""
    folder = generation.index_dir(data_dir) / name
    try:
        sealed = json.loads((folder / SEAL).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        sealed = None
    if sealed is not None and sealed == _state(folder, shared):
        return True
    if shared or _rows(folder / DATABASE) is None:
        return False  # Chroma would put an empty database in its place.
    try:
        return probe_from_outside(folder).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def probe_from_outside(
    folder: Path, shared: Shared | None = None, seconds: float = PROBE_SECONDS
) -> subprocess.CompletedProcess[str]:
    """Let a process of its own probe the generation in `folder`; what it said. Raises
    subprocess.TimeoutExpired after so many seconds."""
    return subprocess.run(  # noqa: S603
        [sys.executable, "-m", "knowledge", "probe", str(folder)],
        cwd=PROJECT,
        env=generation.environment_of(shared),
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def newest_sound(data_dir: Path, shared: Shared | None = None) -> str | None:
    """The generation in use, or where that is damaged the newest one before it that is not."""
    name = shared.mirror(data_dir) if shared else generation.current(data_dir)
    if name is None or is_sound(data_dir, name, shared):
        return name
    if shared:
        # The copy on this machine may have suffered alone.
        shutil.rmtree(generation.index_dir(data_dir) / name)
        shared.mirror(data_dir)
        if is_sound(data_dir, name, shared):
            return name
    earlier = [other for other in generation.generations(data_dir) if other < name]
    return next((other for other in reversed(earlier) if is_sound(data_dir, other, shared)), None)


def probe(folder: Path, shared: Shared | None = None) -> int:
    """Read everything of a generation once; returns how many passages it holds.

    Raises VerificationError, or whatever a damaged store does, when something is missing.
    """
    manifest, chunks = generation.read_chunks(folder)
    wanted = Entries(chunks, manifest.documents)
    texts = text_vectors.of(folder, len(chunks))
    for collection, first, last in vector_index.each(folder, len(wanted), shared):
        for start in range(first, last, BATCH):
            part = [entry.id for entry in wanted[start : min(start + BATCH, last)]]
            found = vector_index.stored([collection], part)
            if set(found) != set(part):
                raise VerificationError(vector_index.INCOMPLETE)
            if texts and start < wanted.texts:
                texts.check(start, np.stack([found[one] for one in part[: wanted.texts - start]]))
            vector_index.nearest([collection], found[part[0]][None], 1)
    return len(chunks)


def _rows(database: Path) -> int | None:
    """How many entries a store's database holds, by SQLite's own check, which no process need be
    afraid of; None when it is damaged."""
    try:
        with closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                return None
            return int(connection.execute("SELECT count(*) FROM embeddings").fetchone()[0])
    except sqlite3.DatabaseError:
        return None


def _state(folder: Path, shared: Shared | None) -> dict[str, str]:
    rows = shared.count(folder.name.removesuffix(".tmp")) if shared else _rows(folder / DATABASE)
    found = {DATABASE.as_posix(): str(rows)}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.name.startswith((SEAL, DATABASE.name)):
            found[path.relative_to(folder).as_posix()] = _mark(path)
    return found


def _mark(path: Path) -> str:
    if path.name == REWRITTEN:
        return f"{path.stat().st_size} bytes"
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
