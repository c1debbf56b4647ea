"""Requests of invented officials for the board: what they ask, what the assistant answered, who holds them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from bot.conversation.draft import Citation, Draft, Point
from bot.conversation.profile import Profile
from bot.database import conversations, leads, tables
from bot.database.board_tables import LeadNote
from bot.database.conversations import DRAFTS
from bot.database.tables import Consultant, LeadMessage, now
from bot.leads.lead import Lead
from bot.leads.lifecycle import Action, Role
from bot.leads.sla import Sla
from knowledge.retrieve import Library

RINA, DEWI, REMOVED, ADMIN, STRANGER = 501, 502, 503, 99, 777
NAMES = {RINA: "Rina Wulandari", DEWI: "Dewi Kartika", REMOVED: "Joko Susilo"}
DraftFor = Callable[[str], Draft]


@dataclass(frozen=True)
class Sample:
    """A request as an official could make it, so many hours ago."""

    name: str
    position: str
    agency: str
    region: str
    need: str
    topics: tuple[str, ...]
    question: str
    hours: float = 1
    time_frame: str = "3-bulan"
    stage: str = "masterplan"


SAMPLES = (
    Sample("Siti Rahmawati", "Kepala Dinas", "Diskominfo", "33.05", "Menyusun masterplan kota cerdas 2027 sampai 2031 dan pembagian tugas enam aspeknya", ("masterplan", "dasar-hukum"), "Apa saja enam aspek kota cerdas?", 1.5, "bulan-ini"),
    Sample("H. Ahmad Fauzi", "Sekretaris Daerah", "Sekretariat Daerah", "73.02", "Pendampingan pembentukan Dewan Smart City dan rancangan Perbup", ("kelembagaan-sdm", "dasar-hukum"), "Siapa saja anggota dewan kota cerdas?", 5),
    Sample("Maria Ine Boli", "Kepala Bidang Perencanaan", "Bapperida", "53.03", "Menyelaraskan Satu Data Indonesia dengan RPJMD 2025-2029", ("satu-data",), "Apa 4 prinsip satu data indonesia?", 26, "6-bulan"),
    Sample("Yohanis Wenda", "Kepala Dinas", "Dinas Komunikasi dan Informatika", "95.01", "Infrastruktur TIK dan layanan publik digital di distrik", ("infrastruktur-iot", "layanan-publik-mpp"), "Apa itu mal pelayanan publik digital?", 50, "tahun-depan", "belum-mulai"),
    Sample("Ni Luh Ayu", "Analis Kebijakan", "Diskominfos", "51.03", "Pelindungan data warga pada aplikasi layanan kota", ("pdp-keamanan",), "Kalau data warga bocor, berapa lama batas waktu pemberitahuan?", 9),
    Sample("Bambang Sutrisno", "Kepala Bappeda", "Bappeda", "33.74", "Evaluasi indeks kota cerdas Semarang dan rencana aksi 2027", ("evaluasi-ikci", "masterplan"), "Bagaimana evaluasi smart city dilakukan?", 80),
    Sample("Rudi Hartono", "Staf", "Diskominfo", "63.71", "Pengadaan command center melalui e-katalog, anggaran Rp 2 miliar", ("pengadaan", "infrastruktur-iot"), "Bagaimana pengadaan barang dan jasa untuk command center?", 3),
)  # fmt: skip


def article(library: Library, document: str = "pp-59-2022", locator: str = "Pasal 61") -> Citation:
    """A citation of the library: the first list of a section, verbatim."""
    known = {one.key: one for one in library.documents(document)}
    chunk = next(c for c in library.opened.chunks if c.document in known and locator in c.locator)
    one = known[chunk.document]
    quote = chunk.text.split("\n\n")[1] if "\n\n" in chunk.text else chunk.text
    return Citation(1, one.source, one.title, chunk.locator, quote, one.status, one.key, chunk.group)


def plain_draft(library: Library) -> DraftFor:
    """Drafts without a model: one sentence and its proof."""
    citation = article(library)

    def draft(question: str) -> Draft:
        lead = Point("PP 59/2022 Pasal 61 menetapkan enam aspek kota cerdas.", (1,))
        return Draft("answer", "id", lead, citations=(citation,), question=question)

    return draft


def enrol(session: Session) -> None:
    """The consultants, one of whom was removed again."""
    for person, name in NAMES.items():
        session.add(Consultant(id=person, name=name, enrolled_by=ADMIN, active=person != REMOVED))


def request(session: Session, sample: Sample, draft_for: DraftFor, sla: Sla, person: int = 7001) -> tables.Lead:
    """A confirmed request with the question that led to it."""
    at = now() - timedelta(hours=sample.hours)
    conversations.person_of(session, person, "id")
    draft = draft_for(sample.question)
    turn = tables.Turn(
        person_id=person,
        chat_id=person,
        parts=[[1, sample.question, 0.0]],
        question=sample.question,
        kind=draft.kind,
        draft=DRAFTS.dump_python(draft, mode="json"),
        engine=draft.engine,
        generation="uji",
        received_at=at,
    )
    session.add(turn)
    session.flush()
    profile = Profile(sample.name, sample.position, sample.agency, sample.region, "telegram")
    lead = Lead(
        number=leads.next_number(session, now().date()),
        person=person,
        chat=person,
        profile=profile,
        need=sample.need,
        topics=sample.topics,
        stage=sample.stage,
        time_frame=sample.time_frame,
        consent_at=at,
        created_at=at,
        turns=(sample.question,),
    )
    row = leads.create(session, lead, "segera", sla.hours.add_hours(at, 8), [turn], [])
    row.created_at = row.changed_at = at
    leads.reset_timers(session, row, sla)
    return row


def hold(session: Session, lead: tables.Lead, person: int, sla: Sla) -> None:
    """Let a consultant take it."""
    assert leads.claim(session, lead, person, Role.KONSULTAN, sla)


def fill(session: Session, draft_for: DraftFor, sla: Sla) -> list[tables.Lead]:
    """A board as it looks in a busy week."""
    enrol(session)
    rows = [request(session, sample, draft_for, sla, 7001 + i) for i, sample in enumerate(SAMPLES)]
    hold(session, rows[0], RINA, sla)
    before = leads.latest_version(session, rows[0])
    assert before is not None
    say(
        session,
        rows[0],
        RINA,
        "Selamat siang, Ibu Siti. Apakah RPJMD Kebumen sudah memuat kota cerdas?",
        official=False,
    )
    say(
        session,
        rows[0],
        rows[0].person_id,
        "Sudah, pada sasaran ketiga. Masterplan kami susun tahun 2027.",
        official=True,
    )
    note = "Sekda meminta tanggapan sebelum musrenbang; sebutkan bedanya dengan enam dimensi Kominfo."
    session.add(LeadNote(lead_id=rows[0].id, author=DEWI, author_name=NAMES[DEWI], text=note))
    hold(session, rows[2], DEWI, sla)
    leads.move(session, rows[2], Action.TANYA_BALIK, DEWI, Role.PEMILIK, sla)
    hold(session, rows[5], DEWI, sla)
    rows[5].first_response_at = rows[5].created_at + timedelta(hours=14)
    leads.move(session, rows[5], Action.SETUJUI, DEWI, Role.PEMILIK, sla)
    leads.move(session, rows[5], Action.TERKIRIM, 0, Role.SISTEM, sla)
    return rows


def say(session: Session, lead: tables.Lead, author: int, text: str, *, official: bool) -> LeadMessage:
    """A message of either side."""
    name = leads.lead_of(lead).profile.name if official else NAMES[author]
    return leads.add_message(session, lead, author, name, text, from_official=official)
