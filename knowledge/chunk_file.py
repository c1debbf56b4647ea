"""Chunks in, a file out that gives them back one by one, so that a library of any size is never in
memory as a whole. A line is a chunk in JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from functools import lru_cache, partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING

import numpy as np

from knowledge.chunk import Chunk, Made

if TYPE_CHECKING:
    from numpy.typing import NDArray

TUPLES = ("path", "articles", "mentions", "questions")
# So many that were asked for last stay decoded: a chunk takes about 3 KiB.
REMEMBERED = 2048
# Read at once where all are read.
LINES = 500
BLOCK_BYTES = 1 << 22


class ChunkFile(Made[Chunk]):
    """The chunks of a file by their ordinal; any number of threads may read them.

    A last line that was cut off is no chunk. The file may be renamed or deleted meanwhile.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._starts = _starts(file)
        self._decoded = lru_cache(maxsize=REMEMBERED)(partial(_read, file, self._starts))

    def __len__(self) -> int:
        return len(self._starts) - 1

    def _made(self, at: int) -> Chunk:
        return self._decoded(at)

    def __iter__(self) -> Iterator[Chunk]:
        for first in range(0, len(self), LINES):
            last = min(first + LINES, len(self))
            yield from map(_chunk, _bytes(self._file, self._starts, first, last).splitlines())


def write(file: IO[bytes], chunks: Iterable[Chunk]) -> None:
    """Write chunks one after the other, each read once."""
    for chunk in chunks:
        file.write(json.dumps(vars(chunk), ensure_ascii=False).encode() + b"\n")
    file.flush()


def spooled(chunks: Iterable[Chunk], folder: Path) -> ChunkFile:
    """Chunks in a file in `folder` that nobody else sees and that is gone with the process."""
    file = TemporaryFile(dir=folder)  # noqa: SIM115 - as long as what is returned
    write(file, chunks)
    return ChunkFile(file)


def _starts(file: IO[bytes]) -> NDArray[np.int64]:
    """Where each line begins, and where the last one ends; shape (lines + 1,)."""
    ends = [np.zeros(1, dtype=np.int64)]
    at = 0
    while block := os.pread(file.fileno(), BLOCK_BYTES, at):
        ends.append(np.flatnonzero(np.frombuffer(block, dtype=np.uint8) == ord("\n")) + at + 1)
        at += len(block)
    return np.concatenate(ends)


def _bytes(file: IO[bytes], starts: NDArray[np.int64], first: int, last: int) -> bytes:
    begin, end = int(starts[first]), int(starts[last])
    return os.pread(file.fileno(), end - begin, begin)


def _read(file: IO[bytes], starts: NDArray[np.int64], ordinal: int) -> Chunk:
    return _chunk(_bytes(file, starts, ordinal, ordinal + 1))


def _chunk(line: bytes) -> Chunk:
    values = json.loads(line)
    for name in TUPLES:
        values[name] = tuple(values[name])
    return Chunk(**values)
