"""A cross-encoder reads the best passages again; what is named or not in force keeps its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from knowledge.embed import SentenceEmbeddings
from knowledge.errors import ModelError
from knowledge.rerank import Reranker
from knowledge.retrieve import Library
from knowledge.settings import LibraryConfig

QUESTION = "Apa saja enam aspek kota cerdas?"


@pytest.fixture(scope="module")
def cross_encoder(library_data: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A tiny cross-encoder with random weights: it has an opinion, and always the same one."""
    import torch
    from transformers import AutoTokenizer, XLMRobertaConfig, XLMRobertaForSequenceClassification

    folder = str(tmp_path_factory.mktemp("reranker"))
    tokenizer = AutoTokenizer.from_pretrained(str(library_data / "models" / "multilingual-e5-small"))
    torch.manual_seed(3)
    settings = XLMRobertaConfig(
        vocab_size=len(tokenizer), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        max_position_embeddings=514, id2label={0: "score"}, label2id={"score": 0}, initializer_range=1.0,
    )  # fmt: skip
    XLMRobertaForSequenceClassification(settings).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def reranker(cross_encoder: str) -> Reranker:
    return Reranker(cross_encoder, 5)


def test_the_best_passages_are_in_the_order_of_the_model(
    library: Library, reranker: Reranker, cross_encoder: str
) -> None:
    from sentence_transformers import CrossEncoder

    found = library.search(QUESTION, 8)
    again = reranker.rerank(found.query, found.passages)
    pairs = [(found.query.expanded, p.chunk.index_text(p.document.title)) for p in found.passages[:5]]
    scores = CrossEncoder(cross_encoder, device="cpu").predict(pairs)
    in_force = [i for i in range(5) if found.passages[i].document.status not in {"dicabut", "rancangan"}]
    order = sorted(in_force, key=lambda i: -float(scores[i]))
    assert [p.chunk.id for p in again[: len(order)]] == [found.passages[i].chunk.id for i in order]
    assert [p.chunk.id for p in again[5:]] == [p.chunk.id for p in found.passages[5:]]
    assert [p.score for p in again] == sorted((p.score for p in found.passages), reverse=True)


def test_a_named_article_stays_first(library: Library, reranker: Reranker) -> None:
    found = library.search("Apa isi Pasal 63 PP 59/2022?", 8)
    again = reranker.rerank(found.query, found.passages)
    assert "63" in again[0].chunk.articles
    assert again[0].document.id == "pp-59-2022"


def test_the_library_uses_the_one_that_is_named(
    config: LibraryConfig, embeddings: SentenceEmbeddings, cross_encoder: str, reranker: Reranker
) -> None:
    retrieval = config.retrieval.model_copy(update={"reranker": cross_encoder, "rerank": 5})
    reranked = Library(config.model_copy(update={"retrieval": retrieval}), embeddings).search(QUESTION, 5)
    plain = Library(config, embeddings).search(QUESTION, 5)
    assert len(reranked.passages) == 5
    expected = reranker.rerank(plain.query, plain.passages)
    assert [p.chunk.id for p in reranked.passages] == [p.chunk.id for p in expected]


def test_a_model_that_is_not_there_is_named(library: Library, tmp_path: Path) -> None:
    found = library.search(QUESTION, 5)
    with pytest.raises(ModelError, match=r"retrieval\.reranker"):
        Reranker(str(tmp_path / "tidak-ada"), 5).rerank(found.query, found.passages)
