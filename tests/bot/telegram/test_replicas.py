"""Two processes on one PostgreSQL behind one webhook: a person cannot tell them from one, whichever
of them is killed or restarted."""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.orm import Session

from bot.conversation.draft import Draft, Point
from bot.database import changes, tables
from bot.database.answers import times_cited
from bot.database.board_tables import LeadNote
from bot.database.connection import Database
from bot.database.tables import Base
from bot.leads.office_hours import OfficeHours, OfficeSettings
from bot.leads.sla import Sla, SlaSettings
from knowledge import generation
from knowledge.retrieve import MIRROR_SECONDS
from knowledge.settings import PROJECT
from tests.bot.board import requests
from tests.bot.telegram import stub
from tests.bot.telegram.conftest import ADMIN, SECRET, START_SECONDS, StubBot, answers, ask, wait_until
from tests.bot.telegram.test_webhook import PATH, free_port
from tests.bot_api import BotApi, Person
from tests.chroma_server import ChromaServer
from tests.conftest import lend_model
from tests.postgres import MISSING, PostgresServer, programs

pytestmark = pytest.mark.skipif(programs() is None, reason=MISSING)


WEBHOOK_PORT = "KOTACERDAS_TELEGRAM__WEBHOOK_PORT"


class Replica(StubBot):
    """One of several processes: the webhook of its own port, the database of all."""

    @property
    def address(self) -> str:
        """Of the shared database."""
        return self.settings["KOTACERDAS_DATABASE__URL"]

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.address) as connection:
            return connection.execute(query.replace("?", "%s"), values).fetchall()


class Balancer(ThreadingHTTPServer):
    """Hands each request to the next process that takes it, as a load balancer does."""

    daemon_threads = True

    def __init__(self, ports: list[int]) -> None:
        self.turns = itertools.cycle([ports, ports[::-1]])
        super().__init__(("127.0.0.1", 0), _Forward)
        self.url = f"http://127.0.0.1:{self.server_port}{PATH}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """End it."""
        self.shutdown()
        self.server_close()


class Caddy:
    """The real one, with the file that compose.yaml gives it, in front of these ports of 127.0.0.1 and 127.0.0.2."""

    def __init__(self, folder: Path, health: int, ports: list[int]) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}/telegram"
        text = (PROJECT / "deploy" / "Caddyfile").read_text(encoding="utf-8")
        places = " ".join(f"127.0.0.{at}:{one}" for at, one in enumerate(ports, 1))
        for old, new in (("bot1:8080 bot2:8080", places), ("health_port 9464", f"health_port {health}")):
            assert text.count(old) == 1
            text = text.replace(old, new)
        file = folder / "Caddyfile"
        file.write_text(text.replace("{\n", "{\n\tadmin off\n", 1), encoding="utf-8")
        with (folder / "caddy.log").open("wb") as log:
            self._process = subprocess.Popen(
                ["caddy", "run", "--adapter", "caddyfile", "--config", str(file)],
                env=os.environ | {"DOMAIN": f"http://127.0.0.1:{port}", "HOME": str(folder)},
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
        wait_until(partial(_listens, port), 10, "a Caddy that listens")

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(10)


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


class _Forward(BaseHTTPRequestHandler):
    server: Balancer

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name: value for name, value in self.headers.items() if name.startswith("X-") or "Type" in name}
        for port in next(self.server.turns):
            try:
                answer = httpx.post(
                    f"http://127.0.0.1:{port}{PATH}", content=content, headers=headers, timeout=10, trust_env=False
                )
            except httpx.HTTPError:
                continue
            self.send_response(answer.status_code)
            self.end_headers()
            return
        self.send_error(502)

    def log_message(self, *_: object) -> None:
        """Silent."""


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    server = PostgresServer()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def chroma() -> Iterator[ChromaServer]:
    server = ChromaServer()
    yield server
    server.stop()


@pytest.fixture
def replicas(api: BotApi, tmp_path: Path, postgres: PostgresServer) -> Iterator[tuple[Replica, Replica]]:
    """Two processes, started."""
    with two_replicas(api, tmp_path, postgres.new_database()) as found:
        # Both at once: one of them migrates.
        found[0].start(ready=False)
        found[1].start()
        found[0].wait_ready()
        yield found


@contextmanager
def two_replicas(
    api: BotApi, tmp_path: Path, url: str, balance: Callable[[list[int]], Balancer | Caddy] = Balancer
) -> Iterator[tuple[Replica, Replica]]:
    """Two processes behind a balancer, each with a data directory of its own, not yet started."""
    ports = [free_port(), free_port()]
    balancer = balance(ports)
    found = []
    for port in ports:
        (tmp_path / str(port)).mkdir()
        settings = {
            "KOTACERDAS_DATABASE__URL": url,
            "KOTACERDAS_TELEGRAM__WEBHOOK_URL": balancer.url,
            WEBHOOK_PORT: str(port),
            "TELEGRAM_WEBHOOK_SECRET": SECRET,
            stub.PACE: "0",
        }
        found.append(Replica(api, tmp_path / str(port), settings))
    try:
        yield found[0], found[1]
    finally:
        for replica in found:
            replica.close()
        balancer.stop()


def people(api: BotApi, number: int) -> list[Person]:
    return [api.private(7001 + i) for i in range(number)]


def settled(replica: Replica) -> Callable[[], bool]:
    """Whether nothing waits any more."""

    def check() -> bool:
        try:
            return replica.is_done()
        except psycopg.Error:
            return False

    return check


def check_all_answered_once(replica: Replica, asked: dict[int, list[str]], officials: list[Person]) -> None:
    """In the order of the questions; what may have been sent twice was not sent again and is reported."""
    wait_until(settled(replica), 60, "an end")
    states = {
        (chat, question): state
        for chat, question, state in replica.rows(
            "SELECT m.chat_id, t.question, m.state FROM messages m JOIN turns t ON t.id = m.turn_id WHERE part = 0"
        )
    }
    assert len(states) == sum(map(len, asked.values()))
    for official in officials:
        questions, heard = asked[official.id], answers(official.messages)
        assert heard == [question for question in questions if question in heard]
        for question in questions:
            state = states[official.id, question]
            assert state == "uncertain" or (state == "sent" and question in heard), (official.id, question, state)


def test_a_conversation_whose_turns_alternate_is_one_conversation(replicas: tuple[Replica, Replica]) -> None:
    first = replicas[0]
    [siti] = people(first.api, 1)
    asked = [f"pertanyaan {number}" for number in range(12)]
    for question in asked:
        ask(siti, question)
    wait_until(lambda: answers(siti.messages) == asked)
    siti.say("/riwayat")
    siti.say("/riwayat")
    siti.wait_reply(2)
    shown = [str(message.buttons) for message in siti.messages[-2:]]
    assert all(question in text for question in asked[-5:] for text in shown)
    # Telegram may deliver twice, to each of them once.
    update = first.api.updates[max(first.api.updates)]
    assert [first.api.post_webhook(update, SECRET) for _ in range(4)] == [200] * 4
    time.sleep(0.3)
    assert len(siti.messages) == len(asked) + 2


def test_what_a_killed_process_was_thinking_of_is_answered_by_the_other(replicas: tuple[Replica, Replica]) -> None:
    first, second = replicas
    officials = people(first.api, 4)
    asked: dict[int, list[str]] = {official.id: [] for official in officials}
    for official in officials:
        for question in (f"{stub.SLOW} pertanyaan {official.id}", f"lalu {official.id}"):
            asked[official.id].append(question)
            ask(official, question)
    wait_until(lambda: len(first.rows("SELECT 1 FROM updates WHERE attempts = 1 AND state = 'open'")) == 4)
    first.kill()
    wait_until(settled(second), 60, "an end")
    for official in officials:
        assert answers(official.messages) == asked[official.id]


def test_kills_of_either_process_lose_and_double_nothing(replicas: tuple[Replica, Replica]) -> None:
    chance = random.Random(1)  # noqa: S311
    officials = people(replicas[0].api, 6)
    asked: dict[int, list[str]] = {official.id: [] for official in officials}
    for number in range(10):
        for official in chance.sample(officials, 4):
            question = f"pertanyaan {number} dari {official.id}"
            asked[official.id].append(question)
            ask(official, question)
        victim = chance.choice(replicas)
        wait_until(lambda: not replicas[0].rows("SELECT 1 FROM updates WHERE state = 'open' AND attempts >= 2"), 30)
        time.sleep(chance.uniform(0, 0.1))
        victim.kill()
        victim.start()
    check_all_answered_once(replicas[0], asked, officials)
    doubtful = "SELECT id FROM messages WHERE state = 'uncertain' AND chat_id > 100"
    admin = replicas[0].api.private(99)

    def reported() -> set[str]:
        return {m.text.split("Balasan ")[1].split()[0] for m in admin.messages if "Balasan " in m.text}

    wait_until(lambda: len(reported()) == len(replicas[0].rows(doubtful)), 30, "the reports")


def test_a_rolling_restart_under_load_loses_nothing(replicas: tuple[Replica, Replica]) -> None:
    officials = people(replicas[0].api, 8)
    asked: dict[int, list[str]] = {official.id: [] for official in officials}
    stop = threading.Event()

    def load() -> None:
        for number in itertools.count():
            for official in officials:
                if stop.is_set():
                    return
                question = f"pertanyaan {number} dari {official.id}"
                asked[official.id].append(question)
                ask(official, question)
                time.sleep(0.01)

    asking = threading.Thread(target=load)
    asking.start()
    for replica in replicas:
        time.sleep(0.5)
        assert replica.stop() == 0
        replica.start()
    stop.set()
    asking.join()
    check_all_answered_once(replicas[0], asked, officials)
    assert not replicas[0].rows("SELECT 1 FROM messages WHERE state = 'uncertain'")
    for official in officials:
        assert answers(official.messages) == asked[official.id]


@pytest.mark.skipif(not shutil.which("caddy"), reason="caddy is not on this machine")
def test_behind_caddy_a_process_that_dies_is_not_noticed(api: BotApi, tmp_path: Path, postgres: PostgresServer) -> None:
    """Siti asks through the proxy of compose.yaml; it hands out in turn, and one of the two dies in between."""
    health = free_port()
    with two_replicas(api, tmp_path, postgres.new_database(), partial(Caddy, tmp_path, health)) as replicas:
        for at, replica in enumerate(replicas, 1):
            replica.settings |= {
                "KOTACERDAS_TELEGRAM__WEBHOOK_LISTEN": f"127.0.0.{at}",
                "KOTACERDAS_OPERATIONS__LISTEN": f"127.0.0.{at}", "KOTACERDAS_OPERATIONS__PORT": str(health),
            }  # fmt: skip
            replica.start(ready=False)
        for replica in replicas:
            replica.wait_ready()
        [siti] = people(api, 1)
        asked = [f"pertanyaan {number}" for number in range(12)]
        for question in asked[:6]:
            ask(siti, question)
        wait_until(lambda: answers(siti.messages) == asked[:6], 30, "the answers")
        assert all("received" in replica.output for replica in replicas)
        replicas[0].kill()
        for question in asked[6:]:
            ask(siti, question)
        check_all_answered_once(replicas[1], {siti.id: asked}, [siti])
        replicas[0].start()

        def is_called_again() -> bool:
            ask(siti, "pertanyaan lagi")
            siti.wait_reply()
            return "received" in replicas[0].output

        wait_until(is_called_again, 30, "the first one's turn")
        figures = replicas[0].settings["KOTACERDAS_TELEGRAM__WEBHOOK_URL"].replace("/telegram", "/metrics")
        assert httpx.get(figures, trust_env=False).status_code == 404


def test_a_restart_of_the_database_loses_nothing(replicas: tuple[Replica, Replica], postgres: PostgresServer) -> None:
    officials = people(replicas[0].api, 4)
    asked: dict[int, list[str]] = {official.id: [] for official in officials}
    for number in range(20):
        for official in officials:
            question = f"pertanyaan {number} dari {official.id}"
            asked[official.id].append(question)
            ask(official, question)
        if number == 5:
            postgres.restart()
    check_all_answered_once(replicas[0], asked, officials)


def test_both_together_keep_the_pace_to_a_chat(api: BotApi, tmp_path: Path, postgres: PostgresServer) -> None:
    """Siti asks again as soon as she hears, and the other process answers: no two replies come too close."""
    pace = 0.5
    with two_replicas(api, tmp_path, postgres.new_database()) as replicas:
        for replica in replicas:
            replica.settings[stub.PACE] = str(pace)
            replica.start(ready=False)
        for replica in replicas:
            replica.wait_ready()
        [siti] = people(api, 1)
        for number in range(8):
            ask(siti, f"pertanyaan {number}")
            siti.wait_reply()
        assert all("sent" in replica.output for replica in replicas)
        times = sorted(call.at for call in api.calls_of("sendMessage", siti))
        gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
        assert min(gaps) > 0.9 * pace


def test_both_together_count_what_a_person_sends(api: BotApi, tmp_path: Path, postgres: PostgresServer) -> None:
    """Three messages are allowed; whichever of the two gets the fourth asks to slow down, once."""
    with two_replicas(api, tmp_path, postgres.new_database()) as replicas:
        for replica in replicas:
            replica.settings |= {
                "KOTACERDAS_LIMITS__MESSAGES_PER_PERSON": "3", "KOTACERDAS_LIMITS__WINDOW_SECONDS": "30"
            }  # fmt: skip
            replica.start(ready=False)
        for replica in replicas:
            replica.wait_ready()
        siti, budi = people(api, 2)
        # Too far from each other for one question, and not so old that they have waited for the bot.
        just_now = int(time.time()) - 40
        for number in range(8):
            siti.say(f"pertanyaan {number}", just_now + 4 * number)
        wait_until(settled(replicas[0]), 30, "an end")
        assert answers(siti.messages) == [f"pertanyaan {number}" for number in range(3)]
        [told] = [message.text for message in siti.messages if "pertanyaan" not in message.text]
        assert "detik" in told
        budi.say("apa kabar")
        assert answers([budi.wait_reply()]) == ["apa kabar"]


BANJIR = (
    "# Panduan Banjir Kabupaten Wanasari\n\n## Sirene banjir\nSirene banjir di Kabupaten Wanasari dibunyikan "
    "ketika tinggi muka air sungai melewati tujuh meter.\n"
)


@dataclass
class ThirdMachine:
    """Where an admin ingests, beside the two that serve; Siti asks those."""

    data: Path
    documents: Path
    servers: dict[str, str]
    replicas: tuple[Replica, Replica]
    siti: Person

    def ingests(self) -> None:
        """`python ingest.py dokumen`."""
        command = [sys.executable, "ingest.py", str(self.documents), "--data", str(self.data)]
        done = subprocess.run(
            command, cwd=PROJECT, env=os.environ | self.servers, check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr

    def hears(self, times: int) -> int:
        """Siti asks so often, each time the process whose turn it is; returns how many answers know it."""
        before = len(self.siti.messages)
        for _ in range(times):
            ask(self.siti, "Kapan sirene banjir di Kabupaten Wanasari dibunyikan?")
        wait_until(lambda: len(self.siti.messages) >= before + times, 60, "the answers")
        wait_until(settled(self.replicas[0]), 60, "an end")
        return sum("tujuh meter" in message.text for message in self.siti.messages[before:])

    def operators_see(self, path: str) -> list[httpx.Response]:
        """What each process answers its operators."""
        ports = [replica.settings["KOTACERDAS_OPERATIONS__PORT"] for replica in self.replicas]
        return [httpx.get(f"http://127.0.0.1:{port}{path}", trust_env=False, timeout=15) for port in ports]


@pytest.fixture
def third_machine(
    api: BotApi, tmp_path: Path, postgres: PostgresServer, chroma: ChromaServer, library_data: Path
) -> Iterator[ThirdMachine]:
    """Three machines with the model, one Chroma server and one PostgreSQL; nothing is started."""
    servers = {"KOTACERDAS_DATABASE__URL": postgres.new_database(), "KOTACERDAS_INDEX__CHROMA": chroma.url}
    for name in ("ketiga", "dokumen"):
        (tmp_path / name).mkdir()
    lend_model(library_data, tmp_path / "ketiga")
    with two_replicas(api, tmp_path, servers["KOTACERDAS_DATABASE__URL"]) as replicas:
        for replica in replicas:
            lend_model(library_data, replica.data)
            replica.settings |= {**servers, stub.THINKS: "1", stub.WATCH: "0.5"}
            replica.settings["KOTACERDAS_OPERATIONS__PORT"] = str(free_port())
        yield ThirdMachine(tmp_path / "ketiga", tmp_path / "dokumen", servers, replicas, people(api, 1)[0])


def test_an_ingest_elsewhere_reaches_both_while_they_answer_and_an_outage_of_the_vectors_is_survived(
    third_machine: ThirdMachine, chroma: ChromaServer, api: BotApi
) -> None:
    """Siti asks without pause. An admin ingests on a third machine; seconds later both processes know it. Then
    the Chroma server dies: her questions are still answered, and the admins are told."""
    there, replicas, admin = third_machine, third_machine.replicas, api.chats[ADMIN]
    replicas[0].start(ready=False)
    assert replicas[0].wait(START_SECONDS) == 2
    assert "Pustaka masih kosong" in replicas[0].output
    there.ingests()
    for replica in replicas:
        replica.start(ready=False)
    for replica in replicas:
        replica.wait_ready()
    assert there.hears(2) == 0

    (there.documents / "banjir.md").write_text(BANJIR, encoding="utf-8")
    ingesting = threading.Thread(target=there.ingests)
    ingesting.start()
    while ingesting.is_alive():
        there.hears(2)
    ingesting.join()
    time.sleep(2 * MIRROR_SECONDS)
    assert {generation.current(replica.data) for replica in replicas} == {generation.current(there.data)}
    # The first question opens it beside the questions, and none waits for that.
    wait_until(lambda: there.hears(6) == 6, 30, "that both know it")
    assert there.hears(6) == 6

    chroma.kill()
    try:
        assert there.hears(6) == 6
        told = [f"[{socket.gethostname()}:{replica.settings[WEBHOOK_PORT]}]" for replica in replicas]
        for place in told:
            wait_until(lambda: [m for m in admin.messages if place in m.text and chroma.url in m.text], 30, "an alert")  # noqa: B023
        assert [answer.status_code for answer in there.operators_see("/healthz")] == [200, 200]
        wait_until(
            lambda: all('kotacerdas_problem{name="index"} 1.0' in a.text for a in there.operators_see("/metrics"))
        )
    finally:
        chroma.start()
    wait_until(lambda: len(admin.messages) >= 4, 30, "the ends")
    time.sleep(2)
    assert len(admin.messages) == 4
    assert all(any("Sudah pulih" in m.text and place in m.text for m in admin.messages) for place in told)


def test_of_two_that_ask_telegram_themselves_the_second_is_refused(replicas: tuple[Replica, Replica]) -> None:
    for replica in replicas:
        assert replica.stop() == 0
        del replica.settings["KOTACERDAS_TELEGRAM__WEBHOOK_URL"]
    first, second = replicas
    first.start()
    second.start(ready=False)
    assert second.wait() == 2
    assert "memerlukan telegram.webhook_url" in second.output


def test_citations_are_counted_as_on_sqlite(postgres: PostgresServer, tmp_path: Path) -> None:
    async def counted(url: str) -> dict[str, int]:
        database = Database(tmp_path / "hitung.sqlite", url)
        database.migrate()

        def fill(session: Session) -> None:
            session.add(tables.Person(id=7))
            session.flush()
            for cited in ((), ("a",), ("a", "b", "b")):
                draft = {"citations": [{"document": name} for name in cited]}
                session.add(
                    tables.Turn(
                        person_id=7, chat_id=7, parts=[], question="x", kind="answer", draft=draft,
                        engine="extractive", generation="g", received_at=tables.now(),
                    )
                )  # fmt: skip

        await database.run(fill)
        found = await database.run(times_cited)
        await database.alone.close()
        database.close()
        return found

    assert asyncio.run(counted(postgres.new_database())) == asyncio.run(counted("")) == {"a": 2, "b": 1}


def test_open_pages_of_the_board_hear_of_changes(postgres: PostgresServer, tmp_path: Path) -> None:
    database = Database(tmp_path / "unused", postgres.new_database())
    database.migrate()

    def begin(session: Session) -> tables.Lead:
        requests.enrol(session)
        sla = Sla(SlaSettings(), OfficeHours(OfficeSettings()))
        return requests.request(
            session, requests.SAMPLES[0], lambda question: Draft("handover", "id", Point("", ())), sla
        )

    def note(session: Session, lead: int) -> None:
        session.add(LeadNote(lead_id=lead, author=1, author_name="Rina", text="Catatan"))

    async def heard() -> list[list[str]]:
        before = await database.run(changes.mark)
        lead = await database.run(begin)
        found = [await database.run(lambda session: changes.changed_since(session, before))]
        between = await database.run(changes.mark)
        await database.run(lambda session: note(session, lead.id))
        found.append(await database.run(lambda session: changes.changed_since(session, between)))
        await database.alone.close()
        return [["it" if token == lead.token else token for token in tokens] for tokens in found]

    assert asyncio.run(heard()) == [["it"], ["it"]]
    database.close()


def test_models_and_migrated_tables_agree(postgres: PostgresServer, tmp_path: Path) -> None:
    database = Database(tmp_path / "unused", postgres.new_database())
    database.migrate()
    with database._engine.connect() as connection:
        assert not compare_metadata(MigrationContext.configure(connection), Base.metadata)
    database.close()
