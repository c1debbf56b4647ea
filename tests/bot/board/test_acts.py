"""What is done on the board: once, by who may, and without a word that was typed being lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from sqlalchemy.orm import Session

from bot.database import gaps, leads, tables
from bot.database.board_tables import LeadNote, LeadRedraft
from bot.database.tables import LeadMove, LeadVersion, OutboxMessage, now
from bot.leads.gaps import Happening
from bot.telegram.lead_actions import LeadActions
from tests.bot.board import requests
from tests.bot.board.conftest import GROUP, OpenBoard, Visit, plain
from tests.bot.board.requests import ADMIN, DEWI, RINA, SAMPLES, plain_draft

OFFICIAL = 7001


@pytest.fixture
def held(board: OpenBoard) -> OpenBoard:
    """A board whose lead RINA holds."""
    board.do(lambda session: requests.hold(session, session.get_one(tables.Lead, 1), RINA, board.sla))
    return board


@pytest.fixture
def rina(held: OpenBoard) -> Visit:
    return held.visit(RINA)


def official_writes(board: OpenBoard, text: str = "Ada tambahan dari kami.") -> None:
    board.do(lambda session: requests.say(session, session.get_one(tables.Lead, 1), OFFICIAL, text, official=True))


def test_of_two_who_take_a_lead_at_once_one_holds_it(board: OpenBoard) -> None:
    visits = [board.visit(person) for person in (RINA, DEWI) for _ in range(4)]
    forms = [(visit, board.desk.csrf_of(visit.cookies["papan"])) for visit in visits]
    path = f"{board.path()}/ambil"
    with ThreadPoolExecutor(8) as together:
        answers = list(together.map(lambda form: form[0].post(path, data={"csrf": form[1]}), forms))
    assert sorted(answer.status_code for answer in answers) == [200, *[409] * 7]
    owner = {RINA: "Rina Wulandari", DEWI: "Dewi Kartika"}[board.lead().owner_id or 0]
    assert all(f"Sudah diambil {owner}" in answer.text for answer in answers if answer.status_code == 409)
    assert len(board.rows(LeadMove, LeadMove.action == "ambil")) == 1


def test_an_approval_sends_one_response_and_its_letter(held: OpenBoard, rina: Visit) -> None:
    answer = rina.fill(held.path(), "/setujui")
    assert "sedang dikirim kepada pejabat" in answer.text
    text, letter = held.sent(OFFICIAL)
    assert "PP 59/2022 Pasal 61 menetapkan enam aspek kota cerdas." in str(text.parameters)
    assert letter.method == "send_document"
    assert (letter.parameters or {})["filename"] == f"{held.lead().number}.docx"
    assert letter.purpose == f"tanggapan:{held.version().id}"
    assert held.lead().state == "siap_dikirim"


def test_approvals_at_once_send_one_response(held: OpenBoard, rina: Visit) -> None:
    fields = {"csrf": held.desk.csrf_of(rina.cookies["papan"]), "versi": held.version().id, "terbaca": "0"}
    with ThreadPoolExecutor(6) as together:
        posts = [together.submit(rina.post, f"{held.path()}/setujui", data=fields) for _ in range(6)]
        statuses = sorted(post.result().status_code for post in posts)
    assert statuses == [200, 409, 409, 409, 409, 409]
    assert len(held.sent(OFFICIAL)) == 2


def test_an_approval_after_a_new_message_of_the_official_is_stale(held: OpenBoard, rina: Visit) -> None:
    page = rina.page(held.path())
    official_writes(held)
    fields = {"csrf": page.split('name="csrf" value="')[1].split('"')[0], "versi": held.version().id, "terbaca": "0"}
    answer = rina.post(f"{held.path()}/setujui", data=fields)
    assert answer.status_code == 409
    assert "Draf usang: pejabat menulis pesan baru" in answer.text
    assert "Ada tambahan dari kami." in answer.text
    assert held.sent(OFFICIAL) == []
    assert rina.fill(held.path(), "/setujui").status_code == 200


def test_the_refusal_of_a_stale_draft_is_told_in_the_topic(held: OpenBoard, rina: Visit) -> None:
    """What is said while nothing is done is kept all the same."""
    rina.fill(held.path(), "/ubah", teks="Teks baru [1].")
    [first] = held.rows(LeadVersion, LeadVersion.number == 1)
    fields = {"csrf": held.desk.csrf_of(rina.cookies["papan"]), "versi": first.id, "terbaca": "0"}
    assert "Draf usang: sudah ada versi 2" in rina.post(f"{held.path()}/setujui", data=fields).text
    assert any("Draf usang" in str(row.parameters) for row in held.sent(GROUP))
    assert held.sent(OFFICIAL) == []


@pytest.mark.parametrize(
    "change", [{"status": "diubah"}, {"quote": "Kutipan yang tidak ada."}, {"document": "/hilang.md"}]
)
def test_a_source_that_changed_is_said_before_and_refused_at_approval(
    held: OpenBoard, rina: Visit, change: dict[str, Any]
) -> None:
    def alter(session: Session) -> None:
        lead = session.get_one(tables.Lead, 1)
        before = leads.latest_version(session, lead)
        assert before
        citation = replace(leads.version_of(before).citations[0], **change)
        leads.add_version(session, lead, RINA, "edit", "Enam aspek [1].", (citation,), "uji")

    held.do(alter)
    assert "Draf usang: " in rina.page(held.path())
    answer = rina.fill(held.path(), "/setujui")
    assert answer.status_code == 409
    assert held.sent(OFFICIAL) == []


def test_a_source_that_an_ingest_repealed_in_between_stops_the_approval(
    held: OpenBoard, rina: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = held.desk.library
    opened = library.opened
    repealed = tuple(replace(document, status="dicabut") for document in opened.manifest.documents)

    def follow() -> bool:
        library.opened = replace(opened, manifest=replace(opened.manifest, documents=repealed))
        return True

    fields = {"csrf": held.desk.csrf_of(rina.cookies["papan"]), "versi": held.version().id, "terbaca": "0"}
    monkeypatch.setattr(library, "opened", opened)
    monkeypatch.setattr(library, "refresh", follow)
    answer = rina.post(f"{held.path()}/setujui", data=fields)
    assert answer.status_code == 409
    assert "berubah dari berlaku menjadi dicabut" in answer.text
    assert "Status sekarang: dicabut." in answer.text
    assert held.sent(OFFICIAL) == []


def test_a_version_of_another_lead_cannot_be_approved(held: OpenBoard, rina: Visit) -> None:
    other = held.do(
        lambda session: requests.request(session, SAMPLES[1], plain_draft(held.desk.library), held.sla, 7002).id
    )
    answer = rina.fill(held.path(), "/setujui", versi=held.version(other).id)
    assert answer.status_code == 409
    assert held.sent(OFFICIAL) == []
    assert held.sent(7002) == []
    assert rina.fill(held.path(), "/setujui", versi="tidak-ada").status_code == 409


def test_an_edit_is_a_further_version_with_its_difference_and_reason(held: OpenBoard, rina: Visit) -> None:
    text = "Yth. Ibu Siti,\n\nAda enam aspek kota cerdas [1]."
    answer = rina.fill(held.path(), "/ubah", teks=text, alasan="")
    assert "Versi baru disimpan" in answer.text
    version = held.version()
    assert (version.number, version.text, version.author, version.reason) == (2, text, RINA, "")
    assert "<ins>" in answer.text
    assert "<del>" in answer.text
    assert "Mengapa versi 2 diubah?" in answer.text
    rina.fill(held.path(), "/alasan", alasan="kurang_lengkap")
    assert held.version().reason == "kurang_lengkap"
    assert "Alasan: Kurang lengkap" in rina.page(held.path())


def test_a_reason_can_be_given_with_the_edit_and_only_a_known_one(held: OpenBoard, rina: Visit) -> None:
    rina.fill(held.path(), "/ubah", teks="Enam aspek [1].", alasan="gaya")
    assert held.version().reason == "gaya"
    answer = rina.fill(held.path(), "/ubah", teks="Enam aspek lagi [1].", alasan="karangan")
    assert answer.status_code == 409
    assert "Enam aspek lagi [1]." in answer.text
    assert held.version().number == 2


def test_a_mark_without_a_source_is_refused_and_the_text_kept(held: OpenBoard, rina: Visit) -> None:
    answer = rina.fill(held.path(), "/ubah", teks="Lihat [1] dan [9] & <b>ini</b>.")
    assert answer.status_code == 409
    assert "Tanda [9] tidak menunjuk ke sumber mana pun" in answer.text
    assert "Lihat [1] dan [9] & <b>ini</b>." in unescape(answer.text)
    assert held.version().number == 1


def test_who_edits_while_another_does_sees_the_difference_and_loses_nothing(held: OpenBoard, rina: Visit) -> None:
    admin = held.visit(ADMIN)
    begun = held.version().id
    rina.fill(held.path(), "/ubah", teks="Versi Rina: enam aspek [1].")
    answer = admin.fill(held.path(), "/ubah", teks="Versi admin: enam aspek kota cerdas [1].", dari=begun)
    assert answer.status_code == 409
    page = plain(answer.text)
    assert "Sementara Anda menulis, versi 2 sudah disimpan" in page
    assert "Perbedaan dari versi terbaru" in page
    assert ">Versi admin: enam aspek kota cerdas [1].</textarea>" in answer.text
    assert held.version().text == "Versi Rina: enam aspek [1]."
    admin.fill(held.path(), "/ubah", teks="Versi admin: enam aspek kota cerdas [1].")
    assert held.version().number == 3


def test_changes_can_be_looked_at_before_they_are_saved(held: OpenBoard, rina: Visit) -> None:
    answer = rina.fill(held.path(), "/ubah", teks="Enam aspek saja [1].", pratinjau="1")
    assert answer.status_code == 200
    assert "Perubahan yang akan disimpan" in answer.text
    assert ">Enam aspek saja [1].</textarea>" in answer.text
    assert held.version().number == 1


def test_a_question_to_the_official_goes_out_and_waits(held: OpenBoard, rina: Visit) -> None:
    assert rina.fill(held.path(), "/tanya_balik", teks="  ").status_code == 409
    answer = rina.fill(held.path(), "/tanya_balik", teks="Kapan musrenbang Kebumen?")
    assert "sedang dikirim kepada pejabat" in answer.text
    assert "Kapan musrenbang Kebumen?" in str(held.sent(OFFICIAL)[0].parameters)
    assert held.lead().state == "menunggu_pejabat"
    assert "Kapan musrenbang Kebumen?" in plain(answer.text).split("Percakapan")[1]


def test_no_prospect_needs_a_reason_that_stands_in_the_history(held: OpenBoard, rina: Visit) -> None:
    assert rina.fill(held.path(), "/bukan_prospek", teks=" ").status_code == 409
    page = plain(rina.fill(held.path(), "/bukan_prospek", teks="Mahasiswa, untuk skripsi").text)
    assert "Bukan prospek oleh Rina Wulandari: diambil → bukan prospek (Mahasiswa, untuk skripsi)" in page
    assert "Buka lagi" in page


def test_a_lead_goes_through_its_states_by_the_buttons_that_are_offered(held: OpenBoard, rina: Visit) -> None:
    path = held.path()
    for action, state in (
        ("tunda", "ditunda"), ("lanjutkan", "diambil"), ("selesai", "selesai"), ("buka_lagi", "diambil"), ("lepas", "baru"),
        ("ambil", "diambil"), ("setujui", "siap_dikirim"), ("tarik", "diambil"),
    ):  # fmt: skip
        assert rina.fill(path, f"/{action}", hari="3").status_code == 200, action
        assert held.lead().state == state
    assert held.lead().owner_id == RINA


def test_similar_requests_are_merged_and_taken_apart(held: OpenBoard, rina: Visit) -> None:
    draft = plain_draft(held.desk.library)
    second = held.do(lambda session: requests.request(session, SAMPLES[0], draft, held.sla, 7002).token)
    first = held.lead()
    path = f"/permohonan/{second}"
    assert f"Mungkin sama dengan {first.number}" in plain(rina.page(path))
    answer = rina.fill(path, "/gabung", ke=first.token)
    assert f"Digabung ke {first.number}" in plain(answer.text)
    assert "Dijawab bersama: KC-" in plain(rina.page(held.path()))
    assert rina.fill(path, "/pisah").status_code == 200
    assert held.lead(2).merged_into is None


def test_notes_stay_among_consultants(held: OpenBoard, rina: Visit) -> None:
    rina.fill(held.path(), "/catatan", teks="Sekda menunggu sebelum Jumat.")
    assert "Sekda menunggu sebelum Jumat." in held.visit(DEWI).page(held.path())
    assert held.rows(OutboxMessage) == []
    assert rina.fill(held.path(), "/catatan", teks="x" * 4001).status_code == 409
    assert len(held.rows(LeadNote)) == 1


def test_a_lead_without_a_draft_is_answered_from_scratch(held: OpenBoard, rina: Visit) -> None:
    held.do(lambda session: session.query(LeadVersion).delete())
    assert "Asisten belum memiliki draf" in rina.page(held.path())
    rina.fill(held.path(), "/ubah", teks="Yth. Ibu Siti, kami jadwalkan pertemuan.")
    assert rina.fill(held.path(), "/setujui").status_code == 200
    assert "kami jadwalkan pertemuan" in str(held.sent(OFFICIAL)[0].parameters)


def test_what_the_table_of_moves_forbids_is_said_with_what_is_allowed(held: OpenBoard, rina: Visit) -> None:
    fields = {"csrf": held.desk.csrf_of(rina.cookies["papan"])}
    answer = rina.post(f"{held.path()}/lanjutkan", data=fields)
    assert answer.status_code == 409
    assert "“Lanjutkan” tidak dapat dilakukan pada permohonan yang berstatus diambil" in answer.text
    other = held.visit(DEWI)
    refused = other.post(f"{held.path()}/lepas", data={"csrf": held.desk.csrf_of(other.cookies["papan"])})
    assert "Permohonan ini ditangani Rina Wulandari." in refused.text


def test_a_moved_lead_shows_who_moved_it_even_an_admin(board: OpenBoard) -> None:
    admin = board.visit(ADMIN)
    admin.fill(board.path(), "/ambil")
    assert f"Ambil oleh Orang {ADMIN}" in plain(admin.page(board.path()))
    assert board.lead().owner_id == ADMIN


def test_a_version_is_given_to_the_model_once_and_the_page_says_so(held: OpenBoard, rina: Visit) -> None:
    page = rina.page(held.path())
    assert "Tulis ulang" in page
    first = {"csrf": held.desk.csrf_of(rina.cookies["papan"]), "versi": held.version().id, "permintaan": "formal"}
    answer = rina.post(f"{held.path()}/tulis_ulang", data=first)
    assert "Versi 1 sedang ditulis ulang untuk Rina Wulandari: Lebih formal." in plain(answer.text)
    assert "Petunjuk sendiri" not in answer.text
    again = rina.post(f"{held.path()}/tulis_ulang", data=first)
    assert again.status_code == 409
    assert "Versi 1 sedang ditulis ulang. Mohon tunggu hasilnya." in plain(again.text)
    [row] = held.rows(LeadRedraft)
    assert (row.wish, row.person_id, row.is_open) == ("Lebih formal", RINA, True)
    [told] = held.sent(GROUP)
    assert "⏳ Versi 1 sedang ditulis ulang untuk Rina Wulandari" in str(told.parameters)


def test_own_words_are_kept_when_they_are_too_many(held: OpenBoard, rina: Visit) -> None:
    for words in (" ", "x" * 501):
        answer = rina.fill(held.path(), "/tulis_ulang", teks=words)
        assert answer.status_code == 409
        assert "Tulis petunjuknya, paling banyak 500 huruf." in plain(answer.text)
        assert words in answer.text
    assert rina.fill(held.path(), "/tulis_ulang", teks="Mulai dari Pasal 61.").status_code == 200
    assert held.rows(LeadRedraft)[0].wish == "Mulai dari Pasal 61."


def test_who_does_not_hold_the_lead_is_offered_no_model_and_refused(held: OpenBoard) -> None:
    dewi = held.visit(DEWI)
    assert "/tulis_ulang" not in dewi.page(held.path())
    fields = {"csrf": held.desk.csrf_of(dewi.cookies["papan"]), "versi": held.version().id, "permintaan": "ringkas"}
    answer = dewi.post(f"{held.path()}/tulis_ulang", data=fields)
    assert "Permohonan ini ditangani Rina Wulandari." in answer.text
    assert held.rows(LeadRedraft) == []


def test_without_a_model_nothing_is_offered(held: OpenBoard, rina: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LeadActions, "redrafts", False)
    assert "/tulis_ulang" not in rina.page(held.path())
    fields = {"csrf": held.desk.csrf_of(rina.cookies["papan"]), "versi": held.version().id, "permintaan": "ringkas"}
    assert "belum ada yang dipasang" in rina.post(f"{held.path()}/tulis_ulang", data=fields).text


def test_only_the_newest_version_and_only_one_with_sources_is_written_anew(held: OpenBoard, rina: Visit) -> None:
    begun = held.version().id
    rina.fill(held.path(), "/ubah", teks="Enam aspek [1].")
    assert "Sudah ada versi 2." in rina.fill(held.path(), "/tulis_ulang", versi=begun, teks="singkat").text

    def bare(session: Session) -> None:
        leads.add_version(session, session.get_one(tables.Lead, 1), RINA, "edit", "Kami telepon.", (), "uji")

    held.do(bare)
    assert "/tulis_ulang" not in rina.page(held.path())
    fields = {"csrf": held.desk.csrf_of(rina.cookies["papan"]), "versi": held.version().id, "permintaan": "ringkas"}
    assert "Versi 3 tidak memiliki sumber" in rina.post(f"{held.path()}/tulis_ulang", data=fields).text


def test_what_a_model_wrote_is_no_edit_to_learn_from(held: OpenBoard, rina: Visit) -> None:
    """Its author is the consultant who asked for it; no reason is asked for or taken."""

    def write(session: Session) -> None:
        lead = session.get_one(tables.Lead, 1)
        before = leads.latest_version(session, lead)
        assert before
        citations = leads.version_of(before).citations
        leads.add_version(session, lead, RINA, "redraft", "Enam aspek [1].", citations, "uji", engine="openai:uji")

    held.do(write)
    page = rina.page(held.path())
    assert "Versi 2: ditulis ulang oleh model bahasa atas permintaan Rina Wulandari" in plain(page)
    assert "Perubahan dari versi 1" in page
    assert "Mengapa versi 2 diubah?" not in page
    fields = {"csrf": held.desk.csrf_of(rina.cookies["papan"]), "versi": held.version().id, "alasan": "salah"}
    assert rina.post(f"{held.path()}/alasan", data=fields).status_code == 409
    assert held.version().reason == ""

    written = held.version().id

    def blame(session: Session) -> list[Happening]:
        session.get_one(LeadVersion, written).reason = "salah"
        return gaps.new_happenings(session, now())

    assert held.do(blame) == []
