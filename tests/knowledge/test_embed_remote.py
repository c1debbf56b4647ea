"""Embeddings of a server: the same library, never mixed with those of another model."""

from __future__ import annotations

import hashlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

import ingest
from knowledge.embed import SentenceEmbeddings
from knowledge.embed_remote import RemoteEmbeddings, embeddings_of
from knowledge.errors import ModelError
from knowledge.lexical import tokens
from knowledge.retrieve import Library
from knowledge.settings import LibraryConfig, ModelSettings

TEXTS = ["Dewan Kota Cerdas diketuai oleh Sekretaris Daerah.", "Dinas Lingkungan Hidup mengangkut sampah."]
DIMENSION = 96


class EmbeddingServer:
    """Speaks both forms; a text's vector is the sum of its words', which `model` decides."""

    def __init__(self) -> None:
        self.model = "satu"
        self.failures: list[int] = []
        self.bodies: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        routes = [Route("/v1/embeddings", self._openai, methods=["POST"]), Route("/embed", self._tei, methods=["POST"])]
        config = uvicorn.Config(Starlette(routes=routes), log_config=None, access_log=False, lifespan="off")
        self._server = uvicorn.Server(config)
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True)

    def start(self) -> None:
        self._thread.start()
        while not self._server.started:
            time.sleep(0.005)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(5)

    def vector(self, text: str) -> list[float]:
        total = np.zeros(DIMENSION)
        for word in ["", *tokens(text)]:
            seed = int.from_bytes(hashlib.sha256(f"{self.model} {word}".encode()).digest()[:4], "big")
            total += np.random.default_rng(seed).normal(size=DIMENSION)
        return [float(value) for value in total]

    async def _answer(self, request: Request, key: str) -> tuple[list[str], Response | None]:
        body = await request.json()
        self.bodies.append(body)
        self.keys.append(request.headers.get("authorization"))
        if self.failures:
            return [], JSONResponse({"error": "scripted"}, self.failures.pop(0))
        return body[key], None

    async def _openai(self, request: Request) -> Response:
        texts, failure = await self._answer(request, "input")
        rows = [{"index": i, "embedding": self.vector(text)} for i, text in enumerate(texts)]
        return failure or JSONResponse({"data": rows[::-1]})

    async def _tei(self, request: Request) -> Response:
        texts, failure = await self._answer(request, "inputs")
        return failure or JSONResponse([self.vector(text) for text in texts])


@pytest.fixture
def server() -> Iterator[EmbeddingServer]:
    running = EmbeddingServer()
    running.start()
    yield running
    running.stop()


Settings = Callable[..., ModelSettings]


@pytest.fixture
def settings(server: EmbeddingServer) -> Settings:
    def made(provider: str = "openai", **more: str) -> ModelSettings:
        url = server.address + ("/v1" if provider == "openai" else "")
        values = {"embeddings": "model-bersama", "embeddings_provider": provider, "embeddings_url": url}
        return ModelSettings.model_validate(values | more)

    return made


@pytest.mark.parametrize("provider", ["openai", "tei"])
def test_vectors_come_in_order_and_with_unit_length(
    server: EmbeddingServer, settings: Settings, tmp_path: Path, provider: str
) -> None:
    vectors = embeddings_of(settings(provider), tmp_path).encode_passages(TEXTS * 20)
    assert vectors.shape == (40, DIMENSION)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    expected = np.array(server.vector(TEXTS[1]))
    assert float(vectors[1] @ (expected / np.linalg.norm(expected))) == pytest.approx(1, abs=1e-5)
    assert max(len(body.get("input") or body.get("inputs") or []) for body in server.bodies) <= 32


def test_questions_and_passages_have_their_prefixes(
    server: EmbeddingServer, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMBEDDINGS_API_KEY", "kunci-uji")
    embeddings = embeddings_of(settings(query_prefix="query: ", passage_prefix="passage: "), tmp_path)
    embeddings.encode_query("apa itu SPBE")
    embeddings.encode_passages(TEXTS[:1])
    assert [body["input"] for body in server.bodies[-2:]] == [["query: apa itu SPBE"], [f"passage: {TEXTS[0]}"]]
    assert set(server.keys) == {"Bearer kunci-uji"}


def test_another_model_behind_the_address_is_found_out(
    server: EmbeddingServer, settings: Settings, tmp_path: Path
) -> None:
    embeddings_of(settings(), tmp_path).encode_query("apa itu SPBE")
    embeddings_of(settings(), tmp_path).encode_query("apa itu SPBE")
    server.model = "dua"
    with pytest.raises(ModelError, match="model lain"):
        embeddings_of(settings(), tmp_path).encode_query("apa itu SPBE")


def test_the_fingerprint_names_model_provider_and_prefixes(settings: Settings, tmp_path: Path) -> None:
    kinds = [settings(), settings("tei"), settings(query_prefix="query: "), settings(embeddings="lain")]
    assert len({embeddings_of(kind, tmp_path).card.fingerprint for kind in kinds}) == 4


def test_what_passes_is_waited_for(server: EmbeddingServer, settings: Settings, tmp_path: Path) -> None:
    server.failures = [503, 429]
    assert embeddings_of(settings(), tmp_path).encode_query("apa itu SPBE").shape == (DIMENSION,)


@pytest.mark.parametrize("failures", [[401], [500, 500, 500]])
def test_what_does_not_is_an_error_that_says_so(
    server: EmbeddingServer, settings: Settings, tmp_path: Path, failures: list[int]
) -> None:
    server.failures = list(failures)
    with pytest.raises(ModelError, match="menolak"):
        embeddings_of(settings(), tmp_path).encode_query("apa itu SPBE")


def test_a_server_without_an_address_or_out_of_reach_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="embeddings_url"):
        RemoteEmbeddings(ModelSettings(embeddings_provider="tei"), tmp_path)
    gone = ModelSettings(embeddings_provider="tei", embeddings_url="http://127.0.0.1:9")
    with pytest.raises(ModelError, match="tidak dapat dihubungi"):
        embeddings_of(gone, tmp_path).encode_query("apa itu SPBE")


def test_a_library_is_built_and_searched_with_them_and_with_no_others(
    settings: Settings,
    server: EmbeddingServer,
    tmp_path: Path,
    documents: Callable[[str, str], Path],
    library_document: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = documents("dewan.md", library_document("dewan", f"# Panduan\n\n## Dewan\n\n{TEXTS[0]}\n"))
    documents("sampah.md", library_document("sampah", f"# Panduan\n\n## Sampah\n\n{TEXTS[1]}\n"))
    remote = settings()
    for key in ("embeddings", "embeddings_provider", "embeddings_url"):
        monkeypatch.setenv(f"KOTACERDAS_MODEL__{key.upper()}", getattr(remote, key))
    data = tmp_path / "data"
    arguments = [str(folder), "--only", "--json", "--data", str(data)]
    assert ingest.main(arguments) == ingest.SWITCHED
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["embedded"] == 2
    config = LibraryConfig.load(data_dir=data)
    library = Library(config, embeddings_of(config.model, data))
    assert library.search("siapa mengangkut sampah?").passages[0].document.id == "sampah"
    with pytest.raises(ModelError, match=r"python ingest\.py"):
        Library(config, OtherModel(config.model, data))


class OtherModel(SentenceEmbeddings):
    """A model that the library was not built with."""

    @property
    def card(self) -> Any:  # noqa: ANN401
        from knowledge.embed import ModelCard

        return ModelCard("", "float32", "model-lain/torch-float32/0", {})
