"""The bot in a process of its own, beside a Telegram server of the tests.

`bot` is the real process, started and ready; `shared_bot` is one for all tests of a module. Both are started as
their user would. `stub_bot` starts in a moment, since its conversation only repeats the question: see `stub`.

    def test_greets(bot: BotProcess) -> None:
        budi = bot.api.private(7001)
        budi.say("/start")
        assert "KotaCerdas" in budi.wait_reply().text
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from itertools import count
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest

from knowledge.settings import PROJECT
from tests.bot.telegram import stub
from tests.bot_api import TOKEN, BotApi, Group, Message, Person

ADMIN = 99
# The consultants' forum.
GROUP = -100500
READY = "KotaCerdas siap"
SECRET = "rahasia-uji"  # noqa: S105
# The real bot loads its model; beside other work on two cores that was measured to take 10 s.
START_SECONDS = 90.0
# What the bot imports when it starts, and pytest, of which a fork is a child.
IMPORTED_AT_START = """pytest alembic.command alembic.config alembic.runtime.migration alembic.script
    uvicorn.lifespan.on uvicorn.loops.auto uvicorn.protocols.http.auto""".split()
# Questions that follow each other at once are one question to the bot; these are ten seconds apart.
DATES = count(int(time.time()) - 500_000, 10)


def ask(person: Person, text: str, group: Group | None = None) -> int:
    """A question by itself, in a private chat or addressed to the bot in a group; returns its update's id."""
    date = next(DATES)
    return group.say(person, text, mention=True, date=date) if group else person.say(text, date)


def answers(messages: list[Message]) -> list[str]:
    """The questions that the stub's answers among these messages repeat."""
    firsts = [message.text.splitlines()[0] for message in messages]
    return [first.removeprefix(f"{stub.ANSWER} ") for first in firsts if first.startswith(stub.ANSWER)]


def wait_until(condition: Callable[[], object], timeout: float = 10, what: str = "a condition") -> None:
    """Wait for what this process cannot be told of."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"{timeout} s passed without {what}"
        time.sleep(0.01)


class BotProcess:
    """`python -m bot run` in a process group of its own; what it writes goes to `log`.

    `settings` are further environment variables, such as KOTACERDAS_LIMITS__MESSAGES_PER_PERSON. It can be started
    again after it was killed or stopped: the data stays.
    """

    def __init__(self, api: BotApi, data: Path, settings: Mapping[str, str] | None = None) -> None:
        self.api = api
        self.data = data
        self.log = data / "bot.log"
        self.settings = {
            "TELEGRAM_BOT_TOKEN": TOKEN,
            "KOTACERDAS_TELEGRAM__BASE_URL": f"{api.url}/bot",
            "KOTACERDAS_TELEGRAM__BASE_FILE_URL": f"{api.url}/file/bot",
            "KOTACERDAS_TELEGRAM__ADMINS": json.dumps([ADMIN]),
            "KOTACERDAS_TELEGRAM__ADMIN_CHAT": str(ADMIN),
            # A free one: several bots run on one machine.
            "KOTACERDAS_BOARD__PORT": "0",
            "KOTACERDAS_LIMITS__MESSAGES_PER_PERSON": "10000",
            "KOTACERDAS_LIMITS__MESSAGES_OF_ALL": "100000",
            **(settings or {}),
        }
        self._seen = 0

    def start(self, ready: bool = True) -> BotProcess:
        """Start it, and wait until it serves."""
        self._seen = self.log.stat().st_size if self.log.exists() else 0
        self._launch()
        if ready:
            self.wait_ready()
        return self

    def wait_ready(self, timeout: float = START_SECONDS) -> None:
        """Wait until it serves; an end before that is a failure."""
        self.wait_log(READY, timeout)

    def wait_log(self, text: str, timeout: float = START_SECONDS) -> None:
        """Wait until the running process has written something."""
        deadline = time.monotonic() + timeout
        while text not in self.output:
            assert self.exit_code is None, f"it ended with {self.exit_code}:\n{self.output}"
            assert time.monotonic() < deadline, f"{timeout} s passed without {text!r}:\n{self.output}"
            time.sleep(0.01)

    @property
    def output(self) -> str:
        """What it has written since it was started last."""
        return self.log.read_bytes()[self._seen :].decode() if self.log.exists() else ""

    @property
    def board(self) -> str:
        """The address of the web board, as it says at its start."""
        return self.output.partition("Papan konsultan di ")[2].partition("\n")[0]

    def kill(self) -> None:
        """kill -9, children included."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.wait(10)

    def spare(self) -> None:
        """Wait until a further kill -9 is not the third one for any update: three are its last."""
        wait_until(lambda: not self.died_twice(), 20, "an end of the suspects")

    def died_twice(self) -> bool:
        """Whether an update has not survived two attempts."""
        return bool(self.rows("SELECT 1 FROM updates WHERE state = 'open' AND attempts >= 2"))

    def is_done(self) -> bool:
        """Whether nothing waits any more, neither to be handled nor to be sent."""
        update, message = "SELECT 1 FROM updates WHERE state = ?", "SELECT 1 FROM messages WHERE state IN (?, ?)"
        return not (self.api.pending or self.rows(update, "open") or self.rows(message, "waiting", "sending"))

    def terminate(self) -> None:
        """SIGTERM, as systemd and Docker stop it."""
        os.kill(self.pid, signal.SIGTERM)

    def stop(self, timeout: float = 20) -> int:
        """SIGTERM; returns the exit code."""
        self.terminate()
        return self.wait(timeout)

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Read from its database; `values` stand for the question marks."""
        with closing(sqlite3.connect(self.database, timeout=10)) as connection:
            return connection.execute(query, values).fetchall()

    def change(self, statement: str, *values: object) -> None:
        """Write into its database; best while it is down."""
        with closing(sqlite3.connect(self.database, timeout=10)) as connection, connection:
            connection.execute(statement, values)

    @property
    def database(self) -> Path:
        """The file."""
        return self.data / "kotacerdas.sqlite"

    def _launch(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "bot", "run", "--data", str(self.data)],
                cwd=PROJECT,
                env=_outside() | self.settings,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The id of the process and of its group."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; -9 when it was killed."""
        return self._process.poll()

    def wait(self, timeout: float = 20) -> int:
        """Wait for its end; returns the exit code."""
        return self._process.wait(timeout)

    def close(self) -> None:
        """Leave nothing of it behind."""
        if hasattr(self, "_process"):
            self.kill()


class StubBot(BotProcess):
    """The real `App` with a conversation that repeats the question, forked from a process that has everything
    imported: it is ready after about 0.2 s."""

    _process: BaseProcess  # type: ignore[assignment]

    def _launch(self) -> None:
        context = get_context("forkserver")
        context.set_forkserver_preload([*IMPORTED_AT_START, stub.__name__])
        self._process = context.Process(
            target=stub.main, args=(str(self.data), str(self.log), _outside() | self.settings), daemon=True
        )
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float = 20) -> int:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("stub", timeout)
        return self._process.exitcode

    def kill(self) -> None:
        # In its first moments it is not yet the leader of a group.
        self._process.kill()
        super().kill()


def _outside() -> dict[str, str]:
    """The environment without what would reach the bot from this machine."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("KOTACERDAS_", "TELEGRAM_"))}


def data_folder(folder: Path, library_data: Path) -> Path:
    """A data directory with the prepared library and a database of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("index", "models", "embeddings.sqlite"):
        (folder / name).symlink_to(library_data / name)
    return folder


@pytest.fixture
def api() -> Iterator[BotApi]:
    """Telegram, with the admin's private chat."""
    with BotApi() as server:
        server.private(ADMIN, "Admin")
        yield server


@pytest.fixture
def real_bot(api: BotApi, tmp_path: Path, library_data: Path) -> Iterator[BotProcess]:
    """The real bot, not yet started."""
    process = BotProcess(api, data_folder(tmp_path / "data", library_data))
    yield process
    process.close()


@pytest.fixture
def bot(real_bot: BotProcess) -> BotProcess:
    """The real bot, ready; `bot.api` is its Telegram."""
    return real_bot.start()


@pytest.fixture(scope="module")
def shared_bot(tmp_path_factory: pytest.TempPathFactory, library_data: Path) -> Iterator[BotProcess]:
    """One real bot for all tests of a module; use other people in each test."""
    with BotApi() as server:
        server.private(ADMIN, "Admin")
        process = BotProcess(server, data_folder(tmp_path_factory.mktemp("bot"), library_data))
        try:
            yield process.start()
        finally:
            process.close()


@pytest.fixture
def stub_bot(api: BotApi, tmp_path: Path) -> Iterator[StubBot]:
    """A bot that repeats the question, not yet started."""
    process = StubBot(api, tmp_path)
    yield process
    process.close()


@pytest.fixture(scope="session")
def small_library(tmp_path_factory: pytest.TempPathFactory, library_data: Path, perwali: str) -> Path:
    """A small library of admins, which nobody changes: see `library_case`."""
    from tests.bot.telegram import library_case

    return library_case.small_library(tmp_path_factory.mktemp("pustaka-kecil") / "data", library_data, perwali)


@pytest.fixture
def shelf_bot(api: BotApi, tmp_path: Path, small_library: Path) -> Iterator[StubBot]:
    """A bot beside a small library of its own, ready; only its conversation is a stub."""
    from tests.bot.telegram import library_case

    data = library_case.copy_of(small_library, tmp_path / "data")
    process = StubBot(api, data, {stub.PACE: "0.02"} | library_case.ADMINS)
    try:
        process.start()
        yield process
    finally:
        process.close()


@pytest.fixture
def office(api: BotApi) -> Group:
    """The consultants' forum."""
    return api.group(GROUP, "Konsultan KotaCerdas", forum=True)


@pytest.fixture
def quick(stub_bot: StubBot, office: Group) -> StubBot:
    """The stub, with the consultants' group and without Telegram's pace."""
    stub_bot.settings |= {"KOTACERDAS_TELEGRAM__CONSULTANTS": str(GROUP), "STUB_PACE": "0"}
    stub_bot.start()
    return stub_bot


@pytest.fixture
def admin(api: BotApi) -> Person:
    return api.private(ADMIN, "Admin")


@pytest.fixture
def people(api: BotApi) -> tuple[Person, Person, Person]:
    """The official and two consultants."""
    return api.private(7001, "Siti"), api.private(501, "Rina"), api.private(502, "Dewi")


@pytest.fixture
def real(api: BotApi, office: Group, tmp_path: Path, library_data: Path) -> Iterator[BotProcess]:
    """The bot with its real conversation on the real library, without Telegram's pace of three seconds."""
    bot = StubBot(api, data_folder(tmp_path / "data", library_data))
    bot.settings |= {"KOTACERDAS_TELEGRAM__CONSULTANTS": str(GROUP), "STUB_PACE": "0", stub.THINKS: "1"}
    try:
        yield bot.start()
    finally:
        bot.close()
