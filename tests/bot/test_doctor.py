"""The check-up: each problem is found and names its remedy; exit codes; nothing is changed."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from bot.__main__ import main
from bot.config import Config
from bot.database.connection import Database, process_lock
from bot.doctor import bot_api, database, library, machine
from bot.doctor.finding import Finding
from bot.doctor.postgres import check as postgres_check
from bot.texts import copy_of
from bot.texts.doctor import DoctorTexts
from knowledge import generation
from knowledge.generation import ingest_lock
from tests.bot_api import TOKEN, BotApi
from tests.postgres import MISSING, PostgresServer, programs


@pytest.fixture
def data(tmp_path: Path, library_data: Path) -> Path:
    """A data directory with a library and a database."""
    folder = tmp_path / "data"
    shutil.copytree(library_data / "index", folder / "index")
    (folder / "models").symlink_to(library_data / "models")
    made = Database(folder / "kotacerdas.sqlite")
    made.migrate()
    made.close()
    return folder


@pytest.fixture
def telegram(monkeypatch: pytest.MonkeyPatch) -> Iterator[BotApi]:
    """The Bot API with a token in the environment."""
    with BotApi() as api:
        monkeypatch.setenv("TELEGRAM_BOT_TOKEN", TOKEN)
        monkeypatch.setenv("KOTACERDAS_TELEGRAM__BASE_URL", f"{api.url}/bot")
        monkeypatch.setenv("KOTACERDAS_TELEGRAM__ADMINS", "[99]")
        yield api


def what(findings: list[Finding]) -> dict[str, str]:
    return {finding.check: finding.what for finding in findings}


def test_a_well_kept_installation_has_no_problem(
    data: Path, telegram: BotApi, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", "--json", "--data", str(data)]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["ok"]
    found = {finding["check"]: finding["what"] for finding in record["findings"]}
    assert ("token", "token_ok") in found.items()
    assert found["index"] == "index_ok"
    assert found["migrations"] == "migrations_ok"
    assert found["clock"] == "clock_ok"
    assert found["process"] == "process_none"


def test_runs_without_a_token_and_says_so(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("TELEGRAM_BOT_TOKEN", raising=False)
    assert main(["doctor", "--data", str(data)]) == 0
    printed = capsys.readouterr().out
    assert "TELEGRAM_BOT_TOKEN tidak diisi" in printed
    assert "Tidak ada masalah." in printed


def test_a_mistake_in_the_settings_is_told_with_its_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[library]\nfoldres = []\n")
    assert main(["doctor", "--config", str(file)]) == 1
    assert "foldres" in capsys.readouterr().out


def test_an_empty_folder_has_an_empty_library(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--data", str(tmp_path / "kosong")]) == 1
    assert "Jalankan: python ingest.py" in capsys.readouterr().out
    assert not (tmp_path / "kosong").exists()


def lose_the_pointer(data: Path) -> None:
    (data / "index" / "CURRENT").unlink()


def break_the_manifest(data: Path) -> None:
    (data / "index" / str(generation.current(data)) / "manifest.json").write_text("{")


def break_the_store(data: Path) -> None:
    file = data / "index" / str(generation.current(data)) / "chroma" / "chroma.sqlite3"
    file.write_bytes(b"rusak" * 5000)


def empty_the_vectors(data: Path) -> None:
    for file in (data / "index" / str(generation.current(data)) / "chroma").rglob("data_level0.bin"):
        file.write_bytes(b"")


def cut_the_words(data: Path) -> None:
    folder = data / "index" / str(generation.current(data)) / "lexical"
    os.truncate(folder / "corpus.jsonl", (folder / "corpus.jsonl").stat().st_size // 2)


def lose_the_model(data: Path) -> None:
    (data / "models").unlink()


def break_the_decisions(data: Path) -> None:
    (data / "decisions.json").write_text("{")


@pytest.mark.parametrize(
    ("harm", "check", "found"),
    [
        (lose_the_pointer, "generation", "pointer_lost"),
        (break_the_manifest, "generation", "manifest_broken"),
        (break_the_store, "index", "index_broken"),
        (empty_the_vectors, "index", "index_broken"),
        (cut_the_words, "index", "index_broken"),
        (lose_the_model, "model", "model_unprepared"),
        (break_the_decisions, "decisions", "decisions_broken"),
    ],
)
def test_each_harm_to_the_library_is_found(data: Path, harm: Callable[[Path], None], check: str, found: str) -> None:
    harm(data)
    findings = list(library.check(Config.load(data_dir=data)))
    assert what(findings)[check] == found
    copy = copy_of(DoctorTexts, "id")
    assert all(finding.remedy(copy) for finding in findings if finding.state == "problem")


def test_a_running_ingest_is_named(data: Path) -> None:
    with ingest_lock(data, "Bu Siti"):
        found = list(library.check(Config.load(data_dir=data)))
    assert "Bu Siti" in next(f for f in found if f.check == "ingest").said(copy_of(DoctorTexts, "id"))


def change(data: Path, statement: str) -> None:
    with closing(sqlite3.connect(data / "kotacerdas.sqlite")) as connection, connection:
        connection.execute(statement)


@pytest.mark.parametrize(
    ("statement", "check", "found"),
    [
        ("UPDATE alembic_version SET version_num = '9999'", "migrations", "migrations_newer"),
        ("UPDATE alembic_version SET version_num = '0001'", "migrations", "migrations_older"),
        ("DROP TABLE alembic_version", "migrations", "migrations_none"),
    ],
)
def test_the_version_of_the_tables_is_checked(data: Path, statement: str, check: str, found: str) -> None:
    change(data, statement)
    assert what(list(database.check(data / "kotacerdas.sqlite")))[check] == found


def test_a_damaged_database_and_one_in_use_are_told_apart(data: Path) -> None:
    file = data / "kotacerdas.sqlite"
    with process_lock(file):
        assert what(list(database.check(file)))["process"] == "process_runs"
    file.write_bytes(b"bukan basis data" * 500)
    findings = list(database.check(file))
    assert what(findings)["database"] == "database_damaged"
    assert "restore" in findings[0].remedy(copy_of(DoctorTexts, "id"))


def test_a_wrong_token_and_an_unreachable_api_are_told_apart(telegram: BotApi, data: Path) -> None:
    settings = Config.load(data_dir=data).telegram
    assert ("token", "token_refused") in what(list(bot_api.check(settings, "1:SALAH", ""))).items()
    nowhere = settings.model_copy(update={"base_url": "http://127.0.0.1:9/bot"})
    unreachable = list(bot_api.check(nowhere, TOKEN, ""))
    assert ("token", "api_unreachable") in what(unreachable).items()
    assert TOKEN not in unreachable[0].said(copy_of(DoctorTexts, "id"))


def test_the_webhook_is_compared_with_the_settings(telegram: BotApi, data: Path) -> None:
    settings = Config.load(data_dir=data).telegram
    telegram.webhook = {"url": "https://lain.example/hook", "last_error_message": "Connection refused"}
    assert what(list(bot_api.check(settings, TOKEN, "")))["webhook"] == "webhook_left"
    ours = settings.model_copy(update={"webhook_url": "https://lain.example/hook"})
    assert what(list(bot_api.check(ours, TOKEN, "")))["webhook"] == "webhook_no_secret"
    assert what(list(bot_api.check(ours, TOKEN, "rahasia")))["webhook"] == "webhook_failing"
    telegram.webhook = {"url": ""}
    assert what(list(bot_api.check(ours, TOKEN, "rahasia")))["webhook"] == "webhook_other"


@pytest.mark.parametrize(("by", "found"), [(-600, "clock_slow"), (600, "clock_fast"), (5, "clock_ok")])
def test_a_wrong_clock_is_found(
    telegram: BotApi, data: Path, monkeypatch: pytest.MonkeyPatch, by: float, found: str
) -> None:
    now = time.time
    monkeypatch.setattr("bot.doctor.bot_api.time.time", lambda: now() + by)
    assert what(list(bot_api.check(Config.load(data_dir=data).telegram, TOKEN, "")))["clock"] == found


def test_a_full_disk_and_missing_tools_are_found(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda path: shutil._ntuple_diskusage(10**10, 10**10, 10**6))
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert what(list(machine.check(data))) == {"disk": "disk_full", "ocr": "ocr_none"}


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    if programs() is None:
        pytest.skip(MISSING)
    server = PostgresServer()
    yield server
    server.stop()


def test_a_shared_database_is_looked_at_on_its_server(postgres: PostgresServer, tmp_path: Path) -> None:
    url = postgres.new_database()
    assert what([*postgres_check(url)])["migrations"] == "migrations_empty"
    made = Database(tmp_path / "unused", url)
    made.migrate()
    made.close()
    found = what([*postgres_check(url)])
    assert found == {
        "database": "postgres_ok", "migrations": "migrations_ok", "connections": "connections_ok",
        "database_disk": "disk_ok",
    }  # fmt: skip
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    assert what([*postgres_check(url)])["migrations"] == "migrations_newer"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE milik_orang_lain (id int); DELETE FROM alembic_version")
    assert what([*postgres_check(url)])["migrations"] == "migrations_none"


@pytest.mark.parametrize(
    "url", ["postgresql://kotacerdas:sandi-rahasia@127.0.0.1:1/kotacerdas", "postgresql://:bukan-angka/", "apa saja"]
)
def test_a_shared_database_that_is_away_is_a_problem_and_its_password_is_told_to_nobody(
    url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KOTACERDAS_DATABASE__URL", url)
    assert main(["doctor", "--data", str(tmp_path)]) == 1
    printed = capsys.readouterr().out
    assert "PostgreSQL di database.url tidak dapat dipakai" in printed
    assert "sandi-rahasia" not in printed


def test_servers_of_a_shared_library_that_are_away_are_a_problem(
    data: Path, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KOTACERDAS_DATABASE__URL", postgres.new_database())
    monkeypatch.setenv("KOTACERDAS_INDEX__CHROMA", "http://127.0.0.1:1")
    [found] = library.check(Config.load(data_dir=data))
    assert (found.check, found.state, found.what) == ("servers", "problem", "servers_unreachable")
    assert "http://127.0.0.1:1" in str(found.values)
