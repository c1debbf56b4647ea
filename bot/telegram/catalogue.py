"""The admins' commands about the library: its list, one document, and what can be done with both."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

from rapidfuzz import process
from sqlalchemy.orm import Session
from telegram import Message, Update, User
from telegram.ext import ContextTypes

from bot.database import library
from bot.database.answers import times_cited
from bot.database.library_tables import JobState
from bot.database.tables import token
from bot.library.shelf import Shelf
from bot.telegram import buttons, outbox, quarantine
from bot.telegram import library_cards as cards
from bot.telegram import library_results as results
from bot.telegram.buttons import data
from bot.telegram.desk import Desk
from bot.telegram.library_jobs import begin, begin_or_say_why, busy
from bot.telegram.outbox import Outgoing
from bot.telegram.presses import tell
from bot.telegram.questions import language_kept
from bot.texts import copy_of
from bot.texts.library import LibraryTexts
from knowledge import curation, generation
from knowledge.chunk import Document
from knowledge.errors import NoGenerationError
from knowledge.generation import Manifest
from knowledge.legal_status import references
from knowledge.regional import in_region, region_of, resolve, same_number

NEAREST = 3
CHOICES = 8
# Telegram takes documents of a bot up to this size.
MOST_BYTES = 50 * 1024 * 1024
YES, NO = "ya", "tidak"


class Catalogue:
    """The handlers of /pustaka, /dokumen, /cabut, /hapusdok, /muatulang, /kembalikan, /uji, and of the
    buttons that they lead to. Who is no admin never gets here by a command; a press is checked."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._data = desk.config.data.dir
        self._shelf = Shelf(self._data)

    async def listing(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """/pustaka [words]: the documents, page by page."""
        words = cards.words_of(context.args or ())
        manifest = await self._manifest()

        def show(session: Session) -> None:
            copy = self._copy(session, update.effective_user)
            text, keyboard = cards.list_page(manifest, words, 1, copy) if manifest else (copy.list_empty, None)
            outbox.add_text(session, _chat(update), text, keyboard=keyboard)

        await self._desk.finish(update, show)

    async def document(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """/dokumen ID: one document."""
        await self._on_one(update, context.args or [], "usage_document", self._show)

    async def delete(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """/hapusdok ID: out of the library, after a confirmation."""
        await self._on_one(update, context.args or [], "usage_delete", self._ask_to_delete)

    async def repeal(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """/cabut ID [successor]: mark as repealed."""
        wanted, by = read_two(" ".join(context.args or ()))
        person = update.effective_user

        def act(session: Session, document: Document, copy: LibraryTexts) -> None:
            if document.status == "dicabut" and not by:
                text = copy.already_repealed.format(title=escape(document.title))
                outbox.add_text(session, _chat(update), text)
            elif person:
                what = {"id": document.id, "by": in_region(by, region_of(document.id)) if by else None}
                named = (person.id, person.full_name)
                begin_or_say_why(session, self._desk.config, "repeal", what, named, _chat(update), copy)

        await self._on_one(update, [wanted] if wanted else [], "usage_repeal", act, by_id=True)

    async def reload(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """/muatulang: bring the library up to date with its folders."""
        await self._begin(update, "reload")

    async def evaluate(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """/uji: the evaluation."""
        await self._begin(update, "evaluate")

    async def roll_back(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """/kembalikan: back to the generation before, after a confirmation."""
        names = await self._desk.think(lambda: (generation.current(self._data), generation.generations(self._data)))
        now = names[0] or ""
        earlier = [name for name in names[1] if name < now]
        before = await self._desk.think(lambda: results.manifest_of(self._data))
        target = await self._desk.think(lambda: _manifest(self._data, earlier[-1])) if earlier else None

        def ask(session: Session) -> None:
            copy = self._copy(session, update.effective_user)
            if not earlier:
                outbox.add_text(session, _chat(update), copy.nothing_to_roll_back)
                return
            gone, back = results.difference(before, target)
            text = copy.confirm_rollback.format(now=now, before=earlier[-1], gone=len(gone), back=len(back))
            outbox.add_text(session, _chat(update), text, keyboard=_choice(cards.ROLLBACK, earlier[-1], copy))

        await self._desk.finish(update, ask)

    async def page(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """A button of the list."""
        query = update.callback_query
        if query is None or not await self._is_admin(query.from_user, update):
            return
        press = buttons.read(query.data)
        manifest = await self._manifest()
        copy = await self._desk.look(lambda session: self._copy(session, query.from_user))
        if press is None or manifest is None or not press.row.isdecimal() or not isinstance(query.message, Message):
            await tell(query, copy.expired)
            return
        text, keyboard = cards.list_page(manifest, press.argument, int(press.row[:6]), copy)
        chat, number = query.message.chat_id, query.message.message_id
        await tell(query)
        await self._desk.finish(
            update, partial(outbox.edit_text, chat=chat, message_id=number, text=text, keyboard=keyboard)
        )

    async def press_document(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """A button of one document."""
        query = update.callback_query
        if query is None or not await self._is_admin(query.from_user, update):
            return
        press, manifest = buttons.read(query.data), await self._manifest()
        copy = await self._desk.look(lambda session: self._copy(session, query.from_user))
        documents = manifest.documents if manifest and press else ()
        document = next((d for d in documents if press and cards.handle(d) == press.row), None)
        message = query.message if isinstance(query.message, Message) else None
        if press is None or document is None or message is None:
            await tell(query, copy.expired)
            return
        if press.argument == "berkas":
            await tell(query)
            await self._send_file(update, document, message.chat_id, copy)
            return
        sections = await self._sections(document)
        person = (query.from_user.id, query.from_user.full_name)

        def act(session: Session) -> str:
            chat, number = message.chat_id, message.message_id
            if press.argument == "lihat":
                self._show(session, document, copy, chat=chat, sections=sections)
            elif press.argument == cards.QUARANTINE:
                quarantine.show(session, chat, document.quarantined, self._data, copy)
            elif press.argument == "hapus":
                self._ask_to_delete(session, document, copy, chat=chat)
            elif press.argument == "cabut":
                text = copy.confirm_repeal.format(title=escape(document.title), by="", id=escape(document.id))
                outbox.add_text(session, chat, text, keyboard=_choice(cards.DOCUMENT, press.row, copy, "c"))
            elif press.argument in {NO, f"c{NO}"}:
                outbox.edit_keyboard(session, chat, number, buttons.keyboard())
            else:
                job = self._wanted(document, press.argument)
                if job is None:
                    return copy.expired
                if reason := busy(session, self._desk.config, copy):
                    return reason
                outbox.edit_keyboard(session, chat, number, buttons.keyboard())
                begin(session, *job, person, chat, copy)
            return ""

        await tell(query, await self._desk.finish(update, act))

    async def press_job(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """Undo what a job did, or roll back."""
        query = update.callback_query
        if query is None or not await self._is_admin(query.from_user, update):
            return
        press = buttons.read(query.data)
        message = query.message if isinstance(query.message, Message) else None
        current = await self._desk.think(lambda: generation.current(self._data))
        person = (query.from_user.id, query.from_user.full_name)

        def act(session: Session) -> str:
            copy = self._copy(session, query.from_user)
            if press is None or message is None:
                return copy.expired
            chat, number = message.chat_id, message.message_id
            if press.action == cards.ROLLBACK and press.argument == NO:
                outbox.edit_keyboard(session, chat, number, buttons.keyboard())
                return ""
            wanted: tuple[str, dict[str, Any]] | None = None
            if press.action == cards.ROLLBACK:
                names = [name for name in generation.generations(self._data) if name < (current or "")]
                # What was confirmed is one generation; another one may be in use by now.
                if press.argument == YES and names and names[-1] == press.row:
                    wanted = ("rollback", {})
            else:
                job = library.job_of(session, press.row)
                undo = press.argument == cards.UNDO and job and job.state == JobState.DONE
                if job and undo and job.kind in results.UNDONE_BY:
                    wanted = (results.UNDONE_BY[job.kind], {k: v for k, v in job.what.items() if k != "force"})
                elif job and press.argument == cards.FORCE and (job.result or {}).get("by_gate"):
                    wanted = (job.kind, job.what | {"force": True})
            if wanted is None:
                return copy.expired
            if reason := busy(session, self._desk.config, copy):
                return reason
            outbox.edit_keyboard(session, chat, number, buttons.keyboard())
            begin(session, *wanted, person, chat, copy)
            return ""

        await tell(query, await self._desk.finish(update, act))

    def _wanted(self, document: Document, argument: str) -> tuple[str, dict[str, Any]] | None:
        """The job that a confirmed press on a document means."""
        if argument == YES and self._is_own(document):
            return "delete", {"key": document.key, "trash": token()}
        if argument == YES:
            return "leave_out", {"key": document.key}
        if argument == f"c{YES}":
            return "repeal", {"id": document.id, "by": None}
        decided = curation.read_decisions(self._data)
        code = decided.repeal_of(document.id)
        if argument == "batalcabut" and code:
            return "unrepeal", {"id": code, "by": decided.repealed[code]}
        return None

    async def _begin(self, update: Update, kind: str) -> None:
        person = update.effective_user
        if person is None:
            return

        def wish(session: Session) -> None:
            copy, named = self._copy(session, person), (person.id, person.full_name)
            begin_or_say_why(session, self._desk.config, kind, {}, named, _chat(update), copy)

        await self._desk.finish(update, wish)

    async def _on_one(
        self,
        update: Update,
        arguments: list[str],
        usage: str,
        act: Callable[..., None],
        *,
        by_id: bool = False,
    ) -> None:
        """Do something with the document that is named; say what to choose from where it is not one."""
        wanted, manifest = " ".join(arguments).strip(), await self._manifest()
        found = named(manifest.documents, wanted) if manifest and wanted else []
        sections = await self._sections(found[0]) if len(found) == 1 else 0

        def answer(session: Session) -> None:
            copy, chat = self._copy(session, update.effective_user), _chat(update)
            if not wanted:
                outbox.add_text(session, chat, getattr(copy, usage))
            elif not found:
                text = copy.no_such.format(id=escape(wanted[:80]))
                ids = sorted({d.id for d in manifest.documents}) if manifest else []
                near = [one for one, score, _ in process.extract(wanted.lower(), ids, limit=NEAREST) if score > 60]
                if near:
                    text += "\n" + copy.nearest.format(ids=escape(", ".join(near)))
                outbox.add_text(session, chat, text)
            elif len({d.id for d in found} if by_id else found) > 1:
                rows = [
                    [buttons.button(f"{d.title} ({d.source})", data(cards.DOCUMENT, cards.handle(d), "lihat"))]
                    for d in found[:CHOICES]
                ]
                outbox.add_text(session, chat, copy.which.format(n=len(found)), keyboard=buttons.keyboard(*rows))
            elif by_id:
                act(session, found[0], copy)
            else:
                act(session, found[0], copy, chat=chat, sections=sections)

        await self._desk.finish(update, answer)

    def _show(self, session: Session, document: Document, copy: LibraryTexts, *, chat: int, sections: int = 0) -> None:
        marked = curation.read_decisions(self._data).repeal_of(document.id) is not None
        cited = times_cited(session).get(document.key, 0)
        own = self._is_own(document)
        text, keyboard = cards.document_page(document, sections, cited, copy, own=own, marked=marked)
        outbox.add_text(session, chat, text, keyboard=keyboard)

    def _ask_to_delete(
        self, session: Session, document: Document, copy: LibraryTexts, *, chat: int, sections: int = 0
    ) -> None:
        asked = copy.confirm_delete if self._is_own(document) else copy.confirm_leave_out
        text = asked.format(title=escape(document.title), days=self._desk.config.library.trash_days)
        outbox.add_text(session, chat, text, keyboard=_choice(cards.DOCUMENT, cards.handle(document), copy))

    async def _send_file(self, update: Update, document: Document, chat: int, copy: LibraryTexts) -> None:
        path = Path(document.key)

        def read() -> bytes | None:
            try:
                return path.read_bytes() if path.stat().st_size <= MOST_BYTES else None
            except OSError:
                return None

        content = await self._desk.think(read)
        if not content:
            await self._desk.finish(update, lambda session: outbox.add_text(session, chat, copy.file_gone))
            return
        parameters = {"filename": path.name, "caption": copy.file_caption.format(title=document.title)[:1000]}
        outgoing = Outgoing(chat, parameters, "send_document", file=content)
        await self._desk.finish(update, lambda session: outbox.add(session, outgoing))

    async def _is_admin(self, person: User, update: Update) -> bool:
        if person.id in self._desk.config.telegram.admins:
            return True
        copy = await self._desk.look(lambda session: self._copy(session, person))
        if update.callback_query:
            await tell(update.callback_query, copy.not_admin)
        return False

    def _is_own(self, document: Document) -> bool:
        return Path(document.key).is_relative_to(self._shelf.folder)

    def _copy(self, session: Session, person: User | None) -> LibraryTexts:
        return copy_of(LibraryTexts, language_kept(session, person) if person else "id")

    async def _manifest(self) -> Manifest | None:
        return await self._desk.think(lambda: results.manifest_of(self._data))

    async def _sections(self, document: Document) -> int:
        return await self._desk.think(lambda: sections_of(self._data, document))


def named(documents: tuple[Document, ...], wanted: str) -> list[Document]:
    """The documents that a person means: by id, by number ("PP 59/2022"), or by file name.

    A number without region means every region's rule of that number.
    """
    code = next((r.code for r in references(wanted)), wanted.lower())
    codes = resolve(code, same_number(d.id for d in documents))
    return [d for d in documents if d.id in codes or wanted.lower() in {d.source.lower(), (d.number or "").lower()}]


def read_two(text: str) -> tuple[str, str | None]:
    """A rule and its successor as codes: "PP 34/2009 PP 59/2022" or "pp-34-2009 pp-59-2022"."""
    found = [r.code for r in references(text)]
    words = text.split()
    if found:
        return found[0], found[1] if len(found) > 1 else None
    return (words[0].lower() if words else ""), (words[1].lower() if len(words) > 1 else None)


def sections_of(data_dir: Path, document: Document) -> int:
    """How many sections the library in use holds of a document."""
    name = generation.current(data_dir)
    if name is None:
        return 0
    chunks = generation.open_chunks(generation.index_dir(data_dir) / name)
    return len({chunk.group for chunk in chunks if chunk.document == document.key})


def _manifest(data_dir: Path, name: str) -> Manifest | None:
    try:
        return generation.read_manifest(data_dir, name)
    except NoGenerationError:
        return None


def _choice(action: str, row: str, copy: LibraryTexts, prefix: str = "") -> buttons.Keyboard:
    yes = buttons.button(copy.button_yes, data(action, row, f"{prefix}{YES}"))
    return buttons.keyboard([yes, buttons.button(copy.button_no, data(action, row, f"{prefix}{NO}"))])


def _chat(update: Update) -> int:
    assert update.effective_chat is not None, "a command stands in a chat"  # noqa: S101
    return update.effective_chat.id
