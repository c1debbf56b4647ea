"""What admins decided about the library: rules marked as repealed, documents left out, and the
notes beside a file that say what its text does not."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from knowledge.chunk import Document
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
    partial = data_dir / f"{FILE}.partial"
    values = {"repealed": decisions.repealed, "left_out": list(decisions.left_out)}
    with partial.open("w", encoding="utf-8") as file:
        json.dump(values, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(data_dir / FILE)


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


def applied(documents: Sequence[Document], data_dir: Path, *, with_notes: bool = True) -> list[Document]:
    """Documents as the notes beside their files and the decisions of admins say that they are. Those
    that are carried over hold their notes already, and what lies beside the file may be broken."""
    decisions = read_decisions(data_dir)
    notes = [read_notes(Path(document.key)) if with_notes else None for document in documents]
    noted = [_noted(document, note) for document, note in zip(documents, notes, strict=True)]
    by: dict[str, tuple[str, ...]] = {
        code: (document.id,) for document, note in zip(noted, notes, strict=True) if note for code in note.repeals
    }
    by |= {code: (one,) if one else () for code, one in decisions.repealed.items()}
    repealed = [
        replace(d, status=Status.REPEALED, repealed_by=by[d.id] or d.repealed_by) if d.id in by else d for d in noted
    ]
    by |= {d.id: d.repealed_by for d in repealed if d.repealed_by}
    return [
        after if after == before else replace(after, replaced_by=_in_force(after.repealed_by, by))
        for before, after in zip(documents, (_follows(d, by) for d in repealed), strict=True)
    ]


def _noted(document: Document, notes: Notes | None) -> Document:
    if notes is None:
        return document
    values = notes.model_dump(mode="json", exclude_none=True, exclude={"repeals"})
    if notes.status == Status.IN_FORCE and document.status in {Status.REPEALED, Status.AMENDED}:
        # Written when it was true; what repealed the rule came later.
        del values["status"]
    changes: Any = {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
    return replace(document, **changes)


def _follows(document: Document, by: dict[str, tuple[str, ...]]) -> Document:
    """A document whose successor was repealed in its turn names what applies today."""
    return replace(document, replaced_by=_in_force(document.replaced_by, by)) if document.replaced_by else document


def _in_force(codes: Sequence[str], by: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The ends of the chains of repeals that begin at `codes`."""
    found: dict[str, None] = {}
    waiting, seen = list(codes), set()
    while waiting:
        code = waiting.pop(0)
        if code in seen:
            continue
        seen.add(code)
        waiting.extend(by.get(code, ()))
        if not by.get(code):
            found[code] = None
    return tuple(found)
