"""A ZIP of documents in, its readable files in a folder out, each refused entry with its reason.

Nothing that an archive says of itself is trusted: sizes are counted while they are unpacked, and a
file is named after its last part alone.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from knowledge.errors import DocumentError
from knowledge.sources import SUFFIXES

PIECE = 64 * 1024


@dataclass(frozen=True)
class ArchiveLimits:
    """What an archive may unpack to: entries, bytes of all, and the ratio to what is packed."""

    entries: int = 2_000
    total_bytes: int = 500_000_000
    ratio: float = 200
    ratio_from_bytes: int = 5_000_000


@dataclass(frozen=True)
class RefusedEntry:
    """One entry that was not unpacked."""

    name: str
    reason: str


@dataclass(frozen=True)
class Unpacked:
    """The files that came out, in the order of the archive, and what was refused."""

    files: tuple[Path, ...]
    refused: tuple[RefusedEntry, ...]


def unpack(archive: Path, folder: Path, max_bytes: int, limits: ArchiveLimits | None = None) -> Unpacked:
    """Write the documents in `archive` flat into `folder`, which must be empty and the caller's own.

    Raises DocumentError when the archive itself cannot be trusted: no ZIP, too many entries, a bomb.
    """
    limits = limits or ArchiveLimits()
    folder.mkdir(parents=True, exist_ok=True)
    files: list[Path] = []
    refused: list[RefusedEntry] = []
    left = limits.total_bytes
    try:
        entries = zipfile.ZipFile(archive)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise DocumentError(f"berkas rusak atau bukan ZIP: {error}") from error
    with entries:
        if len(entries.infolist()) > limits.entries:
            raise DocumentError(f"arsip memuat lebih dari {limits.entries} isi")
        for entry in entries.infolist():
            parts = PurePosixPath(entry.filename.replace("\\", "/")).parts
            if entry.is_dir() or any(part.startswith(("__MACOSX", "~$")) for part in parts):
                continue
            try:
                target = _target(folder, entry)
                left -= _write(entries, entry, target, min(max_bytes, left), limits)
            except DocumentError as error:
                refused.append(RefusedEntry(_plain(parts[-1] if parts else ""), error.reason))
                continue
            files.append(target)
    return Unpacked(tuple(files), tuple(refused))


def _plain(name: str) -> str:
    return "".join(sign for sign in name if sign.isprintable())[:120]


def _target(folder: Path, entry: zipfile.ZipInfo) -> Path:
    path = PurePosixPath(entry.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or re.match(r"[A-Za-z]:", entry.filename):
        raise DocumentError("nama berkas menunjuk ke luar arsip")
    if entry.flag_bits & 0x1:
        raise DocumentError("dikunci kata sandi; kirim tanpa kata sandi")
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise DocumentError(f"jenis berkas {_plain(suffix) or 'tanpa akhiran'} tidak didukung")
    stem = re.sub(r"[^\w .()-]", "_", _plain(path.stem)).strip(". ") or "dokumen"
    taken = {file.name.lower() for file in folder.iterdir()}
    names = (f"{stem}{f'-{n}' if n else ''}{suffix}" for n in range(len(taken) + 1))
    return folder / next(name for name in names if name.lower() not in taken)


def _write(entries: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, most: int, limits: ArchiveLimits) -> int:
    size = 0
    try:
        with entries.open(entry) as source, target.open("xb") as file:
            while piece := source.read(PIECE):
                size += len(piece)
                if size > most:
                    raise DocumentError(f"lebih dari {most / 1e6:.0f} MB setelah dibuka")
                if size > limits.ratio_from_bytes and size > limits.ratio * max(entry.compress_size, 1):
                    raise DocumentError("terlalu mampat; kemungkinan bom ZIP")
                file.write(piece)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, OSError) as error:
        target.unlink(missing_ok=True)
        raise DocumentError("isi arsip rusak atau terpotong") from error
    except DocumentError:
        target.unlink(missing_ok=True)
        raise
    return size
