"""What admins decided about the library: rules marked as repealed, documents left out, relations and
sentences looked at; and the notes beside a file that say what its text does not."""

from __future__ import annotations

import fcntl
import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from knowledge.durable import replace_text
from knowledge.errors import DocumentError
from knowledge.regional import without_region
from knowledge.settings import PROJECT
from knowledge.sources import Status, readable, sidecar

FILE = "decisions.json"
# Where earlier versions kept `confirmed` and `rejected`.
FILE_BEFORE = "legal_decisions.json"
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
    folders that no ingest takes in; below the program's folder they are relative to it. `confirmed` and
    `rejected`: relations that were read ("pp-59-2022 mencabut pp-34-2009"). `released`: quarantined
    sentences that order nothing from a machine; `kept_out`: those that do."""

    repealed: dict[str, str | None] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    confirmed: tuple[str, ...] = ()
    rejected: tuple[str, ...] = ()
    released: tuple[str, ...] = ()
    kept_out: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Changes with every decision; "" as long as there is none."""
        if self == Decisions():
            return ""
        text = json.dumps(
            [sorted(value.items() if isinstance(value, dict) else value) for value in vars(self).values()]
        )
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def repeal_of(self, identifier: str) -> str | None:
        """The code by which a rule was marked as repealed, None where it was not; earlier versions knew no regions."""
        return next((code for code in (identifier, without_region(identifier)) if code in self.repealed), None)

    def leaves_out(self, path: Path) -> bool:
        """Whether a file is left out, by itself or with a folder above it."""
        return any(path.is_relative_to(PROJECT / entry) for entry in self.left_out)

    def on_relation(self, key: str, *, confirm: bool) -> Decisions:
        """With a relation confirmed or rejected; the last word counts."""
        confirmed, rejected = _settled(self.confirmed, self.rejected, key, first=confirm)
        return replace(self, confirmed=confirmed, rejected=rejected)

    def on_sentence(self, words: str, *, release: bool) -> Decisions:
        """With a quarantined sentence released or kept out; the last word counts."""
        released, kept_out = _settled(self.released, self.kept_out, words, first=release)
        return replace(self, released=released, kept_out=kept_out)


def _settled(
    one: tuple[str, ...], other: tuple[str, ...], key: str, *, first: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    with_key, without = (one, other) if first else (other, one)
    with_key, without = tuple(sorted({*with_key, key})), tuple(sorted({*without} - {key}))
    return (with_key, without) if first else (without, with_key)


def folder_of(data_dir: Path) -> Path:
    """The folder of what admins sent: a root of the library as soon as it is there."""
    return data_dir / FOLDER


def named(path: Path) -> str:
    """A path as `left_out` holds it, so that another place of the program changes nothing."""
    return str(path.relative_to(PROJECT)) if path.is_relative_to(PROJECT) else str(path)


def read_decisions(data_dir: Path) -> Decisions:
    """What was decided so far. Raises DocumentError for a file that cannot be understood: taking a
    repealed rule for one in force would be worse than no ingest."""
    values: dict[str, Any] = {}
    for file in (data_dir / FILE_BEFORE, data_dir / FILE):
        try:
            values = values | json.loads(file.read_text(encoding="utf-8"))
            TypeAdapter(Decisions).validate_python(values)
        except FileNotFoundError:
            continue
        except (ValueError, TypeError) as error:
            raise DocumentError(f"{file} rusak; perbaiki atau hapus berkas itu") from error
    return TypeAdapter(Decisions).validate_python(values)


def decide(data_dir: Path, change: Callable[[Decisions], Decisions]) -> Decisions:
    """Change what was decided, for the next ingest; durably, one at a time whoever decides."""
    with (data_dir / f"{FILE}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        decisions = change(read_decisions(data_dir))
        replace_text(data_dir / FILE, json.dumps(asdict(decisions), ensure_ascii=False, indent=1))
        (data_dir / FILE_BEFORE).unlink(missing_ok=True)
    return decisions


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
