"""A message in, what kind of message it is out.

What is a greeting, a refusal, a handover or too vague is not a list of rules but of
examples: the files in `examples/`, one kind each, one message a line. `# == reason ==`
opens a group; the reason picks the reply in `texts/`. A logistic regression over the
encoder's vectors and the words of the examples decides, so adding a kind or an example is a
change of data. The words (single and in pairs) tell what the vectors blur: five-fold over the
examples .876 are right, by the vectors alone .811.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from bot.conversation.draft import Kind
from knowledge.embed import EmbeddingCache, SentenceEmbeddings
from knowledge.learnt import around, learnt
from knowledge.query import QueryReader

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

EXAMPLES = Path(__file__).with_name("examples")
GROUP = re.compile(r"^#\s*==\s*(\S+)\s*==")
STRENGTH = 10.0
WORDS_WEIGHT = 1.5


@dataclass(frozen=True)
class Question:
    """A message and the earlier messages of the same person, oldest first."""

    text: str
    history: tuple[str, ...] = ()


@dataclass(frozen=True)
class KindGuess:
    """What kind of message it is: the kind, the reason (group of the examples), how sure, and how
    likely the library is meant to answer it."""

    kind: Kind
    reason: str
    confidence: float
    answerable: float = 1.0


class KindClassifier:
    """Tells the kind of a message from the encoder's vector of it and from its words."""

    def __init__(self, embeddings: SentenceEmbeddings, reader: QueryReader, data_dir: Path) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression

        labels, messages = zip(*_read_examples(EXAMPLES), strict=True)
        texts = [reader.read(message).expanded for message in messages]
        self._words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True).fit(texts)
        self._terms = self._words.build_analyzer()
        self._model = LogisticRegression(C=STRENGTH, max_iter=2000, class_weight="balanced")
        asked = "\n".join([embeddings.card.fingerprint, str((STRENGTH, WORDS_WEIGHT)), *labels, *texts])

        def learn() -> dict[str, NDArray[Any]]:
            """Two seconds of work that the next start need not do again."""
            cache = EmbeddingCache(data_dir / "embeddings.sqlite")
            vectors = cache.question_vectors(embeddings.card.fingerprint, texts, embeddings.encode_queries)
            cache.close()
            embeddings.unload()
            self._mean = vectors.mean(axis=0)
            model = self._model.fit(self._features(texts, vectors), list(labels))
            found = {"mean": self._mean, "classes": model.classes_}
            return found | {"weights": model.coef_, "intercept": model.intercept_}

        kept = learnt(embeddings.folder, "kinds", asked, learn)
        self._mean, self._model.classes_ = kept["mean"], kept["classes"]
        self._model.coef_, self._model.intercept_ = kept["weights"], kept["intercept"]

    def guess(self, text: str, vector: NDArray[np.float32]) -> KindGuess:
        """The likeliest kind of a message (as it is spelled out for the encoder) and its vector.

        The probabilities of a kind's groups add up; the likeliest group is the reason.
        """
        probabilities = self._probabilities(text, vector)
        totals: dict[str, float] = {}
        best: dict[str, tuple[float, str]] = {}
        for label, probability in zip(self._model.classes_, probabilities, strict=True):
            kind, _, reason = str(label).partition("/")
            totals[kind] = totals.get(kind, 0.0) + float(probability)
            best[kind] = max(best.get(kind, (0.0, "")), (float(probability), reason))
        kind = max(totals, key=totals.__getitem__)
        return KindGuess(cast(Kind, kind), best[kind][1], totals[kind], totals.get("answer", 0.0))

    def _probabilities(self, text: str, vector: NDArray[np.float32]) -> NDArray[np.float64]:
        """The model's `predict_proba` for one message; for one, scikit-learn spends nine tenths on its own checks."""
        vocabulary = self._words.vocabulary_
        counts = Counter(vocabulary[term] for term in self._terms(text) if term in vocabulary)
        places, times = np.array(list(counts.items()), dtype=int).reshape(-1, 2).T
        words = self._words.idf_[places] * (1 + np.log(times))
        words *= WORDS_WEIGHT / (np.linalg.norm(words) or 1.0)
        weights, dimension = self._model.coef_, len(self._mean)
        scores = weights[:, :dimension] @ around(self._mean, vector[None])[0] + self._model.intercept_
        scores = scores + weights[:, dimension + places] @ words
        likely = np.exp(scores - scores.max())
        return np.asarray(likely / likely.sum())

    def _features(self, texts: Sequence[str], vectors: NDArray[np.float32]) -> csr_matrix:
        from scipy.sparse import csr_matrix, hstack

        centred = around(self._mean, vectors)
        return hstack([csr_matrix(centred), WORDS_WEIGHT * self._words.transform(texts)]).tocsr()


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
