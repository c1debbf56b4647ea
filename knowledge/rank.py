"""One opened generation and a query in, ranked passages out: dense and lexical search, fused.

Everything here is read from one directory that nobody writes to again, and nothing of it
changes after it was opened, so any number of threads may search in it.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from knowledge import generation, text_vectors, vector_index
from knowledge.batched import Batched
from knowledge.chunk import Chunk, Document, question_id
from knowledge.columns import Columns, columns
from knowledge.in_force import NOT_YET, Period, amended_by_then, on, status_at
from knowledge.legal_graph import LegalGraph
from knowledge.lexical import LexicalIndex
from knowledge.query import Query, QueryReader
from knowledge.text_vectors import TextVectors

if TYPE_CHECKING:
    from chromadb.api.models.Collection import Collection
    from numpy.typing import NDArray

    from knowledge.settings import RetrievalSettings
    from knowledge.shared import Shared

    Wanted = tuple[NDArray[np.float32], int]
    Near = list[tuple[str, float]]

# How far a passage falls behind one in force, on the fused scale of 0 to 1.
STATUS_COST = {"dicabut": 0.15, "rancangan": 0.10, "arsip": 0.03, NOT_YET: 0.15}
# A question about another time has one right answer, what was in force then; guides tell of the present.
COST_THEN = {"dicabut": 0.6, "rancangan": 0.3, NOT_YET: 0.6}
UNDATED_COST = 0.15
# A question is nearer to another question than to the passage that answers both.
QUESTION_COST = 0.04
# Who asks in the very words of a question that a section answers, or names only the term that it explains.
SAME_QUESTION = 0.15
NAMED_DOCUMENT = 0.35
NAMED_ARTICLE = 2.0
SPEAKS_OF_NAMED = 0.15
RELATED_WEIGHT = 0.4
EARLIER_WEIGHT = 0.5
# Of one library document at most so many, unless it was named: the others have something to
# say too. A regulation's own text is not held back: there it cost .04 nDCG@10.
MOST_OF_DOCUMENT = 2
SPEAKS_OF_OLD = 0.15
# For holding all rare words of a question ("Danau Toba", not "smart city"): MRR +.007 on our own questions.
COVERAGE_WEIGHT = 0.1
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
    """A generation, open for reading; its chunks stay on disk.

    `asking` is around each call of the collections: where those are on a server, IndexUnreachableError is
    raised when it does not answer."""

    manifest: generation.Manifest
    index: LexicalIndex
    collections: Sequence[Collection]
    # Of questions at the same moment the collections are asked together: half the work.
    nearest: Batched[Wanted, Near]
    texts: TextVectors | None
    documents: Mapping[str, Document]
    chunks: Sequence[Chunk]
    columns: Columns
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

        `near` is what is near it, where that is known without the collections.
        """
        lexical = self.by_words(query)
        near = near or self._similarities(vector, 2 * retrieval.candidates)
        best_lexical = _highest(lexical, retrieval.candidates)
        named = self._named(query)
        ordinals = sorted({*near.texts, *near.questions, *(i for i in best_lexical if lexical[i] > 0), *named})
        if not ordinals:
            return ()
        if self.texts:
            cosines = self.texts.cosines(vector, ordinals).tolist()
            near = replace(near, texts=dict(zip(ordinals, cosines, strict=True)))
        weight = retrieval.dense_weight
        fused = weight * _scaled(self._dense(near, ordinals)) + (1 - weight) * _scaled(lexical[ordinals])
        fused = fused - self.columns.place_costs[ordinals]
        if query.when or not query.asks_for_old:
            fused = fused - self._status_costs(query, ordinals)
        same = set(self.columns.same_question.get(frozenset(query.words), ()))
        fused = fused + np.array([named.get(i, 0.0) + SAME_QUESTION * (i in same) for i in ordinals])
        held = self.index.coverage(self.rarity(query), ordinals)
        # An English question shares no words with Indonesian text.
        fused = fused + (COVERAGE_WEIGHT * held if query.language != "en" else 0.0)
        order = np.argsort(-fused, kind="stable").tolist()
        found = [(ordinals[at], float(fused[at]), float(held[at])) for at in order]
        return self._passages(query, found, near, top)

    def by_words(self, query: Query) -> NDArray[np.float32]:
        """The lexical score of every chunk."""
        lexical = self.index.scores(query.words) + RELATED_WEIGHT * self.index.scores(query.related)
        return np.asarray(lexical + EARLIER_WEIGHT * self.index.scores(query.earlier), dtype=np.float32)

    def rarity(self, query: Query) -> dict[str, float]:
        """The weight of each word of the question: the logarithm of how few chunks hold it.

        A word of an earlier turn counts half.
        """
        # One more: a word that all chunks hold weighs little, not nothing, and a library may have one chunk.
        total = len(self.chunks) + 2
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
        if document.status != "dicabut":
            return None
        chunks = {i: self.chunks[i] for i in self.columns.of_documents(document.replaced_by)}
        if not chunks:
            return None
        ordinals = list(chunks)
        asked = {i: [question_id(chunk, n) for n in range(len(chunk.questions))] for i, chunk in chunks.items()}
        ids = [chunk.id for chunk in chunks.values()]
        wanted = [passage.chunk.id, *ids, *(q for questions in asked.values() for q in questions)]
        with self.asking():
            found = vector_index.stored(self.collections, wanted)
        # "Isi pasal 5" says nothing of what the article is about; its text does.
        both = vector + found[passage.chunk.id] if len(query.words) < FEW_WORDS else vector
        both = both / np.linalg.norm(both)
        texts = {i: float(found[chunk.id] @ both) for i, chunk in chunks.items()}
        questions = {i: max(float(found[q] @ vector) for q in own) for i, own in asked.items() if own}
        near = self._dense(Similarities(texts, questions, min(texts.values())), ordinals)
        words = self.index.scores(query.words)[ordinals]
        # What speaks of the old rule, such as its repeal, is hardly what stands in its place.
        speaks = [SPEAKS_OF_OLD * (document.id in chunk.mentions) for chunk in chunks.values()]
        costs = self.columns.place_costs[ordinals] + self._set_aside(ordinals) + np.array(speaks)
        best = int(np.argmax((_scaled(near) + _scaled(words)) / 2 - costs))
        chunk = chunks[ordinals[best]]
        now = self.as_of(on(date.today()))[chunk.document]
        then = self.as_of(query.when)[chunk.document] if query.when else None
        [coverage] = self.index.coverage(self.rarity(query), [ordinals[best]]).tolist()
        return Passage(chunk, now, 0.0, texts[ordinals[best]], coverage, then)

    def as_of(self, when: Period) -> Mapping[str, Document]:
        """The documents by key, with the legal status that each had in a period."""
        key = (when.first, when.last)
        if key not in self._as_of:
            if len(self._as_of) > MOST_PERIODS:
                self._as_of.clear()
            self._as_of[key] = _AsOf(self.documents, self.manifest.graph, when)
        return self._as_of[key]

    def _document(self, ordinal: int) -> Document:
        return self.manifest.documents[int(self.columns.document_of[ordinal])]

    def _set_aside(self, ordinals: Sequence[int]) -> NDArray[np.float64]:
        return np.where(self.columns.set_aside[ordinals], STATUS_COST["dicabut"], 0.0)

    def _status_costs(self, query: Query, ordinals: Sequence[int]) -> NDArray[np.float64]:
        """How far chunks fall behind for the status of their documents, now or at the time asked about."""
        as_of = self.as_of(query.when or on(date.today()))
        documents = [as_of[self._document(i).key] for i in ordinals]
        if query.when is None:
            cost = COST_THEN if query.asks_for_now else STATUS_COST
            costs = np.array([cost.get(document.status, 0.0) for document in documents])
            return np.array(np.maximum(costs, self._set_aside(ordinals)))
        return np.array(
            [
                0.0 if d.id in query.documents else COST_THEN.get(d.status, UNDATED_COST * (d.kind != "regulasi"))
                for d in documents
            ]
        )

    def _speaking_of(self, code: str) -> Sequence[int]:
        """Chunks that name a regulation that has no document here, else those of what replaced it."""
        if code in self.columns.mentioned_in:
            return self.columns.mentioned_in[code]
        return self.columns.of_documents(self.manifest.graph.instead_of(code, on(date.today())))

    def question_vector(self, chunk: Chunk, n: int) -> NDArray[np.float32] | None:
        """The vector of a chunk's `n`-th question, None when it is not in this generation."""
        identifier = question_id(chunk, n)
        with self.asking():
            return vector_index.stored(self.collections, [identifier]).get(identifier)

    def _dense(self, near: Similarities, ordinals: Sequence[int]) -> NDArray[np.float64]:
        """Text and nearest question half and half: better than the nearer of the two by .025 MRR."""
        values = []
        for i in ordinals:
            of_text = near.texts.get(i, near.floor)
            of_question = near.questions.get(i, near.floor) - QUESTION_COST
            values.append((of_text + of_question) / 2 if self.columns.questions[i] else of_text)
        return np.array(values)

    def _passages(
        self, query: Query, best: Sequence[tuple[int, float, float]], near: Similarities, top: int
    ) -> tuple[Passage, ...]:
        now = self.as_of(on(date.today()))
        then = self.as_of(query.when) if query.when else {}
        found: list[Passage] = []
        seen: set[tuple[str, str]] = set()
        for ordinal, score, coverage in best:
            chunk = self.chunks[ordinal]
            document = now[chunk.document]
            of_document = sum(key == chunk.document for key, _ in seen)
            enough = document.curated and document.id not in query.documents and of_document >= MOST_OF_DOCUMENT
            if enough or (chunk.document, chunk.group) in seen:
                continue
            seen.add((chunk.document, chunk.group))
            found.append(Passage(chunk, document, score, near.best(ordinal), coverage, then.get(chunk.document)))
            if len(found) == top:
                break
        return tuple(found)

    def _similarities(self, vector: NDArray[np.float32], wanted: int) -> Similarities:
        """What Chroma finds nearest among the texts and the questions."""
        [found] = self.nearest([(vector, min(wanted, self.columns.entries))])
        return self.similarities(found)

    def similarities(self, found: Sequence[tuple[str, float]]) -> Similarities:
        """The cosines of entries by their ids, as those of what they lead to."""
        led_to = self.columns.led_to([identifier for identifier, _ in found])
        return similarities(zip(led_to, (cosine for _, cosine in found), strict=True))

    def _named(self, query: Query) -> dict[int, float]:
        """What the question names: its article goes first, its document forward."""
        boosts: dict[int, float] = {}
        for code in query.mentioned:
            boosts.update(dict.fromkeys(self._speaking_of(code), NAMED_DOCUMENT))
        for identifier in query.documents:
            boosts.update(dict.fromkeys(self.columns.of_documents([identifier]), NAMED_DOCUMENT))
            # Guides and collections of questions that speak of it, unless one article is wanted.
            for i in self.columns.mentioned_in.get(identifier, ()) if not query.articles else ():
                if self._document(i).curated:
                    boosts.setdefault(i, SPEAKS_OF_NAMED)
            articles = self.columns.articles(identifier) if query.articles else {}
            for article in query.articles:
                boosts.update(dict.fromkeys(articles.get(article, ()), NAMED_ARTICLE))
        return boosts


class _AsOf(dict[str, Document]):
    """Documents by key as they stood in a period, each made when it is asked for."""

    def __init__(self, documents: Mapping[str, Document], graph: LegalGraph, when: Period) -> None:
        super().__init__()
        self._made_of = (documents, graph, when)

    def __missing__(self, key: str) -> Document:
        documents, graph, when = self._made_of
        self[key] = document = _as_of(documents[key], graph, when)
        return document


def similarities(found: Iterable[tuple[tuple[int, bool], float]]) -> Similarities:
    """The cosines of entries, each with the ordinal that it leads to and whether it is a question."""
    texts: dict[int, float] = {}
    questions: dict[int, float] = {}
    floor = 1.0
    for (ordinal, is_question), cosine in found:
        kind = questions if is_question else texts
        kind[ordinal] = max(cosine, kind.get(ordinal, -1.0))
        floor = min(floor, cosine)
    return Similarities(texts, questions, floor)


def open_generation(data_dir: Path, name: str, shared: Shared | None = None, *, vectors: bool = True) -> Opened:
    """Open the generation `name`; its store closes when nobody holds the result any more. Without `vectors` it can
    only rank what is near by what it is told.

    Raises IndexUnreachableError where its server does not answer.
    """
    folder = generation.index_dir(data_dir) / name
    manifest = generation.read_manifest(data_dir, name)
    index = LexicalIndex(folder / "lexical")
    chunks = generation.open_chunks(folder)
    known = columns(chunks, manifest.documents)
    vocabulary = index.document_frequencies()
    asking = shared.asking if shared else nullcontext
    client = vector_index.connect(folder, shared) if vectors else None
    with asking():
        collections = vector_index.all_of(client, folder, known.entries, shared) if client else []
    opened = Opened(
        manifest=manifest,
        index=index,
        collections=collections,
        nearest=Batched(partial(_nearest, collections, asking)),
        texts=text_vectors.of(folder, len(chunks)),
        documents={document.key: document for document in manifest.documents},
        chunks=chunks,
        columns=known,
        vocabulary=vocabulary,
        reader=QueryReader(vocabulary, manifest.documents, frozenset(known.mentioned_in) | _replaced(manifest)),
        asking=asking,
    )
    if client:
        weakref.finalize(opened, client.close).atexit = False
    return opened


def _nearest(
    collections: Sequence[Collection], asking: Callable[[], AbstractContextManager[None]], asked: list[Wanted]
) -> list[Near]:
    """The ids of the nearest entries with their cosines, for each vector as many as it wants."""
    vectors = np.stack([vector for vector, _ in asked])
    with asking():
        found = vector_index.nearest(collections, vectors, max(wanted for _, wanted in asked))
    return [near[:wanted] for near, (_, wanted) in zip(found, asked, strict=True)]


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


def _highest(values: NDArray[np.float32], count: int) -> list[int]:
    """Where the highest values are; of equal ones the first."""
    if len(values) > count:
        least = np.partition(values, -count)[-count]
        above = np.flatnonzero(values > least)
        return [*above.tolist(), *np.flatnonzero(values == least)[: count - len(above)].tolist()]
    return list(range(len(values)))


def _scaled(values: NDArray[Any]) -> NDArray[Any]:
    low, high = float(values.min()), float(values.max())
    return (values - low) / (high - low) if high > low else np.zeros_like(values, dtype=float)
