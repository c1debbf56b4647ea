"""What comes out of a tar archive, and what does not."""

from __future__ import annotations

import io
import stat
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from knowledge.settings import PROJECT
from knowledge.tar_file import unpack_tar

OLDER = "import sys, tarfile; sys.exit(hasattr(tarfile, 'data_filter') or sys.version_info < (3, 11))"


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "", mode: int = 0o644) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size, info.mode = kind, link, 3 if kind == tarfile.REGTYPE else 0, mode
    return info


@pytest.fixture
def packed(tmp_path: Path) -> Callable[..., Path]:
    def pack(*members: tarfile.TarInfo) -> Path:
        file = tmp_path / "kiriman.tar.gz"
        with tarfile.open(file, "w:gz") as archive:
            for info in members:
                archive.addfile(info, io.BytesIO(b"isi"))
        return file

    return pack


def test_files_keep_their_place_and_their_times_and_are_for_their_owner_to_write(
    packed: Callable[..., Path], tmp_path: Path
) -> None:
    old = member("library/taman.md", mode=0o4466)
    old.mtime = 1_700_000_000
    with tarfile.open(packed(member(".", tarfile.DIRTYPE), old, member("./rahasia", mode=0o600))) as archive:
        unpack_tar(archive, tmp_path / "isi")
    found = tmp_path / "isi" / "library" / "taman.md"
    assert (found.read_bytes(), found.stat().st_mtime) == (b"isi", 1_700_000_000)
    assert stat.S_IMODE(found.stat().st_mode) == 0o644
    assert stat.S_IMODE((tmp_path / "isi" / "rahasia").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "odd",
    [
        [member("../luar")],
        [member("/etc/cron.d/luar")],
        [member("a/../../luar")],
        [member("pintas", tarfile.SYMTYPE, "/etc/passwd")],
        [member("pintas", tarfile.LNKTYPE, "../../rahasia")],
        [member("pipa", tarfile.FIFOTYPE)],
        [member("alat", tarfile.CHRTYPE)],
    ],
    ids=lambda members: members[0].name if isinstance(members, list) else "",
)
def test_nothing_lands_elsewhere_and_nothing_but_files(
    odd: list[tarfile.TarInfo], packed: Callable[..., Path], tmp_path: Path
) -> None:
    with tarfile.open(packed(*odd)) as archive, pytest.raises(tarfile.ExtractError, match="tidak diterima"):
        unpack_tar(archive, tmp_path / "isi")
    assert {path.name for path in tmp_path.rglob("*")} <= {"kiriman.tar.gz", "isi", "a"}


def _python_of_debian_12() -> str | None:
    for python in filter(Path.exists, map(Path, ("/usr/bin/python3.11", "/usr/bin/python3"))):
        if not subprocess.run([python, "-c", OLDER], check=False).returncode:
            return str(python)
    return None


@pytest.mark.skipif(not _python_of_debian_12(), reason="no Python 3.11 without tarfile's filters is on this machine")
def test_debian_12_unpacks_with_its_own_python(packed: Callable[..., Path], tmp_path: Path) -> None:
    """Its Python is 3.11.2: a bot there never got the library that it shares with others."""
    code = (
        "import tarfile, pathlib, sys; from knowledge.tar_file import unpack_tar;"
        "unpack_tar(tarfile.open(sys.argv[1]), pathlib.Path(sys.argv[2]))"
    )
    file = packed(member("taman.md"))
    command = [str(_python_of_debian_12()), "-B", "-c", code, str(file), str(tmp_path / "isi")]
    subprocess.run(command, cwd=PROJECT, check=True)
    assert (tmp_path / "isi" / "taman.md").read_bytes() == b"isi"
