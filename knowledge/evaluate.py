"""A file of questions with their keys in, figures about search and drafts out.

Search is measured in this process; the drafts come over the wire of `python -m bot ask
--json`, as any script would get them. What counts:

recall@5   share of the expected sources among the first five passages
mrr        mean of 1 / rank of the first expected source
kinds      share of questions whose draft has the expected kind
facts      share of the expected facts whose numbers all, and words mostly, stand in the draft
quotes     share of citations whose quote is verbatim in the document
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from knowledge.embed_remote import embeddings_of
from knowledge.errors import KnowledgeError
from knowledge.follow_up import leans_on
from knowledge.parse import parse
from knowledge.query import QueryReader, language_of
from knowledge.rank import Passage
from knowledge.retrieve import Library
from knowledge.settings import GAP_CASES, PROJECT, LibraryConfig
from knowledge.sources import Source

DEPTH = 5
ANSWER = "answer"
EXTRACTIVE = "extractive"
FACT_WORDS = 0.7
PREFIX = 5
NUMBER = re.compile(r"\d+(?:[.,/]\d+)*")
WORD = re.compile(r"[a-zà-ÿ]{2,}")
NUMERALS = "nol satu dua tiga empat lima enam tujuh delapan sembilan sepuluh".split()
NUMERAL = re.compile(rf"\b(?:{'|'.join(NUMERALS)})\b")
SMALL_WORDS = frozenset("dan atau di ke dari yang untuk pada dengan oleh dalam the of and or to is by not for".split())


@dataclass(frozen=True)
class Case:
    """One question with its key. A source is "id" or "id:article"; "a|b" means either."""

    id: str
    question: str
    kind: str
    language: str
    expected_sources: tuple[str, ...]
    expected_facts: tuple[str, ...]
    history: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass
class Figures:
    """The figures of one run; shares from 0 to 1, times in milliseconds."""

    questions: int
    recall_at_5: float
    mrr: float
    kinds_right: float
    refusal_precision: float
    refusal_recall: float
    answerable_refused: float
    facts_found: float
    quotes_verbatim: float
    numbers_without_quote: int
    repealed_without_warning: int
    language_right: float
    p50_ms: float
    p95_ms: float
    wrong: list[dict[str, Any]] = field(default_factory=list)


def evaluate_command(options: argparse.Namespace) -> int:
    """Run the evaluation of the command line and print a table or one JSON object."""
    config = LibraryConfig.load(options.config, options.data)
    cases = read_cases(_gap_cases(config) if options.gaps else options.file or config.gate.questions)
    library = Library(config, embeddings_of(config.model, config.data.dir))
    if options.model:
        engines = {name: name for name in options.model}
        _compare(cases, library, {EXTRACTIVE: "", **engines}, options)
        return 0
    figures = measure(cases, library, ask_over_the_wire(cases, options.config, options.data))
    if options.json:
        print(json.dumps(asdict(figures), ensure_ascii=False))
    else:
        _print_table(figures)
    return 0


def _compare(cases: Sequence[Case], library: Library, engines: Mapping[str, str], options: argparse.Namespace) -> None:
    """The figures of several engines on the same questions, side by side."""
    figures: dict[str, dict[str, Any]] = {}
    for name, chat in engines.items():
        drafts = ask_over_the_wire(cases, options.config, options.data, chat)
        answers = [draft for draft in drafts if draft["kind"] == ANSWER]
        own = _mean(draft["engine"] != EXTRACTIVE for draft in answers)
        figures[name] = {"answers_by_model": own} | asdict(measure(cases, library, drafts))
    if options.json:
        print(json.dumps(figures, ensure_ascii=False))
        return
    width = max(10, *map(len, figures)) + 2
    print(" " * 26 + "".join(f"{name:>{width}}" for name in figures))
    for key in next(iter(figures.values())):
        if key != "wrong":
            print(f"{key.replace('_', ' '):26}" + "".join(f"{values[key]:>{width}}" for values in figures.values()))


def read_cases(file: Path) -> list[Case]:
    """The questions of a JSON Lines file in the form of tests/questions.jsonl."""
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [
        Case(
            row["id"], row["question"], row["kind"], row["language"], tuple(row["expected_sources"]),
            tuple(row["expected_facts"]), tuple(row.get("history") or ()), tuple(row.get("tags") or ()),
        )
        for row in rows
    ]  # fmt: skip


def _gap_cases(config: LibraryConfig) -> Path:
    """What consultants added by /kesenjangan; KnowledgeError where they have not yet."""
    file = config.data.dir / GAP_CASES
    if not file.exists():
        raise KnowledgeError(f"Belum ada uji dari daftar kesenjangan ({file}). Buat dengan /kesenjangan di Telegram.")
    return file


def ask_over_the_wire(
    cases: Sequence[Case], config: Path | None, data: Path | None, chat: str | None = None
) -> list[dict[str, Any]]:
    """What `python -m bot ask --json` answers, in the order of the cases; by the model `chat` ("" none)
    instead of the one that the settings name."""
    command = [sys.executable, "-m", "bot", "ask", "--json"]
    command += ["--config", str(config)] if config else []
    command += ["--data", str(data)] if data else []
    environment = os.environ | ({} if chat is None else {"KOTACERDAS_MODEL__CHAT": chat})
    lines = [json.dumps({"id": c.id, "question": c.question, "history": list(c.history)}) for c in cases]
    result = subprocess.run(  # noqa: S603
        command, input="\n".join(lines), cwd=PROJECT, env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return [json.loads(line) for line in result.stdout.splitlines()]


def measure(cases: Sequence[Case], library: Library, drafts: Sequence[dict[str, Any]]) -> Figures:
    """Compare drafts and search results with the keys."""
    texts = _document_texts(library)
    ranks = [_ranks(case, library) for case in cases]
    searched = [r for case, r in zip(cases, ranks, strict=True) if case.expected_sources]
    kinds = [(case.kind, draft["kind"]) for case, draft in zip(cases, drafts, strict=True)]
    held_back = [(want != ANSWER, got != ANSWER) for want, got in kinds]
    facts = [
        (case, draft, fact, fact_found(_in_indonesian(fact, library.reader), _said(draft)))
        for case, draft in zip(cases, drafts, strict=True)
        if case.kind == ANSWER
        for fact in case.expected_facts
    ]
    citations = [c for draft in drafts for c in draft["citations"]]
    latencies = sorted(draft["latency_ms"] for draft in drafts)
    answered = [(case, draft) for case, draft in zip(cases, drafts, strict=True) if case.language != "mixed"]
    return Figures(
        questions=len(cases),
        recall_at_5=_mean(sum(r is not None and r <= DEPTH for r in found) / len(found) for found in searched),
        mrr=_mean(max((1 / r for r in found if r), default=0.0) for found in searched),
        kinds_right=_mean(want == got for want, got in kinds),
        refusal_precision=_mean(want for want, got in held_back if got),
        refusal_recall=_mean(got for want, got in held_back if want),
        answerable_refused=_mean(got for want, got in held_back if not want),
        facts_found=_mean(found for *_, found in facts),
        quotes_verbatim=_mean(c["quote"] in texts.get(c["source"], "") for c in citations),
        numbers_without_quote=sum(len(_unproven(draft)) for draft in drafts),
        repealed_without_warning=sum(_repealed_unsaid(draft) for draft in drafts),
        language_right=_mean(draft["language"] == case.language for case, draft in answered),
        p50_ms=round(statistics.median(latencies), 1),
        p95_ms=round(latencies[int(0.95 * (len(latencies) - 1))], 1),
        wrong=_wrong(cases, drafts, ranks, facts),
    )


def fact_found(fact: str, text: str) -> bool:
    """Whether all numbers and most words of `fact` stand in `text`; words count by their stem."""
    said = _plain(text)
    numbers = {_number(n) for n in NUMBER.findall(said)}
    if not all(_number(n) in numbers for n in NUMBER.findall(_plain(fact))):
        return False
    stems = {word[:PREFIX] for word in WORD.findall(said)}
    words = [word for word in WORD.findall(_plain(fact)) if word not in SMALL_WORDS]
    if not words:
        return True
    return sum(word[:PREFIX] in stems for word in words) >= FACT_WORDS * len(words)


def _in_indonesian(fact: str, reader: QueryReader) -> str:
    """An English fact in the glossary's Indonesian terms, since the answer quotes Indonesian."""
    if language_of(fact) != "en":
        return fact
    query = reader.read(fact)
    return " ".join([*query.related, *NUMBER.findall(fact)]) if query.related else fact


def _ranks(case: Case, library: Library) -> list[int | None]:
    """For each expected source the rank of the first passage that is it, from 1."""
    earlier = leans_on(case.question, case.history)
    passages = library.search(case.question, 2 * DEPTH, earlier).passages if case.expected_sources else ()
    return [
        next((rank for rank, passage in enumerate(passages, 1) if is_expected(passage, wanted)), None)
        for wanted in case.expected_sources
    ]


def is_expected(passage: Passage, wanted: str) -> bool:
    """Whether a passage is of an expected source: "id", "id:article", or one of "a|b"."""
    for alternative in wanted.split("|"):
        identifier, _, article = alternative.partition(":")
        if passage.document.id == identifier and (not article or article in passage.chunk.articles):
            return True
    return False


def _document_texts(library: Library) -> dict[str, str]:
    """The text of each document by its source name, as the admin's file holds it."""
    texts: dict[str, str] = {}
    for document in library.manifest.documents:
        path = Path(document.key)
        if path.suffix in {".md", ".txt"}:
            texts[document.source] = path.read_text(encoding="utf-8")
        else:
            texts[document.source] = parse(Source(path, path, document.sha256)).text
    return texts


def _said(draft: dict[str, Any]) -> str:
    return " ".join([draft["answer"], *(point["text"] for point in draft["points"]), *draft["warnings"]])


def _unproven(draft: dict[str, Any]) -> list[str]:
    """Numbers of the points that stand neither in a cited quote nor in its title or locator."""
    by_number = {c["n"]: f"{c['title']} {c['locator']} {c['quote']}" for c in draft["citations"]}
    return [
        number
        for point in draft["points"]
        for number in NUMBER.findall(point["text"])
        if number not in NUMBER.findall(" ".join(by_number[n] for n in point["citations"]))
    ]


def _repealed_unsaid(draft: dict[str, Any]) -> bool:
    repealed = [c for c in draft["citations"] if c["status"] == "dicabut"]
    return bool(repealed) and not any("dicabut" in warning or "repealed" in warning for warning in draft["warnings"])


def _wrong(
    cases: Sequence[Case], drafts: Sequence[dict[str, Any]], ranks: Sequence[list[int | None]], facts: Iterable[Any]
) -> list[dict[str, Any]]:
    missed: dict[str, list[str]] = {}
    for case, _, fact, found in facts:
        if not found:
            missed.setdefault(case.id, []).append(fact)
    return [
        {
            "id": case.id,
            "question": case.question,
            "kind": draft["kind"] if draft["kind"] == case.kind else f"{draft['kind']} (bukan {case.kind})",
            "sources_missed": [s for s, r in zip(case.expected_sources, found, strict=True) if not r or r > DEPTH],
            "facts_missed": missed.get(case.id, []),
        }
        for case, draft, found in zip(cases, drafts, ranks, strict=True)
        if draft["kind"] != case.kind or case.id in missed or any(not r or r > DEPTH for r in found)
    ]


def _plain(text: str) -> str:
    plain = re.sub(r"[\s()]+", " ", text.lower())
    return NUMERAL.sub(lambda match: str(NUMERALS.index(match[0])), plain)


def _number(text: str) -> str:
    return re.sub(r"[.,](?=\d{3}\b)", "", text).replace(",", ".")


def _mean(values: Iterable[float]) -> float:
    items = [float(value) for value in values]
    return round(sum(items) / len(items), 4) if items else 1.0


def _print_table(figures: Figures) -> None:
    for name, value in asdict(figures).items():
        if name != "wrong":
            print(f"{name.replace('_', ' '):26} {value:>10}")
    kinds = Counter(item["kind"] for item in figures.wrong)
    print(f"\n{len(figures.wrong)} pertanyaan tidak sempurna: {dict(kinds)}")
    for item in figures.wrong:
        print(f"  {item['id']} {item['kind']}: {item['question'][:90]}")
        for label in ("sources_missed", "facts_missed"):
            if item[label]:
                print(f"      {label.replace('_', ' ')}: {', '.join(item[label])[:140]}")
