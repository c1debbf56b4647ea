"""Articles, headings, pages and rows: where a document is cut, and what the pieces are called."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from knowledge.parse import SEAM, ParsedDocument, parse
from knowledge.sources import Source, split_front_matter
from knowledge.structure import SectionText, sections

ARTICLES = ["Pasal 1", "Pasal 2", "Pasal 3", "Pasal 4", "Pasal 5", "Pasal 6"]


def document(text: str, pages: tuple[tuple[int, int], ...] = (), *, rows: bool = False) -> ParsedDocument:
    return ParsedDocument(Source(Path("/dokumen/naskah.md"), Path("/dokumen"), "0"), None, text, pages, rows=rows)


def cut(text: str) -> dict[str, str]:
    """Locator -> text of the section."""
    return {section.locator: text[section.start : section.end] for section in sections(document(text))}


def test_finds_every_article_of_a_regulation(perwali: str) -> None:
    found = cut(perwali)
    assert [name for name in found if name.startswith("Pasal")] == ARTICLES
    assert "menyusun rencana induk kota cerdas" in found["Pasal 3"]
    assert "paling lama 30 hari" in found["Pasal 4"]


def test_sections_cover_the_text_in_order_without_overlap(perwali: str) -> None:
    found = sections(document(perwali))
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert all(section.start < section.end for section in found)


def test_keeps_the_preamble_apart(perwali: str) -> None:
    found = cut(perwali)
    assert "layanan kota perlu diselenggarakan secara terpadu" in found["Pembukaan"]
    assert "BAB I\n" not in found["Pembukaan"]


def test_keeps_the_explanation_apart_and_leaves_out_what_is_clear_enough(perwali: str) -> None:
    found = cut(perwali)
    explained = [name for name in found if name.startswith("Penjelasan Pasal")]
    assert explained == ["Penjelasan Pasal 2", "Penjelasan Pasal 4"]
    assert "barang bukti" in found["Penjelasan Pasal 4"]
    assert "barang bukti" not in found["Pasal 4"]


def test_an_explanation_answers_for_no_article(perwali: str) -> None:
    assert all(not s.articles for s in sections(document(perwali)) if s.locator.startswith("Penjelasan"))


def test_names_the_chapter_and_part_above_an_article(perwali: str) -> None:
    paths = {section.locator: section.path for section in sections(document(perwali))}
    assert paths["Pasal 1"] == ("BAB I KETENTUAN UMUM", "Pasal 1")
    assert paths["Pasal 2"] == ("BAB II KELEMBAGAAN", "Bagian Kesatu Dewan Kota Cerdas", "Pasal 2")
    assert paths["Pasal 5"] == ("BAB III KETENTUAN PENUTUP", "Pasal 5")


def test_the_title_of_a_chapter_is_not_part_of_the_article_before_it(perwali: str) -> None:
    assert "BAB II" not in cut(perwali)["Pasal 1"]
    assert "KETENTUAN PENUTUP" not in cut(perwali)["Pasal 4"]


def test_finds_the_articles_where_line_breaks_are_lost(perwali: str) -> None:
    found = cut(" ".join(perwali.split()))
    assert [name for name in found if name.startswith("Pasal")][:5] == ARTICLES[:5]
    assert found["Pasal 3"].startswith("Pasal 3 Dewan Kota Cerdas sebagaimana dimaksud dalam Pasal 2")
    assert "barang bukti" in found["Penjelasan Pasal 4"]


def test_finds_the_closing_article_where_line_breaks_are_lost(perwali: str) -> None:
    assert "mulai berlaku pada tanggal diundangkan" in cut(" ".join(perwali.split())).get("Pasal 6", "")


def test_a_page_border_inside_an_article_does_not_cut_it(perwali: str) -> None:
    text = perwali.replace("b. mengawal", f"{SEAM}b. mengawal")
    assert "melaporkan kemajuan" in cut(text)["Pasal 3"]


@pytest.mark.parametrize(
    "reference",
    [
        "sebagaimana dimaksud dalam Pasal 4",
        "sebagaimana dimaksud pada Pasal 4 ayat (1)",
        "berdasarkan ketentuan Pasal 4, Pasal 5, dan Pasal 6",
        "juncto Pasal 4 Undang-Undang Nomor 23 Tahun 2014",
        "dari Pasal 4 sampai dengan Pasal 6",
        "melanggar Pasal 4",
    ],
)
def test_does_not_take_a_reference_for_a_heading(perwali: str, reference: str) -> None:
    text = perwali.replace(
        "Dewan Kota Cerdas sebagaimana dimaksud dalam Pasal 2 bertugas", f"Dewan {reference} bertugas"
    )
    for written in (text, " ".join(text.split())):
        found = cut(written)
        assert [name for name in found if name.startswith("Pasal")][:5] == ARTICLES[:5]
        assert reference in found["Pasal 3"]
        assert found["Pasal 4"].split()[2] == "Pusat"


def numbered(headings: dict[int, str], count: int) -> str:
    """A regulation of `count` articles, some of whose headings are written otherwise."""
    verbs = ("menyusun", "menetapkan", "melaporkan", "mengevaluasi", "mengumumkan")
    return "\n".join(
        f"{headings.get(i, f'Pasal {i}')}\nKepala dinas {verbs[i % 5]} dokumen perencanaan teknologi bagian {chr(64 + i)}.\n"
        for i in range(1, count + 1)
    )


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (11, "Pasal 1 1"),
        (8, "Pasa-l 8"),
        (10, "Pasal lO"),
        (11, "Pasal I1"),
        (5, "Pasa] 5"),
        (1, "Pasal l"),
        (7, "## Pasal 7"),
        (9, "**Pasal 9**"),
    ],
)
def test_reads_article_numbers_through_the_mistakes_of_ocr(number: int, written: str) -> None:
    text = numbered({number: written}, 14)
    found = sections(document(text))
    assert [section.articles for section in found] == [(str(i),) for i in range(1, 15)]
    assert f"bagian {chr(64 + number)}" in cut(text)[f"Pasal {number}"]


def test_a_lost_heading_gives_the_range_of_articles() -> None:
    text = numbered({5: "", 6: ""}, 9)
    found = {section.locator: section for section in sections(document(text))}
    assert "Pasal 4 sampai 6" in found
    assert found["Pasal 4 sampai 6"].articles == ("4", "5", "6")
    assert "bagian F" in cut(text)["Pasal 4 sampai 6"]


def test_keeps_an_inserted_article_with_its_letter() -> None:
    text = numbered({}, 6).replace("Pasal 4\n", "Pasal 3A\nKepala dinas membuka data kota kepada warga.\n\nPasal 4\n")
    found = cut(text)
    assert "membuka data kota" in found["Pasal 3A"]
    assert "membuka data kota" not in found["Pasal 3"]


def test_keeps_the_appendix_apart(perwali: str) -> None:
    head, tail = perwali.split("PENJELASAN ATAS", 1)
    text = f"{head}LAMPIRAN\nDaftar indikator kota cerdas: waktu tanggap aduan warga.\n\nPENJELASAN ATAS{tail}"
    found = cut(text)
    assert "waktu tanggap aduan" in found["Lampiran"]
    assert "waktu tanggap aduan" not in found["Pasal 6"]


def test_cuts_markdown_at_its_headings() -> None:
    text = "# Panduan\n\nPengantar panduan.\n\n## Tim\n\nBupati menetapkan tim.\n\n### Sekretariat\n\nBappeda.\n\n## Biaya\n\nAPBD.\n"
    found = [(section.locator, section.path) for section in sections(document(text))]
    assert found == [
        ("Panduan", ()),
        ("Tim", ("Tim",)),
        ("Sekretariat", ("Tim", "Sekretariat")),
        ("Biaya", ("Biaya",)),
    ]


@pytest.mark.parametrize(
    ("heading", "locator", "articles"),
    [
        ("Pasal 61: enam aspek kota cerdas", "Pasal 61", ("61",)),
        ("Pasal 15 dan 16: kedudukan RP2P", "Pasal 15 dan 16", ("15", "16")),
        ("Pasal 55 sampai 58: audit TIK", "Pasal 55 sampai 58", ("55", "56", "57", "58")),
        ("Pasal 7 s.d. 9", "Pasal 7 s.d. 9", ("7", "8", "9")),
        ("Pasal 3, 5 dan 9: tugas", "Pasal 3, 5 dan 9", ("3", "5", "9")),
        ("Pasal 3, 5, dan 9: tugas", "Pasal 3, 5, dan 9", ("3", "5", "9")),
        ("Pasal 40-42: keamanan", "Pasal 40-42", ("40", "41", "42")),
        ("Pasal 27A: larangan", "Pasal 27A", ("27A",)),
        ("Enam aspek kota cerdas", "Enam aspek kota cerdas", ()),
    ],
)
def test_reads_the_articles_that_a_heading_names(heading: str, locator: str, articles: tuple[str, ...]) -> None:
    (section,) = sections(document(f"## {heading}\n\nWali kota menetapkan rencana induk kota cerdas.\n"))
    assert (section.locator, section.articles) == (locator, articles)


def test_a_library_document_is_cut_at_its_own_headings_only(library_document: Callable[..., str]) -> None:
    text = library_document("panduan", "# Panduan\n\n## Dasar\n\nPasal 1\nA.\n\nPasal 2\nB.\n\nPasal 3\nC.\n")
    front, body = split_front_matter(text)
    found = sections(ParsedDocument(Source(Path("/p/panduan.md"), Path("/p"), "0"), front, body))
    assert [section.locator for section in found] == ["Dasar"]


def test_pages_are_the_sections_of_a_report() -> None:
    text = f"Laporan kesiapan.\n{SEAM}\n{SEAM}Anggaran pusat kendali.\n{SEAM}"
    starts = ((0, 1), (text.index(SEAM) + 1, 2), (text.index("Anggaran"), 3))
    assert [section.locator for section in sections(document(text, starts))] == ["hlm. 1", "hlm. 3"]


def test_sheets_are_the_sections_of_a_workbook() -> None:
    text = f"Inovasi: Si Sampah\n{SEAM}Program: Pusat kendali\n{SEAM}"
    found = sections(document(text, ((0, 1), (text.index("Program"), 2)), rows=True))
    assert [section.locator for section in found] == ["lembar 1", "lembar 2"]


def test_a_text_without_any_structure_is_one_section() -> None:
    text = "Wali kota menyampaikan sambutan tentang kota cerdas."
    assert sections(document(text)) == [SectionText((), "", (), 0, len(text))]


@pytest.mark.parametrize(
    ("name", "least"),
    [("perpres-95-2018.md", 70), ("pp-59-2022.md", 60), ("uu-23-2014.md", 400), ("uu-27-2022.md", 76)],
)
def test_finds_nearly_every_article_of_a_real_regulation(regulations: Path, name: str, least: int) -> None:
    parsed = parse(Source(regulations / name, regulations, "0"))
    found = {article for section in sections(parsed) for article in section.articles}
    highest = max(int(article) for article in found if article.isdigit())
    assert highest >= least
    assert len({a for a in found if a.isdigit()}) >= 0.99 * highest
    for section in sections(parsed):
        if len(section.articles) == 1 and section.articles[0].isdigit():
            assert re.match(r"\W*Pasa", parsed.text[section.start : section.start + 20])


def test_an_explanation_stands_under_the_headings_of_its_article(perwali: str) -> None:
    found = {section.locator: section.path for section in sections(document(perwali))}
    assert found["Penjelasan Pasal 2"] == (*found["Pasal 2"], "Penjelasan Pasal 2")


def test_annexes_are_cut_where_the_next_one_begins(perwali: str) -> None:
    body, explanation, notes = perwali.partition("PENJELASAN ATAS")
    annexes = """LAMPIRAN I
PERATURAN WALI KOTA SUKAMAKMUR
Struktur organisasi Dewan Kota Cerdas: ketua, sekretaris, dan anggota.

LAMPIRAN II
Daftar indikator kota cerdas yang dilaporkan setiap tahun kepada Wali Kota.

"""
    found = cut(body + annexes + explanation + notes)
    assert "Struktur organisasi" in found["Lampiran I"]
    assert "Daftar indikator" in found["Lampiran II"]
    assert "Struktur organisasi" not in found["Pasal 6"]
    assert "barang bukti" in found["Penjelasan Pasal 4"]


def test_a_text_of_nothing_but_article_headings_is_given_up_soon() -> None:
    assert sections(document("Pasal 12 adalah\nPasal 13 adalah\n" * 60_000))
