"""A real PostgreSQL server for the tests, from the system's package, in a folder of its own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from contextlib import closing
from itertools import count
from pathlib import Path

import psycopg

MISSING = "PostgreSQL is not installed (Debian: apt-get install postgresql)"


def programs() -> Path | None:
    """The folder of initdb and pg_ctl; None where there is no server."""
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return folders[-1] if folders and (folders[-1] / "initdb").exists() else None


class PostgresServer:
    """Listens on a port of this machine until `stop`; `new_database` gives the address of an empty one."""

    def __init__(self) -> None:
        # Not below pytest's folder, which is closed to the user that PostgreSQL runs as.
        self._folder = folder = Path(tempfile.mkdtemp(prefix="kotacerdas-postgres-"))
        self._programs = programs()
        self._numbers = count(1)
        with closing(socket.create_server(("127.0.0.1", 0))) as listening:
            self.port = int(listening.getsockname()[1])
        if os.geteuid() == 0:
            # PostgreSQL refuses to run as root.
            shutil.chown(folder, "postgres", "postgres")
        self._run("initdb", "-D", str(folder / "data"), "-U", "kotacerdas", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=60"
        self._run("pg_ctl", "-D", str(folder / "data"), "-w", "-l", str(folder / "log"), "-o", options, "start")

    def new_database(self) -> str:
        """The address of a database that nobody has used."""
        name = f"uji{next(self._numbers)}"
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.address(name)

    def address(self, database: str) -> str:
        """As it stands in the settings."""
        return f"postgresql://kotacerdas@127.0.0.1:{self.port}/{database}"

    def restart(self) -> None:
        """Every connection breaks off."""
        self._run(
            "pg_ctl",
            "-D",
            str(self._folder / "data"),
            "-w",
            "-l",
            str(self._folder / "log"),
            "-m",
            "immediate",
            "restart",
        )

    def stop(self) -> None:
        """End at once."""
        self._run("pg_ctl", "-D", str(self._folder / "data"), "-m", "immediate", "stop")
        shutil.rmtree(self._folder)

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program if self._programs else program), *arguments]
        if os.geteuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
        done = subprocess.run(command, check=False, capture_output=True, text=True, cwd="/", env=environment)
        assert done.returncode == 0, f"{program}: {done.stdout}{done.stderr}"
