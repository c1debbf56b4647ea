"""Which files are taken in, and what their front matter has to say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from knowledge.errors import DocumentError
from knowledge.sources import Source, Status, find, read_roots, split_front_matter, write_roots

Documents = Callable[[str, str | bytes], Path]
LibraryDocument = Callable[..., str]
MEGABYTE = 1_000_000
BODY = "# Panduan Kota Cerdas Wanasari\n\n## Tim pelaksana\n\nBupati menetapkan tim pelaksana kota cerdas.\n"


def test_reads_every_key_of_the_front_matter(library_document: LibraryDocument) -> None:
    text = library_document("pp-34-2009", BODY, status="dicabut", repealed_by="[pp-59-2022]", number="PP 34/2009")
    front, body = split_front_matter(text)
    assert front is not None
    assert (front.id, front.status, front.number) == ("pp-34-2009", Status.REPEALED, "PP 34/2009")
    assert front.repealed_by == ("pp-59-2022",)
    assert front.in_force_from == date(2025, 1, 2)
    assert body == BODY


def test_leaves_a_text_without_front_matter_as_it_is() -> None:
    assert split_front_matter(BODY) == (None, BODY)


def test_reads_front_matter_that_was_written_on_windows(library_document: LibraryDocument) -> None:
    front, body = split_front_matter(library_document("panduan", BODY).replace("\n", "\r\n"))
    assert front is not None
    assert "tim pelaksana kota cerdas" in body


@pytest.mark.parametrize(
    ("changes", "named", "reason"),
    [
        ({"penulis": "Diskominfo"}, "penulis", "kunci tidak dikenal"),
        ({"checked": None}, "checked", "wajib diisi"),
        ({"status": "aktif"}, "status", "berlaku"),
        ({"kind": "berita"}, "kind", "regulasi"),
        ({"confidence": "D"}, "confidence", "'A'"),
        ({"in_force_from": "kemarin"}, "in_force_from", "date"),
        ({"id": "PP 59/2022"}, "id", "pattern"),
        ({"title": "a"}, "title", "3"),
        ({"amended_by": "pp-1-2024"}, "amended_by", "tuple"),
    ],
)
def test_names_the_key_that_is_wrong(
    library_document: LibraryDocument, changes: dict[str, str | None], named: str, reason: str
) -> None:
    with pytest.raises(DocumentError) as refused:
        split_front_matter(library_document("panduan", BODY, **changes))
    assert f"{named}: " in refused.value.reason
    assert reason in refused.value.reason


def test_names_all_wrong_keys_at_once(library_document: LibraryDocument) -> None:
    with pytest.raises(DocumentError) as refused:
        split_front_matter(library_document("panduan", BODY, checked=None, status="aktif", penulis="Budi"))
    assert all(f"{key}: " in refused.value.reason for key in ("checked", "status", "penulis"))


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        ("---\nid: [panduan\ntitle: Panduan\n---\n# Panduan\n", "bukan YAML yang sah"),
        ("---\nid: panduan\ntitle: Panduan\n\n# Panduan\n\nIsi panduan.\n", "tidak ditutup"),
        ("---\n- panduan\n- kota cerdas\n---\n# Panduan\n", "pasangan kunci dan nilai"),
        ("---\n\n---\n# Panduan\n", "pasangan kunci dan nilai"),
    ],
    ids=["yaml rusak", "tidak ditutup", "daftar", "kosong"],
)
def test_says_what_is_wrong_with_a_broken_head(head: str, reason: str) -> None:
    with pytest.raises(DocumentError, match=reason):
        split_front_matter(head)


def test_finds_every_document_below_a_folder_and_names_it_by_its_path(documents: Documents) -> None:
    documents("panduan.md", BODY)
    folder = documents("lampiran/2026/rencana.txt", "Rencana aksi kota cerdas tahun 2026.")
    sources, problems = find([folder], MEGABYTE)
    assert [source.name for source in sources] == ["lampiran/2026/rencana.txt", "panduan.md"]
    assert problems == []


def test_names_a_single_file_by_its_own_name(documents: Documents) -> None:
    path = documents("panduan.md", BODY) / "panduan.md"
    sources, _ = find([path], MEGABYTE)
    assert [source.name for source in sources] == ["panduan.md"]


def test_passes_over_hidden_files_and_those_of_an_open_word_processor(documents: Documents) -> None:
    documents(".git/catatan.md", BODY)
    documents("~$rencana.docx", b"kunci")
    folder = documents("panduan.md", BODY)
    sources, problems = find([folder], MEGABYTE)
    assert [source.name for source in sources] == ["panduan.md"]
    assert problems == []


def test_takes_a_file_once_when_its_roots_overlap(documents: Documents) -> None:
    folder = documents("lampiran/panduan.md", BODY)
    sources, _ = find([folder, folder / "lampiran", folder], MEGABYTE)
    assert [source.name for source in sources] == ["lampiran/panduan.md"]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("rekaman.mp4", b"\x00\x00\x00 ftypisom", ".mp4 tidak didukung"),
        ("arsip.zip", b"PK\x03\x04", ".zip tidak didukung"),
        ("CATATAN", b"tanpa akhiran", "tanpa akhiran tidak didukung"),
        ("kosong.pdf", b"", "kosong"),
        ("besar.txt", b"a" * (MEGABYTE + 1), "melebihi batas 1 MB"),
    ],
)
def test_refuses_a_file_by_name_and_takes_in_the_rest(
    documents: Documents, name: str, content: bytes, reason: str
) -> None:
    documents("panduan.md", BODY)
    folder = documents(name, content)
    sources, problems = find([folder], MEGABYTE)
    assert [source.name for source in sources] == ["panduan.md"]
    assert [Path(problem.path).name for problem in problems] == [name]
    assert reason in problems[0].reason


def test_takes_suffixes_in_capitals(documents: Documents) -> None:
    sources, problems = find([documents("PANDUAN.MD", BODY)], MEGABYTE)
    assert [source.name for source in sources] == ["PANDUAN.MD"]
    assert problems == []


def test_reports_a_root_that_does_not_exist(tmp_path: Path) -> None:
    sources, problems = find([tmp_path / "diska-lepas"], MEGABYTE)
    assert sources == []
    assert [(problem.path, problem.reason) for problem in problems] == [
        (str(tmp_path / "diska-lepas"), "berkas atau folder tidak ditemukan")
    ]


def test_the_hash_follows_the_content_and_not_the_name(documents: Documents) -> None:
    documents("a.md", BODY)
    documents("b.md", BODY)
    folder = documents("c.md", BODY + "Tambahan.")
    a, b, c = find([folder], MEGABYTE)[0]
    assert a.sha256 == b.sha256 != c.sha256


def test_remembers_roots_in_order(tmp_path: Path) -> None:
    assert read_roots(tmp_path / "data") == []
    roots = [tmp_path / "peraturan daerah", tmp_path / "panduan"]
    write_roots(tmp_path / "data", roots)
    assert read_roots(tmp_path / "data") == roots


def test_a_source_below_its_root_is_named_with_slashes(tmp_path: Path) -> None:
    assert Source(tmp_path / "a" / "b.md", tmp_path, "0").name == "a/b.md"
