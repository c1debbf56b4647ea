"""How a table reads once it is lines; Word's own tables in test_parse.py."""

from __future__ import annotations

import pytest

from knowledge.tables import row, spelled_out

BUDGET = """| No. | Kegiatan | Pagu |
| --- | --- | --- |
| 1 | Kamera lalu lintas | Rp2 miliar |
| 2 | Pusat kendali |  |
"""


def test_every_row_carries_its_headings() -> None:
    assert spelled_out("Anggaran:\n\n" + BUDGET + "\nCatatan.\n") == (
        "Anggaran:\n\nNo.: 1; Kegiatan: Kamera lalu lintas; Pagu: Rp2 miliar\nNo.: 2; Kegiatan: Pusat kendali\n\nCatatan.\n"
    )


@pytest.mark.parametrize(
    ("table", "lines"),
    [
        ("| Kamera lalu lintas | Rp2 miliar |\n| --- | --- |\n", "Kamera lalu lintas Rp2 miliar\n"),
        (
            "| Menimbang | : | a. bahwa layanan perlu terpadu; |\n|---|---|---|\n| Mengingat | : | 1. UU 23/2014; |\n",
            "Menimbang : a. bahwa layanan perlu terpadu;\nMengingat : 1. UU 23/2014;\n",
        ),
        (
            "| Camat memimpin kecamatan dan melapor kepada bupati setiap bulan | ya |\n|---|---|\n| Lurah | tidak |\n",
            "Camat memimpin kecamatan dan melapor kepada bupati setiap bulan ya\nLurah tidak\n",
        ),
    ],
    ids=["satu baris", "konsiderans", "kalimat"],
)
def test_a_table_without_headings_is_only_joined(table: str, lines: str) -> None:
    assert spelled_out(table) == lines


@pytest.mark.parametrize("header", ["| Pasal | Penjelasan |\n|---|---|\n", ""])
def test_explanations_in_two_columns_stand_under_their_articles(header: str) -> None:
    table = (
        header + "| Pasal 1 | Cukup jelas. |\n" + ("" if header else "|---|---|\n") + "| Pasal 2 | Termasuk lurah. |\n"
    )
    assert spelled_out(table).endswith("Pasal 1\nCukup jelas.\nPasal 2\nTermasuk lurah.\n")


def test_a_bar_inside_a_cell_is_no_border() -> None:
    assert spelled_out("| Simbol | Arti |\n|---|---|\n| a \\| b | atau |\n") == "Simbol: a | b; Arti: atau\n"


def test_a_cell_without_a_heading_stands_alone() -> None:
    assert row(["", "Tahun"], ["Si Sampah", "2024"]) == "Si Sampah; Tahun: 2024"
