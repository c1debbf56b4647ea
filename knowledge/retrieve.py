"""A question in, what the library has on it out: read, encoded, ranked over one generation."""

from __future__ import annotations

import logging
import threading
import time
import weakref
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document as LangChainDocument
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from knowledge import generation, soundness
from knowledge.chunk import Chunk, Document, Entries
from knowledge.embed import EmbeddingCache, SentenceEmbeddings
from knowledge.errors import IndexUnreachableError, KnowledgeError, ModelError, NoGenerationError
from knowledge.follow_up import asks_again
from knowledge.found import Found, with_parts, with_sides
from knowledge.in_force import on
from knowledge.legal_graph import LegalGraph
from knowledge.legal_status import ARTICLE, references
from knowledge.parse import SEAM
from knowledge.query import Query, QueryReader
from knowledge.question_parts import parts_of, request_of, sides_of
from knowledge.rank import Opened, Passage, Similarities, open_generation, similarities
from knowledge.rerank import Reranker
from knowledge.settings import LibraryConfig
from knowledge.shared import Shared, shared_of
from knowledge.sources import Status

log = logging.getLogger(__name__)

DAMAGED = "generation %s is damaged on disk and not opened; %s serves. Run: python ingest.py"
# A question waits so long at most for a generation that has just been switched to (seconds).
LONGEST_WAIT = 0.1
# The encoder's cosines of passages on one topic differ by about this.
NEARLY_THE_SAME = 0.03
# Between two looks at what the machines share, and from a failure of the server to the next question to it.
MIRROR_SECONDS = 2.0
UNREACHABLE_SECONDS = 5.0
# Without the server so many chunks are compared, the best by words.
BY_WORDS = 20

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class _Asked:
    """A question as read with what it leans on, and alone; the same where it stands alone."""

    query: Query
    said: Query

    @classmethod
    def of(cls, reader: QueryReader, text: str, earlier: str) -> _Asked:
        query = reader.read(text, earlier)
        return cls(query, reader.read(text) if earlier else query)

    @property
    def texts(self) -> tuple[str, ...]:
        """What the encoder gets."""
        return (self.query.expanded,) if self.query is self.said else (self.query.expanded, self.said.expanded)


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
        self._damaged: str | None = None
        # Why the server of the vectors does not answer; "" while it does.
        self.unreachable = ""
        self._ask_again_at = 0.0
        self._shared = shared_of(config)
        name = soundness.newest_sound(config.data.dir, self._shared)
        current = generation.current(config.data.dir)
        if name is None:
            state = "rusak" if current else "masih kosong"
            raise NoGenerationError(f"Pustaka {state}. Jalankan: python ingest.py")
        if name != current:
            self._damaged = current
            log.error(DAMAGED, self._damaged, name)
        self.opened = open_generation(config.data.dir, name, self._shared)
        if not self._fits(self.opened):
            raise ModelError("Pustaka dibuat dengan model embedding yang lain. Jalankan: python ingest.py")
        if self._shared:
            mirror = (weakref.ref(self), self._shared, config.data.dir)
            threading.Thread(target=_mirror, args=mirror, name="mirror", daemon=True).start()

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
        one folder at the same moment break each other. One that is damaged is not opened.
        """
        before = self.opened
        if self._shared:
            # What cannot be reached now is looked at again by `_mirror`, which says so.
            with suppress(KnowledgeError):
                self._shared.mirror(self._config.data.dir)
        name = self._switched_to()
        if name:
            self._open(name)
        return self.opened is not before

    def _follow(self) -> None:
        """Open a new generation beside the questions; the one that notices it waits for it a moment."""
        name = self._switched_to()
        if name:
            opening = threading.Thread(target=self._open, args=(name,), name="open-generation", daemon=True)
            opening.start()
            opening.join(LONGEST_WAIT)

    def _switched_to(self) -> str | None:
        """The name of a generation to open, with the lock held for it; None when there is none."""
        name = generation.current(self._config.data.dir)
        if name in {None, self.opened.manifest.generation, self._damaged} or not self._opening.acquire(blocking=False):
            return None
        if name == self.opened.manifest.generation:
            self._opening.release()
            return None
        return name

    def _open(self, name: str) -> None:
        try:
            if not soundness.is_sound(self._config.data.dir, name, self._shared):
                self._damaged = name
                log.error(DAMAGED, name, self.opened.manifest.generation)
                return
            opened = open_generation(self._config.data.dir, name, self._shared)
            if self._fits(opened):
                self.opened = opened
            else:
                self._damaged = name
                log.warning("generation %s was built with another embedding model; restart this process", name)
        except IndexUnreachableError as error:
            log.warning("generation %s is not opened yet: %s", name, error)
        finally:
            self._opening.release()

    def _fits(self, opened: Opened) -> bool:
        """Whether questions are encoded by the model that the generation was."""
        return opened.manifest.recipe.fingerprint == self.embeddings.card.fingerprint

    def documents(self, identifier: str) -> list[Document]:
        """The documents with this id; a regulation's own text and its summary share one."""
        return [document for document in self.manifest.documents if document.id == identifier]

    def articles(self, identifier: str) -> list[str]:
        """Article numbers that the library holds of a document."""
        return list(self.opened.columns.articles(identifier))

    def section_text(self, document: str, group: str) -> str:
        """The whole text of a section, of which a chunk may be a part."""
        opened = self.opened
        parts = [opened.chunks[i].text for i in opened.columns.of_section(document, group)]
        return "\n".join(part.replace(SEAM, "\n") for part in parts)

    def chunks_of(self, document: str) -> list[Chunk]:
        """A document's chunks in their order."""
        opened = self.opened
        return [opened.chunks[i] for i in opened.columns.of_document(document)]

    def texts_of(self, document: str) -> tuple[str, ...]:
        """The texts of a document's chunks in their order."""
        return tuple(chunk.text for chunk in self.chunks_of(document))

    def around(self, document: str, group: str) -> tuple[Chunk | None, Chunk | None]:
        """The first chunks of the sections before and after a section of a document."""
        opened = self.opened
        firsts = [opened.chunks[i] for i in opened.columns.first_of_sections(document)]
        firsts.sort(key=lambda chunk: int(chunk.group.rpartition("#")[2]))
        at = next((at for at, chunk in enumerate(firsts) if chunk.group == group), None)
        if at is None:
            return None, None
        return firsts[at - 1] if at else None, firsts[at + 1] if at + 1 < len(firsts) else None

    def search(self, question: str, top: int = 5, earlier: str = "") -> Found:
        """The `top` passages for a question, one for each article or section.

        `earlier` is what the question leans on from the turns before: it gives the topic,
        but what is asked now weighs more, by words and by meaning. So does what a letter asks, beside its occasion.
        """
        self._follow()
        if earlier and asks_again(question):
            question, earlier = earlier, ""
        opened = self.opened
        request, occasion = request_of(question)
        earlier = f"{earlier} {occasion}".strip()
        asked = [_Asked.of(opened.reader, request, earlier)]
        parts = parts_of(request)
        sides = None if parts or asked[0].query.articles else sides_of(request)
        for part in parts:
            asked.append(_Asked.of(opened.reader, part.text, f"{earlier} {part.topic}".strip()))
        asked += [_Asked.of(opened.reader, f"Apa itu {side}?", "") for side in sides or ()]
        vectors = self.embeddings.encode_together([text for one in asked for text in one.texts])
        found = [self._found(opened, one, [vectors.pop(0) for _ in one.texts], top) for one in asked]
        if occasion:
            # What kind of message a letter is, the whole of it says.
            found[0] = replace(found[0], said=found[0].query, said_vector=found[0].vector)
        return (with_sides if sides else with_parts)(found[0], found[1:], top)

    def _found(self, opened: Opened, asked: _Asked, vectors: Sequence[NDArray[np.float32]], top: int) -> Found:
        """What there is on one question, of whose `texts` these are the vectors."""
        query, said = asked.query, asked.said
        vector, said_vector = vectors[0], vectors[-1]
        if query is not said:
            vector = vector + said_vector
            vector = vector / float((vector @ vector) ** 0.5)
        wanted = max(top, self._config.retrieval.rerank) if self._reranker else top
        passages = self._rank(opened, query, vector, wanted)
        if self._reranker:
            passages = self._reranker.rerank(query, passages)[:top]
        repealed = _repealed(query, opened.manifest.graph)
        successor = self._successor(opened, query, passages[0]) if passages else None
        if successor and _takes_the_lead(successor, passages[0], query):
            group = successor.chunk.group
            others = [passage for passage in passages if passage.chunk.group != group]
            passages = (replace(successor, score=passages[0].score), *others[: top - 1])
            successor = None
        return Found(query, vector, passages, opened.rarity(query), said, said_vector, successor, repealed)

    def _successor(self, opened: Opened, query: Query, first: Passage) -> Passage | None:
        """What stands in place of a first passage that is repealed."""
        if not (first.then or first.document).replaced_by:
            return None
        asked = query.text
        for reference in reversed(references(asked)):
            asked = asked[: reference.start] + asked[reference.end :]
        topic = opened.reader.read(ARTICLE.sub("", asked))
        try:
            return opened.corresponding(
                first, replace(topic, when=query.when), self.embeddings.encode_query(topic.expanded)
            )
        except IndexUnreachableError:
            return None

    def _rank(self, opened: Opened, query: Query, vector: NDArray[np.float32], top: int) -> tuple[Passage, ...]:
        """The passages for a query; while the server of the vectors does not answer, those that the
        words find, compared by vectors of our own."""
        near: Similarities | None = None
        if self.unreachable and time.monotonic() < self._ask_again_at:
            near = self._near_by_words(opened, query, vector)
        try:
            passages = opened.rank(query, vector, top, self._config.retrieval, near)
        except IndexUnreachableError as error:
            if not self.unreachable:
                log.error("%s Until then the words alone search.", error)
            self.unreachable, self._ask_again_at = str(error), time.monotonic() + UNREACHABLE_SECONDS
            near = self._near_by_words(opened, query, vector)
            return opened.rank(query, vector, top, self._config.retrieval, near)
        if near is None:
            self.unreachable = ""
        return passages

    def _near_by_words(self, opened: Opened, query: Query, vector: NDArray[np.float32]) -> Similarities:
        """How near the chunks are that hold most of the words. Encoding what is in no cache of this
        machine takes a moment."""
        scores = opened.by_words(query)
        best = sorted(int(i) for i in scores.argsort()[::-1][:BY_WORDS])
        searched = Entries([opened.chunks[i] for i in best], opened.manifest.documents)
        cache = EmbeddingCache(self._config.data.dir / "embeddings.sqlite")
        encoders = (self.embeddings.encode_passages, self.embeddings.encode_queries)
        vectors = cache.entry_vectors(self.embeddings.card.fingerprint, searched, encoders)
        cache.close()
        led_to = ((best[entry.ordinal], entry.is_question) for entry in searched)
        return similarities(zip(led_to, map(float, vectors @ vector), strict=True))

    def own_question(self, chunk: Chunk, n: int) -> tuple[Query, NDArray[np.float32]] | None:
        """What the `n`-th question of a library section is read as, and its vector, which the index holds; None when
        the section is not here any more."""
        opened = self.opened
        try:
            stored = opened.question_vector(chunk, n)
        except IndexUnreachableError:
            return None
        return None if stored is None else (opened.reader.read(chunk.questions[n]), stored)


def _mirror(library: weakref.ref[Library], shared: Shared, data_dir: Path) -> None:
    """Keep the copy of this machine in line for as long as the library is used; a search then opens
    what is new."""
    is_well = True
    while library() is not None:
        time.sleep(MIRROR_SECONDS)
        try:
            shared.mirror(data_dir)
            is_well = True
        except (KnowledgeError, OSError) as error:
            if is_well:
                log.warning("the shared library cannot be looked at: %s", error)
            is_well = False


def _takes_the_lead(successor: Passage, first: Passage, query: Query) -> bool:
    """Whether what is in force says nearly the same as a repealed text that nobody asked for.

    A library document that is repealed says so itself, and what applies instead.
    """
    wanted = query.asks_for_old or first.document.id in query.documents or first.document.curated
    return not wanted and successor.similarity >= first.similarity - NEARLY_THE_SAME


def _repealed(query: Query, graph: LegalGraph) -> dict[str, tuple[str, ...]]:
    when = query.when or on(date.today())
    named = (*query.documents, *query.mentioned)
    return {code: graph.instead_of(code, when) for code in named if graph.status(code, when) == Status.REPEALED}


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
