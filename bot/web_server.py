"""A web application and an address in, a server inside the bot's event loop out."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

# A caller that does not finish its request keeps nobody from stopping.
PARTING_SECONDS = 3


class WebServer(uvicorn.Server):
    """uvicorn inside the bot's event loop; the bot itself listens to signals."""

    def __init__(self, config: uvicorn.Config, listening: socket.socket) -> None:
        super().__init__(config)
        self._listening = listening

    @property
    def port(self) -> int:
        """The port that it listens on, which the system chose where 0 was asked for."""
        return int(self._listening.getsockname()[1])

    async def run_until_stopped(self) -> None:
        """Serve until `should_exit` is set."""
        await self.serve([self._listening])

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them alone."""
        yield


def listen(app: ASGIApp, host: str, port: int) -> WebServer:
    """A server that holds its port and is yet to be started. Raises OSError when it is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.create_server((host, port), family=family)
    config = uvicorn.Config(
        app,
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=PARTING_SECONDS,
    )
    return WebServer(config, listening)
