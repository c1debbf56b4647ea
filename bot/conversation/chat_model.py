"""A prompt in, what a chat model writes out as it comes, or in good time the reason why it does not.

Any model that LangChain's `init_chat_model` knows. It gets the prompt and nothing else, and can do
nothing but answer. A model that fails is left alone for a while; nobody waits for it meanwhile.

ModelFailure   nothing usable came within the limits; `reason` is one word for the log
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from bot.conversation.model_limits import Breaker, Budget
from bot.errors import StartError
from knowledge.settings import Section

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage

# The form of an answer for models that can call a tool; there is nothing behind it.
ANSWER_TOOL = {
    "type": "function",
    "function": {
        "name": "jawaban",
        "description": "Butir-butir jawaban, masing-masing dengan nomor sumber yang menyatakannya.",
        "parameters": {
            "type": "object",
            "properties": {
                "points": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {
                            "text": {"type": "string"},
                            "citations": {"type": "array", "items": {"type": "integer"}},
                        },
                        "required": ["text", "citations"],
                    },
                }
            },
            "required": ["points"],
        },
    },
}
PASSING = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
# What a server says of a request that it does not understand: it may understand one without a tool.
NOT_UNDERSTOOD = frozenset({400, 404, 405, 415, 422, 501})
PAUSE_BEFORE_RETRY = 0.3
# Their clients take how long to wait and how often to repeat; we do both ourselves.
WITH_LIMITS = frozenset({"openai", "azure_openai", "anthropic", "groq", "deepseek", "xai", "together", "fireworks"})

# How the end of an answer is told; a stream that breaks off has none of them.
END = ("finish_reason", "done_reason", "stop_reason")
TELL_THE_END = WITH_LIMITS | {"ollama", "google_genai"}
OUT_OF_ROOM = frozenset({"length", "max_tokens", "MAX_TOKENS"})

log = logging.getLogger(__name__)


class DraftingSettings(Section):
    """How long a chat model may take, how much it may cost, and where it is."""

    base_url: str = ""
    output: Literal["tools", "text"] = "tools"
    first_token_seconds: float = Field(default=8, gt=0)
    total_seconds: float = Field(default=30, gt=0)
    longest_answer: int = Field(default=900, ge=100)
    tokens_a_day: int = Field(default=0, ge=0)
    failures: int = Field(default=3, ge=1)
    pause_seconds: float = Field(default=60, gt=0)
    min_support: float = Field(default=0.86, ge=0, le=1)
    inference: str = ""


class ModelFailure(Exception):  # noqa: N818 - what happened, in the field's words
    """The model gave nothing that can be used; `reason` says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class _Piece:
    """What the thread that listens to the model hands over: text, or how it ended."""

    text: str = ""
    error: Exception | None = None
    ended: bool = False


class ChatModel:
    """The chat model that the settings name, with its limits. Safe to use from many threads."""

    def __init__(self, name: str, settings: DraftingSettings, data_dir: Path) -> None:
        """Raises StartError with what to install when the provider's package is missing."""
        self.name = name
        self._settings = settings
        self._model = _opened(name, settings)
        self._uses_tools = settings.output == "tools"
        self._breaker = Breaker(settings.failures, settings.pause_seconds)
        self._budget = Budget(data_dir / "chat_tokens.json", settings.tokens_a_day)

    @property
    def is_down(self) -> bool:
        """Whether it is left alone after failures."""
        return self._breaker.is_open

    def write(self, task: str, message: str, until: float, *, as_points: bool = True) -> Iterator[str]:
        """What the model writes, each time the whole text so far; `until` is a moment of the monotonic clock.

        `as_points` asks for the answer as a call of a tool, where the model can do that. One more
        try where that may help; raises ModelFailure when the first word or the end is late, when it
        breaks, ends empty, is left alone or has used up its tokens.
        """
        if not self._budget.left():
            raise ModelFailure("budget")
        if not self._breaker.may_try():
            raise ModelFailure("resting")
        try:
            yield from self._with_one_retry(task, message, until, as_points=as_points)
        except ModelFailure as failure:
            self._breaker.failed()
            log.warning("chat model %s: %s", self.name, failure.reason)
            raise
        self._breaker.worked()

    def _with_one_retry(self, task: str, message: str, until: float, *, as_points: bool) -> Iterator[str]:
        for attempt in (1, 2):
            text = ""
            try:
                for text in self._attempt(task, message, until, as_points=as_points):
                    yield text
            except ModelFailure:
                raise
            except Exception as error:
                # Every provider has errors of its own; whatever it was, the extractive draft answers.
                reason = _reason(error)
                without_tool = as_points and self._uses_tools and reason == "not understood"
                if without_tool:
                    self._uses_tools = False
                if attempt == 2 or text or not (without_tool or _may_pass(error)):
                    raise ModelFailure(reason) from error
                time.sleep(min(PAUSE_BEFORE_RETRY, max(0.0, until - time.monotonic())))
                continue
            if text.strip():
                return
            raise ModelFailure("empty")

    def _attempt(self, task: str, message: str, until: float, *, as_points: bool) -> Iterator[str]:
        """One call, listened to in a thread of its own, so that a silent server holds up nobody."""
        pieces: queue.Queue[_Piece] = queue.Queue()
        stop = threading.Event()
        listen = threading.Thread(
            target=self._listen, args=(task, message, pieces, stop), kwargs={"as_points": as_points}, daemon=True
        )
        listen.start()
        first_until = min(until, time.monotonic() + self._settings.first_token_seconds)
        text = ""
        try:
            while True:
                piece = self._next(pieces, until if text else first_until, started=bool(text))
                if piece.error:
                    raise piece.error
                if piece.ended:
                    return
                text += piece.text
                if piece.text:
                    yield text
        finally:
            stop.set()
            self._budget.used_by_text(len(task) + len(message) + len(text))

    def _next(self, pieces: queue.Queue[_Piece], until: float, *, started: bool) -> _Piece:
        try:
            return pieces.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            raise ModelFailure("slow" if started else "silent") from None

    def _listen(
        self, task: str, message: str, pieces: queue.Queue[_Piece], stop: threading.Event, *, as_points: bool
    ) -> None:
        from langchain_core.messages import HumanMessage, SystemMessage

        ends: set[str] = set()
        try:
            tools = as_points and self._uses_tools
            model = self._model.bind_tools([ANSWER_TOOL], tool_choice="any") if tools else self._model
            for chunk in model.stream([SystemMessage(task), HumanMessage(message)]):
                if stop.is_set():
                    return
                ends |= {str(chunk.response_metadata[key]) for key in END if chunk.response_metadata.get(key)}
                pieces.put(_Piece(_text_of(chunk)))
        except Exception as error:  # noqa: BLE001 - handed over to who waits for the pieces
            pieces.put(_Piece(error=error))
        else:
            is_cut = not ends and self.name.partition(":")[0] in TELL_THE_END
            reason = "cut" if is_cut else "too long" if ends & OUT_OF_ROOM else ""
            pieces.put(_Piece(error=ModelFailure(reason) if reason else None, ended=True))


def _opened(name: str, settings: DraftingSettings) -> BaseChatModel:
    from langchain.chat_models import init_chat_model

    provider = name.partition(":")[0]
    options: dict[str, Any] = {"temperature": 0, "max_tokens": settings.longest_answer}
    if provider in WITH_LIMITS:
        options |= {"timeout": settings.total_seconds, "max_retries": 0}
    if settings.base_url:
        options["base_url"] = settings.base_url
    try:
        model: BaseChatModel = init_chat_model(name, **options)
    except ImportError as error:
        package = f"langchain-{provider.replace('_', '-')}"
        raise StartError(f"model.chat = {name!r}: paketnya belum terpasang. Jalankan: pip install {package}") from error
    except Exception as error:
        # A key that is missing, a provider that does not exist: the provider's own words say it best.
        raise StartError(f"model.chat = {name!r}: {error}") from error
    return model


def _text_of(chunk: AIMessage) -> str:
    """The text of a piece: the arguments of the tool's call, else what it says."""
    calls = getattr(chunk, "tool_call_chunks", ())
    return "".join(str(call.get("args") or "") for call in calls) or str(chunk.text)


def _status(error: Exception) -> int | None:
    status = getattr(error, "status_code", None) or getattr(getattr(error, "response", None), "status_code", None)
    return status if isinstance(status, int) else None


def _reason(error: Exception) -> str:
    status = _status(error)
    if status in NOT_UNDERSTOOD:
        return "not understood"
    return f"status {status}" if status else type(error).__name__


def _may_pass(error: Exception) -> bool:
    """Whether the same call may succeed a moment later."""
    status = _status(error)
    names = {kind.__name__ for kind in type(error).__mro__}
    lost = any(
        "Connect" in name or "Protocol" in name or name in {"ReadError", "RemoteProtocolError"} for name in names
    )
    return status in PASSING if status else lost
