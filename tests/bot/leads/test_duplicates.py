"""Which leads are probably the same request."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.conversation.profile import Profile
from bot.leads.duplicates import agency_key, similar, told_similar
from bot.leads.lead import Lead
from bot.texts import copy_of
from bot.texts.leads import LeadTexts

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
KEBUMEN, MAGELANG = "33.05", "33.71"
SITI = Lead(
    number="KC-2611-0042",
    person=7,
    chat=7,
    profile=Profile("Siti Rahmawati", "Kabid Aptika", "Diskominfo", KEBUMEN, "telegram"),
    need="Mohon pendampingan penyusunan masterplan smart city yang selaras dengan RPJMD 2025-2029",
    topics=("masterplan",),
    stage="belum-mulai",
    time_frame="3-bulan",
    consent_at=NOW,
    created_at=NOW,
    turns=("Apa itu quick win?",),
)


def other(
    need: str = SITI.need, agency: str = "Dinas Kominfo", region: str = KEBUMEN, days: int = 10, person: int = 8
) -> Lead:
    return replace(
        SITI,
        number="KC-2611-0031",
        person=person,
        profile=Profile("Budi Santoso", "Staf", agency, region, "telegram"),
        need=need,
        topics=(),
        created_at=NOW - timedelta(days=days),
        turns=("Siapa timnya?",),
    )


@pytest.mark.parametrize(
    "agency",
    [
        "Dinas Kominfo",
        "diskominfo",
        "DISKOMINFO KAB. KEBUMEN",
        "Dinas Komunikasi dan Informatika",
        "Dinas Komunikasi dan Informatika Kabupaten Kebumen",
        "Dinas Komunikasi, Informatika, Statistik dan Persandian",
        "Bidang Aptika Diskominfo Kebumen",
        "Diskominfosandi",
        "Dinas Komunikasi dan Digital",
    ],
)
def test_an_agency_is_the_same_however_it_writes_itself(agency: str) -> None:
    assert agency_key(agency, KEBUMEN) == "kominfo"
    assert similar(SITI, [other(agency=agency)]) == ("KC-2611-0031",)


@pytest.mark.parametrize(
    ("one", "another"),
    [
        ("Bappeda", "Badan Perencanaan Pembangunan Daerah"),
        ("Bapperida Kab. Kebumen", "Bappelitbangda"),
        ("DPMPTSP", "Dinas Penanaman Modal dan Pelayanan Terpadu Satu Pintu"),
        ("Dishub", "Dinas Perhubungan"),
        ("DLH", "Dinas Lingkungan Hidup dan Kehutanan"),
        ("Setda", "Sekretariat Daerah"),
        ("Kecamatan Gombong", "Kec. Gombong"),
        ("Perumda Air Minum Tirta Bumi Sentosa", "Perumda Tirta Bumi Sentosa Air Minum"),
    ],
)
def test_two_names_of_one_agency(one: str, another: str) -> None:
    first = replace(SITI, profile=replace(SITI.profile, agency=one))
    assert similar(first, [other(agency=another)]) == ("KC-2611-0031",)


@pytest.mark.parametrize(
    ("agency", "region"),
    [
        ("Bappeda", KEBUMEN),
        ("Dinas Kesehatan", KEBUMEN),
        ("Bapenda", KEBUMEN),
        ("", KEBUMEN),
        ("Dinas Kominfo", MAGELANG),
        ("Dinas Kominfo", "33"),
        ("Dinas Kominfo", ""),
    ],
)
def test_another_agency_or_region_is_another_request(agency: str, region: str) -> None:
    assert similar(SITI, [other(agency=agency, region=region)]) == ()


def test_what_is_not_known_of_two_requests_is_not_the_same() -> None:
    nowhere = replace(SITI, profile=replace(SITI.profile, region="", agency=""))
    assert similar(nowhere, [other(agency="", region="")]) == ()


@pytest.mark.parametrize(
    "need",
    [
        "Kami ingin dibantu menyusun masterplan smart city sesuai RPJMD",
        "Penyusunan master plan kota cerdas, selaras RPJMD",
        "masterplan smart city",
        "Pendampingan masterplan dan bimtek",
        "",
    ],
)
def test_a_similar_need_is_found_in_other_words(need: str) -> None:
    lead = replace(other(need=need), topics=("masterplan",) if not need else ())
    assert similar(SITI, [lead]) == ("KC-2611-0031",)


@pytest.mark.parametrize(
    "need",
    [
        "Data warga kami bocor, apa kewajiban kami menurut UU PDP?",
        "Pengadaan CCTV untuk command center lewat e-katalog",
        "Berapa besar pinjaman daerah yang boleh untuk rumah sakit?",
        "Mohon narasumber untuk pelatihan satu data",
        "",
    ],
)
def test_another_need_of_the_same_agency_is_another_request(need: str) -> None:
    assert similar(SITI, [other(need=need)]) == ()


@pytest.mark.parametrize(("days", "found"), [(0, True), (90, True), (91, False), (-90, True), (-91, False)])
def test_only_what_is_near_in_time_counts(days: int, found: bool) -> None:
    assert bool(similar(SITI, [other(days=days)])) is found


def test_the_same_person_counts_without_an_agency() -> None:
    assert similar(SITI, [other(agency="", region="", person=SITI.person)]) == ("KC-2611-0031",)


def test_a_request_is_not_its_own_duplicate_and_the_most_similar_comes_first() -> None:
    far = replace(other(need="masterplan dan pelatihan operator"), number="KC-2611-0001")
    near = replace(other(), number="KC-2611-0002")
    assert similar(SITI, [SITI, far, near]) == ("KC-2611-0002", "KC-2611-0001")
    assert told_similar(("KC-2611-0002",), copy_of(LeadTexts, "id")) == "Mungkin sama dengan KC-2611-0002"
    assert told_similar((), copy_of(LeadTexts, "id")) == ""
