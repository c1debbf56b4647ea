"""What admins decided about the library: rules marked as repealed, documents left out, and the
notes beside a file that say what its text does not."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from knowledge.durable import replace_text
from knowledge.errors import DocumentError
from knowledge.settings import PROJECT
from knowledge.sources import Status, readable, sidecar

FILE = "decisions.json"
FOLDER = "library"


class Notes(BaseModel):
    """The notes beside a file: front matter of which every key may be missing."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str | None = Field(default=None, pattern=r"^[a-z0-9][a-z0-9.-]*$")
    title: str | None = Field(default=None, min_length=3, max_length=300)
    kind: Literal["regulasi", "dokumen", "panduan", "program", "standar", "kerangka", "pembiayaan"] | None = None
    number: str | None = Field(default=None, max_length=80)
    status: Status | None = None
    in_force_from: date | None = None
    amended_by: tuple[str, ...] | None = None
    repealed_by: tuple[str, ...] | None = None
    repeals: tuple[str, ...] = ()
    confidence: Literal["A", "B", "C"] | None = None


@dataclass(frozen=True)
class Decisions:
    """`repealed`: codes of rules and what replaced them (None: nothing named). `left_out`: files and
    folders that no ingest takes in; below the program's folder they are relative to it."""

    repealed: dict[str, str | None] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Changes with every decision; "" as long as there is none."""
        if not (self.repealed or self.left_out):
            return ""
        text = json.dumps([sorted(self.repealed.items(), key=str), sorted(self.left_out)])
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def leaves_out(self, path: Path) -> bool:
        """Whether a file is left out, by itself or with a folder above it."""
        return any(path.is_relative_to(PROJECT / entry) for entry in self.left_out)


def folder_of(data_dir: Path) -> Path:
    """The folder of what admins sent: a root of the library as soon as it is there."""
    return data_dir / FOLDER


def named(path: Path) -> str:
    """A path as `left_out` holds it, so that another place of the program changes nothing."""
    return str(path.relative_to(PROJECT)) if path.is_relative_to(PROJECT) else str(path)


def read_decisions(data_dir: Path) -> Decisions:
    """What was decided so far. Raises DocumentError for a file that cannot be understood: taking a
    repealed rule for one in force would be worse than no ingest."""
    try:
        values = json.loads((data_dir / FILE).read_text(encoding="utf-8"))
        return Decisions(dict(values["repealed"]), tuple(values["left_out"]))
    except FileNotFoundError:
        return Decisions()
    except (ValueError, KeyError, TypeError) as error:
        raise DocumentError(f"{data_dir / FILE} rusak; perbaiki atau hapus berkas itu") from error


def write_decisions(data_dir: Path, decisions: Decisions) -> None:
    """Keep decisions for the next ingest; replaced atomically and durably."""
    values = {"repealed": decisions.repealed, "left_out": list(decisions.left_out)}
    replace_text(data_dir / FILE, json.dumps(values, ensure_ascii=False, indent=1))


def read_notes(path: Path) -> Notes | None:
    """The notes beside a file, None when there are none. Raises DocumentError naming the wrong key."""
    try:
        text = sidecar(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    try:
        return checked_notes(yaml.safe_load(text))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise DocumentError(f"{sidecar(path).name} bukan YAML yang sah") from error


def checked_notes(values: object) -> Notes:
    """Notes from what a person wrote. Raises DocumentError naming the wrong key."""
    try:
        return Notes.model_validate(values or {})
    except ValidationError as error:
        raise DocumentError("keterangan: " + "; ".join(readable(error))) from error


def write_notes(path: Path, notes: Notes) -> None:
    """Keep the notes beside a file."""
    values = notes.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    sidecar(path).write_text(yaml.safe_dump(values, allow_unicode=True, sort_keys=False), encoding="utf-8")
