"""Words in, BM25 scores out of an index that lies on disk."""

from __future__ import annotations

from pathlib import Path

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


def test_the_index_on_disk_holds_no_pickle(index: LexicalIndex, tmp_path: Path) -> None:
    files = [path for path in (tmp_path / "kata").rglob("*") if path.is_file()]
    assert {path.suffix for path in files} <= {".npy", ".json"}
    for path in files:
        if path.suffix == ".npy":
            assert b"'descr': '|O'" not in path.read_bytes()[:256]
