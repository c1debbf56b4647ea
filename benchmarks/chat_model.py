"""A scripted chat model that mixes one false statement into every answer: how many come through?

It answers over HTTP like OpenAI's, in the words of the passages that it is given, with one of its
statements changed by the operators of the tests. Beside it the extractive draft on the same questions.
Usage: python -m benchmarks.chat_model [QUESTIONS.jsonl] [--data DIR]
"""

from __future__ import annotations

import argparse
import os
import random
from dataclasses import asdict
from pathlib import Path

from bot.conversation.extract import statements, with_items
from knowledge.embed_remote import embeddings_of
from knowledge.evaluate import ANSWER, EXTRACTIVE, ask_over_the_wire, measure, read_cases
from knowledge.retrieve import Library
from knowledge.settings import PROJECT, LibraryConfig
from tests.chat_server import ChatServer, Json, Said, Script, as_arguments, sources
from tests.claim_mutations import mutations

MODEL = "openai:skrip"
QUESTIONS = PROJECT / "tests" / "questions.jsonl"
READ, SAID_OF_EACH = 2, 3


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("file", nargs="?", type=Path, default=QUESTIONS)
    parser.add_argument("--data", type=Path)
    options = parser.parse_args()
    config = LibraryConfig.load(None, options.data)
    library = Library(config, embeddings_of(config.model, config.data.dir))
    cases = read_cases(options.file)
    false: list[str] = []
    with ChatServer() as server:
        server.add(lambda body: _answer(body, false))
        os.environ |= {"OPENAI_API_KEY": "tidak-perlu", "KOTACERDAS_DRAFTING__BASE_URL": server.url}
        drafts = {name: ask_over_the_wire(cases, None, options.data, chat) for name, chat in ENGINES.items()}
    figures = {name: asdict(measure(cases, library, of_engine)) for name, of_engine in drafts.items()}
    for key in (key for key in figures[EXTRACTIVE] if key != "wrong"):
        print(f"{key.replace('_', ' '):26}" + "".join(f"{figures[name][key]:>14}" for name in ENGINES))
    answers = [draft for draft in drafts[MODEL] if draft["kind"] == ANSWER]
    own = [draft for draft in answers if draft["engine"] != EXTRACTIVE]
    said = {point["text"] for draft in own for point in draft["points"]}
    through = [text for text in false if text in said]
    print(f"\n{len(own)} of {len(answers)} answers are the model's")
    print(f"{len(through)} of {len(false)} false statements came through")
    for text in through:
        print(f"  {text}")


ENGINES = {EXTRACTIVE: "", MODEL: MODEL}


def _answer(body: Json, false: list[str]) -> Script:
    """The first statements of the first passages, and one of them changed; follow-ups it leaves alone."""
    records = sources(body)
    if not records:
        return Script(status=400)
    rng = random.Random(str(records))  # noqa: S311
    true = [said for n in list(records)[:READ] for said in _said(n, records[n])]
    changed = rng.choice([text for text, _ in true for _, text in mutations(text, rng)])
    false.append(changed)
    return Script(as_arguments([true[0], (changed, true[0][1]), *true[1:]]), as_tool=True)


def _said(n: int, text: str) -> list[Said]:
    """The statements of a passage, each list in one sentence."""
    parts = statements(text)
    openings = [at for at, part in enumerate(parts) if not part.is_item][:SAID_OF_EACH]
    return [(" ".join(part.text for part in with_items(parts, at)), [n]) for at in openings]


if __name__ == "__main__":
    main()
