"""Transactions that wait at the same moment in, one commit for all of them out (SQLite).

SQLite has one writer, and each commit waits for the disk: under load that is half of what the
database costs. Where one piece of work fails, all of the commit is undone and each piece runs in a
transaction of its own; nobody hears of a result before all of it is on the disk.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from sqlalchemy import Engine
from sqlalchemy.orm import Session

MOST_AT_ONCE = 64
Result = TypeVar("Result")


@dataclass
class Waiting:
    """A piece of work, who waits for it, and how it went."""

    work: Callable[[Session], Any]
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None

    def tell(self) -> None:
        """Hand over how it went, on the event loop."""
        if self.future.done():
            return
        if self.error is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.error)


class Together:
    """One thread that runs transactions in the order of the calls, all that wait in one commit (SQLite)."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._queue: SimpleQueue[Waiting | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="database", daemon=True)
        self._thread.start()

    async def run(self, work: Callable[[Session], Result]) -> Result:
        """What `work` returned, once it is on the disk; what it raised, and then nothing of it is kept."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._queue.put(Waiting(work, future))
        return await future

    def close(self) -> None:
        """Run what waits, and end."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            batch, ended = [first], False
            while len(batch) < MOST_AT_ONCE and not ended:
                try:
                    waiting = self._queue.get_nowait()
                except Empty:
                    break
                if waiting is None:
                    ended = True
                else:
                    batch.append(waiting)
            self._commit(batch)
            _tell(batch)
            if ended:
                return

    def _commit(self, batch: Sequence[Waiting]) -> None:
        """All of a batch in one transaction; where that cannot be, each in one of its own."""
        if len(batch) > 1 and self._commit_together(batch):
            return
        for waiting in batch:
            waiting.result = waiting.error = None
            try:
                with Session(self._engine, expire_on_commit=False) as session, session.begin():
                    waiting.result = waiting.work(session)
            except BaseException as error:  # noqa: BLE001
                waiting.error = error

    def _commit_together(self, batch: Sequence[Waiting]) -> bool:
        """False when nothing of it is kept. A savepoint for each piece would cost a sixth of the whole."""
        try:
            with Session(self._engine, expire_on_commit=False) as session, session.begin():
                for waiting in batch:
                    waiting.result = waiting.work(session)
                    # The next piece finds the session as if it were its own: making one for each costs 8 %.
                    session.flush()
                    session.expunge_all()
                    session.info.clear()
        except BaseException:  # noqa: BLE001
            return False
        return True


def _tell(batch: Sequence[Waiting]) -> None:
    """Wake an event loop once for all of its futures."""
    loops = {waiting.future.get_loop() for waiting in batch}
    for loop in loops:
        if not loop.is_closed():
            loop.call_soon_threadsafe(_tell_all, [one for one in batch if one.future.get_loop() is loop])


def _tell_all(batch: Sequence[Waiting]) -> None:
    for waiting in batch:
        waiting.tell()
