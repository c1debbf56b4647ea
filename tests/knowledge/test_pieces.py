"""The vocabulary by SentencePiece reads every text as the model's own tokenizer does."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from knowledge import pieces
from knowledge.generation import index_dir, read_chunks
from knowledge.retrieve import Library
from knowledge.settings import PROJECT

QUESTIONS = PROJECT / "tests" / "questions_own.jsonl"
ODD = ("", "  a  b ", "\tRp1.000,00", "日本語", "привет 😀", "ﬁnansial ½", "x▁y", "tiga\u00adpuluh\u200b")


@pytest.fixture(scope="module")
def folder(library: Library, library_data: Path) -> Path:
    """Where the shipped model lies as OpenVINO runs it; made when the library was ingested."""
    assert library.embeddings
    return next((library_data / "models").glob("*.openvino"))


@pytest.fixture(scope="module")
def original(folder: Path) -> pieces.HuggingFace:
    """The tokenizer as it came."""
    return pieces.HuggingFace(Tokenizer.from_file(str(folder / pieces.TOKENIZER)))


def test_the_shipped_vocabulary_was_given_to_sentencepiece(folder: Path) -> None:
    assert isinstance(pieces.tokenizer_of(folder), pieces.SentencePieces)


def test_the_library_and_its_questions_are_read_alike(
    folder: Path, original: pieces.HuggingFace, library: Library, library_data: Path
) -> None:
    """Where two ways to cut a word are equally likely, either may be taken: 1 text in 1,000 at most."""
    questions = [json.loads(line)["question"] for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    _, chunks = read_chunks(index_dir(library_data) / library.manifest.generation)
    texts = [*questions, *(chunk.text for chunk in chunks)]
    read = zip(pieces.tokenizer_of(folder).encode(texts), original.encode(texts), strict=True)
    other = [text for text, (mine, theirs) in zip(texts, read, strict=True) if mine != theirs]
    assert len(texts) > 1000
    assert len(other) <= len(texts) / 1000, other


@pytest.mark.parametrize("text", ODD)
def test_odd_texts_are_read_alike(text: str, folder: Path, original: pieces.HuggingFace) -> None:
    assert pieces.tokenizer_of(folder).encode([text]) == original.encode([text])


def test_what_is_too_long_is_cut_off_inside_its_frame(folder: Path) -> None:
    text = "satu dua tiga empat lima enam tujuh"
    theirs = pieces.HuggingFace(Tokenizer.from_file(str(folder / pieces.TOKENIZER)), 6).encode([text])
    assert pieces.tokenizer_of(folder, 6).encode([text]) == theirs
    assert len(theirs[0]) == 6


def test_a_name_of_a_special_piece_in_a_text_is_only_text(folder: Path) -> None:
    """An official who types "</s>" does not end what the model reads."""
    ids = pieces.tokenizer_of(folder).encode(["satu</s>dua"])[0]
    assert ids.count(ids[-1]) == 1


def test_a_vocabulary_of_another_kind_runs_as_it_came(tmp_path: Path) -> None:
    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0, "kota": 1, "cerdas": 2}, unk_token="[UNK]"))  # noqa: S106
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(tmp_path / pieces.TOKENIZER))
    assert not pieces.convert(tmp_path)
    assert pieces.tokenizer_of(tmp_path).encode(["kota cerdas sekali"]) == [[1, 2, 0]]


def test_a_vocabulary_that_would_be_read_otherwise_runs_as_it_came(folder: Path, tmp_path: Path) -> None:
    """Without the space before the first word every text would begin with another piece."""
    tokenizer = Tokenizer.from_file(str(folder / pieces.TOKENIZER))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    tokenizer.save(str(tmp_path / pieces.TOKENIZER))
    assert not pieces.convert(tmp_path)
    assert isinstance(pieces.tokenizer_of(tmp_path), pieces.HuggingFace)
    shutil.rmtree(tmp_path)
