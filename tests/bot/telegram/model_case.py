"""A chat model for the bot of the tests: what it answers to officials and to consultants is said apart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.bot.telegram import stub
from tests.bot.telegram.conftest import GROUP, StubBot, data_folder
from tests.bot_api import BotApi
from tests.chat_server import ChatServer, Json, Script

OFFICE = {"KOTACERDAS_TELEGRAM__CONSULTANTS": str(GROUP), stub.PACE: "0", "KOTACERDAS_MODEL__CHAT": "openai:uji"}
# Seconds until it is given up.
PATIENCE = 4


class Model(ChatServer):
    """`answer_officials` fails at first, so that they get the extractive draft; `wishes` are what consultants
    asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.answer_officials: Callable[[Json], Script] = lambda body: Script(status=500)
        self.to_consultants = Script(status=500)
        self.add(self._answered)

    @property
    def wishes(self) -> list[str]:
        return [asked for asked in self.asked if "Draf lama" in asked]

    def _answered(self, body: Json) -> Script:
        return self.to_consultants if "Draf lama" in str(body["messages"]) else self.answer_officials(body)


def bot_with(model: Model, api: BotApi, folder: Path, library_data: Path) -> StubBot:
    """The bot with its real conversation and this model, not yet started."""
    limits = {"FAILURES": "1000", "FIRST_TOKEN_SECONDS": str(PATIENCE), "BASE_URL": model.url}
    drafting = {f"KOTACERDAS_DRAFTING__{name}": value for name, value in limits.items()}
    return StubBot(
        api, data_folder(folder, library_data), OFFICE | drafting | {stub.THINKS: "1", "OPENAI_API_KEY": "uji"}
    )
