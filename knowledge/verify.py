"""A generation that nobody uses yet in, the word of a fresh process that it holds out."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from knowledge import generation, vector_index
from knowledge.chunk import Entries, Entry
from knowledge.errors import VerificationError
from knowledge.settings import PROJECT
from knowledge.text_vectors import TextVectors

if TYPE_CHECKING:
    from chromadb.api.models.Collection import Collection
    from numpy.typing import NDArray

    from knowledge.shared import Shared


# Of a larger index the approximate search misses an entry here and there (one of 200,000 stopped an ingest); the
# words find it all the same.
LARGE = 20_000
# Entries that are searched for at once.
CHECKED = 200
# Cosine distances below this are rounding.
SAME = 1e-3


def verify_from_outside(data_dir: Path, name: str, shared: Shared | None = None) -> None:
    """Let a fresh process check the generation under its temporary name.

    Raises VerificationError with what that process said.
    """
    folder = generation.index_dir(data_dir) / f"{name}.tmp"
    command = [sys.executable, "-m", "knowledge", "verify", str(folder), "--data", str(data_dir)]
    result = subprocess.run(  # noqa: S603
        command, cwd=PROJECT, env=generation.environment_of(shared), capture_output=True, text=True, check=False
    )
    if result.returncode != 0:
        said = (result.stdout + result.stderr).strip().splitlines()
        raise VerificationError(said[-1] if said else "pemeriksaan gagal tanpa pesan")


def verify(folder: Path, data_dir: Path, shared: Shared | None = None) -> int:
    """Check that every chunk finds itself by its cached vector; returns how many there are.

    Raises VerificationError naming the first chunk that is lost, stands elsewhere, or is one of more that are
    not found than an approximate index of that size misses.
    """
    from knowledge.embed import EmbeddingCache, StoredVectors

    manifest, chunks = generation.read_chunks(folder)
    cache = EmbeddingCache(data_dir / "embeddings.sqlite")
    searched = Entries(chunks, manifest.documents)
    vectors = StoredVectors(cache, manifest.recipe.fingerprint, searched)
    texts = TextVectors(folder, len(chunks))
    missed: list[Entry] = []
    for collection, first, last in vector_index.each(folder, len(searched), shared):
        for start in range(first, last, CHECKED):
            part = slice(start, min(start + CHECKED, last))
            own = vectors[part]
            missed += missed_in(collection, searched[part], own)
            if start < searched.texts:
                texts.check(start, own[: searched.texts - start])
            if len(missed) > may_miss(len(searched)):
                raise VerificationError(f"{_name(missed[0])} tidak menemukan dirinya")
    cache.close()
    return len(chunks)


def may_miss(entries: int) -> int:
    """How many entries need not find themselves: of a small index none."""
    return entries // 1000 if entries > LARGE else 0


def missed_in(collection: Collection, searched: Sequence[Entry], vectors: NDArray[np.float32]) -> list[Entry]:
    """The entries that the search by their own vector does not find, all of which are there and right.

    Raises VerificationError for one that is not.
    """
    # Identical texts share a vector, so an entry need not come first, but at distance 0.
    found = collection.query(query_embeddings=vectors, n_results=10, include=["distances"])
    # Asked for with every neighbour the metadata took half as long as the search.
    held = collection.get(ids=[entry.id for entry in searched], include=["metadatas"])
    ordinals = {one: metadata["ordinal"] for one, metadata in zip(held["ids"], held["metadatas"] or [], strict=True)}
    missed: list[Entry] = []
    for i, entry in enumerate(searched):
        ids, distances = found["ids"][i], (found["distances"] or [])[i]
        twins = len(distances) == 10 and distances[-1] < SAME
        if entry.id not in ordinals:
            raise VerificationError(f"{_name(entry)} tidak menemukan dirinya")
        if ordinals[entry.id] != entry.ordinal or (entry.id in ids and distances[ids.index(entry.id)] > SAME):
            raise VerificationError(f"{_name(entry)} tertukar tempat")
        if entry.id not in ids and not twins:
            stored = np.asarray(collection.get(ids=[entry.id], include=["embeddings"])["embeddings"])[0]
            if 1 - float(stored @ vectors[i]) > SAME:
                raise VerificationError(f"{_name(entry)} tertukar tempat")
            missed.append(entry)
    return missed


def _name(entry: Entry) -> str:
    return f"bagian '{entry.chunk.locator}' dari {entry.chunk.document}"
