"""The wiring: what the bot is made of, how it starts, and how it stops without losing anything."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from sqlalchemy.orm import Session
from telegram import Update
from telegram.error import BadRequest, Conflict, InvalidToken, RetryAfter, TelegramError
from telegram.ext import (
    Application,
    ApplicationBuilder,
    BaseHandler,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    ExtBot,
    MessageHandler,
    TypeHandler,
    filters,
)

from bot.board import mini_app
from bot.board.desk import BoardDesk
from bot.board.live import Live
from bot.board.server import Board
from bot.config import Config
from bot.conversation.converse import Conversation
from bot.conversation.mask import MaskingFilter
from bot.conversation.understand import Question
from bot.database import conversations
from bot.database.connection import Database, process_lock
from bot.errors import StartError
from bot.leads.office_hours import OfficeHours
from bot.leads.sla import Sla
from bot.telegram import cards, inbox, outbox, webhook
from bot.telegram.admins import Admins, report_message, report_update
from bot.telegram.cards import Cards
from bot.telegram.commands import Commands, copy_for
from bot.telegram.consultants import Consultants
from bot.telegram.consultation import Consultation
from bot.telegram.desk import Desk
from bot.telegram.flood import FloodGate
from bot.telegram.inbox import Inbox, Lanes
from bot.telegram.lead_actions import LeadActions
from bot.telegram.menus import set_menus
from bot.telegram.office import Office
from bot.telegram.presses import Presses
from bot.telegram.questions import Questions
from bot.telegram.relay import Relay
from bot.telegram.sender import QuietTimes, Sender, seconds
from bot.telegram.timers import Timers
from bot.web_server import WebServer, listen

DATABASE = "kotacerdas.sqlite"
UPDATES = ["message", "edited_message", "callback_query"]
DAY = 24 * 3600
POLL_SECONDS = 30
# httpcore looks at every open connection before each call: 64 of them cost a third of the loop.
CONNECTIONS = 24
LONGEST_PAUSE = 60.0
TOKEN = re.compile(r"\d+:[A-Za-z0-9_-]+", re.ASCII)
SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")

UNKNOWN_TOKEN = "TELEGRAM_BOT_TOKEN tidak dikenal Telegram. Periksa lagi di @BotFather."  # noqa: S105

log = logging.getLogger(__name__)
Handlers = dict[int, list[BaseHandler[Update, ContextTypes.DEFAULT_TYPE, Any]]]
Bot = ExtBot[None]
Result = TypeVar("Result")


def handlers(desk: Desk, relay: Relay, actions: LeadActions, board: str) -> Handlers:
    """Who handles what; the first that fits in its group does. `board` is the web board's address."""
    questions = Questions(desk)
    presses, commands, admins = Presses(desk, questions), Commands(desk), Admins(desk)
    requests = Consultation(desk, questions, commands, relay)
    consultants, office = Consultants(desk, relay, actions), Office(desk, relay.cards, board)
    private = filters.ChatType.PRIVATE
    fresh = filters.UpdateType.MESSAGE
    said = fresh & ~filters.COMMAND & ~filters.StatusUpdate.ALL
    among_consultants = said & filters.Chat(desk.config.telegram.consultants)
    admin = filters.User(desk.config.telegram.admins)
    return {
        -1: [TypeHandler(Update, FloodGate(desk).check)],
        0: [
            CommandHandler("start", requests.from_link, fresh & filters.Regex(r"^/start\S* k_")),
            CommandHandler("start", office.enrol, fresh & private & filters.Regex(r"^/start u_")),
            CommandHandler("start", commands.start, fresh),
            CommandHandler(["bantuan", "help"], commands.help, fresh),
            CommandHandler("konsultasi", requests.begin, fresh),
            CommandHandler("batal", requests.cancel, fresh),
            CommandHandler(["kembali", "lewati"], requests.message, fresh & private),
            CommandHandler("status", commands.status, fresh),
            CommandHandler("riwayat", commands.history, fresh),
            CommandHandler("bahasa", commands.choose_language, fresh),
            CommandHandler("privasi", commands.privacy, fresh),
            CommandHandler("datasaya", commands.my_data, fresh),
            CommandHandler("hapusdata", commands.ask_to_delete, fresh),
            CommandHandler("masalah", admins.problems, fresh & admin),
            CommandHandler("konsultan", office.members, fresh & admin),
            CommandHandler("antrean", office.queue, fresh),
            CommandHandler("milikku", office.mine, fresh),
            CommandHandler("cari", office.search, fresh),
            CommandHandler("papan", office.board, fresh),
            CommandHandler("tanya", questions.command, fresh),
            CallbackQueryHandler(presses.below_answer, "^[snvwzdfr]:"),
            CallbackQueryHandler(presses.example, "^e:"),
            CallbackQueryHandler(commands.privacy, "^p:"),
            CallbackQueryHandler(commands.set_language, "^b:"),
            CallbackQueryHandler(commands.delete, "^h:"),
            CallbackQueryHandler(requests.from_answer, "^k:"),
            CallbackQueryHandler(requests.press, "^i:"),
            CallbackQueryHandler(admins.press, "^[ou]:"),
            CallbackQueryHandler(consultants.press, f"^{cards.LEAD}:"),
            CallbackQueryHandler(consultants.approve, f"^{cards.VERSION}:"),
            CallbackQueryHandler(consultants.reason, f"^{cards.REASON}:"),
            CallbackQueryHandler(presses.unknown),
            MessageHandler(fresh & private & filters.COMMAND, commands.help),
            MessageHandler(fresh & private & filters.TEXT, requests.message),
            MessageHandler(among_consultants, consultants.message),
            MessageHandler(fresh & filters.TEXT & ~filters.COMMAND, questions.message),
            MessageHandler(filters.UpdateType.EDITED_MESSAGE & filters.TEXT, questions.edited),
            MessageHandler(fresh & private & ~filters.StatusUpdate.ALL, requests.media),
        ],
    }


@dataclass(frozen=True)
class OpenBoard:
    """The web board at its address, and its pages that wait for news."""

    address: str
    server: WebServer
    live: Live


class App:
    """The bot as a process: everything that it is made of, from the first update to the last."""

    def __init__(self, config: Config, token: str, secret: str) -> None:
        self._config = config
        self._secret = secret
        self._database = Database(config.data.dir / DATABASE)
        self._inbox = Inbox(self._database)
        self._lanes = Lanes(self._database, self._inbox, self._handle, self._set_aside)
        self._application = self._build(token)
        hours = OfficeHours(config.office)
        self._relay = Relay(Cards(config.telegram.consultants, Sla(config.sla, hours), config.score), hours)
        report = partial(report_message, admin_chat=config.telegram.admin_chat)
        self._sender = Sender(self._database, self._application.bot, report, self._relay)
        self._failures: dict[int, Exception] = {}
        self._stop = asyncio.Event()

    def _build(self, token: str) -> Application[Bot, ContextTypes.DEFAULT_TYPE, Any, Any, Any, None]:
        settings = self._config.telegram
        return (
            ApplicationBuilder()
            .token(token)
            .base_url(settings.base_url)
            .base_file_url(settings.base_file_url)
            .update_queue(self._inbox)
            .concurrent_updates(self._lanes)
            .connection_pool_size(CONNECTIONS)
            .rate_limiter(QuietTimes())
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
        # The first question is as fast as the others.
        await desk.think(lambda: desk.conversation.ask(Question("halo")))
        actions = LeadActions(self._relay, conversation.library, self._config.telegram.admins)
        board = self._web_board(desk, actions) if self._config.board.enabled else None
        for group, handlers_of_group in handlers(desk, self._relay, actions, board.address if board else "").items():
            self._application.add_handlers(handlers_of_group, group)
        self._application.add_error_handler(self._note)
        try:
            web = self._web_server() if self._config.telegram.webhook_url else None
            if await self._reach(self._application.initialize):
                left = await self._inbox.reload(bot)
                if await self._reach(self._receive):
                    await self._serve(desk, web, board, left)
        finally:
            await self._application.shutdown()
            self._database.close()

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

    async def _serve(self, desk: Desk, web: WebServer | None, board: OpenBoard | None, left: int) -> None:
        bot = self._application.bot
        timers = Timers(self._database, self._sender, self._relay.cards, self._config.telegram.admin_chat)
        await self._sender.start()
        await self._application.start()
        servers = [server for server in (web, board.server if board else None) if server]
        serving = [asyncio.create_task(server.run_until_stopped()) for server in servers]
        background = [
            asyncio.create_task(set_menus(bot, self._config.telegram.admins, self._config.telegram.consultants)),
            asyncio.create_task(forget_daily(self._database, self._config.memory.keep_days)),
            asyncio.create_task(timers.run()),
        ]
        log.info("KotaCerdas siap sebagai @%s; %s pesan dari sebelumnya dilanjutkan.", bot.username, left)
        await self._stop.wait()
        log.info("Berhenti: yang sedang dijawab diselesaikan, selebihnya menunggu di kotak masuk.")
        self._lanes.drain()
        if board:
            board.live.close()
        for server in servers:
            server.should_exit = True
        if not web and self._application.updater:
            await self._application.updater.stop()
        await self._application.stop()
        await self._sender.stop()
        for task in background:
            task.cancel()
        await asyncio.gather(*serving, *background, return_exceptions=True)
        desk.thinkers.shutdown(wait=False)

    def _web_server(self) -> WebServer:
        settings = self._config.telegram
        path = webhook.path_of(settings.webhook_url)
        return webhook.server(webhook.application(self._inbox, self._application.bot, self._secret, path), settings)

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
        log.info("Papan konsultan di %s", address)
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


async def forget_daily(database: Database, days: int) -> None:
    """Delete what is older than the retention setting, now and every day."""
    while True:
        forgotten = await database.run(partial(conversations.forget_older, days=days))
        if forgotten:
            log.info("%s percakapan yang lebih tua dari %s hari dihapus.", forgotten, days)
        await asyncio.sleep(DAY)


def run(config: Config) -> None:
    """Run the bot until it is told to stop. Raises StartError with what is missing."""
    token = os.environ.get("TELEGRAM_BOT_TOKEN", "").strip()
    secret = os.environ.get("TELEGRAM_WEBHOOK_SECRET", "").strip()
    if not token:
        raise StartError("TELEGRAM_BOT_TOKEN belum diisi. Buat bot di @BotFather, lalu isi dengan tokennya.")
    if not TOKEN.fullmatch(token):
        raise StartError(UNKNOWN_TOKEN)
    if config.telegram.webhook_url and not SECRET.fullmatch(secret):
        raise StartError(
            "telegram.webhook_url terisi, tetapi TELEGRAM_WEBHOOK_SECRET tidak: isi dengan huruf, angka, _ atau -."
        )
    log_to_stderr()
    asyncio.run(_run(config, token, secret))


async def _run(config: Config, token: str, secret: str) -> None:
    with process_lock(config.data.dir / DATABASE):
        await App(config, token, secret).run()


def log_to_stderr() -> None:
    """Log what happens, never what was said: personal data and the token are masked."""
    handler = logging.StreamHandler()
    handler.addFilter(MaskingFilter())
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", handlers=[handler]
    )
    # It writes every address, and the token is a part of it.
    for name in ("httpx", "httpcore", "alembic", "sentence_transformers", "telegram"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _polling_failed(error: TelegramError) -> None:
    if isinstance(error, Conflict):
        log.error("Proses lain memakai token yang sama; hentikan salah satunya.")
    else:
        log.warning("Telegram belum dapat dihubungi: %s", error)
