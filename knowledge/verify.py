"""A generation that nobody uses yet in, the word of a fresh process that it holds out."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from knowledge import generation
from knowledge.chunk import Entries, Entry
from knowledge.errors import VerificationError
from knowledge.settings import PROJECT

if TYPE_CHECKING:
    import numpy as np
    from chromadb.api.models.Collection import Collection
    from numpy.typing import NDArray

    from knowledge.shared import Shared


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

    Raises VerificationError naming the first chunk that is not found or stands elsewhere.
    """
    from knowledge.embed import EmbeddingCache, StoredVectors

    manifest, chunks = generation.read_chunks(folder)
    cache = EmbeddingCache(data_dir / "embeddings.sqlite")
    searched = Entries(chunks, manifest.documents)
    vectors = StoredVectors(cache, manifest.recipe.fingerprint, searched)
    with generation.open_store(folder, shared) as client:
        collection = client.get_collection(generation.collection_of(folder, shared), embedding_function=None)
        for start in range(0, len(searched), 200):
            _verify_part(collection, searched[start : start + 200], vectors[start : start + 200])
    cache.close()
    return len(chunks)


def _verify_part(collection: Collection, searched: Sequence[Entry], vectors: NDArray[np.float32]) -> None:
    # Identical texts share a vector, so an entry need not come first, but at distance 0.
    found = collection.query(query_embeddings=vectors, n_results=10, include=["distances"])
    # Asked for with every neighbour the metadata took half as long as the search.
    held = collection.get(ids=[entry.id for entry in searched], include=["metadatas"])
    ordinals = {one: metadata["ordinal"] for one, metadata in zip(held["ids"], held["metadatas"] or [], strict=True)}
    for i, entry in enumerate(searched):
        chunk = entry.chunk
        ids, distances = found["ids"][i], (found["distances"] or [])[i]
        twins = len(distances) == 10 and distances[-1] < 1e-3
        if entry.id not in ids and not twins:
            raise VerificationError(f"bagian '{chunk.locator}' dari {chunk.document} tidak menemukan dirinya")
        if entry.id in ids:
            at = ids.index(entry.id)
            if distances[at] > 1e-3 or ordinals.get(entry.id) != entry.ordinal:
                raise VerificationError(f"bagian '{chunk.locator}' dari {chunk.document} tertukar tempat")
