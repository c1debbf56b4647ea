"""The custom emoji that Telegram allows for topics in; for each state of a lead the one that fits out."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping

from telegram import Bot, Sticker
from telegram.error import TelegramError

from bot.leads.lifecycle import State

# By preference: which ones there are is for Telegram to say (getForumTopicIconStickers).
FITTING: Mapping[State, tuple[str, ...]] = {
    State.BARU: ("❗️", "‼️", "⚡️", "🔥"),
    State.DIAMBIL: ("📝", "👀", "💼"),
    State.MENUNGGU_PEJABAT: ("❓", "⁉️", "🗣"),
    State.SIAP_DIKIRIM: ("✈️", "🔝", "📣"),
    State.TERKIRIM: ("💬", "📣", "📰"),
    State.SELESAI: ("✅", "🏁", "🏆"),
    State.BUKAN_PROSPEK: ("📁", "📉", "🔎"),
    State.DITUNDA: ("📆", "☕️", "⛅️"),
}
VARIATION = "\ufe0f"

log = logging.getLogger(__name__)


async def topic_icons(bot: Bot) -> dict[str, str]:
    """The icon of each state; none where Telegram gives none, which is no reason not to work."""
    try:
        return fitting(await bot.get_forum_topic_icon_stickers())
    except TelegramError as error:
        log.warning("topics have no icons: %s", error)
        return {}


def fitting(stickers: Iterable[Sticker]) -> dict[str, str]:
    """The id of the first fitting emoji that is there, by state."""
    there = {s.emoji.replace(VARIATION, ""): s.custom_emoji_id for s in stickers if s.emoji and s.custom_emoji_id}
    found = {
        state: next((there[key] for e in emoji if (key := e.replace(VARIATION, "")) in there), "")
        for state, emoji in FITTING.items()
    }
    return {state: icon for state, icon in found.items() if icon}
