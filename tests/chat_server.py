"""An OpenAI-compatible server of the tests: it is told what to answer, and how to go wrong, over real HTTP.

    with ChatServer() as server:
        server.say(("Masterplan berlaku lima tahun.", [1]))
        server.fail(429)
        ...
        assert "Sumber:" in server.requests[0]["messages"][1]["content"]

What was said first is answered first; the last one is repeated.
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

PIECE = 12
Said = tuple[str, Sequence[int]]
Json = dict[str, Any]


@dataclass(frozen=True)
class Script:
    """One answer: `text` goes out in pieces, `pause` seconds before each, `silence` before the first.

    `as_tool`: as the arguments of the tool that the request offers; else as plain text. `cut` stops after so many
    pieces, "abort" with a broken connection, "end" as if it were complete.
    """

    text: str = ""
    status: int = 200
    as_tool: bool = False
    silence: float = 0.0
    pause: float = 0.0
    cut: int | None = None
    how: str = "abort"
    finish: str = "stop"


class ChatServer:
    """Serves /v1/chat/completions and /v1/embeddings in a thread; `requests` are the bodies it got."""

    def __init__(self) -> None:
        self.requests: list[Json] = []
        self.scripts: list[Script | Callable[[Json], Script]] = []
        self.tools_refused = False
        self._stop = threading.Event()
        routes = [Route("/v1/chat/completions", self._complete, methods=["POST"])]
        config = uvicorn.Config(Starlette(routes=routes), log_config=None, access_log=False, lifespan="off")
        self._server = uvicorn.Server(config)
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True)

    def __enter__(self) -> ChatServer:
        self._thread.start()
        while not self._server.started:
            time.sleep(0.005)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(5)

    def forget(self) -> None:
        """Begin anew."""
        self.requests.clear()
        self.scripts.clear()
        self.tools_refused = False

    def add(self, *scripts: Script | Callable[[Json], Script]) -> None:
        """What to answer next."""
        self.scripts += scripts

    def say(self, *points: Said, **how: Any) -> None:  # noqa: ANN401
        """Answer with these points as a call of the tool."""
        self.add(Script(as_arguments(points), as_tool=True, **how))

    def write(self, text: str, **how: Any) -> None:  # noqa: ANN401
        """Answer with plain text."""
        self.add(Script(text, **how))

    def fail(self, status: int) -> None:
        """Answer with an error."""
        self.add(Script(status=status))

    @property
    def asked(self) -> list[str]:
        """The messages of all requests, each as one text."""
        return ["\n".join(str(message["content"]) for message in body["messages"]) for body in self.requests]

    async def _complete(self, request: Request) -> Response:
        body = await request.json()
        self.requests.append(body)
        if self.tools_refused and body.get("tools"):
            return _error(400, "tools are not supported by this model")
        script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
        script = script if isinstance(script, Script) else script(body)
        await self._wait(script.silence)
        if script.status != 200:
            return _error(script.status, "scripted")
        return StreamingResponse(self._stream(script, body), media_type="text/event-stream")

    async def _stream(self, script: Script, body: Json) -> AsyncIterator[str]:
        as_tool = script.as_tool and bool(body.get("tools"))
        text = script.text if as_tool or not script.as_tool else as_marked(script.text)
        pieces = [text[i : i + PIECE] for i in range(0, len(text), PIECE)]
        for n, piece in enumerate(pieces):
            if n == script.cut:
                if script.how == "abort":
                    raise ConnectionError("cut by the test")
                return
            await self._wait(script.pause)
            call: Json = {"index": 0, "function": {"arguments": piece}}
            if n == 0:
                call |= {"id": "panggilan-1", "type": "function", "function": {"name": "jawaban", "arguments": piece}}
            yield _event({"tool_calls": [call]} if as_tool else {"content": piece})
        yield _event({}, "tool_calls" if as_tool and script.finish == "stop" else script.finish)
        yield "data: [DONE]\n\n"

    async def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self._stop.is_set():
            await asyncio.sleep(min(0.02, seconds))


def as_arguments(points: Sequence[Said]) -> str:
    """The points as the arguments of a tool's call."""
    return json.dumps(
        {"points": [{"text": text, "citations": list(cited)} for text, cited in points]}, ensure_ascii=False
    )


def as_marked(arguments: str) -> str:
    """The same points as lines with marks, for a request without tools."""
    points = json.loads(arguments)["points"]
    return "\n".join(f"- {point['text']} {''.join(f'[{n}]' for n in point['citations'])}" for point in points) + "\n"


def sources(body: Json) -> dict[int, str]:
    """The numbered records of a request."""
    message = body["messages"][-1]["content"]
    return {
        int(n): text.strip() for n, text in re.findall(r'<sumber nomor="(\d+)"[^>]*>\n(.*?)\n</sumber>', message, re.S)
    }


def _event(delta: Json, finish: str | None = None) -> str:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    body = {"id": "jawab-1", "object": "chat.completion.chunk", "created": 1, "model": "uji", "choices": [choice]}
    return f"data: {json.dumps(body, ensure_ascii=False)}\n\n"


def _error(status: int, message: str) -> JSONResponse:
    return JSONResponse({"error": {"message": message, "type": "scripted", "code": status}}, status)
