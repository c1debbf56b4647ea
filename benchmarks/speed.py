"""Latency, ingest rate, start-up time and memory, each as a ratio to a bare reference.

Everything is measured in one run, alternating where it matters, because the machine is
noisy: read the ratios, not the times. Usage: python -m benchmarks.speed
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bot.config import Config
from bot.conversation.converse import Conversation
from bot.conversation.understand import Question
from knowledge import generation, vector_index
from knowledge.chunk import Entries
from knowledge.embed import SentenceEmbeddings
from knowledge.retrieve import Library
from knowledge.settings import PROJECT, SHIPPED_DOCUMENTS

QUESTIONS = PROJECT / "tests" / "questions.jsonl"
ROUNDS = 5


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as directory:
        data = Path(directory)
        run("ingest.py", "--data", str(data))
        config = Config.load(data_dir=data)
        conversation = Conversation(config)
        _latency(conversation, config)
        _ingest(config)
        _start_up(data)
        _memory(data)


def run(*arguments: str) -> float:
    """Seconds that a command of this project takes."""
    started = time.perf_counter()
    subprocess.run([sys.executable, *arguments], cwd=PROJECT, check=True, capture_output=True)
    return time.perf_counter() - started


def row(name: str, value: float, unit: str, reference: float | None = None, target: str = "") -> None:
    """Print one line: a value, its ratio to the reference, the target."""
    ratio = f"{value / reference:8.2f} x" if reference else " " * 10
    print(f"{name:52}{value:10.2f} {unit:5}{ratio}  {target}")


def _latency(conversation: Conversation, config: Config) -> None:
    rows = [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    questions = [item["question"] for item in rows if item["kind"] == "answer"]
    library, embeddings = conversation.library, conversation.library.embeddings
    chain = _tutorial_chain(library, embeddings)
    vectors = {question: embeddings.encode_query(question) for question in questions}
    [collection] = library.opened.collections
    systems: dict[str, Callable[[str], object]] = {
        "encoder": embeddings.encode_query,
        "chroma": lambda q: collection.query(query_embeddings=vectors[q][None], n_results=5),
        "chain": chain,
        "search": lambda q: library.search(q, 5),
        "ask": lambda q: conversation.ask(Question(q)),
    }
    times: dict[str, list[float]] = {name: [] for name in systems}
    for _ in range(ROUNDS):
        for question in questions:
            for name, call in systems.items():
                started = time.perf_counter()
                call(question)
                times[name].append((time.perf_counter() - started) * 1000)
    p50 = {name: statistics.median(values) for name, values in times.items()}
    p95 = {name: sorted(values)[int(0.95 * len(values))] for name, values in times.items()}
    row("encoder alone, one question, p50", p50["encoder"], "ms")
    row("bare Chroma query, p50", p50["chroma"], "ms")
    row("LangChain tutorial chain (same model), p50", p50["chain"], "ms", p50["encoder"])
    row("search, p50", p50["search"], "ms", p50["encoder"])
    row("search without the encoder, beside bare Chroma", p50["search"] - p50["encoder"], "ms", p50["chroma"])
    row("ask, p50", p50["ask"], "ms", p50["encoder"], "at most 3 x")
    row("ask, p95", p95["ask"], "ms", p50["encoder"])


def _tutorial_chain(library: Library, embeddings: SentenceEmbeddings) -> Callable[[str], object]:
    from langchain_chroma import Chroma

    folder = generation.index_dir(library._config.data.dir) / library.opened.manifest.generation / "chroma"
    copy = Path(tempfile.mkdtemp()) / "chroma"
    shutil.copytree(folder, copy)
    store = Chroma(vector_index.COLLECTION, embeddings, persist_directory=str(copy))
    return lambda question: store.similarity_search(question, k=5)


def _ingest(config: Config) -> None:
    embeddings = SentenceEmbeddings(config.model, config.data.dir)
    library = Library(config, embeddings)
    opened = library.opened
    searched = Entries(opened.chunks, opened.manifest.documents)
    passages = [entry.text for entry in searched if not entry.is_question]
    questions = [entry.text for entry in searched if entry.is_question]
    embeddings.encode_passages(passages[:16])
    with tempfile.TemporaryDirectory() as directory:
        fresh = Path(directory)
        _with_model(config.data.dir, fresh)
        started = time.perf_counter()
        loaded = SentenceEmbeddings(config.model, fresh)
        loaded.encode_passages(passages)
        loaded.encode_queries(questions)
        encoder = time.perf_counter() - started
        ingest = run("ingest.py", str(SHIPPED_DOCUMENTS), "--only", "--data", str(fresh))
        again = run("ingest.py", str(SHIPPED_DOCUMENTS), "--only", "--data", str(fresh))
    row("encoder alone, all new text of the library", encoder, "s")
    row("ingest of the library, fresh", ingest, "s", encoder, "at most 1.25 x")
    row("second ingest, nothing changed", again, "s", target="under 2 s")


def _with_model(source: Path, target: Path) -> None:
    shutil.copytree(source / "models", target / "models")
    for card in (target / "models").glob("*.json"):
        card.write_text(card.read_text(encoding="utf-8").replace(str(source), str(target)), encoding="utf-8")


def _start_up(data: Path) -> None:
    bare = statistics.median([run("-c", "pass") for _ in range(ROUNDS)])
    row(
        "python -m bot --help",
        statistics.median([run("-m", "bot", "--help") for _ in range(ROUNDS)]),
        "s",
        bare,
        "under 0.5 s",
    )
    bare = run("-c", "import sentence_transformers, chromadb")
    row(
        "python -m bot ask, cold (beside the bare imports)",
        run("-m", "bot", "ask", "apa itu RP2P", "--data", str(data)),
        "s",
        bare,
    )


def _memory(data: Path) -> None:
    bare = _peak("-c", "import sentence_transformers, chromadb")
    row(
        "peak memory of ask (beside the bare imports)",
        _peak("-m", "bot", "ask", "apa itu RP2P", "--data", str(data)),
        "MB",
        bare,
    )


def _peak(*arguments: str) -> float:
    """Peak resident memory in megabytes of a command of this project."""
    measure = (
        "import resource, subprocess, sys; quiet = subprocess.DEVNULL; "
        "subprocess.run(sys.argv[1:], check=True, stdout=quiet, stderr=quiet); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    command: Sequence[str] = [sys.executable, "-c", measure, sys.executable, *arguments]
    result = subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True)
    return float(result.stdout.split()[-1]) / 1024


if __name__ == "__main__":
    main()
