"""A real Chroma server for the tests, from the package chromadb, in a folder of its own."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import httpx


class ChromaServer:
    """Listens on a port of this machine until `stop`; what it holds survives a `kill` and a `start`."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="kotacerdas-chroma-"))
        with closing(socket.create_server(("127.0.0.1", 0))) as listening:
            self.port = int(listening.getsockname()[1])
        self.start()

    @property
    def url(self) -> str:
        """As it stands in the settings."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        program = Path(sys.executable).with_name("chroma")
        command = [str(program), "run", "--path", str(self._folder / "data"), "--host", "127.0.0.1"]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--port", str(self.port)], stdout=log, stderr=log, cwd=self._folder
            )
        deadline = time.monotonic() + 30
        while not self._answers():
            assert self._process.poll() is None and time.monotonic() < deadline, (self._folder / "log").read_text()
            time.sleep(0.05)

    def kill(self) -> None:
        """End at once, as when its machine fails."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """End, and leave nothing behind."""
        self.kill()
        shutil.rmtree(self._folder)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/api/v2/heartbeat", trust_env=False, timeout=2).status_code == 200
        except httpx.HTTPError:
            return False
