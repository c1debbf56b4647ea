"""The pieces of a running bot in; whether it can serve, and what keeps it from it, out."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy.orm import Session

from bot.database.connection import Database
from bot.database.tables import InboxState, ReceivedUpdate
from knowledge.generation import Manifest

# However often somebody asks, the probes are made so often at most, and waited for so long.
PROBE_SECONDS = 10.0
PATIENCE = 10.0
# The number of no update of Telegram.
NO_UPDATE = -1

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Problem:
    """Something that an admin should know of: one of `watch.PROBLEMS`, and the figure that says how much."""

    name: str
    detail: str


@dataclass(frozen=True)
class Health:
    """Whether the bot can serve; `problems` say why not. `milliseconds` of the last search that ended."""

    problems: tuple[Problem, ...]
    generation: str
    milliseconds: float

    @property
    def ready(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


class Searched(Protocol):
    """What the probe looks at: the library in use. `unreachable` says why the server of its vectors
    does not answer, "" where it does or there is none."""

    unreachable: str

    @property
    def manifest(self) -> Manifest:
        """What it was built from."""

    def search(self, question: str, top: int = 5) -> Any:  # noqa: ANN401
        """Passages for a question, as `.passages`."""


class Probes:
    """Asks the library, writes into the database, looks after the tasks; seldom, for whoever asks."""

    def __init__(
        self,
        database: Database,
        library: Searched,
        think: Callable[[Callable[[], None]], Awaitable[None]],
        tasks: Sequence[asyncio.Task[Any]],
    ) -> None:
        self._database = database
        self._library = library
        self._think = think
        self._tasks = tasks
        self._one = asyncio.Lock()
        self._found: Health | None = None
        self._at = 0.0
        self._milliseconds = 0.0

    async def check(self) -> Health:
        """How it is, not older than PROBE_SECONDS."""
        async with self._one:
            if self._found is None or time.monotonic() - self._at > PROBE_SECONDS:
                self._found = await self._probe()
                self._at = time.monotonic()
            return self._found

    async def _probe(self) -> Health:
        failed = await asyncio.gather(
            _fails("search", self._think(self._search)), _fails("database", self._database.run(_write))
        )
        stopped = [Problem("tasks", task.get_name()) for task in self._tasks if task.done()]
        problems = (*(problem for problem in failed if problem), *stopped)
        return Health(problems, self._library.manifest.generation, round(self._milliseconds, 1))

    def _search(self) -> None:
        """A real search, for the title of a document of the library itself."""
        began = time.perf_counter()
        documents = self._library.manifest.documents
        found = self._library.search(documents[0].title if documents else "kota cerdas", 1)
        self._milliseconds = (time.perf_counter() - began) * 1000
        if not found.passages:
            raise LookupError("nothing found for the title of a document")


def _write(session: Session) -> None:
    """A row in and out: a disk that is full or a file that is read-only shows only when it is written to."""
    row = ReceivedUpdate(id=NO_UPDATE, chat_id=None, payload=None, digest="", state=InboxState.DONE)
    session.add(row)
    session.flush()
    session.delete(row)


async def _fails(name: str, probe: Awaitable[None]) -> Problem | None:
    try:
        await asyncio.wait_for(probe, PATIENCE)
    except TimeoutError:
        return Problem(name, f"no answer in {PATIENCE:.0f} s")
    except Exception as error:  # noqa: BLE001 - whatever is wrong with it is what the probe is for
        log.warning("the probe of %s failed: %s: %s", name, type(error).__name__, error)
        return Problem(name, type(error).__name__)
    return None
