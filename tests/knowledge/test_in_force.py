"""Which time a question asks about, and what was in force then."""

from __future__ import annotations

from datetime import date

import pytest

from knowledge.in_force import Period, on, period_in, shown_day, status_at
from knowledge.legal_graph import Standing

TODAY = date(2026, 11, 25)


@pytest.mark.parametrize(
    ("question", "first", "last"),
    [
        ("per 2021, apa dasar evaluasi SPBE?", date(2021, 1, 1), date(2021, 12, 31)),
        ("Pada tahun 2019 evaluasi SPBE memakai aturan apa?", date(2019, 1, 1), date(2019, 12, 31)),
        ("tahun 2019 aturan pengelolaan keuangan daerah apa?", date(2019, 1, 1), date(2019, 12, 31)),
        ("Pada tahun 2021 indikator SPBE ada berapa?", date(2021, 1, 1), date(2021, 12, 31)),
        ("per 1 Maret 2020 peraturan mana yang berlaku?", date(2020, 3, 1), date(2020, 3, 1)),
        ("aturan yang berlaku pada Maret 2020", date(2020, 3, 1), date(2020, 3, 31)),
        ("dasar hukum pada bulan Maret 2020", date(2020, 3, 1), date(2020, 3, 31)),
        ("pada akhir 2020 dasar evaluasinya apa?", date(2020, 9, 1), date(2020, 12, 31)),
        ("sebelum 2021 dasar evaluasi SPBE apa?", date(2020, 12, 31), date(2020, 12, 31)),
        ("As of 2021, what was the legal basis?", date(2021, 1, 1), date(2021, 12, 31)),
        ("Which rules applied in March 2020?", date(2020, 3, 1), date(2020, 3, 31)),
        ("per tanggal 31 Desember 2022 apa pedoman kawasan perkotaan?", date(2022, 12, 31), date(2022, 12, 31)),
    ],
)
def test_reads_the_time_that_a_question_asks_about(question: str, first: date, last: date) -> None:
    period = period_in(question, TODAY)
    assert period is not None
    assert (period.first, period.last) == (first, last)


@pytest.mark.parametrize(
    "question",
    [
        "apa dasar evaluasi SPBE?",
        "apa isi Peraturan Pemerintah Nomor 59 Tahun 2022 tentang perkotaan?",
        "apakah PP 34 tahun 2009 masih berlaku?",
        "PP 59 tahun 2022 itu mencabut peraturan apa?",
        "Berapa anggaran smart city Kota Makassar tahun 2024?",
        "Berapa nilai indikator layanan publik Kota Bandung tahun 2021?",
        "Tahun 2018 dan 2019 masing2 ada berapa daerah yang terpilih?",
        "Apa dasar hukum RPJMN 2025-2029?",
        "aturan yang berlaku pada 2026",
        "Apa aturan RPJMD pada 2020-2024?",
        "Keputusan Menteri Nomor 663 Tahun 2024 berlaku bagi siapa?",
    ],
)
def test_other_years_are_no_time_asked_about(question: str) -> None:
    assert period_in(question, TODAY) is None


OLD = Standing("pp-34-2009", "dicabut", "2009-05-15", "2022-12-26", ("pp-59-2022",))
NEW = Standing("pp-59-2022", "berlaku", "2022-12-26")
YEAR_ONLY = Standing("permenpanrb-59-2020", "dicabut", "2021-01-01", "2026", ("permenpanrb-8-2026",))
CHANGED = Standing("perpres-16-2018", "diubah", None, None, (), ("perpres-12-2021", "perpres-46-2025"))


def year(number: int) -> Period:
    return Period(date(number, 1, 1), date(number, 12, 31), str(number))


@pytest.mark.parametrize(
    ("rule", "when", "status"),
    [
        (OLD, on(date(2022, 12, 25)), "berlaku"),
        (OLD, on(date(2022, 12, 26)), "dicabut"),
        (OLD, on(date(2009, 5, 14)), "belum berlaku"),
        (OLD, year(2022), "berlaku"),
        (NEW, year(2022), "berlaku"),
        (NEW, year(2021), "belum berlaku"),
        (NEW, on(date(2022, 12, 25)), "belum berlaku"),
        (YEAR_ONLY, year(2026), "berlaku"),
        (YEAR_ONLY, on(TODAY), "dicabut"),
        (YEAR_ONLY, year(2020), "belum berlaku"),
        (CHANGED, year(2017), "belum berlaku"),
        (CHANGED, year(2019), "berlaku"),
        (CHANGED, year(2021), "diubah"),
        (Standing("uu-1-2020", "dicabut"), year(2021), "dicabut"),
        (Standing("perpres-79-2025", "arsip"), year(2021), "belum berlaku"),
        (Standing("rpm-kota-cerdas-2026", "rancangan"), year(2021), "rancangan"),
    ],
)
def test_says_what_was_in_force(rule: Standing, when: Period, status: str) -> None:
    assert status_at(rule, rule.code, when) == status


def test_shows_a_day_as_a_reader_writes_it() -> None:
    assert shown_day("2022-12-26", "id") == "26 Desember 2022"
    assert shown_day("2022-12-26", "en") == "26 December 2022"
    assert shown_day("2026", "id") == "2026"
