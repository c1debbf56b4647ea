"""Several people write at the same moment; what each of them wrote is kept or refused for itself."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.database.connection import Database

Work = Callable[[Session], Any]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A database with one table, in which no number stands twice."""
    path = tmp_path / "kotacerdas.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE said (number INTEGER PRIMARY KEY)")
    return path


@pytest.fixture
def database(file: Path) -> Iterator[Database]:
    """That database, open."""
    opened = Database(file)
    yield opened
    opened.close()


def say(number: int) -> Work:
    """A piece of work that keeps a number and returns it."""

    def work(session: Session) -> int:
        session.execute(text("INSERT INTO said VALUES (:number)"), {"number": number})
        return number

    return work


def at_once(database: Database, *works: Work) -> list[Any]:
    """What comes of works that wait while another one runs: results, or what they raised."""
    asked = threading.Event()

    async def ask() -> list[Any]:
        first = asyncio.ensure_future(database.run(lambda _: asked.wait(10)))
        waiting: list[Awaitable[Any]] = [asyncio.ensure_future(database.run(work)) for work in works]
        await asyncio.sleep(0.1)
        asked.set()
        await first
        return await asyncio.gather(*waiting, return_exceptions=True)

    return asyncio.run(ask())


def kept(file: Path) -> list[int]:
    """What stands in the file."""
    with sqlite3.connect(file) as connection:
        return [number for (number,) in connection.execute("SELECT number FROM said ORDER BY number")]


@pytest.fixture
def commits() -> Iterator[list[str]]:
    """One entry for each commit."""
    seen: list[str] = []

    def note(_: object) -> None:
        seen.append("commit")

    event.listen(Engine, "commit", note)
    yield seen
    event.remove(Engine, "commit", note)


def test_what_waits_together_is_kept_in_one_commit(database: Database, file: Path, commits: list[str]) -> None:
    assert at_once(database, *map(say, range(20))) == list(range(20))
    assert kept(file) == list(range(20))
    assert len(commits) == 1


def test_the_one_that_fails_is_undone_alone(database: Database, file: Path) -> None:
    def half(session: Session) -> None:
        say(7)(session)
        raise ValueError("no")

    results = at_once(database, say(1), half, say(1), say(2))
    assert [type(result) for result in results] == [int, ValueError, IntegrityError, int]
    assert kept(file) == [1, 2]


def test_nobody_hears_of_a_result_that_is_not_on_the_disk(database: Database, file: Path) -> None:
    async def ask(number: int) -> None:
        await database.run(say(number))
        assert number in kept(file)

    async def ask_all() -> None:
        await asyncio.gather(*map(ask, range(30)))

    asyncio.run(ask_all())


def test_when_all_is_undone_at_once_each_is_tried_by_itself(database: Database, file: Path) -> None:
    """As a full disk does: SQLite gives up the whole transaction, what came before in it as well."""
    with sqlite3.connect(file) as connection:
        connection.execute(
            "CREATE TRIGGER full BEFORE INSERT ON said WHEN NEW.number = 13 "
            "BEGIN SELECT RAISE(ROLLBACK, 'database or disk is full'); END"
        )
    results = at_once(database, say(1), say(13), say(2))
    assert results[0] == 1
    assert results[2] == 2
    assert isinstance(results[1], IntegrityError)
    assert kept(file) == [1, 2]


def test_what_waits_at_the_end_is_still_kept(database: Database, file: Path) -> None:
    async def ask() -> list[Any]:
        waiting = [asyncio.ensure_future(database.run(say(number))) for number in range(50)]
        await asyncio.sleep(0)
        await asyncio.to_thread(database.close)
        return await asyncio.gather(*waiting)

    assert asyncio.run(ask()) == list(range(50))
    assert kept(file) == list(range(50))
