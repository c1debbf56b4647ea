"""The name of a piece of work that only one process may do at a time in; whether it is ours out.

This keeps order between processes. That nothing is done twice is kept by the transactions, which
look at the state of the row that they change.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import make_url

if TYPE_CHECKING:
    from psycopg import AsyncConnection

# Between two looks at what another process holds.
HELD_SECONDS = 0.03
# Between two tries to reach a database that is gone.
LOST_SECONDS = 0.5

log = logging.getLogger(__name__)


class Alone(Protocol):
    """Who may do what only one may do."""

    def hold(self, work: str) -> AbstractAsyncContextManager[bool]:
        """Hold a piece of work; False when another process has it."""

    async def close(self) -> None:
        """Give everything back."""


class OneProcess:
    """A single process may do everything."""

    @asynccontextmanager
    async def hold(self, work: str) -> AsyncIterator[bool]:
        """Always ours."""
        yield True

    async def close(self) -> None:
        """Nothing to give back."""


class AdvisoryLocks:
    """PostgreSQL's advisory locks, all on one connection: when the process dies, or its connection
    does, they are free."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._connection: AsyncConnection[tuple[bool]] | None = None
        self._connecting = asyncio.Lock()
        # PostgreSQL counts the locks of one session, so a second holder of ours would be let in.
        self._held: set[str] = set()

    @asynccontextmanager
    async def hold(self, work: str) -> AsyncIterator[bool]:
        """Try to get the lock of that name, without waiting for it."""
        if work in self._held:
            yield False
            return
        self._held.add(work)
        try:
            if not await self._call("pg_try_advisory_lock", work):
                yield False
                return
            try:
                yield True
            finally:
                await self._call("pg_advisory_unlock", work)
        finally:
            self._held.discard(work)

    async def close(self) -> None:
        """Close the connection, and with it every lock."""
        if self._connection:
            await self._connection.close()

    async def _call(self, function: str, work: str) -> bool:
        """Call a function on the key of a name; without the database nothing is ours."""
        from psycopg import Error

        key = int.from_bytes(hashlib.blake2b(work.encode(), digest_size=8).digest(), "big", signed=True)
        try:
            connection = await self._open()
            found = await (await connection.execute(f"SELECT {function}(%s)", (key,))).fetchone()
        except Error as error:
            log.warning("PostgreSQL does not answer (%s)", type(error).__name__)
            await asyncio.sleep(LOST_SECONDS)
            return False
        return bool(found and found[0])

    async def _open(self) -> AsyncConnection[tuple[bool]]:
        from psycopg import AsyncConnection

        async with self._connecting:
            if self._connection is None or self._connection.closed:
                self._connection = await AsyncConnection.connect(self._url, autocommit=True)
            return self._connection
