"""The running bot in; its figures, and the problems that an admin should hear of, out."""

from __future__ import annotations

import asyncio
import math
import shutil
import time
from collections.abc import Callable
from functools import partial

from bot.config import Config
from bot.database.connection import Database
from bot.leads.sla import Sla
from bot.operations import metrics
from bot.operations.backlog import INBOX_STATES, OPEN_STATES, OUTBOX_STATES, Backlog, backlog
from bot.operations.health import Health, Probes, Problem, Searched
from knowledge.gate import read_report
from knowledge.last_run import failure

# Every problem that there can be; bot/texts/operations.*.toml says each in words.
PROBLEMS = ("search", "database", "tasks", "inbox", "outbox", "timers", "sla", "disk", "ingest", "model", "index")
BEAT_SECONDS = 0.5
MEGABYTE = 1_000_000


class Watch:
    """Looks at everything, whoever asks: Prometheus, a load balancer, the alerts."""

    def __init__(
        self,
        config: Config,
        database: Database,
        library: Searched,
        probes: Probes,
        sla: Sla,
        model_is_down: Callable[[], bool] = lambda: False,
    ) -> None:
        self._config = config
        self._database = database
        self._library = library
        self._probes = probes
        self._sla = sla
        self._model_is_down = model_is_down

    async def health(self) -> Health:
        """Whether the bot can serve."""
        health = await self._probes.check()
        metrics.READY.set(health.ready)
        return health

    async def look(self) -> tuple[Problem, ...]:
        """Bring the figures up to date; returns what is wrong."""
        health = await self.health()
        problems = [*health.problems]
        if self._model_is_down():
            problems.append(Problem("model", self._config.model.chat))
        if self._library.unreachable:
            # It goes on with what it finds by words, so that a load balancer need not take it out.
            problems.append(Problem("index", self._library.unreachable))
        if not any(problem.name == "database" for problem in health.problems):
            waits = await self._database.run(partial(backlog, sla=self._sla))
            _show(waits)
            problems += self._stuck(waits)
        free = shutil.disk_usage(self._config.data.dir).free
        metrics.DISK_FREE.set(free)
        if free < self._config.operations.min_free_megabytes * MEGABYTE:
            problems.append(Problem("disk", f"{free // MEGABYTE} MB"))
        if failed := failure(self._config.data.dir):
            problems.append(Problem("ingest", failed))
        self._show_library()
        standing = {problem.name for problem in problems}
        for name in PROBLEMS:
            metrics.PROBLEM.labels(name).set(name in standing)
        return tuple(problems)

    def _stuck(self, waits: Backlog) -> list[Problem]:
        longest = self._config.operations.stuck_minutes * 60
        found = [
            Problem(name, f"{seconds / 60:.0f}")
            for name, seconds in (("inbox", waits.inbox_oldest), ("outbox", waits.outbox_oldest))
            if seconds > longest
        ]
        late = (("timers", waits.timers_late), ("sla", waits.leads_late))
        return found + [Problem(name, str(number)) for name, number in late if number]

    def _show_library(self) -> None:
        manifest = self._library.manifest
        metrics.GENERATION.info({"generation": manifest.generation})
        metrics.DOCUMENTS.set(len(manifest.documents))
        metrics.CHUNKS.set(manifest.chunks)
        metrics.REFUSED_FILES.set(len(manifest.refused))
        if report := read_report(self._config.data.dir, manifest.generation):
            metrics.GATE_RECALL.set(math.nan if report.recall is None else report.recall)
            metrics.GATE_FORCED.set(bool(report.forced))


async def beat() -> None:
    """Measure how late the event loop wakes a task, for ever."""
    while True:
        began = time.monotonic()
        await asyncio.sleep(BEAT_SECONDS)
        metrics.LOOP_LAG.observe(max(0.0, time.monotonic() - began - BEAT_SECONDS))


def _show(waits: Backlog) -> None:
    for gauge, states, numbers in (
        (metrics.INBOX, INBOX_STATES, waits.inbox),
        (metrics.OUTBOX, OUTBOX_STATES, waits.outbox),
        (metrics.LEADS, OPEN_STATES, waits.leads),
    ):
        for state in states:
            gauge.labels(state).set(numbers.get(state, 0))
    metrics.INBOX_OLDEST.set(waits.inbox_oldest)
    metrics.OUTBOX_OLDEST.set(waits.outbox_oldest)
    metrics.LEADS_LATE.set(waits.leads_late)
    metrics.TIMERS_LATE.set(waits.timers_late)
