"""One opened generation and a query in, ranked passages out: dense and lexical search, fused.

Everything here is read from one directory that nobody writes to again, and nothing of it
changes after it was opened, so any number of threads may search in it.
"""

from __future__ import annotations

import re
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from knowledge import generation
from knowledge.chunk import Chunk, Document, Entry, entries, question_id
from knowledge.in_force import NOT_YET, Period, amended_by_then, on, status_at
from knowledge.legal_graph import LegalGraph
from knowledge.lexical import LexicalIndex, tokens
from knowledge.query import Query, QueryReader
from knowledge.structure import CHART

if TYPE_CHECKING:
    from chromadb.api.models.Collection import Collection
    from numpy.typing import NDArray

    from knowledge.settings import RetrievalSettings
    from knowledge.shared import Shared

# How far a passage falls behind one in force, on the fused scale of 0 to 1.
STATUS_COST = {"dicabut": 0.15, "rancangan": 0.10, "arsip": 0.03, NOT_YET: 0.15}
# A question about another time has one right answer, what was in force then; guides tell of the present.
COST_THEN = {"dicabut": 0.6, "rancangan": 0.3, NOT_YET: 0.6}
UNDATED_COST = 0.15
# A provision that a law still holds but a later one has set aside; its heading says so.
SET_ASIDE = re.compile(r"(?:tidak|jangan)\s+(?:dipakai|berlaku)\s+lagi|menurut aturan lama|bukan aturan final", re.I)
# Guides and questions with answers repeat what a regulation says; the source itself goes first.
KIND_COST = {"tanya-jawab": 0.12, "panduan": 0.06, "pembiayaan": 0.06}
# The article is what an official cites; its preamble, explanation and definitions less so.
# The list of region codes answers only who asks for a code. A chart names units and says nothing of them.
LOCATOR_COST = {"Penjelasan": 0.10, "Pembukaan": 0.20, "Pasal 1": 0.10, "Kode": 0.30, CHART: 0.20}
# A question is nearer to another question than to the passage that answers both.
QUESTION_COST = 0.04
# Who asks in the very words of a question that a section answers, or names only the term that it explains.
SAME_QUESTION = 0.15
DEFINES = re.compile(r"^(?:Apa itu|Apa yang dimaksud|Arti)\b|\bitu (?:apa|siapa)\b")
NAMED_DOCUMENT = 0.35
NAMED_ARTICLE = 2.0
SPEAKS_OF_NAMED = 0.15
RELATED_WEIGHT = 0.4
EARLIER_WEIGHT = 0.5
# Of one library document at most so many, unless it was named: the others have something to
# say too. A regulation's own text is not held back: there it cost .04 nDCG@10.
MOST_OF_DOCUMENT = 2
SPEAKS_OF_OLD = 0.15
# For holding all rare words of a question in Indonesian, among the best 40: MRR +.007 on our own questions.
COVERAGE_WEIGHT, COVERED = 0.1, 40
FEW_WORDS = 3
# Of so many periods the documents' status is remembered; a new one costs 1 ms.
MOST_PERIODS = 50


@dataclass(frozen=True)
class Passage:
    """A chunk with its document. `score` is the fused one; `similarity` the cosine to the
    question and `coverage` the share of the question's words (by rarity) that it holds.
    `then` is the document as it stood at the time that is asked about, None without one."""

    chunk: Chunk
    document: Document
    score: float
    similarity: float
    coverage: float
    then: Document | None = None


@dataclass(frozen=True)
class Similarities:
    """Cosines of chunks to a question, by ordinal: of their text, of their nearest question,
    and `floor`, the least that the search gave, which stands for those that it did not give."""

    texts: Mapping[int, float]
    questions: Mapping[int, float]
    floor: float

    def best(self, ordinal: int) -> float:
        """How near a chunk is, by its text or by a question that it answers."""
        of_question = self.questions.get(ordinal, self.floor) - QUESTION_COST
        return max(self.texts.get(ordinal, self.floor), of_question)


@dataclass(frozen=True, eq=False)
class Opened:
    """A generation, open for reading. `places` gives the ordinals of an article's chunks by
    document id and number, `mentioned_in` those of the chunks that speak of a regulation.

    `asking` is around each call of the collection: where that is on a server, IndexUnreachableError is
    raised when it does not answer."""

    manifest: generation.Manifest
    index: LexicalIndex
    collection: Collection
    documents: Mapping[str, Document]
    chunks: tuple[Chunk, ...]
    entries: Mapping[str, Entry]
    places: Mapping[tuple[str, str], Sequence[int]]
    mentioned_in: Mapping[str, Sequence[int]]
    same_question: Mapping[frozenset[str], Sequence[int]]
    set_aside: NDArray[np.float64]
    document_of: NDArray[np.intp]
    place_costs: NDArray[np.float64]
    vocabulary: Mapping[str, int]
    reader: QueryReader
    asking: Callable[[], AbstractContextManager[None]] = nullcontext
    _as_of: dict[tuple[date, date], Mapping[str, Document]] = field(default_factory=dict, repr=False)

    def rank(
        self,
        query: Query,
        vector: NDArray[np.float32],
        top: int,
        retrieval: RetrievalSettings,
        near: Similarities | None = None,
    ) -> tuple[Passage, ...]:
        """The `top` passages for a query and its vector, one for each article or section.

        `near` is what is near it, where that is known without the collection.
        """
        lexical = self.by_words(query)
        near = near or self._similarities(vector, 2 * retrieval.candidates)
        best_lexical = np.argsort(-lexical)[: retrieval.candidates]
        named = self._named(query)
        ordinals = sorted({*near.texts, *near.questions, *(int(i) for i in best_lexical if lexical[i] > 0), *named})
        if not ordinals:
            return ()
        weight = retrieval.dense_weight
        fused = weight * _scaled(self._dense(near, ordinals)) + (1 - weight) * _scaled(lexical[ordinals])
        fused = fused - self.place_costs[ordinals]
        if query.when or not query.asks_for_old:
            fused = fused - self._status_costs(query)[ordinals]
        same = set(self.same_question.get(frozenset(query.words), ()))
        fused = fused + np.array([named.get(i, 0.0) + SAME_QUESTION * (i in same) for i in ordinals])
        best = [(ordinals[at], float(fused[at])) for at in np.argsort(-fused, kind="stable")]
        return self._passages(query, self._by_coverage(query, best), near, top)

    def _by_coverage(self, query: Query, best: list[tuple[int, float]]) -> list[tuple[int, float]]:
        """The candidates anew, those before that hold the question's rare words: "Danau Toba", not "smart city"."""
        rarity = {} if query.language == "en" else self.rarity(query)
        held = [_coverage(rarity, self.chunks[i], self.documents[self.chunks[i].document]) for i, _ in best[:COVERED]]
        first = [(i, score + COVERAGE_WEIGHT * share) for (i, score), share in zip(best, held, strict=False)]
        return [*sorted(first, key=lambda item: -item[1]), *best[COVERED:]]

    def by_words(self, query: Query) -> NDArray[np.float32]:
        """The lexical score of every chunk."""
        lexical = self.index.scores(query.words) + RELATED_WEIGHT * self.index.scores(query.related)
        return np.asarray(lexical + EARLIER_WEIGHT * self.index.scores(query.earlier), dtype=np.float32)

    def rarity(self, query: Query) -> dict[str, float]:
        """The weight of each word of the question: the logarithm of how few chunks hold it.

        A word of an earlier turn counts half.
        """
        total = len(self.chunks) + 1
        weights = {**dict.fromkeys(query.earlier, EARLIER_WEIGHT), **dict.fromkeys(query.words, 1.0)}
        return {
            word: weight * float(np.log(total / (1 + self.vocabulary.get(word, 0)))) for word, weight in weights.items()
        }

    def corresponding(self, passage: Passage, query: Query, vector: NDArray[np.float32]) -> Passage | None:
        """The passage of what replaced a repealed document that answers a query, which names
        no regulation, or that says most nearly the same where the query says little.

        None when nothing replaced it, or nothing of that is here.
        """
        document = passage.then or passage.document
        keys = {d.key for d in self.manifest.documents if d.id in document.replaced_by}
        if document.status != "dicabut" or not keys:
            return None
        ordinals = [i for i, chunk in enumerate(self.chunks) if chunk.document in keys]
        asked = {i: [question_id(self.chunks[i], n) for n in range(len(self.chunks[i].questions))] for i in ordinals}
        wanted = [passage.chunk.id, *(self.chunks[i].id for i in ordinals), *(q for ids in asked.values() for q in ids)]
        with self.asking():
            stored = self.collection.get(ids=wanted, include=["embeddings"])
        found = dict(zip(stored["ids"], np.asarray(stored["embeddings"], dtype=np.float32), strict=True))
        # "Isi pasal 5" says nothing of what the article is about; its text does.
        both = vector + found[passage.chunk.id] if len(query.words) < FEW_WORDS else vector
        both = both / np.linalg.norm(both)
        texts = {i: float(found[self.chunks[i].id] @ both) for i in ordinals}
        questions = {i: max(float(found[q] @ vector) for q in ids) for i, ids in asked.items() if ids}
        near = self._dense(Similarities(texts, questions, min(texts.values())), ordinals)
        words = self.index.scores(query.words)[ordinals]
        # What speaks of the old rule, such as its repeal, is hardly what stands in its place.
        speaks = [SPEAKS_OF_OLD * (document.id in self.chunks[i].mentions) for i in ordinals]
        costs = self.place_costs[ordinals] + self.set_aside[ordinals] + np.array(speaks)
        best = int(np.argmax((_scaled(near) + _scaled(words)) / 2 - costs))
        chunk = self.chunks[ordinals[best]]
        now = self.as_of(on(date.today()))[chunk.document]
        then = self.as_of(query.when)[chunk.document] if query.when else None
        coverage = _coverage(self.rarity(query), chunk, now)
        return Passage(chunk, now, 0.0, texts[ordinals[best]], coverage, then)

    def as_of(self, when: Period) -> Mapping[str, Document]:
        """The documents by key, with the legal status that each had in a period."""
        key = (when.first, when.last)
        if key not in self._as_of:
            graph = self.manifest.graph
            if len(self._as_of) > MOST_PERIODS:
                self._as_of.clear()
            self._as_of[key] = {k: _as_of(document, graph, when) for k, document in self.documents.items()}
        return self._as_of[key]

    def _status_costs(self, query: Query) -> NDArray[np.float64]:
        """How far each chunk falls behind for the status of its document, now or at the time asked about."""
        documents = self.as_of(query.when or on(date.today())).values()
        if query.when is None:
            costs = np.array([STATUS_COST.get(document.status, 0.0) for document in documents])
            return np.array(np.maximum(costs[self.document_of], self.set_aside))
        costs = np.array(
            [
                0.0 if d.id in query.documents else COST_THEN.get(d.status, UNDATED_COST * (d.kind != "regulasi"))
                for d in documents
            ]
        )
        return costs[self.document_of]

    def _speaking_of(self, code: str) -> Sequence[int]:
        """Chunks that name a regulation that has no document here, else those of what replaced it."""
        if code in self.mentioned_in:
            return self.mentioned_in[code]
        keys = {
            d.key for d in self.manifest.documents if d.id in self.manifest.graph.instead_of(code, on(date.today()))
        }
        return [i for i, chunk in enumerate(self.chunks) if chunk.document in keys]

    def question_vector(self, chunk: Chunk, n: int) -> NDArray[np.float32] | None:
        """The vector of a chunk's `n`-th question, None when it is not in this generation."""
        with self.asking():
            stored = self.collection.get(ids=[question_id(chunk, n)], include=["embeddings"])["embeddings"]
        return np.asarray(stored[0], dtype=np.float32) if stored is not None and len(stored) else None

    def _dense(self, near: Similarities, ordinals: Sequence[int]) -> NDArray[np.float64]:
        """Text and nearest question half and half: better than the nearer of the two by .025 MRR."""
        values = []
        for i in ordinals:
            of_text = near.texts.get(i, near.floor)
            of_question = near.questions.get(i, near.floor) - QUESTION_COST
            values.append((of_text + of_question) / 2 if self.chunks[i].questions else of_text)
        return np.array(values)

    def _passages(
        self, query: Query, best: Sequence[tuple[int, float]], near: Similarities, top: int
    ) -> tuple[Passage, ...]:
        rarity = self.rarity(query)
        now = self.as_of(on(date.today()))
        then = self.as_of(query.when) if query.when else {}
        found: list[Passage] = []
        seen: set[tuple[str, str]] = set()
        for ordinal, score in best:
            chunk = self.chunks[ordinal]
            document = now[chunk.document]
            of_document = sum(key == chunk.document for key, _ in seen)
            enough = document.curated and document.id not in query.documents and of_document >= MOST_OF_DOCUMENT
            if enough or (chunk.document, chunk.group) in seen:
                continue
            seen.add((chunk.document, chunk.group))
            coverage = _coverage(rarity, chunk, document)
            found.append(Passage(chunk, document, score, near.best(ordinal), coverage, then.get(chunk.document)))
            if len(found) == top:
                break
        return tuple(found)

    def _similarities(self, vector: NDArray[np.float32], wanted: int) -> Similarities:
        """What Chroma finds nearest among the texts and the questions."""
        with self.asking():
            result = self.collection.query(
                query_embeddings=vector[None], n_results=min(wanted, len(self.entries)), include=["distances"]
            )
        distances = (result["distances"] or [[]])[0]
        found = zip(result["ids"][0], distances, strict=True)
        return similarities((self.entries[identifier], 1.0 - distance) for identifier, distance in found)

    def _named(self, query: Query) -> dict[int, float]:
        """What the question names: its article goes first, its document forward."""
        boosts: dict[int, float] = {}
        for code in query.mentioned:
            boosts.update(dict.fromkeys(self._speaking_of(code), NAMED_DOCUMENT))
        for identifier in query.documents:
            keys = {document.key for document in self.manifest.documents if document.id == identifier}
            for i, chunk in enumerate(self.chunks):
                if chunk.document in keys:
                    boosts[i] = NAMED_DOCUMENT
            # Guides and collections of questions that speak of it, unless one article is wanted.
            for i in self.mentioned_in.get(identifier, ()) if not query.articles else ():
                if self.documents[self.chunks[i].document].curated:
                    boosts.setdefault(i, SPEAKS_OF_NAMED)
            for article in query.articles:
                boosts.update(dict.fromkeys(self.places.get((identifier, article), ()), NAMED_ARTICLE))
        return boosts


def similarities(found: Iterable[tuple[Entry, float]]) -> Similarities:
    """The cosines of entries, by what they lead to."""
    texts: dict[int, float] = {}
    questions: dict[int, float] = {}
    floor = 1.0
    for entry, cosine in found:
        kind = questions if entry.is_question else texts
        kind[entry.ordinal] = max(cosine, kind.get(entry.ordinal, -1.0))
        floor = min(floor, cosine)
    return Similarities(texts, questions, floor)


def open_generation(data_dir: Path, name: str, shared: Shared | None = None) -> Opened:
    """Open the generation `name`; its store closes when nobody holds the result any more.

    Raises IndexUnreachableError where its server does not answer.
    """
    folder = generation.index_dir(data_dir) / name
    manifest = generation.read_manifest(data_dir, name)
    index = LexicalIndex(folder / "lexical")
    documents = {document.key: document for document in manifest.documents}
    places_of = {key: i for i, key in enumerate(documents)}
    chunks = tuple(generation.chunk_of(index.record(i)) for i in range(len(index)))
    mentioned_in: dict[str, list[int]] = {}
    places: dict[tuple[str, str], list[int]] = {}
    same_question: dict[frozenset[str], list[int]] = {}
    for i, chunk in enumerate(chunks):
        asked = [*chunk.questions, chunk.locator] if DEFINES.search(chunk.locator) else chunk.questions
        for question in asked:
            same_question.setdefault(frozenset(tokens(question)), []).append(i)
        # The preamble of a law names what it rests on; that says nothing about those.
        for code in chunk.mentions if chunk.locator != "Pembukaan" else ():
            mentioned_in.setdefault(code, []).append(i)
        for article in chunk.articles:
            places.setdefault((documents[chunk.document].id, article), []).append(i)
    vocabulary = {word: index.document_frequency(word) for word in index.vocabulary}
    client = generation.connect(folder, shared)
    asking = shared.asking if shared else nullcontext
    with asking():
        collection = client.get_collection(generation.collection_of(folder, shared), embedding_function=None)
    opened = Opened(
        manifest=manifest,
        index=index,
        collection=collection,
        documents=documents,
        chunks=chunks,
        entries={entry.id: entry for entry in entries(chunks, manifest.documents)},
        places=places,
        mentioned_in=mentioned_in,
        same_question=same_question,
        set_aside=np.array([STATUS_COST["dicabut"] * bool(SET_ASIDE.search(chunk.heading)) for chunk in chunks]),
        document_of=np.array([places_of[chunk.document] for chunk in chunks]),
        place_costs=np.array([_place_cost(chunk, documents[chunk.document]) for chunk in chunks]),
        vocabulary=vocabulary,
        reader=QueryReader(vocabulary, manifest.documents, frozenset(mentioned_in) | _replaced(manifest)),
        asking=asking,
    )
    weakref.finalize(opened, client.close).atexit = False
    return opened


def _replaced(manifest: generation.Manifest) -> set[str]:
    """Codes of repealed regulations without a document here, whose replacement has one."""
    ids = {document.id for document in manifest.documents}
    return {s.code for s in manifest.graph.standings if s.status == "dicabut" and ids & set(s.repealed_by)}


def _as_of(document: Document, graph: LegalGraph, when: Period) -> Document:
    return replace(
        document,
        status=str(status_at(document, document.id, when)),
        replaced_by=graph.instead_of(document.id, when),
        amended_by=amended_by_then(document.amended_by, when),
    )


def _coverage(rarity: Mapping[str, float], chunk: Chunk, document: Document) -> float:
    have = _words(chunk, document.title)
    return sum(weight for word, weight in rarity.items() if word in have) / max(sum(rarity.values()), 1e-9)


@lru_cache(maxsize=2048)
def _words(chunk: Chunk, title: str) -> frozenset[str]:
    return frozenset(tokens(" ".join((chunk.index_text(title), *chunk.questions))))


def _place_cost(chunk: Chunk, document: Document) -> float:
    kind = "Pasal 1" if chunk.articles == ("1",) else chunk.locator.split(" ")[0].rstrip(",")
    return LOCATOR_COST.get(kind, 0.0) + KIND_COST.get(document.kind, 0.0)


def _scaled(values: NDArray[Any]) -> NDArray[Any]:
    low, high = float(values.min()), float(values.max())
    return (values - low) / (high - low) if high > low else np.zeros_like(values, dtype=float)
