"""Processes of the library: what they say is understood, and none outlives the work that it was for."""

from __future__ import annotations

import asyncio
import os
import subprocess
import time
from collections.abc import Coroutine
from typing import Any

import pytest

from bot.library import processes
from bot.library.processes import Result


def run(program: str, told: list[tuple[str, int, int]] | None = None) -> Coroutine[Any, Any, Result]:
    return processes._run(["-c", program], None if told is None else lambda *step: told.append(step))


def test_progress_result_and_complaint_are_told_apart() -> None:
    program = """
import json, sys
print('Rencana: 1 baru')
for done in (1, 2):
    print(json.dumps({'stage': 'embed', 'done': done, 'total': 2}), file=sys.stderr)
print('peringatan', file=sys.stderr)
print(json.dumps({'generation': 'x'}))
sys.exit(1)
"""
    told: list[tuple[str, int, int]] = []
    result = asyncio.run(run(program, told))
    assert result == Result(1, {"generation": "x"}, "peringatan")
    assert told == [("embed", 1, 2), ("embed", 2, 2)]


def test_a_process_that_dies_has_no_result() -> None:
    result = asyncio.run(run("import os; print('{'); os.kill(os.getpid(), 9)"))
    assert (result.code, result.value) == (-9, None)


def test_no_secret_of_telegram_reaches_who_reads_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "rahasia")
    monkeypatch.setenv("KOTACERDAS_LIBRARY__KEEP_GENERATIONS", "5")
    result = asyncio.run(run("import json, os; print(json.dumps(dict(os.environ)))"))
    assert "TELEGRAM_BOT_TOKEN" not in result.value
    assert result.value["KOTACERDAS_LIBRARY__KEEP_GENERATIONS"] == "5"


def test_a_bot_that_stops_ends_the_process_and_its_children() -> None:
    program = """
import json, subprocess, sys, time
child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])
print(json.dumps({'stage': 'parse', 'done': child.pid, 'total': 0}), file=sys.stderr, flush=True)
time.sleep(60)
"""
    told: list[tuple[str, int, int]] = []

    async def stopped() -> None:
        task = asyncio.create_task(run(program, told))
        while not told:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(stopped())
    child = told[0][1]
    deadline = time.monotonic() + 10
    while is_alive(child):
        assert time.monotonic() < deadline, "the child outlived it"
        time.sleep(0.01)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return not state.strip().startswith("Z") and bool(state.strip())
