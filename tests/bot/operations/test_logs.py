"""The log of a bot: what a line carries from the update to the sending, and what it never holds."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

import pytest

from bot.conversation.mask import MaskingFilter
from bot.operations import logs
from tests.bot.telegram import stub
from tests.bot.telegram.conftest import StubBot, ask, wait_until
from tests.bot_api import TOKEN

JSON_LINES = {"KOTACERDAS_OPERATIONS__LOG_FORMAT": "json", stub.PACE: "0.02"}


def lines(bot: StubBot) -> list[dict[str, Any]]:
    return [json.loads(line) for line in bot.output.splitlines()]


def written(event: str, formatter: logging.Formatter, **figures: Any) -> str:  # noqa: ANN401
    """What becomes of one event."""
    record = logging.makeLogRecord({"name": "bot.uji", "levelno": 20, "levelname": "INFO", "msg": event})
    record.figures = figures
    assert MaskingFilter().filter(record)
    return formatter.format(record)


def test_a_turn_can_be_followed_from_the_update_to_the_sending(stub_bot: StubBot) -> None:
    stub_bot.settings |= JSON_LINES
    api = stub_bot.start().api
    budi, siti = api.private(7001), api.private(7002, "Siti")
    number = ask(budi, "apa itu SPBE")
    ask(siti, "apa itu masterplan")
    budi.wait_reply()
    siti.wait_reply()
    wait_until(stub_bot.is_done)
    wait_until(lambda: [line["message"] for line in lines(stub_bot)].count("sent") == 2)
    events = lines(stub_bot)
    (turn,) = {line["turn"] for line in events if line.get("update") == number and "turn" in line}
    of_turn = [line["message"] for line in events if line.get("update") == number or line.get("turn") == turn]
    assert of_turn == ["received", "answered", "sent"]
    assert stub_bot.rows("SELECT question FROM turns WHERE id = ?", turn) == [("apa itu SPBE",)]
    (answered,) = (line for line in events if line["message"] == "answered" and line["turn"] == turn)
    assert answered["kind"] == "answer"
    assert answered["engine"] == "extractive"
    assert 0 <= answered["ms"] < 10_000


def test_holds_neither_words_nor_people_nor_the_token(stub_bot: StubBot) -> None:
    stub_bot.settings |= JSON_LINES
    api = stub_bot.start().api
    budi = api.private(700112233, "Budi Rahasia")
    ask(budi, f"nomor saya 081234567890 {stub.RAISES} sekali")
    ask(budi, "apa itu SPBE")
    api.wait_calls("sendMessage", 2, budi)
    wait_until(stub_bot.is_done)
    assert all({"time", "level", "logger", "message"} <= line.keys() for line in lines(stub_bot))
    assert any("failed, attempt 3" in line["message"] for line in lines(stub_bot))
    for secret in ("081234567890", stub.RAISES, "sekali", "SPBE", "Budi", "700112233", TOKEN):
        assert secret not in stub_bot.output


def test_text_lines_carry_the_same_fields(stub_bot: StubBot) -> None:
    stub_bot.settings |= {stub.PACE: "0.02"}
    api = stub_bot.start().api
    budi = api.private(7001)
    number = ask(budi, "apa itu SPBE")
    budi.wait_reply()
    stub_bot.wait_log(f"answered update={number} turn=")
    stub_bot.wait_log("sent turn=")


@pytest.mark.parametrize("text", ["dua\nbaris", 'kutip " dan \\', "emoji 🏙️", "\u2028"])
def test_a_json_line_is_one_line_whatever_it_says(text: str) -> None:
    line = written(text, logs.JsonLines(), kind=text)
    assert len(line.split("\n")) == 1
    assert json.loads(line)["kind"] == json.loads(line)["message"] == text


def test_a_traceback_is_a_field_without_personal_data() -> None:
    try:
        raise RuntimeError(f"081234567890 dan {TOKEN.replace('TEST', 'A' * 35)}")
    except RuntimeError:
        record = logging.getLogger("bot.uji").makeRecord("bot.uji", 40, "f", 1, "gagal", (), sys.exc_info())
    assert MaskingFilter().filter(record)
    values = json.loads(logs.JsonLines().format(record))
    assert "RuntimeError: [nomor telepon] dan [token]" in values["exception"]
    assert "RuntimeError: [nomor telepon] dan [token]" in logs.TextLines().format(record)


def test_without_an_update_a_line_has_no_empty_fields() -> None:
    assert json.loads(written("siap", logs.JsonLines())).keys() == {"time", "level", "logger", "message"}
    assert written("siap", logs.TextLines()).endswith("INFO bot.uji: siap")
