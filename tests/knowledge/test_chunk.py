"""Chunks are verbatim slices that fit the model, each with its title, headings and locator."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from knowledge.chunk import Chunk, Document, chunks
from knowledge.embed import SentenceEmbeddings
from knowledge.parse import SEAM, ParsedDocument, parse
from knowledge.settings import SHIPPED_DOCUMENTS
from knowledge.sources import Source, split_front_matter

LibraryDocument = Callable[..., str]
TITLE = "Perwali 7/2023 tentang Penyelenggaraan Kota Cerdas"
ROOT = Path("/dokumen")
LIMIT = 512


def described(title: str = TITLE, *, curated: bool = False) -> Document:
    return Document(
        key="/dokumen/naskah.md", source="naskah.md", id="perwali-7-2023", title=title, kind="regulasi",
        number="Perwali 7/2023", status="berlaku", repealed_by=(), replaced_by=(), amended_by=(), in_force_from=None,
        confidence="A", curated=curated, sha256="0",
    )  # fmt: skip


def raw(text: str, pages: tuple[tuple[int, int], ...] = (), *, rows: bool = False) -> ParsedDocument:
    return ParsedDocument(Source(ROOT / "naskah.md", ROOT, "0"), None, text, pages, rows=rows)


def cut(embeddings: SentenceEmbeddings, text: str, size: int = 1000, title: str = TITLE) -> list[Chunk]:
    return chunks(raw(text), described(title), size, embeddings.count_tokens)


def test_a_short_article_is_one_chunk(embeddings: SentenceEmbeddings, perwali: str) -> None:
    (chunk,) = [c for c in cut(embeddings, perwali) if c.locator == "Pasal 4"]
    assert chunk.articles == ("4",)
    assert chunk.text.startswith("Pasal 4\nPusat kendali kota")
    assert chunk.text.endswith("paling lama 30 hari.")


def test_the_index_text_carries_title_and_headings(embeddings: SentenceEmbeddings, perwali: str) -> None:
    (chunk,) = [c for c in cut(embeddings, perwali) if c.locator == "Pasal 3"]
    head, _, body = chunk.index_text(TITLE).partition("\n")
    assert head == f"{TITLE}. BAB II KELEMBAGAAN > Bagian Kesatu Dewan Kota Cerdas > Pasal 3."
    assert body == " ".join(chunk.text.split())


def test_names_the_ayat_of_each_part_of_a_long_article(embeddings: SentenceEmbeddings, perwali: str) -> None:
    found = [c for c in cut(embeddings, perwali, size=260) if c.articles == ("2",)]
    assert [c.locator for c in found] == ["Pasal 2 ayat (1) sampai (2)", "Pasal 2 ayat (3) sampai (4)"]
    assert found[1].text.startswith("(3) Rapat")


@pytest.mark.parametrize("size", [200, 240, 300])
def test_the_locator_names_just_the_ayat_that_stand_in_the_chunk(
    embeddings: SentenceEmbeddings, perwali: str, size: int
) -> None:
    for chunk in cut(embeddings, perwali, size):
        if chunk.articles == ("2",):
            inside = re.findall(r"^\((\d)\)", chunk.text, re.M)
            assert re.findall(r"\((\d)\)", chunk.locator) == ([inside[0], inside[-1]] if len(inside) > 1 else inside)


def test_the_parts_of_an_article_share_a_group(embeddings: SentenceEmbeddings, perwali: str) -> None:
    found = cut(embeddings, perwali, size=130)
    parts = {c.group for c in found if c.articles == ("2",)}
    assert len(parts) == 1
    assert parts.isdisjoint(c.group for c in found if c.articles != ("2",))


def test_a_long_list_is_cut_between_its_items(embeddings: SentenceEmbeddings) -> None:
    items = "\n".join(
        f"{letter}. laporan kemajuan layanan bagian {letter * 3} kepada Wali Kota;" for letter in "abcdefghij"
    )
    text = "\n\n".join(
        f"Pasal {i}\n{items if i == 2 else 'Kepala dinas menyusun laporan tahunan.'}" for i in range(1, 4)
    )
    found = [c for c in cut(embeddings, text, size=200) if c.articles == ("2",)]
    assert len(found) > 2
    assert all(c.text.endswith(";") for c in found)


@pytest.mark.parametrize("size", [200, 500, 1000, 1600])
def test_every_chunk_is_a_verbatim_slice_that_the_model_can_read(
    embeddings: SentenceEmbeddings, perwali: str, size: int
) -> None:
    for chunk in cut(embeddings, perwali, size):
        assert chunk.text in perwali
        assert embeddings.count_tokens(chunk.index_text(TITLE)) <= LIMIT


@pytest.mark.parametrize("size", [200, 1000])
def test_no_word_of_an_article_is_lost_between_chunks(embeddings: SentenceEmbeddings, perwali: str, size: int) -> None:
    found = cut(embeddings, perwali, size)
    kept = " ".join(c.index_text(TITLE) for c in found if not c.locator.startswith("Penjelasan"))
    articles = perwali[perwali.index("Pasal 1") : perwali.index("PENJELASAN ATAS")]
    assert set(articles.split()) <= set(kept.split())


@pytest.mark.parametrize(
    "text",
    [
        "## Lampiran\n\n" + "Dinas Komunikasi dan Informatika menyelenggarakan layanan tanpa titik " * 80,
        "## Tautan\n\nhttps://jdih.sukamakmur.go.id/" + "a1B2c3D4e5" * 500,
        "## Angka\n\n" + " ".join(f"{i * 7919:,}" for i in range(900)),
        "## Daftar\n\n"
        + "\n".join(f"- Kelurahan {i}: jaringan serat optik, kamera, dan pos aduan" for i in range(150)),
        "## Simbol\n\n" + "☑ ✓ → ★ " * 400,
    ],
    ids=["tanpa titik", "tautan panjang", "angka", "daftar", "simbol"],
)
def test_a_text_without_places_to_cut_still_fits_the_model(embeddings: SentenceEmbeddings, text: str) -> None:
    for chunk in cut(embeddings, text):
        assert chunk.text in text
        assert embeddings.count_tokens(chunk.index_text(TITLE)) <= LIMIT


def test_a_paragraph_that_was_marked_as_a_heading_still_fits_the_model(embeddings: SentenceEmbeddings) -> None:
    text = (
        "## " + "Dinas Komunikasi dan Informatika menyelenggarakan layanan kota, " * 60 + "\n\nIsi pendek bagian ini.\n"
    )
    for chunk in cut(embeddings, text):
        assert embeddings.count_tokens(chunk.index_text(TITLE)) <= LIMIT


def test_a_section_of_a_library_document_stays_whole(
    embeddings: SentenceEmbeddings, library_document: LibraryDocument
) -> None:
    section = "Tim pelaksana menyusun rencana induk kota cerdas bersama warga kota. " * 19
    front, body = split_front_matter(library_document("panduan", f"# Panduan\n\n## Tim\n\n{section}\n"))
    document = ParsedDocument(Source(ROOT / "panduan.md", ROOT, "0"), front, body)
    assert len(chunks(document, described(curated=True), 1000, embeddings.count_tokens)) == 1
    assert len(chunks(document, described(), 600, embeddings.count_tokens)) > 1


def test_names_the_page_of_a_report(embeddings: SentenceEmbeddings) -> None:
    first, second = "Laporan kesiapan kota cerdas Wanasari.\n", "Anggaran pusat kendali Rp4,5 miliar.\n"
    document = raw(first + SEAM + second + SEAM, ((0, 1), (len(first) + 1, 2)))
    found = chunks(document, described(), 1000, embeddings.count_tokens)
    assert [(c.locator, c.page) for c in found] == [("hlm. 1", 1), ("hlm. 2", 2)]


def test_an_article_of_a_pdf_keeps_its_name_and_knows_its_page(embeddings: SentenceEmbeddings, perwali: str) -> None:
    border = perwali.index("Pasal 3\n")
    text = perwali[:border] + SEAM + perwali[border:]
    found = chunks(raw(text, ((0, 1), (border + 1, 2))), described(), 1000, embeddings.count_tokens)
    assert {c.locator: c.page for c in found if c.articles} == {
        "Pasal 1": 1, "Pasal 2": 1, "Pasal 3": 2, "Pasal 4": 2, "Pasal 5": 2, "Pasal 6": 2,
    }  # fmt: skip
    assert "Penjelasan Pasal 4, hlm. 2" in {c.locator for c in found}


def test_a_workbook_is_cut_between_rows(embeddings: SentenceEmbeddings) -> None:
    rows = [f"Inovasi: Layanan Kelurahan {i}; Perangkat Daerah: Kecamatan Utara; Tahun: {2000 + i}" for i in range(40)]
    text = "\n".join(rows) + "\n" + SEAM
    found = chunks(raw(text, ((0, 1),), rows=True), described(), 600, embeddings.count_tokens)
    assert len(found) > 3
    assert [line for c in found for line in c.text.split("\n")] == rows
    assert {c.locator for c in found} == {"lembar 1"}


def test_a_row_longer_than_the_model_reads_is_cut_too(embeddings: SentenceEmbeddings) -> None:
    text = "Uraian: " + "kegiatan lokakarya rencana induk kota cerdas; " * 120 + "\n" + SEAM
    for chunk in chunks(raw(text, ((0, 1),), rows=True), described(), 1000, embeddings.count_tokens):
        assert embeddings.count_tokens(chunk.index_text(TITLE)) <= LIMIT


def test_remembers_the_regulations_that_a_chunk_names(embeddings: SentenceEmbeddings, perwali: str) -> None:
    mentions = {c.locator: c.mentions for c in cut(embeddings, perwali)}
    assert mentions["Pasal 5"] == ("perwali-kota-sukamakmur-3-2018",)
    assert mentions["Pasal 4"] == ()


def test_ids_are_stable_and_differ_even_for_the_same_words(embeddings: SentenceEmbeddings) -> None:
    text = "## Januari\n\nRapat tim kota cerdas.\n\n## Februari\n\nRapat tim kota cerdas.\n"
    first, again = cut(embeddings, text), cut(embeddings, text)
    assert [c.id for c in first] == [c.id for c in again]
    assert len({c.id for c in first}) == 2


def test_punctuation_alone_is_no_chunk(embeddings: SentenceEmbeddings) -> None:
    found = cut(embeddings, "## Batas\n\n* * *\n\n## Tim\n\nBupati menetapkan tim.\n")
    assert [c.locator for c in found] == ["Tim"]


def test_every_shipped_document_gives_verbatim_chunks_that_fit(embeddings: SentenceEmbeddings) -> None:
    for path in sorted(SHIPPED_DOCUMENTS.glob("*.md")):
        document = parse(Source(path, SHIPPED_DOCUMENTS, "0"))
        assert document.front_matter is not None
        info = described(document.front_matter.title, curated=True)
        for chunk in chunks(document, info, 1000, embeddings.count_tokens):
            assert chunk.text in document.text
            assert chunk.locator
            assert embeddings.count_tokens(chunk.index_text(info.title)) <= LIMIT


@pytest.mark.parametrize("name", ["perpres-95-2018.md", "uu-3-2022.md", "bssn-4-2021.pdf", "daftar-regulasi-ti.xlsx"])
def test_every_chunk_of_a_real_regulation_is_verbatim_and_fits(
    embeddings: SentenceEmbeddings, regulations: Path, name: str
) -> None:
    document = parse(Source(regulations / name, regulations, "0"))
    found = chunks(document, described(), 1000, embeddings.count_tokens)
    assert found
    for chunk in found:
        assert chunk.text in document.text
        assert chunk.locator
        assert embeddings.count_tokens(chunk.index_text(TITLE)) <= LIMIT
