"""Names of regulations in every spelling, and the codes that they give."""

from __future__ import annotations

import pytest

from knowledge.legal_status import identify, kind_of, references, shown, year_of


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("PP 59/2022", "pp-59-2022"),
        ("pp 59 2022", "pp-59-2022"),
        ("PP No. 59 Thn 2022", "pp-59-2022"),
        ("PP nomor 59 th. 2022", "pp-59-2022"),
        ("Peraturan Pemerintah Nomor 59 Tahun 2022", "pp-59-2022"),
        ("PERATURAN PEMERINTAH REPUBLIK INDONESIA NOMOR 59 TAHUN 2022", "pp-59-2022"),
        ("Government Regulation No. 59 of 2022", "pp-59-2022"),
        ("Perpres 95/2018", "perpres-95-2018"),
        ("perpres no 95 tahun 2018", "perpres-95-2018"),
        ("Peraturan Presiden Republik Indonesia Nomor 95 Tahun 2018", "perpres-95-2018"),
        ("Presidential Regulation Number 95 of 2018", "perpres-95-2018"),
        ("Peraturan Presiden Nomor 39 Tahun 2OL9", "perpres-39-2019"),
        ("Peraturan Presiden Nomor 39 Tahun 2Ol9", "perpres-39-2019"),
        ("UU 27 Tahun 2022", "uu-27-2022"),
        ("Undang-Undang Nomor 27 Tahun 2022", "uu-27-2022"),
        ("undang undang no.27/2022", "uu-27-2022"),
        ("Law No. 27 of 2022", "uu-27-2022"),
        ("Perppu Nomor 2 Tahun 2022", "perppu-2-2022"),
        ("Peraturan Pemerintah Pengganti Undang-Undang Nomor 2 Tahun 2022", "perppu-2-2022"),
        ("Inpres 3/2003", "inpres-3-2003"),
        ("Instruksi Presiden Nomor 3 Tahun 2003", "inpres-3-2003"),
        ("Permendagri 86 tahun 2017", "permendagri-86-2017"),
        ("Peraturan Menteri Dalam Negeri Nomor 86 Tahun 2017", "permendagri-86-2017"),
        ("Permen PAN-RB 59/2020", "permenpanrb-59-2020"),
        ("PermenPANRB No. 59 Tahun 2020", "permenpanrb-59-2020"),
        (
            "Peraturan Menteri Pendayagunaan Aparatur Negara dan Reformasi Birokrasi Nomor 59 Tahun 2020",
            "permenpanrb-59-2020",
        ),
        ("Permenkominfo 4/2024", "permenkominfo-4-2024"),
        ("Permen Kominfo nomor 4 tahun 2024", "permenkominfo-4-2024"),
        ("Peraturan Menteri Keuangan Nomor 7 Tahun 2025", "pmk-7-2025"),
        ("Peraturan BSSN Nomor 4 Tahun 2021", "bssn-4-2021"),
        ("Peraturan Badan Siber dan Sandi Negara Nomor 4 Tahun 2021", "bssn-4-2021"),
        ("SE MenPANRB 18/2022", "se-menpanrb-18-2022"),
        ("Inmendagri Nomor 2 Tahun 2025", "inmendagri-2-2025"),
        ("Perda Kota Bandung Nomor 3 Tahun 2021", "perda-kota-bandung-3-2021"),
        ("Peraturan Wali Kota Sukamakmur Nomor 7 Tahun 2023", "perwali-kota-sukamakmur-7-2023"),
        ("Perwali Nomor 7 Tahun 2023", "perwali-7-2023"),
        ("Perbup 12/2020", "perbup-12-2020"),
        ("Permenkes Nomor 24 Tahun 2022", "permen-24-2022"),
    ],
)
def test_knows_a_regulation_by_any_of_its_names(written: str, code: str) -> None:
    assert [reference.code for reference in references(f"Apa isi {written} untuk daerah?")] == [code]


@pytest.mark.parametrize(
    "text",
    [
        "Anggaran 2024 naik 15 persen.",
        "PP tentang perkotaan belum dibaca.",
        "Pasal 5 ayat (2) mengatur rapat.",
        "Pada tahun 2022 ada 59 peserta.",
        "Jumlah UPP 12/2020 orang.",
    ],
)
def test_sees_no_regulation_where_none_is_named(text: str) -> None:
    assert references(text) == []


def test_gives_the_place_of_every_name_in_the_order_of_the_text() -> None:
    text = "Mengingat UU 23/2014, PP 12/2019 dan Perpres Nomor 95 Tahun 2018."
    found = references(text)
    assert [text[r.start : r.end] for r in found] == ["UU 23/2014", "PP 12/2019", "Perpres Nomor 95 Tahun 2018"]


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("pp-59-2022", "PP 59/2022"),
        ("se-menpanrb-18-2022", "SE MenPANRB 18/2022"),
        ("bssn-4-2021", "Peraturan BSSN 4/2021"),
        ("spbe-ke-pemdi", "spbe-ke-pemdi"),
        ("program-2017", "program-2017"),
    ],
)
def test_shows_a_code_as_an_official_writes_it(code: str, name: str) -> None:
    assert shown(code) == name


def test_identifies_a_regulation_by_its_heading(perwali: str) -> None:
    assert identify(perwali, "naskah-final.pdf") == ("perwali-kota-sukamakmur-7-2023", "PENYELENGGARAAN KOTA CERDAS")


def test_the_file_name_settles_the_code_since_ocr_spoils_digits() -> None:
    text = "PERATURAN PRESIDEN REPUBLIK INDONESIA\nNOMOR 8O TAHUN 2OL9\nTENTANG\nSATU PETA KOTA\n\nDENGAN RAHMAT TUHAN"
    assert identify(text, "regulasi/perpres-39-2019.md") == ("perpres-39-2019", "SATU PETA KOTA")
    assert identify(text, "pindai.md")[0] == "perpres-80-2019"


def test_a_text_that_only_speaks_of_a_regulation_is_not_that_regulation() -> None:
    assert identify("Paparan tentang PP 59/2022 bagi kepala dinas se-provinsi.", "paparan.pptx") == (None, None)


@pytest.mark.parametrize(
    ("code", "kind", "year"),
    [
        ("pp-59-2022", "pp", "2022"),
        ("perwali-bogor-7-2023", "perwali", "2023"),
        ("se-menpanrb-18-2022", "se-menpanrb", "2022"),
        ("program-2017", None, None),
        ("spbe-ke-pemdi", None, None),
    ],
)
def test_a_code_says_its_kind_and_year(code: str, kind: str | None, year: str | None) -> None:
    assert (kind_of(code), year_of(code)) == (kind, year)
