"""How the last ingest ended in; for whoever watches the library from another process, the reason out."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from pathlib import Path

from knowledge.durable import replace_text

FILE = "last_ingest.json"


def remember(data_dir: Path, failed: str | None) -> None:
    """Keep how a run ended: why nothing was switched, or None when all went well.

    A disk that has no room for this has told its trouble already.
    """
    values = {"at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "failed": failed}
    with suppress(OSError):
        data_dir.mkdir(parents=True, exist_ok=True)
        replace_text(data_dir / FILE, json.dumps(values, ensure_ascii=False))


def failure(data_dir: Path) -> str | None:
    """Why the last ingest switched to nothing; None when it did, or there was none."""
    try:
        failed = json.loads((data_dir / FILE).read_text(encoding="utf-8"))["failed"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return str(failed) if failed else None
