"""Roots in, a plan and then a new generation out: the line that `ingest.py` runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from knowledge import curation, gate, generation, soundness, verify
from knowledge.chunk import Chunk, Document, Entries, chunks
from knowledge.chunk_file import ChunkFile, spooled
from knowledge.curation import Decisions
from knowledge.describe import describe, describe_one, with_notes
from knowledge.embed import EmbeddingCache, SentenceEmbeddings, StoredVectors
from knowledge.errors import DocumentError, GateError, NoGenerationError
from knowledge.generation import Manifest, Recipe
from knowledge.legal_graph import Claim, LegalGraph
from knowledge.orders import OrderClassifier, without_sentences
from knowledge.parse import HEAD_ORDERS
from knowledge.parsed_files import Head, ParsedFiles
from knowledge.settings import LibraryConfig
from knowledge.shared import Shared, shared_of
from knowledge.sources import Problem, Source, find

Progress = Callable[[str, int, int], None]
Approval = Callable[[gate.Verdict], bool]


@dataclass(frozen=True)
class Plan:
    """What a run will do, by source.

    `kept` lie under a root that is out of reach just now, `refused` were so in the last run
    and have not changed since; `damaged` says that the generation in use can no longer be opened.
    """

    added: tuple[Source, ...]
    changed: tuple[Source, ...]
    removed: tuple[Document, ...]
    unchanged: tuple[Source, ...]
    kept: tuple[Document, ...]
    refused: tuple[Source, ...]
    problems: tuple[Problem, ...]
    recipe: Recipe
    decisions: Decisions
    old: Manifest | None
    damaged: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether the generation in use is already what the roots hold."""
        same = self.old is not None and self.old.recipe == self.recipe
        return same and not (self.damaged or self.added or self.changed or self.removed)


@dataclass(frozen=True)
class Outcome:
    """What a run did; `generation` is None when nothing could be built, `refused` are the
    paths of the files that did not come in."""

    generation: str | None
    documents: int
    chunks: int
    embedded: int
    reused: int
    problems: tuple[Problem, ...]
    refused: frozenset[str] = frozenset()


def plan(config: LibraryConfig, roots: Sequence[Path], embeddings: SentenceEmbeddings) -> Plan:
    """Compare the files below `roots` with the generation in use, by content."""
    data_dir, shared = config.data.dir, shared_of(config)
    old = _in_use(data_dir)
    decisions = curation.read_decisions(data_dir)
    sources, problems = find(roots, int(config.library.max_file_megabytes * 1e6))
    sources = [source for source in sources if not decisions.leaves_out(source.path)]
    problems = [problem for problem in problems if not decisions.leaves_out(Path(problem.path))]
    before = {document.key: document for document in old.documents} if old else {}
    now = {str(source.path): source for source in sources}
    gone = [str(root) for root in roots if not root.exists()]
    missing = [d for d in before.values() if d.key not in now]
    unreadable = {problem.path for problem in problems}
    kept = [d for d in missing if d.key in unreadable or any(d.key == g or d.key.startswith(g + "/") for g in gone)]
    recipe = Recipe(embeddings.card.fingerprint, config.retrieval.chunk_characters, curation=decisions.digest)
    unchanged = [s for key, s in now.items() if key in before and before[key].sha256 == s.sha256]
    refused = [s for key, s in now.items() if old and old.refused.get(key) == s.sha256]
    same = {str(source.path) for source in (*unchanged, *refused)}
    return Plan(
        added=tuple(s for key, s in now.items() if key not in before and key not in same),
        changed=tuple(s for key, s in now.items() if key in before and key not in same),
        removed=tuple(d for d in missing if d not in kept),
        unchanged=tuple(unchanged),
        kept=tuple(kept),
        refused=tuple(refused),
        problems=(*problems, *(p for p in (old.problems if old else ()) if p.path in same)),
        recipe=recipe,
        decisions=decisions,
        old=old,
        damaged=old is not None and not soundness.is_sound(data_dir, old.generation, shared),
    )


def _in_use(data_dir: Path) -> Manifest | None:
    """The generation in use; None when there is none, or none that can be read: it is built anew."""
    name = generation.current(data_dir)
    try:
        return generation.read_manifest(data_dir, name) if name else None
    except NoGenerationError:
        return None


def carry_out(
    config: LibraryConfig,
    todo: Plan,
    embeddings: SentenceEmbeddings,
    progress: Progress,
    approve: Approval = lambda _: False,
    shared: Shared | None = None,
) -> Outcome:
    """Parse, chunk, embed, build, verify, pass the gate and switch. Nothing changes for readers before the end.

    `shared` is the library of several machines, whose lock is held. `approve` is asked whether to
    go on all the same when the gate objects. Raises VerificationError when the new generation does
    not hold, GateError when it was not approved; the old one then stays.
    """
    data_dir = config.data.dir
    sources = [*todo.unchanged, *todo.changed, *todo.added, *todo.refused]
    files = ParsedFiles(config)
    documents, passages, graph, problems = _read(config, todo, sources, files, embeddings, progress)
    if not documents:
        return Outcome(None, 0, 0, 0, 0, tuple(problems))
    if _same(todo, documents, graph):
        return Outcome(generation.current(data_dir), len(documents), len(passages), 0, len(passages), tuple(problems))
    searched = Entries(passages, documents)
    cache = EmbeddingCache(data_dir / "embeddings.sqlite")
    embedded = cache.embed(
        todo.recipe.fingerprint,
        searched,
        (embeddings.encode_passages, embeddings.encode_queries),
        lambda done: progress("embed", done, len(searched)),
    )
    progress("build", 0, 4)
    taken = {document.key for document in documents}
    refused = {str(s.path): s.sha256 for s in sources if str(s.path) not in taken}
    known = {str(source.path) for source in sources}
    seen = [problem for problem in problems if problem.path in known]
    vectors = StoredVectors(cache, todo.recipe.fingerprint, searched)
    name = generation.build(data_dir, todo.recipe, documents, passages, vectors, refused, seen, graph, shared)
    cache.close()
    progress("build", 1, 4)
    verify.verify_from_outside(data_dir, name, shared)
    progress("build", 2, 4)
    report = gate.measure(config, name, documents, passages, embeddings, todo.old.generation if todo.old else None)
    verdict = gate.judge(report, gate.read_report(data_dir, report.before), config.gate)
    if verdict.reasons and not approve(verdict):
        raise GateError(verdict.reasons, verdict.questions)
    gate.write_report(data_dir, replace(report, forced=verdict.reasons))
    soundness.seal(generation.index_dir(data_dir) / f"{name}.tmp", shared)
    progress("build", 3, 4)
    generation.switch(data_dir, name, shared)
    generation.prune(data_dir, config.library.keep_generations, shared)
    files.forget_others(documents)
    progress("build", 4, 4)
    reused = len(passages) - embedded
    return Outcome(name, len(documents), len(passages), embedded, reused, tuple(problems), frozenset(refused))


def _read(
    config: LibraryConfig,
    todo: Plan,
    sources: Sequence[Source],
    files: ParsedFiles,
    embeddings: SentenceEmbeddings,
    progress: Progress,
) -> tuple[list[Document], ChunkFile, LegalGraph, list[Problem]]:
    """The documents with their chunks, on disk, and legal status, and what an admin has to look at.

    Of the texts a few are in memory at a time, first to be screened and described, then to be cut.
    """
    with files.sandbox:
        heads, notes, problems = _parse_all(files, sources, progress)
    classifier = OrderClassifier(embeddings, config.data.dir)
    for head in classifier.with_ordering_heads(heads):
        problems.append(Problem(str(head.source.path), None, HEAD_ORDERS))
        heads.remove(head)
    progress("screen", 0, len(heads))
    read: list[tuple[Document, Claim | None]] = []
    for document in classifier.screened((files[head.source] for head in heads), todo.decisions.released):
        read.append(with_notes(*describe_one(document), notes.get(document.source)))
        problems += [Problem(read[-1][0].key, remark.page, remark.reason) for remark in document.remarks]
        progress("screen", len(read), len(heads))
    known = {str(source.path) for source in sources}
    problems = [*(problem for problem in todo.problems if problem.path not in known), *problems]
    kept = _carried_over(todo, problems, {document.key for document, _ in read})
    before = todo.old.graph if todo.old else LegalGraph()
    described = describe(read, kept, before, todo.decisions)
    problems += described.graph.problems
    folder = generation.index_dir(config.data.dir)
    folder.mkdir(parents=True, exist_ok=True)
    cut = _chunk_all(files, heads, described.read, config, embeddings, progress)
    passages = spooled(chain(cut, _chunks_of(kept, config.data.dir, todo)), folder)
    return [*described.read, *described.kept], passages, described.graph, problems


def _parse_all(
    files: ParsedFiles, sources: Sequence[Source], progress: Progress
) -> tuple[list[Head], dict[Source, curation.Notes], list[Problem]]:
    """The heads of the files that can be read, the admins' notes on them, and what cannot be used."""
    heads: list[Head] = []
    notes: dict[Source, curation.Notes] = {}
    problems: list[Problem] = []
    ids: dict[str, Source] = {}
    progress("parse", 0, len(sources))
    for done, (source, read) in enumerate(zip(sources, files.read_all(sources), strict=True), 1):
        progress("parse", done, len(sources))
        if isinstance(read, DocumentError):
            problems.append(Problem(str(source.path), read.page, read.reason))
            continue
        try:
            if noted := curation.read_notes(source.path):
                notes[read.source] = noted
        except DocumentError as error:
            problems.append(Problem(str(source.path), None, error.reason))
            continue
        identifier = read.front_matter.id if read.front_matter else None
        if identifier and identifier in ids:
            taken = f"id '{identifier}' sudah dipakai oleh {ids[identifier].path}"
            problems.append(Problem(str(source.path), None, taken))
            continue
        if identifier:
            ids[identifier] = source
        heads.append(read)
    return heads, notes, problems


def _chunk_all(
    files: ParsedFiles,
    heads: Sequence[Head],
    described: Sequence[Document],
    config: LibraryConfig,
    embeddings: SentenceEmbeddings,
    progress: Progress,
) -> Iterator[Chunk]:
    for done, (head, info) in enumerate(zip(heads, described, strict=True)):
        progress("chunk", done, len(heads))
        document = without_sentences(files[head.source], info.quarantined)
        yield from chunks(document, info, config.retrieval.chunk_characters, embeddings.count_tokens)
    progress("chunk", len(heads), len(heads))


def _carried_over(todo: Plan, problems: list[Problem], taken: set[str]) -> list[Document]:
    """Documents that cannot be read now but were before stay as they were: nothing is lost.

    `taken` are the keys of those that were read.
    """
    # What admins decided since does not change what the text says.
    if todo.old is None or replace(todo.old.recipe, curation=todo.recipe.curation) != todo.recipe or todo.damaged:
        return []
    sources = {str(source.path) for source in (*todo.changed, *todo.unchanged)}
    wanted = {d.key: d for d in todo.old.documents if d in todo.kept or d.key in sources - taken}
    for i, problem in enumerate(problems):
        if problem.path in wanted:
            problems[i] = replace(problem, reason=f"{problem.reason} (versi terdahulu tetap dipakai)")
    return list(wanted.values())


def _chunks_of(kept: Sequence[Document], data_dir: Path, todo: Plan) -> Iterator[Chunk]:
    """The chunks of documents of the generation in use."""
    keys = {document.key for document in kept}
    if todo.old and keys:
        before = generation.open_chunks(generation.index_dir(data_dir) / todo.old.generation)
        yield from (chunk for chunk in before if chunk.document in keys)


def _same(todo: Plan, documents: Sequence[Document], graph: LegalGraph) -> bool:
    """Whether the run came out where it began, as when only refused files were tried again."""
    old = todo.old
    if old is None or todo.damaged or old.recipe != todo.recipe:
        return False
    return set(old.documents) == set(documents) and set(old.graph.edges) == set(graph.edges)


def status(data_dir: Path, shared: Shared | None = None) -> Manifest:
    """The manifest of the generation in use. Raises NoGenerationError before the first ingest."""
    name = shared.mirror(data_dir) if shared else generation.current(data_dir)
    if name is None:
        raise NoGenerationError("Pustaka masih kosong. Jalankan: python ingest.py")
    return generation.read_manifest(data_dir, name)
