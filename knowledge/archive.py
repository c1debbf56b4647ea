"""A ZIP of documents in, its readable files in a folder out, each refused entry with its reason.

Nothing that an archive says of itself is trusted: sizes are counted while they are unpacked,
and a file is named anew, after its own last part. The same limits are asked of DOCX, XLSX and
PPTX, which are archives too, before a reader unpacks them.
"""

from __future__ import annotations

import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO

from knowledge.characters import printable
from knowledge.errors import DocumentError
from knowledge.sources import SUFFIXES, refused_suffix

PIECE = 64 * 1024
OFFICE_SUFFIXES = frozenset({".docx", ".xlsx", ".pptx"})
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
DOCTYPES = tuple(
    mark.encode(form) for mark in ("<!DOCTYPE", "<!ENTITY") for form in ("ascii", "utf-16-le", "utf-16-be")
)
LONGEST_NAME = 120
ENCRYPTED_BIT = 0x1
DOTS_ONLY = re.compile(r"\.*")


@dataclass(frozen=True)
class ArchiveLimits:
    """What an archive may unpack to: entries, bytes of one and of all, and the ratio to what is packed.

    An empty Word file has a ratio of 22, a sheet of one number over and over 100, a bomb of zeros 1,000.
    """

    entries: int = 2_000
    entry_bytes: int = 200_000_000
    total_bytes: int = 500_000_000
    ratio: float = 200
    ratio_from_bytes: int = 5_000_000


@dataclass(frozen=True)
class RefusedEntry:
    """One entry that was not unpacked: its name, safe to print, and the reason."""

    name: str
    reason: str


@dataclass(frozen=True)
class Unpacked:
    """The files that came out, in the order of the archive, and what was refused."""

    files: tuple[Path, ...]
    refused: tuple[RefusedEntry, ...]


@dataclass
class _Budget:
    """What may still be unpacked of one archive."""

    limits: ArchiveLimits
    left: int = field(init=False)

    def __post_init__(self) -> None:
        self.left = self.limits.total_bytes


def unpack(archive: Path, folder: Path, max_bytes: int, limits: ArchiveLimits | None = None) -> Unpacked:
    """Write the documents in `archive` flat into `folder`, which must be empty and the caller's own.

    `max_bytes` is the size of the largest file that the library takes. An entry is refused by
    name; the others come out. Raises DocumentError when the archive itself cannot be trusted:
    no ZIP, too many entries, a bomb.
    """
    folder.mkdir(parents=True, exist_ok=True)
    budget = _Budget(limits or ArchiveLimits())
    files: list[Path] = []
    refused: list[RefusedEntry] = []
    with _opened(archive) as entries:
        _check_declared(entries.infolist(), archive.stat().st_size, budget.limits)
        for entry in entries.infolist():
            if entry.is_dir() or _is_system_file(entry.filename):
                continue
            try:
                target = _free_name(folder, _checked_name(entry))
                _write(entries, entry, target, min(max_bytes, budget.limits.entry_bytes), budget)
            except DocumentError as error:
                refused.append(RefusedEntry(printable(entry.filename)[:LONGEST_NAME], error.reason))
                if budget.left <= 0:
                    raise DocumentError("arsip melebihi batas ukuran setelah dibuka; kemungkinan bom ZIP") from error
                continue
            files.append(target)
    return Unpacked(tuple(files), tuple(refused))


def check_office(path: Path, limits: ArchiveLimits | None = None) -> None:
    """Raise DocumentError when a DOCX, XLSX or PPTX is locked, a bomb, holds macros or a DTD."""
    kind = path.suffix.lstrip(".").upper()
    with path.open("rb") as file:
        if file.read(8) == OLE_MAGIC:
            locked = "EncryptedPackage".encode("utf-16-le") in file.read()
            raise DocumentError(
                "berkas dikunci kata sandi; simpan ulang tanpa kata sandi"
                if locked
                else f"berkas rusak atau bukan {kind}: format Office lama; simpan ulang sebagai {kind}"
            )
    budget = _Budget(limits or ArchiveLimits())
    with _opened(path, kind) as entries:
        _check_declared(entries.infolist(), path.stat().st_size, budget.limits)
        names: set[str] = set()
        for entry in entries.infolist():
            if entry.filename in names:
                raise DocumentError(f"berkas rusak atau bukan {kind}: memuat dua bagian dengan nama yang sama")
            names.add(entry.filename)
            if "vbaproject" in entry.filename.lower():
                raise DocumentError(f"berkas memuat makro; simpan ulang sebagai {kind} tanpa makro")
            is_xml = entry.filename.lower().endswith((".xml", ".rels", ".vml"))
            before = b""
            for piece in _pieces(entries, entry, budget.limits.entry_bytes, budget):
                if is_xml and any(mark in before + piece for mark in DOCTYPES):
                    raise DocumentError("XML di dalam berkas memuat DTD atau entitas; hal itu tidak diterima")
                before = piece[-32:]


def _opened(path: Path, kind: str = "ZIP") -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise DocumentError(f"berkas rusak atau bukan {kind}: {error}") from error


def _check_declared(entries: list[zipfile.ZipInfo], packed: int, limits: ArchiveLimits) -> None:
    """What the directory of the archive admits is checked before anything is unpacked."""
    if len(entries) > limits.entries:
        raise DocumentError(f"arsip memuat {len(entries)} isi, lebih dari batas {limits.entries}")
    total = sum(entry.file_size for entry in entries)
    if total > limits.total_bytes:
        raise DocumentError(
            f"arsip mengaku berisi {total / 1e6:.0f} MB, lebih dari batas {limits.total_bytes / 1e6:.0f} MB"
        )
    if total > limits.ratio_from_bytes and total > limits.ratio * packed:
        raise DocumentError(f"isi arsip {total / max(packed, 1):.0f} kali ukuran berkasnya; kemungkinan bom ZIP")


def _checked_name(entry: zipfile.ZipInfo) -> str:
    """The last part of an entry's name, made harmless; DocumentError for a name that wants elsewhere."""
    written = entry.filename.replace("\\", "/")
    path = PurePosixPath(written)
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise DocumentError("tautan simbolik tidak diterima")
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in {0, stat.S_IFREG}:
        raise DocumentError("bukan berkas biasa")
    if path.is_absolute() or re.match(r"[A-Za-z]:", written) or ".." in path.parts:
        raise DocumentError("nama berkas menunjuk ke luar arsip")
    if entry.flag_bits & ENCRYPTED_BIT:
        raise DocumentError("dikunci kata sandi; kirim tanpa kata sandi")
    name = re.sub(r'[<>:"|?*]', "_", printable(path.name)).strip()
    suffix = PurePosixPath(name).suffix
    if suffix.lower() == ".zip":
        raise DocumentError("arsip di dalam arsip tidak dibuka; kirim isinya langsung")
    if suffix.lower() not in SUFFIXES:
        raise DocumentError(refused_suffix(suffix.lower()))
    stem = name.removesuffix(suffix).strip(". ")[: LONGEST_NAME - len(suffix)]
    if DOTS_ONLY.fullmatch(stem):
        raise DocumentError("nama berkas kosong")
    return stem + suffix


def _free_name(folder: Path, name: str) -> Path:
    """`name` in `folder`; a second file of that name (whatever its case) is numbered."""
    taken = {file.name.lower() for file in folder.iterdir()}
    stem, dot, suffix = name.rpartition(".")
    for n in range(1, len(taken) + 2):
        candidate = name if n == 1 else f"{stem}-{n}{dot}{suffix}"
        if candidate.lower() not in taken:
            return folder / candidate
    raise AssertionError("a folder of n files leaves one of n + 1 names free")


def _write(entries: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, most: int, budget: _Budget) -> None:
    try:
        with target.open("xb") as file:
            for piece in _pieces(entries, entry, most, budget):
                file.write(piece)
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _pieces(entries: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int, budget: _Budget) -> Iterator[bytes]:
    """What an entry really unpacks to, counted as it comes."""
    size = 0
    try:
        with entries.open(entry) as file:
            for piece in iter(lambda: _read(file), b""):
                size += len(piece)
                budget.left -= len(piece)
                if size > most or budget.left <= 0:
                    raise DocumentError(f"lebih dari {most / 1e6:.0f} MB setelah dibuka")
                if size > budget.limits.ratio_from_bytes and size > budget.limits.ratio * max(entry.compress_size, 1):
                    raise DocumentError("terlalu mampat; kemungkinan bom ZIP")
                yield piece
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, OSError) as error:
        locked = entry.flag_bits & ENCRYPTED_BIT
        raise DocumentError("dikunci kata sandi" if locked else "isi arsip rusak atau terpotong") from error


def _read(file: IO[bytes]) -> bytes:
    return file.read(PIECE)


def _is_system_file(name: str) -> bool:
    """What macOS and Windows add to every archive, and hidden files: passed over without a word."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return ".." not in parts and any(part.startswith((".", "~$", "__MACOSX")) for part in parts)
