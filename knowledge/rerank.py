"""A question and its best passages in, the same read again by a cross-encoder, best first, out."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from knowledge.errors import ModelError
from knowledge.query import Query
from knowledge.sources import Status

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

    from knowledge.rank import Passage

# What is no law in force stays behind what is, however well it reads.
NO_LAW = frozenset({Status.REPEALED, Status.DRAFT})


class Reranker:
    """A cross-encoder that sentence-transformers loads by name or folder, on first use."""

    def __init__(self, name: str, count: int) -> None:
        """`count` of the best passages are read again; those behind them keep their places."""
        self._name = name
        self._count = count
        self._model: CrossEncoder | None = None
        self._loading = threading.Lock()

    def rerank(self, query: Query, passages: Sequence[Passage]) -> tuple[Passage, ...]:
        """The passages in their new order. What the question names stays in front, what is no law in
        force behind. The scores stay in their places, since what reads them compares neighbours.
        Raises ModelError."""
        first, rest = passages[: self._count], passages[self._count :]
        if len(first) < 2:
            return tuple(passages)
        pairs = [(query.expanded, passage.chunk.index_text(passage.document.title)) for passage in first]
        scores = np.asarray(self._loaded().predict(pairs, show_progress_bar=False)).reshape(len(first), -1)[:, -1]
        order = sorted(range(len(first)), key=lambda i: (-_rank(query, first[i]), -scores[i]))
        places = sorted((passage.score for passage in first), reverse=True)
        return (*(replace(first[at], score=score) for at, score in zip(order, places, strict=True)), *rest)

    def _loaded(self) -> CrossEncoder:
        with self._loading:
            if self._model is None:
                from sentence_transformers import CrossEncoder

                try:
                    self._model = CrossEncoder(self._name, device="cpu")
                except (OSError, ValueError) as error:
                    raise ModelError(f"Model retrieval.reranker '{self._name}' tidak dapat dimuat: {error}") from error
            return self._model


def _rank(query: Query, passage: Passage) -> int:
    """Which passages may change places: 2 a named article, 1 a named document, -1 no law in force."""
    if passage.document.id in query.documents:
        return 2 if set(passage.chunk.articles) & set(query.articles) else 1
    return -1 if passage.document.status in NO_LAW and not query.asks_for_old else 0
