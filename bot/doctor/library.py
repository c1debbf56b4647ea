"""The data directory in; findings about the generation in use, its index and the model out."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from bot.doctor.finding import Finding, note, ok, problem
from knowledge import curation, generation, vector_index
from knowledge.embed_remote import embeddings_of
from knowledge.errors import DocumentError, KnowledgeError, NoGenerationError
from knowledge.settings import LibraryConfig
from knowledge.shared import Shared, shared_of
from knowledge.soundness import probe_from_outside

PROBE_SECONDS = 120


def check(config: LibraryConfig) -> Iterator[Finding]:
    """The pointer, the manifest, a probe of the index by a process of its own, the model."""
    data = config.data.dir
    try:
        shared = shared_of(config)
        if shared:
            yield _servers(shared, data)
        name = shared.mirror(data) if shared else generation.current(data)
    except KnowledgeError as error:
        yield problem("servers", "servers_unreachable", reason=error)
        return
    others = [other for other in generation.generations(data) if other != name]
    if name is None:
        yield problem("generation", "generation_none" if not others else "pointer_lost", n=len(others))
    else:
        yield from _generation(data, name, others, shared)
    yield _model(config)
    try:
        curation.read_decisions(data)
    except DocumentError as error:
        yield problem("decisions", "decisions_broken", reason=error.reason)
    if holder := generation.lock_holder(data, shared):
        yield note("ingest", "ingest_runs", who=holder)


def _servers(shared: Shared, data: Path) -> Finding:
    """Raises IndexUnreachableError."""
    with vector_index.open_store(data, shared) as client, shared.asking():
        client.heartbeat()
    return ok("servers", "servers_ok", address=shared.address)


def _generation(data: Path, name: str, others: list[str], shared: Shared | None) -> Iterator[Finding]:
    try:
        manifest = generation.read_manifest(data, name)
    except NoGenerationError:
        yield problem("generation", "manifest_broken", name=name, n=len(others))
        return
    days = (datetime.now(UTC) - datetime.fromisoformat(manifest.created)).days
    yield ok("generation", "generation_ok", name=name, documents=len(manifest.documents), days=days)
    if manifest.problems:
        first = manifest.problems[0]
        yield note("documents", "documents_refused", n=len(manifest.problems), path=first.path, reason=first.reason)
    yield _probe(data, name, others, shared)


def _probe(data: Path, name: str, others: list[str], shared: Shared | None) -> Finding:
    """A store that a crash broke can take its reader with it: another process opens it."""
    try:
        result = probe_from_outside(generation.index_dir(data) / name, shared, PROBE_SECONDS)
    except subprocess.TimeoutExpired:
        return problem("index", "index_broken", reason=f"{PROBE_SECONDS} s", n=len(others))
    if result.returncode:
        said = (result.stdout + result.stderr).strip().splitlines() or [f"kode {result.returncode}"]
        return problem("index", "index_broken", reason=said[-1][:200], n=len(others))
    return ok("index", "index_ok", said=result.stdout.strip() or "dapat dibuka")


def _model(config: LibraryConfig) -> Finding:
    embeddings = embeddings_of(config.model, config.data.dir)
    if not embeddings.is_prepared:
        return problem("model", "model_unprepared", name=config.model.embeddings)
    card = embeddings.card
    if not (Path(card.folder) / "modules.json").exists() and Path(card.folder).is_absolute():
        return problem("model", "model_gone", folder=card.folder)
    return ok("model", "model_ok", fingerprint=card.fingerprint)
