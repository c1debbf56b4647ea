"""The draft as a Word document, reopened: headings, lists, sources, language, and clean text."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import date
from typing import Any

import docx
import pytest

from bot.conversation.document import draft_document
from bot.conversation.draft import Citation, Draft, Kind, Point, without_source
from bot.texts import Language, copy_of
from bot.texts.document import DocumentTexts

ASKED_ON = date(2025, 8, 12)
QUESTION = "Apa tugas Dewan Kota Cerdas?"
RULE = Citation(
    n=1,
    source="perwali-7-2023.md",
    title="Perwali 7/2023 tentang Kota Cerdas",
    locator="Pasal 3",
    quote="Dewan Kota Cerdas mempunyai tugas:\n\n- menyusun rencana induk\n- mengawal belanja",
    status="diubah",
    document="/pustaka/perwali-7-2023.md",
    group="perwali-7-2023.md#3",
)
GUIDE = replace(
    RULE, n=2, title="Panduan Quick Win", locator="Langkah 2", quote="Pilih satu layanan.", status="berlaku"
)
ANSWER = Draft(
    kind="answer",
    language="id",
    lead=Point("Dewan Kota Cerdas mempunyai tugas:", (1,)),
    points=(
        Point("menyusun rencana induk", (1,), is_item=True),
        Point("mengawal belanja", (1,), is_item=True),
        Point("Langkahnya dua:", (2,)),
        Point("pilih satu layanan", (2,), is_item=True),
        Point("Rapatnya empat kali setahun.", (1,)),
    ),
    citations=(RULE, GUIDE),
    warnings=("Perwali 7/2023 sudah beberapa kali diubah; bacalah bersama perubahannya.",),
    next_step="Langkah berikut: periksa naskah resminya di JDIH.",
)


def made(draft: Draft = ANSWER, question: str = QUESTION) -> bytes:
    return draft_document(draft, question, ASKED_ON, copy_of(DocumentTexts, draft.language))


def opened(draft: Draft = ANSWER, question: str = QUESTION) -> Any:  # noqa: ANN401
    return docx.Document(io.BytesIO(made(draft, question)))


def of_style(word: Any, *styles: str) -> list[tuple[str, str]]:  # noqa: ANN401
    return [(p.style.name, p.text) for p in word.paragraphs if p.style.name in styles]


def everything(word: Any) -> str:  # noqa: ANN401
    cells = [cell.text for table in word.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in word.paragraphs), *cells])


def test_says_what_it_is_and_when_it_was_made() -> None:
    word = opened()
    assert of_style(word, "Title", "Subtitle") == [
        ("Title", "Draf tanggapan awal"),
        ("Subtitle", "Disusun pada 12 Agustus 2025"),
    ]


def test_its_parts_are_headings_of_word() -> None:
    assert [text for _, text in of_style(opened(), "Heading 1")] == [
        "Pertanyaan Bapak/Ibu",
        "Tanggapan awal",
        "Sumber",
        "Langkah berikut",
        "Tentang draf ini",
    ]


def test_points_are_lists_of_word_and_keep_their_marks() -> None:
    word = opened()
    assert "Dewan Kota Cerdas mempunyai tugas [1]:" in [paragraph.text for paragraph in word.paragraphs]
    assert of_style(word, "List Bullet", "List Bullet 2") == [
        ("List Bullet", "menyusun rencana induk"),
        ("List Bullet", "mengawal belanja"),
        ("List Bullet", "Langkahnya dua [2]:"),
        ("List Bullet 2", "pilih satu layanan"),
        ("List Bullet", "Rapatnya empat kali setahun. [1]"),
    ]


def test_a_warning_is_set_off_and_shaded() -> None:
    word = opened()
    [(_, text)] = of_style(word, "Warning")
    assert text == "Perhatian: Perwali 7/2023 sudah beberapa kali diubah; bacalah bersama perubahannya."
    assert word.styles["Warning"].element.xpath(".//w:shd/@w:fill") == ["FFF4D6"]


def test_every_source_stands_in_the_table_with_its_quote_in_italics() -> None:
    [table] = opened().tables
    rows = [[cell.text for cell in row.cells] for row in table.rows]
    assert rows == [
        ["No.", "Dokumen, bagian, dan kutipan", "Status"],
        [
            "[1]",
            "Perwali 7/2023 tentang Kota Cerdas, Pasal 3\n“Dewan Kota Cerdas mempunyai tugas:\n• menyusun rencana induk\n• mengawal belanja”",
            "Berlaku, sudah diubah",
        ],
        ["[2]", "Panduan Quick Win, Langkah 2\n“Pilih satu layanan.”", "Berlaku"],
    ]
    assert all(run.italic for paragraph in table.rows[1].cells[1].paragraphs[1:] for run in paragraph.runs)
    assert table.rows[0]._tr.xpath("./w:trPr/w:tblHeader")


def test_names_the_next_step_and_what_the_draft_is_not() -> None:
    text = everything(opened())
    assert "\nPeriksa naskah resminya di JDIH.\n" in text
    assert "bukan pendapat hukum yang mengikat" in text
    assert "konsultan kami" in text


@pytest.mark.parametrize(("language", "locale"), [("id", "id-ID"), ("en", "en-US")])
def test_word_checks_the_spelling_in_the_language_of_the_draft(language: Language, locale: str) -> None:
    word = opened(replace(ANSWER, language=language))
    assert word.styles.element.xpath("//w:docDefaults//w:lang/@w:val") == [locale]
    properties = word.core_properties
    assert (properties.language, properties.title) == (locale, copy_of(DocumentTexts, language).title)
    assert properties.author == "KotaCerdas"
    assert properties.comments == ""


def test_the_page_is_a4_and_the_fonts_are_common() -> None:
    word = opened()
    assert (round(word.sections[0].page_width.cm, 1), round(word.sections[0].page_height.cm, 1)) == (21.0, 29.7)
    for name in ("Normal", "Title", "Heading 1"):
        fonts = word.styles[name].element.rPr.rFonts
        assert word.styles[name].font.name == "Calibri"
        assert not [attribute for attribute in fonts.attrib if attribute.endswith("Theme")]


def test_pages_are_numbered() -> None:
    assert 'w:instr="PAGE"' in opened().sections[0].footer.paragraphs[0]._p.xml


@pytest.mark.parametrize("kind", ["clarify", "handover", "refuse", "smalltalk"])
@pytest.mark.parametrize("language", ["id", "en"])
def test_a_draft_without_sources_is_a_document_too(kind: Kind, language: Language) -> None:
    word = opened(without_source(kind, language, "Pertanyaan ini perlu dijawab konsultan kami.", QUESTION))
    assert word.tables == []
    assert "Pertanyaan ini perlu dijawab konsultan kami." in everything(word)
    assert QUESTION in everything(word)


def test_no_sign_of_markdown_is_left() -> None:
    marked = "## Judul\n**tebal** dan *miring* dan `kode`\n> kutip\n| a | b |\n|---|---|\n| [JDIH](https://jdih.go.id) | 2 |\n<!-- tanya: apa? -->"
    word = opened(
        replace(ANSWER, lead=Point(marked, (1,)), citations=(replace(RULE, quote=marked, title="**Perwali** 7/2023"),)),
        question=marked,
    )
    text = everything(word)
    assert "tebal dan miring dan kode" in text
    assert "JDIH; 2" in text
    assert not [sign for sign in ("**", "`", "##", "> ", "|", "](", "<!--", "tanya:") if sign in text]


def test_what_xml_forbids_is_dropped() -> None:
    dirty = "Dewan\x00 Kota\x0b Cerdas\ud800 \ufffe bertugas\r\nmengawal"
    word = opened(
        replace(
            ANSWER,
            lead=Point(dirty, (1,)),
            warnings=(dirty,),
            next_step=dirty,
            citations=(replace(RULE, quote=dirty, title=dirty, locator=dirty, status="\x00aneh"),),
        ),
        question=dirty,
    )
    assert "Dewan Kota Cerdas" in everything(word)
    assert "aneh" in everything(word)


@pytest.mark.parametrize("question", ["", "   \n ", "a" * 5000])
def test_any_question_can_be_kept(question: str) -> None:
    assert opened(question=question).paragraphs


def test_the_file_is_a_word_document_that_names_no_path_of_the_server() -> None:
    with zipfile.ZipFile(io.BytesIO(made())) as parts:
        assert "word/document.xml" in parts.namelist()
        assert not [name for name in parts.namelist() if b"/pustaka/" in parts.read(name)]
