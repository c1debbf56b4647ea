"""All of config.toml, for the entry points of the bot; the library's part is `knowledge.settings`."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from knowledge.settings import LibraryConfig, Section


class AnswerSettings(Section):
    """Thresholds of the drafting, calibrated on tests/questions.jsonl; see docs/architecture.md."""

    kind_confidence: float = Field(default=0.5, ge=0, le=1)
    sure_confidence: float = Field(default=0.7, ge=0, le=1)
    clarify_confidence: float = Field(default=0.45, ge=0, le=1)
    likely_similarity: float = Field(default=0.85, ge=0, le=1)
    min_similarity: float = Field(default=0.78, ge=0, le=1)
    min_coverage: float = Field(default=0.06, ge=0, le=1)
    max_words: int = Field(default=200, ge=60)


class Config(LibraryConfig):
    """Every section; a name that nobody reads is a mistake and refused."""

    model_config = SettingsConfigDict(env_prefix="KOTACERDAS_", env_nested_delimiter="__", extra="forbid", frozen=True)

    answer: AnswerSettings = AnswerSettings()
