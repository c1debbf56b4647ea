"""The chunks of a generation in, what a search has to know of every one of them out: numbers in arrays
instead of a million objects. The chunks themselves are read where one is shown."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from knowledge.chunk import Chunk, Document, chunk_id
from knowledge.lexical import tokens
from knowledge.structure import CHART

if TYPE_CHECKING:
    from numpy.typing import NDArray

# A provision that a law still holds but a later one has set aside; its heading says so.
SET_ASIDE = re.compile(r"(?:tidak|jangan)\s+(?:dipakai|berlaku)\s+lagi|menurut aturan lama|bukan aturan final", re.I)
# Guides and questions with answers repeat what a regulation says; the source itself goes first.
KIND_COST = {"tanya-jawab": 0.12, "panduan": 0.06, "pembiayaan": 0.06}
# The article is what an official cites; its preamble, explanation and definitions less so.
# The list of region codes answers only who asks for a code. A chart names units and says nothing of them.
LOCATOR_COST = {"Penjelasan": 0.10, "Pembukaan": 0.20, "Pasal 1": 0.10, "Kode": 0.30, CHART: 0.20}
# Who names only a term means the section that explains it.
DEFINES = re.compile(r"^(?:Apa itu|Apa yang dimaksud|Arti)\b|\bitu (?:apa|siapa)\b")


@dataclass(frozen=True, eq=False)
class Columns:
    """What is known of every chunk, by ordinal; ordinals come in their order.

    `entries` is how many texts and questions there are. `document_of` is the place of its document among
    the documents, `questions` how many it answers, `place_costs` how far it falls behind for where it
    stands, `set_aside` whether its heading says that it is.
    `mentioned_in` gives the chunks that speak of a regulation, `same_question` those that answer a
    question of these words.
    """

    entries: int
    document_of: NDArray[np.int32]
    questions: NDArray[np.int32]
    place_costs: NDArray[np.float64]
    set_aside: NDArray[np.bool_]
    mentioned_in: Mapping[str, Sequence[int]]
    same_question: Mapping[frozenset[str], Sequence[int]]
    # Sorted by document, with where each begins.
    _by_document: NDArray[np.int32]
    _begins: NDArray[np.intp]
    _keys: Mapping[str, int]
    _places: Mapping[str, Sequence[int]]
    # Hashes of the chunk's section and, sorted with the ordinals beside it, of its id: strings would take ten
    # times as much.
    _sections: NDArray[np.int64]
    _ids: NDArray[np.int64]
    _by_id: NDArray[np.int32]
    _articles: Sequence[tuple[str, ...]]

    def of_document(self, key: str) -> NDArray[np.int32]:
        """The chunks of the document with this key."""
        place = self._keys.get(key)
        return self._by_document[:0] if place is None else self._of(place)

    def of_documents(self, identifiers: Iterable[str]) -> list[int]:
        """The chunks of all documents with one of these ids."""
        places = {place for identifier in identifiers for place in self._places.get(identifier, ())}
        return sorted(ordinal for place in places for ordinal in self._of(place).tolist())

    def of_section(self, key: str, group: str) -> NDArray[np.int32]:
        """The chunks of a section of a document."""
        ordinals = self.of_document(key)
        return np.asarray(ordinals[self._sections[ordinals] == hash(group)])

    def first_of_sections(self, key: str) -> NDArray[np.int32]:
        """The first chunk of each section of a document."""
        ordinals = self.of_document(key)
        return ordinals[np.sort(np.unique(self._sections[ordinals], return_index=True)[1])]

    def articles(self, identifier: str) -> dict[str, list[int]]:
        """The chunks of each article of the documents with this id."""
        found: dict[str, list[int]] = {}
        for ordinal in self.of_documents([identifier]):
            for article in self._articles[ordinal]:
                found.setdefault(article, []).append(ordinal)
        return found

    def _of(self, place: int) -> NDArray[np.int32]:
        return self._by_document[self._begins[place] : self._begins[place + 1]]

    def led_to(self, identifiers: Sequence[str]) -> Iterator[tuple[int, bool]]:
        """The chunk that each entry of the index leads to, and whether the entry is a question.

        Raises KeyError for an entry of another library: no passage is better than a wrong one.
        """
        ids = [chunk_id(identifier) for identifier in identifiers]
        wanted = np.array([hash(one) for one, _ in ids], dtype=np.int64)
        at = np.searchsorted(self._ids[:-1], wanted)
        if (self._ids[at] != wanted).any():
            raise KeyError(f"not of this library: one of {identifiers}")
        return zip(self._by_id[at].tolist(), (is_question for _, is_question in ids), strict=True)


def columns(chunks: Iterable[Chunk], documents: Sequence[Document]) -> Columns:
    """Read all chunks of `documents` once."""
    keys = {document.key: place for place, document in enumerate(documents)}
    places: dict[str, list[int]] = {}
    for place, document in enumerate(documents):
        places.setdefault(document.id, []).append(place)
    document_of, questions, set_aside = array("i"), array("i"), array("b")
    costs, ids, sections = array("d"), array("q"), array("q")
    articles: list[tuple[str, ...]] = []
    known: dict[tuple[str, ...], tuple[str, ...]] = {}
    mentioned_in: dict[str, array[int]] = {}
    same_question: dict[frozenset[str], array[int]] = {}
    for ordinal, chunk in enumerate(chunks):
        place = keys[chunk.document]
        document_of.append(place)
        questions.append(len(chunk.questions))
        set_aside.append(bool(SET_ASIDE.search(chunk.heading)))
        costs.append(_place_cost(chunk, documents[place]))
        ids.append(hash(chunk.id))
        sections.append(hash(chunk.group))
        articles.append(known.setdefault(chunk.articles, chunk.articles))
        asked = [*chunk.questions, chunk.locator] if DEFINES.search(chunk.locator) else chunk.questions
        for question in asked:
            same_question.setdefault(frozenset(tokens(question)), array("i")).append(ordinal)
        # The preamble of a law names what it rests on; that says nothing about those.
        for code in chunk.mentions if chunk.locator != "Pembukaan" else ():
            mentioned_in.setdefault(code, array("i")).append(ordinal)
    of = np.array(document_of, dtype=np.int32)
    by_document, by_id = np.argsort(of, kind="stable"), np.argsort(np.array(ids, dtype=np.int64))
    return Columns(
        entries=len(questions) + sum(questions),
        document_of=of,
        questions=np.array(questions, dtype=np.int32),
        place_costs=np.array(costs, dtype=np.float64),
        set_aside=np.array(set_aside, dtype=np.bool_),
        mentioned_in=mentioned_in,
        same_question=same_question,
        _by_document=by_document.astype(np.int32),
        _begins=np.searchsorted(of[by_document], np.arange(len(documents) + 1)),
        _keys=keys,
        _places=places,
        _sections=np.array(sections, dtype=np.int64),
        _ids=np.array(ids, dtype=np.int64)[by_id],
        _by_id=by_id.astype(np.int32),
        _articles=articles,
    )


def _place_cost(chunk: Chunk, document: Document) -> float:
    kind = "Pasal 1" if chunk.articles == ("1",) else chunk.locator.split(" ")[0].rstrip(",")
    return LOCATOR_COST.get(kind, 0.0) + KIND_COST.get(document.kind, 0.0)
