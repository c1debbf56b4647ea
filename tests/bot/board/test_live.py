"""Changes reach the pages that are open."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from queue import Queue

import httpx
import pytest
from sqlalchemy import update

from bot.board import live
from bot.database import tables
from bot.database.board_tables import LeadNote
from bot.database.tables import Consultant
from tests.bot.board import requests
from tests.bot.board.conftest import OpenBoard, Visit
from tests.bot.board.requests import DEWI, RINA, SAMPLES, plain_draft


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """It looks more often than in earnest, so that the tests wait less."""
    monkeypatch.setattr(live, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(live, "BEAT_SECONDS", 0.3)


class Ear:
    """Listens to the events of a page."""

    def __init__(self, visit: Visit) -> None:
        self.heard: Queue[tuple[str, str]] = Queue()
        self._visit = visit
        threading.Thread(target=self._listen, daemon=True).start()
        assert self.next() == ("terhubung", "")
        time.sleep(0.2)

    def next(self, timeout: float = 10) -> tuple[str, str]:
        """The next event and its data."""
        return self.heard.get(timeout=timeout)

    def _listen(self) -> None:
        event = ""
        try:
            with self._visit.stream("GET", "/arus", timeout=30) as stream:
                for line in stream.iter_lines():
                    if line.startswith("event: "):
                        event = line.removeprefix("event: ")
                    elif line.startswith("data:"):
                        self.heard.put((event, line.removeprefix("data:").strip()))
        except httpx.HTTPError:
            pass
        self.heard.put(("end", ""))


@pytest.fixture
def ear(board: OpenBoard) -> Iterator[Ear]:
    yield Ear(board.visit(DEWI))


def test_a_move_a_version_a_note_and_a_message_are_heard(board: OpenBoard, ear: Ear) -> None:
    token = board.lead().token
    rina = board.visit(RINA)
    rina.fill(board.path(), "/ambil")
    assert ear.next() == ("berubah", token)
    rina.fill(board.path(), "/catatan", teks="Sebentar")
    assert ear.next() == ("berubah", token)
    rina.fill(board.path(), "/ubah", teks="Enam aspek [1].")
    assert ear.next() == ("berubah", token)
    board.do(lambda session: requests.say(session, session.get_one(tables.Lead, 1), 7001, "Halo", official=True))
    assert ear.next() == ("berubah", token)


def test_a_new_request_is_heard(board: OpenBoard, ear: Ear) -> None:
    draft = plain_draft(board.desk.library)
    token = board.do(lambda session: requests.request(session, SAMPLES[1], draft, board.sla, 7002).token)
    assert ear.next() == ("berubah", token)


def test_nothing_is_said_while_nothing_happens(board: OpenBoard, ear: Ear) -> None:
    time.sleep(0.7)
    assert ear.heard.empty()


def test_the_events_end_with_the_login(board: OpenBoard, ear: Ear) -> None:
    board.do(lambda session: session.execute(update(Consultant).where(Consultant.id == DEWI).values(active=False)))
    note = LeadNote(lead_id=1, author=RINA, author_name="Rina", text="Rahasia")
    board.do(lambda session: session.add(note))
    assert ear.next() == ("keluar", "")
    assert ear.next() == ("end", "")
