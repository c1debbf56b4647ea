"""A generation is built aside, verified from outside, switched to at once, and kept for rollback."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from chromadb.api.models.Collection import Collection

from knowledge import generation, lexical, soundness, text_vectors, vector_index, verify
from knowledge.chunk import Chunk, Document, Entries
from knowledge.embed import EmbeddingCache, SentenceEmbeddings
from knowledge.errors import LibraryBusyError, NoGenerationError, VerificationError
from knowledge.generation import Recipe
from knowledge.rank import open_generation
from knowledge.settings import PROJECT, LibraryConfig
from knowledge.sources import Problem

SENTENCES = (
    "Dewan Kota Cerdas diketuai oleh Sekretaris Daerah.",
    "Pusat kendali kota beroperasi selama 24 jam setiap hari.",
    "Dinas Lingkungan Hidup mengangkut sampah rumah tangga.",
    "Warga melapor lewat aplikasi Lapor Kota.",
    "Perpustakaan daerah meminjamkan buku digital kepada pelajar.",
)
DOCUMENT = Document(
    key="/dokumen/panduan.md", source="panduan.md", id="panduan", title="Panduan Kota Cerdas", kind="panduan", number=None,
    status="berlaku", repealed_by=(), replaced_by=(), amended_by=(), in_force_from=None, confidence="A", curated=True, sha256="0",
)  # fmt: skip
CHUNKS = tuple(
    Chunk(
        id=f"bagian-{i}", document=DOCUMENT.key, group=f"panduan.md#{i}", path=(f"Bagian {i}",), locator=f"Bagian {i}",
        articles=(), page=None, mentions=(), questions=(f"Apa isi bagian {i}?",), text=text,
    )
    for i, text in enumerate(SENTENCES)
)  # fmt: skip
REFUSED = {"/dokumen/rusak.pdf": "1"}
PROBLEMS = (Problem("/dokumen/rusak.pdf", None, "berkas rusak"),)


class Workshop:
    """Builds generations of the same five passages with the real model."""

    def __init__(self, data_dir: Path, embeddings: SentenceEmbeddings) -> None:
        self.data_dir = data_dir
        self.recipe = Recipe(embeddings.card.fingerprint, 1000)
        cache = EmbeddingCache(data_dir / "embeddings.sqlite")
        encoders = (embeddings.encode_passages, embeddings.encode_queries)
        searched = Entries(CHUNKS, [DOCUMENT])
        self.vectors = cache.entry_vectors(self.recipe.fingerprint, searched, encoders)
        cache.close()

    def build(self, order: tuple[int, ...] | None = None) -> str:
        vectors = self.vectors if order is None else self.vectors[list(order)]
        return generation.build(self.data_dir, self.recipe, [DOCUMENT], CHUNKS, vectors, REFUSED, PROBLEMS)

    def folder(self, name: str) -> Path:
        return generation.index_dir(self.data_dir) / f"{name}.tmp"

    def switched(self) -> str:
        name = self.build()
        generation.switch(self.data_dir, name)
        return name


@pytest.fixture
def workshop(tmp_path: Path, embeddings: SentenceEmbeddings) -> Workshop:
    return Workshop(tmp_path / "data", embeddings)


def names(data_dir: Path, monkeypatch: pytest.MonkeyPatch, workshop: Workshop, count: int) -> list[str]:
    """Switches to `count` generations, one a second apart by the clock."""
    stamps = iter(f"20260101-0000{i:02d}-" for i in range(count))
    monkeypatch.setattr(
        "knowledge.generation.time.strftime", lambda form, *_: next(stamps) if form.endswith("-") else "2026"
    )
    return [workshop.switched() for _ in range(count)]


def test_a_sound_generation_passes_from_a_fresh_process(workshop: Workshop) -> None:
    verify.verify_from_outside(workshop.data_dir, workshop.build())


def test_a_built_generation_is_not_in_use_before_the_switch(workshop: Workshop) -> None:
    name = workshop.build()
    assert generation.current(workshop.data_dir) is None
    assert generation.generations(workshop.data_dir) == []
    generation.switch(workshop.data_dir, name)
    assert generation.current(workshop.data_dir) == name
    assert generation.generations(workshop.data_dir) == [name]


def test_the_manifest_gives_back_what_was_written(workshop: Workshop) -> None:
    name = workshop.switched()
    manifest = generation.read_manifest(workshop.data_dir, name)
    assert (manifest.generation, manifest.recipe, manifest.documents) == (name, workshop.recipe, (DOCUMENT,))
    assert (manifest.chunks, manifest.refused, manifest.problems) == (len(CHUNKS), REFUSED, PROBLEMS)


def test_every_chunk_comes_back_whole_from_the_disk(workshop: Workshop) -> None:
    folder = generation.index_dir(workshop.data_dir) / workshop.switched()
    assert tuple(generation.open_chunks(folder)) == CHUNKS


@pytest.mark.parametrize(
    "order", [(1, 0, 2, 3, 4, 5, 6, 7, 8, 9), (0, 1, 2, 4, 3, 5, 6, 7, 8, 9), (1, 2, 3, 4, 0, 5, 6, 7, 8, 9)]
)
def test_swapped_vectors_are_seen(workshop: Workshop, order: tuple[int, ...]) -> None:
    name = workshop.build(order)
    with pytest.raises(VerificationError, match=r"tertukar tempat|tidak menemukan dirinya"):
        verify.verify(workshop.folder(name), workshop.data_dir)


def test_swapped_vectors_are_seen_from_a_fresh_process(workshop: Workshop) -> None:
    name = workshop.build((1, 0, 2, 3, 4, 5, 6, 7, 8, 9))
    with pytest.raises(VerificationError, match="Bagian"):
        verify.verify_from_outside(workshop.data_dir, name)


def test_how_near_any_text_is_to_a_question_is_known_exactly(workshop: Workshop) -> None:
    name = workshop.build()
    texts = text_vectors.TextVectors(workshop.folder(name), len(CHUNKS))
    own = workshop.vectors[: len(CHUNKS)]
    for ordinals in ([3], [4, 0, 2]):
        assert texts.cosines(workshop.vectors[-1], ordinals) == pytest.approx(
            own[ordinals] @ workshop.vectors[-1], abs=5e-4
        )


@pytest.mark.parametrize("keep", [-2, 0, 384 * 2])
def test_vectors_of_texts_that_are_missing_or_wrong_are_seen(workshop: Workshop, keep: int) -> None:
    name = workshop.build()
    file = workshop.folder(name) / text_vectors.FILE
    good = file.read_bytes()
    file.write_bytes(good[:keep] if keep < 0 else good[keep:] + good[:keep] if keep else bytes(len(good)))
    with pytest.raises(VerificationError, match=text_vectors.INCOMPLETE):
        verify.verify_from_outside(workshop.data_dir, name)


@pytest.mark.parametrize("identifier", ["bagian-0", "bagian-4", "bagian-2?0"])
def test_a_missing_vector_is_seen(workshop: Workshop, identifier: str) -> None:
    name = workshop.build()
    with vector_index.open_store(workshop.folder(name)) as client:
        client.get_collection(vector_index.COLLECTION, embedding_function=None).delete(ids=[identifier])
    with pytest.raises(VerificationError, match=r"panduan\.md tidak menemukan dirinya"):
        verify.verify_from_outside(workshop.data_dir, name)


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A library so large that its ten entries are four collections of at most three."""
    monkeypatch.setattr(vector_index, "PART", 3)


def found(data_dir: Path, name: str, embeddings: SentenceEmbeddings) -> list[list[tuple[str, float]]]:
    """What an official is shown for each sentence and for each question of the library."""
    opened = open_generation(data_dir, name)
    asked = [*SENTENCES, *(question for chunk in CHUNKS for question in chunk.questions), "Siapa ketua dewan?"]
    settings = LibraryConfig().retrieval
    passages = [opened.rank(opened.reader.read(q), embeddings.encode_query(q), 5, settings) for q in asked]
    return [[(passage.chunk.id, round(passage.score, 5)) for passage in ranked] for ranked in passages]


def test_a_generation_of_several_parts_answers_as_one_of_one_part(
    workshop: Workshop, embeddings: SentenceEmbeddings, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = found(workshop.data_dir, workshop.switched(), embeddings)
    monkeypatch.setattr(vector_index, "PART", 3)
    name = workshop.build()
    verify.verify_from_outside(workshop.data_dir, name)
    generation.switch(workshop.data_dir, name)
    opened = open_generation(workshop.data_dir, name)
    assert [part.count() for part in opened.collections] == [3, 3, 3, 1]
    assert found(workshop.data_dir, name, embeddings) == whole
    for i, chunk in enumerate(CHUNKS):
        vector = opened.question_vector(chunk, 0)
        assert vector is not None
        assert np.allclose(vector, workshop.vectors[5 + i], atol=1e-6)
    assert soundness.probe(generation.index_dir(workshop.data_dir) / name) == len(CHUNKS)


@pytest.mark.usefixtures("parts")
@pytest.mark.parametrize(("part", "identifier"), [(0, "bagian-2"), (1, "bagian-4"), (3, "bagian-4?0")])
def test_a_vector_that_is_missing_in_any_part_is_seen(workshop: Workshop, part: int, identifier: str) -> None:
    name = workshop.build()
    with vector_index.open_store(workshop.folder(name)) as client:
        vector_index.collections_of(client, workshop.folder(name))[part].delete(ids=[identifier])
    with pytest.raises(VerificationError, match=r"panduan\.md tidak menemukan dirinya"):
        verify.verify_from_outside(workshop.data_dir, name)


@pytest.mark.usefixtures("parts")
def test_vectors_that_are_swapped_between_two_parts_are_seen(workshop: Workshop) -> None:
    name = workshop.build((0, 1, 4, 3, 2, 5, 6, 7, 8, 9))
    with pytest.raises(VerificationError, match=r"tertukar tempat|tidak menemukan dirinya"):
        verify.verify(workshop.folder(name), workshop.data_dir)


@pytest.mark.usefixtures("parts")
@pytest.mark.parametrize("lost", [0, 2, 3])
def test_a_part_that_is_lost_is_seen_and_never_searched_without(workshop: Workshop, lost: int) -> None:
    name = workshop.build()
    folder = workshop.folder(name)
    with vector_index.open_store(folder) as client:
        client.delete_collection(vector_index.collections_of(client, folder)[lost].name)
    with pytest.raises(VerificationError, match="penyimpanan vektor tidak lengkap"):
        verify.verify(folder, workshop.data_dir)
    with pytest.raises(VerificationError, match="penyimpanan vektor tidak lengkap"):
        open_generation(workshop.data_dir, folder.name)


def test_a_generation_of_an_earlier_version_opens_as_before(workshop: Workshop, embeddings: SentenceEmbeddings) -> None:
    """Its one collection says nothing of how many entries it holds."""
    whole = found(workshop.data_dir, workshop.switched(), embeddings)
    name = workshop.build()
    with vector_index.open_store(workshop.folder(name)) as client:
        client.get_collection(vector_index.COLLECTION, embedding_function=None).modify(metadata={"before": 1})
    assert verify.verify(workshop.folder(name), workshop.data_dir) == len(CHUNKS)
    generation.switch(workshop.data_dir, name)
    assert found(workshop.data_dir, name, embeddings) == whole


class Approximate:
    """A collection whose search misses one entry."""

    def __init__(self, collection: Collection, missed: str) -> None:
        self._collection, self._missed = collection, missed

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._collection, name)

    def query(self, **asked: Any) -> Any:  # noqa: ANN401
        """Without the missed one."""
        found = self._collection.query(**asked)
        for ids, distances in zip(found["ids"], found["distances"] or [], strict=True):
            if self._missed in ids:
                del distances[ids.index(self._missed)]
                ids.remove(self._missed)
        return found


def test_what_the_search_misses_has_to_be_stored_right(workshop: Workshop) -> None:
    """A search in a hundred thousand entries misses some; then the entry itself is looked at."""
    searched, vectors = Entries(CHUNKS, [DOCUMENT]), workshop.vectors
    with vector_index.open_store(workshop.folder(workshop.build())) as client:
        collection = client.get_collection(vector_index.COLLECTION, embedding_function=None)
        misses = cast("Collection", Approximate(collection, "bagian-2"))
        assert [entry.id for entry in verify.missed_in(misses, list(searched), vectors)] == ["bagian-2"]
        with pytest.raises(VerificationError, match=r"Bagian 2.* tertukar tempat"):
            verify.missed_in(misses, list(searched), vectors * np.where(np.arange(len(vectors)) == 2, -1, 1)[:, None])
    assert [verify.may_miss(n) for n in (10, 20_000, 200_000)] == [0, 0, 200]


def test_a_vector_of_other_words_is_seen(workshop: Workshop, embeddings: SentenceEmbeddings) -> None:
    workshop.vectors = np.concatenate([embeddings.encode_passages(["Hujan lebat"]), workshop.vectors[1:]])
    with pytest.raises(VerificationError, match="Bagian 0"):
        verify.verify(workshop.folder(workshop.build()), workshop.data_dir)


def test_a_shortened_lexical_index_is_seen(workshop: Workshop) -> None:
    name = workshop.build()
    lexical.build(workshop.folder(name) / "lexical", SENTENCES[:4])
    with pytest.raises(VerificationError, match="4 dari 5 bagian"):
        verify.verify(workshop.folder(name), workshop.data_dir)


def test_a_lost_chunk_is_seen(workshop: Workshop) -> None:
    name = workshop.build()
    file = workshop.folder(name) / generation.CHUNKS
    os.truncate(file, file.stat().st_size - 1)
    with pytest.raises(VerificationError, match="4 dari 5 bagian"):
        verify.verify(workshop.folder(name), workshop.data_dir)


def test_a_chunk_without_a_cached_vector_is_seen(workshop: Workshop) -> None:
    name = workshop.build()
    (workshop.data_dir / "embeddings.sqlite").unlink()
    with pytest.raises(VerificationError, match="tidak punya vektor tersimpan"):
        verify.verify(workshop.folder(name), workshop.data_dir)


def test_a_broken_store_is_seen(workshop: Workshop) -> None:
    name = workshop.build()
    (workshop.folder(name) / "chroma" / "chroma.sqlite3").write_bytes(b"terpotong")
    with pytest.raises(VerificationError):
        verify.verify_from_outside(workshop.data_dir, name)


def test_many_passages_with_the_same_words_pass(workshop: Workshop, embeddings: SentenceEmbeddings) -> None:
    twins = [replace(CHUNKS[0], id=f"kembar-{i}", questions=()) for i in range(30)]
    vectors = np.repeat(workshop.vectors[:1], 30, axis=0)
    name = generation.build(workshop.data_dir, workshop.recipe, [DOCUMENT], twins, vectors, {}, [])
    assert verify.verify(workshop.folder(name), workshop.data_dir) == 30


def test_a_disk_that_fails_while_switching_leaves_the_old_generation(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = workshop.switched()
    name = workshop.build()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        generation.switch(workshop.data_dir, name)
    assert generation.current(workshop.data_dir) == old


def test_rolls_back_one_generation_at_a_time(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, _ = names(workshop.data_dir, monkeypatch, workshop, 3)
    assert generation.roll_back(workshop.data_dir) == second
    assert generation.current(workshop.data_dir) == second
    assert generation.roll_back(workshop.data_dir) == first
    with pytest.raises(NoGenerationError, match="Tidak ada generasi sebelumnya"):
        generation.roll_back(workshop.data_dir)
    assert generation.current(workshop.data_dir) == first


@pytest.mark.parametrize("keep", [2, 3, 4, 9])
def test_keeps_as_many_generations_as_asked(workshop: Workshop, monkeypatch: pytest.MonkeyPatch, keep: int) -> None:
    built = names(workshop.data_dir, monkeypatch, workshop, 5)
    generation.prune(workshop.data_dir, keep)
    assert generation.generations(workshop.data_dir) == built[-keep:]


def test_never_prunes_the_generation_in_use(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    built = names(workshop.data_dir, monkeypatch, workshop, 4)
    for _ in range(3):
        generation.roll_back(workshop.data_dir)
    generation.prune(workshop.data_dir, 2)
    assert generation.generations(workshop.data_dir) == [built[0], built[3]]


def test_an_unknown_generation_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoGenerationError, match="20250101-000000-abcd"):
        generation.read_manifest(tmp_path, "20250101-000000-abcd")


def test_only_one_ingest_holds_the_lock(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from knowledge.generation import ingest_lock\n"
        "with ingest_lock(Path(sys.argv[1])): print('terkunci', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "terkunci\n"
        with pytest.raises(LibraryBusyError, match="sedang berjalan"), generation.ingest_lock(tmp_path):
            pass
        other.kill()
    with generation.ingest_lock(tmp_path):
        pass


def test_clears_away_what_an_interrupted_run_left(workshop: Workshop) -> None:
    kept = workshop.switched()
    leftover = workshop.folder(workshop.build())
    with generation.ingest_lock(workshop.data_dir):
        assert not leftover.exists()
    assert generation.generations(workshop.data_dir) == [kept]
