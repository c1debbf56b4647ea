"""The webhook of a running bot: who may knock, and when Telegram hears that an update is kept."""

from __future__ import annotations

import json
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.bot.telegram import stub
from tests.bot.telegram.conftest import SECRET, BotProcess, StubBot, answers, ask, wait_until
from tests.bot_api import Person

PATH = "/telegram/masuk"
HEADER = "X-Telegram-Bot-Api-Secret-Token"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@pytest.fixture
def web_bot(stub_bot: StubBot) -> Iterator[StubBot]:
    """A bot that Telegram calls, not yet started."""
    port = free_port()
    stub_bot.settings |= {
        "KOTACERDAS_TELEGRAM__WEBHOOK_URL": f"http://127.0.0.1:{port}{PATH}",
        "KOTACERDAS_TELEGRAM__WEBHOOK_PORT": str(port),
        "TELEGRAM_WEBHOOK_SECRET": SECRET,
        stub.PACE: "0.02",
    }
    yield stub_bot


def url(bot: StubBot) -> str:
    return bot.settings["KOTACERDAS_TELEGRAM__WEBHOOK_URL"]


def post(bot: StubBot, content: bytes, secret: str | None = SECRET) -> int:
    headers = {HEADER: secret} if secret is not None else {}
    return httpx.post(url(bot), content=content, headers=headers, timeout=10, trust_env=False).status_code


def an_update(person: Person, text: str, number: int = 900_000_000) -> dict[str, object]:
    message = {"message_id": number, "date": int(time.time()), "chat": person.json, "from": person.user, "text": text}
    return {"update_id": number, "message": message}


def test_questions_come_through_the_webhook_in_order(web_bot: StubBot) -> None:
    api = web_bot.start().api
    budi, siti = api.private(7001), api.private(7002, "Siti")
    asked = [f"pertanyaan {number}" for number in range(5)]
    for question in asked:
        ask(budi, question)
        ask(siti, question)
    wait_until(lambda: len(budi.messages) == len(siti.messages) == 5)
    assert answers(budi.messages) == answers(siti.messages) == asked
    assert api.webhook["secret_token"] == SECRET
    assert set(api.webhook["allowed_updates"]) >= {"message", "edited_message", "callback_query"}
    assert not api.calls_of("getUpdates")


def test_the_same_update_is_answered_once(web_bot: StubBot) -> None:
    api = web_bot.start().api
    budi = api.private(7001)
    number = ask(budi, f"{stub.SLOW} pertanyaan")
    api.wait_calls("sendChatAction", 1, budi)
    for _ in range(3):
        assert api.post_webhook(api.updates[number], SECRET) == 200
    budi.wait_reply()
    assert api.post_webhook(api.updates[number], SECRET) == 200
    ask(budi, "pertanyaan lain")
    wait_until(lambda: len(budi.messages) == 2)
    assert answers(budi.messages) == [f"{stub.SLOW} pertanyaan", "pertanyaan lain"]


@pytest.mark.parametrize("secret", [None, "", "salah", f"{SECRET}x", SECRET.upper(), "é"])
def test_who_does_not_know_the_secret_is_refused(web_bot: StubBot, secret: str | None) -> None:
    api = web_bot.start().api
    headers = {HEADER: secret.encode("latin-1")} if secret is not None else {}
    update = json.dumps(an_update(api.private(7001), "apa itu SPBE")).encode()
    response = httpx.post(url(web_bot), content=update, headers=headers, trust_env=False)  # type: ignore[arg-type]
    assert response.status_code == 403
    assert not web_bot.rows("SELECT id FROM updates")


def test_what_is_no_update_is_refused_and_harms_nothing(web_bot: StubBot) -> None:
    api = web_bot.start().api
    budi = api.private(7001)
    for content in (
        b"",
        b"{",
        b"[]",
        b"null",
        b"7",
        b'"apa"',
        b"{}",
        b"\xff\xfe",
        b'{"update_id": "satu"}',
        b"[" * 100_000,
    ):
        assert post(web_bot, content) == 400, content[:30]
    for content in (b'{"update_id": 1, "message": {}}', b'{"update_id": 1, "message": 5}', b'{"update_id": true}'):
        assert post(web_bot, content) == 400, content
    assert not web_bot.rows("SELECT id FROM updates")
    assert httpx.get(url(web_bot), trust_env=False).status_code == 405
    assert httpx.post(url(web_bot) + "x", trust_env=False).status_code == 404
    ask(budi, "apa itu SPBE")
    budi.wait_reply()
    assert "Traceback" not in web_bot.output


def test_telegram_hears_200_only_when_the_update_is_stored(web_bot: StubBot) -> None:
    api = web_bot.start().api
    budi = api.private(7001)
    statuses: list[int] = []
    update = json.dumps(an_update(budi, "apa itu SPBE")).encode()
    caller = threading.Thread(target=lambda: statuses.append(post(web_bot, update)))
    with sqlite3.connect(web_bot.database, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        caller.start()
        time.sleep(0.5)
        assert not statuses
        other.execute("ROLLBACK")
    other.close()
    caller.join(10)
    web_bot.kill()
    assert statuses == [200]
    assert web_bot.rows("SELECT id FROM updates") == [(900_000_000,)]
    web_bot.start()
    wait_until(lambda: budi.messages or web_bot.rows("SELECT 1 FROM messages WHERE state = 'uncertain'"))


def test_kill_9_at_any_moment_loses_nothing(web_bot: StubBot) -> None:
    api = web_bot.start().api
    people = [api.private(7001 + number) for number in range(4)]
    asked = [f"pertanyaan {number}" for number in range(12)]
    for number, question in enumerate(asked):
        for person in people:
            ask(person, question)
        web_bot.spare()
        time.sleep(0.013 * number)
        web_bot.kill()
        web_bot.start(ready=number % 3 > 0)
    wait_until(web_bot.is_done, 20)
    uncertain = web_bot.rows("SELECT chat_id FROM messages WHERE state = 'uncertain' AND turn_id IS NOT NULL")
    for person in people:
        heard = answers(person.messages)
        assert heard == [question for question in asked if question in heard]
        assert len(asked) - len(heard) <= uncertain.count((person.id,))


def test_stops_in_seconds_while_a_caller_does_not_finish(web_bot: StubBot) -> None:
    web_bot.start()
    port = int(web_bot.settings["KOTACERDAS_TELEGRAM__WEBHOOK_PORT"])
    with socket.create_connection(("127.0.0.1", port)) as half:
        half.sendall(
            f"POST {PATH} HTTP/1.1\r\nHost: a\r\n{HEADER}: {SECRET}\r\nContent-Length: 99\r\n\r\n".encode() + b"{"
        )
        time.sleep(0.2)
        assert web_bot.stop(8) == 0


def test_goes_on_trying_to_set_the_webhook(web_bot: StubBot) -> None:
    api = web_bot.api
    api.fail("setWebhook", status=502)
    api.fail("setWebhook", drop=True)
    web_bot.start()
    budi = api.private(7001)
    ask(budi, "apa itu SPBE")
    budi.wait_reply()
    assert len(api.calls_of("setWebhook")) == 3


def test_a_webhook_that_telegram_refuses_ends_the_start(web_bot: StubBot) -> None:
    web_bot.api.fail("setWebhook", status=400)
    web_bot.start(ready=False)
    assert web_bot.wait() == 2
    assert "Telegram menolak" in web_bot.output
    assert "Traceback" not in web_bot.output


def test_a_taken_port_ends_the_start(web_bot: StubBot) -> None:
    port = int(web_bot.settings["KOTACERDAS_TELEGRAM__WEBHOOK_PORT"])
    with socket.create_server(("127.0.0.1", port)):
        web_bot.start(ready=False)
        assert web_bot.wait() == 2
    assert f"127.0.0.1:{port} tidak dapat dipakai" in web_bot.output
    assert "Traceback" not in web_bot.output


@pytest.mark.parametrize("secret", ["", "dua kata", "tanda!"])
def test_refuses_to_start_without_a_secret(web_bot: StubBot, secret: str) -> None:
    bot = BotProcess(web_bot.api, web_bot.data, web_bot.settings | {"TELEGRAM_WEBHOOK_SECRET": secret})
    try:
        bot.start(ready=False)
        assert bot.wait(60) == 2
        assert bot.output.strip().splitlines() == [
            "telegram.webhook_url terisi, tetapi TELEGRAM_WEBHOOK_SECRET tidak: isi dengan huruf, angka, _ atau -."
        ]
    finally:
        bot.close()
    assert not web_bot.api.calls
