"""The board on a real port over a real database and the real library; only Telegram's servers are missing.

`board` has people and one request in it; `board.visit(RINA)` is a browser without a screen that is logged in.
"""

from __future__ import annotations

import asyncio
import atexit
import re
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.board import mini_app
from bot.board.desk import BoardDesk
from bot.board.server import Board
from bot.config import BoardSettings, Config
from bot.database import leads, sessions, tables
from bot.database.connection import Database
from bot.database.tables import OutboxMessage
from bot.leads.office_hours import OfficeHours
from bot.leads.sla import Sla
from bot.telegram.cards import Cards
from bot.telegram.lead_actions import LeadActions
from bot.telegram.relay import Relay
from bot.web_server import listen
from knowledge.retrieve import Library
from tests.bot.board import requests
from tests.bot.board.requests import ADMIN, SAMPLES, plain_draft

GROUP = -100500
TOKEN = "12345:TEST"  # noqa: S105 - the test server's own
Result = TypeVar("Result")


class Form(HTMLParser):
    """Reads the forms of a page: their address and the fields that they would send."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((found["action"], {}))
        elif tag == "input" and self.forms:
            self.forms[-1][1][found.get("name", "")] = found.get("value", "")
        elif tag == "textarea" and self.forms:
            self._text = found["name"]

    def handle_data(self, data: str) -> None:
        if self._text:
            self.forms[-1][1][self._text] = data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._text = ""


class Visit(httpx.Client):
    """A browser without a screen: it keeps cookies, names the origin of its forms and fills them in."""

    def page(self, path: str, status: int = 200) -> str:
        """The text of a page."""
        answer = self.get(path)
        assert answer.status_code == status, f"{path}: {answer.status_code}\n{answer.text}"
        return answer.text

    def fill(self, path: str, action: str, **fields: str) -> httpx.Response:
        """Send the form of a page whose address ends so, as it stands there but for these fields."""
        reader = Form()
        reader.feed(self.page(path))
        found = [form for form in reader.forms if form[0].endswith(action)]
        assert found, f"no form {action!r} on {path}: {[form[0] for form in reader.forms]}"
        address, values = found[0]
        return self.post(address, data=values | fields)


class OpenBoard:
    """The board at `url`, with what a test looks into it by."""

    def __init__(self, database: Database, desk: BoardDesk, url: str) -> None:
        self.database, self.desk, self.url = database, desk, url
        self.sla = desk.sla

    def do(self, work: Callable[[Session], Result]) -> Result:
        """Read or write beside the board, in a loop of its own: Playwright has one in this thread."""
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(lambda: asyncio.run(self.database.run(work))).result()

    def secret(self, person: int) -> str:
        """What a new link of a person says."""
        return self.do(lambda session: sessions.make_link(session, person, f"Orang {person}", 10))

    def visit(self, person: int | None = None) -> Visit:
        """A browser, logged in by a link of the bot if a person is named."""
        visit = Visit(base_url=self.url, headers={"Origin": self.url}, follow_redirects=True, trust_env=False)
        if person is not None:
            answer = visit.post(f"/masuk/{self.secret(person)}")
            assert answer.status_code == 200, answer.text
        return visit

    def visit_with(self, cookie: str) -> Visit:
        """A browser that shows a cookie of somebody."""
        visit = self.visit()
        visit.cookies.set(self.desk.cookie, cookie)
        return visit

    def lead(self, number: int = 1) -> tables.Lead:
        """A lead as it stands."""
        return self.do(lambda session: session.get_one(tables.Lead, number))

    def path(self, number: int = 1) -> str:
        """The address of its page."""
        return f"/permohonan/{self.lead(number).token}"

    def rows(self, kind: Any, *conditions: Any) -> list[Any]:  # noqa: ANN401
        """Rows of a table."""
        return self.do(lambda session: list(session.scalars(select(kind).where(*conditions))))

    def sent(self, chat: int) -> list[OutboxMessage]:
        """What is in line for a chat."""
        return self.rows(OutboxMessage, OutboxMessage.chat_id == chat)

    def version(self, number: int = 1) -> tables.LeadVersion:
        """The newest version of a lead's response."""

        def newest(session: Session) -> tables.LeadVersion:
            found = leads.latest_version(session, session.get_one(tables.Lead, number))
            assert found is not None
            return found

        return self.do(newest)


@contextmanager
def open_board(folder: Path, config: Config, library: Library, settings: BoardSettings) -> Iterator[OpenBoard]:
    """A board with an empty database, served until the end."""
    shutil.copy(_migrated(), folder / "kotacerdas.sqlite")
    database = Database(folder / "kotacerdas.sqlite")
    hours = OfficeHours(config.office)
    sla = Sla(config.sla, hours)
    relay = Relay(Cards(GROUP, sla, config.score, redrafts=True), hours)
    desk = BoardDesk(
        settings=settings,
        admins=(ADMIN,),
        sla=sla,
        hours=hours,
        weights=config.score,
        actions=LeadActions(relay, library, (ADMIN,)),
        library=library,
        do=database.run,
        mini_app_key=mini_app.key_of(TOKEN),
    )
    board = Board(desk)
    server = listen(board.application, "127.0.0.1", 0)
    thread = threading.Thread(target=lambda: asyncio.run(server.run_until_stopped()), daemon=True)
    thread.start()
    try:
        yield OpenBoard(database, desk, f"http://127.0.0.1:{server.port}")
    finally:
        board.live.close()
        server.should_exit = True
        thread.join(10)
        database.close()


@cache
def _migrated() -> Path:
    """An empty database with all its tables, made once."""
    file = Path(tempfile.mkdtemp()) / "kosong.sqlite"
    atexit.register(shutil.rmtree, file.parent)
    database = Database(file)
    database.migrate()
    database.close()
    return file


@pytest.fixture(scope="session")
def shelf(config: Config) -> Library:
    """The shipped library, open for reading: nothing here is searched, so no model is loaded."""
    from knowledge.embed import SentenceEmbeddings

    return Library(config, SentenceEmbeddings(config.model, config.data.dir))


@pytest.fixture
def board(tmp_path: Path, config: Config, shelf: Library) -> Iterator[OpenBoard]:
    """A board with its people and one request that nobody has taken."""
    with open_board(tmp_path, config, shelf, BoardSettings()) as opened:

        def begin(session: Session) -> None:
            requests.enrol(session)
            requests.request(session, SAMPLES[0], plain_draft(shelf), opened.sla)

        opened.do(begin)
        yield opened


@pytest.fixture
def busy_board(tmp_path: Path, config: Config, shelf: Library) -> Iterator[OpenBoard]:
    """A board as it looks in a busy week."""
    with open_board(tmp_path, config, shelf, BoardSettings()) as opened:
        opened.do(lambda session: requests.fill(session, plain_draft(shelf), opened.sla))
        yield opened


def plain(html: str) -> str:
    """What a page says without its tags."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))
