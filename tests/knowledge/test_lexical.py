"""Words in, BM25 scores out of an index that lies on disk."""

from __future__ import annotations

from pathlib import Path

import bm25s
import pytest

from knowledge import lexical
from knowledge.lexical import LexicalIndex, tokens

TEXTS = [
    "Perwali 7/2023. Dewan Kota Cerdas diketuai oleh Sekretaris Daerah.",
    "Perwali 7/2023. Pusat kendali kota beroperasi selama 24 jam.",
    "Panduan pengaduan. Warga melapor lewat aplikasi Lapor Kota.",
]


@pytest.fixture
def index(tmp_path: Path) -> LexicalIndex:
    lexical.build(tmp_path / "kata", TEXTS)
    return LexicalIndex(tmp_path / "kata")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Apa yang dimaksud dengan Kota Cerdas?", ["kota", "cerdas"]),
        ("Perpres 95/2018 Pasal 35", ["perpres", "95", "2018", "35"]),
        ("Nomor 2Ol9 dan 1O", ["nomor", "2019", "10"]),
        ("RP2P, SPBE & TIK", ["rp2p", "spbe", "tik"]),
        ("undang-undang", ["undang-undang"]),
        ("dan atau di ke", []),
    ],
)
def test_reads_the_words_that_carry_a_question(text: str, words: list[str]) -> None:
    assert tokens(text) == words


def test_the_text_with_the_rarest_words_scores_highest(index: LexicalIndex) -> None:
    scores = index.scores(tokens("siapa ketua dewan, sekretaris?"))
    assert scores.shape == (3,)
    assert int(scores.argmax()) == 0
    assert scores[2] == 0


def test_words_that_nobody_wrote_score_nothing(index: LexicalIndex) -> None:
    assert index.scores(["antariksa"]).tolist() == [0, 0, 0]
    assert index.scores([]).tolist() == [0, 0, 0]


def test_counts_in_how_many_texts_a_word_stands(index: LexicalIndex) -> None:
    assert len(index) == 3
    counts = index.document_frequencies()
    assert (counts["kota"], counts["perwali"], counts["melapor"]) == (3, 2, 1)
    assert "antariksa" not in counts


@pytest.mark.parametrize("block", [1, 2, 100])
def test_what_is_scored_block_by_block_is_what_the_library_scores(
    block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An index of an earlier version, written by bm25s itself, gives the same passages in the same order."""
    texts = [*TEXTS, "kota kota kota cerdas", "", "dan atau", *TEXTS]
    monkeypatch.setattr(lexical, "BLOCK", block)
    lexical.build(tmp_path / "kata", texts)
    whole = bm25s.BM25(k1=lexical.K1, b=lexical.B)
    whole.index([tokens(text) for text in texts], show_progress=False)
    whole.save(str(tmp_path / "utuh"), show_progress=False)
    ours, theirs = (LexicalIndex(tmp_path / name) for name in ("kata", "utuh"))
    assert len(ours) == len(theirs) == len(texts)
    assert ours.document_frequencies() == theirs.document_frequencies()
    for word in filter(None, theirs.vocabulary):
        assert ours.scores([word]).tolist() == theirs.scores([word]).tolist()


def test_the_index_on_disk_holds_no_pickle(index: LexicalIndex, tmp_path: Path) -> None:
    files = [path for path in (tmp_path / "kata").rglob("*") if path.is_file()]
    assert {path.suffix for path in files} <= {".npy", ".json"}
    for path in files:
        if path.suffix == ".npy":
            assert b"'descr': '|O'" not in path.read_bytes()[:256]
