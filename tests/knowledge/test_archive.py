"""Which entries of an archive come out, and why the others do not."""

from __future__ import annotations

import io
import random
import stat
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import docx
import pytest

from knowledge.archive import ArchiveLimits, Unpacked, check_office, unpack
from knowledge.errors import DocumentError

Pack = Callable[[Mapping[str, bytes]], Unpacked]
TEXT = b"# Panduan\n\nBupati membentuk tim pelaksana kota cerdas.\n"
SMALL = ArchiveLimits(entries=5, entry_bytes=200_000, total_bytes=500_000, ratio=50, ratio_from_bytes=10_000)


@pytest.fixture
def packed(tmp_path: Path) -> Pack:
    """Packs a ZIP of entries and unpacks it into an empty folder within small limits."""

    def pack(entries: Mapping[str, bytes]) -> Unpacked:
        archive = tmp_path / "kiriman.zip"
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
            for name, data in entries.items():
                file.writestr(name, data)
        return unpack(archive, tmp_path / "isi", 100_000, SMALL)

    return pack


def test_takes_the_documents_out_of_their_folders(packed: Pack) -> None:
    unpacked = packed({"2026/panduan.md": TEXT, "2026/lampiran/profil.txt": b"Profil Kota Wanasari"})
    assert [file.name for file in unpacked.files] == ["panduan.md", "profil.txt"]
    assert unpacked.files[0].read_bytes() == TEXT
    assert unpacked.refused == ()


def test_numbers_files_of_one_name(packed: Pack) -> None:
    unpacked = packed({"a/panduan.md": b"satu satu", "b/Panduan.md": b"dua dua", "c/panduan.md": b"tiga tiga"})
    assert [file.read_bytes() for file in unpacked.files] == [b"satu satu", b"dua dua", b"tiga tiga"]
    assert len({file.name.lower() for file in unpacked.files}) == 3


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../di-luar.md", "menunjuk ke luar"),
        ("folder/../../di-luar.md", "menunjuk ke luar"),
        ("..\\di-luar.md", "menunjuk ke luar"),
        ("/etc/cron.d/di-luar.md", "menunjuk ke luar"),
        ("C:\\Windows\\di-luar.md", "menunjuk ke luar"),
        ("program.exe", r"jenis berkas \.exe tidak didukung"),
        ("tanpa-akhiran", "tanpa akhiran"),
        ("anggaran.xlsm", "makro"),
        ("lagi.zip", "arsip di dalam arsip"),
        (" ..md", "kosong"),
    ],
)
def test_refuses_an_entry_by_name_and_takes_the_others(packed: Pack, tmp_path: Path, name: str, reason: str) -> None:
    unpacked = packed({name: TEXT, "panduan.md": TEXT})
    assert [file.name for file in unpacked.files] == ["panduan.md"]
    with pytest.raises(DocumentError, match=reason):
        raise DocumentError(unpacked.refused[0].reason)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["isi", "kiriman.zip", "panduan.md"]


def test_a_name_can_neither_move_the_cursor_nor_hide_its_end(packed: Pack) -> None:
    unpacked = packed({"lap\x1b[2Joran\u202efdp.md": TEXT, "jebakan\x1b[31m.exe": TEXT})
    assert unpacked.files[0].name == "lap\ufffd[2Joran\ufffdfdp.md"
    assert unpacked.refused[0].name == "jebakan\ufffd[31m.exe"


def test_refuses_a_symbolic_link(packed: Pack, tmp_path: Path) -> None:
    link = zipfile.ZipInfo("panduan.md")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "tautan.zip", "w") as file:
        file.writestr(link, "/etc/passwd")
    unpacked = unpack(tmp_path / "tautan.zip", tmp_path / "isi", 100_000)
    assert unpacked.files == ()
    assert unpacked.refused[0].reason == "tautan simbolik tidak diterima"


def test_passes_over_what_systems_add(packed: Pack) -> None:
    unpacked = packed({"__MACOSX/._panduan.md": b"x", ".DS_Store": b"x", "~$panduan.md": b"x", "panduan.md": TEXT})
    assert [file.name for file in unpacked.files] == ["panduan.md"]
    assert unpacked.refused == ()


def test_refuses_an_archive_of_too_many_entries(packed: Pack) -> None:
    with pytest.raises(DocumentError, match="6 isi, lebih dari batas 5"):
        packed({f"panduan-{n}.md": TEXT for n in range(6)})


def test_refuses_an_archive_that_admits_to_be_a_bomb(packed: Pack) -> None:
    with pytest.raises(DocumentError, match="bom ZIP"):
        packed({"nol.txt": b"0" * 90_000})


def test_does_not_believe_the_size_that_an_entry_claims(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("nol.txt", b"0" * 400_000)
    honest, claimed = (400_000).to_bytes(4, "little"), (10).to_bytes(4, "little")
    (tmp_path / "bohong.zip").write_bytes(buffer.getvalue().replace(honest, claimed))
    unpacked = unpack(tmp_path / "bohong.zip", tmp_path / "isi", 100_000, SMALL)
    assert unpacked.files == ()
    assert len(unpacked.refused) == 1
    assert list((tmp_path / "isi").iterdir()) == []


def test_refuses_an_entry_that_is_larger_than_the_library_takes(packed: Pack) -> None:
    noise = random.Random(1).randbytes(150_000)  # noqa: S311
    unpacked = packed({"besar.txt": noise, "panduan.md": TEXT})
    assert [file.name for file in unpacked.files] == ["panduan.md"]
    assert "lebih dari 0 MB" in unpacked.refused[0].reason


def test_refuses_what_is_no_archive(tmp_path: Path) -> None:
    (tmp_path / "kiriman.zip").write_bytes(b"PK\x03\x04 terpotong")
    with pytest.raises(DocumentError, match="rusak atau bukan ZIP"):
        unpack(tmp_path / "kiriman.zip", tmp_path / "isi", 100_000)


def office(path: Path, **parts: bytes) -> Path:
    """A real Word document with parts added, a dot of their names written as "__"."""
    document = docx.Document()
    document.add_paragraph("Bupati membentuk tim pelaksana kota cerdas.")
    document.save(str(path))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as file:
        for name, data in parts.items():
            file.writestr("word/" + name.replace("__", "."), data)
    return path


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"vbaProject__bin": b"makro"}, "memuat makro"),
        ({"tambahan__xml": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'}, "DTD"),
        ({"tambahan__xml": '<!DOCTYPE a SYSTEM "http://127.0.0.1/"><a/>'.encode("utf-16")}, "DTD"),
        ({"nol__xml": b"0" * 4_000_000}, "bom ZIP"),
    ],
    ids=["makro", "entitas", "DTD dalam UTF-16", "bom"],
)
def test_refuses_a_dangerous_office_file(tmp_path: Path, parts: dict[str, bytes], reason: str) -> None:
    with pytest.raises(DocumentError, match=reason):
        check_office(office(tmp_path / "laporan.docx", **parts), ArchiveLimits(ratio=60, ratio_from_bytes=100_000))


def test_passes_an_honest_office_file(tmp_path: Path) -> None:
    check_office(office(tmp_path / "laporan.docx"))


def test_says_that_an_office_file_is_locked(tmp_path: Path) -> None:
    path = tmp_path / "rahasia.docx"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"))
    with pytest.raises(DocumentError, match="kata sandi"):
        check_office(path)
