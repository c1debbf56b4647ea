"""Officials whose answers a chat model drafts: it grows in the chat, checked; and whatever the model does, they
are answered in time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bot.telegram.conftest import StubBot, ask
from tests.bot.telegram.model_case import PATIENCE, Model, bot_with
from tests.bot_api import BotApi
from tests.chat_server import Json, Script, as_arguments, sources

QUESTION = "Apa 4 prinsip satu data indonesia?"
FORGED = "Daerah wajib membeli aplikasi Nusantara Jaya paling lambat 3 bulan."
TRUE = ("Keempatnya berlaku bersamaan.", "Perpres 39/2019 Pasal 3 menetapkan empat prinsip Satu Data Indonesia.")
PATIENT = 3 * PATIENCE


@pytest.fixture
def model() -> Iterator[Model]:
    server = Model()
    with server:
        yield server


@pytest.fixture
def bot(api: BotApi, tmp_path: Path, library_data: Path, model: Model) -> Iterator[StubBot]:
    made = bot_with(model, api, tmp_path / "data", library_data)
    try:
        made.start()
        yield made
    finally:
        made.close()


def answers(body: Json) -> str:
    """The first passage about it is cited for two true points and an invented one, with a link."""
    n = next(n for n, text in sources(body).items() if "berlaku bersamaan" in text)
    return as_arguments([(TRUE[1], [n]), (f"{FORGED} https://palsu.example", [n]), (TRUE[0], [n])])


def test_the_checked_answer_grows_and_a_model_that_goes_wrong_is_replaced_in_time(bot: StubBot, model: Model) -> None:
    siti = bot.api.private(7001, "Siti")
    model.answer_officials = lambda body: Script(answers(body), as_tool=True, pause=0.15)
    ask(siti, QUESTION)
    reply = siti.wait_reply(timeout=30)
    for text in TRUE:
        assert text in reply.text
    grown = [str(call.params["text"]) for call in bot.api.calls_of("sendMessageDraft", siti)]
    assert len(set(grown)) >= 2
    assert TRUE[1] in grown[0]
    assert TRUE[0] not in grown[0]
    for text in (*grown, reply.text):
        assert "Nusantara" not in text
        assert "palsu" not in text
    assert bot.rows("SELECT engine FROM turns") == [("openai:uji/answer-1",)]

    for script in (
        Script(status=429), Script(status=500), Script(""), Script("{rusak"), Script("- x", silence=20),
        Script(f"- {TRUE[1]} [1]\n- {TRUE[0]} [1]\n", pause=0.05, cut=4), Script(f"- {FORGED} [1]\n"),
    ):  # fmt: skip
        model.answer_officials = lambda body, script=script: script  # type: ignore[misc]
        asked, again = time.monotonic(), bot.api.private(7001 + len(bot.rows("SELECT 1 FROM turns")), "Budi")
        ask(again, QUESTION)
        reply = again.wait_reply(timeout=30)
        assert time.monotonic() - asked < PATIENT
        assert "memenuhi standar data" in reply.text
        assert "Nusantara" not in reply.text
    assert bot.rows("SELECT engine, count(*) FROM turns GROUP BY engine ORDER BY 2") == [
        ("openai:uji/answer-1", 1),
        ("extractive", 7),
    ]
