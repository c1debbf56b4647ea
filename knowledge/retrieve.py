"""A question in, what the library has on it out: read, encoded, ranked over one generation."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document as LangChainDocument
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from knowledge import generation
from knowledge.chunk import Chunk, Document
from knowledge.embed import SentenceEmbeddings
from knowledge.errors import ModelError, NoGenerationError
from knowledge.parse import SEAM
from knowledge.query import Query, QueryReader
from knowledge.rank import Opened, Passage, open_generation
from knowledge.rerank import Reranker
from knowledge.settings import LibraryConfig

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Found:
    """What a search gave: the question as understood, its vector, the passages, best first.

    `rarity` weighs the question's words: the logarithm of how few chunks hold them. `said`
    is the message alone as understood, without the turns before that it leans on, and
    `said_vector` its vector.
    """

    query: Query
    vector: NDArray[np.float32]
    passages: tuple[Passage, ...]
    rarity: Mapping[str, float]
    said: Query
    said_vector: NDArray[np.float32]


log = logging.getLogger(__name__)


class Library:
    """The generation in use; follows `CURRENT` when it changes.

    A search holds the generation that it began with, so that a switch in another thread
    never gives it half of each.
    """

    def __init__(self, config: LibraryConfig, embeddings: SentenceEmbeddings) -> None:
        self._config = config
        self.embeddings = embeddings
        retrieval = config.retrieval
        self._reranker = Reranker(retrieval.reranker, retrieval.rerank) if retrieval.reranker else None
        self._opening = threading.Lock()
        name = generation.current(config.data.dir)
        if name is None:
            raise NoGenerationError("Pustaka masih kosong. Jalankan: python ingest.py")
        self.opened = open_generation(config.data.dir, name)
        if not self._fits(self.opened):
            raise ModelError("Pustaka dibuat dengan model embedding yang lain. Jalankan: python ingest.py")

    @property
    def manifest(self) -> generation.Manifest:
        """What the generation in use was built from."""
        return self.opened.manifest

    @property
    def reader(self) -> QueryReader:
        """Reads questions against the generation in use."""
        return self.opened.reader

    def refresh(self) -> bool:
        """Open the generation that ingest has switched to since; True when there was one.

        One thread opens it, the others go on with the one before: two Chroma clients that open
        one folder at the same moment break each other.
        """
        name = generation.current(self._config.data.dir)
        if name is None or name == self.opened.manifest.generation or not self._opening.acquire(blocking=False):
            return False
        try:
            if name == self.opened.manifest.generation:
                return False
            opened = open_generation(self._config.data.dir, name)
            if not self._fits(opened):
                log.warning("generasi %s dibuat dengan model embedding yang lain; mulai ulang proses ini", name)
                return False
            self.opened = opened
        finally:
            self._opening.release()
        return True

    def _fits(self, opened: Opened) -> bool:
        """Whether questions are encoded by the model that the generation was."""
        return opened.manifest.recipe.fingerprint == self.embeddings.card.fingerprint

    def documents(self, identifier: str) -> list[Document]:
        """The documents with this id; a regulation's own text and its summary share one."""
        return [document for document in self.manifest.documents if document.id == identifier]

    def articles(self, identifier: str) -> list[str]:
        """Article numbers that the library holds of a document."""
        return [article for (name, article) in self.opened.places if name == identifier]

    def section_text(self, document: str, group: str) -> str:
        """The whole text of a section, of which a chunk may be a part."""
        parts = [c.text for c in self.opened.chunks if c.document == document and c.group == group]
        return "\n".join(part.replace(SEAM, "\n") for part in parts)

    def texts_of(self, document: str) -> tuple[str, ...]:
        """The texts of a document's chunks in their order."""
        return tuple(chunk.text for chunk in self.opened.chunks if chunk.document == document)

    def around(self, document: str, group: str) -> tuple[Chunk | None, Chunk | None]:
        """The first chunks of the sections before and after a section of a document."""
        firsts = {c.group: c for c in reversed(self.opened.chunks) if c.document == document}
        order = sorted(firsts, key=lambda name: int(name.rpartition("#")[2]))
        if group not in firsts:
            return None, None
        at = order.index(group)
        before = firsts[order[at - 1]] if at else None
        return before, firsts[order[at + 1]] if at + 1 < len(order) else None

    def search(self, question: str, top: int = 5, earlier: str = "") -> Found:
        """The `top` passages for a question, one for each article or section.

        `earlier` is what the question leans on from the turns before: it gives the topic,
        but what is asked now weighs more, by words and by meaning.
        """
        self.refresh()
        opened = self.opened
        query = said = opened.reader.read(question, earlier)
        vector = said_vector = self.embeddings.encode_query(query.expanded)
        if earlier:
            said = opened.reader.read(question)
            said_vector = self.embeddings.encode_query(said.expanded)
            vector = vector + said_vector
            vector = vector / float((vector @ vector) ** 0.5)
        wanted = max(top, self._config.retrieval.rerank) if self._reranker else top
        passages = opened.rank(query, vector, wanted, self._config.retrieval)
        if self._reranker:
            passages = self._reranker.rerank(query, passages)[:top]
        return Found(query, vector, passages, opened.rarity(query), said, said_vector)

    def first_for(self, chunk: Chunk, n: int) -> tuple[Query, NDArray[np.float32], str] | None:
        """What the `n`-th question of a library section is read as, its vector, and the id of
        the chunk that ranks first for it; None when the section is not here any more.

        The vector comes from the index, so this costs no encoding (3 ms).
        """
        opened = self.opened
        stored = opened.question_vector(chunk, n)
        if stored is None:
            return None
        query = opened.reader.read(chunk.questions[n])
        first = opened.rank(query, stored, 1, self._config.retrieval)
        return query, stored, first[0].chunk.id


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
