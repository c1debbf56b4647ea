"""A translation that changes a number, a duty or a denial is not the same statement."""

from __future__ import annotations

import pytest

from bot.conversation.translation_check import is_same


@pytest.mark.parametrize(
    ("indonesian", "english"),
    [
        ("Walidata wajib memeriksa data.", "The data steward must check the data."),
        ("PP 59/2022 Pasal 61 menyebut 6 aspek.", "PP 59/2022 Pasal 61 names 6 aspects."),
        ("Daerah dapat meminjam.", "The region may borrow."),
        ("Data pribadi dilarang disebarkan.", "Personal data must not be spread."),
        ("PP 34/2009 sudah dicabut.", "PP 34/2009 has been repealed."),
        ("Forum itu bukan organ baru.", "The forum is not a new body."),
    ],
)
def test_keeps_what_says_the_same(indonesian: str, english: str) -> None:
    assert is_same(indonesian, english)


@pytest.mark.parametrize(
    ("indonesian", "english"),
    [
        ("Walidata wajib memeriksa data.", "The data steward may check the data."),
        ("Walidata wajib memeriksa data.", "The data steward must not check the data."),
        ("Laporan dikirim dalam 6 bulan.", "The report is sent within 5 months."),
        ("PP 59/2022 mengaturnya.", "PP 95/2022 governs it."),
        ("Daerah dapat meminjam.", "The region must borrow."),
        ("Data pribadi dilarang disebarkan.", "Personal data may be spread."),
        ("PP 34/2009 sudah dicabut.", "PP 34/2009 is in force."),
        ("Forum itu bukan organ baru.", "The forum is a new body."),
        ("Laporan dikirim.", ""),
    ],
)
def test_sees_what_does_not(indonesian: str, english: str) -> None:
    assert not is_same(indonesian, english)
