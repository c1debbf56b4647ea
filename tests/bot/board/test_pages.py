"""What stands on the pages of the board."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.database import gaps, leads, tables
from bot.leads.gaps import Happening
from tests.bot.board import requests
from tests.bot.board.conftest import OpenBoard, plain
from tests.bot.board.requests import ADMIN, DEWI, RINA, SAMPLES, plain_draft


def test_the_queue_shows_who_waits_and_how_urgent_it_is(busy_board: OpenBoard) -> None:
    page = plain(busy_board.visit(RINA).page("/antrean"))
    for said in ("7 permohonan", "Kabupaten Kebumen", "menunggu pejabat", "Belum diambil", "Dewi Kartika"):
        assert said in page


def test_the_filters_of_the_queue_find_what_they_say(busy_board: OpenBoard) -> None:
    visit = busy_board.visit(RINA)
    counts = {
        "?pemegang=saya": 1,
        "?pemegang=kosong": 4,
        f"?pemegang={DEWI}": 2,
        "?status=menunggu_pejabat": 1,
        "?provinsi=33": 2,
        "?topik=satu-data": 1,
        "?cari=kebumen": 1,
        "?cari=Bapperida": 1,
        "?cari=tidak+ada": 0,
        "?status=selesai": 0,
        "?provinsi=33&topik=evaluasi-ikci": 1,
        "?status=ngawur&provinsi=%27&topik=%3Cb%3E&sla=x&urut=y&halaman=-3&pemegang=a%20or%201": 7,
        "?halaman=999": 7,
        "?pemegang=99999999999999999999999999": 0,
    }
    for query, count in counts.items():
        assert f"{count} permohonan" in plain(visit.page(f"/antrean{query}")), query
    late, on_time = (plain(visit.page(f"/antrean?sla={level}")) for level in ("late", "on_time"))
    assert "Kota Semarang" not in late
    assert late != on_time


def test_a_lead_is_found_by_its_number_however_it_is_written(busy_board: OpenBoard) -> None:
    number = busy_board.lead(3).number
    assert "1 permohonan" in plain(busy_board.visit(DEWI).page(f"/antrean?cari={number.lower().replace('-', ' ')}"))


def test_a_long_queue_has_pages_and_keeps_the_filters(board: OpenBoard) -> None:
    def many(session: Session) -> None:
        for i in range(60):
            requests.request(session, SAMPLES[i % 7], plain_draft(board.desk.library), board.sla, 8000 + i)

    board.do(many)
    visit = board.visit(RINA)
    page = visit.page("/antrean?status=semua")
    assert page.count("<li data-token") == 25
    assert "?status=semua&amp;halaman=2" in page
    seen = {
        line.split('"')[1]
        for n in (1, 2, 3)
        for line in visit.page(f"/antrean?halaman={n}").split("<li ")[1:]
        if line.startswith("data-token")
    }
    assert len(seen) == 61


def test_the_page_of_a_lead_tells_all_that_is_known(busy_board: OpenBoard) -> None:
    html = busy_board.visit(RINA).page(busy_board.path())
    page = plain(html)
    for said in (
        "Siti Rahmawati",
        "Kabupaten Kebumen, Jawa Tengah (33.05)",
        "Menyusun masterplan kota cerdas 2027",
        "Skor ",
        "Pimpinan perangkat daerah: Kepala Dinas",
        "Apa saja enam aspek kota cerdas?",
        "PP 59/2022 Pasal 61 menetapkan enam aspek kota cerdas. [1]",
        "Sudah, pada sasaran ketiga.",
        "Sekda meminta tanggapan sebelum musrenbang",
        "Ambil oleh Rina Wulandari: baru → diambil",
        "Versi 1: draf asisten",
    ):
        assert said in page, said


def test_the_quote_is_marked_where_it_stands_in_its_section(busy_board: OpenBoard) -> None:
    html = busy_board.visit(RINA).page(busy_board.path())
    quote = busy_board.version().citations[0]["quote"]
    assert f"<mark>{quote}</mark>" in html
    assert "menetapkan enam aspek kota cerdas" in html.split("<mark>")[0].split("<blockquote>")[1]
    assert 'href="#sumber-1"' in html


def test_what_can_be_done_depends_on_who_looks_and_on_the_state(busy_board: OpenBoard) -> None:
    path = busy_board.path()
    offered = {person: busy_board.visit(person).page(path) for person in (RINA, DEWI, ADMIN)}
    for action in ("ubah", "setujui", "tanya_balik", "tunda", "lepas"):
        assert f'/{action}"' in offered[RINA]
        assert f'/{action}"' in offered[ADMIN]
        assert f'/{action}"' not in offered[DEWI]
    assert '/ambil"' in busy_board.visit(DEWI).page(busy_board.path(2))


def test_the_figures_count_and_the_map_is_coloured(busy_board: OpenBoard) -> None:
    html = busy_board.visit(RINA).page("/angka")
    assert '<path class="l4"' in html
    assert "<title>Jawa Tengah: 2</title>" in html
    assert "<title>Papua: 1</title>" in html
    page = plain(html)
    assert "7 permohonan seluruhnya" in page
    assert "Papua Pegunungan 1" in page


def test_an_empty_board_says_so(board: OpenBoard) -> None:
    board.do(lambda session: session.delete(session.get_one(tables.Lead, 1)))
    visit = board.visit(RINA)
    assert "Tidak ada permohonan yang cocok" in visit.page("/antrean")
    assert "Belum ada permohonan" in visit.page("/angka")


def test_questions_that_the_library_left_open_are_listed(board: OpenBoard) -> None:
    def leave_open(session: Session) -> None:
        row = session.scalars(select(tables.Turn)).one()
        row.kind, row.question = "handover", "Berapa tarif <b>pendampingan</b>?"

    board.do(leave_open)
    html = board.visit(RINA).page("/angka")
    assert "Berapa tarif &lt;b&gt;pendampingan&lt;/b&gt;?" in html


def test_gaps_are_listed_with_what_happened_and_how_often(board: OpenBoard) -> None:
    def vote(session: Session) -> None:
        turn = session.scalars(select(tables.Turn)).one()
        happening = Happening("vote", "outdated", "Apakah <i>PP 34/2009</i> masih berlaku?", tables.now(), turn=turn.id)
        gaps.keep(session, happening, None)

    board.do(vote)
    html = board.visit(RINA).page("/angka")
    assert "Apakah &lt;i&gt;PP 34/2009&lt;/i&gt; masih berlaku?" in html
    assert "1× dinilai usang" in plain(html)


def test_the_library_tells_status_and_how_often_each_document_was_cited(board: OpenBoard) -> None:
    visit = board.visit(DEWI)
    html = visit.page("/pustaka?cari=59/2022")
    assert "1 kali dikutip" in html
    assert str(board.desk.library.manifest.documents[0].key) not in visit.page("/pustaka")
    link = html.split('href="/pustaka/')[1].split('"')[0]
    assert "enam aspek kota cerdas" in visit.page(f"/pustaka/{link}")
    assert "Dicabut" in visit.page("/pustaka?status=dicabut")


def test_the_page_of_an_old_version_points_at_the_newest(busy_board: OpenBoard) -> None:
    def edit(session: Session) -> None:
        lead = session.get_one(tables.Lead, 1)
        before = leads.latest_version(session, lead)
        assert before
        citations = leads.version_of(before).citations
        leads.add_version(session, lead, RINA, "edit", "Ibu Siti, ada enam aspek [1].", citations, "uji", "gaya")

    busy_board.do(edit)
    visit, path = busy_board.visit(RINA), busy_board.path()
    newest, old = visit.page(path), visit.page(f"{path}?versi=1")
    assert "Perubahan dari versi 1" in newest
    assert "<ins>" in newest
    assert "Alasan: Gaya bahasa" in newest
    assert "Ini versi lama. Yang terbaru versi 2." in old
    assert '/setujui"' not in old
