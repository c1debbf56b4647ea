"""The machine in; findings about disk space, the data directory and the tools for scans out."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from bot.doctor.finding import Finding, note, ok, problem
from knowledge.generation import index_dir

LEAST_BYTES = 500_000_000
LANGUAGE = "ind"


def check(data: Path) -> Iterator[Finding]:
    """What every installation needs, and what reading scans needs."""
    yield from _disk(data)
    yield _ocr()


def _disk(data: Path) -> Iterator[Finding]:
    place = data
    while not place.exists():
        place = place.parent
    if not os.access(place, os.W_OK):
        yield problem("disk", "data_read_only", folder=place)
        return
    free = shutil.disk_usage(place).free
    # The next generation is built beside the present ones.
    index = sum(file.stat().st_size for file in index_dir(data).rglob("*") if file.is_file())
    needed = max(LEAST_BYTES, index)
    values = {"free": round(free / 1e9, 1), "needed": round(needed / 1e9, 1), "folder": place}
    yield ok("disk", "disk_ok", **values) if free >= needed else problem("disk", "disk_full", **values)


def _ocr() -> Finding:
    tool = shutil.which("tesseract")
    if tool is None:
        return note("ocr", "ocr_none")
    result = subprocess.run([tool, "--list-langs"], capture_output=True, text=True, check=False)  # noqa: S603
    has_language = LANGUAGE in result.stdout.split()
    return ok("ocr", "ocr_ok") if has_language else note("ocr", "ocr_no_language")
