"""What the admins' chat hears when something is wrong: once, and once more when it is over."""

from __future__ import annotations

import asyncio
import json
import socket
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.config import Config
from bot.database.connection import Database
from bot.database.tables import OutboxMessage
from bot.leads.office_hours import OfficeHours
from bot.leads.sla import Sla
from bot.operations.health import Probes, Searched
from bot.operations.watch import PROBLEMS, Watch
from bot.telegram.alerts import tell
from bot.texts import Language, copy_of
from bot.texts.operations import OperationsTexts
from knowledge.settings import DataSettings
from tests.bot.telegram import stub
from tests.bot.telegram.conftest import ADMIN, SECRET, StubBot, ask, wait_until

QUICK = {stub.WATCH: "0.2", stub.PACE: "0.02"}
REVOKED = "Telegram tidak mengenal TELEGRAM_BOT_TOKEN lagi"


def heard(bot: StubBot) -> list[str]:
    """What the admins' chat got so far."""
    return [call.params["text"] for call in bot.api.calls_of("sendMessage") if call.params["chat_id"] == ADMIN]


async def told(database: Database, standing: dict[str, str]) -> list[str]:
    """What the admins' chat is told for these problems."""

    def work(session: Session) -> list[str]:
        before = set(session.scalars(select(OutboxMessage.id)))
        tell(session, ADMIN, standing)
        rows = session.scalars(select(OutboxMessage).order_by(OutboxMessage.id))
        return [str(row.purpose) for row in rows if row.id not in before]

    return await database.run(work)


def test_a_failed_ingest_is_told_once_and_its_end_once(stub_bot: StubBot) -> None:
    stub_bot.settings |= QUICK
    word = stub_bot.data / "last_ingest.json"
    word.write_text(json.dumps({"failed": "folder <a> tidak ditemukan"}), encoding="utf-8")
    stub_bot.start()
    wait_until(lambda: heard(stub_bot), 5, "an alert")
    (alert,) = heard(stub_bot)
    assert "Ingest terakhir gagal: folder &lt;a&gt; tidak ditemukan" in alert
    # Neither a further look nor a restart tells it again.
    stub_bot.stop()
    stub_bot.start()
    stub_bot.wait_log("problem: ingest")
    word.write_text(json.dumps({"failed": None}), encoding="utf-8")
    wait_until(lambda: len(heard(stub_bot)) > 1, 5, "the end")
    assert heard(stub_bot)[1:] == ["✅ Sudah pulih: ingest pustaka."]


def test_a_library_that_does_not_answer_is_told(stub_bot: StubBot) -> None:
    stub_bot.settings |= QUICK
    stub_bot.start()
    (stub_bot.data / stub.CLOSED_LIBRARY).touch()
    wait_until(lambda: heard(stub_bot), 5, "an alert")
    assert "Pustaka tidak menjawab pencarian (RuntimeError)" in heard(stub_bot)[0]


def test_a_message_that_waits_too_long_is_told(stub_bot: StubBot) -> None:
    stub_bot.settings |= QUICK | {"KOTACERDAS_OPERATIONS__STUCK_MINUTES": "0.01"}
    api = stub_bot.start().api
    budi = api.private(7001)
    api.fail("sendMessage", times=-1, status=502, when=lambda params: params["chat_id"] == budi.id)
    ask(budi, "apa itu SPBE")
    wait_until(lambda: any("belum terkirim" in text for text in heard(stub_bot)), 5, "an alert")
    api.recover()
    wait_until(lambda: any("Sudah pulih: balasan" in text for text in heard(stub_bot)), 10, "the end")
    assert len([text for text in heard(stub_bot) if "belum terkirim" in text]) == 1


def test_a_nearly_full_disk_is_told_and_without_a_chat_logged(stub_bot: StubBot) -> None:
    stub_bot.settings |= QUICK | {
        "KOTACERDAS_OPERATIONS__MIN_FREE_MEGABYTES": "999999999",
        "KOTACERDAS_TELEGRAM__ADMIN_CHAT": "0",
    }
    stub_bot.start()
    stub_bot.wait_log("problem: disk")
    assert not heard(stub_bot)


def test_a_token_that_is_revoked_ends_the_bot_with_its_reason(stub_bot: StubBot) -> None:
    api = stub_bot.start().api
    budi = api.private(7001)
    ask(budi, "apa itu SPBE")
    budi.wait_reply()
    api.fail("*", times=-1, status=401)
    ask(budi, "apa itu masterplan")
    assert stub_bot.wait(20) == 1
    assert stub_bot.output.splitlines()[-1].startswith(REVOKED)
    # With a token that is known again, nothing is lost.
    api.recover()
    stub_bot.start()
    wait_until(lambda: len(budi.messages) == 2)


def test_a_bot_that_is_called_hears_of_it_too(stub_bot: StubBot) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = int(listening.getsockname()[1])
    stub_bot.settings |= QUICK | {
        "KOTACERDAS_TELEGRAM__WEBHOOK_URL": f"http://127.0.0.1:{port}/masuk",
        "KOTACERDAS_TELEGRAM__WEBHOOK_PORT": str(port),
        "TELEGRAM_WEBHOOK_SECRET": SECRET,
    }
    api = stub_bot.start().api
    api.fail("*", times=-1, status=401)
    assert stub_bot.wait(20) == 1
    assert stub_bot.output.splitlines()[-1].startswith(REVOKED)


def test_a_reply_that_meets_a_revoked_token_waits(stub_bot: StubBot) -> None:
    api = stub_bot.start().api
    budi = api.private(7001)
    api.fail("sendMessage", times=-1, status=401)
    ask(budi, "apa itu SPBE")
    assert stub_bot.wait(20) == 1
    assert REVOKED in stub_bot.output
    assert stub_bot.rows("SELECT state FROM messages") == [("waiting",)]
    api.recover()
    stub_bot.start()
    budi.wait_reply()


async def migrated(tmp_path: Path) -> Database:
    database = Database(tmp_path / "uji.sqlite")
    database.migrate()
    return database


def test_tells_a_problem_once_however_often_it_is_seen(tmp_path: Path) -> None:
    async def days() -> list[list[str]]:
        database = await migrated(tmp_path)
        course = [
            {"disk": "90 MB"},
            {"disk": "80 MB"},
            {"disk": "80 MB", "sla": "2"},
            {"sla": "3"},
            {},
            {},
            {"sla": "1"},
        ]
        found = [await told(database, standing) for standing in course]
        database.close()
        return found

    assert asyncio.run(days()) == [
        ["alert:disk"], [], ["alert:sla"], ["alert over:disk"], ["alert over:sla"], [], ["alert:sla"],
    ]  # fmt: skip


@pytest.mark.parametrize("language", ["id", "en"])
def test_every_problem_has_its_words(language: Language) -> None:
    copy = copy_of(OperationsTexts, language)
    assert set(copy.problems) == set(copy.problem_names) == set(PROBLEMS)


def test_a_long_reason_still_fits_into_a_message(tmp_path: Path) -> None:
    async def text() -> str:
        database = await migrated(tmp_path)
        await told(database, {"ingest": "<&>" * 5000})
        found = await database.run(lambda session: session.scalars(select(OutboxMessage)).one().parameters)
        database.close()
        return str((found or {})["text"])

    assert len(asyncio.run(text())) < 4096


def test_a_model_that_is_down_is_a_problem_until_it_is_back(tmp_path: Path) -> None:
    async def looks() -> list[list[str]]:
        database = await migrated(tmp_path)
        config = Config().model_copy(update={"data": DataSettings(dir=tmp_path)})
        library = cast("Searched", stub.StubLibrary(stub.Manifest(), stub.WordVectors()))
        probes = Probes(database, library, asyncio.to_thread, [])
        down: list[bool] = [False]
        watch = Watch(config, database, library, probes, Sla(config.sla, OfficeHours(config.office)), lambda: down[0])
        found = []
        for down[0] in (False, True, False):
            found.append([problem.name for problem in await watch.look()])
        database.close()
        return found

    assert asyncio.run(looks()) == [[], ["model"], []]


def test_a_background_task_that_ended_is_a_problem(tmp_path: Path) -> None:
    async def look() -> list[tuple[str, str]]:
        database = await migrated(tmp_path)
        library = cast("Searched", stub.StubLibrary(stub.Manifest(), stub.WordVectors()))
        ended, lasting = (
            asyncio.create_task(asyncio.sleep(pause), name=name) for pause, name in ((0, "timers"), (9, "beat"))
        )
        await ended
        health = await Probes(database, library, asyncio.to_thread, [ended, lasting]).check()
        lasting.cancel()
        database.close()
        return [(problem.name, problem.detail) for problem in health.problems]

    assert asyncio.run(look()) == [("tasks", "timers")]
