"""Roots in, a plan and then a new generation out: the line that `ingest.py` runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from knowledge import curation, generation, lexical
from knowledge.chunk import Chunk, Document, chunks, entries
from knowledge.embed import EmbeddingCache, SentenceEmbeddings
from knowledge.errors import DocumentError, NoGenerationError
from knowledge.generation import Manifest, Recipe
from knowledge.legal_status import Standing, identify, repealed_in, shown, standings
from knowledge.parse import ParsedDocument, parse
from knowledge.settings import LibraryConfig
from knowledge.sources import Problem, Source, find

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Plan:
    """What a run will do, by source.

    `kept` lie under a root that is out of reach just now, `refused` were so in the last run
    and have not changed since.
    """

    added: tuple[Source, ...]
    changed: tuple[Source, ...]
    removed: tuple[Document, ...]
    unchanged: tuple[Source, ...]
    kept: tuple[Document, ...]
    refused: tuple[Source, ...]
    problems: tuple[Problem, ...]
    recipe: Recipe
    old: Manifest | None

    @property
    def is_empty(self) -> bool:
        """Whether the generation in use is already what the roots hold."""
        same = self.old is not None and self.old.recipe == self.recipe
        return same and not (self.added or self.changed or self.removed)


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
    data_dir = config.data.dir
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
        old=old,
    )


def _in_use(data_dir: Path) -> Manifest | None:
    """The generation in use; None when there is none, or none that can be read: it is built anew."""
    name = generation.current(data_dir)
    try:
        return generation.read_manifest(data_dir, name) if name else None
    except NoGenerationError:
        return None


def carry_out(config: LibraryConfig, todo: Plan, embeddings: SentenceEmbeddings, progress: Progress) -> Outcome:
    """Parse, chunk, embed, build, verify and switch. Nothing changes for readers before the end.

    Raises VerificationError when the new generation does not hold; the old one then stays.
    """
    data_dir = config.data.dir
    sources = [*todo.unchanged, *todo.changed, *todo.added, *todo.refused]
    parsed, problems = _parse_all(sources, progress)
    known = {str(source.path) for source in sources}
    problems = [*(problem for problem in todo.problems if problem.path not in known), *problems]
    chunked = _chunk_all(parsed, config, embeddings, progress)
    chunked += _carried_over(data_dir, todo, problems)
    if not chunked:
        return Outcome(None, 0, 0, 0, 0, tuple(problems))
    documents = [document for document, _ in chunked]
    passages = [chunk for _, part in chunked for chunk in part]
    if _same(todo.old, todo.recipe, documents):
        return Outcome(generation.current(data_dir), len(documents), len(passages), 0, len(passages), tuple(problems))
    searched = entries(passages, documents)
    cache = EmbeddingCache(data_dir / "embeddings.sqlite")
    embedded = cache.missing(todo.recipe.fingerprint, [entry.text for entry in searched[: len(passages)]])
    vectors = cache.entry_vectors(
        todo.recipe.fingerprint,
        searched,
        (embeddings.encode_passages, embeddings.encode_queries),
        lambda done: progress("embed", done, len(searched)),
    )
    cache.close()
    progress("build", 0, 3)
    taken = {document.key for document in documents}
    refused = {str(s.path): s.sha256 for s in sources if str(s.path) not in taken}
    seen = [problem for problem in problems if problem.path in known]
    name = generation.build(data_dir, todo.recipe, documents, passages, vectors, refused, seen)
    progress("build", 1, 3)
    generation.verify_from_outside(data_dir, name)
    progress("build", 2, 3)
    generation.switch(data_dir, name)
    generation.prune(data_dir, config.library.keep_generations)
    progress("build", 3, 3)
    reused = len(passages) - embedded
    return Outcome(name, len(documents), len(passages), embedded, reused, tuple(problems), frozenset(refused))


def _parse_all(sources: Sequence[Source], progress: Progress) -> tuple[list[ParsedDocument], list[Problem]]:
    parsed: list[ParsedDocument] = []
    problems: list[Problem] = []
    ids: dict[str, Source] = {}
    for done, source in enumerate(sources):
        progress("parse", done, len(sources))
        try:
            document = parse(source)
            curation.read_notes(source.path)  # refused here, before anything is built from them
            identifier = document.front_matter.id if document.front_matter else None
            if identifier and identifier in ids:
                raise DocumentError(f"id '{identifier}' sudah dipakai oleh {ids[identifier].path}")
        except DocumentError as error:
            problems.append(Problem(str(source.path), error.page, error.reason))
            continue
        except OSError as error:
            problems.append(Problem(str(source.path), None, f"tidak dapat dibaca: {error.strerror}"))
            continue
        if identifier:
            ids[identifier] = source
        parsed.append(document)
        problems += [
            Problem(str(source.path), page, "halaman hasil pindai tanpa teks; jalankan OCR lebih dahulu")
            for page in document.unreadable
        ]
    progress("parse", len(sources), len(sources))
    return parsed, problems


def _chunk_all(
    parsed: Sequence[ParsedDocument], config: LibraryConfig, embeddings: SentenceEmbeddings, progress: Progress
) -> list[tuple[Document, list[Chunk]]]:
    names = {id(d): identify(d.text, d.source.name) for d in parsed if d.front_matter is None}
    codes = {id(d): d.front_matter.id if d.front_matter else names[id(d)][0] for d in parsed}
    known = standings(
        [(codes[id(d)], d.front_matter) for d in parsed],
        [(codes[id(d)], repealed_in(d.text)) for d in parsed if d.front_matter is None],
    )
    infos = [_describe(d, codes[id(d)], names.get(id(d), (None, None))[1], known) for d in parsed]
    chunked: list[tuple[Document, list[Chunk]]] = []
    for done, (document, info) in enumerate(zip(parsed, curation.applied(infos, config.data.dir), strict=True)):
        progress("chunk", done, len(parsed))
        part = chunks(document, info, config.retrieval.chunk_characters, embeddings.count_tokens)
        chunked.append((info, part))
    progress("chunk", len(parsed), len(parsed))
    return chunked


def _describe(document: ParsedDocument, code: str | None, title: str | None, known: dict[str, Standing]) -> Document:
    source, front = document.source, document.front_matter
    standing = known.get(code or "")
    if front:
        return Document(
            str(source.path), source.name, front.id, front.title, front.kind, front.number,
            front.status, front.repealed_by, front.amended_by,
            front.in_force_from.isoformat() if front.in_force_from else None,
            front.confidence, True, source.sha256, _in_force(front.repealed_by, known),
        )  # fmt: skip
    return Document(
        key=str(source.path),
        source=source.name,
        id=code or Path(source.name).stem,
        title=_title(document, code, title),
        kind="regulasi" if code else "dokumen",
        number=shown(code) if code else None,
        status=standing.status if standing else "berlaku",
        repealed_by=standing.repealed_by if standing else (),
        replaced_by=_in_force(standing.repealed_by, known) if standing else (),
        amended_by=standing.amended_by if standing else (),
        in_force_from=None,
        confidence="A",
        curated=False,
        sha256=source.sha256,
    )


def _in_force(codes: Sequence[str], known: dict[str, Standing]) -> tuple[str, ...]:
    """What applies today: the end of the chain of repeals that begins at `codes`."""
    found: list[str] = []
    waiting, seen = list(codes), set()
    while waiting:
        code = waiting.pop(0)
        if code in seen:
            continue
        seen.add(code)
        standing = known.get(code)
        waiting.extend(standing.repealed_by if standing else ())
        if not standing or not standing.repealed_by:
            found.append(code)
    return tuple(found)


def _title(document: ParsedDocument, code: str | None, title: str | None) -> str:
    if code:
        return shown(code) + (f" tentang {_readable(title)}" if title else "")
    for line in document.text[:2000].splitlines():
        words = line.strip(" #*_\t\f")
        if len(words) >= 8 and not words.startswith(("![", "http")):
            return words[:120]
    return Path(document.source.name).stem.replace("-", " ").replace("_", " ")


def _readable(title: str) -> str:
    small = {"dan", "atas", "di", "ke", "dari", "dengan", "antara", "tentang", "untuk", "pada", "serta", "atau"}
    words = [w.lower() if w.lower() in small else w.capitalize() for w in title.split()]
    return " ".join(words)[:160]


def _carried_over(data_dir: Path, todo: Plan, problems: list[Problem]) -> list[tuple[Document, list[Chunk]]]:
    """Documents that cannot be read now but were before stay as they were: nothing is lost."""
    if todo.old is None or replace(todo.old.recipe, curation=todo.recipe.curation) != todo.recipe:
        return []
    failed = {problem.path for problem in problems if problem.page is None or "tanpa teks" not in problem.reason}
    changed = {str(source.path) for source in (*todo.changed, *todo.unchanged)}
    wanted = {d.key: d for d in todo.old.documents if d in todo.kept or (d.key in failed and d.key in changed)}
    if not wanted:
        return []
    for i, problem in enumerate(problems):
        if problem.path in wanted:
            problems[i] = replace(problem, reason=f"{problem.reason} (versi terdahulu tetap dipakai)")
    index = lexical.LexicalIndex(generation.index_dir(data_dir) / todo.old.generation / "lexical")
    records = (generation.chunk_of(index.record(i)) for i in range(len(index)))
    kept: dict[str, list[Chunk]] = {key: [] for key in wanted}
    for chunk in records:
        if chunk.document in kept:
            kept[chunk.document].append(chunk)
    decided = dict(zip(wanted, curation.applied(list(wanted.values()), data_dir, with_notes=False), strict=True))
    return [(decided[key], part) for key, part in kept.items()]


def _same(old: Manifest | None, recipe: Recipe, documents: Sequence[Document]) -> bool:
    """Whether the run came out where it began, as when only refused files were tried again."""
    return old is not None and old.recipe == recipe and set(old.documents) == set(documents)


def status(data_dir: Path) -> Manifest:
    """The manifest of the generation in use. Raises NoGenerationError before the first ingest."""
    name = generation.current(data_dir)
    if name is None:
        raise NoGenerationError("Pustaka masih kosong. Jalankan: python ingest.py")
    return generation.read_manifest(data_dir, name)
