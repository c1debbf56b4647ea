"""The bot as a process, as `tests.bot.telegram.conftest` starts it, with an address for its operators."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.bot.telegram.conftest import StubBot, api, stub_bot

__all__ = ["Watched", "api", "stub_bot", "watched"]


@dataclass
class Watched:
    """A bot and what stands at its operators' address."""

    bot: StubBot
    port: int

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"http://127.0.0.1:{self.port}{path}", trust_env=False, timeout=15)

    def healthz(self) -> tuple[int, dict[str, Any]]:
        response = self.get("/healthz")
        return response.status_code, response.json()

    def problems(self) -> list[str]:
        """Names of what keeps it from serving."""
        return [problem["name"] for problem in self.healthz()[1]["problems"]]

    def value(self, series: str) -> float:
        """The value of a series by its whole name with labels; fails when it is not there."""
        for line in self.get("/metrics").text.splitlines():
            name, _, value = line.rpartition(" ")
            if name == series:
                return float(value)
        raise AssertionError(f"no series {series}")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@pytest.fixture
def watched(stub_bot: StubBot) -> Watched:
    """A stub bot with an operators' address, not yet started."""
    port = free_port()
    stub_bot.settings |= {"KOTACERDAS_OPERATIONS__PORT": str(port)}
    return Watched(stub_bot, port)
