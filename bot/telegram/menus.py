"""The menus that Telegram shows: commands by scope and language, and what the bot is."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Sequence

from telegram import (
    Bot,
    BotCommandScope,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
)
from telegram.error import TelegramError

from bot.texts import Language, copy_of
from bot.texts.telegram import TelegramTexts

PRIVATE = ("konsultasi", "status", "riwayat", "bahasa", "bantuan", "datasaya", "hapusdata")
GROUP = ("tanya", "bantuan")
LIBRARY = ("pustaka", "dokumen", "cabut", "hapusdok", "muatulang", "kembalikan", "uji", "kesehatan")
OFFICE = ("papan", "statistik", "kesenjangan", "ekspor")
ADMIN = (*PRIVATE, "konsultan", *OFFICE, "masalah", *LIBRARY)
CONSULTANTS = ("antrean", "milikku", "cari", *OFFICE, *GROUP)
# Telegram shows the menu without a language to everybody whose language has none.
SHOWN_TO: tuple[tuple[Language, str | None], ...] = (("id", None), ("en", "en"))

log = logging.getLogger(__name__)


async def set_menus(bot: Bot, admins: Sequence[int], consultants: int) -> None:
    """Tell Telegram; a menu that cannot be set is no reason not to answer."""
    scopes: list[tuple[BotCommandScope, Sequence[str]]] = [
        (BotCommandScopeAllPrivateChats(), PRIVATE),
        (BotCommandScopeAllGroupChats(), GROUP),
        *((BotCommandScopeChat(admin), ADMIN) for admin in admins),
        *([(BotCommandScopeChat(consultants), CONSULTANTS)] if consultants else []),
    ]
    for language, code in SHOWN_TO:
        copy = copy_of(TelegramTexts, language)
        for scope, commands in scopes:
            menu = [(command, copy.commands[command]) for command in commands]
            await _try(bot.set_my_commands(menu, scope, language_code=code), f"the menu {scope.to_dict()}")
        await _try(bot.set_my_description(copy.bot_description, code), "the description")
        await _try(bot.set_my_short_description(copy.bot_short_description, code), "the short description")


async def _try(call: Awaitable[bool], what: str) -> None:
    try:
        await call
    except TelegramError as error:
        log.warning("%s was not set: %s", what, error)
