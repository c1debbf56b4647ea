"""Libraries of growing size: time of a search, memory, time to open, recall against exact search.

Texts are sentences of the shipped library mixed anew, vectors those of its sections with noise:
embedding a million sections would take hours. Everything else is what an ingest writes and the bot
opens. Each size is opened in a process of its own.

Usage: python -m benchmarks.sizes [--sizes 1000,10000,100000] [--part 50000] [--data DIR]
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.process import MIB, resident_mib
from bot.config import Config
from knowledge import generation, vector_index
from knowledge.chunk import Chunk, Entries
from knowledge.chunk_file import spooled
from knowledge.embed import EmbeddingCache, never_encode
from knowledge.embed_remote import embeddings_of
from knowledge.rank import open_generation
from knowledge.settings import PROJECT

QUESTIONS = PROJECT / "tests" / "questions_own.jsonl"
ASKED = 100
PER_DOCUMENT = 20
NEAREST = 10
# The cosine of a section's vector and one with this noise is about .87, as of sections on one subject.
NOISE = 0.03
SEED = 20261126


def main() -> None:
    """Print the table, or (with --open) the line of one library."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sizes", default="1000,10000,100000")
    parser.add_argument("--data", type=Path, default=PROJECT / "data", help="where the shipped library is ingested")
    parser.add_argument("--part", type=int, default=vector_index.PART, help="entries of one collection")
    parser.add_argument("--open", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    vector_index.PART = options.part
    if options.open:
        print(json.dumps(_measure(options.open, options.data)))
        return
    print(f"{'sections':>9}{'build s':>9}{'disk MiB':>9}{'open s':>8}{'memory MiB':>11}"
          f"{'search p50':>11}{'p95 ms':>8}{'nearest p50':>12}{f'recall@{NEAREST}':>10}")  # fmt: skip
    for size in map(int, options.sizes.split(",")):
        with tempfile.TemporaryDirectory() as directory:
            started = time.perf_counter()
            build(size, options.data, Path(directory))
            built = time.perf_counter() - started
            disk = sum(file.stat().st_size for file in Path(directory).rglob("*") if file.is_file()) / MIB
            arguments = [sys.executable, "-m", "benchmarks.sizes", "--open", directory, "--data", str(options.data)]
            done = subprocess.run(arguments, cwd=PROJECT, check=True, capture_output=True, text=True)
            found = json.loads(done.stdout.splitlines()[-1])
        print(f"{size:>9}{built:>9.1f}{disk:>9.0f}{found['open']:>8.2f}{found['memory']:>11.0f}"
              f"{found['p50']:>11.1f}{found['p95']:>8.1f}{found['nearest']:>12.2f}{found['recall']:>10.3f}",
              flush=True)  # fmt: skip


def build(size: int, shipped: Path, data: Path) -> None:
    """A library of `size` sections, live in `data`."""
    opened = open_generation(shipped, generation.current(shipped) or "")
    recipe = opened.manifest.recipe
    searched = [entry for entry in Entries(opened.chunks, opened.manifest.documents) if not entry.is_question]
    cache = EmbeddingCache(shipped / "embeddings.sqlite")
    known, _ = cache.vectors(recipe.fingerprint, [entry.text for entry in searched], never_encode)
    cache.close()
    chance = np.random.default_rng(SEED)
    words = random.Random(SEED)  # noqa: S311 - the same libraries at every run
    sentences = [sentence for chunk in opened.chunks for sentence in chunk.text.split(". ") if sentence]
    first = opened.manifest.documents[0]
    documents = [
        replace(first, key=key, id=key, source=f"{key}.md", title=f"Dokumen {key}", curated=False, sha256=key)
        for key in map(_key, range(0, size, PER_DOCUMENT))
    ]
    models = list(opened.chunks)

    def chunks() -> Iterator[Chunk]:
        for n in range(size):
            model, text = models[n % len(models)], ". ".join(words.sample(sentences, 6))
            identifier = f"uji-{n}"
            yield replace(
                model, id=identifier, document=_key(n), group=identifier, questions=(), mentions=(), text=text
            )

    vectors = np.lib.format.open_memmap(data / "vectors.npy", "w+", np.float32, (size, known.shape[1]))
    for start in range(0, size, 10_000):
        rows = known[np.arange(start, min(size, start + 10_000)) % len(known)]
        noisy = rows + chance.normal(0, NOISE, rows.shape).astype(np.float32)
        vectors[start : start + len(rows)] = noisy / np.linalg.norm(noisy, axis=1, keepdims=True)
    name = generation.build(data, recipe, documents, spooled(chunks(), data), vectors, {}, ())
    generation.switch(data, name)


def _key(n: int) -> str:
    """The key of the document of a section."""
    return f"uji-{n // PER_DOCUMENT}"


def _measure(data: Path, shipped: Path) -> dict[str, float]:
    """The figures of one library, opened as the bot opens it."""
    config = Config.load(data_dir=shipped)
    embeddings = embeddings_of(config.model, shipped)
    asked = [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    questions = [case["question"] for case in asked if case["kind"] == "answer"][:ASKED]
    vectors = embeddings.encode_queries(questions)
    before = resident_mib(os.getpid())
    started = time.perf_counter()
    opened = open_generation(data, generation.current(data) or "")
    took = time.perf_counter() - started
    times = []
    for question, vector in zip(questions, vectors, strict=True):
        started = time.perf_counter()
        opened.rank(opened.reader.read(question), vector, 5, config.retrieval)
        times.append((time.perf_counter() - started) * 1000)
    memory = resident_mib(os.getpid()) - before
    # The exact search reads all vectors, so it comes after what is measured.
    stored = np.load(data / "vectors.npy", mmap_mode="r")
    nearest, found = [], []
    for vector in vectors:
        started = time.perf_counter()
        ids = [one for one, _ in vector_index.nearest(opened.collections, vector[None], NEAREST)[0]]
        nearest.append((time.perf_counter() - started) * 1000)
        exact = np.argsort(-(stored @ vector))[:NEAREST]
        found.append(len({ordinal for ordinal, _ in opened.columns.led_to(ids)} & {int(i) for i in exact}) / NEAREST)
    return {
        "open": took,
        "memory": memory,
        # The first search loads what the others use.
        "p50": float(np.quantile(times[1:], 0.5)),
        "p95": float(np.quantile(times[1:], 0.95)),
        "nearest": float(np.quantile(nearest, 0.5)),
        "recall": float(np.mean(found)),
    }


if __name__ == "__main__":
    main()
