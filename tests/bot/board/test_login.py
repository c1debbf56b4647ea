"""Who gets in, by which door, and for how long."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from bot.board import mini_app
from bot.config import BoardSettings, Config
from bot.database.board_tables import BoardLink, BoardSession
from bot.database.tables import Consultant
from knowledge.retrieve import Library
from tests.bot.board import requests
from tests.bot.board.conftest import TOKEN, OpenBoard, Visit, open_board
from tests.bot.board.requests import ADMIN, DEWI, REMOVED, RINA, STRANGER

PAGES = ("/antrean", "/arus", "/angka", "/pustaka")
PAST = datetime(2026, 1, 1, tzinfo=UTC)


def init_data(person: int = RINA, age: float = 0, token: str = TOKEN, **changes: str) -> str:
    """What Telegram hands a Mini App, signed as its documentation says."""
    fields = {
        "auth_date": str(int(time.time() - age)),
        "query_id": "AAF9tpYRAAAAAH22lhEbSiPx",
        "user": json.dumps({"id": person, "first_name": "Rina", "last_name": "Wulandari", "language_code": "id"}),
        "signature": "dGFuZGEtdGFuZ2FuLXBpaGFrLWtldGlnYQ",
    }
    key = hmac.new(b"WebAppData", token.encode(), hashlib.sha256).digest()
    signed = "\n".join(f"{name}={value}" for name, value in sorted(fields.items()))
    fields["hash"] = hmac.new(key, signed.encode(), hashlib.sha256).hexdigest()
    return urlencode(fields | changes)


def cookies(board: OpenBoard) -> int:
    """How many logins there are."""
    return len(board.rows(BoardSession))


def test_a_link_of_the_bot_opens_the_board_once(board: OpenBoard) -> None:
    secret = board.secret(RINA)
    first, second = board.visit(), board.visit()
    assert "Rina Wulandari" in first.post(f"/masuk/{secret}").text
    answer = second.post(f"/masuk/{secret}")
    assert answer.status_code == 410
    assert "sudah dipakai" in answer.text
    assert cookies(board) == 1


def test_looking_at_a_link_does_not_use_it_up(board: OpenBoard) -> None:
    """Telegram and every other chat fetch an address to draw a preview of it."""
    path = f"/masuk/{board.secret(RINA)}"
    preview = board.visit()
    for _ in range(3):
        assert "Masuk ke papan konsultan" in preview.page(path)
    assert board.visit().post(path).status_code == 200


def test_a_link_that_is_old_or_followed_by_a_newer_one_opens_nothing(board: OpenBoard) -> None:
    old, newer = board.secret(RINA), board.secret(RINA)
    assert board.visit().post(f"/masuk/{old}").status_code == 410
    board.do(lambda session: session.execute(update(BoardLink).values(expires_at=PAST)))
    assert board.visit().get(f"/masuk/{newer}").status_code == 410
    assert board.visit().post(f"/masuk/{newer}").status_code == 410


def test_what_a_link_and_a_cookie_say_is_not_in_the_database(board: OpenBoard) -> None:
    secret, visit = board.secret(DEWI), board.visit(RINA)
    kept = {row.id for row in board.rows(BoardSession)} | {row.id for row in board.rows(BoardLink)}
    assert len(kept) == 2
    assert not kept & {secret, visit.cookies["papan"]}


def test_a_mini_app_is_let_in_by_its_proof(board: OpenBoard) -> None:
    visit = board.visit()
    answer = visit.post("/mini", data={"init_data": init_data()})
    assert answer.url.path == "/antrean"
    assert "Rina Wulandari" in answer.text


FORGED = {
    "another bot's token": init_data(token="999:OTHER"),  # noqa: S106
    "another person written in": init_data(user=json.dumps({"id": ADMIN})),
    "no hash": init_data().rpartition("&hash=")[0],
    "an empty hash": init_data(hash=""),
    "a field said twice": init_data() + "&auth_date=1",
    "no query string": "bukan data",
    "nothing": "",
    "a hash with signs beyond ASCII": init_data(hash="é" * 64),
}


@pytest.mark.parametrize("proof", FORGED.values(), ids=FORGED)
def test_a_forged_proof_is_refused(board: OpenBoard, proof: str) -> None:
    assert board.visit().post("/mini", data={"init_data": proof}).status_code == 403
    assert cookies(board) == 0


@pytest.mark.parametrize(("age", "status"), [(280, 200), (310, 403), (3600, 403), (-30, 200), (-120, 403)])
def test_a_proof_is_good_for_five_minutes(board: OpenBoard, age: float, status: int) -> None:
    assert board.visit().post("/mini", data={"init_data": init_data(age=age)}).status_code == status


def test_a_proof_that_was_shown_opens_nothing_but_a_reload(board: OpenBoard) -> None:
    proof, mine, thief = init_data(), board.visit(), board.visit()
    assert mine.post("/mini", data={"init_data": proof}).status_code == 200
    assert thief.post("/mini", data={"init_data": proof}).status_code == 403
    assert mine.post("/mini", data={"init_data": proof}).url.path == "/antrean"
    assert cookies(board) == 1


def test_another_account_in_the_same_window_takes_the_place_of_the_first(board: OpenBoard) -> None:
    visit = board.visit(RINA)
    assert "Dewi Kartika" in visit.post("/mini", data={"init_data": init_data(DEWI)}).text
    assert {row.person_id for row in board.rows(BoardSession)} == {DEWI}


def test_a_proof_without_a_person_is_refused() -> None:
    key = mini_app.key_of(TOKEN)
    for user in ("", "[]", '"a"', '{"id": "x"}', "null"):
        fields = {"auth_date": str(int(time.time())), "user": user}
        signed = "\n".join(f"{name}={value}" for name, value in sorted(fields.items()))
        fields["hash"] = hmac.new(key, signed.encode(), hashlib.sha256).hexdigest()
        with pytest.raises(mini_app.ProofError):
            mini_app.read(urlencode(fields), key, datetime.now(UTC))


@pytest.mark.parametrize("person", [STRANGER, REMOVED])
def test_who_is_not_enrolled_gets_no_cookie(board: OpenBoard, person: int) -> None:
    for answer in (
        board.visit().post(f"/masuk/{board.secret(person)}"),
        board.visit().post("/mini", data={"init_data": init_data(person)}),
    ):
        assert answer.status_code == 403
        assert "tidak terdaftar" in answer.text
    assert cookies(board) == 0


def gone(board: OpenBoard, visit: Visit) -> bool:
    """Whether a login has ended: every page leads to the door and no form is taken."""
    led = all(visit.get(path).url.path == "/masuk" for path in (*PAGES, board.path()))
    return led and visit.post(f"{board.path()}/ambil", data={"csrf": "x"}).status_code == 401


def test_a_login_ends_with_its_time(board: OpenBoard) -> None:
    visit = board.visit(RINA)
    assert not gone(board, visit)
    board.do(lambda session: session.execute(update(BoardSession).values(expires_at=PAST)))
    assert gone(board, visit)


def test_a_removed_consultant_is_out_at_once_on_every_device(board: OpenBoard) -> None:
    phone, desk, other = board.visit(RINA), board.visit(RINA), board.visit(DEWI)
    board.do(lambda session: session.execute(update(Consultant).where(Consultant.id == RINA).values(active=False)))
    assert gone(board, phone)
    assert gone(board, desk)
    assert "Dewi" in other.page("/antrean")

    def enrol_again(session: Session) -> None:
        session.execute(update(Consultant).where(Consultant.id == RINA).values(active=True))

    board.do(enrol_again)
    assert gone(board, desk)


def test_logging_out_ends_the_login_and_no_other(board: OpenBoard) -> None:
    phone, desk = board.visit(RINA), board.visit(RINA)
    kept = phone.cookies["papan"]
    assert phone.fill("/antrean", "/keluar").url.path == "/masuk"
    assert gone(board, board.visit_with(kept))
    assert "Rina" in desk.page("/antrean")


def test_the_cookie_is_kept_from_scripts_and_other_sites(board: OpenBoard) -> None:
    visit = board.visit()
    visit.follow_redirects = False
    said = visit.post(f"/masuk/{board.secret(RINA)}").headers["set-cookie"]
    assert {"HttpOnly", "SameSite=lax", "Path=/", "Max-Age=43200"} <= set(said.split("; "))
    assert "Secure" not in said


def test_behind_https_the_cookie_is_secure_and_links_keep_the_path(
    tmp_path: Path, config: Config, shelf: Library
) -> None:
    settings = BoardSettings(address="https://papan.example.go.id/konsultan", session_hours=2)
    with open_board(tmp_path, config, shelf, settings) as board:
        board.do(requests.enrol)
        visit = board.visit()
        visit.follow_redirects = False
        visit.headers["Origin"] = "https://papan.example.go.id"
        answer = visit.post(f"/masuk/{board.secret(RINA)}")
        assert answer.headers["location"] == "/konsultan/antrean"
        assert answer.headers["set-cookie"].startswith("__Host-papan=")
        assert {"Secure", "HttpOnly", "Max-Age=7200"} <= set(answer.headers["set-cookie"].split("; "))
        assert "max-age" in answer.headers["strict-transport-security"]
        assert 'href="/konsultan/static/board.css?v=' in visit.get("/masuk").text


def test_an_address_is_checked_when_the_settings_are_read() -> None:
    for address in ("papan.example.go.id", "ftp://x", "https://x/?a=1", "javascript:alert(1)"):
        with pytest.raises(ValueError, match="address"):
            BoardSettings(address=address)


def test_links_and_proofs_that_are_over_do_not_pile_up(board: OpenBoard) -> None:
    for _ in range(3):
        board.secret(RINA)
    assert len(board.rows(BoardLink)) == 1
    board.visit(DEWI)
    board.do(lambda session: session.execute(update(BoardSession).values(expires_at=PAST)))
    board.visit(RINA)
    assert {row.person_id for row in board.rows(BoardSession)} == {RINA}


def test_time_to_live_of_a_proof_outlives_its_age(board: OpenBoard) -> None:
    """A proof is remembered until it is refused for its age, or it could be shown again in between."""
    proof = mini_app.read(init_data(), mini_app.key_of(TOKEN), datetime.now(UTC))
    assert proof.expires_at - datetime.now(UTC) > mini_app.OLDEST + timedelta(seconds=50)
