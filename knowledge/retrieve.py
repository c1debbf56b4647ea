"""A question in, ranked passages out: dense and lexical search over one generation, fused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document as LangChainDocument
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from knowledge import generation
from knowledge.chunk import Chunk, Document, entries
from knowledge.embed import SentenceEmbeddings
from knowledge.errors import NoGenerationError
from knowledge.lexical import LexicalIndex, tokens
from knowledge.parse import SEAM
from knowledge.query import Query, QueryReader
from knowledge.settings import LibraryConfig

if TYPE_CHECKING:
    from numpy.typing import NDArray

# How far a passage falls behind one in force, on the fused scale of 0 to 1.
STATUS_COST = {"dicabut": 0.15, "rancangan": 0.10, "arsip": 0.03}
# Guides and questions with answers repeat what a regulation says; the source itself goes first.
KIND_COST = {"tanya-jawab": 0.12, "panduan": 0.06, "pembiayaan": 0.06}
# The article is what an official cites; its preamble, explanation and definitions less so.
# The list of region codes answers only who asks for a code.
LOCATOR_COST = {"Penjelasan": 0.10, "Pembukaan": 0.20, "Pasal 1": 0.10, "Kode": 0.30}
# A question is nearer to another question than to the passage that answers both.
QUESTION_COST = 0.04
NAMED_DOCUMENT = 0.35
NAMED_ARTICLE = 2.0
RELATED_WEIGHT = 0.4
# Of one library document at most so many, unless it was named: the others have something to
# say too. A regulation's own text is not held back: there it cost .04 nDCG@10.
MOST_OF_DOCUMENT = 2


@dataclass(frozen=True)
class Passage:
    """A chunk with its document. `score` is the fused one; `similarity` the cosine to the
    question and `coverage` the share of the question's words (by rarity) that it holds."""

    chunk: Chunk
    document: Document
    score: float
    similarity: float
    coverage: float


@dataclass(frozen=True)
class Found:
    """What a search gave: the question as understood, its vector, the passages, best first.

    `rarity` weighs the question's words: the logarithm of how few chunks hold them.
    """

    query: Query
    vector: NDArray[np.float32]
    passages: tuple[Passage, ...]
    rarity: Mapping[str, float]


class Library:
    """The generation in use, open for reading; follows `CURRENT` when it changes."""

    def __init__(self, config: LibraryConfig, embeddings: SentenceEmbeddings) -> None:
        self._config = config
        self.embeddings = embeddings
        self._open()

    def _open(self) -> None:
        data_dir = self._config.data.dir
        name = generation.current(data_dir)
        if name is None:
            raise NoGenerationError("Pustaka masih kosong. Jalankan: python ingest.py")
        folder: Path = generation.index_dir(data_dir) / name
        self.manifest = generation.read_manifest(data_dir, name)
        self._index = LexicalIndex(folder / "lexical")
        self._client = generation.connect(folder / "chroma")
        self._collection = self._client.get_collection(generation.COLLECTION, embedding_function=None)
        self._documents = {document.key: document for document in self.manifest.documents}
        self._chunks = [generation.chunk_of(self._index.record(i)) for i in range(len(self._index))]
        titles = {document.key: document.title for document in self.manifest.documents}
        self._entries = {entry.id: entry for entry in entries(self._chunks, titles)}
        self._places = self._article_places()
        self._status_costs = np.array(
            [STATUS_COST.get(self._documents[chunk.document].status, 0.0) for chunk in self._chunks]
        )
        self._locator_costs = np.array(
            [_locator_cost(chunk) + KIND_COST.get(self._documents[chunk.document].kind, 0.0) for chunk in self._chunks]
        )
        vocabulary = {word: self._index.document_frequency(word) for word in self._index.vocabulary}
        self._vocabulary = vocabulary
        self._mentions: dict[str, list[int]] = {}
        for i, chunk in enumerate(self._chunks):
            # The preamble of a law names what it rests on; that says nothing about those.
            for code in chunk.mentions if chunk.locator != "Pembukaan" else ():
                self._mentions.setdefault(code, []).append(i)
        self.reader = QueryReader(vocabulary, self.manifest.documents, frozenset(self._mentions))

    def refresh(self) -> bool:
        """Open the generation that ingest has switched to since; True when there was one."""
        if generation.current(self._config.data.dir) == self.manifest.generation:
            return False
        self._client.close()
        self._open()
        return True

    def documents(self, identifier: str) -> list[Document]:
        """The documents with this id; a regulation's own text and its summary share one."""
        return [document for document in self.manifest.documents if document.id == identifier]

    def articles(self, identifier: str) -> list[str]:
        """Article numbers that the library holds of a document."""
        return [article for (name, article) in self._places if name == identifier]

    def section_text(self, document: str, group: str) -> str:
        """The whole text of a section, of which a chunk may be a part."""
        parts = [c.text for c in self._chunks if c.document == document and c.group == group]
        return "\n".join(part.replace(SEAM, "\n") for part in parts)

    def around(self, document: str, group: str) -> tuple[Chunk | None, Chunk | None]:
        """The first chunks of the sections before and after a section of a document."""
        firsts = {c.group: c for c in reversed(self._chunks) if c.document == document}
        order = sorted(firsts, key=lambda name: int(name.rpartition("#")[2]))
        if group not in firsts:
            return None, None
        at = order.index(group)
        before = firsts[order[at - 1]] if at else None
        return before, firsts[order[at + 1]] if at + 1 < len(order) else None

    def search(self, question: str, top: int = 5) -> Found:
        """The `top` passages for a question, one for each article or section."""
        self.refresh()
        query, vector = self.understand(question)
        rarity = self._rarity(query)
        return Found(query, vector, self._rank(query, vector, rarity, top), rarity)

    def understand(self, question: str) -> tuple[Query, NDArray[np.float32]]:
        """A question as it is searched for, and its vector, without the search."""
        query = self.reader.read(question)
        return query, self.embeddings.encode_query(query.expanded)

    def _rank(
        self, query: Query, vector: NDArray[np.float32], rarity: Mapping[str, float], top: int
    ) -> tuple[Passage, ...]:
        lexical = self._index.scores(query.words) + RELATED_WEIGHT * self._index.scores(query.related)
        similarity = self._similarities(vector)
        best_lexical = np.argsort(-lexical)[: self._config.retrieval.candidates]
        named = self._named(query)
        candidates = sorted({*similarity, *(int(i) for i in best_lexical if lexical[i] > 0), *named})
        if not candidates:
            return ()
        floor = min(similarity.values(), default=0.0)
        dense = np.array([similarity.get(i, floor) for i in candidates])
        weight = self._config.retrieval.dense_weight
        fused = weight * _scaled(dense) + (1 - weight) * _scaled(lexical[candidates])
        fused = fused - self._locator_costs[candidates]
        if not query.asks_for_old:
            fused = fused - self._status_costs[candidates]
        fused = fused + np.array([named.get(i, 0.0) for i in candidates])
        order = np.argsort(-fused, kind="stable")
        return self._passages(query, rarity, candidates, order, fused, dense, top)

    def _passages(
        self,
        query: Query,
        rarity: Mapping[str, float],
        candidates: Sequence[int],
        order: NDArray[np.int64],
        fused: NDArray[np.float64],
        dense: NDArray[np.float64],
        top: int,
    ) -> tuple[Passage, ...]:
        found: list[Passage] = []
        seen: set[tuple[str, str]] = set()
        for at in order:
            chunk = self._chunks[candidates[at]]
            document = self._documents[chunk.document]
            of_document = sum(key == chunk.document for key, _ in seen)
            enough = document.curated and document.id not in query.documents and of_document >= MOST_OF_DOCUMENT
            if enough or (chunk.document, chunk.group) in seen:
                continue
            seen.add((chunk.document, chunk.group))
            coverage = _coverage(rarity, chunk, document)
            found.append(Passage(chunk, document, float(fused[at]), float(dense[at]), coverage))
            if len(found) == top:
                break
        return tuple(found)

    def _similarities(self, vector: NDArray[np.float32]) -> dict[int, float]:
        """Cosine by ordinal of the passages that Chroma finds nearest, by text or by question."""
        result = self._collection.query(
            query_embeddings=vector[None],
            n_results=min(2 * self._config.retrieval.candidates, len(self._entries)),
            include=["distances"],
        )
        nearest: dict[int, float] = {}
        for identifier, distance in zip(result["ids"][0], (result["distances"] or [[]])[0], strict=True):
            entry = self._entries[identifier]
            similarity = 1.0 - distance - (QUESTION_COST if entry.is_question else 0.0)
            nearest[entry.ordinal] = max(similarity, nearest.get(entry.ordinal, -1.0))
        return nearest

    def _named(self, query: Query) -> dict[int, float]:
        """What the question names: its article goes first, its document forward."""
        boosts: dict[int, float] = {}
        for code in query.mentioned:
            boosts.update(dict.fromkeys(self._mentions[code], NAMED_DOCUMENT))
        for identifier in query.documents:
            keys = {document.key for document in self.documents(identifier)}
            for i, chunk in enumerate(self._chunks):
                if chunk.document in keys:
                    boosts[i] = NAMED_DOCUMENT
            for article in query.articles:
                boosts.update(dict.fromkeys(self._places.get((identifier, article), ()), NAMED_ARTICLE))
        return boosts

    def _rarity(self, query: Query) -> dict[str, float]:
        total = len(self._chunks) + 1
        return {word: float(np.log(total / (1 + self._vocabulary.get(word, 0)))) for word in query.words}

    def _article_places(self) -> dict[tuple[str, str], list[int]]:
        places: dict[tuple[str, str], list[int]] = {}
        for i, chunk in enumerate(self._chunks):
            for article in chunk.articles:
                places.setdefault((self._documents[chunk.document].id, article), []).append(i)
        return places


class LibraryRetriever(BaseRetriever):
    """The library as a LangChain retriever; metadata carries source, locator, title, status."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    library: Library
    top: int = 5

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[LangChainDocument]:
        return [as_langchain(passage) for passage in self.library.search(query, self.top).passages]


def as_langchain(passage: Passage) -> LangChainDocument:
    """A passage as a LangChain document."""
    metadata: dict[str, Any] = {
        "source": passage.document.source,
        "locator": passage.chunk.locator,
        "title": passage.document.title,
        "status": passage.document.status,
        "page": passage.chunk.page,
        "score": passage.score,
    }
    return LangChainDocument(page_content=passage.chunk.text, metadata=metadata, id=passage.chunk.id)


def _coverage(rarity: Mapping[str, float], chunk: Chunk, document: Document) -> float:
    have = set(tokens(" ".join((chunk.index_text(document.title), *chunk.questions))))
    return sum(weight for word, weight in rarity.items() if word in have) / max(sum(rarity.values()), 1e-9)


def _locator_cost(chunk: Chunk) -> float:
    kind = "Pasal 1" if chunk.articles == ("1",) else chunk.locator.split(" ")[0].rstrip(",")
    return LOCATOR_COST.get(kind, 0.0)


def _scaled(values: NDArray[Any]) -> NDArray[Any]:
    low, high = float(values.min()), float(values.max())
    return (values - low) / (high - low) if high > low else np.zeros_like(values, dtype=float)
