"""Roots of the library in; a signal each time that documents below them have changed and come to rest out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from knowledge.sources import SUFFIXES

# A copy of many files is one change: the signal comes when nothing has moved for so long.
REST_MILLISECONDS = 1500
LONGEST_MILLISECONDS = 30_000
TICK_MILLISECONDS = 500


def changes(roots: Sequence[Path]) -> Iterator[None]:
    """Yield once the watch stands, and after each burst of changes; Ctrl-C is the caller's.

    Roots that do not exist are not watched. What changes while the caller is busy is not missed.
    """
    from watchfiles import Change, watch

    def is_document(_: Change, path: str) -> bool:
        file = Path(path)
        return file.suffix.lower() in SUFFIXES and not file.name.startswith((".", "~$"))

    watching = watch(
        *(root for root in roots if root.exists()),
        watch_filter=is_document,
        step=REST_MILLISECONDS,
        debounce=LONGEST_MILLISECONDS,
        rust_timeout=TICK_MILLISECONDS,
        yield_on_timeout=True,
    )
    is_first = True
    for seen in watching:
        if seen or is_first:
            yield
        is_first = False
