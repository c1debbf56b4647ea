"""A Telegram Bot API server for the tests: the bot's calls enter over HTTP, people's updates leave as Telegram's do.

The bot runs in another process with `telegram.base_url = f"{api.url}/bot"` and `telegram.base_file_url =
f"{api.url}/file/bot"`; the test plays the people and reads what they would see:

    with BotApi() as api:
        budi = api.private(7001)
        budi.say("/start")
        welcome = budi.wait_reply()
        query = budi.press("Setuju")
        api.wait_answer(query)

A refusal has the code and the wording of the real server. The chats and the people are in
`bot_api_chats`, what each method checks and does in `bot_api_methods`, the parsing of HTML in `bot_api_html`.
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from types import TracebackType
from urllib.parse import parse_qsl, urlsplit

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from tests.bot_api_chats import BOT, CUT, Call, Chat, Draft, Group, Json, Message, Person, Telegram
from tests.bot_api_methods import Methods, RefusalError

__all__ = ["BOT", "CUT", "TOKEN", "BotApi", "Call", "Chat", "Draft", "Group", "Message", "Person"]

TOKEN = "12345:TEST"  # noqa: S105 - the test server's own
LOCAL: Json = {"timeout": 10, "trust_env": False, "verify": ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)}  # plain HTTP
PREFIXES = {400: "Bad Request", 403: "Forbidden", 404: "Not Found", 409: "Conflict", 429: "Too Many Requests"}
PLAIN = set(
    """text caption name title description short_description url secret_token parse_mode action callback_query_id
    first_name last_name phone_number language_code document photo file_id icon_custom_emoji_id""".split()
)


@dataclass
class _Failure:
    method: str
    times: int
    status: int | None
    retry_after: int | None
    hang: float
    drop: bool
    accept: bool
    when: Callable[[Json], bool]


@dataclass
class _Poll:
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    terminated: bool = False


class BotApi(Telegram):
    """The server, a context manager; its synchronous methods are for the test's thread."""

    def __init__(self) -> None:
        super().__init__()
        self.latency = 0.0  # seconds before every call but getUpdates is looked at
        self.enforce_pace = False
        self.webhook_retry = 0.2  # seconds
        self._methods = Methods(self)
        self._failures: list[_Failure] = []
        self._hooks: list[tuple[str, Callable[[Call], None]]] = []
        self._poll: _Poll | None = None
        self._busy: set[int] = set()  # chats with an update on its way to the webhook
        self._tasks: set[asyncio.Task[None]] = set()
        # With the protocol named, asyncio sets TCP_NODELAY; without, every answer was measured to take 40 ms.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen(128)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop
        self._closing: asyncio.Event
        self._server: uvicorn.Server
        self._client: httpx.AsyncClient
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    def __enter__(self) -> BotApi:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = self._server.force_exit = True
        self._loop.call_soon_threadsafe(self._closing.set)
        with self.changed:
            if self._poll:
                self._poll.terminated = True
            self.wake()
        self._thread.join(10)

    def fail(
        self,
        method: str,
        times: int = 1,
        status: int | None = None,
        retry_after: int | None = None,
        hang: float = 0,
        drop: bool = False,
        accept: bool = False,
        when: Callable[[Json], bool] = lambda params: True,
    ) -> None:
        """The next calls of a method ("*": any) whose params fit go wrong; `times=-1` means all until `recover()`.

        `accept` says that the call takes effect all the same. Then `hang` seconds pass, and then the connection is
        cut (`drop`), or an error (`status`) is answered, or else what the accepted call returns; a hanging call that
        is not accepted ends in a cut.
        """
        assert status or retry_after or hang or drop, "say what goes wrong: status, retry_after, hang or drop"
        status = 429 if retry_after else status
        with self.changed:
            self._failures.append(_Failure(method, times, status, retry_after, hang, drop, accept, when))

    def recover(self) -> None:
        """Forgets every failure that is still to come."""
        with self.changed:
            self._failures.clear()

    def on_call(self, method: str, callback: Callable[[Call], None]) -> None:
        """Runs a function whenever a call of the method took effect, or failed by script, and is not yet answered."""
        with self.changed:
            self._hooks.append((method, callback))

    def post_webhook(self, update: Json, secret: str | None) -> int:
        """Posts anything to the bot's webhook with this secret; returns the status."""
        headers = {"X-Telegram-Bot-Api-Secret-Token": secret} if secret is not None else {}
        return httpx.post(self.webhook["url"], json=update, headers=headers, **LOCAL).status_code

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._closing = asyncio.Event()
        routes = [
            Route("/bot{token}/{method}", self._answer, methods=["GET", "POST"]),
            Route("/file/bot{token}/{path:path}", self._download),
        ]
        starlette = Starlette(routes=routes)

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            scope["cut"] = getattr(send, "__self__").transport.abort  # noqa: B009 - uvicorn's request cycle
            # A bot that takes us for its proxy names the whole address.
            scope["path"] = urlsplit(scope["path"]).path
            await starlette(scope, receive, send)

        config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", http="h11", loop="asyncio")
        self._server = uvicorn.Server(config)
        self._ready.set()
        async with httpx.AsyncClient(**LOCAL) as self._client:
            await self._server.serve(sockets=[self._socket])

    def wake(self) -> None:
        """Tells the test, a long poll and the webhook that something changed."""
        super().wake()
        self._loop.call_soon_threadsafe(self._go_on)

    def _go_on(self) -> None:
        with self.changed:
            if self._poll:
                self._poll.wake.set()
            if self.webhook.get("url"):
                self._send_to_webhook()

    async def _download(self, request: Request) -> Response:
        path = request.path_params["path"]
        if request.path_params["token"] != TOKEN or path not in self.contents:
            return _error(RefusalError(404, "file not found"))
        return Response(self.contents[path], media_type="application/octet-stream")

    async def _answer(self, request: Request) -> Response:
        if request.path_params["token"] != TOKEN:
            return JSONResponse({"ok": False, "error_code": 401, "description": "Unauthorized"}, 401)
        params, files = _read(request.headers.get("content-type", ""), await request.body())
        query = {key: _value(key, value) for key, value in request.query_params.items()}
        call = Call(request.path_params["method"], query | params, files, time.monotonic(), datetime.now(UTC))
        polling = call.method.lower() == "getupdates"
        with self.changed:
            self.calls.append(call)
            failure = self._failure_of(call)
            hooks = [hook for method, hook in self._hooks if method.lower() == call.method.lower()]
            self.changed.notify_all()
        await self._sleep(0 if polling else self.latency)
        response = None
        if failure is None or failure.accept:
            response = await self._updates_for(call, request) if polling else self._execute(call)
        for hook in hooks:
            await asyncio.to_thread(hook, call)
        if failure:
            await self._sleep(failure.hang)
            response = None if failure.drop else _failed(failure) if failure.status else response
        with self.changed:
            call.status = response.status_code if response else CUT
            self.changed.notify_all()
        if response is None:
            request.scope["cut"]()
            await asyncio.sleep(0.01)
        return response or Response()

    async def _sleep(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), seconds)

    def _failure_of(self, call: Call) -> _Failure | None:
        for failure in self._failures:
            if failure.method.lower() in {"*", call.method.lower()} and failure.times and failure.when(call.params):
                failure.times -= 1
                return failure
        return None

    def _execute(self, call: Call) -> Response:
        with self.changed:
            try:
                if self.enforce_pace:
                    self._methods.keep_pace(call)
                result = self._methods.answer(call)
            except RefusalError as refusal:
                return _error(refusal)
            finally:
                self.changed.notify_all()
        return JSONResponse({"ok": True, "result": result})

    # Updates on their way to the bot.

    async def _updates_for(self, call: Call, request: Request) -> Response:
        with self.changed:
            if self.webhook.get("url"):
                text = (
                    "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
                )
                return _error(RefusalError(409, text))
            if self._poll:
                self._poll.terminated = True
                self._poll.wake.set()
            poll = self._poll = _Poll()
            self.allowed = call.params.get("allowed_updates", self.allowed)
            self._confirm(call.params.get("offset", 0))
        deadline = call.at + call.params.get("timeout", 0)
        try:
            return await self._long_poll(poll, call, deadline, request)
        finally:
            with self.changed:
                self._poll = None if self._poll is poll else self._poll

    def _confirm(self, offset: int) -> None:
        self.unconfirmed = (
            [u for u in self.unconfirmed if u["update_id"] >= offset] if offset >= 0 else self.unconfirmed[offset:]
        )
        self.changed.notify_all()

    async def _long_poll(self, poll: _Poll, call: Call, deadline: float, request: Request) -> Response:
        limit = call.params.get("limit", 100)
        while True:
            gone = await request.is_disconnected()
            with self.changed:
                if poll.terminated:
                    text = "terminated by other getUpdates request; make sure that only one bot instance is running"
                    return _error(RefusalError(409, text))
                poll.wake.clear()
                left = deadline - time.monotonic()
                if not gone and (self.duplicates or self.unconfirmed or left <= 0):
                    batch = (self.duplicates + self.unconfirmed)[:limit]
                    self.duplicates = self.duplicates[limit:]
                    return JSONResponse({"ok": True, "result": batch})
            if gone:
                return Response()
            try:
                await asyncio.wait_for(poll.wake.wait(), left)
            except TimeoutError:
                continue

    def _send_to_webhook(self) -> None:
        for update in self.duplicates + self.unconfirmed:
            chat = _chat_of(update)
            if chat not in self._busy and len(self._busy) < self.webhook.get("max_connections", 40):
                self._busy.add(chat)
                task = asyncio.get_running_loop().create_task(self._post(update, chat))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _post(self, update: Json, chat: int) -> None:
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.webhook.get("secret_token", "")}
        problem = ""
        try:
            response = await self._client.post(self.webhook["url"], json=update, headers=headers)
            if not response.is_success:
                problem = f"Wrong response from the webhook: {response.status_code} {response.reason_phrase}"
        except httpx.HTTPError as error:
            problem = f"Connection failed: {error}"
        if problem:
            self.webhook |= {"last_error_date": int(time.time()), "last_error_message": problem}
            await asyncio.sleep(self.webhook_retry)
        with self.changed:
            self._busy.discard(chat)
            if not problem:
                self.duplicates = [waiting for waiting in self.duplicates if waiting is not update]
                self.unconfirmed = [waiting for waiting in self.unconfirmed if waiting is not update]
            self.changed.notify_all()
        self._go_on()


def _error(refusal: RefusalError) -> Response:
    body: Json = {"ok": False, "error_code": refusal.code, "description": f"{PREFIXES[refusal.code]}: {refusal.text}"}
    if refusal.retry_after is not None:
        body["parameters"] = {"retry_after": refusal.retry_after}
    return JSONResponse(body, refusal.code)


def _failed(failure: _Failure) -> Response:
    code = failure.status or 500
    if code == 429:
        seconds = failure.retry_after or 1
        return _error(RefusalError(429, f"retry after {seconds}", seconds))
    phrase = HTTPStatus(code).phrase
    if code > 500:  # answered by the proxy before the real server
        return Response(f"<html><h1>{code} {phrase}</h1></html>", code, media_type="text/html")
    return JSONResponse({"ok": False, "error_code": code, "description": phrase}, code)


def _value(key: str, value: str) -> object:
    if key in PLAIN:
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _read(content_type: str, body: bytes) -> tuple[Json, dict[str, tuple[str, bytes]]]:
    """The params and the files (name and content) of a body as JSON, form or multipart."""
    if content_type.startswith("application/json"):
        return json.loads(body or b"{}"), {}
    if not content_type.startswith("multipart/form-data"):
        pairs = parse_qsl(body.decode(), keep_blank_values=True)
        return {key: _value(key, value) for key, value in pairs}, {}
    params: Json = {}
    files: dict[str, tuple[str, bytes]] = {}
    boundary = content_type.partition("boundary=")[2].strip('"').encode()
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary)[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        names = dict(re.findall(r'\b(name|filename)="([^"]*)"', head.decode()))
        if "filename" in names:
            files[names["name"]] = names["filename"], content
        else:
            params[names["name"]] = _value(names["name"], content.decode())
    return params, files


def _chat_of(update: Json) -> int:
    body = next(value for key, value in update.items() if key != "update_id")
    return int((body.get("chat") or body.get("message", {}).get("chat") or body["from"])["id"])
