"""config.toml and the environment in, checked and frozen settings of the library out."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from knowledge.errors import KnowledgeError

PROJECT = Path(__file__).resolve().parent.parent
DEFAULT_CONFIG = PROJECT / "config.toml"
SHIPPED_DOCUMENTS = PROJECT / "knowledge" / "documents"
# In the data directory: the evaluation cases that consultants made of gaps.
GAP_CASES = "gaps.jsonl"


def secret(name: str) -> str:
    """A secret from the environment, or from the file that `NAME_FILE` names there; "" without one.

    Raises KnowledgeError when that file cannot be read.
    """
    file = os.environ.get(f"{name}_FILE", "").strip()
    if not file:
        return os.environ.get(name, "").strip()
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise KnowledgeError(f"{name}_FILE: {file} tidak dapat dibaca ({type(error).__name__})") from error


class Section(BaseModel):
    """A table of config.toml; an unknown key is a typing mistake and therefore an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DataSettings(Section):
    """`dir`: the folder of everything that changes, relative to config.toml."""

    dir: Path = Path("data")


class LibrarySettings(Section):
    """`folders`: more roots of the library, relative to config.toml; sizes in megabytes.

    `trash_days`: how long a document that an admin deleted can be brought back.
    """

    folders: tuple[Path, ...] = ()
    max_file_megabytes: float = Field(default=50, gt=0)
    max_pages: int = Field(default=2000, ge=1)
    read_seconds: float = Field(default=60, gt=0)
    ocr_page_seconds: float = Field(default=60, gt=0)
    reader_megabytes: int = Field(default=1000, ge=100)
    keep_generations: int = Field(default=3, ge=2)
    trash_days: int = Field(default=30, ge=1)


class ModelSettings(Section):
    """`embeddings`: the shipped model, or any sentence-transformers name or folder; with a
    `provider` the name of a model that the server at `embeddings_url` runs. `chat`: a model for
    LangChain's `init_chat_model`; empty, drafts are made by extraction."""

    chat: str = ""
    embeddings: str = "multilingual-e5-small"
    embeddings_provider: Literal["local", "openai", "tei"] = "local"
    embeddings_url: str = ""
    query_prefix: str = ""
    passage_prefix: str = ""
    precision: str = Field(default="auto", pattern="^(auto|float32|bfloat16)$")
    threads: int = Field(default=0, ge=0)


class DatabaseSettings(Section):
    """Where conversations and leads are kept; empty: a file of SQLite in the data directory."""

    url: str = Field(default="", repr=False)


class IndexSettings(Section):
    """Where the vectors of the passages are: in the data directory, or on the Chroma server at the
    address `chroma`, in a tenant and a database of it; its token stands in CHROMA_TOKEN."""

    chroma: str = Field(default="", pattern="^(https?://[^/?#@]+)?/?$")
    tenant: str = "default_tenant"
    database: str = "default_database"


class RetrievalSettings(Section):
    """Weights of the two indexes and of legal status; see docs/architecture.md. `reranker`: a
    cross-encoder that sentence-transformers loads, which reads the best `rerank` passages again."""

    dense_weight: float = Field(default=0.5, ge=0, le=1)
    candidates: int = Field(default=80, ge=5)
    chunk_characters: int = Field(default=1000, ge=200, le=1600)
    reranker: str = ""
    rerank: int = Field(default=12, ge=2, le=50)


class GateSettings(Section):
    """What a new generation may not do unless forced; `questions` is relative to config.toml."""

    questions: Path = PROJECT / "knowledge" / "questions.jsonl"
    min_recall: float = Field(default=0.85, ge=0, le=1)
    max_fall: float = Field(default=0.03, ge=0, le=1)
    max_shrink: float = Field(default=0.5, ge=0, le=1)
    max_growth: float = Field(default=10, gt=1)
    max_language_shift: float = Field(default=0.3, ge=0, le=1)


class FetchSettings(Section):
    """`hosts` from which `ingest.py --fetch` may download, and limits of one file and one answer."""

    hosts: tuple[str, ...] = ()
    max_megabytes: float = Field(default=50, gt=0)
    seconds: float = Field(default=60, gt=0)


class LibraryConfig(BaseSettings):
    """What ingest and search need; `bot.config` adds the sections of the conversation.

    The environment (`KOTACERDAS_SECTION__KEY`) wins over the file.
    """

    model_config = SettingsConfigDict(env_prefix="KOTACERDAS_", env_nested_delimiter="__", extra="ignore", frozen=True)

    data: DataSettings = DataSettings()
    library: LibrarySettings = LibrarySettings()
    database: DatabaseSettings = DatabaseSettings()
    index: IndexSettings = IndexSettings()
    model: ModelSettings = ModelSettings()
    retrieval: RetrievalSettings = RetrievalSettings()
    gate: GateSettings = GateSettings()
    fetch: FetchSettings = FetchSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment first, then what the file says."""
        return env_settings, init_settings

    @classmethod
    def load(cls, file: Path | None = None, data_dir: Path | None = None) -> Self:
        """Read `file` (default: config.toml of the project); `data_dir` overrides `data.dir`.

        Relative paths in the file count from the folder of the file. Raises KnowledgeError
        with the key and the reason when something is wrong.
        """
        _refuse_unknown_sections(cls)
        path = (file or DEFAULT_CONFIG).resolve()
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
            config = cls(**values)
        except OSError as error:
            raise KnowledgeError(f"{path}: tidak dapat dibaca ({error.strerror})") from error
        except ValueError as error:
            raise KnowledgeError(f"{path}: {error}") from error
        directory = data_dir or path.parent / config.data.dir.expanduser()
        folders = tuple((path.parent / folder.expanduser()).resolve() for folder in config.library.folders)
        return config.model_copy(
            update={
                "data": DataSettings(dir=directory.resolve()),
                "library": config.library.model_copy(update={"folders": folders}),
                "gate": config.gate.model_copy(update={"questions": path.parent / config.gate.questions.expanduser()}),
            }
        )


def _refuse_unknown_sections(settings: type[LibraryConfig]) -> None:
    """A misspelt section in the environment is an error where the file's would be one."""
    prefix = str(settings.model_config["env_prefix"])
    if settings.model_config.get("extra") != "forbid":
        return
    for name in os.environ:
        section = name.removeprefix(prefix).split("__")[0].lower()
        if name.startswith(prefix) and section not in settings.model_fields:
            raise KnowledgeError(f"{name}: tidak ada bagian '{section}' di config.toml")
