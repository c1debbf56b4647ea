"""The database file in, transactions out; the one place where blocking SQL leaves the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.orm import Session, sessionmaker

MIGRATIONS = Path(__file__).with_name("migrations")
Result = TypeVar("Result")


class Database:
    """One file, one writing thread. SQLite has one writer anyway; a queue of one thread waits in
    the order of the calls and never meets a locked file."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._engine = _engine(file)
        self._sessions = sessionmaker(self._engine, expire_on_commit=False)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="database")

    def migrate(self) -> None:
        """Bring the tables up to date; nothing happens when they are."""
        from alembic import command
        from alembic.config import Config

        settings = Config()
        settings.set_main_option("script_location", str(MIGRATIONS))
        with self._engine.begin() as connection:
            settings.attributes["connection"] = connection
            command.upgrade(settings, "head")

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


def _engine(file: Path) -> Engine:
    engine = create_engine(f"sqlite:///{file}", connect_args={"timeout": 30, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:  # noqa: ANN401
        # WAL: readers never wait. FULL: what was committed survives a power cut (0.25 ms each here).
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    return engine
