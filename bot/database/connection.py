"""The database file in, transactions out; the one place where blocking SQL leaves the event loop."""

from __future__ import annotations

import asyncio
import fcntl
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session, sessionmaker

from bot.errors import StartError

MIGRATIONS = Path(__file__).with_name("migrations")
UNTOUCHED = "Isinya tidak diubah; pulihkan cadangannya, atau pindahkan berkas itu untuk mulai dengan yang kosong."
Result = TypeVar("Result")


class Database:
    """One file, one writing thread. SQLite has one writer anyway; a queue of one thread waits in
    the order of the calls and never meets a locked file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._engine = _engine(file)
        self._sessions = sessionmaker(self._engine, expire_on_commit=False)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="database")

    def migrate(self) -> None:
        """Bring the tables up to date, all of them or none; nothing happens when they are.

        Raises StartError for a file that is damaged, no database, or of a newer version.
        """
        from alembic.util.exc import CommandError

        try:
            with self._engine.connect() as connection:
                self._upgrade(connection)
        except DatabaseError as error:
            raise StartError(f"Basis data {self._file} tidak dapat dipakai: {error.orig}. {UNTOUCHED}") from error
        except CommandError as error:
            raise StartError(
                f"Basis data {self._file} dibuat oleh versi KotaCerdas yang lebih baru. Pasanglah versi itu lagi. "
                f"{UNTOUCHED}"
            ) from error

    def _upgrade(self, connection: Connection) -> None:
        from alembic import command
        from alembic.config import Config

        settings = Config(attributes={"connection": connection})
        settings.set_main_option("script_location", str(MIGRATIONS))
        # To change a table SQLite drops it, and with its foreign keys on, what refers to it goes as well.
        connection.connection.execute("PRAGMA foreign_keys=OFF")
        with connection.begin():
            found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
            if found != "ok":
                raise StartError(f"Basis data {self._file} rusak: {found}. {UNTOUCHED}")
            command.upgrade(settings, "head")
        connection.connection.execute("PRAGMA foreign_keys=ON")

    async def run(self, work: Callable[[Session], Result]) -> Result:
        """Run `work` in a transaction of its own: all of it is kept, or (on an error) nothing."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._transaction, work)

    def _transaction(self, work: Callable[[Session], Result]) -> Result:
        with self._sessions.begin() as session:
            return work(session)

    def close(self) -> None:
        """Wait for the last transaction and close the file."""
        self._thread.shutdown(wait=True)
        self._engine.dispose()


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


def _engine(file: Path) -> Engine:
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
