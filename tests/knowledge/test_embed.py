"""The real model's vectors, and the cache that embeds no text twice."""

from __future__ import annotations

import json
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from langchain_core.embeddings import Embeddings

from knowledge.chunk import Entries
from knowledge.embed import EmbeddingCache, SentenceEmbeddings, StoredVectors
from knowledge.errors import ModelError, VerificationError
from knowledge.runtime import Kind, Runtime
from knowledge.settings import ModelSettings
from tests.knowledge.test_generation import CHUNKS, DOCUMENT

if TYPE_CHECKING:
    from numpy.typing import NDArray

DEWAN = "Dewan Kota Cerdas diketuai oleh Sekretaris Daerah."
SAMPAH = "Dinas Lingkungan Hidup mengangkut sampah rumah tangga setiap hari."
HUJAN = "Curah hujan tinggi diperkirakan turun pada bulan Januari."
TEXTS = [DEWAN, SAMPAH, HUJAN]


@pytest.fixture
def cache(tmp_path: Path) -> EmbeddingCache:
    return EmbeddingCache(tmp_path / "embeddings.sqlite")


class Counting:
    """Encodes with the real model and remembers what it was given."""

    def __init__(self, embeddings: SentenceEmbeddings) -> None:
        self._embeddings = embeddings
        self.seen: list[str] = []

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.seen += texts
        return self._embeddings.encode_passages(texts)


def refuse(texts: Sequence[str]) -> NDArray[np.float32]:
    raise AssertionError(f"embedded again: {texts}")


def test_vectors_have_unit_length(embeddings: SentenceEmbeddings) -> None:
    vectors = embeddings.encode_passages(TEXTS)
    assert vectors.shape == (3, 384)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("siapa ketua dewan smart city?", 0),
        ("kapan sampah diambil?", 1),
        ("apakah bulan depan hujan?", 2),
        ("who chairs the smart city council?", 0),
    ],
)
def test_a_question_lies_nearest_to_its_answer(embeddings: SentenceEmbeddings, question: str, answer: int) -> None:
    similarities = embeddings.encode_passages(TEXTS) @ embeddings.encode_query(question)
    assert int(similarities.argmax()) == answer


def test_questions_and_passages_carry_their_own_prefix(embeddings: SentenceEmbeddings) -> None:
    query, passage = embeddings.encode_query(DEWAN), embeddings.encode_passages([DEWAN])[0]
    assert 0.8 < float(query @ passage) < 0.9995
    assert embeddings.encode_queries([DEWAN])[0] == pytest.approx(query, abs=0.02)


def test_is_langchains_embeddings(embeddings: SentenceEmbeddings) -> None:
    assert isinstance(embeddings, Embeddings)
    assert len(embeddings.embed_documents([DEWAN])[0]) == len(embeddings.embed_query(DEWAN)) == 384


def test_counts_tokens_without_loading_the_model(embeddings: SentenceEmbeddings, library_data: Path) -> None:
    fresh = SentenceEmbeddings(ModelSettings(), library_data)
    assert fresh.count_tokens("kota cerdas") == embeddings.count_tokens("kota cerdas") == 4
    assert fresh.count_tokens("kota " * 900) > 900
    assert fresh._runtime is None


def test_the_fingerprint_names_model_backend_and_precision(embeddings: SentenceEmbeddings) -> None:
    name, backend, digest = embeddings.card.fingerprint.split("/")
    assert name == "multilingual-e5-small"
    assert backend == f"{embeddings.card.runtime}-{embeddings.card.precision}"
    assert len(digest) == 10


def test_the_prepared_model_is_an_ordinary_sentence_transformers_folder(embeddings: SentenceEmbeddings) -> None:
    from sentence_transformers import SentenceTransformer

    folder = Path(embeddings.card.folder)
    prompts = json.loads((folder / "config_sentence_transformers.json").read_text(encoding="utf-8"))["prompts"]
    assert (prompts["query"], prompts["passage"]) == ("query: ", "passage: ")
    plain = SentenceTransformer(str(folder), device="cpu").encode(
        [DEWAN], prompt_name="passage", show_progress_bar=False
    )
    assert float(embeddings.encode_passages([DEWAN])[0] @ plain[0]) > 0.99


def test_a_question_means_the_same_alone_and_beside_others(embeddings: SentenceEmbeddings) -> None:
    """Questions at once share a batch, passages run on several cores: neither may change an answer."""
    texts = [DEWAN, "kota", SAMPAH * 4, *(f"{DEWAN} {n}" for n in range(40))]
    for encode in (embeddings.encode_queries, embeddings.encode_passages):
        alone = np.concatenate([encode([text]) for text in texts])
        assert np.sum(alone * encode(texts), axis=1) == pytest.approx(np.ones(len(texts)), abs=2e-3)
    assert embeddings.encode_queries([]).shape == (0, 384)


def test_what_was_asked_lately_is_not_encoded_again(
    embeddings: SentenceEmbeddings, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoded: list[str] = []
    runtime = type(embeddings.runtime)
    encode = runtime.encode

    def counting(self: Runtime, texts: Sequence[str], kind: Kind) -> NDArray[np.float32]:
        encoded.extend(texts)
        return encode(self, texts, kind)

    monkeypatch.setattr(runtime, "encode", counting)
    monkeypatch.setattr("knowledge.embed.RECENT", 3)
    first = embeddings.encode_together(["apa itu SPBE", "apa itu TIK", "apa itu SPBE"])
    again = embeddings.encode_together(["apa itu TIK", "apa itu SPBE"])
    assert encoded == ["apa itu SPBE", "apa itu TIK"]
    assert np.array_equal(again, [first[1], first[0]])
    assert np.array_equal(first[0], first[2])
    # Of four the one that was asked longest ago is forgotten.
    embeddings.encode_together(["apa itu PPID", "apa itu KPBU"])
    embeddings.encode_together(["apa itu SPBE", "apa itu TIK"])
    assert encoded[2:] == ["apa itu PPID", "apa itu KPBU", "apa itu TIK"]


def test_a_model_that_was_let_go_comes_back_with_the_same_vectors(embeddings: SentenceEmbeddings) -> None:
    before, running = embeddings.encode_queries(TEXTS), weakref.ref(embeddings.runtime)
    embeddings.unload()
    assert running() is None
    assert np.array_equal(embeddings.encode_queries(TEXTS), before)


def test_torch_runs_a_model_that_openvino_cannot(tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer, models, pre_tokenizers

    words = {"[UNK]": 0, "kota": 1, "cerdas": 2}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))  # noqa: S106
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_dim=8)], device="cpu").save(
        str(tmp_path / "statis"), create_model_card=False
    )
    static = SentenceEmbeddings(ModelSettings(embeddings=str(tmp_path / "statis")), tmp_path)
    assert static.card.runtime == "torch"
    assert "/torch-" in static.card.fingerprint
    assert np.linalg.norm(static.encode_query("kota cerdas")) == pytest.approx(1, abs=1e-2)
    fresh = SentenceEmbeddings(ModelSettings(embeddings=str(tmp_path / "statis")), tmp_path)
    assert fresh.encode_query("kota cerdas") == pytest.approx(static.encode_query("kota cerdas"))


def test_says_which_model_cannot_be_loaded(tmp_path: Path) -> None:
    folder = tmp_path / "model-kosong"
    folder.mkdir()
    unknown = SentenceEmbeddings(ModelSettings(embeddings=str(folder), precision="float32"), tmp_path)
    with pytest.raises(ModelError, match="model-kosong"):
        unknown.encode_query("kota cerdas")


def test_embeds_a_text_once(cache: EmbeddingCache, embeddings: SentenceEmbeddings) -> None:
    encode = Counting(embeddings)
    first, new = cache.vectors("e5/float32", TEXTS, encode)
    again, none = cache.vectors("e5/float32", TEXTS[::-1], refuse)
    assert (new, none) == (3, 0)
    assert np.array_equal(first, again[::-1])


def test_embeds_the_same_words_once_in_one_run(cache: EmbeddingCache, embeddings: SentenceEmbeddings) -> None:
    encode = Counting(embeddings)
    vectors, new = cache.vectors("e5/float32", [DEWAN, SAMPAH, DEWAN], encode)
    assert new == 2
    assert sorted(encode.seen) == sorted([DEWAN, SAMPAH])
    assert np.array_equal(vectors[0], vectors[2])


def test_a_large_library_is_embedded_and_read_part_by_part(
    cache: EmbeddingCache, embeddings: SentenceEmbeddings, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched = Entries(CHUNKS, [DOCUMENT])
    encoders = (Counting(embeddings), embeddings.encode_queries)
    monkeypatch.setattr("knowledge.embed.BLOCK", 3)
    told: list[int] = []
    assert cache.embed("e5/float32", searched, encoders, told.append) == len(CHUNKS)
    assert told == sorted(told)
    assert told[-1] == len(searched)
    assert sorted(encoders[0].seen) == sorted(entry.text for entry in searched if not entry.is_question)
    stored = StoredVectors(cache, "e5/float32", searched)
    parts = [stored[start : start + 4] for start in range(0, len(searched), 4)]
    whole = cache.entry_vectors("e5/float32", searched, (refuse, refuse))
    assert np.array_equal(np.concatenate(parts), whole)
    assert cache.embed("e5/float32", searched, (refuse, refuse)) == 0


def test_a_vector_that_is_not_there_is_named_and_not_made_up(cache: EmbeddingCache) -> None:
    with pytest.raises(VerificationError, match="2 bagian tidak punya vektor"):
        StoredVectors(cache, "e5/float32", Entries(CHUNKS, [DOCUMENT]))[:2]


def test_never_mixes_vectors_of_two_fingerprints(cache: EmbeddingCache, embeddings: SentenceEmbeddings) -> None:
    cache.vectors("e5/float32", [DEWAN], embeddings.encode_passages)
    _, new = cache.vectors("e5/bfloat16", [DEWAN], embeddings.encode_passages)
    assert new == 1


def test_survives_closing_and_opening(cache: EmbeddingCache, embeddings: SentenceEmbeddings, tmp_path: Path) -> None:
    vectors, _ = cache.vectors("e5/float32", TEXTS, embeddings.encode_passages)
    cache.close()
    again, new = EmbeddingCache(tmp_path / "embeddings.sqlite").vectors("e5/float32", TEXTS, refuse)
    assert new == 0
    assert np.array_equal(vectors, again)


def test_counts_what_is_missing(cache: EmbeddingCache, embeddings: SentenceEmbeddings) -> None:
    cache.vectors("e5/float32", [DEWAN], embeddings.encode_passages)
    assert cache.missing("e5/float32", [DEWAN, SAMPAH, SAMPAH, HUJAN]) == 2


def test_reports_progress_up_to_the_last_text(cache: EmbeddingCache, embeddings: SentenceEmbeddings) -> None:
    cache.vectors("e5/float32", [DEWAN], embeddings.encode_passages)
    done: list[int] = []
    cache.vectors("e5/float32", TEXTS, embeddings.encode_passages, done.append)
    assert done == [1, 3]


def test_keeps_the_batches_that_were_done_when_the_next_one_fails(
    cache: EmbeddingCache, embeddings: SentenceEmbeddings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("knowledge.embed.WRITTEN", 16)
    texts = [f"Kelurahan {i} membuka pos aduan warga." for i in range(20)]
    calls: list[int] = []

    def failing(part: Sequence[str]) -> NDArray[np.float32]:
        calls.append(len(part))
        if len(calls) == 2:
            raise MemoryError
        return embeddings.encode_passages(part)

    with pytest.raises(MemoryError):
        cache.vectors("e5/float32", texts, failing)
    assert cache.missing("e5/float32", texts) == 4
