"""The wiring: what the bot is made of, how it starts, and how it stops without losing anything."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import uvloop
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from telegram import Update
from telegram.error import BadRequest, Conflict, InvalidToken, RetryAfter, TelegramError
from telegram.ext import (
    Application,
    ApplicationBuilder,
    ContextTypes,
    ExtBot,
)

from bot.board import mini_app
from bot.board.desk import BoardDesk
from bot.board.live import Live
from bot.board.server import Board
from bot.config import Config
from bot.conversation.converse import Conversation
from bot.conversation.understand import Question
from bot.database import conversations
from bot.database.connection import DATABASE_FILE, Database, process_lock
from bot.errors import StartError, StopError
from bot.leads.office_hours import OfficeHours
from bot.leads.response import ResponseError, Template, read_template
from bot.leads.sla import Sla
from bot.operations import logs, memory, web
from bot.operations.health import Probes
from bot.operations.watch import Watch, beat
from bot.telegram import inbox, outbox, webhook
from bot.telegram.admins import report_message, report_update
from bot.telegram.alerts import Alerts
from bot.telegram.cards import Cards
from bot.telegram.commands import copy_for
from bot.telegram.desk import Desk
from bot.telegram.icons import topic_icons
from bot.telegram.inbox import FetchingBot, Inbox, Lanes
from bot.telegram.lead_actions import LeadActions
from bot.telegram.learner import Learner
from bot.telegram.library_work import LibraryWork
from bot.telegram.menus import set_menus
from bot.telegram.redrafter import Redrafter
from bot.telegram.relay import Relay
from bot.telegram.routes import handlers
from bot.telegram.sender import QuietTimes, Sender, seconds
from bot.telegram.timers import Timers
from bot.telegram.wire import Wire, keep_in_touch
from bot.web_server import WebServer, listen
from knowledge.settings import secret

UPDATES = ["message", "edited_message", "callback_query"]
DAY = 24 * 3600
POLL_SECONDS = 30
# httpcore looks at every open connection before each call: 64 of them cost a third of the loop.
CONNECTIONS = 24
LONGEST_PAUSE = 60.0
PARTING_SECONDS = 0.1
TOKEN = re.compile(r"\d+:[A-Za-z0-9_-]+", re.ASCII)
SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")

POLLED = "Proses lain sudah mengambil pesan bot ini. Beberapa proses bersama-sama memerlukan telegram.webhook_url."
TOKEN_REVOKED = (
    "Telegram tidak mengenal TELEGRAM_BOT_TOKEN lagi: token diganti atau bot dihapus di @BotFather. "  # noqa: S105
    "Isi dengan token yang berlaku dan jalankan lagi; pesan yang menunggu tetap tersimpan."
)
UNKNOWN_TOKEN = "TELEGRAM_BOT_TOKEN tidak dikenal Telegram. Periksa lagi di @BotFather."  # noqa: S105

log = logging.getLogger(__name__)
Result = TypeVar("Result")


@dataclass(frozen=True)
class OpenBoard:
    """The web board at its address, and its pages that wait for news."""

    address: str
    server: WebServer
    live: Live


class App:
    """The bot as a process: everything that it is made of, from the first update to the last."""

    def __init__(self, config: Config, token: str, secret: str, config_file: Path | None = None) -> None:
        self._config = config
        self._config_file = config_file
        self._secret = secret
        self._database = Database(config.data.dir / DATABASE_FILE, config.database.url)
        self._inbox = Inbox(self._database)
        self._lanes = Lanes(self._database, self._inbox, self._handle, self._set_aside)
        self._application = self._build(token)
        hours = OfficeHours(config.office)
        sla, redrafts = Sla(config.sla, hours), bool(config.model.chat)
        self._cards = Cards(config.telegram.consultants, sla, config.score, redrafts=redrafts)
        self._relay = Relay(self._cards, hours, letter_template(config.office.letter_template))
        report = partial(report_message, admin_chat=config.telegram.admin_chat)
        self._sender = Sender(self._database, self._application.bot, report, self._relay)
        self._failures: dict[int, Exception] = {}
        self._stop = asyncio.Event()
        self._token_revoked = False
        # What has to go on for as long as the bot runs.
        self._lasting: list[asyncio.Task[None]] = []

    def _build(self, token: str) -> Application[ExtBot[None], ContextTypes.DEFAULT_TYPE, Any, Any, Any, None]:
        settings = self._config.telegram
        bot: ExtBot[None] = FetchingBot(
            self._inbox,
            token=token,
            base_url=settings.base_url,
            base_file_url=settings.base_file_url,
            request=Wire(CONNECTIONS, self._refuse_token),
            get_updates_request=Wire(1, self._refuse_token),
            rate_limiter=QuietTimes(),
        )
        return (
            ApplicationBuilder()
            .bot(bot)
            .update_queue(self._inbox)
            .concurrent_updates(self._lanes)
            .job_queue(None)
            .build()
        )

    async def run(self) -> None:
        """Serve until SIGTERM or SIGINT."""
        for sign in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(sign, self._stop.set)
        self._database.migrate()
        conversation, bot = Conversation(self._config), self._application.bot
        desk = Desk(self._config, self._database, conversation, bot, self._inbox, self._sender)
        library = desk.conversation.library
        probes = Probes(self._database, library, desk.think, self._lasting)
        writer = conversation.writer
        is_down = (lambda: writer.model.is_down) if writer else (lambda: False)
        watch = Watch(self._config, self._database, library, probes, self._relay.cards.sla, is_down)
        # The first question is as fast as the others.
        await desk.think(lambda: desk.conversation.ask(Question("halo")))
        memory.settle()
        actions = LeadActions(self._relay, conversation.library, self._config.telegram.admins)
        board = self._web_board(desk, actions) if self._config.board.enabled else None
        for group, handlers_of_group in handlers(desk, self._relay, actions, board.address if board else "").items():
            self._application.add_handlers(handlers_of_group, group)
        self._application.add_error_handler(self._note)
        try:
            async with self._alone_in_polling():
                servers = self._servers(watch)
                if await self._reach(self._application.initialize):
                    left = await self._inbox.reload(bot)
                    if await self._reach(self._receive):
                        await self._serve(desk, watch, servers, board, actions, left)
        finally:
            await self._application.shutdown()
            await self._database.alone.close()
            self._database.close()
        if self._token_revoked:
            raise StopError(TOKEN_REVOKED)

    def _refuse_token(self) -> None:
        """Stop in good order: without a token nothing comes and nothing goes."""
        self._token_revoked = True
        # After the call has ended with its error, which python-telegram-bot would else leave to nobody.
        asyncio.get_running_loop().call_later(PARTING_SECONDS, self._stop.set)

    @contextlib.asynccontextmanager
    async def _alone_in_polling(self) -> AsyncIterator[None]:
        """Telegram gives its updates to one process that asks; several have to be called."""
        if self._config.telegram.webhook_url:
            yield
            return
        async with self._database.alone.hold("polling") as ours:
            if not ours:
                raise StartError(POLLED)
            yield

    async def _reach(self, call: Callable[[], Awaitable[object]]) -> bool:
        """Make a call to Telegram, however long that takes; False when the bot is stopped before."""
        pause = 1.0
        while not self._stop.is_set():
            wait = pause
            try:
                await call()
            except InvalidToken as error:
                raise StartError(UNKNOWN_TOKEN) from error
            except BadRequest as error:
                raise StartError(f"Telegram menolak pengaturan bot: {error}") from error
            except RetryAfter as error:
                wait = seconds(error)
            except TelegramError as error:
                log.warning("Telegram belum dapat dihubungi (%s); dicoba lagi.", error)
                pause = min(2 * pause, LONGEST_PAUSE)
            else:
                return True
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), wait)
        return False

    async def _serve(
        self,
        desk: Desk,
        watch: Watch,
        servers: Sequence[WebServer],
        board: OpenBoard | None,
        actions: LeadActions,
        left: int,
    ) -> None:
        bot = self._application.bot
        if self._config.telegram.consultants:
            self._cards.icons = await topic_icons(bot)
        timers = Timers(self._database, self._sender, self._cards, self._config.telegram.admin_chat)
        await self._sender.start()
        await self._application.start()
        place = f"{socket.gethostname()}:{self._config.telegram.webhook_port}" if self._database.shared else ""
        alerts = Alerts(watch, self._database, self._sender, self._config.telegram.admin_chat, place)
        servers = [*servers, *([board.server] if board else [])]
        serving = [asyncio.create_task(server.run_until_stopped()) for server in servers]
        self._lasting += [
            asyncio.create_task(forget_daily(self._database, self._config.memory.keep_days), name="forgetting"),
            asyncio.create_task(timers.run(), name="timers"),
            asyncio.create_task(alerts.run(), name="alerts"),
            asyncio.create_task(beat(), name="beat"),
            asyncio.create_task(LibraryWork(desk, self._config_file).run(), name="library"),
            asyncio.create_task(Learner(desk, self._cards).run(), name="learner"),
            asyncio.create_task(Redrafter(desk, actions).run(), name="redrafter"),
        ]
        menus = asyncio.create_task(set_menus(bot, self._config.telegram.admins, self._config.telegram.consultants))
        if self._database.shared:
            self._lasting.append(asyncio.create_task(self._inbox.adopt(bot), name="adoption"))
        if self._config.telegram.webhook_url:
            self._lasting.append(asyncio.create_task(keep_in_touch(bot), name="touch"))
        if board:
            log.info("Papan konsultan di %s", board.address)
        log.info("KotaCerdas siap sebagai @%s; %s pesan dari sebelumnya dilanjutkan.", bot.username, left)
        await self._stop.wait()
        log.info("Berhenti: yang sedang dijawab diselesaikan, selebihnya menunggu di kotak masuk.")
        self._lanes.drain()
        if board:
            board.live.close()
        for server in servers:
            server.should_exit = True
        if self._application.updater and self._application.updater.running:
            # Polling that a revoked token has ended ends with that error.
            with contextlib.suppress(InvalidToken):
                await self._application.updater.stop()
        await self._application.stop()
        await self._sender.stop()
        for task in (menus, *self._lasting):
            task.cancel()
        await asyncio.gather(*serving, menus, *self._lasting, return_exceptions=True)
        desk.thinkers.shutdown(wait=False)

    def _servers(self, watch: Watch) -> list[WebServer]:
        """What is listened to: for Telegram with a webhook, for the operators if they want it."""
        settings, operations = self._config.telegram, self._config.operations
        found: list[WebServer] = []
        if settings.webhook_url:
            path = webhook.path_of(settings.webhook_url)
            app = webhook.application(self._inbox, self._application.bot, self._secret, path)
            found.append(webhook.server(app, "webhook", settings.webhook_listen, settings.webhook_port))
        if operations.port:
            found.append(webhook.server(web.application(watch), "operations", operations.listen, operations.port))
        return found

    def _web_board(self, desk: Desk, actions: LeadActions) -> OpenBoard | None:
        """The consultants' board; officials are answered whether or not it can be opened."""
        settings = self._config.board
        pieces = BoardDesk(
            settings=settings,
            admins=self._config.telegram.admins,
            sla=self._relay.cards.sla,
            hours=self._relay.hours,
            weights=self._config.score,
            actions=actions,
            library=desk.conversation.library,
            do=self._do,
            mini_app_key=mini_app.key_of(self._application.bot.token),
        )
        board = Board(pieces)
        try:
            server = listen(board.application, settings.listen, settings.port)
        except OSError as error:
            log.error(
                "Papan konsultan tidak dapat dibuka di %s:%s (%s); bot tetap berjalan. Ubah board.port di config.toml.",
                settings.listen,
                settings.port,
                error.strerror,
            )
            return None
        host = f"[{settings.listen}]" if ":" in settings.listen else settings.listen
        address = settings.address.rstrip("/") or f"http://{host}:{server.port}"
        return OpenBoard(address, server, board.live)

    async def _do(self, work: Callable[[Session], Result]) -> Result:
        """A transaction of the board; what it put in line is sent."""
        result, chats = await self._database.run(lambda session: (work(session), outbox.chats_of(session)))
        self._sender.wake(*chats)
        return result

    async def _receive(self) -> None:
        """Begin to fetch updates, or tell Telegram where to bring them."""
        url, updater = self._config.telegram.webhook_url, self._application.updater
        if url:
            await self._application.bot.set_webhook(
                url, secret_token=self._secret, allowed_updates=UPDATES, max_connections=40
            )
        elif updater:
            await updater.start_polling(timeout=POLL_SECONDS, allowed_updates=UPDATES, error_callback=_polling_failed)

    async def _handle(self, update: Update) -> Exception | None:
        logs.begin(update.update_id)
        await self._application.process_update(update)
        return self._failures.pop(update.update_id, None)

    async def _note(self, update: object, context: ContextTypes.DEFAULT_TYPE) -> None:
        if isinstance(update, Update) and context.error:
            self._failures[update.update_id] = context.error

    async def _set_aside(self, update: Update) -> None:
        chat = update.effective_chat

        def settle(session: Session) -> set[int]:
            inbox.set_aside(session, update.update_id)
            report_update(session, update.update_id, self._config.telegram.admin_chat)
            if chat and chat.id > 0:
                outbox.add_text(session, chat.id, copy_for(session, update).set_aside)
            return outbox.chats_of(session)

        self._sender.wake(*await self._database.run(settle))


def letter_template(file: str) -> Template:
    """The form of the response letter, checked; StartError names what is wrong with the office's own."""
    try:
        return read_template(Path(file) if file else None)
    except ResponseError as error:
        raise StartError(str(error)) from error


async def forget_daily(database: Database, days: int) -> None:
    """Delete what is older than the retention setting, now and every day."""
    while True:
        try:
            forgotten = await database.run(partial(conversations.forget_older, days=days))
        except SQLAlchemyError:
            log.exception("old conversations could not be deleted")
        else:
            if forgotten:
                log.info("%s percakapan yang lebih tua dari %s hari dihapus.", forgotten, days)
        await asyncio.sleep(DAY)


def run(config: Config, config_file: Path | None = None) -> None:
    """Run the bot until it is told to stop; `config_file` is what its processes read.

    Raises StartError with what is missing.
    """
    token, webhook_secret = secret("TELEGRAM_BOT_TOKEN"), secret("TELEGRAM_WEBHOOK_SECRET")
    if not token:
        raise StartError("TELEGRAM_BOT_TOKEN belum diisi. Buat bot di @BotFather, lalu isi dengan tokennya.")
    if not TOKEN.fullmatch(token):
        raise StartError(UNKNOWN_TOKEN)
    if config.telegram.webhook_url and not SECRET.fullmatch(webhook_secret):
        raise StartError(
            "telegram.webhook_url terisi, tetapi TELEGRAM_WEBHOOK_SECRET tidak: isi dengan huruf, angka, _ atau -."
        )
    logs.log_to_stderr(config.operations.log_format)
    uvloop.run(_run(config, token, webhook_secret, config_file))


async def _run(config: Config, token: str, secret: str, config_file: Path | None) -> None:
    shared = bool(config.database.url)
    with contextlib.nullcontext() if shared else process_lock(config.data.dir / DATABASE_FILE):
        await App(config, token, secret, config_file).run()


def _polling_failed(error: TelegramError) -> None:
    if isinstance(error, Conflict):
        log.error("Proses lain memakai token yang sama; hentikan salah satunya.")
    else:
        log.warning("Telegram belum dapat dihubungi: %s", error)
