"""Which region an answer means, and when the person has to be asked."""

from __future__ import annotations

import pytest

from bot.leads.which_region import MOST_CANDIDATES, which_region


@pytest.mark.parametrize(
    ("typed", "region"),
    [
        ("kebumen", "Kabupaten Kebumen"),
        ("KAB. KEBUMEN", "Kabupaten Kebumen"),
        ("diskominfo kebumen", "Kabupaten Kebumen"),
        ("Dinas Komunikasi dan Informatika Kabupaten Kebumen", "Kabupaten Kebumen"),
        ("Kebumen, Jawa Tengah", "Kabupaten Kebumen"),
        ("kota bandung", "Kota Bandung"),
        ("kab bandung barat", "Kabupaten Bandung Barat"),
        ("batu", "Kota Batu"),
        ("banjar baru", "Kota Banjarbaru"),
        ("pangkalpinang", "Kota Pangkal Pinang"),
        ("fakfak", "Kabupaten Fak Fak"),
        ("kabupaten lima puluh kota", "Kabupaten Lima Puluh Kota"),
        ("pemkot tangsel", "Kota Tangerang Selatan"),
        ("jateng", "Provinsi Jawa Tengah"),
        ("Provinsi Gorontalo", "Provinsi Gorontalo"),
        ("Palembang Sumsel", "Kota Palembang"),
        ("<b>Kebumen</b>", "Kabupaten Kebumen"),
    ],
)
def test_is_certain_where_a_name_is_written_out(typed: str, region: str) -> None:
    match = which_region(typed)
    assert (match.certain, [found.name for found in match.regions]) == (True, [region])


@pytest.mark.parametrize(
    ("typed", "candidates"),
    [
        ("bandung", ["Kabupaten Bandung", "Kota Bandung"]),
        ("Bandung, Jawa Barat", ["Kabupaten Bandung", "Kota Bandung"]),
        ("gorontalo", ["Provinsi Gorontalo", "Kabupaten Gorontalo", "Kota Gorontalo"]),
        ("kebumn", ["Kabupaten Kebumen"]),
        ("kab. kebumn", ["Kabupaten Kebumen"]),
        ("surabya", ["Kota Surabaya"]),
        ("kota semarnag", ["Kota Semarang"]),
        ("bandug", ["Kabupaten Bandung", "Kota Bandung"]),
        ("kebumn jawa tengah", ["Kabupaten Kebumen", "Provinsi Jawa Tengah"]),
        ("Kebumen dan Cilacap", ["Kabupaten Kebumen", "Kabupaten Cilacap"]),
        ("kutai", ["Kabupaten Kutai Kartanegara", "Kabupaten Kutai Barat", "Kabupaten Kutai Timur"]),
    ],
)
def test_offers_candidates_where_it_is_not(typed: str, candidates: list[str]) -> None:
    match = which_region(typed)
    assert not match.certain
    assert sorted(found.name for found in match.regions) == sorted(candidates)
    assert match.regions[0].name == candidates[0] or typed == "kutai"


@pytest.mark.parametrize(
    "typed", ["", "atlantis", "tidak tahu", "pemerintah daerah", "12345", "🙂", "<script>alert(1)</script>"]
)
def test_finds_no_region_where_none_is_named(typed: str) -> None:
    assert which_region(typed).regions == ()


def test_offers_four_candidates_at_most() -> None:
    assert len(which_region("jakarta").regions) == MOST_CANDIDATES
