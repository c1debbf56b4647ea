"""What happens in, lines on stderr out: as text for people or as JSON, never with what was said.

Every line of an update carries its number, and from the moment there is one the id of its turn, up
to the sending of its messages.
"""

from __future__ import annotations

import json
import logging
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Literal

from bot.conversation.mask import MaskingFilter

LogFormat = Literal["text", "json"]
# What is being worked on; a task, and a thread that runs for it, have their own.
update: ContextVar[int | None] = ContextVar("update", default=None)
turn: ContextVar[str | None] = ContextVar("turn", default=None)
# They write every address, and the token is a part of it; or what is nobody's business here.
QUIET = ("aiohttp", "httpx", "httpcore", "alembic", "sentence_transformers", "telegram")


def begin(update_id: int | None = None, turn_id: str | None = None) -> None:
    """Say what the lines of this task are about from now on."""
    update.set(update_id)
    turn.set(turn_id)


def note(log: logging.Logger, event: str, **figures: str | float | None) -> None:
    """Log an event with figures (ids of ours, kinds, durations), which become fields of their own."""
    log.info(event, extra={"figures": {key: value for key, value in figures.items() if value is not None}})


def log_to_stderr(form: LogFormat = "text") -> None:
    """Log what happens, never what was said: personal data and the token are masked."""
    handler = logging.StreamHandler()
    handler.addFilter(MaskingFilter())
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


class TextLines(logging.Formatter):
    """ "2026-11-25 08:00:00,000 INFO bot.telegram.questions: answered kind=answer ms=43 turn=Ab3_"."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        """The line without its traceback, which follows."""
        fields = (f"{key}={value}" for key, value in _fields(record).items())
        return " ".join([super().formatMessage(record), *fields])


class JsonLines(logging.Formatter):
    """One object a line: time, level, logger, message, then the fields that there are."""

    def format(self, record: logging.LogRecord) -> str:
        """The line; a traceback is the field "exception"."""
        values: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        values = _fields(record) | values
        if record.exc_info and not record.exc_text:
            record.exc_text = self.formatException(record.exc_info)
        if record.exc_text:
            values["exception"] = record.exc_text
        return json.dumps(values, ensure_ascii=False, default=str)


def _fields(record: logging.LogRecord) -> dict[str, object]:
    context = {"update": update.get(), "turn": turn.get()}
    return {key: value for key, value in context.items() if value is not None} | getattr(record, "figures", {})
