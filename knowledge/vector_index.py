"""Entries with their vectors in, the nearest to a vector out: the collections of a generation in Chroma.

A collection is in memory while it is filled or searched, and given back when its client closes. So a large
library has several, which are filled, checked and judged one after the other; who searches has all of them open.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

import numpy as np

from knowledge import text_vectors
from knowledge.chunk import Entries
from knowledge.errors import VerificationError

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.collection_configuration import CreateHNSWConfiguration
    from chromadb.api.models.Collection import Collection
    from numpy.typing import NDArray

    from knowledge.shared import Shared


class Vectors(Protocol):
    """Vectors of entries in order, of which a part is asked for at a time: an array, or what reads them
    from where they lie."""

    def __getitem__(self, part: slice, /) -> NDArray[np.float32]:
        """Those of a part, shape (n, dimension)."""


COLLECTION = "passages"
# Entries of one collection: 0.2 GiB while it is filled.
PART = 50_000
BATCH = 2000
INCOMPLETE = "penyimpanan vektor tidak lengkap"
# Entries of one and the same vector link to each other alone: 250 alike pages made another unreachable among
# 4,000, 1,500 of them a third of all. Moved apart so far (a cosine of 1 - 5e-9) they left all reachable.
APART = 1e-4
# Chroma's own 16 neighbours and 100 candidates left an outlying page of 3,400 passages
# unreachable; the verification saw it.
GRAPH: CreateHNSWConfiguration = {
    "space": "cosine", "max_neighbors": 32, "ef_construction": 200, "ef_search": 200,
}  # fmt: skip


def fill(folder: Path, searched: Entries, vectors: Vectors, shared: Shared | None = None) -> None:
    """Write every entry with its vector into new collections of at most PART, and the vectors of the texts beside
    them."""
    for number, start in enumerate(range(0, len(searched), PART)):
        end = min(start + PART, len(searched))
        with open_store(folder, shared) as client, (folder / text_vectors.FILE).open("ab") as texts:
            collection = client.create_collection(
                _name(folder, number, shared),
                embedding_function=None,
                metadata={"end": end},
                configuration={"hnsw": GRAPH},
            )
            batch = min(BATCH, client.get_max_batch_size())
            # Of each vector its hash: 50,000 of them would be 75 MiB.
            seen: set[int] = set()
            chance = np.random.default_rng(start)
            for at in range(start, end, batch):
                part = searched[at : min(at + batch, end)]
                own = vectors[at : at + len(part)]
                text_vectors.write(texts, own[: max(0, searched.texts - at)])
                collection.add(
                    ids=[entry.id for entry in part],
                    embeddings=_apart(own, seen, chance),
                    documents=[entry.chunk.text for entry in part],
                    metadatas=[
                        {"ordinal": entry.ordinal, "is_question": entry.is_question, "locator": entry.chunk.locator}
                        for entry in part
                    ],
                )


def _apart(vectors: NDArray[np.float32], seen: set[int], chance: np.random.Generator) -> NDArray[np.float32]:
    """The vectors, of shape (n, dimension); those that were `seen` before are moved by APART."""
    found = vectors.copy()
    for i, vector in enumerate(vectors):
        known = hash(vector.tobytes())
        if known in seen:
            direction = chance.standard_normal(len(vector), dtype=np.float32)
            found[i] += APART * direction / np.linalg.norm(direction)
        seen.add(known)
    return found


def nearest(
    collections: Iterable[Collection], vectors: NDArray[np.float32], wanted: int
) -> list[list[tuple[str, float]]]:
    """For each vector of shape (n, dimension) the ids of the `wanted` nearest entries with their cosines, the
    nearest first."""
    found: list[list[tuple[str, float]]] = [[] for _ in vectors]
    for collection in collections:
        result = collection.query(query_embeddings=vectors, n_results=wanted, include=["distances"])
        for own, ids, distances in zip(found, result["ids"], result["distances"] or [], strict=True):
            own.extend(zip(ids, (1.0 - distance for distance in distances), strict=True))
    return [sorted(own, key=lambda one: -one[1])[:wanted] for own in found]


def stored(collections: Iterable[Collection], ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
    """The vectors of those entries that are here, by their ids."""
    found: dict[str, NDArray[np.float32]] = {}
    for collection in collections:
        held = collection.get(ids=list(ids), include=["embeddings"])
        if held["ids"]:
            found.update(zip(held["ids"], np.asarray(held["embeddings"], dtype=np.float32), strict=True))
    return found


def all_of(client: Client, folder: Path, entries: int, shared: Shared | None = None) -> list[Collection]:
    """The collections of a generation of so many entries. Raises VerificationError when one is missing."""
    found = collections_of(client, folder, shared)
    if not found or _end(found[-1], entries) != entries:
        raise VerificationError(INCOMPLETE)
    return found


def collections_of(client: Client, folder: Path, shared: Shared | None = None) -> list[Collection]:
    """The collections that are there of the generation in `folder`, in the order of its entries."""
    from chromadb.errors import NotFoundError

    found: list[Collection] = []
    with suppress(NotFoundError):
        while True:
            found.append(client.get_collection(_name(folder, len(found), shared), embedding_function=None))
    return found


def each(folder: Path, entries: int, shared: Shared | None = None) -> Iterator[tuple[Collection, int, int]]:
    """Each collection of a generation of so many entries, with where its first and last one stand; it is in memory
    until the next is asked for. Raises VerificationError when one is missing."""
    number = start = 0
    while start < entries:
        with open_store(folder, shared) as client:
            collections = collections_of(client, folder, shared)
            if number == len(collections):
                raise VerificationError(INCOMPLETE)
            end = _end(collections[number], entries)
            yield collections[number], start, end
        number, start = number + 1, end


@contextmanager
def open_store(folder: Path, shared: Shared | None = None) -> Iterator[Client]:
    """A Chroma client for the generation in `folder`, closed at the end so that its files are complete."""
    client = connect(folder, shared)
    try:
        yield client
    finally:
        client.close()


def connect(folder: Path, shared: Shared | None = None) -> Client:
    """A Chroma client for the generation in `folder`, for a reader that stays."""
    if shared:
        return shared.connect()
    import chromadb
    from chromadb.config import Settings

    return cast(
        "Client", chromadb.PersistentClient(str(folder / "chroma"), settings=Settings(anonymized_telemetry=False))
    )


def _end(collection: Collection, entries: int) -> int:
    """Where the entries of a collection end; earlier versions wrote all into one, without saying so."""
    return int((collection.metadata or {}).get("end", entries))


def _name(folder: Path, number: int, shared: Shared | None) -> str:
    """A collection's name: in the store of one generation, or among those of others on a server."""
    first = f"kotacerdas-{folder.name.removesuffix('.tmp')}" if shared else COLLECTION
    return f"{first}-part{number}" if number else first
