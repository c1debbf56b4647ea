"""Which leads are probably the same request, and that unmerging gives back what was merged."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.conversation.profile import Profile
from bot.leads.duplicates import (
    Merged,
    MergeError,
    Snapshot,
    agency_key,
    merge,
    merge_refusal,
    similar,
    state_of_merged,
    together,
    told_similar,
    unmerge,
)
from bot.leads.lead import Lead
from bot.leads.lifecycle import MoveError, Role, RoleError, State
from bot.texts import Language, copy_of
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


def snapshot(number: str, state: State = State.BARU, owner: int | None = None) -> Snapshot:
    return Snapshot(number, state, NOW, owner, NOW if owner else None)


@pytest.mark.parametrize("state", [State.BARU, State.DIAMBIL, State.MENUNGGU_PEJABAT, State.DITUNDA])
def test_unmerging_gives_back_exactly_what_was_merged(state: State) -> None:
    before = snapshot("KC-2611-0042", state, 812)
    merged = merge(snapshot("KC-2611-0031"), before)
    assert merged == Merged("KC-2611-0031", "KC-2611-0042", before)
    assert state_of_merged(merged) == State.SELESAI
    assert unmerge(merged, State.SELESAI) == before


def test_what_was_opened_again_in_the_meantime_is_not_restored_over() -> None:
    merged = merge(snapshot("KC-2611-0031"), snapshot("KC-2611-0042"))
    with pytest.raises(MoveError):
        unmerge(merged, State.DIAMBIL)


@pytest.mark.parametrize(
    ("into", "from_", "reason"),
    [
        (snapshot("KC-1"), snapshot("KC-1"), "itself"),
        (snapshot("KC-1"), snapshot("KC-3"), "merged"),  # is merged already
        (snapshot("KC-1"), snapshot("KC-2"), "merged"),  # holds another
        (snapshot("KC-3"), snapshot("KC-1"), "merged"),  # into one that is answered elsewhere
        (snapshot("KC-1", State.BUKAN_PROSPEK), snapshot("KC-4"), "closed"),
    ],
)
def test_what_cannot_be_merged_says_why(into: Snapshot, from_: Snapshot, reason: str) -> None:
    already = [merge(snapshot("KC-2"), snapshot("KC-3"))]
    with pytest.raises(MergeError) as caught:
        merge(into, from_, already)
    assert caught.value.reason == reason
    languages: tuple[Language, ...] = ("id", "en")
    assert all(merge_refusal(caught.value, copy_of(LeadTexts, language)) for language in languages)


def test_the_table_decides_who_may_merge_what() -> None:
    with pytest.raises(MoveError):
        merge(snapshot("KC-1"), snapshot("KC-2", State.TERKIRIM, 812))
    with pytest.raises(RoleError):
        merge(snapshot("KC-1"), snapshot("KC-2", State.DIAMBIL, 812), role=Role.KONSULTAN)


def test_a_merged_request_is_answered_with_all_needs_and_questions() -> None:
    both = together(SITI, [replace(other(need="Bimtek quick win"), topics=("masterplan", "kelembagaan-sdm"))])
    assert both.need == f"{SITI.need}\n\nBimtek quick win"
    assert both.topics == ("masterplan", "kelembagaan-sdm")
    assert both.turns == ("Apa itu quick win?", "Siapa timnya?")
    assert (both.number, both.profile) == (SITI.number, SITI.profile)
    assert together(SITI, [other()]).need == SITI.need
