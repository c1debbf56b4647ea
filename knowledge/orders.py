"""Sentences in, those that give orders to the machine that reads them out: what the patterns do not know.

The examples are in `orders/`: orders in many wordings, and what honest documents say to people and about
machines. Two logistic regressions over them decide, as for the kinds of questions: one over words and
letters alone looks at every sentence (17,000 a second) and lets a tenth of a law through; the other
adds the encoder's vector and the patterns' signs. docs/security.md has what was measured.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np

from knowledge.embed import EmbeddingCache, SentenceEmbeddings
from knowledge.learnt import around, learnt
from knowledge.parse import ParsedDocument, without_orders
from knowledge.poison import SIGNS, announced, plain, sentences
from knowledge.sources import FrontMatter

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer, TfidfVectorizer

EXAMPLES = Path(__file__).with_name("orders")
ORDERS, HONEST = ("attacks.txt",), ("ordinary.txt", "library.txt")
STRENGTH = 10.0
# How much vectors, words, letters and signs count.
VECTOR, WORDS, LETTERS, SIGN = 2.0, 1.5, 1.0, 0.3
WORTH_A_VECTOR, ENOUGH = 0.07, 0.35
SHORTEST = 12
# Sentences that are glanced at together, their words counted once, and letters of documents whose suspicious
# sentences share the encoder's batches: all would fill the memory.
PART, LETTERS_AT_ONCE = 5_000, 1_000_000


class Headed(Protocol):
    """A document, or what is known of it, with its front matter."""

    @property
    def front_matter(self) -> FrontMatter | None:
        """None where there is none."""


H = TypeVar("H", bound=Headed)


class OrderClassifier:
    """Tells orders to a machine from other sentences; learns from the examples when it is first asked."""

    def __init__(self, embeddings: SentenceEmbeddings, data_dir: Path) -> None:
        self._embeddings = embeddings
        self._data_dir = data_dir

    def screened(self, documents: Iterable[ParsedDocument], released: Sequence[str] = ()) -> Iterator[ParsedDocument]:
        """The documents, in order, without the sentences that are orders, but for those that an admin released."""
        for some in _blocks(documents):
            lines = [line for document in some for line in _sentences_of(document)]
            parts = (lines[start : start + PART] for start in range(0, len(lines), PART))
            found = self._orders(list(dict.fromkeys(one for part in parts for one in self._likely(part))))
            for document in some:
                taken = found | announced(document.text, found) if found else found
                yield without_sentences(document, taken.difference(released))

    def with_ordering_heads(self, documents: Sequence[H]) -> list[H]:
        """The documents whose front matter gives an order: their titles would be read with every answer."""
        found = self.orders([text for one in documents for text in _head(one)])
        return [one for one in documents if found.intersection(map(_line, _head(one)))]

    def orders(self, texts: Sequence[str]) -> set[str]:
        """Those of the sentences that are orders, each on one line."""
        return self._orders(self._likely([_line(text) for text in texts]))

    def _likely(self, lines: Sequence[str]) -> list[str]:
        unique = [line for line in dict.fromkeys(lines) if len(line) >= SHORTEST]
        if not unique:
            return []
        chances = _chances(self._glance, self._read(unique))
        return [line for line, chance in zip(unique, chances, strict=True) if chance >= WORTH_A_VECTOR]

    def _orders(self, lines: Sequence[str]) -> set[str]:
        if not lines:
            return set()
        vectors = self._vectors(lines)
        mean, weights = self._verdict
        chances = _chances(weights, self._features(lines, around(mean, vectors)))
        return {line for line, chance in zip(lines, chances, strict=True) if chance >= ENOUGH}

    @cached_property
    def _examples(self) -> tuple[list[str], list[bool]]:
        read = [
            (text, names is ORDERS)
            for names in (ORDERS, HONEST)
            for name in names
            for text in examples(EXAMPLES / name)
        ]
        return [text for text, _ in read], [is_order for _, is_order in read]

    @cached_property
    def _words(self) -> tuple[TfidfVectorizer, CountVectorizer, TfidfTransformer]:
        """What weighs the words of a sentence; what counts its letters, and what weighs them."""
        from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer, TfidfVectorizer

        texts = [plain(text) for text in self._examples[0]]
        words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True).fit(texts)
        letters = CountVectorizer(analyzer="char_wb", ngram_range=(2, 4), min_df=3)
        return words, letters, TfidfTransformer(sublinear_tf=True).fit(letters.fit_transform(texts))

    @cached_property
    def _glance(self) -> NDArray[np.float64]:
        """Weights over words and letters, the constant last."""
        texts, labels = self._examples
        return self._kept("orders-glance", lambda: {"weights": _weights(self._read(texts), labels)})["weights"]

    @cached_property
    def _verdict(self) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
        """The mean of the examples' vectors, and weights over all features, the constant last."""
        kept = self._kept("orders", self._learn)
        return kept["mean"], kept["weights"]

    def _learn(self) -> dict[str, NDArray[Any]]:
        texts, labels = self._examples
        vectors = self._embeddings.encode_queries(texts)
        mean = vectors.mean(axis=0)
        return {"mean": mean, "weights": _weights(self._features(texts, around(mean, vectors)), labels)}

    def _kept(self, name: str, learn: Callable[[], dict[str, NDArray[Any]]]) -> Mapping[str, NDArray[Any]]:
        """What was learnt, beside the model: half a minute of work that is the same for every library."""
        import sklearn

        texts, labels = self._examples
        settings = (STRENGTH, VECTOR, WORDS, LETTERS, SIGN, *(sign.pattern for _, sign in SIGNS))
        asked = repr((self._embeddings.card.fingerprint, sklearn.__version__, settings, texts, labels))
        return learnt(self._embeddings.folder, name, asked, learn)

    def _read(self, texts: Sequence[str]) -> csr_matrix:
        from scipy.sparse import hstack

        words, letters, weighing = self._words
        bare = [plain(text) for text in texts]
        weighed = weighing.transform(_counts(letters, bare))
        return hstack([WORDS * words.transform(bare), LETTERS * weighed]).tocsr()

    def _features(self, texts: Sequence[str], centred: NDArray[np.float32]) -> csr_matrix:
        from scipy.sparse import csr_matrix, hstack

        signs = np.array([[bool(sign.search(plain(text))) for _, sign in SIGNS] for text in texts], dtype=np.float32)
        return hstack([csr_matrix(VECTOR * centred), self._read(texts), csr_matrix(SIGN * signs)]).tocsr()

    def _vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        cache = EmbeddingCache(self._data_dir / "embeddings.sqlite")
        try:
            fingerprint = self._embeddings.card.fingerprint
            return cache.question_vectors(fingerprint, texts, self._embeddings.encode_queries)
        finally:
            cache.close()


def without_sentences(document: ParsedDocument, orders: Collection[str]) -> ParsedDocument:
    """A document without the sentences that are among `orders`, each on one line."""
    return without_orders(document, frozenset(), lambda text: _line(text) in orders) if orders else document


def _blocks(documents: Iterable[ParsedDocument]) -> Iterator[list[ParsedDocument]]:
    block: list[ParsedDocument] = []
    letters = 0
    for document in documents:
        block.append(document)
        letters += len(document.text)
        if letters >= LETTERS_AT_ONCE:
            yield block
            block, letters = [], 0
    yield block


def _sentences_of(document: ParsedDocument) -> list[str]:
    return [_line(document.text[start:end]) for start, end in sentences(document.text)]


def _head(document: Headed) -> tuple[str, ...]:
    front = document.front_matter
    return (front.title, front.issuer, *front.sources) if front else ()


def _counts(letters: CountVectorizer, texts: Sequence[str]) -> csr_matrix:
    """What `letters` counts in each text, in a third of its time: its runs of letters do not go beyond a
    word, so that each word is taken apart once."""
    from sklearn.feature_extraction.text import CountVectorizer

    words = sorted({word for text in texts for word in text.split()}) or [""]
    counts = CountVectorizer(analyzer=str.split, vocabulary=words).transform(texts) @ letters.transform(words)
    # A product comes out of order; over it the regression took a third more time.
    counts.sort_indices()
    return counts


def _line(text: str) -> str:
    return " ".join(text.split())


def examples(file: Path) -> list[str]:
    """The sentences of a file of examples, one a line."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith(("# ", "# =="))]


def _weights(features: csr_matrix, labels: Sequence[bool]) -> NDArray[np.float64]:
    from sklearn.linear_model import LogisticRegression

    learnt = LogisticRegression(C=STRENGTH, solver="liblinear", class_weight="balanced").fit(features, labels)
    return np.append(learnt.coef_[0], learnt.intercept_)


def _chances(weights: NDArray[np.float64], features: csr_matrix) -> NDArray[np.float64]:
    """How likely each row is an order, 0 to 1."""
    return np.asarray(1 / (1 + np.exp(-(features @ weights[:-1] + weights[-1]))))
