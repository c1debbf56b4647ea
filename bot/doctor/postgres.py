"""The address of a PostgreSQL in; findings about whether it answers, its version, tables and disk out."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from bot.doctor.database import migrations
from bot.doctor.finding import Finding, note, ok, problem
from bot.doctor.machine import LEAST_BYTES

if TYPE_CHECKING:
    from psycopg import Connection

SECONDS = 5
# Every process may open so many connections: its transactions, its locks, and a few for the library.
CONNECTIONS_OF_ONE = 20


def check(url: str) -> Iterator[Finding]:
    """Look at the database without changing it; the bots may be running."""
    try:
        import psycopg
    except ModuleNotFoundError:
        yield problem("database", "driver_missing")
        return
    try:
        address = make_url(url).set(drivername="postgresql")
        plain = address.render_as_string(hide_password=False)
        with psycopg.connect(plain, autocommit=True, connect_timeout=SECONDS) as connection:
            yield _size(connection)
            yield _migrations(connection)
            yield _connections(connection)
            yield from _disk(connection)
    except (psycopg.Error, ArgumentError, ValueError) as error:
        # The words of the driver may repeat the address, of which the password is a part.
        yield problem("database", "postgres_unreachable", reason=type(error).__name__)


def _size(connection: Connection[tuple[object, ...]]) -> Finding:
    query = "SELECT current_setting('server_version'), pg_database_size(current_database()), pg_is_in_recovery()"
    version, size, is_standby = connection.execute(query).fetchone() or ("?", 0, False)
    if is_standby:
        return problem("database", "postgres_standby", version=version)
    return ok("database", "postgres_ok", version=version, megabytes=round(int(str(size)) / 1e6, 1))


def _migrations(connection: Connection[tuple[object, ...]]) -> Finding:
    [there] = connection.execute("SELECT to_regclass('alembic_version')").fetchone() or (None,)
    if there is None:
        return note("migrations", "migrations_empty")
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return migrations(str(row[0]) if row else None)


def _connections(connection: Connection[tuple[object, ...]]) -> Finding:
    query = "SELECT current_setting('max_connections'), (SELECT count(*) FROM pg_stat_activity)"
    most, used = (int(str(value)) for value in connection.execute(query).fetchone() or (0, 0))
    scarce = most - used < CONNECTIONS_OF_ONE
    found = note if scarce else ok
    return found("connections", "connections_few" if scarce else "connections_ok", most=most, used=used)


def _disk(connection: Connection[tuple[object, ...]]) -> Iterator[Finding]:
    """Only where the server is on this machine, and its user may know where its data lie."""
    row = connection.execute(
        "SELECT setting FROM pg_settings WHERE name = 'data_directory'",
    ).fetchone()
    folder = Path(str(row[0])) if row and row[0] else None
    try:
        free = shutil.disk_usage(folder).free if folder else None
    except OSError:
        free = None
    if folder is None or free is None:
        yield note("database_disk", "postgres_elsewhere")
        return
    values = {"free": round(free / 1e9, 1), "needed": round(LEAST_BYTES / 1e9, 1), "folder": folder}
    fits = free >= LEAST_BYTES
    yield ok("database_disk", "disk_ok", **values) if fits else problem("database_disk", "disk_full_here", **values)
