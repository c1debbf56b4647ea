"""The database in, transactions out; the one place where blocking SQL leaves the event loop.

A file of SQLite for one process, or PostgreSQL for several: the same tables, migrations and
transactions. On both a transaction is as if it had run alone.
"""

from __future__ import annotations

import asyncio
import fcntl
import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, NoSuchModuleError
from sqlalchemy.orm import Session, sessionmaker

from bot.database.alone import AdvisoryLocks, Alone, OneProcess
from bot.database.together import Together
from bot.errors import StartError

DATABASE_FILE = "kotacerdas.sqlite"  # below the data directory
MIGRATIONS = Path(__file__).with_name("migrations")
UNTOUCHED = "Isinya tidak diubah; pulihkan cadangannya, atau pindahkan berkas itu untuk mulai dengan yang kosong."
DRIVER = "Untuk database.url terpasang dahulu: pip install 'kotacerdas[postgres]'."
# Transactions side by side on PostgreSQL.
CONNECTIONS = 8
# What PostgreSQL says to one of two transactions that cannot both have run alone: serialization
# failure, deadlock, and a key that the other one has taken.
REPEAT = frozenset({"40001", "40P01", "23505"})
REPEATS = 30
MIGRATING = 1
Result = TypeVar("Result")


class Database:
    """SQLite has one writer anyway: what waits is run in the order of the calls, and together.
    PostgreSQL has several, and repeats what collided."""

    def __init__(self, file: Path, url: str = "") -> None:
        self._name = str(make_url(url).set(password=None)) if url else str(file)
        self.shared = bool(url)
        self._engine = _postgres(url) if url else _sqlite(file)
        self._transactions = SideBySide(self._engine) if url else Together(self._engine)
        self.alone: Alone = AdvisoryLocks(url) if url else OneProcess()

    def migrate(self) -> None:
        """Bring the tables up to date, all of them or none; nothing happens when they are.

        Raises StartError for a database that is damaged, out of reach or of a newer version.
        """
        from alembic.util.exc import CommandError

        try:
            with self._engine.connect() as connection:
                self._upgrade(connection)
        except DatabaseError as error:
            advice = "" if self.shared else f" {UNTOUCHED}"
            raise StartError(f"Basis data {self._name} tidak dapat dipakai: {error.orig}.{advice}") from error
        except CommandError as error:
            raise StartError(
                f"Basis data {self._name} dibuat oleh versi KotaCerdas yang lebih baru. Pasanglah versi itu lagi. "
                f"{UNTOUCHED}"
            ) from error

    def _upgrade(self, connection: Connection) -> None:
        from alembic import command
        from alembic.config import Config

        settings = Config(attributes={"connection": connection})
        settings.set_main_option("script_location", str(MIGRATIONS))
        if self.shared:
            # Of several processes that start at once one migrates; the others then see what it did.
            connection.execution_options(isolation_level="READ COMMITTED")
            with connection.begin():
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATING})")
                command.upgrade(settings, "head")
            return
        # To change a table SQLite drops it, and with its foreign keys on, what refers to it goes as well.
        connection.connection.execute("PRAGMA foreign_keys=OFF")
        with connection.begin():
            found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
            if found != "ok":
                raise StartError(f"Basis data {self._name} rusak: {found}. {UNTOUCHED}")
            command.upgrade(settings, "head")
        connection.connection.execute("PRAGMA foreign_keys=ON")

    async def run(self, work: Callable[[Session], Result]) -> Result:
        """Run `work` in a transaction of its own: all of it is kept, or (on an error) nothing.

        It may be run again (when it collided, or what shared its commit failed), so it may change
        nothing but the session.
        """
        return await self._transactions.run(work)

    def close(self) -> None:
        """Wait for the last transaction and close the database."""
        self._transactions.close()
        self._engine.dispose()


class SideBySide:
    """Transactions in threads of their own, each run again while it collides with another (PostgreSQL)."""

    def __init__(self, engine: Engine) -> None:
        self._sessions = sessionmaker(engine, expire_on_commit=False)
        self._threads = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="database")

    async def run(self, work: Callable[[Session], Result]) -> Result:
        """What `work` returned, once it is kept."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._transaction, work)

    def close(self) -> None:
        """Wait for the last one."""
        self._threads.shutdown(wait=True)

    def _transaction(self, work: Callable[[Session], Result]) -> Result:
        for attempt in range(REPEATS):
            try:
                with self._sessions.begin() as session:
                    return work(session)
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) not in REPEAT or attempt == REPEATS - 1:
                    raise
                time.sleep(random.uniform(0, 0.002 * 2 ** min(attempt, 6)))  # noqa: S311
        raise AssertionError("the last attempt returns or raises")


@contextmanager
def process_lock(file: Path) -> Iterator[None]:
    """Held by the one process that serves this database; a second one would answer everything
    again. Raises StartError at once; the end of a process, however sudden, gives it back."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        lock = file.with_suffix(".lock").open("w")
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise StartError(f"Proses lain sedang melayani {file}. Hentikan dulu proses itu.") from error
    except OSError as error:
        raise StartError(f"Folder {file.parent} tidak dapat ditulisi: {error.strerror}.") from error
    with lock:
        yield


def _sqlite(file: Path) -> Engine:
    # What is said is never a part of an error's text, which is logged.
    engine = create_engine(
        f"sqlite:///{file}", connect_args={"timeout": 30, "check_same_thread": False}, hide_parameters=True
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:  # noqa: ANN401
        # WAL: readers never wait. FULL: what was committed survives a power cut (0.25 ms each here).
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")
        # The driver's own transactions would leave out CREATE TABLE.
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _postgres(url: str) -> Engine:
    try:
        address = make_url(url).set(drivername="postgresql+psycopg")
        return create_engine(
            address, isolation_level="SERIALIZABLE", pool_size=CONNECTIONS, pool_pre_ping=True, hide_parameters=True
        )
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise StartError(DRIVER) from error
    except ArgumentError as error:
        raise StartError(
            "database.url tidak terbaca; contoh: postgresql://kotacerdas:sandi@localhost/kotacerdas"
        ) from error
