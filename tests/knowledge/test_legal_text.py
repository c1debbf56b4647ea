"""What a regulation's text says of itself and of others: repeals, amendments, entry into force."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from knowledge.legal_status import identify
from knowledge.legal_text import in_force_from, read_text, repealed_in
from knowledge.parse import parse
from knowledge.sources import Source


def test_finds_what_a_closing_provision_repeals(perwali: str) -> None:
    assert repealed_in(perwali) == (("perwali-kota-sukamakmur-3-2018",), ())


@pytest.mark.parametrize(
    ("provision", "whole", "part"),
    [
        ("Pada saat Peraturan Pemerintah ini mulai berlaku, Peraturan Pemerintah Nomor 34 Tahun 2009 tentang Pedoman "
         "(Lembaran Negara Tahun 2009 Nomor 68), dicabut dan dinyatakan tidak berlaku.", ("pp-34-2009",), ()),
        ("Pada saat Peraturan Bupati ini mulai berlaku, Peraturan Bupati Nomor 4 Tahun 2016 tentang Kota Pintar sebagaimana "
         "telah diubah dengan Peraturan Bupati Nomor 9 Tahun 2019 dicabut dan dinyatakan tidak berlaku.", ("perbup-4-2016",), ()),
        ("Pasal 70\nPeraturan Presiden Nomor 95 Tahun 2018 dinyatakan tidak berlaku lagi.", ("perpres-95-2018",), ()),
        ("Peraturan Bupati ini sekaligus mencabut Peraturan Bupati Nomor 4 Tahun 2016.", ("perbup-4-2016",), ()),
        ("Ketentuan Pasal 12 Peraturan Presiden Nomor 95 Tahun 2018 dicabut dan dinyatakan tidak berlaku.", (), ("perpres-95-2018",)),
        ("Lampiran II Peraturan Presiden Nomor 95 Tahun 2018 dicabut dan dinyatakan tidak berlaku.", (), ("perpres-95-2018",)),
        ("Pada saat Peraturan Menteri ini mulai berlaku, Peraturan Pemerintah Nomor 8 Tahun 2006 sepanjang mengatur pelaporan "
         "kinerja dicabut dan dinyatakan tidak berlaku.", (), ("pp-8-2006",)),
        ("Pada saat Undang-Undang ini mulai berlaku, ketentuan mengenai pajak dalam Undang-Undang Nomor 28 Tahun 2009 dicabut "
         "dan dinyatakan tidak berlaku.", (), ("uu-28-2009",)),
        ("Pada saat Perda ini mulai berlaku, semua peraturan pelaksanaan Perda Nomor 2 Tahun 2010 dicabut dan dinyatakan "
         "tidak berlaku.", (), ()),
        ("Peraturan Presiden Nomor 95 Tahun 2018 dinyatakan masih tetap berlaku.", (), ()),
        ("Peraturan pelaksanaan Perpres Nomor 95 Tahun 2018 tetap berlaku. Izin yang lama dicabut dan dinyatakan tidak berlaku.", (), ()),
        ("Ketentuan Perpres Nomor 95 Tahun 2018 dinyatakan tidak berlaku terhadap usaha mikro.", (), ()),
    ],
    ids=["peraturan", "pernah diubah", "tidak berlaku lagi", "sekaligus mencabut", "satu pasal", "lampiran", "sepanjang",
         "ketentuan mengenai", "peraturan pelaksanaan", "tetap berlaku", "kalimat lain", "pengecualian"],
)  # fmt: skip
def test_a_whole_repeal_is_told_from_a_partial_one(
    provision: str, whole: tuple[str, ...], part: tuple[str, ...]
) -> None:
    assert repealed_in(f"Pasal 69\nLihat yang lain.\n\nPasal 70\n{provision}\n") == (whole, part)


def test_finds_every_regulation_of_a_list_and_its_parts() -> None:
    text = """Pasal 189
(1) Pada saat Undang-Undang ini mulai berlaku:
a. Undang-Undang Nomor 33 Tahun 2004 tentang Perimbangan Keuangan (Lembaran Negara Tahun 2004 Nomor 126);
b. Undang-Undang Nomor 28 Tahun 2009 tentang Pajak sebagaimana telah diubah terakhir dengan Undang-Undang Nomor 11 Tahun 2020;
c. Pasal 245 sepanjang terkait dengan pajak dan Pasal 279 Undang-Undang Nomor 23 Tahun 2014 tentang Pemerintahan Daerah; dan
d. Pasal 114 Undang-Undang Nomor 11 Tahun 2020 tentang Cipta Kerja,
dicabut dan dinyatakan tidak berlaku.
"""
    assert repealed_in(text) == (("uu-33-2004", "uu-28-2009"), ("uu-23-2014", "uu-11-2020"))


@pytest.mark.parametrize(
    ("title", "amends"),
    [
        ("PERUBAHAN ATAS PERATURAN PRESIDEN NOMOR 16 TAHUN 2018 TENTANG PENGADAAN", ("perpres-16-2018",)),
        ("PERUBAHAN KEDUA ATAS UNDANG-UNDANG NOMOR 11 TAHUN 2008 TENTANG INFORMASI", ("uu-11-2008",)),
        ("PERUBAHAN IKLIM DI DAERAH", ()),
    ],
)
def test_the_title_says_what_is_amended(title: str, amends: tuple[str, ...]) -> None:
    assert read_text("Pasal I\nCukup jelas.", title).amends == amends


def test_a_law_may_amend_several_others_in_its_text() -> None:
    text = """Pasal 5
Beberapa ketentuan dalam Undang-Undang Nomor 26 Tahun 2007 tentang Penataan Ruang (Lembaran Negara Tahun 2007 Nomor 68)
diubah sebagai berikut:
Pasal 9
Beberapa ketentuan dalam Undang-Undang Nomor 32 Tahun 2009 sebagaimana telah diubah dengan Undang-Undang Nomor 11 Tahun 2020
diubah sebagai berikut:
"""
    assert read_text(text, None).amends == ("uu-26-2007", "uu-32-2009")


def test_a_title_may_repeal() -> None:
    reading = read_text("Pasal 1\nCukup jelas.", "PENCABUTAN PERATURAN BUPATI NOMOR 4 TAHUN 2016 TENTANG KOTA PINTAR")
    assert reading.repeals == ("perbup-4-2016",)


def test_the_preamble_says_what_is_implemented() -> None:
    text = """Menimbang: bahwa untuk melaksanakan ketentuan Pasal 357 ayat (5) dan Pasal 359 Undang-Undang Nomor 23 Tahun 2014
tentang Pemerintahan Daerah sebagaimana telah diubah dengan Undang-Undang Nomor 9 Tahun 2015, perlu menetapkan Peraturan;
MEMUTUSKAN:
Pasal 1
Dinas bertugas untuk melaksanakan ketentuan Peraturan Pemerintah Nomor 12 Tahun 2019;
"""
    assert read_text(text, None).implements == ("uu-23-2014",)


SIGNED = "Ditetapkan di Jakarta\npada tanggal 3 September 2024\nttd\n\nDiundangkan di Jakarta\npada tanggal 4 September 2024\n"


@pytest.mark.parametrize(
    ("provision", "day"),
    [
        ("Peraturan Menteri ini mulai berlaku pada tanggal diundangkan.", date(2024, 9, 4)),
        ("Undang-Undang ini mulai berlaku pada saat diundangkan.", date(2024, 9, 4)),
        ("Keputusan Bupati ini mulai berlaku pada tanggal ditetapkan.", date(2024, 9, 3)),
        ("Peraturan Menteri ini mulai berlaku pada tanggal 1 Januari 2025.", date(2025, 1, 1)),
        ("Undang-Undang ini mulai berlaku 2 (dua) tahun sejak tanggal diundangkan.", date(2026, 9, 4)),
        ("Peraturan ini mulai berlaku setelah 6 (enam) bulan terhitung sejak tanggal diundangkan.", date(2025, 3, 4)),
        ("Peraturan ini mulai berlaku setelah 30 (tiga puluh) hari terhitung sejak tanggal diundangkan.", date(2024, 10, 4)),
        ("Peraturan Daerah ini mulai berlaku pada tanggal di-", date(2024, 9, 4)),
        # A page's end took the year away: no day is better than a wrong one.
        ("Peraturan Menteri ini mulai berlaku pada tanggal 1 Januari \n\f", None),
        ("Kewajiban itu dipenuhi dua tahun setelah Peraturan Menteri ini mulai berlaku pada tanggal 1 Mei 2030.", date(2024, 9, 4)),
    ],
)  # fmt: skip
def test_reads_the_day_of_entry_into_force(provision: str, day: date | None) -> None:
    assert in_force_from(f"Pasal 91\n{provision}\n\n{SIGNED}") == day


def test_without_a_signature_there_is_no_day() -> None:
    assert in_force_from("Peraturan Menteri ini mulai berlaku pada tanggal diundangkan.") is None


def test_ocr_digits_are_read() -> None:
    text = "Peraturan ini mulai berlaku pada tanggal diundangkan. Diundangkan di Jakarta pada tanegal L2 Maret 2OL9 MENTERI"
    assert in_force_from(text) == date(2019, 3, 12)


# What the real texts say, as a person reads them.
REAL = {
    "permenkominfo-4-2024.md": (("permenkominfo-8-2019",), (), date(2024, 9, 4)),
    "permenpanrb-59-2020.pdf": (("permenpanrb-5-2018",), ("perpres-95-2018",), None),
    "perpres-39-2019.pdf": ((), (), date(2019, 6, 17)),
    "pp-12-2019.md": (("pp-58-2005",), ("uu-23-2014",), date(2019, 3, 12)),
    "pp-28-2018.md": (("pp-50-2007",), ("uu-23-2014",), date(2018, 7, 13)),
    "pp-59-2022.md": (("pp-34-2009",), ("uu-23-2014",), date(2022, 12, 26)),
    "uu-1-2022.md": (("uu-33-2004", "uu-28-2009"), (), date(2022, 1, 5)),
    "uu-14-2008.md": ((), (), date(2010, 4, 30)),
    "uu-23-2014.md": (("uu-5-1962", "uu-32-2004"), (), date(2014, 10, 2)),
    "uu-3-2022.md": ((), (), date(2022, 2, 15)),
    "uu-32-2009.md": (("uu-23-1997",), (), date(2009, 10, 3)),
}


@pytest.mark.parametrize("name", REAL)
def test_reads_the_real_texts(regulations: Path, name: str) -> None:
    text = parse(Source(regulations / name, regulations, "")).text
    reading = read_text(text, identify(text, name)[1])
    assert (reading.repeals, reading.implements, reading.in_force_from) == REAL[name]
    assert reading.amends == ()
