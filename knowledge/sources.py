"""Roots of the library in, the files to read out: each with its hash and front matter."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from knowledge.characters import printable
from knowledge.durable import replace_text
from knowledge.errors import DocumentError

SUFFIXES = frozenset({".md", ".markdown", ".txt", ".html", ".htm", ".pdf", ".docx", ".xlsx", ".pptx"})
TEXT_SUFFIXES = frozenset({".md", ".markdown", ".txt"})
MACRO_SUFFIXES = frozenset({".docm", ".dotm", ".xlsm", ".xltm", ".xlsb", ".pptm", ".potm", ".ppsm"})
FENCE = "---\n"
ROOTS = "roots.json"
# The notes of an admin on `laporan.pdf` stand in `laporan.pdf.keterangan.yaml`.
SIDECAR = ".keterangan.yaml"
# PyYAML raises the others for dates that are none, tags with nothing in them, and deep nesting.
YAML_ERRORS = (yaml.YAMLError, ValueError, TypeError, AttributeError, LookupError, OverflowError, RecursionError)


class Status(StrEnum):
    """Legal status of a document."""

    IN_FORCE = "berlaku"
    AMENDED = "diubah"
    REPEALED = "dicabut"
    DRAFT = "rancangan"
    ARCHIVE = "arsip"


class FrontMatter(BaseModel):
    """The head of a library document; docs/library.md explains every key."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]*$")
    title: str = Field(min_length=3)
    kind: Literal["regulasi", "panduan", "program", "standar", "kerangka", "pembiayaan", "tanya-jawab"]
    issuer: str
    number: str | None
    status: Status
    in_force_from: date | None
    amended_by: tuple[str, ...]
    repealed_by: tuple[str, ...]
    repeals: tuple[str, ...]
    sources: tuple[str, ...]
    checked: date
    confidence: Literal["A", "B", "C"]
    implements: tuple[str, ...] = ()
    in_force_until: date | None = None


@dataclass(frozen=True)
class Source:
    """One file of the library: where it lies, what it is called, what it holds (SHA-256)."""

    path: Path
    root: Path
    sha256: str

    @property
    def name(self) -> str:
        """The path relative to the ingested folder: the `source` of every answer."""
        return self.path.name if self.path == self.root else self.path.relative_to(self.root).as_posix()


@dataclass(frozen=True)
class Problem:
    """Something the admin has to look at: a file, perhaps a page (from 1), and the reason."""

    path: str
    page: int | None
    reason: str


def find(roots: Sequence[Path], max_bytes: int) -> tuple[list[Source], list[Problem]]:
    """Every readable file below `roots`, in order, once; the others as problems.

    Hidden files and folders are passed over. A root that does not exist is a problem, so
    that an unmounted disk does not silently empty the library.
    """
    sources: dict[Path, Source] = {}
    problems: list[Problem] = []
    for root in roots:
        if not root.exists():
            problems.append(Problem(str(root), None, "berkas atau folder tidak ditemukan"))
            continue
        for path in _files(root):
            if path in sources:
                continue
            if printable(str(path)) != str(path):
                reason = "nama berkas memuat karakter yang tidak terlihat; ganti namanya"
                problems.append(Problem(printable(str(path)), None, reason))
                continue
            try:
                sources[path] = Source(path, root, checked_hash(path, max_bytes))
            except DocumentError as error:
                problems.append(Problem(str(path), error.page, error.reason))
    return list(sources.values()), problems


def checked_hash(path: Path, max_bytes: int) -> str:
    """The SHA-256 of a file and of the notes beside it. Raises DocumentError for one that is not taken in."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise DocumentError(refused_suffix(suffix))
    try:
        size = path.stat().st_size
        if size == 0:
            raise DocumentError("berkas kosong (0 bita)")
        if size > max_bytes:
            raise DocumentError(
                f"berkas {size / 1e6:.1f} MB melebihi batas {max_bytes / 1e6:.0f} MB (library.max_file_megabytes)"
            )
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
        if sidecar(path).is_file():
            digest.update(sidecar(path).read_bytes())
        return digest.hexdigest()
    except OSError as error:
        raise DocumentError(f"tidak dapat dibaca: {error.strerror}") from error


def refused_suffix(suffix: str) -> str:
    """Why a file of this kind (".docm") is not taken in."""
    if suffix in MACRO_SUFFIXES:
        return f"berkas {suffix} dapat memuat makro; simpan ulang sebagai DOCX, XLSX, PPTX atau PDF"
    kind = printable(suffix) or "tanpa akhiran"
    return f"jenis berkas {kind} tidak didukung; gunakan MD, TXT, HTML, PDF, DOCX, XLSX atau PPTX"


def sidecar(path: Path) -> Path:
    """Where the notes on a file stand, if there are any (`knowledge.curation`)."""
    return path.with_name(path.name + SIDECAR)


def split_front_matter(text: str) -> tuple[FrontMatter | None, str]:
    """The checked head and the body of a Markdown text; None when there is no head.

    Raises DocumentError naming the key that is wrong.
    """
    text = text.replace("\r\n", "\n")
    if not text.startswith(FENCE):
        return None, text
    head, fence, body = text[len(FENCE) :].partition("\n" + FENCE)
    if not fence:
        raise DocumentError("front matter tidak ditutup dengan baris ---")
    try:
        values = yaml.safe_load(head)
    except YAML_ERRORS as error:
        raise DocumentError(f"front matter bukan YAML yang sah: {' '.join(str(error).split())[:300]}") from error
    if not isinstance(values, dict):
        raise DocumentError("front matter harus berisi pasangan kunci dan nilai")
    try:
        return FrontMatter.model_validate(values), body
    except ValidationError as error:
        raise DocumentError("front matter: " + "; ".join(readable(error)[:8])) from error


def read_roots(data_dir: Path) -> list[Path]:
    """The paths that earlier runs ingested, oldest first."""
    file = data_dir / ROOTS
    if not file.exists():
        return []
    return [Path(item) for item in json.loads(file.read_text(encoding="utf-8"))]


def write_roots(data_dir: Path, roots: Iterable[Path]) -> None:
    """Remember `roots` for the next run; replaced atomically."""
    data_dir.mkdir(parents=True, exist_ok=True)
    replace_text(data_dir / ROOTS, json.dumps([str(root) for root in roots], indent=1))


def _files(root: Path) -> list[Path]:
    if root.is_file():
        return [root]
    return sorted(
        path
        for path in root.rglob("*")
        if path.is_file()
        and not path.name.endswith(SIDECAR)
        and not any(part.startswith((".", "~$")) for part in path.relative_to(root).parts)
    )


def readable(error: ValidationError) -> list[str]:
    """What is wrong with which key, for a person."""
    reasons = {"extra_forbidden": "kunci tidak dikenal", "missing": "wajib diisi"}
    return [
        f"{'.'.join(str(part) for part in item['loc'])}: {reasons.get(item['type'], item['msg'])}"
        for item in error.errors()
    ]
