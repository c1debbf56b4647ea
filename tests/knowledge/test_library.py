"""From roots to a generation: what is planned, what is taken in, what stays when a file fails."""

from __future__ import annotations

import gc
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from knowledge import chunk_file, embed, generation, orders, vector_index
from knowledge.chunk import Chunk, Document
from knowledge.embed import SentenceEmbeddings
from knowledge.errors import NoGenerationError, VerificationError
from knowledge.library import Outcome, Plan, carry_out, plan, status
from knowledge.parse import ParsedDocument
from knowledge.retrieve import Library
from knowledge.settings import LibraryConfig

Documents = Callable[[str, str | bytes], Path]
LibraryDocument = Callable[..., str]
MakePdf = Callable[[Sequence[Sequence[str] | None]], bytes]
SAMPAH = "# Panduan Sampah Kota\n\n## Jadwal\n\nTruk sampah berkeliling setiap hari Selasa dan Jumat.\n"
BANJIR = "# Panduan Banjir Kota\n\n## Peringatan\n\nSirene berbunyi ketika muka air melewati dua meter.\n"


@dataclass
class Shelf:
    """A library of one folder on a data directory of its own."""

    config: LibraryConfig
    embeddings: SentenceEmbeddings
    folder: Path

    def plan(self, *roots: Path) -> Plan:
        return plan(self.config, roots or [self.folder], self.embeddings)

    def update(self, *roots: Path) -> Outcome:
        return carry_out(self.config, self.plan(*roots), self.embeddings, lambda stage, done, total: None)

    def documents(self) -> dict[str, Document]:
        return {document.source: document for document in status(self.config.data.dir).documents}


@pytest.fixture
def shelf(tmp_path: Path, embeddings: SentenceEmbeddings, documents: Documents) -> Shelf:
    folder = documents("sampah.md", SAMPAH)
    return Shelf(LibraryConfig.load(data_dir=tmp_path / "data"), embeddings, folder)


def reasons(outcome: Outcome) -> dict[str, str]:
    return {Path(problem.path).name: problem.reason for problem in outcome.problems}


def test_a_first_run_takes_everything_in(shelf: Shelf) -> None:
    todo = shelf.plan()
    assert [source.name for source in todo.added] == ["sampah.md"]
    outcome = shelf.update()
    assert (outcome.documents, outcome.chunks, outcome.embedded, outcome.problems) == (1, 1, 1, ())
    assert shelf.plan().is_empty


def test_reads_the_title_of_a_text_without_front_matter(shelf: Shelf, documents: Documents, perwali: str) -> None:
    documents("naskah.md", perwali)
    documents("catatan.txt", "Catatan rapat tim kota cerdas\n\nRapat membahas jaringan serat optik kelurahan.\n")
    shelf.update()
    found = shelf.documents()
    assert found["sampah.md"].title == "Panduan Sampah Kota"
    assert found["catatan.txt"].title == "Catatan rapat tim kota cerdas"
    assert (found["naskah.md"].id, found["naskah.md"].title) == (
        "perwali-kota-sukamakmur-7-2023",
        "Perwali Kota Sukamakmur 7/2023 tentang Penyelenggaraan Kota Cerdas",
    )
    assert (found["naskah.md"].kind, found["sampah.md"].kind) == ("regulasi", "dokumen")


def test_refuses_the_second_of_two_documents_with_one_id(
    shelf: Shelf, documents: Documents, library_document: LibraryDocument
) -> None:
    documents("2025/panduan.md", library_document("panduan", "# Panduan\n\n## Tim\n\nBupati menetapkan tim.\n"))
    documents("2026/panduan.md", library_document("panduan", "# Panduan\n\n## Tim\n\nWali kota menetapkan tim.\n"))
    outcome = shelf.update()
    assert [Path(problem.path).parent.name for problem in outcome.problems] == ["2026"]
    assert "id 'panduan' sudah dipakai oleh" in outcome.problems[0].reason
    assert "2025/panduan.md" in outcome.problems[0].reason
    assert set(shelf.documents()) == {"sampah.md", "2025/panduan.md"}


def test_the_second_takes_its_place_when_the_first_has_gone(
    shelf: Shelf, documents: Documents, library_document: LibraryDocument
) -> None:
    text = library_document("panduan", "# Panduan\n\n## Tim\n\nBupati menetapkan tim.\n")
    documents("2025/panduan.md", text)
    documents("2026/panduan.md", text + "Tambahan tim.\n")
    shelf.update()
    (shelf.folder / "2025" / "panduan.md").unlink()
    assert shelf.update().problems == ()
    assert "2026/panduan.md" in shelf.documents()


def test_a_raw_regulation_has_the_status_that_a_library_document_gives_it(
    shelf: Shelf, documents: Documents, perwali: str, library_document: LibraryDocument
) -> None:
    documents("perwali-7-2023.txt", perwali)
    shelf.update()
    assert shelf.documents()["perwali-7-2023.txt"].status == "berlaku"
    body = "# Perwali 9/2026\n\n## Status\n\nPerwali 9/2026 mencabut Perwali 7/2023.\n"
    documents(
        "perwali-9-2026.md", library_document("perwali-9-2026", body, kind="regulasi", repeals="[perwali-7-2023]")
    )
    outcome = shelf.update()
    assert outcome.embedded == 1
    found = shelf.documents()["perwali-7-2023.txt"]
    assert (found.status, found.repealed_by) == ("dicabut", ("perwali-9-2026",))


def test_a_raw_regulation_shares_the_status_of_its_own_summary(
    shelf: Shelf, documents: Documents, perwali: str, library_document: LibraryDocument
) -> None:
    documents("naskah.txt", perwali)
    body = "# Perwali 7/2023\n\n## Status\n\nPerwali 7/2023 diubah dengan Perwali 2/2025.\n"
    documents(
        "perwali-7-2023.md", library_document("perwali-7-2023", body, status="diubah", amended_by="[perwali-2-2025]")
    )
    shelf.update()
    found = shelf.documents()["naskah.txt"]
    assert (found.status, found.amended_by) == ("diubah", ("perwali-kota-sukamakmur-2-2025",))


def test_a_regulation_is_repealed_by_the_text_of_another(shelf: Shelf, documents: Documents, perwali: str) -> None:
    documents("baru.md", perwali)
    old = perwali.replace("NOMOR 7 TAHUN 2023", "NOMOR 3 TAHUN 2018").replace(
        "Nomor 3 Tahun 2018", "Nomor 1 Tahun 2010"
    )
    documents("lama.md", old)
    shelf.update()
    found = shelf.documents()
    assert (found["lama.md"].status, found["lama.md"].repealed_by) == ("dicabut", ("perwali-kota-sukamakmur-7-2023",))
    assert found["baru.md"].status == "berlaku"


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("rusak.pdf", b"%PDF-1.4 terpotong", "rusak atau bukan PDF"),
        ("rusak.docx", b"PK\x03\x04 terpotong", "rusak atau bukan DOCX"),
        ("kepala.md", b"---\nid: kepala\nstatus: aktif\n---\n# Kepala\n\nIsi.\n", "title: wajib diisi"),
    ],
)
def test_names_a_bad_file_and_takes_in_the_rest(
    shelf: Shelf, documents: Documents, name: str, content: bytes, reason: str
) -> None:
    documents(name, content)
    outcome = shelf.update()
    assert reason in reasons(outcome)[name]
    assert set(shelf.documents()) == {"sampah.md"}


def test_does_not_try_a_refused_file_again_but_still_names_it(shelf: Shelf, documents: Documents) -> None:
    documents("rusak.pdf", b"%PDF-1.4 terpotong")
    shelf.update()
    again = shelf.plan()
    assert again.is_empty
    assert [Path(problem.path).name for problem in again.problems] == ["rusak.pdf"]


def test_names_the_scanned_page_while_its_other_pages_are_live(
    shelf: Shelf, documents: Documents, make_pdf: MakePdf
) -> None:
    pages = [["Laporan kesiapan kota cerdas Kabupaten Wanasari."], None, ["Pusat kendali memerlukan Rp4,5 miliar."]]
    documents("laporan.pdf", make_pdf(pages))
    outcome = shelf.update()
    assert [(Path(p.path).name, p.page) for p in outcome.problems] == [("laporan.pdf", 2)]
    assert "OCR" in outcome.problems[0].reason
    assert outcome.chunks == 3
    assert [(Path(p.path).name, p.page) for p in shelf.plan().problems] == [("laporan.pdf", 2)]


def test_a_document_that_becomes_corrupt_keeps_its_former_version(
    shelf: Shelf, documents: Documents, make_pdf: MakePdf
) -> None:
    documents("laporan.pdf", make_pdf([["Pusat kendali memerlukan Rp4,5 miliar."]]))
    first = shelf.update()
    documents("laporan.pdf", b"%PDF-1.4 terpotong")
    documents("banjir.md", BANJIR)
    outcome = shelf.update()
    assert "versi terdahulu tetap dipakai" in reasons(outcome)["laporan.pdf"]
    assert outcome.generation != first.generation
    assert set(shelf.documents()) == {"sampah.md", "banjir.md", "laporan.pdf"}


def test_a_corrupt_change_alone_builds_no_new_generation(shelf: Shelf, documents: Documents) -> None:
    first = shelf.update()
    documents("sampah.md", "---\nid: sampah\n# tidak ditutup\n")
    outcome = shelf.update()
    assert outcome.generation == first.generation
    assert "versi terdahulu tetap dipakai" in reasons(outcome)["sampah.md"]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="kosong"),
        pytest.param(b"a" * 3_000_000, id="terlalu besar"),
    ],
)
def test_a_document_that_becomes_empty_or_too_large_keeps_its_former_version(
    shelf: Shelf, documents: Documents, content: bytes
) -> None:
    shelf.config = shelf.config.model_copy(
        update={"library": shelf.config.library.model_copy(update={"max_file_megabytes": 2})}
    )
    documents("banjir.md", BANJIR)
    shelf.update()
    documents("banjir.md", content)
    shelf.update()
    assert "banjir.md" in shelf.documents()


def test_a_root_that_is_out_of_reach_keeps_its_documents(shelf: Shelf, tmp_path: Path) -> None:
    disk = tmp_path / "diska"
    disk.mkdir()
    (disk / "banjir.md").write_text(BANJIR, encoding="utf-8")
    shelf.update(shelf.folder, disk)
    disk.rename(tmp_path / "dicabut")
    (shelf.folder / "sampah.md").write_text(SAMPAH + "Sampah besar diambil pada hari Minggu.\n", encoding="utf-8")
    outcome = shelf.update(shelf.folder, disk)
    assert [(p.path, p.reason) for p in outcome.problems] == [(str(disk), "berkas atau folder tidak ditemukan")]
    assert set(shelf.documents()) == {"sampah.md", "banjir.md"}
    (tmp_path / "dicabut").rename(disk)
    assert shelf.plan(shelf.folder, disk).is_empty


def test_a_file_that_left_its_root_leaves_the_library(shelf: Shelf, documents: Documents) -> None:
    documents("banjir.md", BANJIR)
    shelf.update()
    (shelf.folder / "banjir.md").unlink()
    assert [document.source for document in shelf.plan().removed] == ["banjir.md"]
    outcome = shelf.update()
    assert (outcome.embedded, outcome.reused) == (0, 1)
    assert set(shelf.documents()) == {"sampah.md"}


def test_embeds_nothing_again_after_renaming_and_moving(shelf: Shelf) -> None:
    shelf.update()
    (shelf.folder / "lingkungan").mkdir()
    shutil.move(shelf.folder / "sampah.md", shelf.folder / "lingkungan" / "jadwal-sampah.md")
    outcome = shelf.update()
    assert (outcome.embedded, outcome.reused) == (0, 1)
    assert set(shelf.documents()) == {"lingkungan/jadwal-sampah.md"}


def test_embeds_only_the_section_that_changed(shelf: Shelf, documents: Documents) -> None:
    text = SAMPAH + "\n## Tarif\n\nRetribusi sampah sebesar Rp15.000 setiap bulan.\n"
    documents("sampah.md", text)
    shelf.update()
    documents("sampah.md", text.replace("Rp15.000", "Rp20.000"))
    outcome = shelf.update()
    assert (outcome.chunks, outcome.embedded, outcome.reused) == (2, 1, 1)


def test_another_chunk_size_rebuilds_without_any_new_file(shelf: Shelf) -> None:
    shelf.update()
    shelf.config = shelf.config.model_copy(
        update={"retrieval": shelf.config.retrieval.model_copy(update={"chunk_characters": 500})}
    )
    todo = shelf.plan()
    assert not (todo.added or todo.changed or todo.removed)
    assert not todo.is_empty


def test_nothing_to_take_in_is_no_generation(shelf: Shelf) -> None:
    (shelf.folder / "sampah.md").write_bytes(b"\x00\x01\x02")
    outcome = shelf.update()
    assert outcome.generation is None
    with pytest.raises(NoGenerationError, match="masih kosong"):
        status(shelf.config.data.dir)


def test_a_generation_that_fails_its_check_is_not_switched_to(
    shelf: Shelf, documents: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = shelf.update().generation
    documents("banjir.md", BANJIR)
    build = generation.build

    def swapping(*arguments: object) -> str:
        data_dir, recipe, found, chunks, vectors, *others = arguments
        return build(data_dir, recipe, found, chunks, vectors[::-1], *others)  # type: ignore[arg-type, index]

    monkeypatch.setattr(generation, "build", swapping)
    with pytest.raises(VerificationError):
        shelf.update()
    assert generation.current(shelf.config.data.dir) == old
    monkeypatch.undo()
    assert shelf.update().embedded == 0
    assert set(shelf.documents()) == {"sampah.md", "banjir.md"}


def test_reports_every_stage_to_its_end(shelf: Shelf) -> None:
    seen: dict[str, tuple[int, int]] = {}
    carry_out(
        shelf.config, shelf.plan(), shelf.embeddings, lambda stage, done, total: seen.update({stage: (done, total)})
    )
    assert list(seen) == ["parse", "screen", "chunk", "embed", "build"]
    assert all(done == total for done, total in seen.values())


def test_a_large_library_is_never_in_memory_as_a_whole(
    shelf: Shelf, documents: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An ingest of 300 sections, and the library opened afterwards, hold a part of the chunks at any moment; of the
    eleven texts the ingest holds no more than it screens or cuts."""
    for name, most in (
        (chunk_file, "REMEMBERED"), (chunk_file, "LINES"), (vector_index, "BATCH"), (embed, "BLOCK"),
        (orders, "LETTERS_AT_ONCE"),
    ):  # fmt: skip
        monkeypatch.setattr(name, most, 30)
    monkeypatch.setattr(vector_index, "PART", 100)
    for year in range(2005, 2015):
        sections = "\n\n".join(f"## Bagian {n}\n\nTruk {year} menempuh rute {n}." for n in range(30))
        documents(f"laporan-{year}.md", f"# Laporan {year}\n\n{sections}\n")
    before = _in_memory(Chunk)
    seen: dict[str, int] = {}
    texts: dict[str, int] = {}

    def watch(stage: str, done: int, total: int) -> None:
        seen[stage] = max(seen.get(stage, 0), _in_memory(Chunk) - before)
        texts[stage] = max(texts.get(stage, 0), _in_memory(ParsedDocument))

    outcome = carry_out(shelf.config, shelf.plan(), shelf.embeddings, watch)
    assert outcome.chunks == 301
    assert set(seen) >= {"chunk", "embed", "build"}
    assert max(seen.values()) <= 120
    assert max(texts[stage] for stage in ("screen", "chunk", "embed", "build")) <= 3
    library = Library(shelf.config, shelf.embeddings)
    assert _in_memory(Chunk) - before <= 40
    passages = library.search("Truk 2013 menempuh rute berapa?").passages
    assert passages[0].document.title == "Laporan 2013"
    assert len(library.texts_of(passages[0].document.key)) == 30
    assert _in_memory(Chunk) - before <= 40


def _in_memory(kind: type) -> int:
    return sum(isinstance(one, kind) for one in gc.get_objects())
