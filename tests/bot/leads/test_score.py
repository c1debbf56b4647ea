"""The score of a lead: every line by itself, the calendar day by day, and the sum."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from bot.conversation.profile import Profile
from bot.leads.lead import Lead
from bot.leads.score import LeadFacts, Score, ScoreLine, ScoreSettings, facts_of, role_of, score, told_line
from bot.leads.steps import TIME_FRAMES
from bot.texts import Language, copy_of
from bot.texts.leads import LeadTexts

WEIGHTS = ScoreSettings()
NOVEMBER = datetime(2026, 11, 25, 10, 0, tzinfo=ZoneInfo("Asia/Jakarta"))
SITI = LeadFacts(
    position="Kepala Dinas",
    name="Siti Rahmawati",
    agency="Diskominfo",
    region="33.05",
    contact="+6281234567890",
    need="Mohon pendampingan penyusunan masterplan smart city 2027 sesuai PP 59/2022 untuk 26 OPD di daerah kami.",
    topics=("masterplan", "pembiayaan"),
    stage="belum-mulai",
    time_frame="3-bulan",
    questions=3,
    feedback=1,
    documents=1,
)


def line(facts: LeadFacts, key: str, now: datetime = NOVEMBER, weights: ScoreSettings = WEIGHTS) -> ScoreLine:
    return next(line for line in score(facts, weights, now).lines if line.key == key)


def test_the_total_is_the_sum_of_lines_that_a_person_can_read() -> None:
    result = score(SITI, WEIGHTS, NOVEMBER)
    assert [told_line(line, copy_of(LeadTexts, "id")) for line in result.lines] == [
        "+25 Pimpinan perangkat daerah: Kepala Dinas",
        "+8 Topik yang dibahas: 2",
        "+15 Kebutuhan konkret: 5/5 tanda (produk, jumlah, tahun, peraturan, uraian)",
        "+15 Diperlukan dalam tiga bulan",
        "0 Tidak ada tenggat perencanaan yang dekat",
        "+14 Kelengkapan isian: 7/7",
        "+3 Pertanyaan sebelum permohonan: 3",
        "+2 Tanggapan atas jawaban: 1",
        "+4 Dokumen yang dikirim: 1",
    ]
    assert result.total == sum(line.points for line in result.lines) == 86


def test_of_somebody_unknown_every_line_says_what_is_missing() -> None:
    result = score(LeadFacts(), WEIGHTS, NOVEMBER)
    assert result == Score(0, result.lines)
    assert [line.reason for line in result.lines][:5] == [
        "role_unknown",
        "no_topics",
        "vague",
        "time_unknown",
        "season_other",
    ]


@pytest.mark.parametrize(
    ("position", "role"),
    [
        ("Bupati Kebumen", "leader"),
        ("Plt. Wali Kota", "leader"),
        ("Wakil Gubernur", "leader"),
        ("Sekda", "leader"),
        ("Pj. Sekretaris Daerah Kabupaten Kebumen", "leader"),
        ("Ketua DPRD", "leader"),
        ("Kepala Dinas Komunikasi dan Informatika", "head"),
        ("KADIS KOMINFO", "head"),
        ("Kadiskominfo", "head"),
        ("Kepala Bappeda", "head"),
        ("Kepala BKPSDM", "head"),
        ("Kepala Badan Perencanaan", "head"),
        ("Asisten Perekonomian dan Pembangunan Sekda", "head"),
        ("Staf Ahli Bupati Bidang Pembangunan", "head"),
        ("Inspektur", "head"),
        ("Kepala Bidang Aplikasi Informatika", "manager"),
        ("Kabid Aptika", "manager"),
        ("Sekretaris Dinas", "manager"),
        ("Kepala UPTD", "manager"),
        ("Camat Gombong", "manager"),
        ("Anggota DPRD", "manager"),
        ("Kepala", "manager"),
        ("Pranata Komputer Ahli Muda", "staff"),
        ("Staf Bidang E-Government", "staff"),
        ("Ajudan Bupati", "staff"),
        ("Staf Sekda", "staff"),
        ("Analis Kebijakan", "staff"),
        ("Mahasiswa magang di Bappeda", "outside"),
        ("Konsultan", "outside"),
        ("", None),
        ("Relawan", None),
    ],
)
def test_reads_the_decision_role_from_the_words_of_a_position(position: str, role: str | None) -> None:
    assert role_of(position) == role


def test_who_is_outside_of_regional_government_loses_points() -> None:
    assert line(replace(SITI, position="Wartawan"), "role").points == -20


@pytest.mark.parametrize(
    ("need", "signs"),
    [
        ("", 0),
        ("mohon info", 0),
        ("mohon info smart city tahun 2027", 1),
        ("penyusunan KAK command center", 1),
        ("anggaran Rp 750 juta", 1),
        ("kajian senilai 1,5 miliar pada 2027", 3),
        ("penyesuaian dengan Perpres 95/2018", 1),
    ],
)
def test_a_need_is_concrete_by_its_signs(need: str, signs: int) -> None:
    assert line(replace(SITI, need=need), "concrete").points == signs * WEIGHTS.concrete_sign


def test_topics_of_the_need_count_with_those_that_were_chosen_but_not_beyond_the_most() -> None:
    facts = replace(SITI, topics=("lainnya",), need="integrasi satu data dan SPBE")
    assert line(facts, "topics").points == 2 * WEIGHTS.topic
    many = ("masterplan", "satu-data", "pengadaan", "pembiayaan", "lingkungan")
    assert line(replace(facts, topics=many), "topics").points == WEIGHTS.most_topics * WEIGHTS.topic


@pytest.mark.parametrize(("time_frame", "points"), list(zip(TIME_FRAMES, (20, 15, 8, 4, 0), strict=True)))
def test_what_is_needed_sooner_scores_higher(time_frame: str, points: int) -> None:
    assert line(replace(SITI, time_frame=time_frame), "time_frame").points == points


@pytest.mark.parametrize(
    ("day", "reason", "left"),
    [
        ("2027-01-01", "season_musrenbang", "89"),
        ("2027-03-31", "season_musrenbang", "0"),
        ("2027-04-01", "season_kua_ppas", "104"),
        ("2027-07-14", "season_kua_ppas", "0"),
        ("2027-07-15", "season_perubahan_apbd", "23"),
        ("2027-08-07", "season_perubahan_apbd", "0"),
        ("2027-08-08", "season_none", ""),
        ("2027-12-31", "season_none", ""),
    ],
)
def test_the_planning_calendar_counts_while_its_next_deadline_is_ahead(day: str, reason: str, left: str) -> None:
    found = line(SITI, "season", datetime.fromisoformat(f"{day} 09:00+07:00"))
    assert (found.reason, found.detail) == (reason, left)
    assert found.points == (WEIGHTS.season if left else 0)


def test_the_calendar_is_that_of_the_region() -> None:
    new_year_in_jayapura = datetime(2026, 12, 31, 15, 30, tzinfo=UTC)
    assert line(replace(SITI, region="91.71"), "season", new_year_in_jayapura).reason == "season_musrenbang"
    assert line(SITI, "season", new_year_in_jayapura).reason == "season_none"


def test_what_does_not_concern_planning_has_no_season() -> None:
    march = datetime(2027, 3, 1, 9, tzinfo=UTC)
    facts = replace(SITI, topics=("pdp-keamanan",), need="Data warga bocor")
    assert line(facts, "season", march).reason == "season_other"
    assert line(replace(facts, need="Masukkan ke RKPD"), "season", march).reason == "season_musrenbang"


def test_while_the_rpjmd_is_drawn_up_the_settings_say_until_when() -> None:
    weights = ScoreSettings(rpjmd_until=date(2030, 8, 20))
    assert line(SITI, "season", datetime(2030, 8, 20, 9, tzinfo=UTC), weights).reason == "season_rpjmd"
    assert line(SITI, "season", datetime(2030, 8, 21, 9, tzinfo=UTC), weights).reason == "season_none"


def test_asking_much_counts_only_so_far() -> None:
    busy = replace(SITI, questions=90, feedback=90, documents=90)
    assert [line(busy, key).points for key in ("questions", "feedback", "documents")] == [5, 4, 8]


def test_the_facts_come_from_the_lead() -> None:
    profile = Profile(SITI.name, SITI.position, SITI.agency, SITI.region, SITI.contact)
    lead = Lead(
        "KC-2611-0042", 7, 7, profile, SITI.need, SITI.topics, SITI.stage, SITI.time_frame, NOVEMBER, NOVEMBER,
        ("Apa itu quick win?", "Berapa lama?", "Siapa timnya?"),
    )  # fmt: skip
    assert facts_of(lead, feedback=1, documents=1) == SITI


def test_other_weights_give_another_score_and_a_mistake_in_them_is_named() -> None:
    assert line(SITI, "role", weights=ScoreSettings(role_head=40)).points == 40
    with pytest.raises(ValidationError, match="role_boss"):
        ScoreSettings(**{"role_boss": 3})


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        score(SITI, WEIGHTS, NOVEMBER.replace(tzinfo=None))


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("time_frame", TIME_FRAMES)
@pytest.mark.parametrize("position", ["Bupati", "Kepala Dinas", "Kabid", "Staf", "Dosen", ""])
def test_every_reason_has_its_words(language: Language, time_frame: str, position: str) -> None:
    facts = replace(SITI, position=position, time_frame=time_frame)
    assert all(told_line(line, copy_of(LeadTexts, language)) for line in score(facts, WEIGHTS, NOVEMBER).lines)
