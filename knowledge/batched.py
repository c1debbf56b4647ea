"""Calls of many threads in, one call for all that wait at the same moment out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Batched(Generic[Item, Result]):
    """Runs `run`, which gives a result for each item, in one thread at a time: what comes meanwhile is its next
    call. Where that fails, everybody whose items were in it hears of it."""

    def __init__(self, run: Callable[[list[Item]], Iterable[Result]]) -> None:
        self._run = run
        self._waiting: list[tuple[Item, Future[Result]]] = []
        self._line = threading.Lock()
        self._running = threading.Lock()

    def __call__(self, items: Sequence[Item]) -> list[Result]:
        """The results of some items, in one call."""
        mine: list[tuple[Item, Future[Result]]] = [(item, Future()) for item in items]
        with self._line:
            self._waiting += mine
        with self._running:
            if not all(future.done() for _, future in mine):
                self._run_waiting()
        return [future.result() for _, future in mine]

    def _run_waiting(self) -> None:
        with self._line:
            batch, self._waiting = self._waiting, []
        try:
            results = self._run([item for item, _ in batch])
        except BaseException as error:
            for _, future in batch:
                future.set_exception(error)
            raise
        for (_, future), result in zip(batch, results, strict=True):
            future.set_result(result)
