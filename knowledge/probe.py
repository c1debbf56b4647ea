"""A generation in, a word on whether it can be used out; run as a process of its own, since a store
that a crash broke can take the process that opens it with it."""

from __future__ import annotations

from pathlib import Path

from knowledge import lexical
from knowledge.errors import VerificationError
from knowledge.generation import COLLECTION, open_store, read_manifest

PROBED = 20


def probe(folder: Path) -> int:
    """Open both indexes, count, and let some chunks find themselves by their stored vectors; returns
    the number of chunks. Raises VerificationError with what is wrong."""
    manifest = read_manifest(folder.parent.parent, folder.name)
    index = lexical.LexicalIndex(folder / "lexical")
    if len(index) != manifest.chunks:
        raise VerificationError(f"indeks kata memuat {len(index)} dari {manifest.chunks} bagian")
    step = max(1, len(index) // PROBED)
    wanted = [str(index.record(i)["id"]) for i in range(0, len(index), step)]
    with open_store(folder / "chroma") as client:
        collection = client.get_collection(COLLECTION, embedding_function=None)
        stored = collection.get(ids=wanted, include=["embeddings"])
        if len(stored["ids"]) != len(wanted) or stored["embeddings"] is None:
            raise VerificationError(f"{len(wanted) - len(stored['ids'])} bagian tidak ada dalam indeks vektor")
        found = collection.query(query_embeddings=stored["embeddings"], n_results=10, include=["distances"])
    for identifier, ids, distances in zip(stored["ids"], found["ids"], found["distances"] or [], strict=True):
        # Identical texts share a vector; ten of them may push the one that is meant out.
        if identifier not in ids and not (distances and distances[-1] < 1e-3):
            raise VerificationError(f"bagian {identifier} tidak menemukan dirinya")
    return len(index)
