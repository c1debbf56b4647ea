"""A small file and its new text in; after a crash it holds the old text or the new one, whole."""

from __future__ import annotations

import os
from pathlib import Path


def replace_text(file: Path, text: str) -> None:
    """Write `text` beside `file`, to the disk, and let it take its place. Raises OSError."""
    partial = file.with_name(f"{file.name}.partial")
    with partial.open("w", encoding="utf-8") as written:
        written.write(text)
        written.flush()
        os.fsync(written.fileno())
    partial.replace(file)
