"""An admin takes in a rule whose annexes are organisation charts, drawn and scanned: the articles answer, and
a chart is one labelled section at most among what is found."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

import ingest
from knowledge.charts import charts
from knowledge.parse import ParsedDocument, parse
from knowledge.retrieve import Library
from knowledge.sandbox import Sandbox
from knowledge.settings import LibraryConfig
from knowledge.sources import Source
from knowledge.structure import sections
from tests.knowledge.test_ocr import needs_tesseract
from tests.test_ingest import Admin, admin

__all__ = ["admin"]

OFFICES = ("Perpustakaan", "Pemadam Kebakaran", "Perikanan", "Tenaga Kerja", "Pertanian", "Perhubungan")
NUMERALS = ("I", "II", "III", "IV", "V", "VI", "VII")
TITLE = ("PERATURAN BUPATI WANASARI", "NOMOR 31 TAHUN 2022", "TENTANG", "TATA KERJA DINAS DAERAH")
WIDTH, HEIGHT = landscape(A4)


def article(number: int, office: str) -> list[str]:
    return [
        f"Pasal {number}",
        f"(1) Dinas {office} dipimpin oleh seorang kepala yang bertanggung jawab kepada bupati.",
        f"(2) Sekretariat Dinas {office} mengirim laporan kinerja setiap tanggal {number + 4}.",
        f"(3) Seksi Sarana Dinas {office} memeriksa gudang {number + 1} kali dalam setahun.",
    ]


def boxes(office: str) -> list[tuple[float, float, str]]:
    """Left, bottom and words of each box."""
    below = ("SUBBAGIAN UMUM", "SUBBAGIAN KEUANGAN", f"BIDANG {office.upper()}", "BIDANG PENGENDALIAN")
    last = ("SEKSI SARANA", "SEKSI PENDATAAN", "SEKSI PENGAWASAN", "SEKSI KERJA SAMA", f"UPTD WILAYAH {office.upper()}")
    return [
        (360, 400, "KEPALA DINAS"),
        (600, 340, "SEKRETARIAT"),
        (90, 340, "JABATAN FUNGSIONAL"),
        *((60 + 180 * i, 260, words) for i, words in enumerate(below)),
        *((60 + 150 * i, 160, words) for i, words in enumerate(last)),
    ]


def drawn(canvas: Canvas, office: str, number: str) -> None:
    """A page with a chart: boxes with words, one of them turned, and lines."""
    canvas.setPageSize((WIDTH, HEIGHT))
    for n, line in enumerate((f"LAMPIRAN {number}", *TITLE[:2], f"BAGAN SUSUNAN ORGANISASI DINAS {office.upper()}")):
        canvas.drawString(480, HEIGHT - 40 - 14 * n, line)
    canvas.setFont("Helvetica", 8)
    for left, bottom, words in boxes(office):
        canvas.rect(left, bottom, 120, 30)
        canvas.drawCentredString(left + 60, bottom + 12, words)
        canvas.line(left + 60, bottom + 30, left + 60, bottom + 50)
    canvas.saveState()
    canvas.translate(40, 180)
    canvas.rotate(90)
    canvas.drawString(0, 0, "GARIS KOORDINASI")
    canvas.restoreState()
    canvas.showPage()


def scanned(canvas: Canvas, office: str, number: str) -> None:
    """The same as a picture."""
    scale = 3
    picture = Image.new("L", (int(WIDTH * scale), int(HEIGHT * scale)), 255)
    pen = ImageDraw.Draw(picture)
    for n, line in enumerate((f"LAMPIRAN {number}", *TITLE[:2], f"BAGAN SUSUNAN ORGANISASI DINAS {office.upper()}")):
        pen.text((1300, 80 + 45 * n), line, fill=0, font_size=30)
    for left, bottom, words in boxes(office):
        top = (HEIGHT - bottom - 30) * scale
        pen.rectangle((left * scale, top, (left + 120) * scale, top + 90), outline=0, width=3)
        pen.text((left * scale + 12, top + 22), words, fill=0, font_size=26)
    canvas.setPageSize((WIDTH, HEIGHT))
    canvas.drawImage(ImageReader(picture), 0, 0, WIDTH, HEIGHT)
    canvas.showPage()


@pytest.fixture
def rule(tmp_path: Path) -> Path:
    """An article for each office, then its chart; the last chart is a scan."""
    folder = tmp_path / "peraturan"
    folder.mkdir()
    canvas = Canvas(str(folder / "perbup-31-2022.pdf"), pagesize=A4)
    lines = [*TITLE, "DENGAN RAHMAT TUHAN YANG MAHA ESA"]
    for number, office in enumerate(OFFICES, 1):
        lines += article(number, office)
    for start in range(0, len(lines), 40):
        for n, line in enumerate(lines[start : start + 40]):
            canvas.drawString(60, 780 - 16 * n, line)
        canvas.showPage()
    for office, numeral in zip(OFFICES[:-1], NUMERALS, strict=False):
        drawn(canvas, office, numeral)
    scanned(canvas, OFFICES[-1], NUMERALS[len(OFFICES) - 1])
    canvas.save()
    return folder


def read(folder: Path) -> ParsedDocument:
    return parse(Source(folder / "perbup-31-2022.pdf", folder, "0"))


def test_each_chart_is_one_section_named_after_its_annex(rule: Path) -> None:
    document = read(rule)
    found = [section for section in sections(document) if section.is_chart]
    assert [section.locator for section in found] == [f"Bagan Lampiran {number}" for number in NUMERALS[:5]]
    for section, office in zip(found, OFFICES, strict=False):
        text = document.text[section.start : section.end]
        assert f"BIDANG {office.upper()}" in text
        assert f"WILAYAH {office.upper()}" in text
    articles = [section for section in sections(document) if section.articles]
    assert [section.locator for section in articles] == [f"Pasal {n}" for n in range(1, 7)]
    assert not any("KEPALA DINAS" in document.text[section.start : section.end] for section in articles)


def test_the_title_stays_that_every_annex_repeats(rule: Path) -> None:
    assert read(rule).text.startswith("\n".join(TITLE))


@needs_tesseract
def test_a_scanned_chart_is_one_section_too(rule: Path) -> None:
    with Sandbox() as sandbox:
        document = sandbox.read(Source(rule / "perbup-31-2022.pdf", rule, "0"))
    assert document.scanned == (7,)
    assert [section.locator for section in sections(document) if section.is_chart][-1] == "Bagan Lampiran VI"


def asked() -> Iterator[tuple[str, str]]:
    """A question in words that all charts hold, and the article that answers it."""
    for number, office in enumerate(OFFICES, 1):
        yield f"Pada tanggal berapa Sekretariat Dinas {office} mengirim laporan kinerja?", f"Pasal {number}"
        yield f"Seksi Sarana Dinas {office} memeriksa gudang berapa kali?", f"Pasal {number}"
        yield f"kepala dinas {office.lower()}", f"Pasal {number}"


def test_articles_answer_and_a_chart_takes_one_place_of_five_at_most(rule: Path, admin: Admin) -> None:
    admin.run("--only", rule)
    assert admin.code in {ingest.SWITCHED, ingest.PARTLY}
    library = Library(LibraryConfig.load(data_dir=admin.data), admin.embeddings)
    for question, locator in asked():
        passages = library.search(question).passages
        assert passages[0].chunk.locator == locator, question
        assert sum(passage.chunk.locator.startswith("Bagan") for passage in passages) <= 1, question
    shown = library.search("bagan susunan organisasi dinas perikanan").passages
    assert "Bagan Lampiran III, hlm. 4" in [passage.chunk.locator for passage in shown]


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(f"{n}. Kepala Dinas {office}" for n, office in enumerate(OFFICES * 2, 1)),
        "\n".join(f"Kepala Dinas {office};" for office in OFFICES * 2),
        "\n".join(f"Seksi {office} adalah unsur pelaksana di kecamatan" for office in OFFICES * 2),
        "\n".join(f"| Kepala Dinas {office} | Ketua |" for office in OFFICES * 2),
        "\n".join(f"Dinas {office} 2024 Rp{n}50.000.000" for n, office in enumerate(OFFICES * 2, 1)),
        "\n".join(("Apel", "Jeruk", "Mangga", "Pisang", "Rambutan", "Salak", "Durian", "Nanas", "Pepaya", "Jambu")),
        "\n".join(f"Pasal {n}\nKetentuan diatur oleh bupati." for n in range(1, 15)),
    ],
    ids=["daftar bernomor", "daftar dengan titik koma", "kalimat", "tabel", "angka", "nama buah", "pasal pendek"],
)
def test_lists_tables_and_short_articles_are_no_charts(text: str) -> None:
    assert charts(text, 0, len(text)) == []


def test_a_chart_between_paragraphs_leaves_them_as_they_are() -> None:
    before = "Susunan perangkat daerah disederhanakan pada tahun 2021 supaya keputusan lebih cepat diambil.\n" * 5
    chart = "Struktur Organisasi\n" + "\n".join(words.title() for _, _, words in boxes("Pangan")) + "\n"
    after = "Perubahan itu memangkas dua jenjang dan menghemat anggaran sebesar sepuluh persen setiap tahun.\n" * 5
    text = before + chart + after
    [(start, end)] = charts(text, 0, len(text))
    assert text[start:end].strip() == chart.strip()
