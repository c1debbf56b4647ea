"""A generation that was built but is not in use in; a report on it, and what speaks against it, out.

Questions with keys are searched in it, and its size is compared with that of the generation in
use. A question counts where the library holds the documents that answer it, so a library of
other documents is judged by its size alone.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from knowledge import generation, vector_index
from knowledge.chunk import Chunk, Document
from knowledge.embed import EmbeddingCache, SentenceEmbeddings
from knowledge.errors import KnowledgeError
from knowledge.settings import GateSettings, LibraryConfig

if TYPE_CHECKING:
    from knowledge.evaluate import Case

FILE = "report.json"
FIRST = 5
# Of fewer documents or chunks nothing can be said to jump.
FEW_DOCUMENTS = 10
FEW_CHUNKS = 100


@dataclass(frozen=True)
class Report:
    """What a generation was when it was built, kept beside it.

    `ranks` are those of the first expected passage for each question that applies, by the
    question's text, None where it is not among the first five; `forced` says what spoke
    against it when an admin took it all the same.
    """

    generation: str
    created: str
    before: str | None
    documents: int
    chunks: int
    languages: Mapping[str, int]
    ranks: Mapping[str, int | None]
    seconds: float
    forced: tuple[str, ...] = ()

    @property
    def recall(self) -> float | None:
        """Share of the questions whose answer is among the first five passages."""
        return sum(rank is not None for rank in self.ranks.values()) / len(self.ranks) if self.ranks else None

    @property
    def mrr(self) -> float | None:
        """Mean of 1 / rank."""
        return sum(1 / rank for rank in self.ranks.values() if rank) / len(self.ranks) if self.ranks else None


@dataclass(frozen=True)
class Verdict:
    """What speaks against a generation: answers that got `worse`, and `jumps` in its size."""

    worse: tuple[str, ...] = ()
    jumps: tuple[str, ...] = ()
    questions: tuple[str, ...] = field(default=())

    @property
    def reasons(self) -> tuple[str, ...]:
        """All of it, to be read by an admin."""
        return self.worse + self.jumps


def measure(
    config: LibraryConfig,
    name: str,
    documents: Sequence[Document],
    chunks: Sequence[Chunk],
    embeddings: SentenceEmbeddings,
    before: str | None,
) -> Report:
    """Search the questions in the generation `name`, still under its temporary name."""
    from knowledge.query import language_of

    started = time.perf_counter()
    cases = _applying(config.gate.questions, documents)
    ranks = _ranks(config, f"{name}.tmp", cases, embeddings) if cases else {}
    language = dict.fromkeys((document.key for document in documents), "")
    for chunk in chunks:
        language[chunk.document] = language[chunk.document] or language_of(chunk.text)
    languages = Counter(found or language_of("") for found in language.values())
    seconds = round(time.perf_counter() - started, 2)
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return Report(name, created, before, len(documents), len(chunks), dict(languages), ranks, seconds)


def judge(report: Report, before: Report | None, settings: GateSettings) -> Verdict:
    """Compare with the generation in use; the first one of all is only reported on."""
    if before is None:
        return Verdict()
    lost = tuple(q for q, rank in report.ranks.items() if rank is None and before.ranks.get(q) is not None)
    both = [q for q in report.ranks if q in before.ranks]
    worse: list[str] = []
    fall = (len(lost) - sum(before.ranks[q] is None and report.ranks[q] is not None for q in both)) / max(1, len(both))
    if fall > settings.max_fall and len(lost) > 1:
        worse.append(
            f"{len(lost)} dari {len(both)} pertanyaan uji tidak lagi terjawab dari lima bagian pertama "
            f"(turun {fall:.0%}, batas gate.max_fall {settings.max_fall:.0%})"
        )
    elif lost and report.recall is not None and report.recall < settings.min_recall:
        worse.append(
            f"hanya {report.recall:.0%} pertanyaan uji terjawab (batas gate.min_recall {settings.min_recall:.0%})"
        )
    return Verdict(tuple(worse), _jumps(report, before, settings), lost if worse else ())


def read_report(data_dir: Path, name: str | None) -> Report | None:
    """The report of a generation, None where an earlier version of the program built it."""
    if name is None:
        return None
    try:
        values = json.loads((generation.index_dir(data_dir) / name / FILE).read_text(encoding="utf-8"))
        return Report(**{**values, "forced": tuple(values["forced"])})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_report(data_dir: Path, report: Report) -> None:
    """Put the report into the generation before it is switched to."""
    folder = generation.index_dir(data_dir) / f"{report.generation}.tmp"
    (folder / FILE).write_text(json.dumps(asdict(report), ensure_ascii=False, indent=1), encoding="utf-8")


def compared(report: Report, before: Report | None) -> list[str]:
    """Lines that an admin reads: a generation beside the one before it."""

    def line(label: str, now: str, then: str | None) -> str:
        return f"  {label:24} {now:>10}" + (f"   sebelumnya {then}" if then is not None else "")

    def share(value: float | None) -> str:
        return "-" if value is None else f"{value:.3f}"

    lines = [
        line("dokumen", str(report.documents), str(before.documents) if before else None),
        line("bagian", str(report.chunks), str(before.chunks) if before else None),
        line("bahasa", _languages(report), _languages(before) if before else None),
        line("pertanyaan uji", str(len(report.ranks)), str(len(before.ranks)) if before else None),
        line("terjawab di lima pertama", share(report.recall), share(before.recall) if before else None),
        line("MRR", share(report.mrr), share(before.mrr) if before else None),
    ]
    for question, rank in report.ranks.items():
        then = before.ranks.get(question, rank) if before else rank
        if then != rank:
            word = "lebih buruk" if (rank or 99) > (then or 99) else "lebih baik"
            lines.append(f"    {word}: {question} ({then or '-'} -> {rank or '-'})")
    return [*lines, *(f"  dipaksa (--force): {reason}" for reason in report.forced)]


def _applying(file: Path, documents: Sequence[Document]) -> list[Case]:
    """The questions whose every expected document is here."""
    from knowledge.evaluate import read_cases

    if not file.exists():
        return []
    ids = {document.id for document in documents}

    def is_here(wanted: str) -> bool:
        return any(alternative.partition(":")[0] in ids for alternative in wanted.split("|"))

    try:
        cases = read_cases(file)
    except (ValueError, KeyError, TypeError) as error:
        raise KnowledgeError(f"{file}: bukan berkas pertanyaan uji yang sah ({error})") from error
    return [c for c in cases if c.expected_sources and not c.history and all(map(is_here, c.expected_sources))]


def _ranks(
    config: LibraryConfig, folder: str, cases: Sequence[Case], embeddings: SentenceEmbeddings
) -> dict[str, int | None]:
    from knowledge.evaluate import is_expected
    from knowledge.rank import open_generation
    from knowledge.shared import shared_of

    shared = shared_of(config)
    # Its collections are searched one after the other: all of them would fill the memory, as they do in the bot.
    opened = open_generation(config.data.dir, folder, shared, vectors=False)
    queries = [opened.reader.read(case.question) for case in cases]
    # Encoded once: the vectors of the questions stay in the cache, so that a later ingest needs no model.
    cache = EmbeddingCache(config.data.dir / "embeddings.sqlite")
    texts = [query.expanded for query in queries]
    vectors = cache.question_vectors(opened.manifest.recipe.fingerprint, texts, embeddings.encode_queries)
    cache.close()
    entries = opened.columns.entries
    parts = (part for part, _, _ in vector_index.each(generation.index_dir(config.data.dir) / folder, entries, shared))
    with opened.asking():
        near = vector_index.nearest(parts, vectors, min(2 * config.retrieval.candidates, entries))
    found: dict[str, int | None] = {}
    for case, query, vector, own in zip(cases, queries, vectors, near, strict=True):
        passages = opened.rank(query, vector, FIRST, config.retrieval, opened.similarities(own))
        found[case.question] = next(
            (n for n, p in enumerate(passages, 1) if any(is_expected(p, wanted) for wanted in case.expected_sources)),
            None,
        )
    return found


def _jumps(report: Report, before: Report, settings: GateSettings) -> tuple[str, ...]:
    jumps: list[str] = []
    gone = before.documents - report.documents
    if gone >= FEW_DOCUMENTS and gone > settings.max_shrink * before.documents:
        jumps.append(f"dokumen berkurang dari {before.documents} menjadi {report.documents} (gate.max_shrink)")
    lost = before.chunks - report.chunks
    if lost >= FEW_CHUNKS and lost > settings.max_shrink * before.chunks:
        jumps.append(f"bagian berkurang dari {before.chunks} menjadi {report.chunks} (gate.max_shrink)")
    if before.chunks >= FEW_CHUNKS and report.chunks > settings.max_growth * before.chunks:
        jumps.append(f"bagian bertambah dari {before.chunks} menjadi {report.chunks} (gate.max_growth)")
    if min(before.documents, report.documents) >= FEW_DOCUMENTS:
        now, then = _english(report), _english(before)
        if abs(now - then) > settings.max_language_shift:
            jumps.append(
                f"bagian dokumen berbahasa Inggris berubah dari {then:.0%} menjadi {now:.0%} (gate.max_language_shift)"
            )
    return tuple(jumps)


def _english(report: Report) -> float:
    return report.languages.get("en", 0) / max(1, report.documents)


def _languages(report: Report) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(report.languages.items()))
