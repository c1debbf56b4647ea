"""A tar archive in, its files and folders below a folder out."""

from __future__ import annotations

import os
import shutil
import tarfile
from pathlib import Path
from typing import IO, cast


def unpack_tar(archive: tarfile.TarFile, folder: Path) -> None:
    """Lay everything below `folder`, with its times, writable by its owner alone.

    Raises tarfile.ExtractError at anything else than a file or a folder, and at what would lie
    elsewhere. Python's own filter "data" is as strict, but came with 3.11.4; Debian 12 has 3.11.2.
    """
    root = folder.resolve()
    for member in archive:
        path = (root / member.name).resolve()
        if not (member.isfile() or member.isdir()) or not path.is_relative_to(root):
            raise tarfile.ExtractError(f"isi yang tidak diterima: {member.name}")
        if member.isdir():
            path.mkdir(parents=True, exist_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        with cast(IO[bytes], archive.extractfile(member)) as source, path.open("wb") as target:
            shutil.copyfileobj(source, target)
        path.chmod((member.mode | 0o600) & 0o755)
        os.utime(path, (member.mtime, member.mtime))
