"""Texts are read by their words' stems, their numbers' values, and by what is written in several ways."""

from __future__ import annotations

import pytest

from bot.conversation.wording import read, stems


def texts(text: str, role: str) -> list[str]:
    return [word.text for word in read(text) if word.role == role]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("menyusun", "disusun"),
        ("penyusunan", "susunan"),
        ("memakai", "pemakaian"),
        ("menetapkan", "ditetapkan"),
        ("mengirim", "kiriman"),
        ("penyelenggaraan", "menyelenggarakan"),
        ("berperannya", "peran"),
        ("program-program", "program"),
        ("disebarkan", "menyebarkan"),
        ("melaporkan", "laporannya"),
    ],
)
def test_forms_of_a_word_share_a_stem(one: str, other: str) -> None:
    assert stems(one) & stems(other)


@pytest.mark.parametrize(
    ("one", "other"), [("menteri", "bupati"), ("wajib", "dapat"), ("biaya", "budaya"), ("naik", "turun")]
)
def test_other_words_share_none(one: str, other: str) -> None:
    assert not stems(one) & stems(other)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("6 (enam) bulan", ["6"]),
        ("empat belas komponen", ["14"]),
        ("dua puluh indikator", ["20"]),
        ("tiga ratus", ["300"]),
        ("Rp1.500.000,00", ["1500000"]),
        ("0,20 persen", ["0.2"]),
        ("3x24 jam", ["3x24"]),
        ("putusan 151/PUU-XXII/2024", ["151/puu-xxii/2024"]),
    ],
)
def test_numbers_are_values(text: str, values: list[str]) -> None:
    assert texts(text, "number") == values


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("21 Juni 2021", ["2021-06-21"]),
        ("Juni 2021", ["2021-06"]),
        ("21-06-2021", ["2021-06-21"]),
        ("sejak 2024", ["2024"]),
    ],
)
def test_dates_are_days_months_or_years(text: str, dates: list[str]) -> None:
    assert texts(text, "date") == dates


@pytest.mark.parametrize(
    ("text", "articles"),
    [
        ("Pasal 12", ["12"]),
        ("Pasal 47, 62, dan 70", ["47", "62", "70"]),
        ("Pasal 40 sampai 45", ["40-45"]),
        ("Pasal 3 ayat (5)", ["3", "&5"]),
        ("Pasal 12A huruf f", ["12A"]),
        ("Pasal 5 mengatur 3 persen", ["5"]),
    ],
)
def test_articles_are_told_from_numbers(text: str, articles: list[str]) -> None:
    assert texts(text, "article") == articles


@pytest.mark.parametrize("name", ["UU 1/2022", "UU No. 1 Tahun 2022", "Undang-Undang Nomor 1 Tahun 2022"])
def test_a_regulation_has_one_name(name: str) -> None:
    assert texts(f"menurut {name} itu", "regulation") == ["uu-1-2022"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Wali Kota", "walikota"),
        ("Rencana Pembangunan Jangka Menengah Daerah", "RPJMD"),
        ("Badan Perencanaan Pembangunan Daerah", "Bappeda"),
        ("paling lambat", "maksimal"),
        ("tidak boleh", "dilarang"),
        ("rencana strategisnya", "renstra"),
    ],
)
def test_what_is_written_in_several_ways_has_one_name(one: str, other: str) -> None:
    assert [word.text for word in read(one)] == [word.text for word in read(other)]
