"""What a load balancer and Prometheus see of a running bot."""

from __future__ import annotations

import socket
import sqlite3
import time
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from tests.bot.operations.conftest import Watched
from tests.bot.telegram import stub
from tests.bot.telegram.conftest import StubBot, ask, wait_until

QUICK = {stub.WATCH: "0.1", stub.PACE: "0.02"}


def test_is_ready_when_the_library_answers_and_the_database_writes(watched: Watched) -> None:
    watched.bot.start()
    code, health = watched.healthz()
    assert code == 200
    assert (health["status"], health["problems"], health["generation"]) == ("ready", [], "generasi-uji")
    assert watched.get("/livez").status_code == 200
    assert not watched.bot.rows("SELECT id FROM updates")


def test_is_unavailable_while_a_search_fails_and_ready_again_after(watched: Watched) -> None:
    watched.bot.settings |= QUICK
    watched.bot.start()
    closed = watched.bot.data / stub.CLOSED_LIBRARY
    closed.touch()
    wait_until(lambda: watched.healthz()[0] == 503, 5, "503")
    assert watched.healthz()[1]["problems"] == [{"name": "search", "detail": "RuntimeError"}]
    assert watched.get("/livez").status_code == 200
    assert watched.value('kotacerdas_problem{name="search"}') == 1
    assert watched.value("kotacerdas_ready") == 0
    closed.unlink()
    wait_until(lambda: watched.healthz()[0] == 200, 5, "200")


def test_is_unavailable_while_the_database_does_not_write(watched: Watched) -> None:
    watched.bot.settings |= QUICK
    watched.bot.start()
    watched.bot.change(
        "CREATE TRIGGER full BEFORE INSERT ON updates BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
    )
    wait_until(lambda: watched.problems() == ["database"], 5, "the problem")
    # The figures are still there, those of the database as they were.
    assert watched.value('kotacerdas_problem{name="database"}') == 1
    watched.bot.change("DROP TRIGGER full")
    wait_until(lambda: watched.healthz()[0] == 200, 5, "200")


def test_many_who_ask_cost_one_probe(watched: Watched) -> None:
    watched.bot.start()
    watched.healthz()
    (watched.bot.data / stub.CLOSED_LIBRARY).touch()
    # For ten seconds the answer stands.
    assert {watched.healthz()[0] for _ in range(20)} == {200}


def test_counts_turns_waits_and_calls_without_naming_anybody(watched: Watched) -> None:
    watched.bot.settings |= QUICK
    api = watched.bot.start().api
    budi = api.private(700112233, "Budi Rahasia")
    ask(budi, "apa itu SPBE")
    budi.wait_reply()
    wait_until(watched.bot.is_done)
    assert watched.value('kotacerdas_turns_total{engine="extractive",kind="answer"}') == 1
    assert watched.value("kotacerdas_inbox_wait_seconds_count") == 1
    assert watched.value("kotacerdas_outbox_wait_seconds_count") == 1
    assert watched.value('kotacerdas_telegram_responses_total{method="sendMessage",status="200"}') == 1
    assert watched.value('kotacerdas_telegram_call_seconds_count{method="sendMessage"}') == 1
    assert watched.value('kotacerdas_inbox_updates{state="open"}') == 0
    assert watched.value('kotacerdas_generation_info{generation="generasi-uji"}') == 1
    written = watched.get("/metrics").text
    assert not [word for word in ("700112233", "Budi", "SPBE", "12345:TEST") if word in written]


def test_every_label_is_one_of_a_short_list(watched: Watched) -> None:
    """What people send must not be able to grow the number of series."""
    watched.bot.settings |= QUICK
    api = watched.bot.start().api
    people = [api.private(7001 + number) for number in range(5)]
    for person in people:
        ask(person, f"pertanyaan dari {person.id}")
        person.wait_reply()
    watched.get("/metrics")
    before = series(watched)
    for person in people:
        ask(person, f"hal lain {person.id}")
    wait_until(lambda: sum(len(person.messages) for person in people) == 10)
    wait_until(watched.bot.is_done)
    assert series(watched) == before


def series(watched: Watched) -> set[str]:
    lines = watched.get("/metrics").text.splitlines()
    return {line.rpartition(" ")[0] for line in lines if not line.startswith("#")}


def test_shows_429_and_what_waits(watched: Watched) -> None:
    watched.bot.settings |= QUICK
    api = watched.bot.start().api
    budi = api.private(7001)
    api.fail("sendMessage", retry_after=60)
    ask(budi, "apa itu SPBE")
    wait_until(lambda: watched.value('kotacerdas_outbox_messages{state="waiting"}') == 1, 5, "the message that waits")
    assert watched.value('kotacerdas_telegram_responses_total{method="sendMessage",status="429"}') == 1
    age = watched.value("kotacerdas_outbox_oldest_seconds")
    time.sleep(0.3)
    assert watched.value("kotacerdas_outbox_oldest_seconds") >= age + 0.25


def test_speaks_the_format_of_prometheus(watched: Watched) -> None:
    watched.bot.start()
    response = watched.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain; version=")
    families = list(text_string_to_metric_families(response.text))
    own = [family for family in families if family.name.startswith("kotacerdas_")]
    assert len(own) > 20
    assert not [family.name for family in own if not family.documentation]


def test_is_not_served_unless_the_settings_say_so(stub_bot: StubBot) -> None:
    stub_bot.settings["KOTACERDAS_BOARD__ENABLED"] = "false"
    stub_bot.start()
    process = Path("/proc") / str(stub_bot.pid)
    opened = {str(file.readlink()) for file in (process / "fd").iterdir() if file.is_symlink()}
    listening = [row.split() for row in (process / "net/tcp").read_text().splitlines()[1:] if row.split()[3] == "0A"]
    assert not [row for row in listening if f"socket:[{row[9]}]" in opened]


def test_a_taken_port_ends_the_start(watched: Watched) -> None:
    with socket.create_server(("127.0.0.1", watched.port)):
        watched.bot.start(ready=False)
        assert watched.bot.wait() == 2
    assert f"Alamat operations 127.0.0.1:{watched.port} tidak dapat dipakai" in watched.bot.output
    assert "Traceback" not in watched.bot.output


def test_answers_while_the_database_is_held_by_another(watched: Watched) -> None:
    """A backup that locks the file must not make an orchestrator kill the bot."""
    watched.bot.start()
    with sqlite3.connect(watched.bot.database, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        assert watched.get("/livez").status_code == 200
        other.execute("ROLLBACK")
    other.close()
