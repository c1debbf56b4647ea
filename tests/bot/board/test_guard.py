"""Each route times each role; forms from elsewhere; hostile words in every field."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session
from starlette.routing import Mount, Route

from bot.board.desk import LONGEST_FORM
from bot.board.server import Board
from bot.database import leads, tables
from bot.database.board_tables import BoardSession, LeadNote
from bot.database.tables import Consultant, LeadVersion, OutboxMessage
from bot.leads.lifecycle import Action
from tests.bot.board import requests
from tests.bot.board.conftest import OpenBoard, Visit
from tests.bot.board.requests import ADMIN, DEWI, REMOVED, RINA, SAMPLES, plain_draft
from tests.bot.board.test_login import PAST

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{ 7*7 }}{% raw %}"
ROLES = ("stranger", "other", "owner", "admin", "expired", "removed")
PUBLIC = {"/", "/masuk", "/masuk/{secret}", "/mini", "/static"}
# What each role gets from a page of leads, and from a form of the lead that RINA holds.
PAGES = {"stranger": 303, "other": 200, "owner": 200, "admin": 200, "expired": 303, "removed": 303}
DONE, REFUSED, UNKNOWN = 303, 409, 401
HOLDER = {"stranger": UNKNOWN, "other": REFUSED, "owner": DONE, "admin": DONE, "expired": UNKNOWN, "removed": UNKNOWN}
ANYONE = HOLDER | {"other": DONE}
# From "diambil": what nobody may do there is refused to all.
NOBODY = {role: REFUSED if status in {DONE, REFUSED} else status for role, status in HOLDER.items()}
FORMS = {
    Action.AMBIL: NOBODY,
    Action.LEPAS: HOLDER,
    Action.TANYA_BALIK: HOLDER,
    Action.UBAH: HOLDER,
    Action.SETUJUI: HOLDER,
    Action.TARIK: NOBODY,
    Action.SELESAI: HOLDER,
    Action.BUKA_LAGI: NOBODY,
    Action.TUNDA: HOLDER,
    Action.LANJUTKAN: NOBODY,
    Action.BUKAN_PROSPEK: HOLDER,
    Action.GABUNG: HOLDER,
    Action.PISAH: NOBODY,
    "catatan": ANYONE,
    # Only who wrote a version knows why; the assistant's has no reason.
    "alasan": NOBODY,
}


@pytest.fixture
def held(board: OpenBoard) -> OpenBoard:
    """A board whose first lead RINA holds, beside a similar one."""

    def begin(session: Session) -> None:
        requests.hold(session, session.get_one(tables.Lead, 1), RINA, board.sla)
        requests.request(session, SAMPLES[0], plain_draft(board.desk.library), board.sla, 7002)

    board.do(begin)
    return board


def visit_as(board: OpenBoard, role: str) -> Visit:
    """A browser of somebody with a role."""
    person = {"other": DEWI, "owner": RINA, "admin": ADMIN, "expired": DEWI, "removed": REMOVED}.get(role)
    if role == "removed":
        _set_active(board, True)
    visit = board.visit(person)
    if role == "removed":
        _set_active(board, False)
    if role == "expired":
        board.do(lambda session: session.execute(update(BoardSession).values(expires_at=PAST)))
    visit.follow_redirects = False
    return visit


def _set_active(board: OpenBoard, active: bool) -> None:
    change = update(Consultant).where(Consultant.id == REMOVED).values(active=active)
    board.do(lambda session: session.execute(change))


def fields_for(board: OpenBoard, visit: Visit) -> dict[str, str]:
    """What every form needs, all at once."""
    version = board.version()
    csrf = board.desk.csrf_of(visit.cookies.get(board.desk.cookie, "") or "")
    fields = {"teks": "Ada enam aspek [1].", "hari": "3", "versi": version.id, "dari": version.id, "terbaca": "0"}
    return fields | {"csrf": csrf, "ke": board.lead(2).token, "alasan": "gaya"}


def test_every_route_is_in_one_of_the_tables(board: OpenBoard) -> None:
    paths = {route.path for route in Board(board.desk).routes if isinstance(route, Route | Mount)} - PUBLIC
    assert paths == {
        "/antrean", "/arus", "/permohonan/{token}", "/permohonan/{token}/{action}", "/angka", "/pustaka",
        "/pustaka/{address}", "/keluar",
    }  # fmt: skip


@pytest.mark.parametrize("role", ROLES)
def test_pages_are_for_people_who_may_act(held: OpenBoard, role: str) -> None:
    visit = visit_as(held, role)
    addresses = held.visit(RINA).page("/pustaka").split('href="/pustaka/')[1].split('"')[0]
    for path in ("/antrean", held.path(), "/angka", "/pustaka", f"/pustaka/{addresses}"):
        answer = visit.get(path)
        assert answer.status_code == PAGES[role], path
        assert role not in {"stranger", "expired", "removed"} or "KC-" not in answer.text
    with visit.stream("GET", "/arus") as stream:
        assert stream.status_code == PAGES[role]
    visit.post("/keluar", data=fields_for(held, visit))
    assert visit.get("/antrean").status_code == 303


@pytest.mark.parametrize("action", FORMS)
@pytest.mark.parametrize("role", ROLES)
def test_a_form_does_what_its_sender_may(held: OpenBoard, role: str, action: str) -> None:
    visit = visit_as(held, role)
    before = held.lead().state, held.lead().owner_id, held.lead().merged_into
    moves = len(held.rows(tables.LeadMove))
    answer = visit.post(f"{held.path()}/{action}", data=fields_for(held, visit))
    assert answer.status_code == FORMS[action][role], answer.text
    if answer.status_code != DONE:
        assert (held.lead().state, held.lead().owner_id, held.lead().merged_into) == before
        assert len(held.rows(tables.LeadMove)) == moves
        assert held.sent(7001) == []
        assert held.rows(LeadNote) == []


@pytest.mark.parametrize("csrf", ["", "x" * 64, "é", "of another"])
def test_a_form_without_its_token_is_refused(held: OpenBoard, csrf: str) -> None:
    visit, other = held.visit(RINA), held.visit(DEWI)
    token = fields_for(held, other)["csrf"] if csrf == "of another" else csrf
    for path in (f"{held.path()}/lepas", "/keluar"):
        assert visit.post(path, data={"csrf": token}).status_code == 403
    assert held.lead().owner_id == RINA
    assert "Rina" in visit.page("/antrean")


FOREIGN: tuple[dict[str, str], ...] = (
    {"Origin": "https://jahat.example"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
)


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_a_form_from_another_site_is_refused(held: OpenBoard, headers: dict[str, str]) -> None:
    visit = held.visit(RINA)
    fields = fields_for(held, visit)
    secret = held.secret(DEWI)
    for path in (f"{held.path()}/lepas", "/keluar", f"/masuk/{secret}", "/mini"):
        assert visit.post(path, data=fields, headers=headers).status_code == 403, path
    assert held.lead().owner_id == RINA
    assert held.visit().get(f"/masuk/{secret}").status_code == 200


def test_a_form_that_is_too_large_or_no_form_is_refused(held: OpenBoard) -> None:
    visit = held.visit(RINA)
    path = f"{held.path()}/catatan"
    fields = fields_for(held, visit)
    assert visit.post(path, data=fields | {"teks": "x" * LONGEST_FORM}).status_code == 413
    assert visit.post(path, content=b"\xff\xfe=\xff").status_code == 400
    assert visit.post(path, data={f"f{i}": "1" for i in range(60)}).status_code == 400
    assert held.rows(LeadNote) == []


def test_addresses_that_nobody_has_are_not_found(held: OpenBoard) -> None:
    visit = held.visit(RINA)
    fields = fields_for(held, visit)
    for path in ("/permohonan/1", "/permohonan/' or 1=1", "/pustaka/../../etc/passwd", "/static/../server.py", "/ada"):
        assert visit.get(path).status_code == 404, path
    for path in ("/permohonan/1/ambil", f"{held.path()}/terkirim", f"{held.path()}/official_wrote"):
        assert visit.post(path, data=fields).status_code == 404, path
    assert visit.get(f"{held.path()}/ambil").status_code == 405


def test_every_answer_keeps_strangers_scripts_frames_and_caches_away(held: OpenBoard) -> None:
    visit = held.visit(RINA)
    for path in ("/antrean", held.path(), "/masuk", "/tidak-ada", "/static/board.js"):
        headers = visit.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"
        assert "server" not in headers
    page = visit.page("/antrean")
    script = page.split('src="')[1].split('"')[0]
    assert "immutable" in visit.get(script).headers["cache-control"]
    for inline in (" style=", " onclick=", "<style", "<script>"):
        assert inline not in page + visit.page(held.path()) + visit.page("/angka")


def test_hostile_words_stay_words_in_every_field(board: OpenBoard) -> None:
    def fill(session: Session) -> None:
        sample = replace(SAMPLES[0], name=HOSTILE, position=HOSTILE, agency=HOSTILE, need=HOSTILE, question=HOSTILE)
        lead = requests.request(session, sample, plain_draft(board.desk.library), board.sla, 7002)
        lead.conversation = [{**turn, "question": HOSTILE} for turn in lead.conversation]
        requests.hold(session, lead, RINA, board.sla)
        leads.add_message(session, lead, 7002, HOSTILE, HOSTILE, from_official=True)
        session.add(LeadNote(lead_id=lead.id, author=RINA, author_name=HOSTILE, text=HOSTILE))
        before = leads.latest_version(session, lead)
        assert before
        citation = replace(leads.version_of(before).citations[0], title=HOSTILE, locator=HOSTILE, quote=HOSTILE)
        leads.add_version(session, lead, RINA, "edit", f"{HOSTILE} [1]", (citation,), "uji")
        session.add(tables.LeadMove(lead_id=lead.id, who=RINA, action="ubah", before="baru", after="baru", why=HOSTILE))
        session.execute(update(Consultant).where(Consultant.id == RINA).values(name=HOSTILE))
        session.execute(update(tables.Turn).values(kind="handover", question=HOSTILE))

    board.do(fill)
    visit = board.visit(RINA)
    for path in ("/antrean", "/antrean?cari=" + HOSTILE, board.path(2), "/angka", "/pustaka?cari=" + HOSTILE):
        html = visit.page(path)
        assert "<script>alert" not in html, path
        assert "<img src=x" not in html, path
        assert "{{ 7*7 }}" in html, path
    refused = visit.fill(board.path(2), "/ubah", teks=f"{HOSTILE} [7]")
    assert refused.status_code == 409
    assert "<script>alert" not in refused.text
    assert "&lt;script&gt;alert(1)" in refused.text
    assert len(board.rows(LeadVersion, LeadVersion.lead_id == 2)) == 2


def test_hostile_words_reach_telegram_as_words(held: OpenBoard) -> None:
    held.visit(RINA).fill(held.path(), "/tanya_balik", teks=HOSTILE)
    [row] = held.rows(OutboxMessage, OutboxMessage.chat_id == 7001)
    assert "&lt;script&gt;" in str(row.parameters)


def test_a_fault_of_ours_is_said_without_its_details_and_as_safely(
    held: OpenBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = held.visit(RINA)

    def fail(*_: object) -> None:
        raise RuntimeError("rahasia dapur")

    monkeypatch.setattr("bot.board.lead_page.load", fail)
    answer = visit.get(held.path())
    assert answer.status_code == 500
    assert "gangguan di pihak kami" in answer.text
    assert "rahasia dapur" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
