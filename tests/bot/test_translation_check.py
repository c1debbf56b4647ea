"""A translation that changes a number, a duty, a denial, a condition, who acts or what holds is not the same
statement."""

from __future__ import annotations

import json
from collections import Counter
from hashlib import sha256
from pathlib import Path

import pytest

from bot.conversation.translation_check import is_same
from tests.translation_mutations import OPERATORS, mutations

TRANSLATIONS = Path(__file__).parent.parent / "translations.jsonl"


@pytest.mark.parametrize(
    ("indonesian", "english"),
    [
        ("Walidata wajib memeriksa data.", "The data steward must check the data."),
        ("PP 59/2022 Pasal 61 menyebut 6 aspek.", "PP 59/2022 Pasal 61 names 6 aspects."),
        ("Daerah dapat meminjam.", "The region may borrow."),
        ("Data pribadi dilarang disebarkan.", "Personal data must not be spread."),
        ("PP 34/2009 sudah dicabut.", "PP 34/2009 has been repealed."),
        ("Forum itu bukan organ baru.", "The forum is not a new body."),
        ("Perpres itu tidak berlaku lagi.", "That Perpres is no longer in force."),
        ("Daerah tidak wajib membentuk tim.", "Regions are not required to form a team."),
        ("Laporan disampaikan paling lambat 3 bulan setelahnya.", "Reports are due no later than 3 months after that."),
        ("Bupati menetapkannya dengan perbup.", "The regent adopts it by a regent's regulation."),
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
        ("Bupati menetapkan masterplan.", "The governor adopts the master plan."),
        ("Perpres itu masih berlaku.", "That Perpres has been repealed."),
        ("Daerah boleh meminjam bila DPRD setuju.", "The region may borrow."),
        ("Laporan itu paling sedikit 3 halaman.", "That report has at most 3 pages."),
        ("BPS membina data daerah.", "BSSN guides the data of regions."),
        ("Masa uji coba 6 bulan.", "The trial period is 6 days."),
    ],
)
def test_sees_what_does_not(indonesian: str, english: str) -> None:
    assert not is_same(indonesian, english)


# Of each half of the translations, which were written by hand: the words of translation.toml were chosen on one.
HALVES = {"tuned": 0, "held out": 1}


def translations(half: str) -> list[tuple[str, str]]:
    rows = [json.loads(line) for line in TRANSLATIONS.read_text(encoding="utf-8").splitlines()]
    pairs = [(row["indonesian"], row["english"]) for row in rows]
    return [pair for pair in pairs if int(sha256(pair[0].encode()).hexdigest(), 16) % 2 == HALVES[half]]


@pytest.mark.parametrize("half", HALVES)
def test_true_translations_are_kept(half: str) -> None:
    """What is refused stays Indonesian, so a few more may be than of claims."""
    pairs = translations(half)
    assert len(pairs) >= 30
    refused = [pair for pair in pairs if not is_same(*pair)]
    assert len(refused) <= 0.12 * len(pairs), refused


@pytest.mark.parametrize("half", HALVES)
def test_false_translations_are_seen(half: str) -> None:
    """Another organ, another status, a condition left out, a bound turned around; of what is added most."""
    made: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    for indonesian, english in translations(half):
        for operator, false in mutations(english):
            made[operator] += 1
            seen[operator] += not is_same(indonesian, false)
    assert not [(name, seen[name], made[name]) for name in OPERATORS if seen[name] < 0.75 * made[name]]
    others = {name for name in OPERATORS if name != "added"}
    assert sum(made[name] for name in others) >= 80
    assert sum(seen[name] for name in others) >= 0.95 * sum(made[name] for name in others)
