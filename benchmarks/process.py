"""What a running process takes of the machine (Linux)."""

from __future__ import annotations

import os
from pathlib import Path

MIB = 1 << 20


def cpu_milliseconds(pid: int) -> float:
    """CPU that a process has used, in user and system mode."""
    fields = _fields(pid)
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def resident_mib(pid: int) -> float:
    """Memory that a process holds, pages of files included."""
    return int(_fields(pid)[21]) * os.sysconf("SC_PAGE_SIZE") / MIB


def _fields(pid: int) -> list[str]:
    """Those of /proc/PID/stat behind the name, which may hold spaces."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
