"""Calls of a chat model in, whether another one may be made out: after failures, within a day's tokens."""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, date, datetime
from pathlib import Path

from knowledge.durable import replace_text

# A guess on the safe side: no tokenizer is at hand, and providers differ.
CHARACTERS_PER_TOKEN = 3


class Breaker:
    """Leaves a model alone for `pause` seconds after `failures` in a row; then one call may try."""

    def __init__(self, failures: int, pause: float) -> None:
        self._most = failures
        self._pause = pause
        self._failed = 0
        self._closed_until = 0.0
        self._lock = threading.Lock()

    def may_try(self) -> bool:
        """Whether a call may be made; after a pause only one at a time finds out."""
        with self._lock:
            if self._failed < self._most:
                return True
            if time.monotonic() < self._closed_until:
                return False
            self._closed_until = time.monotonic() + self._pause
            return True

    @property
    def is_open(self) -> bool:
        """Whether the model has failed too often to be asked."""
        return self._failed >= self._most

    def failed(self) -> None:
        """A call has failed."""
        with self._lock:
            self._failed += 1
            if self._failed >= self._most:
                self._closed_until = time.monotonic() + self._pause

    def worked(self) -> None:
        """A call has succeeded."""
        with self._lock:
            self._failed = 0


class Budget:
    """Tokens of the present day, kept in a file so that a restart does not begin anew; 0: no limit."""

    def __init__(self, file: Path, most: int) -> None:
        self._file = file
        self._most = most
        self._lock = threading.Lock()

    def left(self) -> bool:
        """Whether there are tokens left today (UTC)."""
        return not self._most or self._used() < self._most

    def used_by_text(self, characters: int) -> None:
        """Count a prompt and its answer by their length."""
        if not self._most:
            return
        with self._lock:
            used = self._used() + characters // CHARACTERS_PER_TOKEN
            replace_text(self._file, json.dumps({"day": str(_today()), "tokens": used}))

    def _used(self) -> int:
        try:
            kept = json.loads(self._file.read_text(encoding="utf-8"))
            return int(kept["tokens"]) if kept["day"] == str(_today()) else 0
        except (OSError, ValueError, KeyError, TypeError):
            return 0


def _today() -> date:
    return datetime.now(UTC).date()
