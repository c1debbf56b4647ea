"""A statement about something else is no support, and neither is one that a model of inference calls a contradiction."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.conversation.evidence import Proof
from bot.conversation.meaning import Meaning
from bot.errors import StartError
from knowledge.embed import SentenceEmbeddings

PROOF = Proof(
    "Perpres 39/2019",
    "Pasal 24",
    "Bupati menetapkan walidata paling lambat enam bulan sejak peraturan diundangkan. Forum dipimpin Bappeda.",
)
FLOOR = 0.86


@pytest.fixture(scope="module")
def meaning(embeddings: SentenceEmbeddings) -> Meaning:
    return Meaning(embeddings, FLOOR)


@pytest.mark.parametrize(
    "claim",
    [
        "Forum dipimpin Bappeda.",
        "Walidata ditetapkan bupati maksimal enam bulan sesudah peraturan diundangkan.",
        "Forum dipimpin Bappeda, dan bupati menetapkan walidata.",
    ],
)
def test_what_the_source_speaks_of_is_near(meaning: Meaning, claim: str) -> None:
    assert meaning.supports(claim, [PROOF])


@pytest.mark.parametrize(
    "claim",
    ["Curah hujan tinggi turun pada musim penghujan.", "Resep rendang memakai santan kelapa.", "Timnas menang 3-0."],
)
def test_what_it_does_not_speak_of_is_far(meaning: Meaning, claim: str) -> None:
    assert not meaning.supports(claim, [PROOF])


def test_a_model_of_inference_that_is_not_there_is_named(embeddings: SentenceEmbeddings, tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r"drafting\.inference"):
        Meaning(embeddings, FLOOR, str(tmp_path / "tidak-ada"))


@pytest.mark.parametrize("verdict", ["entailment", "contradiction"])
def test_a_contradiction_is_no_support(
    embeddings: SentenceEmbeddings, library_data: Path, tmp_path: Path, verdict: str
) -> None:
    import torch
    from transformers import AutoTokenizer, XLMRobertaConfig, XLMRobertaForSequenceClassification

    tokenizer = AutoTokenizer.from_pretrained(str(library_data / "models" / "multilingual-e5-small"))
    labels = ["contradiction", "entailment", "neutral"]
    settings = XLMRobertaConfig(
        vocab_size=len(tokenizer), hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8,
        max_position_embeddings=514, id2label=dict(enumerate(labels)), label2id={name: n for n, name in enumerate(labels)},
    )  # fmt: skip
    model = XLMRobertaForSequenceClassification(settings)
    with torch.no_grad():
        # It says the same of everything.
        model.classifier.out_proj.weight.zero_()
        model.classifier.out_proj.bias.copy_(torch.tensor([float(name == verdict) for name in labels]))
    model.save_pretrained(str(tmp_path))
    tokenizer.save_pretrained(str(tmp_path))
    judge = Meaning(embeddings, FLOOR, str(tmp_path))
    assert judge.supports("Forum dipimpin Bappeda.", [PROOF]) is (verdict == "entailment")
