"""A verified generation in, the same one on every machine out: its vectors on a Chroma server, all
else of it (manifest, lexical index with the chunks, report, seal) in PostgreSQL.

Each machine keeps a copy of that in its own data directory and reads it as if it had been built
there. A generation and the pointer to it appear in one transaction, on the connection that holds
the lock of the ingest: who has lost the lock publishes nothing.
"""

from __future__ import annotations

import fcntl
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from knowledge import generation, last_run, shared_files, vector_index
from knowledge.errors import IndexUnreachableError, KnowledgeError, LibraryBusyError, NoGenerationError
from knowledge.settings import LibraryConfig, secret
from knowledge.tar_file import unpack_tar

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from psycopg import Connection

    Row = tuple[object, ...]

# A schema of its own: the bot's tables and their migrations are none of its business.
TABLES = """
CREATE SCHEMA IF NOT EXISTS library;
CREATE TABLE IF NOT EXISTS library.generations (
    name text PRIMARY KEY,
    is_complete boolean NOT NULL DEFAULT false
);
CREATE TABLE IF NOT EXISTS library.pieces (
    generation text NOT NULL REFERENCES library.generations ON DELETE CASCADE,
    number integer NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (generation, number)
);
CREATE TABLE IF NOT EXISTS library.pointer (
    is_one boolean PRIMARY KEY DEFAULT true CHECK (is_one),
    generation text NOT NULL REFERENCES library.generations
);
CREATE TABLE IF NOT EXISTS library.files (
    path text PRIMARY KEY,
    content bytea NOT NULL,
    digest text NOT NULL,
    changed timestamptz NOT NULL DEFAULT now()
);
"""
# Keys of PostgreSQL's advisory locks.
INGEST, CREATE, FILES = 7_301, 7_302, 7_303
PIECE_BYTES = 4_000_000
CONNECT_SECONDS = 3
# The client of chromadb waits for ever.
ANSWER_SECONDS = 10.0
DRIVER = "Untuk index.chroma terpasang dahulu: pip install 'kotacerdas[postgres]'."


def shared_of(config: LibraryConfig) -> Shared | None:
    """The shared library that the settings name, None where the index lies in the data directory.

    Raises KnowledgeError when one of its two servers is missing in the settings.
    """
    if not config.index.chroma:
        return None
    if not config.database.url:
        raise KnowledgeError("index.chroma memerlukan database.url: penunjuk generasi dan isinya ada di PostgreSQL.")
    return Shared(config)


class Shared:
    """The library of several machines; a client of both servers."""

    def __init__(self, config: LibraryConfig) -> None:
        self.address = config.index.chroma.rstrip("/")
        self._index = config.index
        self._url = config.database.url.replace("postgresql+psycopg://", "postgresql://", 1)
        # Of the ingest that this process runs.
        self._held: Connection[Row] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What a process of ours has to know of it, besides the secrets that it inherits."""
        return {
            "KOTACERDAS_DATABASE__URL": self._url,
            "KOTACERDAS_INDEX__CHROMA": self.address,
            "KOTACERDAS_INDEX__TENANT": self._index.tenant,
            "KOTACERDAS_INDEX__DATABASE": self._index.database,
        }

    def connect(self) -> Client:
        """A client of the Chroma server. Raises IndexUnreachableError."""
        import chromadb
        import httpx
        from chromadb.config import Settings

        place = urlsplit(self.address)
        is_secure = place.scheme == "https"
        token = secret("CHROMA_TOKEN")
        with self.asking():
            client = chromadb.HttpClient(
                str(place.hostname),
                place.port or (443 if is_secure else 8000),
                ssl=is_secure,
                # Chroma Cloud knows the first; a proxy before a server of one's own mostly the second.
                headers={"X-Chroma-Token": token, "Authorization": f"Bearer {token}"} if token else {},
                settings=Settings(anonymized_telemetry=False),
                tenant=self._index.tenant,
                database=self._index.database,
            )
            client._server._session.timeout = httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS)  # type: ignore[attr-defined]
        return cast("Client", client)

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Around every call of the Chroma server: raises IndexUnreachableError for whatever went wrong."""
        try:
            yield
        except KnowledgeError:
            raise
        # What a proxy answers is a plain Exception to chromadb, a server that is away a ValueError.
        except Exception as error:
            cause = error.__context__ if isinstance(error, ValueError) and error.__context__ else error
            raise IndexUnreachableError(
                f"Server Chroma di {self.address} tidak menjawab dengan benar ({type(cause).__name__}). "
                "Jalankan server itu, atau perbaiki index.chroma dan CHROMA_TOKEN."
            ) from error

    def count(self, name: str) -> int:
        """How many entries the collections of a generation hold; 0 where there is none."""
        folder = Path(name)
        with vector_index.open_store(folder, self) as client, self.asking():
            return sum(one.count() for one in vector_index.collections_of(client, folder, self))

    @contextmanager
    def lock(self, who: str) -> Iterator[None]:
        """Held by the one ingest of all machines; raises LibraryBusyError at once otherwise.

        What an interrupted run left behind is cleared away.
        """
        with self._connection() as connection:
            _create(connection)
            [got] = cast("tuple[bool]", connection.execute("SELECT pg_try_advisory_lock(%s)", (INGEST,)).fetchone())
            if not got:
                raise LibraryBusyError(f"Ingest lain sedang berjalan pada pustaka bersama: {_holder(connection)}.")
            connection.execute("SELECT set_config('application_name', %s, false)", (who[:60],))
            self._held = connection
            try:
                self._clear(connection)
                yield
            finally:
                self._held = None

    def holder(self) -> str | None:
        """Who ingests right now, on whichever machine; None when nobody does."""
        with self._connection() as connection:
            return _holder(connection)

    def begin(self, name: str) -> None:
        """Note that the collection of a generation is about to be made, so that it can be cleared away."""
        self._ours.execute("INSERT INTO library.generations (name) VALUES (%s)", (name,))

    def publish(self, folder: Path, name: str) -> None:
        """Keep the files of a verified generation and point every machine at it, both or neither."""
        connection = self._ours
        with connection.transaction(), TemporaryFile(dir=folder.parent) as archive:
            with tarfile.open(fileobj=archive, mode="w:gz", compresslevel=3) as packed:
                packed.add(folder, arcname=".")
            archive.seek(0)
            pieces = iter(lambda: archive.read(PIECE_BYTES), b"")
            for number, piece in enumerate(pieces):
                connection.execute("INSERT INTO library.pieces VALUES (%s, %s, %s)", (name, number, piece))
            connection.execute("UPDATE library.generations SET is_complete = true WHERE name = %s", (name,))
            _point(connection, name)

    def point(self, name: str) -> None:
        """Point every machine at a generation that is there."""
        _point(self._ours, name)

    def forget(self, names: list[str]) -> None:
        """Delete generations from both servers."""
        self._ours.execute("UPDATE library.generations SET is_complete = false WHERE name = ANY(%s)", (names,))
        self._clear(self._ours)

    def mirror(self, data_dir: Path) -> str | None:
        """Bring the copy on this machine in line; returns the generation in use, None before the first.

        Raises IndexUnreachableError without the database.
        """
        from psycopg.errors import InvalidSchemaName, UndefinedTable

        index = generation.index_dir(data_dir)
        with self._connection() as connection:
            try:
                row = connection.execute("SELECT generation FROM library.pointer").fetchone()
                found = connection.execute("SELECT name FROM library.generations WHERE is_complete").fetchall()
                last = connection.execute("SELECT content FROM library.files WHERE path = %s", (last_run.FILE,))
                shared_files.write_if_other(data_dir / last_run.FILE, last.fetchone())
            except (InvalidSchemaName, UndefinedTable):
                return None
            if row is None:
                return None
            name, names = str(row[0]), {str(one) for (one,) in found}
            if generation.current(data_dir) == name and names == set(generation.generations(data_dir)):
                return name
            index.mkdir(parents=True, exist_ok=True)
            with (data_dir / "mirror.lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                for wanted in [name, *(names - {name})]:
                    if not (index / wanted).exists():
                        _fetch(connection, wanted, index)
                generation.point(index, name)
                for other in set(generation.generations(data_dir)) - names:
                    shutil.rmtree(index / other, ignore_errors=True)
        return name

    def exchange_files(self, data_dir: Path) -> None:
        """Let the admins' files of this machine and those of the others be the same, see `shared_files`."""
        with self._connection() as connection:
            _create(connection)
            with connection.transaction():
                connection.execute("SELECT pg_advisory_xact_lock(%s)", (FILES,))
                shared_files.exchange(connection, data_dir)

    @property
    def _ours(self) -> Connection[Row]:
        assert self._held, "only within `lock`"  # noqa: S101
        return self._held

    @contextmanager
    def _connection(self) -> Iterator[Connection[Row]]:
        try:
            import psycopg
        except ModuleNotFoundError as error:
            raise KnowledgeError(DRIVER) from error
        try:
            with psycopg.connect(self._url, autocommit=True, connect_timeout=CONNECT_SECONDS) as connection:
                yield connection
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            raise IndexUnreachableError(
                f"Basis data pustaka bersama tidak menjawab ({type(error).__name__}). Periksa database.url."
            ) from error

    def _clear(self, connection: Connection[Row]) -> None:
        """Delete collections that belong to no complete generation, then the notes of them."""
        rows = connection.execute("SELECT name FROM library.generations WHERE NOT is_complete").fetchall()
        client = self.connect() if rows else None
        for (name,) in rows:
            if client:
                with self.asking():
                    # The first last: by it the others are found.
                    for one in reversed(vector_index.collections_of(client, Path(str(name)), self)):
                        client.delete_collection(one.name)
            connection.execute("DELETE FROM library.generations WHERE name = %s", (name,))
        if client:
            client.close()


def _create(connection: Connection[Row]) -> None:
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (CREATE,))
        connection.execute(TABLES)


def _holder(connection: Connection[Row]) -> str | None:
    row = connection.execute(
        "SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
        "WHERE l.locktype = 'advisory' AND l.classid = 0 AND l.objid = %s AND l.granted "
        "AND a.datname = current_database()",
        (INGEST,),
    ).fetchone()
    return str(row[0]) or "proses lain" if row else None


def _point(connection: Connection[Row], name: str) -> None:
    connection.execute(
        "INSERT INTO library.pointer (generation) VALUES (%s) "
        "ON CONFLICT (is_one) DO UPDATE SET generation = excluded.generation",
        (name,),
    )


def _fetch(connection: Connection[Row], name: str, index: Path) -> None:
    """Lay the files of a generation below `index`. Raises NoGenerationError when they cannot be read."""
    pieces = "SELECT content FROM library.pieces WHERE generation = %s AND number = %s"
    with TemporaryDirectory(prefix=".pustaka-", dir=index.parent) as folder, TemporaryFile(dir=folder) as archive:
        number = 0
        while row := connection.execute(pieces, (name, number)).fetchone():
            archive.write(cast(bytes, row[0]))
            number += 1
        archive.seek(0)
        try:
            with tarfile.open(fileobj=archive, mode="r:gz") as packed:
                unpack_tar(packed, Path(folder) / name)
        except (tarfile.TarError, EOFError) as error:
            raise NoGenerationError(f"Generasi {name} di basis data tidak terbaca ({error}).") from error
        (Path(folder) / name).rename(index / name)
