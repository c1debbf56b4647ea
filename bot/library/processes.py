"""A command of the library in, its progress and its result out: each runs as a process of its own.

A process that is still at work when the bot stops is ended with its children; every command can be
run again.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from knowledge.settings import PROJECT

EXAMINE_SECONDS = 300.0
LONGEST_LINE = 64 * 1024 * 1024
LONGEST_COMPLAINT = 600

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Result:
    """How a process ended: its exit code, the JSON in the last line of its stdout (None without),
    and the last of what it complained about."""

    code: int
    value: Any
    complaint: str


async def ingest(config: Path | None, data: Path, who: str, *flags: str, progress: Progress | None = None) -> Result:
    """`python ingest.py --json` with `flags`, such as --rollback."""
    command = [str(PROJECT / "ingest.py"), "--json", "--progress", "--by", who, *flags]
    return await _run([*command, *_where(config, data)], progress)


async def examine(config: Path | None, data: Path, file: Path, name: str) -> Result:
    """What a staged file is (`knowledge.examine`); longer than five minutes is too long."""
    command = ["-m", "knowledge", "examine", str(file), f"--name={name}", *_where(config, data)]
    try:
        return await asyncio.wait_for(_run(command, None), EXAMINE_SECONDS)
    except TimeoutError:
        return Result(-1, None, f"pembacaan melewati {EXAMINE_SECONDS:.0f} detik")


async def evaluate(config: Path | None, data: Path) -> Result:
    """The figures of `python -m knowledge evaluate`."""
    return await _run(["-m", "knowledge", "evaluate", "--json", *_where(config, data)], None)


def _where(config: Path | None, data: Path) -> list[str]:
    return [*(["--config", str(config)] if config else []), "--data", str(data)]


async def _run(command: Sequence[str], progress: Progress | None) -> Result:
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, cwd=PROJECT, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE, env=_environment(), start_new_session=True, limit=LONGEST_LINE,
    )  # fmt: skip
    assert process.stdout is not None, "it is a pipe"  # noqa: S101
    assert process.stderr is not None, "it is a pipe"  # noqa: S101
    try:
        out, complaint = await asyncio.gather(_last_line(process.stdout), _watch(process.stderr, progress))
        return Result(await process.wait(), _parsed(out), complaint)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def _environment() -> dict[str, str]:
    """Without the secrets of Telegram: who reads a hostile file has no use for them."""
    return {key: value for key, value in os.environ.items() if not key.startswith("TELEGRAM_")}


async def _last_line(stream: asyncio.StreamReader) -> bytes:
    last = b""
    async for line in stream:
        last = line if line.strip() else last
    return last


async def _watch(stream: asyncio.StreamReader, progress: Progress | None) -> str:
    """Pass progress on; returns the end of everything else."""
    said = ""
    async for line in stream:
        told = _parsed(line)
        if isinstance(told, dict) and {"stage", "done", "total"} <= set(told):
            if progress:
                progress(told["stage"], told["done"], told["total"])
        else:
            said = (said + line.decode(errors="replace"))[-LONGEST_COMPLAINT:]
    return said.strip()


def _parsed(line: bytes) -> Any:  # noqa: ANN401
    try:
        return json.loads(line)
    except ValueError:
        return None
