"""What is known of a lead in, its score out: added up line by line, each line with its reason."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Literal

from pydantic import Field

from bot.conversation.agencies import ACRONYMS
from bot.leads.lead import Lead
from bot.leads.office_hours import zone_of
from bot.leads.topics import topics_of
from bot.leads.words import pattern, plain
from bot.texts.leads import LeadTexts
from knowledge.legal_status import references
from knowledge.settings import Section

Role = Literal["leader", "head", "manager", "staff", "outside"]
Factor = Literal["role", "topics", "concrete", "time_frame", "season", "complete", "questions", "feedback", "documents"]

# Words of positions, the first that is found decides: an "ajudan bupati" is no bupati, an
# "asisten sekda" no sekda, and a "sekretaris dinas" decides less than a "sekretaris daerah".
ROLES: tuple[tuple[Role, str], ...] = (
    ("outside", "mahasiswa*|dosen|peneliti|konsultan|wartawan|jurnalis|vendor|pelajar|siswa*|student|researcher"),
    ("staff", "ajudan|sespri|sekretaris pribadi|staf bupati|staf wali kota|staf walikota|staf gubernur|staf sekda"),
    ("head", "staf ahli|asisten"),
    ("manager", "anggota dprd|inspektur pembantu|irban"),
    (
        "leader",
        "gubernur|bupati|wali kota|walikota|wabup|wawali|wawako|sekda*|sekretaris daerah|ketua dprd|"
        "mayor|regent|governor",
    ),
    (
        "head",
        "kepala dinas|kadis*|kadin|kepala badan|kaban|kepala inspektorat|inspektur|kepala biro|karo|kepala pelaksana|"
        "kepala satpol*|kepala satuan|kalak*|sekretaris dewan|sekwan|direktur|director|head of agency",
    ),
    (
        "manager",
        "kabid*|kepala bidang|kabag*|kepala bagian|sekretaris|sekdis|sekban|camat|lurah|kasi|kasubag*|kasubbag*|"
        "kasubbid*|kepala|koordinator|subkoordinator|ketua|head",
    ),
    (
        "staff",
        "staf|staff|analis|pranata*|fungsional|perencana*|arsiparis|auditor|anggota|admin*|operator|pegawai|asn|pns|"
        "pppk|penata*|pengelola*|tenaga*|penyusun*|pengadministrasi*|analyst|officer|member",
    ),
)
# "Kepala Bappeda" heads an agency, "Kepala UPTD" a part of one.
PARTS_OF_AGENCIES = frozenset({"uptd"})
# What makes a need concrete: a product, an amount, a year, a regulation, enough words.
PRODUCTS = pattern(
    (
        "masterplan*|master plan*|rencana induk|peta jalan|roadmap*|quick win*|buku 1|buku 2|buku 3|kajian*|"
        "naskah akademik|raperda|raperbup|perbup|perwali|perwal|perda|sk tim|sk dewan|kak|tor|rab|hps|bimtek*|"
        "bimbingan teknis|fgd|pelatihan*|pendampingan|arsitektur|peta rencana|studi kelayakan|dokumen*|kontrak*|"
        "command center*|aplikasi*|portal*|evaluasi*"
    ).split("|")
)
UNITS = "ribu|juta|miliar|milyar|triliun|orang|opd|desa|kecamatan|titik|unit"
AMOUNT = re.compile(rf"\brp\.?\s?\d|\b\d+(?:[.,]\d+)?\s?(?:{UNITS})\b", re.IGNORECASE)
YEAR = re.compile(r"\b20[2-4]\d\b")
ENOUGH_WORDS = 12
# What the yearly calendar of planning and budget is about.
PLANNING_TOPICS = frozenset({"masterplan", "pembiayaan"})
PLANNING = pattern(
    "rpjmd*|rkpd|renja|renstra|kua|ppas|kua-ppas|musrenbang*|apbd*|rapbd|anggaran|sipd|tahun depan".split("|")
)
FIELDS = ("name", "position", "agency", "region", "contact", "stage", "time_frame")


@dataclass(frozen=True)
class Season:
    """A stretch of the year, first and last day as (month, day), that ends with a deadline."""

    key: str
    first: tuple[int, int]
    last: tuple[int, int]


# UU 25/2004 Pasal 23: musrenbang RKPD by March. PP 12/2019: Pasal 90, the draft KUA and PPAS by
# the second week of July; Pasal 169, their revision by the first week of August. The RKPD between
# them is practice (keterkaitan-perencanaan.md). A season is the first that the day lies in.
SEASONS = (
    Season("musrenbang", (1, 1), (3, 31)),
    Season("kua_ppas", (4, 1), (7, 14)),
    Season("perubahan_apbd", (7, 15), (8, 7)),
)


class ScoreSettings(Section):
    """Points of every factor; what is not known gives none. Words and dates stand in the code."""

    role_leader: int = 30
    role_head: int = 25
    role_manager: int = 15
    role_staff: int = 5
    role_outside: int = -20
    topic: int = Field(default=4, ge=0)
    most_topics: int = Field(default=3, ge=0)
    concrete_sign: int = Field(default=3, ge=0)
    this_month: int = Field(default=20, ge=0)
    three_months: int = Field(default=15, ge=0)
    six_months: int = Field(default=8, ge=0)
    next_year: int = Field(default=4, ge=0)
    season: int = Field(default=10, ge=0)
    rpjmd_season: int = Field(default=10, ge=0)
    rpjmd_until: date | None = None
    complete_field: int = Field(default=2, ge=0)
    question: int = Field(default=1, ge=0)
    most_questions: int = Field(default=5, ge=0)
    feedback: int = Field(default=2, ge=0)
    most_feedback: int = Field(default=2, ge=0)
    document: int = Field(default=4, ge=0)
    most_documents: int = Field(default=2, ge=0)


@dataclass(frozen=True)
class LeadFacts:
    """What the score rests on. Keys as in the lead; `questions`, `feedback` and `documents` count
    what the official asked, judged and sent."""

    position: str = ""
    name: str = ""
    agency: str = ""
    region: str = ""
    contact: str = ""
    need: str = ""
    topics: tuple[str, ...] = ()
    stage: str = ""
    time_frame: str = ""
    questions: int = 0
    feedback: int = 0
    documents: int = 0


@dataclass(frozen=True)
class ScoreLine:
    """Points of one factor. `reason` is a key of `LeadTexts.score_reasons`, `detail` what it
    names: the position, or a number."""

    key: Factor
    points: int
    reason: str
    detail: str = ""


@dataclass(frozen=True)
class Score:
    """The sum of its lines; every factor has a line, those without points too."""

    total: int
    lines: tuple[ScoreLine, ...]


def facts_of(lead: Lead, feedback: int = 0, documents: int = 0) -> LeadFacts:
    """The facts of a lead; its turns are the questions asked."""
    who = lead.profile
    return LeadFacts(
        position=who.position,
        name=who.name,
        agency=who.agency,
        region=who.region,
        contact=who.contact,
        need=lead.need,
        topics=lead.topics,
        stage=lead.stage,
        time_frame=lead.time_frame,
        questions=len(lead.turns),
        feedback=feedback,
        documents=documents,
    )


def score(facts: LeadFacts, weights: ScoreSettings, now: datetime) -> Score:
    """The score at `now`, an aware time; the calendar is that of the region's own day."""
    if now.tzinfo is None:
        raise ValueError("a score needs a time with a zone")
    today = now.astimezone(zone_of(facts.region)).date()
    lines = (
        _role(facts, weights),
        _topics(facts, weights),
        _concrete(facts, weights),
        _time_frame(facts, weights),
        _season(facts, weights, today),
        _complete(facts, weights),
        _counted("questions", facts.questions, weights.most_questions, weights.question),
        _counted("feedback", facts.feedback, weights.most_feedback, weights.feedback),
        _counted("documents", facts.documents, weights.most_documents, weights.document),
    )
    return Score(sum(line.points for line in lines), lines)


def told_line(line: ScoreLine, copy: LeadTexts) -> str:
    """A line as a consultant reads it: "+25 Pimpinan perangkat daerah (Kepala Dinas)"."""
    reason = copy.score_reasons[line.reason].format(detail=line.detail)
    return copy.score_line.format(points=f"{line.points:+d}" if line.points else "0", reason=reason)


def role_of(position: str) -> Role | None:
    """The decision role that the words of a position tell; None when they tell none."""
    words = plain(position)
    return next((role for role, found in _roles() if found.search(words)), None)


def _role(facts: LeadFacts, weights: ScoreSettings) -> ScoreLine:
    points: dict[Role | None, int] = {
        "leader": weights.role_leader,
        "head": weights.role_head,
        "manager": weights.role_manager,
        "staff": weights.role_staff,
        "outside": weights.role_outside,
    }
    role = role_of(facts.position)
    return ScoreLine("role", points.get(role, 0), f"role_{role or 'unknown'}", facts.position)


def _topics(facts: LeadFacts, weights: ScoreSettings) -> ScoreLine:
    chosen = [key for key in dict.fromkeys((*facts.topics, *topics_of([facts.need]))) if key != "lainnya"]
    points = weights.topic * min(len(chosen), weights.most_topics)
    return ScoreLine("topics", points, "topics" if chosen else "no_topics", str(len(chosen)))


def _concrete(facts: LeadFacts, weights: ScoreSettings) -> ScoreLine:
    """Points for every sign that somebody knows what they need."""
    words = plain(facts.need)
    signs = (
        PRODUCTS.search(words) is not None,
        AMOUNT.search(facts.need) is not None,
        YEAR.search(facts.need) is not None,
        bool(references(facts.need)),
        len(words.split()) >= ENOUGH_WORDS,
    )
    reason = "concrete" if any(signs) else "vague"
    return ScoreLine("concrete", weights.concrete_sign * sum(signs), reason, f"{sum(signs)}/{len(signs)}")


def _time_frame(facts: LeadFacts, weights: ScoreSettings) -> ScoreLine:
    points = {
        "bulan-ini": weights.this_month,
        "3-bulan": weights.three_months,
        "6-bulan": weights.six_months,
        "tahun-depan": weights.next_year,
    }
    reason = f"time_{facts.time_frame.replace('-', '_')}" if facts.time_frame in points else "time_unknown"
    return ScoreLine("time_frame", points.get(facts.time_frame, 0), reason)


def _season(facts: LeadFacts, weights: ScoreSettings, today: date) -> ScoreLine:
    """Points for what concerns plan and budget, while the next of their deadlines is ahead."""
    is_planning = bool(PLANNING_TOPICS & set(facts.topics)) or PLANNING.search(plain(facts.need)) is not None
    if not is_planning:
        return ScoreLine("season", 0, "season_other")
    if weights.rpjmd_until and today <= weights.rpjmd_until:
        return ScoreLine("season", weights.rpjmd_season, "season_rpjmd", _days(today, weights.rpjmd_until))
    here = next((season for season in SEASONS if season.first <= (today.month, today.day) <= season.last), None)
    if here is None:
        return ScoreLine("season", 0, "season_none")
    return ScoreLine("season", weights.season, f"season_{here.key}", _days(today, date(today.year, *here.last)))


def _complete(facts: LeadFacts, weights: ScoreSettings) -> ScoreLine:
    filled = sum(bool(getattr(facts, name)) for name in FIELDS)
    return ScoreLine("complete", weights.complete_field * filled, "complete", f"{filled}/{len(FIELDS)}")


def _counted(key: Factor, count: int, most: int, each: int) -> ScoreLine:
    return ScoreLine(key, each * min(count, most), key, str(count))


def _days(today: date, last: date) -> str:
    return str((last - today).days)


@cache
def _roles() -> tuple[tuple[Role, re.Pattern[str]], ...]:
    heads = "|".join(f"kepala {name}" for name in ACRONYMS if name not in PARTS_OF_AGENCIES)
    found: list[tuple[Role, re.Pattern[str]]] = []
    for role, words in ROLES:
        everything = f"{words}|{heads}" if words.startswith("kepala dinas") else words
        found.append((role, pattern(everything.split("|"))))
    return tuple(found)
