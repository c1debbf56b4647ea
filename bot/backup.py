"""A data directory in, one archive with checksums out; and back.

The archive holds the database (by SQLite's backup interface or pg_dump, so the bot may run), the generation in
use, the admins' files and decisions, and config.toml without secrets. What can be made again (the
model, cached vectors) is left out. A restore checks everything beside the data before it swaps.
"""

from __future__ import annotations

import argparse
import ctypes
import hashlib
import io
import json
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import tarfile
import time
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from sqlalchemy import URL, make_url

from bot.config import Config
from bot.database.connection import DATABASE_FILE, MIGRATIONS, process_lock
from bot.errors import StartError
from bot.library.shelf import STAGING, TRASH
from bot.texts import copy_of
from bot.texts.backup import BackupTexts
from knowledge.curation import FOLDER
from knowledge.generation import current, index_dir, ingest_lock
from knowledge.settings import DEFAULT_CONFIG
from knowledge.tar_file import unpack_tar

MANIFEST = "manifest.json"
CONFIG = "config.cadangan.toml"
POSTGRES = "postgresql.dump"
FORMAT = 1
FOLDERS = (FOLDER, STAGING, TRASH)
# Made again by the next ingest, but at the price of an hour: taken over from the data before.
REMADE = ("models", "embeddings.sqlite", "embeddings.sqlite-wal", "ocr", "parsed")
SECRET = re.compile(r"^(\s*\w*(?:token|secret|password|api_key|key)\w*\s*=).*$", re.I | re.M)
IN_ADDRESS = re.compile(r"(://)[^/\s\"']*@|\d{5,}:[A-Za-z0-9_-]{20,}")
EXCHANGE = 2


@dataclass(frozen=True)
class Manifest:
    """What an archive holds: the SHA-256 of each file by its name."""

    format: int
    created: str
    generation: str | None
    migration: str
    files: dict[str, str] = field(default_factory=dict)


def backup_command(config: Config, options: argparse.Namespace) -> int:
    """`python -m bot backup FILE`."""
    manifest = backup(config, options.file, options.config or DEFAULT_CONFIG)
    size = round(options.file.stat().st_size / 1e6, 1)
    print(
        _copy().made.format(
            file=options.file, files=len(manifest.files), megabytes=size, generation=manifest.generation
        )
    )
    if config.database.url:
        print(_copy().made_with_database if POSTGRES in manifest.files else _copy().made_without_database)
        if POSTGRES not in manifest.files:
            print(f"    {_dump_command(config.database.url, 'kotacerdas.dump')}")
    return 0


def restore_command(config: Config, options: argparse.Namespace) -> int:
    """`python -m bot restore FILE`."""
    copy, data = _copy(), config.data.dir
    manifest, old = restore(options.file, data)
    print(
        copy.restored.format(
            created=manifest.created, data=data, files=len(manifest.files), generation=manifest.generation
        )
    )
    if old:
        print(copy.old_kept.format(folder=old))
    dump = data / POSTGRES
    if dump.exists():
        print(copy.database_beside.format(file=dump))
        print(f"    pg_restore --clean --if-exists --no-owner --dbname DATABASE_URL {shlex.quote(str(dump))}")
    print(copy.next_step)
    return 0


def backup(config: Config, file: Path, config_file: Path) -> Manifest:
    """Write the archive; it appears under its name when it is complete, readable by its owner alone.

    Raises StartError when it cannot be written.
    """
    if file.exists():
        raise StartError(_copy().exists.format(file=file))
    partial = file.with_name(f"{file.name}.partial")
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            with tarfile.open(fileobj=out, mode="w:gz", compresslevel=3) as archive:
                manifest = _fill(archive, config, config_file)
            out.flush()
            os.fsync(out.fileno())
        partial.rename(file)
    except StartError:
        partial.unlink(missing_ok=True)
        raise
    except (OSError, sqlite3.Error) as error:
        partial.unlink(missing_ok=True)
        raise StartError(_copy().not_written.format(reason=error)) from error
    return manifest


def restore(file: Path, data: Path) -> tuple[Manifest, Path | None]:
    """Check an archive beside `data`, then let it take the place of `data`; returns where the data
    before is kept. Raises StartError with the reason, and then nothing has changed."""
    if not file.is_file():
        raise StartError(_copy().no_file.format(file=file))
    data.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f".{data.name}.pulih-", dir=data.parent) as folder:
        fresh = Path(folder) / data.name
        manifest = _unpacked(file, fresh)
        _check(file, fresh, manifest)
        if not data.exists():
            fresh.rename(data)
            return manifest, None
        with process_lock(data / DATABASE_FILE), ingest_lock(data, "restore"):
            _take_over(data, fresh)
            old = data.with_name(f"{data.name}.sebelum-{time.strftime('%Y%m%d-%H%M%S')}")
            _swap(data, fresh)
            fresh.rename(old)
    return manifest, old


def _fill(archive: tarfile.TarFile, config: Config, config_file: Path) -> Manifest:
    data = config.data.dir
    name = current(data)
    files: dict[str, str] = {}
    with TemporaryDirectory(prefix=".cadangan-", dir=data) as folder:
        if (data / DATABASE_FILE).exists():
            copy = Path(folder) / DATABASE_FILE
            _copy_database(data / DATABASE_FILE, copy)
            files[DATABASE_FILE] = _add(archive, DATABASE_FILE, copy)
        if config.database.url and shutil.which("pg_dump"):
            dump = Path(folder) / POSTGRES
            _dump(config.database.url, dump)
            files[POSTGRES] = _add(archive, POSTGRES, dump)
    if name:
        for path in sorted(p for p in (index_dir(data) / name).rglob("*") if p.is_file()):
            member = path.relative_to(data).as_posix()
            files[member] = _add(archive, member, path)
        files["index/CURRENT"] = _add_bytes(archive, "index/CURRENT", f"{name}\n".encode())
    kept = [p for root in FOLDERS for p in sorted((data / root).rglob("*"))] + sorted(data.glob("*.json"))
    for path in (p for p in kept if p.is_file() and not p.is_symlink()):
        member = path.relative_to(data).as_posix()
        files[member] = _add(archive, member, path)
    if config_file.is_file():
        text = SECRET.sub(r'\1 ""', IN_ADDRESS.sub(r"\1", config_file.read_text(encoding="utf-8")))
        files[CONFIG] = _add_bytes(archive, CONFIG, text.encode())
    manifest = Manifest(FORMAT, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), name, _newest(), files)
    _add_bytes(archive, MANIFEST, json.dumps(asdict(manifest), indent=1).encode())
    return manifest


def _dump(url: str, file: Path) -> None:
    """Everything in PostgreSQL at one moment, the shared library included; the bots may be running."""
    # Other users of the machine see the arguments of a process, but not its environment.
    password = make_url(url).password
    environment = os.environ | ({"PGPASSWORD": str(password)} if password else {})
    command = ["pg_dump", "--format=custom", "--file", str(file), "--dbname", _without_password(url)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise StartError(_copy().not_written.format(reason=(done.stderr.strip().splitlines() or ["pg_dump"])[-1]))


def _dump_command(url: str, file: str) -> str:
    return f"pg_dump --format=custom --file {file} --dbname {shlex.quote(_without_password(url))}"


def _without_password(url: str) -> str:
    full = make_url(url)
    plain = URL.create("postgresql", full.username, None, full.host, full.port, full.database, full.query)
    return plain.render_as_string()


def _copy_database(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source, timeout=30)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")


class _Hashing(io.RawIOBase):
    """Reads a file and remembers the hash of what was read."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__()
        self._file = file
        self.hash = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        piece = self._file.read(size)
        self.hash.update(piece)
        return piece


def _add(archive: tarfile.TarFile, member: str, path: Path) -> str:
    info = tarfile.TarInfo(member)
    with path.open("rb") as file:
        stat = os.fstat(file.fileno())
        info.size, info.mtime, info.mode = stat.st_size, stat.st_mtime, 0o600
        hashing = _Hashing(file)
        archive.addfile(info, hashing)
    return hashing.hash.hexdigest()


def _add_bytes(archive: tarfile.TarFile, member: str, content: bytes) -> str:
    info = tarfile.TarInfo(member)
    info.size, info.mtime, info.mode = len(content), time.time(), 0o600
    archive.addfile(info, io.BytesIO(content))
    return hashlib.sha256(content).hexdigest()


def _unpacked(file: Path, folder: Path) -> Manifest:
    try:
        with tarfile.open(file, "r:gz") as archive:
            unpack_tar(archive, folder)
        values = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        manifest = Manifest(**values)
    except FileNotFoundError as error:
        raise StartError(_copy().no_manifest.format(file=file)) from error
    except (tarfile.TarError, OSError, EOFError, ValueError, TypeError) as error:
        raise StartError(_copy().unreadable.format(file=file, reason=error)) from error
    (folder / MANIFEST).unlink()
    return manifest


def _check(file: Path, folder: Path, manifest: Manifest) -> None:
    copy = _copy()
    if manifest.format > FORMAT or manifest.migration > _newest():
        raise StartError(copy.too_new.format(file=file))
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
    if odd := sorted(there ^ manifest.files.keys()):
        raise StartError(copy.incomplete.format(name=odd[0]))
    for name, digest in manifest.files.items():
        with (folder / name).open("rb") as content:
            if hashlib.file_digest(content, "sha256").hexdigest() != digest:
                raise StartError(copy.changed.format(name=name))
    if DATABASE_FILE in manifest.files:
        try:
            with closing(sqlite3.connect(folder / DATABASE_FILE)) as connection:
                said = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
        except sqlite3.DatabaseError as error:
            said = str(error)
        if said != "ok":
            raise StartError(copy.database_broken.format(reason=said))


def _take_over(data: Path, fresh: Path) -> None:
    for name in REMADE:
        if (data / name).is_dir():
            shutil.copytree(data / name, fresh / name, copy_function=_link)
        elif (data / name).exists():
            shutil.copy2(data / name, fresh / name)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _swap(one: Path, other: Path) -> None:
    """Exchange two folders in one step where the system can, else in two."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename and rename(-100, os.fsencode(one), -100, os.fsencode(other), EXCHANGE) == 0:
        return
    aside = other.with_name(f"{other.name}.lama")
    try:
        one.rename(aside)
    except OSError as error:
        raise StartError(_copy().not_swapped.format(data=one, reason=error.strerror)) from error
    other.rename(one)
    aside.rename(other)


def _newest() -> str:
    return max(path.stem for path in (MIGRATIONS / "versions").glob("0*.py")).partition("_")[0]


def _copy() -> BackupTexts:
    return copy_of(BackupTexts, "id")
