"""`python -m knowledge search`: questions in, one line of ranked passages out for each."""

from __future__ import annotations

import argparse
import json
import sys
import time

from knowledge.embed_remote import embeddings_of
from knowledge.follow_up import leans_on, said_before
from knowledge.retrieve import Library
from knowledge.settings import LibraryConfig


def search(options: argparse.Namespace) -> int:
    """Answer the question of the command line, or JSON lines on stdin; returns the exit code."""
    config = LibraryConfig.load(options.config, options.data)
    library = Library(config, embeddings_of(config.model, config.data.dir))
    library.embeddings.encode_query("pemanasan")
    questions = (
        [{"id": None, "question": options.question}]
        if options.question
        else map(json.loads, filter(str.strip, sys.stdin))
    )
    for item in questions:
        started = time.perf_counter()
        earlier = leans_on(item["question"], said_before(item.get("history") or []))
        found = library.search(item["question"], options.top, earlier)
        latency = round((time.perf_counter() - started) * 1000, 2)
        results = [
            {
                "source": passage.document.source,
                "locator": passage.chunk.locator,
                "title": passage.document.title,
                "score": round(passage.score, 4),
                "text": passage.chunk.text,
            }
            for passage in found.passages
        ]
        if options.json or not options.question:
            print(
                json.dumps({"id": item.get("id"), "results": results, "latency_ms": latency}, ensure_ascii=False),
                flush=True,
            )
        else:
            for n, result in enumerate(results, 1):
                excerpt = " ".join(str(result["text"]).split())[:300]
                print(f"{n}. {result['title']}, {result['locator']} ({result['score']:.2f})\n   {excerpt}\n")
    return 0
