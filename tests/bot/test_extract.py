"""A passage taken apart into statements: verbatim slices, with lists kept whole."""

from __future__ import annotations

from itertools import pairwise

import pytest

from bot.conversation.extract import relevance, statements, with_items
from knowledge.parse import SEAM

ABOUT_THE_TEAM = """Tim pelaksana kota cerdas terdiri atas:

- ketua dari Dinas Kominfo;
- sekretaris dari Bappeda; dan
- anggota dari perangkat daerah lain.

Tim bekerja selama satu tahun. Masa kerjanya dapat diperpanjang."""


def texts(passage: str) -> list[str]:
    return [statement.text for statement in statements(passage)]


@pytest.mark.parametrize(
    "passage",
    [
        ABOUT_THE_TEAM,
        "(1) Wali kota membentuk dewan. (2) Dewan diketuai sekretaris daerah.",
        f"Rencana induk disahkan{SEAM}dengan peraturan bupati.  Salinannya dikirim.\n\n  a. satu;\n  b. dua.",
    ],
)
def test_every_statement_is_a_verbatim_slice(passage: str) -> None:
    for statement in statements(passage):
        slice_ = passage[statement.start : statement.end]
        assert " ".join(slice_.split()) == statement.text
        assert slice_ == slice_.strip()


def test_statements_follow_the_text_without_overlap() -> None:
    found = statements(ABOUT_THE_TEAM)
    assert all(a.end <= b.start for a, b in pairwise(found))


def test_parts_sentences() -> None:
    assert texts("Bupati membentuk tim. Siapa ketuanya? Sekretaris daerah memimpin!") == [
        "Bupati membentuk tim.",
        "Siapa ketuanya?",
        "Sekretaris daerah memimpin!",
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        "Menurut Perwali No. 5 Tahun 2020 rapat diadakan tiap bulan.",
        "Dana Rp. 5 miliar berasal dari APBD.",
        "Paparan Dr. Rina dihadiri Kab. Kutai Timur.",
        "Nilai 3.08 termasuk predikat baik.",
        "Lihat Ps. 12 dan hlm. 40 untuk rinciannya.",
    ],
)
def test_does_not_cut_at_abbreviations_and_numbers(sentence: str) -> None:
    assert texts(sentence) == [sentence]


def test_parts_the_ayat_of_an_article() -> None:
    assert texts("(1) Wali kota membentuk dewan. (2) Dewan diketuai sekda.") == [
        "(1) Wali kota membentuk dewan.",
        "(2) Dewan diketuai sekda.",
    ]


def test_does_not_cut_at_a_reference_to_an_ayat() -> None:
    sentence = "Dewan sebagaimana dimaksud pada ayat (1) diketuai sekda."
    assert texts(sentence) == [sentence]


def test_takes_bullets_off_and_leaves_letters_and_numbers() -> None:
    assert texts("- menyusun rencana") == ["menyusun rencana"]
    assert texts("a. menyusun rencana;\nb. melapor.") == ["a. menyusun rencana;", "b. melapor."]
    assert texts("1) ekonomi\n2) mobilitas") == ["1) ekonomi", "2) mobilitas"]


def test_an_ayat_behind_a_dash_is_no_item_of_a_list() -> None:
    found = statements("Pasal 61\n- (1) Kepala daerah menetapkan kebijakan.\n- (21 Koordinator dijabat sekda.")
    assert [s.text for s in found][1:] == ["(1) Kepala daerah menetapkan kebijakan.", "(21 Koordinator dijabat sekda."]
    assert not any(s.is_item for s in found)


def test_the_number_of_a_page_is_no_statement() -> None:
    assert texts("Dewan diketuai sekda.\n\n- 51 -\n") == ["Dewan diketuai sekda."]


def test_marks_items_and_the_sentence_that_opens_them() -> None:
    found = statements(ABOUT_THE_TEAM)
    assert [s.is_item for s in found] == [False, True, True, True, False, False]
    assert [s.opens_list for s in found] == [True, False, False, False, False, False]


def test_a_line_that_begins_no_item_continues_it() -> None:
    assert texts("1. jaringan serat optik\n   di semua kelurahan\n2. pusat data") == [
        "1. jaringan serat optik di semua kelurahan",
        "2. pusat data",
    ]


def test_cuts_where_something_was_taken_out_of_the_page() -> None:
    assert texts(f"Rencana induk disahkan{SEAM}dengan peraturan bupati.") == [
        "Rencana induk disahkan",
        "dengan peraturan bupati.",
    ]


@pytest.mark.parametrize("passage", ["", "\n\n", "- \n- \n", f" {SEAM} ", "..."])
def test_finds_nothing_in_nothing(passage: str) -> None:
    assert statements(passage) == []


def test_a_sentence_that_opens_a_list_takes_the_whole_list() -> None:
    chosen = with_items(statements(ABOUT_THE_TEAM), 0)
    assert [s.text for s in chosen][1:] == [
        "ketua dari Dinas Kominfo;",
        "sekretaris dari Bappeda; dan",
        "anggota dari perangkat daerah lain.",
    ]


def test_a_list_belongs_to_the_sentence_before_it_even_without_a_colon() -> None:
    found = statements("Pasal ini menetapkan dua aspek.\n\n- ekonomi\n- mobilitas\n")
    assert [s.text for s in with_items(found, 0)] == ["Pasal ini menetapkan dua aspek.", "ekonomi", "mobilitas"]


def test_a_plain_sentence_stays_alone() -> None:
    found = statements(ABOUT_THE_TEAM)
    assert [s.text for s in with_items(found, 4)] == ["Tim bekerja selama satu tahun."]


@pytest.mark.parametrize(
    ("rarity", "expected"),
    [
        ({"tim": 1.0, "tahun": 1.0}, 1.0),
        ({"tim": 3.0, "anggaran": 1.0}, 0.75),
        ({"anggaran": 2.0}, 0.0),
        ({}, 0.0),
    ],
)
def test_relevance_weighs_the_words_of_the_question(rarity: dict[str, float], expected: float) -> None:
    (sentence,) = statements("Tim bekerja selama satu tahun.")
    assert relevance(sentence, rarity) == pytest.approx(expected)
