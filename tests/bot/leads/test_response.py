"""The letter as it opens in Word: its parts, hostile values, the office's own and broken templates."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import docx
import pytest

from bot.conversation.draft import Citation
from bot.conversation.profile import Profile
from bot.leads.response import DEFAULT_TEMPLATE, ResponseError, ResponseFields, read_template, response_document

RULE = Citation(
    n=1,
    source="pp-59-2022.md",
    title="PP 59/2022 tentang Perkotaan",
    locator="Pasal 61",
    quote="Pendekatan kota cerdas meliputi:\n- tata kelola cerdas",
    status="berlaku",
    document="/pustaka/pp-59-2022.md",
    group="pp-59-2022#61",
)
SECOND = replace(RULE, n=2, locator="Pasal 22", quote="RP2P memuat rencana sistem layanan.")
GUIDE = replace(RULE, n=3, title="Langkah masterplan", locator="Tahap II", quote="Susun bersama.", document="/p/m.md")
# What no letter can do without.
NEEDED_PLACES = ("{{ nomor }}", "{{ jawaban[0].teks }}", "{{ sumber[0].judul }}", "{{ penafian }}")
UNUSED = replace(GUIDE, n=4, title="Panduan lain", document="/p/n.md")
FIELDS = ResponseFields(
    number="KC-2611-0042",
    day=date(2026, 11, 25),
    recipient=Profile("Siti Rahmawati, S.Kom.", "Kepala Bidang Aptika", "Diskominfo", "33.05"),
    subject="masterplan",
    question="Apa dasar hukum masterplan?\nSiapa penyusunnya?",
    text="Dasarnya PP 59/2022 [1] [2].\nLangkahnya:\n- bentuk tim\n- susun naskah [3]\nKami siap membantu.",
    citations=(GUIDE, RULE, SECOND, UNUSED),
    consultant="Rina Wulandari",
    steps=("Bentuk tim.", "Bawa ke musrenbang."),
    warnings=("PermenPANRB 59/2020 sudah dicabut.",),
)


def opened(fields: ResponseFields = FIELDS, template: Path | None = None) -> Any:  # noqa: ANN401
    return docx.Document(io.BytesIO(response_document(fields, read_template(template) if template else None)))


def of_style(word: Any, style: str) -> list[str]:  # noqa: ANN401
    return [paragraph.text for paragraph in word.paragraphs if paragraph.style.name == style]


def everything(word: Any) -> str:  # noqa: ANN401
    cells = [cell.text for table in word.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in word.paragraphs), *cells])


def template(folder: Path, *paragraphs: str) -> Path:
    word = docx.Document()
    for text in paragraphs:
        word.add_paragraph(text)
    file = folder / "surat-kantor.docx"
    word.save(str(file))
    return file


def test_the_head_of_the_letter_names_number_date_subject_and_addressee() -> None:
    word = opened()
    head = [[cell.text for cell in row.cells] for row in word.tables[0].rows]
    assert head == [
        ["Nomor", ":", "KC-2611-0042", "25 November 2026"],
        ["Sifat", ":", "Biasa", ""],
        ["Lampiran", ":", "Sumber dan kutipan", ""],
        ["Hal", ":", "Tanggapan Konsultasi Awal: masterplan", ""],
    ]
    lines = [paragraph.text for paragraph in word.paragraphs]
    start = lines.index("Yth.")
    assert lines[start : start + 5] == [
        "Yth.", "Siti Rahmawati, S.Kom.", "Kepala Bidang Aptika", "Diskominfo", "di Kebumen",
    ]  # fmt: skip
    assert word.sections[0].first_page_header.paragraphs[0].text == "KOTACERDAS"


def test_the_parts_stand_in_the_order_of_an_office_letter() -> None:
    word = opened()
    assert of_style(word, "Heading 1") == [
        "A.  Pertanyaan",
        "B.  Tanggapan",
        "C.  Dasar hukum",
        "D.  Langkah yang disarankan",
        "Lampiran: sumber dan kutipan",
    ]
    assert of_style(word, "Pertanyaan") == ["Apa dasar hukum masterplan?", "Siapa penyusunnya?"]
    assert of_style(word, "List Number") == ["Bentuk tim.", "Bawa ke musrenbang."]
    assert of_style(word, "Perhatian") == ["Perhatian: PermenPANRB 59/2020 sudah dicabut."]
    assert "Rina Wulandari" in [paragraph.text for paragraph in word.paragraphs]
    assert "bukan pendapat hukum yang mengikat" in of_style(word, "Penafian")[0]


def test_the_answer_keeps_its_points_and_marks() -> None:
    word = opened()
    assert of_style(word, "Isi Surat")[2:5] == ["Dasarnya PP 59/2022 [1] [2].", "Langkahnya:", "Kami siap membantu."]
    assert of_style(word, "List Bullet")[:2] == ["bentuk tim", "susun naskah [3]"]


def test_the_legal_basis_names_each_regulation_once_with_its_articles() -> None:
    assert of_style(opened(), "List Bullet")[2:] == [
        "PP 59/2022 tentang Perkotaan, Pasal 61; Pasal 22 (status: berlaku) [1][2]"
    ]


def test_the_sources_that_the_text_uses_stand_with_their_quotes() -> None:
    rows = [[cell.text for cell in row.cells] for row in opened().tables[1].rows]
    assert rows == [
        ["No.", "Dokumen, bagian, dan kutipan", "Status"],
        [
            "[1]",
            "PP 59/2022 tentang Perkotaan, Pasal 61\n“Pendekatan kota cerdas meliputi:\n- tata kelola cerdas”",
            "berlaku",
        ],
        ["[2]", "PP 59/2022 tentang Perkotaan, Pasal 22\n“RP2P memuat rencana sistem layanan.”", "berlaku"],
        ["[3]", "Langkah masterplan, Tahap II\n“Susun bersama.”", "berlaku"],
    ]


def test_what_is_missing_leaves_no_empty_heading() -> None:
    bare = replace(FIELDS, recipient=Profile(), text="Silakan menghubungi kami.", steps=(), warnings=(), subject="")
    word = opened(bare)
    assert of_style(word, "Heading 1") == ["A.  Pertanyaan", "B.  Tanggapan"]
    assert len(word.tables) == 1
    assert word.tables[0].rows[3].cells[2].text == "Tanggapan Konsultasi Awal"
    assert [word.tables[0].rows[2].cells[2].text, "di tempat" in everything(word)] == ["-", True]
    assert "Bapak/Ibu Pimpinan" in everything(word)


def test_steps_without_a_legal_basis_are_the_third_part() -> None:
    word = opened(replace(FIELDS, citations=(GUIDE,), text="Susun bersama [3]."))
    assert "C.  Langkah yang disarankan" in of_style(word, "Heading 1")


HOSTILE = "<b>Siti</b> & Co {{ 7 * 7 }} {% raw %} </w:t></w:r> \x00\x0b\ud800\ufffe \"'"


def test_hostile_values_stay_text() -> None:
    citation = replace(RULE, title=f"PP 59/2022 {HOSTILE}", locator=f"Pasal 1 {HOSTILE}", quote=HOSTILE, status=HOSTILE)
    fields = ResponseFields(
        number=HOSTILE,
        day=FIELDS.day,
        recipient=Profile(HOSTILE, HOSTILE, HOSTILE, HOSTILE),
        subject=HOSTILE,
        question=HOSTILE,
        text=f"{HOSTILE} [1]\n- {HOSTILE}",
        citations=(citation,),
        consultant=HOSTILE,
        steps=(HOSTILE,),
        warnings=(HOSTILE,),
    )
    text = everything(opened(fields))
    kept = "<b>Siti</b> & Co {{ 7 * 7 }} {% raw %} </w:t></w:r> \"'"
    assert text.count(kept) >= 12
    assert "49" not in text


def test_every_place_of_the_template_is_filled_in() -> None:
    with zipfile.ZipFile(io.BytesIO(response_document(FIELDS))) as package:
        for name in package.namelist():
            if name.endswith(".xml"):
                content = package.read(name).decode()
                assert "{{" not in content, name
                assert "{%" not in content, name


def test_the_properties_tell_title_author_and_day() -> None:
    properties = opened().core_properties
    assert (properties.title, properties.author) == ("Tanggapan Konsultasi Awal", "Rina Wulandari")
    assert properties.created.date() == FIELDS.day


def test_the_office_can_use_a_template_of_its_own(tmp_path: Path) -> None:
    own = template(
        tmp_path, "Kepada {{ nama }} ({{ instansi }}, {{ daerah }})", "{{ jawaban[0].teks }}", *NEEDED_PLACES
    )
    assert [paragraph.text for paragraph in opened(template=own).paragraphs][:2] == [
        "Kepada Siti Rahmawati, S.Kom. (Diskominfo, Kabupaten Kebumen)",
        "Dasarnya PP 59/2022 [1] [2].",
    ]


@pytest.mark.parametrize(
    ("paragraph", "told"),
    [
        ("{{ nomer }}", "nama isian yang tidak dikenal: 'nomer' is undefined"),
        ("{{ jawaban[0].teksnya }}", "tidak dikenal"),
        ("{% for x in jawaban %}", "salah tulis"),
        ("{{ nomor", "salah tulis"),
        ("{%p for x in jawaban %}{%p endif %}", "salah tulis"),
        ("{{ nomor.__class__.__mro__ }}", "unsafe"),
        ("{{ nomor / 2 }}", "salah tulis: unsupported operand"),
    ],
)
def test_a_broken_template_says_what_to_mend(tmp_path: Path, paragraph: str, told: str) -> None:
    with pytest.raises(ResponseError, match=told) as caught:
        read_template(template(tmp_path, paragraph, *NEEDED_PLACES))
    assert "surat-kantor.docx" in str(caught.value)


@pytest.mark.parametrize("missing", NEEDED_PLACES)
def test_a_template_without_what_a_letter_needs_is_refused_by_the_names(tmp_path: Path, missing: str) -> None:
    places = [place for place in NEEDED_PLACES if place != missing]
    name = missing.strip("{ }").partition("[")[0]
    with pytest.raises(ResponseError, match=rf"surat-kantor.docx tidak memuat isian {{{{ {name} }}}}"):
        read_template(template(tmp_path, *places))


def test_a_template_that_was_read_does_not_change_with_its_file(tmp_path: Path) -> None:
    file = template(tmp_path, "Surat lama", *NEEDED_PLACES)
    read = read_template(file)
    file.write_bytes(b"rusak")
    assert docx.Document(io.BytesIO(response_document(FIELDS, read))).paragraphs[0].text == "Surat lama"


def test_a_template_that_is_no_word_document_or_not_there_is_named(tmp_path: Path) -> None:
    wrong = tmp_path / "surat.docx"
    wrong.write_bytes(b"%PDF-1.7")
    with pytest.raises(ResponseError, match="tidak dapat dibaca sebagai dokumen Word"):
        read_template(wrong)
    with pytest.raises(ResponseError, match="tidak ditemukan"):
        read_template(tmp_path / "tidak-ada.docx")


def test_the_shipped_template_is_a_small_file() -> None:
    assert DEFAULT_TEMPLATE.stat().st_size < 100_000
