"""Texts in, normalised vectors out; and the cache that embeds no text twice.

The model is a sentence-transformers folder in the data directory (or any name or folder
that sentence-transformers loads). Its fingerprint names weights, precision and prefixes:
what was embedded under another fingerprint is never mixed in.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from langchain_core.embeddings import Embeddings

from knowledge.batched import Batched
from knowledge.chunk import Entry
from knowledge.durable import replace_text
from knowledge.e5_weights import convert, packed_weights
from knowledge.errors import VerificationError
from knowledge.pieces import TOKENIZER, HuggingFace, Tokenizer, tokenizer_of
from knowledge.runtime import (
    OpenVinoRuntime,
    Runtime,
    TorchRuntime,
    export,
    passages_per_second,
    quiet,
)
from knowledge.settings import ModelSettings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]
    Encoder = Callable[[Sequence[str]], Vectors]
    Encoders = tuple[Encoder, Encoder]

# Texts whose lengths are compared for batches of one length, and whose vectors are in memory at once.
BLOCK = 10_000
# Texts that are encoded and then written: so many an interrupted run loses.
WRITTEN = 256
# Questions whose vectors are kept: 4 MiB.
RECENT = 2000
SHIPPED_MODEL = "multilingual-e5-small"
PRECISIONS = ("float32", "bfloat16")
ORIGINAL = ("torch", "float32")
# Rounding, and another runtime than OpenVINO, have to be worth it.
WORTH = 1.2


@dataclass(frozen=True)
class ModelCard:
    """What is remembered of a prepared model: where, what runs it how precisely, its fingerprint."""

    folder: str
    precision: str
    fingerprint: str
    passages_per_second: dict[str, float]
    # What an earlier version has prepared runs on torch.
    runtime: str = "torch"


class SentenceEmbeddings(Embeddings):
    """A LangChain `Embeddings` over a model of sentence-transformers; loads the weights on first use.

    Vectors have unit length and are float32 of shape (384,) for the shipped model.
    """

    def __init__(self, settings: ModelSettings, data_dir: Path) -> None:
        self._settings = settings
        self._data_dir = data_dir
        self._threads = settings.threads or os.cpu_count() or 1
        self._runtime: Runtime | None = None
        self._loading = threading.RLock()
        self._tokenizer: Tokenizer | None = None
        self._batched: Batched[str, Vectors] = Batched(self.encode_queries)
        # The vectors of what was asked last, the latest at the end.
        self._recent: dict[str, Vectors] = {}
        self._keeping = threading.Lock()

    @property
    def folder(self) -> Path:
        """Where what is remembered of models lies."""
        return self._data_dir / "models"

    @property
    def is_prepared(self) -> bool:
        """Whether the model has been converted and measured in this data directory."""
        return self._card_file().exists()

    @property
    def card(self) -> ModelCard:
        """The remembered card; the model is prepared (converted, measured) when there is none."""
        file = self._card_file()
        if file.exists():
            return ModelCard(**json.loads(file.read_text(encoding="utf-8")))
        return self._prepare()

    def count_tokens(self, text: str) -> int:
        """Number of tokens of `text` with the model's own tokenizer, without loading the model."""
        if self._tokenizer is None:
            folder = self._exported if self.card.runtime == "openvino" else Path(self.card.folder)
            if (folder / TOKENIZER).exists():
                self._tokenizer = tokenizer_of(folder)
            else:
                self._tokenizer = HuggingFace(cast("TorchRuntime", self.runtime).model.tokenizer.backend_tokenizer)
        return len(self._tokenizer.encode([text])[0])

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages, shape (len(texts), dimension)."""
        return self.runtime.encode(texts, "passage")

    def encode_query(self, text: str) -> Vectors:
        """The vector of one question, shape (dimension,); may be called from many threads.

        Questions that come while others are being encoded share the next batch: 20 at once take
        a fraction of the time.
        """
        return self.encode_together([text])[0]

    def encode_together(self, texts: Sequence[str]) -> list[Vectors]:
        """The vectors of the questions of one search, in one batch; else as `encode_query`.

        What was asked lately, as the questions behind buttons are again and again, is not encoded anew.
        """
        with self._keeping:
            known = {text: self._recent[text] for text in texts if text in self._recent}
        if new := [text for text in dict.fromkeys(texts) if text not in known]:
            known.update(zip(new, self._batched(new), strict=True))
        with self._keeping:
            for text in texts:
                self._recent.pop(text, None)
                self._recent[text] = known[text]
            while len(self._recent) > RECENT:
                del self._recent[next(iter(self._recent))]
        return [known[text] for text in texts]

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors of questions, shape (len(texts), dimension)."""
        return self.runtime.encode(texts, "query")

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """LangChain's form of `encode_passages`."""
        return cast(list[list[float]], self.encode_passages(texts).tolist())

    def embed_query(self, text: str) -> list[float]:
        """LangChain's form of `encode_query`."""
        return cast(list[float], self.encode_query(text).tolist())

    @property
    def runtime(self) -> Runtime:
        """What runs the model, loaded."""
        with self._loading:
            if self._runtime is None:
                card = self.card
                self._runtime = self._runtime or self._load(card.runtime, card.folder, card.precision)
            return self._runtime

    def unload(self) -> None:
        """Let go of what runs the model; the next text loads it anew (1 s). OpenVINO keeps what it has prepared for
        each shape of a batch: 120 MiB after two thousand texts of all lengths."""
        with self._loading:
            self._runtime = None

    def _load(self, runtime: str, folder: str, precision: str) -> Runtime:
        if runtime == "openvino":
            return OpenVinoRuntime(self._exported, precision, self._threads)
        return TorchRuntime(folder, precision, self._threads)

    @property
    def _key(self) -> str:
        name = f"{self._settings.embeddings}:{self._settings.precision}"
        return hashlib.sha256(name.encode()).hexdigest()[:12]

    def _card_file(self) -> Path:
        return self.folder / f"{self._key}.json"

    @property
    def _exported(self) -> Path:
        """The folder of the model that OpenVINO runs."""
        return self.folder / f"{self._key}.openvino"

    def _prepare(self) -> ModelCard:
        """Convert the model, choose what runs it and how precisely, remember."""
        name = self._settings.embeddings
        folder = name
        if name == SHIPPED_MODEL:
            folder = str(self.folder / SHIPPED_MODEL)
            if not (Path(folder) / "modules.json").exists():
                quiet()
                convert(packed_weights(), Path(folder))
        original = TorchRuntime(folder, ORIGINAL[1], self._threads)
        precisions = PRECISIONS if self._settings.precision == "auto" else (self._settings.precision,)
        # In the order of preference: a later one has to be worth it.
        candidates = [("torch", precision) for precision in precisions]
        if export(original, self._exported):
            candidates = [("openvino", precision) for precision in precisions]
            candidates += [("torch", "float32")] if "float32" in precisions else []
        speeds: dict[tuple[str, str], float] = {}
        chosen = candidates[0]
        for one in candidates:
            speeds[one] = passages_per_second(original if one == ORIGINAL else self._load(one[0], folder, one[1]))
            chosen = one if speeds[one] > WORTH * speeds[chosen] else chosen
        kind, precision = chosen
        self._runtime = self._load(kind, folder, precision)
        probe = self._runtime.encode(["kota cerdas"], "passage")
        digest = hashlib.sha256(probe.round(2).tobytes()).hexdigest()[:10]
        fingerprint = f"{Path(self._settings.embeddings).name}/{kind}-{precision}/{digest}"
        card = ModelCard(folder, precision, fingerprint, {"-".join(one): speed for one, speed in speeds.items()}, kind)
        self._remember(card)
        return card

    def _remember(self, card: ModelCard) -> None:
        file = self._card_file()
        file.parent.mkdir(parents=True, exist_ok=True)
        replace_text(file, json.dumps(asdict(card), indent=1))


class EmbeddingCache:
    """Vectors by (fingerprint, text hash) in one SQLite file; survives every generation."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(file)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS vectors ("
            "fingerprint TEXT, text TEXT, vector BLOB, PRIMARY KEY (fingerprint, text)) WITHOUT ROWID"
        )

    def vectors(
        self,
        fingerprint: str,
        texts: Sequence[str],
        encode: Encoder,
        progress: Callable[[int], None] = lambda done: None,
    ) -> tuple[Vectors, int]:
        """The vectors of `texts` in order, shape (n, dimension), and how many were new.

        New ones are written batch by batch, so that an interrupted run loses at most one.
        `progress` is called with the number of texts that are done.
        """
        hashes = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
        known = dict(self._read(fingerprint, hashes))
        missing = {key: text for key, text in zip(hashes, texts, strict=True) if key not in known}
        progress(len(texts) - len(missing))
        done = len(texts) - len(missing)
        # Texts of one length in one batch: padding is what costs.
        for keys in _batches(sorted(missing, key=lambda key: len(missing[key])), WRITTEN):
            vectors = encode([missing[key] for key in keys])
            with self._connection:
                self._connection.executemany(
                    "INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)",
                    [(fingerprint, key, vector.tobytes()) for key, vector in zip(keys, vectors, strict=True)],
                )
            known.update(zip(keys, vectors, strict=True))
            done += len(keys)
            progress(done)
        return np.stack([known[key] for key in hashes]), len(missing)

    def embed(
        self,
        fingerprint: str,
        searched: Sequence[Entry],
        encoders: Encoders,
        progress: Callable[[int], None] = lambda done: None,
    ) -> int:
        """Let the vectors of all entries be here; returns how many passages were new."""
        new = 0
        for start in range(0, len(searched), BLOCK):
            passages, questions = _texts(searched[start : start + BLOCK])
            new += self._part(fingerprint, passages, encoders[0], partial(_further, progress, start))
            told = partial(_further, progress, start + len(passages))
            self._part(fingerprint + "/query", questions, encoders[1], told)
        return new

    def _part(self, fingerprint: str, texts: Sequence[str], encode: Encoder, progress: Callable[[int], None]) -> int:
        """Let the vectors of some texts be here; returns how many were new."""
        missing = self.missing(fingerprint, texts)
        if missing:
            self.vectors(fingerprint, texts, encode, progress)
        elif texts:
            progress(len(texts))
        return missing

    def entry_vectors(self, fingerprint: str, searched: Sequence[Entry], encoders: Encoders) -> Vectors:
        """The vectors of all entries in order: passages as passages, questions as questions.

        Encoded alike a question was found worse by another question (MRR .835 against .852).
        """
        passages, questions = _texts(searched)
        parts = [self.vectors(fingerprint, passages, encoders[0])[0]] if passages else []
        if questions:
            parts.append(self.question_vectors(fingerprint, questions, encoders[1]))
        return np.concatenate(parts)

    def question_vectors(
        self,
        fingerprint: str,
        questions: Sequence[str],
        encode: Encoder,
        progress: Callable[[int], None] = lambda done: None,
    ) -> Vectors:
        """The vectors of texts as questions; the same text as a passage has another vector."""
        return self.vectors(fingerprint + "/query", questions, encode, progress)[0]

    def missing(self, fingerprint: str, texts: Sequence[str]) -> int:
        """How many of `texts` would have to be embedded."""
        hashes = {hashlib.sha256(text.encode()).hexdigest() for text in texts}
        return len(hashes) - sum(1 for _ in self._read(fingerprint, list(hashes)))

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _read(self, fingerprint: str, hashes: Sequence[str]) -> Iterator[tuple[str, Vectors]]:
        for keys in _batches(hashes, 500):
            marks = ",".join("?" * len(keys))
            with closing(
                self._connection.execute(
                    f"SELECT text, vector FROM vectors WHERE fingerprint = ? AND text IN ({marks})",  # noqa: S608
                    (fingerprint, *keys),
                )
            ) as rows:
                for key, blob in rows:
                    yield key, np.frombuffer(blob, dtype=np.float32)


class StoredVectors:
    """The vectors of entries in order, read from the cache part by part: all of a large library would fill
    the memory. Raises VerificationError where one is missing."""

    def __init__(self, cache: EmbeddingCache, fingerprint: str, searched: Sequence[Entry]) -> None:
        self._cache = cache
        self._fingerprint = fingerprint
        self._searched = searched

    def __getitem__(self, part: slice, /) -> Vectors:
        """Those of a part, shape (n, dimension)."""
        return self._cache.entry_vectors(self._fingerprint, self._searched[part], (never_encode, never_encode))


def never_encode(texts: Sequence[str]) -> Vectors:
    """An encoder where all vectors have to be in the cache. Raises VerificationError."""
    raise VerificationError(f"{len(texts)} bagian tidak punya vektor tersimpan")


def _texts(searched: Sequence[Entry]) -> tuple[list[str], list[str]]:
    """The texts of passages, and of the questions that stand behind them."""
    passages = [entry.text for entry in searched if not entry.is_question]
    return passages, [entry.text for entry in searched if entry.is_question]


def _further(progress: Callable[[int], None], before: int, done: int) -> None:
    progress(before + done)


def _batches(items: Sequence[str], size: int) -> Iterable[Sequence[str]]:
    return (items[i : i + size] for i in range(0, len(items), size))
