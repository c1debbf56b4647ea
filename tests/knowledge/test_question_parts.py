"""An official asks two things in one message; nouns that "dan" joins are still one question."""

from __future__ import annotations

import pytest

from knowledge.question_parts import Part, parts_of, request_of, sides_of
from knowledge.retrieve import Library


@pytest.mark.parametrize(
    ("message", "parts"),
    [
        (
            "Apa dasar hukum SPBE dan siapa yang mengevaluasinya?",
            (Part("Apa dasar hukum SPBE", ""), Part("siapa yang mengevaluasinya", "dasar hukum SPBE")),
        ),
        (
            "walidata itu siapa trus forum satu data dikoordinir siapa?",
            (Part("walidata itu siapa", ""), Part("forum satu data dikoordinir siapa", "")),
        ),
        (
            "Apa tugas dan fungsi dewan smart city dan siapa ketuanya?",
            (
                Part("Apa tugas dan fungsi dewan smart city", ""),
                Part("siapa ketuanya", "tugas dan fungsi dewan smart city"),
            ),
        ),
        (
            "Mohon info syarat inovasi daerah dan berapa lama uji cobanya",
            (
                Part("Mohon info syarat inovasi daerah", ""),
                Part("berapa lama uji cobanya", "syarat inovasi daerah"),
            ),
        ),
        (
            "Enam dimensi smart city apa saja dan contoh programnya masing-masing?",
            (
                Part("Enam dimensi smart city apa saja", ""),
                Part("contoh programnya masing-masing", "Enam dimensi smart city saja"),
            ),
        ),
        (
            "What is a quick win and who coordinates SPBE in a regency?",
            (Part("What is a quick win", ""), Part("who coordinates SPBE in a regency", "")),
        ),
        (
            "Apa isi Pasal 61 PP 59/2022? Siapa yang memantau?",
            (Part("Apa isi Pasal 61 PP 59/2022", ""), Part("Siapa yang memantau", "isi PP 59/2022")),
        ),
    ],
)
def test_each_question_of_a_message_stands_alone_or_keeps_its_topic(message: str, parts: tuple[Part, ...]) -> None:
    assert parts_of(message) == parts


@pytest.mark.parametrize(
    "message",
    [
        "Apa saja tugas dan fungsi Dewan Smart City?",
        "Bagaimana hubungan masterplan dengan RTRW dan RPJMD?",
        "Siapa dan kapan RP2P disusun?",
        "Kami sedang menyusun masterplan dan RPJMD. Apa yang lebih dahulu?",
        "Kami dari Bappeda, berapa lama masterplan berlaku?",
        "dasar hukum dan pembiayaan spbe apa",
        "Apa beda smart city, SPBE, dan Satu Data?",
        "Tolong jelaskan walidata dan produsen data",
        "Mohon info dasar hukum dan contoh SK dewan smart city",
        "?",
        "dan apa dan siapa dan",
    ],
)
def test_one_question_is_not_split(message: str) -> None:
    assert parts_of(message) == ()


def test_the_passage_of_each_part_is_among_the_first(library: Library) -> None:
    found = library.search("Siapa ketua Dewan Smart City, lalu bagaimana tahapan menyiapkan KPBU?")
    assert {p.document.id for p in found.passages[:2]} == {"kelembagaan-smart-city", "kpbu-smart-city"}
    assert [part.passages[0].document.id for part in found.parts] == ["kelembagaan-smart-city", "kpbu-smart-city"]


def test_parts_that_one_passage_answers_are_not_answered_apart(library: Library) -> None:
    assert library.search("Arsitektur SPBE pemda berlaku berapa tahun dan kapan direviu?").parts == ()


def test_a_letter_asks_what_stands_behind_its_occasion() -> None:
    request, occasion = request_of(
        "Sehubungan dengan temuan Inspektorat atas aplikasi perangkat daerah, bersama ini kami mohon penjelasan "
        "mengenai kewajiban rekomendasi Dinas Kominfo sebelum pengadaan."
    )
    assert request == "kewajiban rekomendasi Dinas Kominfo sebelum pengadaan."
    assert "temuan Inspektorat" in occasion


@pytest.mark.parametrize(
    "message",
    [
        "Mohon penjelasan kewajiban rekomendasi Dinas Kominfo.",
        "Apakah bupati dapat digugat karena menghentikan program? Mohon kepastian hukum.",
        "Aplikasi perangkat daerah kami berjumlah 120. Mohon arahan penataannya.",
    ],
)
def test_a_request_that_leans_on_the_rest_is_asked_with_it(message: str) -> None:
    assert request_of(message) == (message, "")


@pytest.mark.parametrize(
    ("message", "sides"),
    [
        ("apa beda RPJMD sama renstra", ("RPJMD", "renstra")),
        ("bedanya arsitektur spbe sama peta rencana spbe apaan sih", ("arsitektur spbe", "peta rencana spbe")),
        ("hibah sama pinjaman daerah bedanya apa kalo buat jalan", ("hibah", "pinjaman daerah")),
        ("SPBE vs pemdi bedanya dmn", ("SPBE", "pemdi")),
        ("perbedaan data induk dan kode referensi dalam satu data", ("data induk", "kode referensi")),
        ("beda kerja sama daerah dan KPBU", ("kerja sama daerah", "KPBU")),
        ("What is the difference between a walidata and a PPID?", ("walidata", "PPID")),
        ("Apa beda kota cerdas dengan SPBE? Kami sering ditanya DPRD.", ("kota cerdas", "SPBE")),
    ],
)
def test_a_comparison_names_two_sides(message: str, sides: tuple[str, str]) -> None:
    assert sides_of(message) == sides


@pytest.mark.parametrize(
    "message",
    [
        "apa bedanya dengan KPBU?",
        "Apa bedanya output, outcome, dan impact?",
        "kerja sama dengan pihak ketiga dan BUMD",
        "apakah tiap OPD beda aplikasi?",
    ],
)
def test_what_names_no_two_sides_is_no_comparison(message: str) -> None:
    assert sides_of(message) is None
