"""Leads as CSV and XLSX: what hostile cells become when a spreadsheet opens them."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook

from bot.conversation.profile import Profile
from bot.leads.export import Exported, Table, as_csv, as_xlsx, begins_formula, table
from bot.leads.lead import Lead
from bot.leads.lifecycle import State

JAKARTA = ZoneInfo("Asia/Jakarta")
AT = datetime(2026, 11, 25, 3, 30, 15, 99, tzinfo=UTC)
LEAD = Lead(
    number="KC-2611-0042",
    person=7001,
    chat=7001,
    profile=Profile("Siti Rahmawati", "Kepala Dinas", "Diskominfo", "33.05", "081234567890"),
    need="Masterplan 2027;\nmohon arahan, terima kasih",
    topics=("masterplan",),
    stage="masterplan",
    time_frame="bulan-ini",
    consent_at=AT,
    created_at=AT,
)
EXPORTED = Exported(LEAD, State.DIAMBIL, "Rina", AT, None)
FORMULAS = [
    "=1+1", "+62812", "-2+3", "@SUM(A1)", "\t=1+1", "\r=1+1", "\n=1+1", "  =1+1", "\u00a0=1+1", "＝1+1", "＋1", "－1", "＠x",
    "\ufeff=1+1", "\u200b=1+1", '=HYPERLINK("http://jahat.example","klik")', "=cmd|' /C calc'!A0", "−1", "﹣1",
]  # fmt: skip
NUMBERS = ["081234567890", "33.05", "+62 812-3456-7890", "1E5", "12/11/2026", "0,5", "3305012509900001"]
HARMLESS = ["Kabupaten Kebumen", "RPJMD 2025-2029", "a=b", "surel@contoh.go.id", "#N/A", "TRUE", "'tanda petik"]


def one(*cells: str) -> Table:
    return Table("Uji", tuple(f"k{i}" for i in range(len(cells))), (cells,))


def read_csv(content: bytes, delimiter: str = ";") -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=delimiter))


def sheet(content: bytes) -> Any:  # noqa: ANN401
    return load_workbook(io.BytesIO(content)).active


@pytest.mark.parametrize("text", FORMULAS)
def test_what_begins_a_formula_is_told(text: str) -> None:
    assert begins_formula(text)


@pytest.mark.parametrize("text", [*HARMLESS, "", "   "])
def test_what_begins_none_is_left_alone(text: str) -> None:
    assert not begins_formula(text)


def test_no_cell_of_a_csv_begins_like_a_formula_or_a_number() -> None:
    [_, cells] = read_csv(as_csv(one(*FORMULAS, *NUMBERS)))
    assert all(cell.startswith("'") for cell in cells)
    assert cells[len(FORMULAS)] == "'081234567890"


def test_harmless_cells_stay_as_they_are() -> None:
    assert read_csv(as_csv(one(*HARMLESS)))[1] == HARMLESS


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("start", ["=", "+", "-", "@", "＝"])
def test_a_cell_that_is_cut_by_another_separator_begins_no_formula_either(separator: str, start: str) -> None:
    content = as_csv(one(f"Dinas{separator}{start}1+1", f'x"{separator} "{start}cmd'))
    for delimiter in (",", ";", "\t", "|"):
        for row in read_csv(content, delimiter):
            assert not [
                cell for cell in row if begins_formula(cell.lstrip("\"' ")) and not cell.lstrip('" ').startswith("'")
            ]


def test_excel_knows_the_csv_as_utf8_and_one_line_is_one_lead() -> None:
    content = as_csv(table([EXPORTED, EXPORTED], JAKARTA))
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\r\n") == 3
    head, row, _ = read_csv(content)
    found = dict(zip(head, row, strict=True))
    assert found["Kebutuhan"] == "Masterplan 2027; mohon arahan, terima kasih"
    assert (found["Masuk"], found["Tanggapan pertama"]) == ("2026-11-25 10:30", "")
    assert (found["Kontak"], found["Kode wilayah"]) == ("'081234567890", "'33.05")


def test_a_spreadsheet_holds_text_as_text_and_times_as_dates() -> None:
    found = sheet(as_xlsx(one(*FORMULAS, *NUMBERS, *HARMLESS)))
    for cell in found[2]:
        assert cell.data_type in {"s", "inlineStr", "n"}, cell.value
        assert cell.value is None or isinstance(cell.value, str)
    assert found["A2"].value == "=1+1"
    assert found["A2"].quotePrefix
    opened = sheet(as_xlsx(table([EXPORTED], JAKARTA)))
    row = dict(zip((cell.value for cell in opened[1]), opened[2], strict=True))
    assert row["Masuk"].value == datetime(2026, 11, 25, 10, 30, 15)
    assert row["Masuk"].is_date
    assert (row["Kontak"].value, row["Provinsi"].value) == ("081234567890", "Jawa Tengah")
    assert (row["Status"].value, row["Topik"].value) == ("diambil", "Masterplan dan perencanaan")
    assert opened.freeze_panes == "B2"


def test_no_text_breaks_the_file() -> None:
    hostile = "\x00\x0b\ud800 teks \ufffe" + "panjang " * 10_000
    lead = replace(LEAD, need=hostile, profile=replace(LEAD.profile, name="\x1b[31mSiti"))
    written = table([replace(EXPORTED, lead=lead)], JAKARTA)
    assert len(sheet(as_xlsx(written))["J2"].value) <= 32_767
    assert "teks" in as_csv(written).decode("utf-8-sig")


@pytest.mark.skipif(shutil.which("soffice") is None, reason="no LibreOffice: apt-get install libreoffice-calc-nogui")
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_libreoffice_calculates_nothing(form: str, tmp_path: Path) -> None:
    """Converted to its own format, no cell has a formula, and a telephone number keeps its zero."""
    cells = one(*FORMULAS, *NUMBERS)
    (tmp_path / f"uji.{form}").write_bytes(as_csv(cells) if form == "csv" else as_xlsx(cells))
    options = ["--infilter=CSV:59,34,76,1"] if form == "csv" else []
    command = ["soffice", f"-env:UserInstallation=file://{tmp_path}/profil", "--headless", *options]
    command += ["--convert-to", "fods", "--outdir", str(tmp_path), str(tmp_path / f"uji.{form}")]
    said = subprocess.run(command, check=True, capture_output=True, timeout=120, text=True)
    if "could not be loaded" in said.stderr:
        pytest.skip("LibreOffice without Calc: apt-get install libreoffice-calc-nogui")
    written = (tmp_path / "uji.fods").read_text(encoding="utf-8")
    assert "table:formula" not in written
    assert 'office:value-type="float"' not in written
    assert "081234567890" in written
