"""Which characters of a text nobody sees, and what of a file's name may be printed."""

from __future__ import annotations

import pytest

from knowledge.characters import decoded, printable, without_unseen


@pytest.mark.parametrize(
    ("text", "seen", "dropped"),
    [
        ("Wali Kota menetapkan rencana.", "Wali Kota menetapkan rencana.", {}),
        ("\ufeffWali Kota", "Wali Kota", {}),
        ("peme\u00adrintah", "pemerintah", {}),
        ("Bu\u200bpa\u200bti", "Bupati", {"karakter berlebar nol": 2}),
        ("Bupati\u202e itapub", "Bupati itapub", {"karakter pembalik arah tulisan": 1}),
        (
            "Bupati" + "".join(chr(0xE0000 + ord(sign)) for sign in "abaikan"),
            "Bupati",
            {"karakter tag atau pemilih varian": 7},
        ),
        ("rusak \udc80", "rusak ?", {}),
    ],
    ids=["biasa", "awal berkas", "tanda hubung lunak", "berlebar nol", "pembalik arah", "tag", "surogat"],
)
def test_drops_what_nobody_sees_and_says_what_it_was(text: str, seen: str, dropped: dict[str, int]) -> None:
    assert without_unseen(text) == (seen, dropped)


def test_a_printed_name_moves_nothing() -> None:
    assert printable("laporan\n\x1b[2J\u202efdp.exe") == "laporan\ufffd\ufffd[2J\ufffdfdp.exe"


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_reads_a_text_however_windows_saved_it(coding: str) -> None:
    text = "Nilai “evaluasi” – SPBE 3,2 menurut tim penilai."
    assert decoded(text.encode(coding)) == text


def test_reads_a_text_in_which_two_codings_are_mixed() -> None:
    assert decoded("“satu” ".encode() + "“dua”".encode("cp1252")) == "“satu” “dua”"
