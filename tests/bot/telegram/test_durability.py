"""The bot as a process: what makes it start or refuse to, its database, and kill -9 at every moment.

Of the hundred rounds of kill -9, 88 run on the process of `stub`, whose start takes 0.3 s instead of 10 and of which
all is real but the conversation; twelve run `python -m bot run` with the real library and model.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, event, text

from bot.database.connection import MIGRATIONS, Database
from bot.database.tables import Base
from bot.errors import StartError
from tests.bot.telegram import stub
from tests.bot.telegram.conftest import ADMIN, BotProcess, StubBot, answers, ask, wait_until
from tests.bot_api import TOKEN, Call, Chat, Person

QUICK = {stub.PACE: "0.02"}


def refused(bot: StubBot) -> str:
    """What a start says that ends with 2."""
    bot.start(ready=False)
    assert bot.wait() == 2, bot.output
    assert "Traceback" not in bot.output
    return bot.output.strip()


# Starting.


@pytest.mark.parametrize("token", [None, "", "  "])
def test_refuses_to_start_without_a_token(stub_bot: StubBot, token: str | None) -> None:
    settings = {k: v for k, v in stub_bot.settings.items() if k != "TELEGRAM_BOT_TOKEN"}
    bot = BotProcess(stub_bot.api, stub_bot.data)
    bot.settings = settings | ({} if token is None else {"TELEGRAM_BOT_TOKEN": token})
    try:
        bot.start(ready=False)
        assert bot.wait(60) == 2
        assert bot.output.strip() == "TELEGRAM_BOT_TOKEN belum diisi. Buat bot di @BotFather, lalu isi dengan tokennya."
    finally:
        bot.close()


@pytest.mark.parametrize("token", ["12345:SALAH", "bukan token", "a/../b", "12345:TEST\n12345:TEST", "tökén"])
def test_refuses_to_start_with_a_wrong_token(stub_bot: StubBot, token: str) -> None:
    stub_bot.settings["TELEGRAM_BOT_TOKEN"] = token
    assert refused(stub_bot) == "TELEGRAM_BOT_TOKEN tidak dikenal Telegram. Periksa lagi di @BotFather."


def test_waits_for_telegram_and_then_works(stub_bot: StubBot) -> None:
    api = stub_bot.api
    budi = api.private(7001)
    api.fail("getMe", drop=True)
    api.fail("getMe", status=502)
    api.fail("deleteWebhook", status=500)
    api.fail("deleteWebhook", retry_after=1)
    ask(budi, "apa itu SPBE")
    stub_bot.start()
    budi.wait_reply()
    assert "Telegram belum dapat dihubungi" in stub_bot.output


@pytest.mark.parametrize("method", ["getMe", "deleteWebhook"])
def test_sigterm_is_heard_while_telegram_is_out_of_reach(stub_bot: StubBot, method: str) -> None:
    stub_bot.api.fail(method, times=-1, drop=True)
    stub_bot.start(ready=False)
    stub_bot.api.wait_calls(method)
    stub_bot.wait_log("belum dapat dihubungi")
    assert stub_bot.stop(5) == 0


def test_a_port_without_a_server_is_waited_for(stub_bot: StubBot) -> None:
    stub_bot.settings["KOTACERDAS_TELEGRAM__BASE_URL"] = "http://127.0.0.1:9/bot"
    stub_bot.start(ready=False)
    stub_bot.wait_log("belum dapat dihubungi")
    assert stub_bot.stop(5) == 0


def test_a_second_process_on_the_same_data_is_refused(stub_bot: StubBot) -> None:
    stub_bot.start()
    second = StubBot(stub_bot.api, stub_bot.data, stub_bot.settings)
    second.log = stub_bot.data / "second.log"
    try:
        assert "Proses lain sedang melayani" in refused(second)
    finally:
        second.close()
    budi = stub_bot.api.private(7001)
    ask(budi, "apa itu SPBE")
    budi.wait_reply()


# The database.


def test_the_database_is_in_wal_mode_and_whole_after_kill_9(stub_bot: StubBot) -> None:
    stub_bot.start()
    assert stub_bot.rows("PRAGMA journal_mode") == [("wal",)]
    stub_bot.kill()
    assert stub_bot.rows("PRAGMA integrity_check") == [("ok",)]


def test_models_and_migrated_tables_agree(tmp_path: Path) -> None:
    database = Database(tmp_path / "uji.sqlite")
    database.migrate()
    database.migrate()
    database.close()
    with create_engine(f"sqlite:///{tmp_path / 'uji.sqlite'}").connect() as connection:
        assert not compare_metadata(MigrationContext.configure(connection), Base.metadata)


def test_a_start_keeps_what_an_existing_database_holds(stub_bot: StubBot) -> None:
    stub_bot.settings |= QUICK
    api = stub_bot.start().api
    budi = api.private(7001)
    ask(budi, "apa itu SPBE")
    budi.wait_reply()
    assert stub_bot.stop() == 0
    held = stub_bot.rows("SELECT id, question FROM turns")
    stub_bot.start()
    assert stub_bot.rows("SELECT id, question FROM turns") == held
    budi.say("/riwayat")
    assert "apa itu SPBE" in str(budi.wait_reply().buttons)


def test_a_migration_that_breaks_off_leaves_nothing_half_done(tmp_path: Path) -> None:
    """The power fails between two tables: the next start finds an empty database, not half of one."""
    file = tmp_path / "uji.sqlite"
    database = Database(file)
    engine = database._engine

    def break_off(*arguments: object) -> None:
        if "CREATE TABLE turns" in str(arguments[2]):
            raise ConnectionAbortedError

    event.listen(engine, "before_cursor_execute", break_off)
    with pytest.raises(ConnectionAbortedError):
        database.migrate()
    event.remove(engine, "before_cursor_execute", break_off)
    database.migrate()
    database.close()
    with sqlite3.connect(file) as connection:
        newest = max(file.stem for file in (MIGRATIONS / "versions").glob("0*.py")).partition("_")[0]
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(newest,)]
    connection.close()


def test_a_request_made_before_the_leads_had_states_is_kept(tmp_path: Path) -> None:
    database = Database(tmp_path / "uji.sqlite")
    settings = Config()
    settings.set_main_option("script_location", str(MIGRATIONS))
    with database._engine.begin() as connection:
        settings.attributes["connection"] = connection
        command.upgrade(settings, "0001")
        connection.execute(
            text(
                "INSERT INTO leads (number, person_id, chat_id, state, request, conversation, answer_due, created_at) "
                "VALUES ('KC-2611-0001', 1, 1, 'baru', '{}', '[]', '2026-11-25', '2026-11-25')"
            )
        )
    database.migrate()
    with database._engine.begin() as connection:
        [(number, token, silent)] = connection.execute(text("SELECT number, token, silent FROM leads")).all()
    database.close()
    assert (number, silent) == ("KC-2611-0001", 0)
    assert len(token) == 12


def damaged(file: Path, how: str) -> None:
    """A database as a bad disk, a wrong copy or a newer version leaves it."""
    if how == "no database":
        file.write_bytes(b"bukan basis data " * 1000)
        return
    database = Database(file)
    database.migrate()
    database.close()
    connection = sqlite3.connect(file)
    if how == "newer":
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.execute("CREATE TABLE isi (teks)")
    connection.executemany("INSERT INTO isi VALUES (?)", [("x" * 500,)] * 500)
    connection.commit()
    connection.close()
    content = file.read_bytes()
    if how == "cut off":
        file.write_bytes(content[: len(content) // 2])
    if how == "overwritten":
        file.write_bytes(content[:8192] + b"\xaa" * 8192 + content[16384:])


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("newer", "dibuat oleh versi KotaCerdas yang lebih baru"),
        ("no database", "tidak dapat dipakai"),
        ("cut off", "rusak|tidak dapat dipakai"),
        ("overwritten", "rusak|tidak dapat dipakai"),
    ],
)
def test_a_database_that_cannot_be_read_is_told_and_left_as_it_is(stub_bot: StubBot, how: str, says: str) -> None:
    damaged(stub_bot.database, how)
    before = stub_bot.database.read_bytes()
    said = refused(stub_bot)
    assert any(part in said for part in says.split("|"))
    assert str(stub_bot.database) in said
    assert stub_bot.database.read_bytes() == before
    assert not stub_bot.api.calls


def test_a_folder_in_the_place_of_the_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "uji.sqlite").mkdir()
    database = Database(tmp_path / "uji.sqlite")
    with pytest.raises(StartError, match="tidak dapat dipakai"):
        database.migrate()
    database.close()


# kill -9.


class Killer:
    """Asks questions in several chats and kills the bot at a chosen moment of one of them.

    A moment is a call that Telegram has taken and not yet answered; "refused" is a message that it has not even taken.
    """

    PEOPLE = 5

    def __init__(self, bot: BotProcess, questions: Callable[[int, int], str], seed: int) -> None:
        self.bot, self.api = bot, bot.api
        self.random = random.Random(seed)  # noqa: S311
        self.questions = questions
        self.people = [self.api.private(7001 + number) for number in range(self.PEOPLE)]
        self.group = self.api.group(-1001, "Tim Smart City Kebumen")
        self.chats: list[Chat] = [*self.people, self.group]
        self.asked: dict[int, list[str]] = {chat.id: [] for chat in self.chats}
        # The method whose call is the last one, and for which chat.
        self._victim: tuple[str, int | None] | None = None
        self._killed = threading.Event()
        for method in ("getUpdates", "sendChatAction", "sendMessageDraft", "sendMessage"):
            self.api.on_call(method, self._strike)

    def round(self, moment: str) -> None:
        """Some questions, a kill -9 at this moment, and the next start."""
        target = self.random.choice(self.people if moment == "sendMessageDraft" else self.chats)
        self.bot.spare()
        self._killed.clear()
        if moment == "refused":
            self.api.fail("sendMessage", hang=2, when=lambda params: params["chat_id"] == target.id)
        if moment not in {"random", "starting", "stopping"}:
            method = "sendMessage" if moment == "refused" else moment
            self._victim = method, None if moment == "getUpdates" else target.id
        for chat in [*self.random.sample(self.chats, 2), target]:
            self._ask(chat)
        if self._victim:
            assert self._killed.wait(15), f"no {moment}:\n{self.api.transcript()[-3000:]}\n{self.bot.output[-3000:]}"
        elif moment == "stopping":
            self.bot.terminate()
            time.sleep(self.random.uniform(0, 0.05))
        else:
            time.sleep(self.random.uniform(0, 0.2))
        self.bot.kill()
        self.api.recover()
        if moment == "starting" and not self.bot.died_twice():
            self.bot.start(ready=False)
            time.sleep(self.random.uniform(0, 0.4))
            self.bot.kill()
        self.bot.start()

    def _ask(self, chat: Chat) -> None:
        question = self.questions(chat.id, len(self.asked[chat.id]))
        self.asked[chat.id].append(question)
        ask(
            self.people[0] if chat is self.group else cast("Person", chat),
            question,
            self.group if chat is self.group else None,
        )

    def _strike(self, call: Call) -> None:
        if self._victim and self._victim[0] == call.method and self._victim[1] in {None, call.chat}:
            self._victim = None
            os.killpg(self.bot.pid, signal.SIGKILL)
            self._killed.set()

    def check(self) -> None:
        """Every question is answered once and in order, but for what is uncertain and was reported."""
        bot = self.bot
        wait_until(bot.is_done, 60, "an end")
        assert not bot.rows("SELECT * FROM updates WHERE state <> 'done'")
        states = {
            (chat, question): state
            for chat, question, state in bot.rows(
                "SELECT m.chat_id, t.question, m.state FROM messages m JOIN turns t ON t.id = m.turn_id WHERE part = 0"
            )
        }
        assert len(states) == sum(map(len, self.asked.values()))
        for chat in self.chats:
            asked, heard = self.asked[chat.id], self.heard(chat)
            assert heard == [question for question in asked if question in heard]
            for question in asked:
                state = states[chat.id, question]
                assert state == "uncertain" or (state == "sent" and question in heard), (chat.id, question, state)
        self._check_reports()

    def heard(self, chat: Chat) -> list[str]:
        """The questions that were answered in a chat."""
        return answers(self.api.messages(chat))

    def _check_reports(self) -> None:
        """An admin hears of everything uncertain, and decides."""
        admin = cast("Person", self.api.chats[ADMIN])
        uncertain = [
            row for (row,) in self.bot.rows("SELECT id FROM messages WHERE state = 'uncertain' AND chat_id <> ?", ADMIN)
        ]
        lost = self.bot.rows("SELECT 1 FROM messages WHERE state = 'uncertain' AND chat_id = ?", ADMIN)
        reported = {int(message.text.split("Balasan ")[1].split()[0]) for message in admin.messages}
        assert len(set(uncertain) - reported) <= len(lost)
        assert reported <= set(uncertain)
        missing = {
            chat.id: [question for question in self.asked[chat.id] if question not in self.heard(chat)]
            for chat in self.chats
        }
        questions = dict(self.bot.rows("SELECT m.id, t.question FROM messages m JOIN turns t ON t.id = m.turn_id"))
        chats = dict(self.bot.rows("SELECT id, chat_id FROM messages"))
        for row in uncertain:
            again = questions[row] in missing[chats[row]]
            admin.press_data(f"o:{row}:{'again' if again else 'dismiss'}")
        wait_until(self.bot.is_done, 60)
        for chat in self.chats:
            assert sorted(self.heard(chat)) == sorted(self.asked[chat.id])
        assert not self.bot.rows(
            "SELECT 1 FROM messages WHERE state = 'uncertain' AND parameters IS NOT NULL AND chat_id <> ?", ADMIN
        )


MOMENTS = (
    "getUpdates",
    "sendChatAction",
    "sendMessage",
    "random",
    "sendMessageDraft",
    "refused",
    "starting",
    "stopping",
)


@pytest.mark.parametrize("seed", [1, 2])
def test_48_kills_at_every_moment_lose_and_double_nothing(stub_bot: StubBot, seed: int) -> None:
    stub_bot.settings |= QUICK
    killer = Killer(stub_bot, lambda chat, number: f"pertanyaan {number} dari {chat}", seed)
    stub_bot.start()
    for number in range(48):
        killer.round(MOMENTS[number % len(MOMENTS)])
    killer.check()
    said = stub_bot.log.read_text(encoding="utf-8")
    assert said.count("KotaCerdas siap") >= 48
    assert TOKEN not in said
    assert "pertanyaan" not in said


TOPICS = (
    "Apa saja enam aspek kota cerdas?",
    "Masterplan smart city terdiri dari buku apa saja?",
    "Apakah SPBE sudah diganti Pemerintah Digital?",
)


def _asked_by_buttons(bot: BotProcess, chat: Chat) -> list[str]:
    """The questions that were answered in a chat. A real answer does not repeat its question; the data of its buttons
    says whose they are."""
    turns = [
        button["callback_data"].split(":")[1]
        for message in bot.api.messages(chat)
        for button in message.buttons[:1]
        if "callback_data" in button
    ]
    return [bot.rows("SELECT question FROM turns WHERE id = ?", turn)[0][0] for turn in turns]


def test_kills_of_the_real_process_lose_and_double_nothing(real_bot: BotProcess) -> None:
    bot = real_bot
    killer = Killer(bot, lambda chat, number: f"{TOPICS[number % 3][:-1]} nomor {number}?", 3)
    killer.heard = lambda chat: _asked_by_buttons(bot, chat)  # type: ignore[method-assign]
    bot.start()
    for moment in ("sendChatAction", "sendMessage", "refused", "random"):
        killer.round(moment)
    killer.check()
    said = bot.log.read_text(encoding="utf-8")
    assert TOKEN not in said
    assert "nomor" not in said
