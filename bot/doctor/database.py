"""The database file in; findings about its health, its migrations and who serves it out."""

from __future__ import annotations

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from bot.database.connection import MIGRATIONS
from bot.doctor.finding import Finding, note, ok, problem


def check(file: Path) -> Iterator[Finding]:
    """Look at the database without changing it; the bot may be running."""
    if not file.exists():
        yield note("database", "database_none", file=file)
        return
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=10)) as connection:
            said = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(3)")]
            if said != ["ok"]:
                yield problem("database", "database_damaged", reason="; ".join(said)[:200])
                return
            yield ok("database", "database_ok", megabytes=round(file.stat().st_size / 1e6, 1))
            mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
            yield ok("wal", "wal_ok") if mode == "wal" else problem("wal", "wal_off", mode=mode)
            yield _migrations(connection)
    except sqlite3.DatabaseError as error:
        yield problem("database", "database_damaged", reason=error)
    yield _served(file)


def _migrations(connection: sqlite3.Connection) -> Finding:
    try:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.OperationalError:
        row = None
    return migrations(row[0] if row else None)


def migrations(there: str | None) -> Finding:
    """Whether the tables of a database are those that this program knows."""
    newest = max(path.stem for path in (MIGRATIONS / "versions").glob("0*.py")).partition("_")[0]
    if there is None:
        return problem("migrations", "migrations_none")
    if there > newest:
        return problem("migrations", "migrations_newer", there=there, ours=newest)
    if there < newest:
        return note("migrations", "migrations_older", there=there, ours=newest)
    return ok("migrations", "migrations_ok", there=there)


def _served(file: Path) -> Finding:
    try:
        with file.with_suffix(".lock").open("r") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return ok("process", "process_runs")
    except FileNotFoundError:
        pass
    return note("process", "process_none")
