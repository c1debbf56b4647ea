"""What the tests share: the real model and library, prepared once, and a closed network."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import ingest
from bot.config import Config
from bot.conversation.converse import Conversation
from knowledge.embed import SentenceEmbeddings
from knowledge.retrieve import Library

REGULATIONS = Path(__file__).resolve().parent.parent.parent / "shared" / "regulations"
LOCAL = {"127.0.0.1", "::1", "localhost"}


@pytest.fixture(autouse=True)
def _no_outside_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any connection that leaves this machine fails the test that made it."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6} and address[0] not in LOCAL:
            raise AssertionError(f"a test reached for the network: {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session", autouse=True)
def _clean_environment() -> None:
    """Settings of the machine that runs the tests do not reach them."""
    for name in [name for name in os.environ if name.startswith("KOTACERDAS_")]:
        del os.environ[name]


@pytest.fixture(scope="session")
def library_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the shipped library ingested, as `python ingest.py` leaves it."""
    data = tmp_path_factory.mktemp("pustaka")
    assert ingest.main(["--data", str(data)]) == ingest.SWITCHED
    return data


@pytest.fixture(scope="session")
def config(library_data: Path) -> Config:
    """The shipped configuration on that data directory."""
    return Config.load(data_dir=library_data)


@pytest.fixture(scope="session")
def embeddings(config: Config) -> SentenceEmbeddings:
    """The real model, loaded once."""
    return SentenceEmbeddings(config.model, config.data.dir)


@pytest.fixture(scope="session")
def library(config: Config, embeddings: SentenceEmbeddings) -> Library:
    """The shipped library, open for search."""
    return Library(config, embeddings)


@pytest.fixture(scope="session")
def conversation(config: Config) -> Conversation:
    """The conversation over the shipped library."""
    return Conversation(config)


@pytest.fixture
def empty_data(tmp_path: Path, library_data: Path) -> Path:
    """A data directory with the prepared model and the embedding cache, but no library."""
    data = tmp_path / "data"
    data.mkdir()
    shutil.copytree(library_data / "models", data / "models", copy_function=_link)
    for card in (data / "models").glob("*.json"):
        text = card.read_text(encoding="utf-8").replace(str(library_data), str(data))
        card.unlink()
        card.write_text(text, encoding="utf-8")
    shutil.copy(library_data / "embeddings.sqlite", data / "embeddings.sqlite")
    return data


def _link(source: str, target: str) -> None:
    os.link(source, target)


@pytest.fixture
def documents(tmp_path: Path) -> Iterator[Callable[[str, str | bytes], Path]]:
    """Writes a file into a folder of documents and returns the folder."""
    folder = tmp_path / "dokumen"
    folder.mkdir()

    def write(name: str, content: str | bytes) -> Path:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return folder

    yield write


@pytest.fixture(scope="session")
def regulations() -> Path:
    """The real regulation texts, which no commit holds; skipped where they are not at hand."""
    if not REGULATIONS.is_dir():
        pytest.skip("the regulation texts of ../shared/regulations are not on this machine")
    return REGULATIONS
