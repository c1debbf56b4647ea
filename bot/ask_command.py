"""`python -m bot ask`: questions in, one JSON line or one readable answer out for each."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any

from bot.config import Config
from bot.conversation.converse import Conversation
from bot.conversation.draft import Draft
from bot.conversation.understand import Question
from bot.terminal import show
from knowledge.follow_up import said_before

UNREADABLE = "baris ini bukan JSON dengan kunci question"


def ask(config: Config, question: str | None, *, as_json: bool) -> int:
    """Answer the given question, or JSON lines from stdin in their order; returns the exit code."""
    conversation = Conversation(config)
    conversation.library.embeddings.encode_query("pemanasan")
    failed = False
    items: Iterable[tuple[Any, Question | None]] = [(None, Question(question))] if question else _read(sys.stdin)
    for identifier, item in items:
        if item is None:
            failed = True
            print(json.dumps({"id": identifier, "error": UNREADABLE}, ensure_ascii=False), flush=True)
            continue
        started = time.perf_counter()
        draft = conversation.ask(item)
        latency = (time.perf_counter() - started) * 1000
        if as_json or not question:
            print(json.dumps(as_record(identifier, draft, latency), ensure_ascii=False), flush=True)
        else:
            show(draft)
    return int(failed)


def as_record(identifier: Any, draft: Draft, latency_ms: float) -> dict[str, object]:  # noqa: ANN401
    """A draft in the form of the contract in docs/architecture.md."""
    return {
        "id": identifier,
        "kind": draft.kind,
        "language": draft.language,
        "answer": draft.answer,
        "points": [
            {"text": point.text, "citations": list(point.citations)}
            for point in (draft.lead, *draft.points)
            if point.citations
        ],
        "citations": [
            {
                "n": citation.n,
                "source": citation.source,
                "title": citation.title,
                "locator": citation.locator,
                "quote": citation.quote,
                "status": citation.status,
            }
            for citation in draft.citations
        ],
        "warnings": list(draft.warnings),
        "engine": draft.engine,
        "latency_ms": round(latency_ms, 2),
    }


def _read(lines: Iterable[str]) -> Iterator[tuple[Any, Question | None]]:
    """The questions of JSON lines; None for a line that holds none, so that the rest goes on."""
    for line in filter(str.strip, lines):
        try:
            item = json.loads(line)
            question = str(item["question"])
        except (ValueError, KeyError, TypeError):
            yield _identifier(line), None
            continue
        yield item.get("id"), Question(question, said_before(item.get("history") or []))


def _identifier(line: str) -> Any:  # noqa: ANN401
    try:
        item = json.loads(line)
    except ValueError:
        return None
    return item.get("id") if isinstance(item, dict) else None
