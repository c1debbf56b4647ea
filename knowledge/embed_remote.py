"""Texts in, vectors from a server that several installations share out: OpenAI-compatible or TEI.

A text embedding is only worth something beside others of the same model. What the server says to
one known text is remembered; when it says something else, it serves another model, and nothing is
mixed: see `ModelError`.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import numpy as np

from knowledge.embed import ModelCard, SentenceEmbeddings
from knowledge.errors import ModelError
from knowledge.runtime import Kind, Runtime
from knowledge.settings import ModelSettings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

PROBE = "kota cerdas"
# Servers may round differently with the size of a batch; another model is expected far below.
SAME_MODEL = 0.98
BATCH = 32
TIMEOUT = httpx.Timeout(60, connect=5)
ATTEMPTS = 3
PASSING = frozenset({408, 429, 500, 502, 503, 504})
# A guess on the safe side: no tokenizer is at hand.
CHARACTERS_PER_TOKEN = 3


def embeddings_of(settings: ModelSettings, data_dir: Path) -> SentenceEmbeddings:
    """The embeddings that the settings name: of this machine, or of a server."""
    return (
        SentenceEmbeddings(settings, data_dir)
        if settings.embeddings_provider == "local"
        else RemoteEmbeddings(settings, data_dir)
    )


class RemoteEmbeddings(SentenceEmbeddings):
    """The same as `SentenceEmbeddings`, encoded at `embeddings_url`; the key, if it needs one, stands
    in EMBEDDINGS_API_KEY."""

    def __init__(self, settings: ModelSettings, data_dir: Path) -> None:
        super().__init__(settings, data_dir)
        if not settings.embeddings_url:
            raise ModelError("model.embeddings_provider terisi, tetapi model.embeddings_url tidak.")
        key = os.environ.get("EMBEDDINGS_API_KEY", "").strip()
        self._client = httpx.Client(timeout=TIMEOUT, headers={"Authorization": f"Bearer {key}"} if key else {})
        self._is_checked = False
        self._checking = threading.Lock()

    def count_tokens(self, text: str) -> int:
        """At most so many tokens, by the length of the text."""
        return -(-len(text) // CHARACTERS_PER_TOKEN)

    @property
    def runtime(self) -> Runtime:
        """The server itself."""
        return self

    def encode(self, texts: Sequence[str], kind: Kind) -> Vectors:
        """See Runtime."""
        self._check()
        prefix = self._settings.query_prefix if kind == "query" else self._settings.passage_prefix
        parts = [self._ask([prefix + text for text in texts[i : i + BATCH]]) for i in range(0, len(texts), BATCH)]
        return np.concatenate(parts) if parts else np.empty((0, 0), np.float32)

    def _card_file(self) -> Path:
        digest = hashlib.sha256("\n".join(self._identity()).encode()).hexdigest()[:12]
        return self.folder / f"{digest}.json"

    def _identity(self) -> tuple[str, ...]:
        settings = self._settings
        return (
            settings.embeddings_provider, settings.embeddings_url, settings.embeddings,
            settings.query_prefix, settings.passage_prefix,
        )  # fmt: skip

    def _prepare(self) -> ModelCard:
        vector = self._ask([PROBE])[0]
        prefixes = hashlib.sha256("\n".join(self._identity()[3:]).encode()).hexdigest()[:6]
        weights = hashlib.sha256(vector.round(1).tobytes()).hexdigest()[:10]
        name = Path(self._settings.embeddings).name
        card = ModelCard(
            self._settings.embeddings_url,
            "server",
            f"{name}/{self._settings.embeddings_provider}-{prefixes}/{weights}",
            {},
            "server",
        )
        self._card_file().parent.mkdir(parents=True, exist_ok=True)
        np.save(self._probe_file(), vector)
        self._remember(card)
        return card

    def _probe_file(self) -> Path:
        return self._card_file().with_suffix(".npy")

    def _check(self) -> None:
        """Once a process: the server still runs the model that the vectors at hand are from."""
        with self._checking:
            if self._is_checked:
                return
            _ = self.card
            known, now = np.load(self._probe_file()), self._ask([PROBE])[0]
            if known.shape != now.shape or float(known @ now) < SAME_MODEL:
                raise ModelError(
                    f"Server embedding {self._settings.embeddings_url} kini memakai model lain daripada saat pustaka "
                    "dibuat. Pulihkan modelnya, atau ganti model.embeddings lalu jalankan: python ingest.py"
                )
            self._is_checked = True

    def _ask(self, texts: list[str]) -> Vectors:
        """Vectors of unit length from the server. Raises ModelError with what it said."""
        url = self._settings.embeddings_url.rstrip("/")
        try:
            if self._settings.embeddings_provider == "tei":
                rows = self._post(f"{url}/embed", {"inputs": texts, "truncate": True})
            else:
                answer = self._post(f"{url}/embeddings", {"model": self._settings.embeddings, "input": texts})
                rows = [row["embedding"] for row in sorted(answer["data"], key=lambda row: row["index"])]
            vectors: Vectors = np.asarray(rows, dtype=np.float32).reshape(len(texts), -1)
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(f"Server embedding {url} menjawab dalam bentuk yang tidak dikenal.") from error
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not np.isfinite(lengths).all() or not lengths.all():
            raise ModelError(f"Server embedding {url} mengirim vektor kosong.")
        return np.asarray(vectors / lengths, dtype=np.float32)

    def _post(self, url: str, body: dict[str, Any]) -> Any:  # noqa: ANN401
        for attempt in range(1, ATTEMPTS + 1):
            try:
                response = self._client.post(url, json=body)
                if response.status_code not in PASSING or attempt == ATTEMPTS:
                    return response.raise_for_status().json()
            except (httpx.TransportError, ValueError) as error:
                if attempt == ATTEMPTS:
                    raise ModelError(f"Server embedding {url} tidak dapat dihubungi: {error}") from error
            except httpx.HTTPStatusError as error:
                raise ModelError(f"Server embedding {url} menolak: {error.response.text[:200]}") from error
            time.sleep(0.5 * attempt)
        raise AssertionError("unreachable")
