"""Which misreadings of OCR are mended for search, and which words are left alone."""

from __future__ import annotations

import pytest

from knowledge.ocr_errors import corrected
from knowledge.settings import SHIPPED_DOCUMENTS


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("Tahun 2O2O", "Tahun 2020"),
        ("Tahun 2Ol4 dan 2OL9", "Tahun 2014 dan 2019"),
        ("UUD l945", "UUD 1945"),
        ("Nomor l2l", "Nomor 121"),
        ("Nomor lO4,", "Nomor 104,"),
        ("TEI{'IANG", "TENTANG"),
        ("PEI{YELENGGARAAN", "PENYELENGGARAAN"),
        ("men5rusun pen5rusunan", "menyusun penyusunan"),
        ("keq'a ke{a keg'a", "kerja kerja kerja"),
        ("pe{anjian", "perjanjian"),
        ("bah'uva", "bahwa"),
        ("je1as da1am 1n1", "jelas dalam ini"),
        ("peng1r1man", "pengiriman"),
        ("^dimaksud", "dimaksud"),
        ("Kepa1a", "Kepala"),
    ],
)
def test_mends_what_leaves_no_doubt(read: str, meant: str) -> None:
    assert corrected(read) == meant


@pytest.mark.parametrize(
    "text",
    [
        "Pasal 28I dan Pasal 18A UUD 1945",
        "RP2P dan SP2D serta PBB-P2 dan H1N1",
        "Rp3.000.000.000,00 (tiga miliar rupiah)",
        "ISO 27001:2022, IPv4, 5G, 4K, LoRa, HTML5, Web3",
        "Jum'at, Qur'an, do'a, SPBE!",
        "https://jdih.go.id/berkas/l0l",
        "perangkat daerah: (a) dinas; [1] catatan]",
        "Covid19 dan B2B, G20, T1 dan L2",
        "tahun 2030 dan 2045",
    ],
)
def test_leaves_what_is_meant_as_it_stands(text: str) -> None:
    assert corrected(text) == text


def test_changes_nothing_in_the_shipped_documents() -> None:
    for file in SHIPPED_DOCUMENTS.glob("*.md"):
        text = file.read_text(encoding="utf-8")
        assert corrected(text) == text, file.name
