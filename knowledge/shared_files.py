"""The admins' files of one machine in, the same on every machine out: what they sent, staged and threw
away, and what they decided. The tables are those of `shared`.

A machine remembers what it had in common with the others after the last exchange. What it has
changed since then it gives, what the others have changed it takes; where it knows of nothing in
common, the others' file wins, so that a new machine takes nothing away.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, cast

from knowledge import curation, last_run, sources
from knowledge.durable import replace_text
from knowledge.settings import GAP_CASES

if TYPE_CHECKING:
    from psycopg import Connection

COMMON = "shared_files.json"
FILES = (curation.FILE, curation.FILE_BEFORE, sources.ROOTS, GAP_CASES, last_run.FILE)
# Also those of `bot.library.shelf`.
FOLDERS = (curation.FOLDER, "staging", "trash")


def exchange(connection: Connection[tuple[object, ...]], data_dir: Path) -> None:
    """Give and take, within a transaction that one machine at a time is in."""
    here = _digests(data_dir)
    rows = connection.execute("SELECT path, digest FROM library.files").fetchall()
    there = {str(path): str(digest) for path, digest in rows}
    common = _common(data_dir)
    for path in here.keys() | there.keys() | common.keys():
        mine, theirs, before = here.get(path), there.get(path), common.get(path)
        if mine == theirs:
            continue
        if mine != before and (before is not None or theirs is None):
            _give(connection, data_dir, path, mine)
        else:
            _take(connection, data_dir, path, theirs)
    replace_text(data_dir / COMMON, json.dumps(_digests(data_dir), indent=1))


def write_if_other(file: Path, row: tuple[object, ...] | None) -> None:
    """Write the first column of a row into a file that says something else; nothing without a row."""
    if row is None:
        return
    content = cast(bytes, row[0])
    if not file.exists() or file.read_bytes() != content:
        file.parent.mkdir(parents=True, exist_ok=True)
        partial = file.with_name(f"{file.name}.partial")
        partial.write_bytes(content)
        partial.replace(file)


def _give(connection: Connection[tuple[object, ...]], data_dir: Path, path: str, digest: str | None) -> None:
    if digest is None:
        connection.execute("DELETE FROM library.files WHERE path = %s", (path,))
        return
    connection.execute(
        "INSERT INTO library.files (path, content, digest) VALUES (%s, %s, %s) ON CONFLICT (path) "
        "DO UPDATE SET content = excluded.content, digest = excluded.digest, changed = now()",
        (path, (data_dir / path).read_bytes(), digest),
    )


def _take(connection: Connection[tuple[object, ...]], data_dir: Path, path: str, digest: str | None) -> None:
    if digest is None:
        (data_dir / path).unlink(missing_ok=True)
        return
    row = connection.execute("SELECT content FROM library.files WHERE path = %s", (path,)).fetchone()
    write_if_other(data_dir / path, row)


def _common(data_dir: Path) -> dict[str, str]:
    try:
        return dict(json.loads((data_dir / COMMON).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


def _digests(data_dir: Path) -> dict[str, str]:
    found = [data_dir / name for name in FILES]
    found += [path for folder in FOLDERS for path in (data_dir / folder).rglob("*")]
    return {
        path.relative_to(data_dir).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in found
        if path.is_file() and path.suffix != ".partial"
    }
