"""A message in, what kind of message it is out.

What is a greeting, a refusal, a handover or too vague is not a list of rules but of
examples: the files in `examples/`, one kind each, one message a line. `# == reason ==`
opens a group; the reason picks the reply in `texts/`. A logistic regression over the
encoder's vectors of the examples decides, so adding a kind or an example is a change of data.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from bot.conversation.draft import Kind
from knowledge.embed import EmbeddingCache, SentenceEmbeddings
from knowledge.query import QueryReader

if TYPE_CHECKING:
    from numpy.typing import NDArray

EXAMPLES = Path(__file__).with_name("examples")
GROUP = re.compile(r"^#\s*==\s*(\S+)\s*==")
STRENGTH = 10.0


@dataclass(frozen=True)
class Question:
    """A message and the earlier messages of the same person, oldest first."""

    text: str
    history: tuple[str, ...] = ()


@dataclass(frozen=True)
class KindGuess:
    """What kind of message it is: the kind, the reason (group of the examples), how sure."""

    kind: Kind
    reason: str
    confidence: float


class KindClassifier:
    """Tells the kind of a message from the encoder's vector of it."""

    def __init__(self, embeddings: SentenceEmbeddings, reader: QueryReader, cache_file: Path) -> None:
        from sklearn.linear_model import LogisticRegression

        labels, messages = zip(*_read_examples(EXAMPLES), strict=True)
        texts = [reader.read(message).expanded for message in messages]
        cache = EmbeddingCache(cache_file)
        vectors = cache.question_vectors(embeddings.card.fingerprint, texts, embeddings.encode_queries)
        cache.close()
        self._mean = vectors.mean(axis=0)
        self._model = LogisticRegression(C=STRENGTH, max_iter=2000, class_weight="balanced")
        self._model.fit(self._centred(vectors), list(labels))

    def guess(self, vector: NDArray[np.float32]) -> KindGuess:
        """The likeliest kind; its groups' probabilities add up, the likeliest group is the reason."""
        probabilities = self._model.predict_proba(self._centred(vector[None]))[0]
        totals: dict[str, float] = {}
        best: dict[str, tuple[float, str]] = {}
        for label, probability in zip(self._model.classes_, probabilities, strict=True):
            kind, _, reason = str(label).partition("/")
            totals[kind] = totals.get(kind, 0.0) + float(probability)
            best[kind] = max(best.get(kind, (0.0, "")), (float(probability), reason))
        kind = max(totals, key=totals.__getitem__)
        return KindGuess(cast(Kind, kind), best[kind][1], totals[kind])

    def _centred(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        # The encoder's vectors all point nearly the same way; what differs is around the mean.
        shifted = vectors - self._mean
        return np.asarray(shifted / np.linalg.norm(shifted, axis=1, keepdims=True), dtype=np.float32)


def _read_examples(folder: Path) -> Sequence[tuple[str, str]]:
    """(kind/reason, message) of every example."""
    found: list[tuple[str, str]] = []
    for file in sorted(folder.glob("*.txt")):
        reason = ""
        for line in file.read_text(encoding="utf-8").splitlines():
            group = GROUP.match(line)
            if group:
                reason = group[1]
            elif line.strip() and not line.startswith("#"):
                found.append((f"{file.stem}/{reason}", line.strip()))
    return found
