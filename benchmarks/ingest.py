"""What an ingest costs: planning, reading PDFs, embedding anew, the switch under questions, memory.

Each part prints its own lines; ratios and processor time are of one run. `memory` and `plan` ingest
synthetic documents, and their encoder is a fake: vectors of the shipped sections with noise, since
embedding two hundred thousand sections would take an hour. All else is `ingest.py` itself.

Usage: python -m benchmarks.ingest [plan] [read] [embed] [switch] [memory] [--sizes 5000,50000]
       [--folder REGULATIONS] [--data DIR]
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import ingest
from benchmarks.process import MIB
from benchmarks.sizes import NOISE, build
from knowledge import embed_remote, generation, soundness
from knowledge.chunk import Entries
from knowledge.embed import EmbeddingCache, SentenceEmbeddings, never_encode
from knowledge.generation import read_chunks
from knowledge.hidden_pdf import look
from knowledge.parse import parse
from knowledge.parsed_files import ParsedFiles
from knowledge.retrieve import Library
from knowledge.runtime import Kind, Runtime
from knowledge.sandbox import Sandbox
from knowledge.settings import PROJECT, SHIPPED_DOCUMENTS, LibraryConfig, ModelSettings
from knowledge.sources import find

if TYPE_CHECKING:
    from numpy.typing import NDArray

PARTS = ("plan", "read", "embed", "switch", "memory")
QUESTIONS = PROJECT / "tests" / "questions_own.jsonl"
FILES = 10_000
SECTIONS_OF_A_FILE = 100
SENTENCES = 5
ROUNDS = 3
ASKING, PAUSE = 2, 0.1
CALM, SWITCHES = 10.0, 5
SEED = 20261126
STEP = Path("/proc/self/clear_refs")


def main() -> None:
    """Print what was asked for, or (with --cheaply) be the ingest that is measured."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("parts", nargs="*", default=[], help=", ".join(PARTS))
    parser.add_argument("--sizes", default="5000,50000", help="sections, for `memory`")
    parser.add_argument("--switched", default="1000,10000", help="sections, for `switch`")
    parser.add_argument("--folder", type=Path, default=SHIPPED_DOCUMENTS, help="for `read` and `embed`")
    parser.add_argument("--data", type=Path, default=PROJECT / "data", help="where the shipped library is ingested")
    parser.add_argument("--cheaply", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--timed", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.cheaply:
        print(json.dumps(_cheaply(options.folder, options.cheaply, options.data)))
        return
    if options.timed:
        print(json.dumps(_timed(options.folder, options.timed)))
        return
    for part in options.parts or PARTS:
        if part == "plan":
            _plan(options.data)
        elif part == "read":
            _read(options.folder)
        elif part == "embed":
            _embed(options.folder, options.data)
        elif part == "switch":
            for size in map(int, options.switched.split(",")):
                _switch(size, options.data)
        else:
            for size in map(int, options.sizes.split(",")):
                _memory(size, options.data)


def _plan(shipped: Path) -> None:
    """Ingests of so many files: the first, as a whole process one without a change, and one after a change."""
    with tempfile.TemporaryDirectory() as directory:
        folder, data = Path(directory, "documents"), Path(directory, "data")
        _write(folder, FILES, 1, shipped)
        shutil.copytree(shipped / "models", data / "models")
        _print_steps(f"{FILES} new files", _child("--cheaply", folder, data, shipped))
        for more in (["--dry-run"], []):
            taken = [
                _run([str(PROJECT / "ingest.py"), str(folder), "--only", "--data", str(data), *more])
                for _ in range(ROUNDS)
            ]
            print(f"plan: {FILES} unchanged files {' '.join(more):10} {_best(taken)}", flush=True)
        with (folder / f"{_name(0)}.md").open("a", encoding="utf-8") as file:
            file.write("\nLoket buka pukul delapan.\n")
        _print_steps(f"one of {FILES} files changed", _child("--cheaply", folder, data, shipped))


def _print_steps(what: str, found: dict) -> None:  # type: ignore[type-arg]
    steps = ", ".join(f"{step} {took:.1f}" for step, took in found["seconds_by_step"].items())
    print(f"plan: {what}: {found['seconds']:.1f} s ({steps})", flush=True)


def _read(folder: Path) -> None:
    """PDFs with a text layer: by one process, and by as many as an ingest uses, their start included."""
    found, _ = find([folder.resolve()], 10**9)
    sources, pages = [], 0
    for source in found:
        if source.path.suffix.lower() == ".pdf" and not parse(source).unreadable:
            sources.append(source)
            pages += look(source.path, 10_000).pages
    if not sources:
        print(f"read: no PDF with a text layer in {folder}; name a folder with --folder")
        return
    started, before = time.perf_counter(), time.process_time()
    for _ in range(ROUNDS):
        for source in sources:
            parse(source)
    clock, cpu = (time.perf_counter() - started) / ROUNDS, (time.process_time() - before) / ROUNDS
    print(f"read: {len(sources)} PDFs, {pages} pages, one process: {pages / cpu:.0f} pages a second of processor "
          f"time, {pages / clock:.0f} by the clock", flush=True)  # fmt: skip
    for _ in range(ROUNDS):
        with Sandbox() as sandbox, ThreadPoolExecutor(sandbox.workers) as pool:
            started = time.perf_counter()
            list(pool.map(sandbox.read, sources))
            clock = time.perf_counter() - started
            started = time.perf_counter()
            list(pool.map(sandbox.read, sources))
            warm = time.perf_counter() - started
        print(f"read: {sandbox.workers} reading processes: {pages / clock:.0f} pages a second by the clock with "
              f"their start ({clock:.2f} s), {pages / warm:.0f} without ({warm:.2f} s)", flush=True)  # fmt: skip


def _embed(folder: Path, shipped: Path) -> None:
    """Everything embedded anew, as after a change of the model, beside the encoder's own time in the same run."""
    with tempfile.TemporaryDirectory() as directory:
        data = Path(directory)
        shutil.copytree(shipped / "models", data / "models", ignore=shutil.ignore_patterns("*.npz"))
        # A new model reads no file again.
        files = ParsedFiles(LibraryConfig.load(data_dir=data))
        with files.sandbox:
            list(files.read_all(find([folder.resolve()], 10**9)[0]))
        found = _child("--timed", folder, data, shipped)
    clock, cpu = found["ingest"]
    for name, kinds in (("passages", ["passage"]), ("all that was embedded", ["passage", "query"])):
        texts, *own = (sum(part) for part in zip(*(found[kind] for kind in kinds), strict=True))
        print(f"embed: ingest {clock:.1f} s (processor {cpu:.1f} s), its encoder {own[0]:.1f} s ({own[1]:.1f} s) "
              f"for {texts} texts, {name}: {clock / own[0]:.2f} times ({cpu / own[1]:.2f})", flush=True)  # fmt: skip


def _timed(folder: Path, data: Path) -> dict[str, tuple[float, ...]]:
    """Seconds by the clock and of the processor: of an ingest of `folder`, and within it, with the number of
    texts, of its encoder by what it encoded."""
    spent: dict[str, tuple[float, ...]] = {"passage": (0, 0.0, 0.0), "query": (0, 0.0, 0.0)}
    running = embed_remote.embeddings_of(LibraryConfig.load(data_dir=data).model, data).runtime
    encode = type(running).encode

    def watched(self: Runtime, texts: Sequence[str], kind: Kind) -> NDArray[np.float32]:
        started, before = time.perf_counter(), time.process_time()
        vectors = encode(self, texts, kind)
        new = (len(texts), time.perf_counter() - started, time.process_time() - before)
        spent[kind] = tuple(a + b for a, b in zip(spent[kind], new, strict=True))
        return vectors

    type(running).encode = watched  # type: ignore[method-assign]
    started, before = time.perf_counter(), sum(os.times()[:4])
    _ingested(folder, data)
    return {**spent, "ingest": (time.perf_counter() - started, sum(os.times()[:4]) - before)}


def _switch(size: int, shipped: Path) -> None:
    """Questions from several threads while the library is switched to another generation, again and again."""
    asked = [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    questions = [case["question"] for case in asked if case["kind"] == "answer"]
    with tempfile.TemporaryDirectory() as directory:
        data = Path(directory)
        build(size, shipped, data)
        shutil.copytree(shipped / "models", data / "models")
        config = LibraryConfig.load(data_dir=data)
        library = Library(config, SentenceEmbeddings(config.model, data))
        library.search(questions[0])
        # As the bot does before it serves.
        gc.collect()
        gc.freeze()
        stop = threading.Event()
        took: list[tuple[float, float]] = []

        def ask(offset: int) -> None:
            n = offset
            while not stop.is_set():
                started = time.perf_counter()
                library.search(questions[n % len(questions)])
                took.append((started, time.perf_counter() - started))
                n += 1
                time.sleep(PAUSE)

        askers = [threading.Thread(target=ask, args=(i * 7,)) for i in range(ASKING)]
        for asker in askers:
            asker.start()
        time.sleep(CALM)
        spans = [_switched(library, data, f"uji-{n}") for n in range(SWITCHES)]
        stop.set()
        for asker in askers:
            asker.join()
    inside = [t for at, t in took if any(at + t >= begin and at <= end for begin, end in spans)]
    outside = [t for at, t in took if not any(at + t >= begin and at <= end for begin, end in spans)]
    opened = max(end - begin for begin, end in spans)
    print(f"switch: {size} sections, {SWITCHES} times, open after {opened:.1f} s at most; "
          f"a question outside {_quantiles(outside)}, in a switch {_quantiles(inside)}", flush=True)  # fmt: skip


def _switched(library: Library, data: Path, name: str) -> tuple[float, float]:
    """Switch to a copy of the generation in use; when that began, and when questions had it for a second."""
    folder = generation.index_dir(data)
    copy = folder / name
    shutil.copytree(folder / (generation.current(data) or ""), copy)
    manifest = json.loads((copy / "manifest.json").read_text(encoding="utf-8"))
    (copy / "manifest.json").write_text(json.dumps({**manifest, "generation": name}), encoding="utf-8")
    soundness.seal(copy)
    time.sleep(1)
    begun = time.perf_counter()
    generation.point(folder, name)
    while library.opened.manifest.generation != name:
        time.sleep(0.01)
    time.sleep(1)
    return begun, time.perf_counter()


def _memory(size: int, shipped: Path) -> None:
    """The most memory that an ingest of so many sections takes, step by step."""
    with tempfile.TemporaryDirectory() as directory:
        folder, data = Path(directory, "documents"), Path(directory, "data")
        _write(folder, size // SECTIONS_OF_A_FILE, SECTIONS_OF_A_FILE, shipped)
        shutil.copytree(shipped / "models", data / "models")
        found = _child("--cheaply", folder, data, shipped)
    steps = ", ".join(f"{stage} {peak:.0f}" for stage, peak in found["steps"].items())
    print(f"memory: {found['chunks']} sections, {found['seconds']:.0f} s: {found['peak']:.0f} MiB "
          f"(peak by step: {steps})", flush=True)  # fmt: skip


def _child(mode: str, folder: Path, data: Path, shipped: Path) -> dict:  # type: ignore[type-arg]
    """What an ingest of `folder` in a process of its own tells."""
    command = [sys.executable, "-m", "benchmarks.ingest", mode, str(data), "--folder", str(folder)]
    done = subprocess.run(
        [*command, "--data", str(shipped)], cwd=PROJECT, check=True, stdout=subprocess.PIPE, text=True
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _ingested(folder: Path, data: Path) -> None:
    if ingest.main([str(folder), "--only", "--data", str(data)]) == ingest.NOTHING:
        raise RuntimeError("nothing was ingested")


class _Cheap(SentenceEmbeddings):
    """The shipped model's own name and tokenizer; a vector is one of `known`, chosen by the text, with noise."""

    known: NDArray[np.float32]

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        chance = np.random.default_rng([len(texts), *texts[0].encode()[:64]])
        rows = self.known[[hash(text) % len(self.known) for text in texts]]
        noisy = rows + chance.normal(0, NOISE, rows.shape).astype(np.float32)
        return np.asarray(noisy / np.linalg.norm(noisy, axis=1, keepdims=True), dtype=np.float32)

    encode_queries = encode_passages


def _cheaply(folder: Path, data: Path, shipped: Path) -> dict[str, object]:
    """Ingest `folder` with the fake encoder; the memory (MiB) of this process by step."""
    _Cheap.known = _known(shipped)
    steps: dict[str, float] = {}
    took: dict[str, float] = {}
    at, since = ["start"], [time.perf_counter()]

    class Watched(ingest.ProgressDisplay):
        def __call__(self, stage: str, done: int, total: int) -> None:
            step = f"build {done}" if stage == "build" else stage
            if step != at[0]:
                steps[at[0]], took[at[0]] = _high_water(), time.perf_counter() - since[0]
                at[0], since[0] = step, time.perf_counter()

    def embeddings_of(settings: ModelSettings, data_dir: Path) -> SentenceEmbeddings:
        return _Cheap(settings, data_dir)

    embed_remote.embeddings_of = embeddings_of
    ingest.ProgressDisplay = Watched  # type: ignore[misc]
    started = time.perf_counter()
    _ingested(folder, data)
    steps[at[0]], took[at[0]] = _high_water(), time.perf_counter() - since[0]
    manifest = generation.read_manifest(data, generation.current(data) or "")
    return {
        "chunks": manifest.chunks,
        "seconds": time.perf_counter() - started,
        "steps": steps,
        "seconds_by_step": took,
        "peak": max(steps.values()),
    }


def _high_water() -> float:
    """The most memory since this was last asked (Linux), in MiB."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    STEP.write_text("5", encoding="ascii")
    return peak * 1024 / MIB


def _known(shipped: Path) -> NDArray[np.float32]:
    """The vectors of the shipped library's sections, shape (n, dimension)."""
    manifest, chunks = read_chunks(generation.index_dir(shipped) / (generation.current(shipped) or ""))
    texts = [entry.text for entry in Entries(chunks, manifest.documents) if not entry.is_question]
    cache = EmbeddingCache(shipped / "embeddings.sqlite")
    vectors, _ = cache.vectors(manifest.recipe.fingerprint, texts, never_encode)
    cache.close()
    return vectors


def _write(folder: Path, files: int, sections: int, shipped: Path) -> None:
    """Markdown files of so many sections, each of sentences of the shipped library."""
    _, chunks = read_chunks(generation.index_dir(shipped) / (generation.current(shipped) or ""))
    sentences = [sentence for chunk in chunks for sentence in chunk.text.split(". ") if len(sentence) > 60]
    chance = random.Random(SEED)  # noqa: S311 - the same libraries at every run
    folder.mkdir()
    for n in range(files):
        parts = (
            f"## Bagian {i}\n\n" + " ".join(f"{' '.join(one.split())}." for one in chance.sample(sentences, SENTENCES))
            for i in range(sections)
        )
        text = f"# Laporan {n} tahun {1950 + n % 80}\n\n" + "\n\n".join(parts) + "\n"
        (folder / f"{_name(n)}.md").write_text(text, encoding="utf-8")


def _name(n: int) -> str:
    return f"laporan-{n:05}"


def _run(arguments: list[str]) -> tuple[float, float]:
    """Seconds by the clock and of the processor, its children's included, of a Python command."""
    before, started = os.times(), time.perf_counter()
    done = subprocess.run([sys.executable, *arguments], cwd=PROJECT, capture_output=True, text=True, check=False)
    if done.returncode not in {ingest.SWITCHED, ingest.PARTLY}:
        raise RuntimeError(done.stdout + done.stderr)
    clock, after = time.perf_counter() - started, os.times()
    return clock, after[2] + after[3] - before[2] - before[3]


def _best(taken: Sequence[tuple[float, float]]) -> str:
    return ", ".join(f"{clock:.2f} s (processor {cpu:.2f} s)" for clock, cpu in taken)


def _quantiles(values: Sequence[float]) -> str:
    p50, p99, most = 1000 * np.quantile(values, [0.5, 0.99, 1])
    return f"p50 {p50:.0f} p99 {p99:.0f} max {most:.0f} ms (of {len(values)})"


if __name__ == "__main__":
    main()
