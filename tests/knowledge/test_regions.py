"""Which kabupaten, kota and provinces a message names, and that their codes are Kemendagri's."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from knowledge.regions import find, regions
from knowledge.settings import SHIPPED_DOCUMENTS

DOCUMENT = SHIPPED_DOCUMENTS / "kode-wilayah.md"
ROW = re.compile(r"^- (.+): (\d\d(?:\.\d\d)?)$", re.M)
CORRECTED = {
    "Kabupaten Sorong Selatan": "96.02",
    "Kabupaten Raja Ampat": "96.03",
    "Kabupaten Tambrauw": "96.04",
    "Kabupaten Maybrat": "96.05",
}


def names(text: str) -> list[str]:
    return [region.name for region in find(text)]


def test_knows_38_provinces_and_514_kabupaten_and_kota() -> None:
    kinds = Counter(region.kind for region in regions())
    assert kinds["Provinsi"] == 38
    assert kinds["Kabupaten"] + kinds["Kota"] == 514
    assert set(kinds) == {"Provinsi", "Kabupaten", "Kota"}


def test_the_library_document_holds_exactly_these_regions() -> None:
    written = ROW.findall(DOCUMENT.read_text(encoding="utf-8"))
    assert Counter(written) == Counter((region.name, region.code) for region in regions())


def test_the_library_document_counts_its_regions_rightly() -> None:
    """ "Provinsi Aceh (kode 11) mempunyai 23 kabupaten/kota, yaitu 18 kabupaten dan 5 kota"."""
    text = DOCUMENT.read_text(encoding="utf-8")
    claim = re.compile(r"Provinsi (.+?) \(kode (\d\d)\) mempunyai (\d+) kabupaten/kota(?:, yaitu (\d+) kabupaten)?")
    claims = claim.findall(text)
    assert len(claims) == 38
    for province, code, total, kabupaten in claims:
        inside = [r for r in regions() if r.province == province and r.kind != "Provinsi"]
        assert len(inside) == int(total), province
        assert all(region.code.startswith(code + ".") for region in inside), province
        if kabupaten:
            assert sum(region.kind == "Kabupaten" for region in inside) == int(kabupaten), province


@pytest.mark.parametrize(("name", "code"), CORRECTED.items())
def test_papua_barat_daya_has_its_corrected_codes(name: str, code: str) -> None:
    region = next(region for region in regions() if region.name == name)
    assert (region.code, region.province) == (code, "Papua Barat Daya")
    assert f"- {name}: {code}\n" in DOCUMENT.read_text(encoding="utf-8")


def test_no_code_and_no_name_stands_twice() -> None:
    assert len({region.code for region in regions()}) == len({region.name for region in regions()}) == len(regions())


def test_a_code_has_two_digits_for_a_province_and_four_below_it() -> None:
    for region in regions():
        assert re.fullmatch(r"\d\d" if region.kind == "Provinsi" else r"\d\d\.\d\d", region.code), region


def test_orders_the_regions_by_code() -> None:
    codes = [region.code for region in regions()]
    assert codes == sorted(codes)


def test_spells_pohuwato_as_kemendagri_does() -> None:
    assert names("Kabupaten Pohuwato") == ["Kabupaten Pohuwato"]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Kami dari Banyuwangi ingin menyusun masterplan", ["Kabupaten Banyuwangi"]),
        ("Bagaimana Pemkab Raja Ampat membentuk Dewan Kota Cerdas?", ["Kabupaten Raja Ampat"]),
        ("Kabupaten Bandung Barat", ["Kabupaten Bandung Barat"]),
        ("mohon arahan bagi kota bandung", ["Kota Bandung"]),
        ("bandung", ["Kabupaten Bandung", "Kota Bandung"]),
        ("provinsi Jawa Timur", ["Provinsi Jawa Timur"]),
        ("apa kata Bupati Wakatobi", ["Kabupaten Wakatobi"]),
        ("Papua Barat Daya", ["Provinsi Papua Barat Daya"]),
        ("Surabaya sebagai kota cerdas", ["Kota Surabaya"]),
    ],
)
def test_finds_the_region_that_a_message_names(message: str, expected: list[str]) -> None:
    assert names(message) == expected


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("brp skor kab kukar?", "Kabupaten Kutai Kartanegara"),
        ("pemkot tangsel mau bikin masterplan", "Kota Tangerang Selatan"),
        ("pemprov jatim", "Provinsi Jawa Timur"),
        ("diskominfo jogja", "Kota Yogyakarta"),
    ],
)
def test_understands_short_forms(message: str, expected: str) -> None:
    assert names(message) == [expected]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("kab sukabmi", "Kabupaten Sukabumi"),
        ("kota pontianka", "Kota Pontianak"),
        ("pemkot semarnag", "Kota Semarang"),
        ("kabupaten kepualuan seribu", "Kabupaten Kepulauan Seribu"),
    ],
)
def test_understands_typing_mistakes_after_kab_or_kota(message: str, expected: str) -> None:
    assert names(message) == [expected]


def test_names_regions_in_the_order_of_the_message_and_once() -> None:
    message = "Kota Bima, kab. Kutai Kartanegara, lalu Kota Bima lagi dan kabupaten bima"
    assert names(message) == ["Kota Bima", "Kabupaten Kutai Kartanegara", "Kabupaten Bima"]


@pytest.mark.parametrize(
    "message",
    ["Apa itu kota cerdas?", "kabupaten kami", "kota besar", "kota tua", "batu pertama gedung", "garam dari tegal", ""],
)
def test_takes_no_ordinary_word_for_a_region(message: str) -> None:
    assert names(message) == []


def test_an_ordinary_word_is_a_region_after_its_kind() -> None:
    assert names("kota batu") == ["Kota Batu"]
