"""Uploads and jobs of the database in; what was found, progress and results as messages out.

One job at a time, each in a process of its own. What was under way when the bot stopped, however
suddenly, is done again at the next start: every step of it can be repeated.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from html import escape
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy.orm import Session
from telegram.error import BadRequest, TelegramError

from bot.database import library
from bot.database.library_tables import JobState, LibraryJob, Upload, UploadState
from bot.database.tables import now
from bot.library import processes, shelf
from bot.library.shelf import Shelf
from bot.telegram import library_cards as cards
from bot.telegram import library_results as results
from bot.telegram import outbox
from bot.telegram.desk import Desk
from bot.telegram.outbox import Outgoing
from bot.telegram.questions import language_of_id
from bot.texts import copy_of
from bot.texts.library import LibraryTexts
from knowledge.errors import KnowledgeError
from knowledge.generation import lock_holder
from knowledge.shared import shared_of

POLL_SECONDS = 0.5
# The files of an album come one by one.
QUIET = timedelta(seconds=1.5)
EDIT_SECONDS = 3.0
ATTEMPTS = 3
DOWNLOAD_TRIES = 5
LONGEST_REASON = 400
DAY = 24 * 3600

log = logging.getLogger(__name__)
Result = TypeVar("Result")


class LibraryWork:
    """The two lines of work beside the handlers: looking at what was sent, and doing the jobs."""

    def __init__(self, desk: Desk, config_file: Path | None) -> None:
        self._desk = desk
        self._data = desk.config.data.dir
        self._config_file = config_file.resolve() if config_file else None
        self._shelf = Shelf(self._data)

    async def run(self) -> None:
        """Work until the task is cancelled."""
        examining, working = self._forever("uploads", self._examine_next), self._forever("library", self._do_next)
        await asyncio.gather(examining, working, self._clear_up())

    async def _forever(self, name: str, step: Callable[[], Awaitable[bool]]) -> None:
        """Step after step; of several processes on one database one does it."""
        while True:
            try:
                async with self._desk.database.alone.hold(name) as ours:
                    if ours and await step():
                        continue
            except Exception:
                # The row says what was under way; it is tried again, and given up after some attempts.
                log.exception("work on the library failed")
            await asyncio.sleep(POLL_SECONDS)

    async def _clear_up(self) -> None:
        """Once a day: what was thrown away long ago, and what nobody decided on for as long."""
        days = self._desk.config.library.trash_days
        while True:
            with contextlib.suppress(OSError):
                await asyncio.to_thread(self._shelf.empty_trash, days)
                self._shelf.forget(await self._desk.look(lambda session: library.cancel_older(session, days)))
            await asyncio.sleep(DAY)

    async def _tell(self, work: Callable[[Session], Result]) -> Result:
        """A transaction whose messages leave after it."""

        def noted(session: Session) -> tuple[Result, set[int]]:
            return work(session), outbox.chats_of(session)

        result, chats = await self._desk.look(noted)
        self._desk.sender.wake(*chats)
        return result

    # What was sent.

    async def _examine_next(self) -> bool:
        def claim(session: Session) -> Upload | None:
            upload = library.next_to_examine(session, QUIET)
            if upload:
                upload.attempts += 1
            return upload

        upload = await self._desk.look(claim)
        if upload is None:
            return False
        copy = await self._copy(upload.person_id)
        async with self._desk.same_files():
            if upload.examined:
                found = [await self._examined_again(one, copy) if one.get("stale") else one for one in upload.examined]
            else:
                found = [one for file in upload.files for one in await self._examined(file, upload.attempts, copy)]

        def show(session: Session) -> None:
            row = session.get_one(Upload, upload.id)
            row.state, row.examined, row.changed_at = UploadState.EXAMINED, found, now()
            card = cards.upload_card(row, copy, self._desk.config.library.trash_days)
            row.card = outbox.add(session, Outgoing(row.chat_id, card))[0]
            if not cards.usable(row):
                row.state = UploadState.CANCELLED
                self._shelf.forget(file["staged"] for file in row.files)

        await self._tell(show)
        return True

    async def _examined(self, file: dict[str, Any], attempt: int, copy: LibraryTexts) -> list[dict[str, Any]]:
        path = self._shelf.staging / file["staged"]
        if not path.exists() and (reason := await self._download(file["file_id"], path, copy)):
            return [results.refused(file["staged"], file["name"], reason)]
        if attempt > ATTEMPTS:
            return [results.refused(file["staged"], file["name"], copy.unreadable.format(error="–"))]
        result = await processes.examine(self._config_file, self._data, path, file["name"])
        if result.code != 0 or not isinstance(result.value, list):
            error = (result.complaint.splitlines() or [f"kode {result.code}"])[-1][:LONGEST_REASON]
            return [results.refused(file["staged"], file["name"], copy.unreadable.format(error=error))]
        return result.value

    async def _examined_again(self, one: dict[str, Any], copy: LibraryTexts) -> dict[str, Any]:
        path = self._shelf.staging / one["staged"]
        result = await processes.examine(self._config_file, self._data, path, one["name"])
        if result.code != 0 or not result.value:
            return results.refused(one["staged"], one["name"], copy.unreadable.format(error=result.complaint[-100:]))
        return {**result.value[0], "staged": one["staged"]}

    async def _download(self, file_id: str, path: Path, copy: LibraryTexts) -> str:
        """Fetch a file into the staging folder; returns why that is not possible, "" when it is there."""
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        for attempt in range(DOWNLOAD_TRIES):
            try:
                file = await self._desk.bot.get_file(file_id)
                await file.download_to_drive(partial)
            except BadRequest as error:
                return copy.download_failed.format(error=error)
            except TelegramError as error:
                reason = copy.download_failed.format(error=error)
                await asyncio.sleep(2**attempt)
                continue
            partial.replace(path)
            return ""
        return reason

    # Jobs.

    async def _do_next(self) -> bool:
        def claim(session: Session) -> LibraryJob | None:
            job = library.open_job(session)
            if job:
                job.state, job.attempts = JobState.RUNNING, job.attempts + 1
            return job

        job = await self._desk.look(claim)
        if job is None:
            return False
        copy = await self._copy(job.person_id)
        while job.attempts > 1 and lock_holder(self._data, shared_of(self._desk.config)):
            # The process that a killed bot left behind is still at work on the same thing.
            await asyncio.sleep(POLL_SECONDS)
        async with self._desk.same_files():
            ended = await self._carried_out(job, copy)
        # Who reads that it is in use asks of it at once.
        with contextlib.suppress(KnowledgeError, OSError):
            await self._desk.think(self._desk.conversation.library.refresh)
        await self._tell(lambda session: self._settle(session, job.id, ended, copy))
        return True

    async def _carried_out(self, job: LibraryJob, copy: LibraryTexts) -> results.Ended:
        if job.attempts > ATTEMPTS:
            await asyncio.to_thread(self._undo, job)
            return results.Ended(False, copy.failed_crash.format(code="–", complaint=""))
        try:
            if reason := await asyncio.to_thread(self._prepare, job, copy):
                return results.Ended(False, reason)
            before = results.manifest_of(self._data)
            result = await self._process(job, copy)
            if result.code not in {0, 1} or not isinstance(result.value, dict):
                await asyncio.to_thread(self._undo, job)
                return results.Ended(False, results.why(result, copy), result.value or {})
            after = results.manifest_of(self._data)
            if job.kind == "upload":
                missing = results.missing(job, result.value, after, self._data)
                if missing:
                    moves = [move for move, _ in missing]
                    await asyncio.to_thread(self._shelf.take_back, moves)
                    if any(move.old for move in moves):
                        await self._process(job, copy)
                return results.Ended(
                    True, results.report(job, result.value, before, after, copy), result.value, missing
                )
            return results.Ended(True, results.report(job, result.value, before, after, copy), result.value)
        except (OSError, KnowledgeError) as error:
            await asyncio.to_thread(self._undo, job)
            return results.Ended(False, str(error)[:LONGEST_REASON])

    async def _process(self, job: LibraryJob, copy: LibraryTexts) -> processes.Result:
        if job.kind == "evaluate":
            return await processes.evaluate(self._config_file, self._data)
        flags = ["--rollback"] if job.kind == "rollback" else ["--force"] if job.what.get("force") else []
        told: asyncio.Task[None] = asyncio.create_task(asyncio.sleep(0))
        told_at = time.monotonic()

        def progress(stage: str, done: int, total: int) -> None:
            nonlocal told, told_at
            # One edit at a time, paced: Telegram blocks a bot that edits without pause.
            if told.done() and time.monotonic() - told_at > EDIT_SECONDS:
                told_at = time.monotonic()
                text = cards.progress_text(job, copy, (stage, done, total))
                told = asyncio.create_task(self._tell(lambda session: cards.show_progress(session, job, text)))

        who = f"{job.person_name} (Telegram)"
        try:
            return await processes.ingest(self._config_file, self._data, who, *flags, progress=progress)
        finally:
            await asyncio.gather(told, return_exceptions=True)

    def _prepare(self, job: LibraryJob, copy: LibraryTexts) -> str:
        """What comes before the process, so that it can be done twice; returns why it cannot be done,
        and then nothing was."""
        what = job.what
        if job.kind == "upload":
            moves = shelf.from_json(what["moves"])
            if self._shelf.take_in(moves):
                self._shelf.take_back(moves)
                return copy.failed_gone
            return ""
        if job.kind == "delete":
            return "" if self._shelf.throw_away(what["key"], what["trash"]) else copy.file_gone
        if job.kind == "undelete":
            return "" if self._shelf.bring_back(what["key"], what["trash"]) else copy.undo_expired
        if job.kind == "repeal":
            shelf.repeal(self._data, what["id"], what["by"])
        elif job.kind == "unrepeal":
            shelf.unrepeal(self._data, what["id"])
        elif job.kind == "leave_out":
            shelf.leave_out(self._data, what["key"])
        elif job.kind == "let_in":
            shelf.let_in(self._data, what["key"])
        return ""

    def _undo(self, job: LibraryJob) -> None:
        """Bring back what `_prepare` changed: nothing was switched."""
        what = job.what
        if job.kind == "upload":
            self._shelf.take_back(shelf.from_json(what["moves"]))
        elif job.kind == "delete":
            self._shelf.bring_back(what["key"], what["trash"])
        elif job.kind == "undelete":
            self._shelf.throw_away(what["key"], what["trash"])
        elif job.kind == "repeal":
            shelf.unrepeal(self._data, what["id"])
        elif job.kind == "unrepeal":
            shelf.repeal(self._data, what["id"], what["by"])
        elif job.kind == "leave_out":
            shelf.let_in(self._data, what["key"])
        elif job.kind == "let_in":
            shelf.leave_out(self._data, what["key"])

    def _settle(self, session: Session, identifier: int, ended: results.Ended, copy: LibraryTexts) -> None:
        """Say how it ended, and what the upload is now."""
        job = library.end_job(session, identifier, well=ended.well, result=ended.kept())
        days = self._desk.config.library.trash_days
        if job.message:
            outbox.add(session, Outgoing(job.chat_id, {}, "delete_message", replaces=job.message))
        upload = session.get(Upload, job.upload_id) if job.upload_id else None
        if ended.well:
            keyboard = cards.undo_button(job, copy) if job.kind in results.UNDONE_BY else None
            outbox.add_text(session, job.chat_id, ended.text, keyboard=keyboard)
            if upload:
                results.settle_upload(session, upload, ended, copy, days)
                if upload.state == UploadState.LIVE:
                    self._shelf.forget(file["staged"] for file in upload.files)
            admin_chat = self._desk.config.telegram.admin_chat
            if admin_chat and admin_chat != job.chat_id and job.kind != "evaluate":
                said = copy.announced.format(who=escape(job.person_name))
                outbox.add_text(session, admin_chat, f"{said}\n\n{ended.text}")
            return
        text = copy.failed.format(kind=copy.kinds[job.kind], reason=escape(ended.text))
        if upload is None:
            outbox.add_text(
                session, job.chat_id, text, keyboard=cards.force_button(job, copy) if ended.by_gate else None
            )
        else:
            upload.state, upload.changed_at = UploadState.EXAMINED, now()
            failed = f"{text}\n{copy.failed_upload}"
            card = cards.upload_card(upload, copy, days, failed=failed, force=ended.by_gate)
            upload.card = outbox.add(session, Outgoing(upload.chat_id, card))[0]

    async def _copy(self, person: int) -> LibraryTexts:
        return copy_of(LibraryTexts, await self._desk.look(lambda session: language_of_id(session, person)))
