"""All of config.toml, for the entry points of the bot; the library's part is `knowledge.settings`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field
from pydantic_settings import SettingsConfigDict

from bot.conversation.chat_model import DraftingSettings
from bot.leads.office_hours import OfficeSettings
from bot.leads.score import ScoreSettings
from bot.leads.similarity import LearningSettings
from bot.leads.sla import SlaSettings
from knowledge.settings import DEFAULT_CONFIG, LibraryConfig, Section


class AnswerSettings(Section):
    """Thresholds of the drafting, calibrated on tests/questions.jsonl; see docs/architecture.md."""

    kind_confidence: float = Field(default=0.5, ge=0, le=1)
    sure_confidence: float = Field(default=0.7, ge=0, le=1)
    clarify_confidence: float = Field(default=0.45, ge=0, le=1)
    likely_similarity: float = Field(default=0.85, ge=0, le=1)
    min_similarity: float = Field(default=0.78, ge=0, le=1)
    min_coverage: float = Field(default=0.06, ge=0, le=1)
    min_evidence: float = Field(default=0.864, ge=0, le=1.2)
    max_words: int = Field(default=180, ge=60)


def _ends_with(path: str, url: str) -> str:
    """The token follows this address directly; a bare server gets the path of the Bot API."""
    return url if "{token}" in url or url.endswith("/bot") else url.rstrip("/") + path


class TelegramSettings(Section):
    """Where the Bot API is and how updates come; the token stands in TELEGRAM_BOT_TOKEN.

    With `webhook_url` Telegram calls us; then TELEGRAM_WEBHOOK_SECRET is needed as well.
    """

    base_url: Annotated[str, AfterValidator(partial(_ends_with, "/bot"))] = "https://api.telegram.org/bot"
    base_file_url: Annotated[str, AfterValidator(partial(_ends_with, "/file/bot"))] = (
        "https://api.telegram.org/file/bot"
    )
    webhook_url: str = ""
    webhook_listen: str = "127.0.0.1"
    webhook_port: int = Field(default=8080, ge=0, le=65535)
    admins: tuple[int, ...] = ()
    admin_chat: int = 0
    consultants: int = 0


class LimitSettings(Section):
    """How much one person, and everybody together, may send."""

    messages_per_person: int = Field(default=30, ge=1)
    messages_of_all: int = Field(default=1500, ge=1)
    window_seconds: int = Field(default=60, ge=1)
    longest_question: int = Field(default=2000, ge=100)


class MemorySettings(Section):
    """How long turns help to understand the next one, and how long they are kept at all."""

    turns: int = Field(default=30, ge=0)
    hours: int = Field(default=24, ge=1)
    keep_days: int = Field(default=180, ge=1)


class ConsultationSettings(Section):
    """What is promised to an official who asks for a consultation, in working hours."""

    first_response_hours: float = Field(default=8, gt=0)


class OperationsSettings(Section):
    """How the bot is seen: the address of its health and figures (`port` 0: none), the form of its
    log, and from when on the admins' chat hears of messages that wait and of a disk that fills."""

    listen: str = "127.0.0.1"
    port: int = Field(default=0, ge=0, le=65535)
    log_format: Literal["text", "json"] = "text"
    stuck_minutes: float = Field(default=5, gt=0)
    min_free_megabytes: int = Field(default=500, ge=0)


class BoardSettings(Section):
    """The consultants' board: where it listens, and the address that people reach it at, behind a
    web server that speaks HTTPS and takes the address's path off. Telegram opens it as a Mini App
    only at an https address."""

    enabled: bool = True
    listen: str = "127.0.0.1"
    port: int = Field(default=8090, ge=0, le=65535)
    address: str = Field(default="", pattern="^(https?://[^/?#]+(/[^?#]*)?)?$")
    session_hours: float = Field(default=12, gt=0)
    link_minutes: float = Field(default=10, gt=0)


class Config(LibraryConfig):
    """Every section; a name that nobody reads is a mistake and refused."""

    model_config = SettingsConfigDict(env_prefix="KOTACERDAS_", env_nested_delimiter="__", extra="forbid", frozen=True)

    answer: AnswerSettings = AnswerSettings()
    drafting: DraftingSettings = DraftingSettings()
    telegram: TelegramSettings = TelegramSettings()
    board: BoardSettings = BoardSettings()
    limits: LimitSettings = LimitSettings()
    memory: MemorySettings = MemorySettings()
    consultation: ConsultationSettings = ConsultationSettings()
    sla: SlaSettings = SlaSettings()
    score: ScoreSettings = ScoreSettings()
    learning: LearningSettings = LearningSettings()
    office: OfficeSettings = OfficeSettings()
    operations: OperationsSettings = OperationsSettings()

    @classmethod
    def load(cls, file: Path | None = None, data_dir: Path | None = None) -> Self:
        """As `LibraryConfig.load`; the letter's template counts from the folder of the file too."""
        config = super().load(file, data_dir)
        if not config.office.letter_template:
            return config
        folder = (file or DEFAULT_CONFIG).resolve().parent
        template = folder / Path(config.office.letter_template).expanduser()
        office = config.office.model_copy(update={"letter_template": str(template)})
        return config.model_copy(update={"office": office})
