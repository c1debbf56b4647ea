"""Changes of leads in the database in; server-sent events to every page that is open out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from bot.board.desk import BoardDesk
from bot.database.changes import Mark, changed_since, mark
from bot.database.sessions import Visitor

LOOK_SECONDS = 1.0
# A page hears of this when nothing happens, so that no proxy takes it for dead.
BEAT_SECONDS = 15.0
# The browser comes back so soon after a break.
RETRY_MILLISECONDS = 2000
MOST_WAITING = 100


class Live:
    """One look at the database a second, however many pages are open; none while none is."""

    def __init__(self, desk: BoardDesk) -> None:
        self._desk = desk
        self._pages: set[asyncio.Queue[str]] = set()
        self._looking: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()

    async def stream(self, request: Request, visitor: Visitor) -> Response:
        """The events of one page, until it is closed, its login ends or the bot stops."""
        headers = {"X-Accel-Buffering": "no"}
        return StreamingResponse(self._events(request), media_type="text/event-stream", headers=headers)

    def close(self) -> None:
        """Let every page go; they come back to whoever serves next."""
        self._closing.set()
        for page in self._pages:
            page.put_nowait("")

    async def _events(self, request: Request) -> AsyncIterator[str]:
        page: asyncio.Queue[str] = asyncio.Queue(MOST_WAITING)
        self._pages.add(page)
        try:
            yield f"retry: {RETRY_MILLISECONDS}\nevent: terhubung\ndata:\n\n"
            while not self._closing.is_set():
                # It ends with the last page, and with a database that could not be read for once.
                if self._looking is None or self._looking.done():
                    self._looking = asyncio.create_task(self._look())
                try:
                    changed = await asyncio.wait_for(page.get(), BEAT_SECONDS)
                except TimeoutError:
                    changed = ""
                if await self._desk.visitor(request) is None:
                    yield "event: keluar\ndata:\n\n"
                    return
                yield f"event: berubah\ndata: {changed}\n\n" if changed else ": \n\n"
        finally:
            self._pages.discard(page)

    async def _look(self) -> None:
        before: Mark = await self._desk.do(mark)
        while self._pages and not self._closing.is_set():
            await asyncio.sleep(LOOK_SECONDS)
            now = await self._desk.do(mark)
            if now == before:
                continue
            earlier, before = before, now
            tokens = await self._desk.do(lambda session, since=earlier: changed_since(session, since))  # type: ignore[misc]
            for page in self._pages:
                if not page.full():
                    page.put_nowait(" ".join(tokens))
