"""A statement and the passages that it cites in, whether they speak of the same thing out: by the
encoder, and by a model of natural language inference where the settings name one.

The encoder cannot tell "wajib" from "dilarang" (cosine .97), but what a passage does not speak of:
of 40 paraphrases none was below .88, of 40 statements about something else the half.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from bot.conversation.evidence import Proof, support
from bot.conversation.extract import statements
from bot.errors import StartError
from knowledge.embed import SentenceEmbeddings

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sentence_transformers import CrossEncoder

KEPT = 500


class Meaning:
    """Compares a statement with its sources. Safe to use from many threads."""

    def __init__(self, embeddings: SentenceEmbeddings, floor: float, inference: str = "") -> None:
        """`floor` is the least cosine to a sentence or two of a source; `inference` names a cross-encoder
        with a label "contradiction". Raises StartError when it cannot be loaded."""
        self._embeddings = embeddings
        self._floor = floor
        self._model = _loaded(inference) if inference else None
        self._vectors: dict[str, NDArray[np.float32]] = {}
        self._lock = threading.Lock()

    def supports(self, claim: str, proofs: Sequence[Proof]) -> bool:
        """Whether the nearest of the sources is near enough, and does not contradict."""
        near = max(
            float((self._sentences(proof.text) @ self._embeddings.encode_query(claim)).max()) for proof in proofs
        )
        return near >= self._floor and not self._contradicted(claim, proofs)

    def _sentences(self, text: str) -> NDArray[np.float32]:
        """The vectors of the sentences of a passage, and of each two that follow each other."""
        known = self._vectors.get(text)
        if known is None:
            single = [statement.text for statement in statements(text)] or [text]
            known = self._embeddings.encode_queries([*single, *(f"{a} {b}" for a, b in pairwise(single))])
            with self._lock:
                if len(self._vectors) >= KEPT:
                    self._vectors.clear()
                self._vectors[text] = known
        return known

    def _contradicted(self, claim: str, proofs: Sequence[Proof]) -> bool:
        if self._model is None:
            return False
        premises = [" ".join(statement.text for statement in support(claim, proof.text)) for proof in proofs]
        with self._lock:
            scores = np.asarray(
                self._model.predict([(premise, claim) for premise in premises], show_progress_bar=False)
            )
        labels = {number: name.lower() for number, name in self._model.config.id2label.items()}
        return all(labels[int(best)] == "contradiction" for best in scores.argmax(axis=1))


def _loaded(name: str) -> CrossEncoder:
    from sentence_transformers import CrossEncoder

    try:
        model = CrossEncoder(name, device="cpu")
    except (OSError, ValueError) as error:
        raise StartError(f"drafting.inference = {name!r} tidak dapat dimuat: {error}") from error
    if "contradiction" not in {label.lower() for label in model.config.id2label.values()}:
        raise StartError(f"drafting.inference = {name!r} tidak mengenal 'contradiction'.")
    return model
