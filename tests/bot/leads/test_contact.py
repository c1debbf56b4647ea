"""Telephone numbers and e-mail addresses, as officials type and share them."""

from __future__ import annotations

import pytest

from bot.leads.contact import read_contact, shared_contact


@pytest.mark.parametrize(
    ("typed", "contact"),
    [
        ("081234567890", "+6281234567890"),
        ("0812-3456-7890", "+6281234567890"),
        ("+62 812 3456 7890", "+6281234567890"),
        ("62812.3456.7890", "+6281234567890"),
        ("812 3456 7890", "+6281234567890"),
        ("0062 812 3456 7890", "+6281234567890"),
        ("+62 (0)812-3456-7890", "+6281234567890"),
        ("WA 0812-3456-7890 (Bu Siti)", "+6281234567890"),
        ("(0287) 381234", "+62287381234"),
        ("0287 381234 ext. 12", "+62287381234"),
        ("021-3456789", "+62213456789"),
        ("kominfo@kebumenkab.go.id", "kominfo@kebumenkab.go.id"),
        ("surel: Siti.R@KebumenKab.go.id.", "Siti.R@kebumenkab.go.id"),
        ("Siti <siti@kebumenkab.go.id>", "siti@kebumenkab.go.id"),
    ],
)
def test_reads_numbers_and_addresses(typed: str, contact: str) -> None:
    assert read_contact(typed) == contact


@pytest.mark.parametrize(
    "typed",
    [
        "", "081", "12345", "081234567890123456", "+1 202 555 0100", "0112345678", "kominfo@", "kominfo@kebumen", "@kominfo",
        "kominfo@@kebumenkab.go.id", "a b@c", "budi@kebumenkab..go.id", "NIK 3305012345678901", "nanti saja", "<script>",
    ],
)  # fmt: skip
def test_takes_nothing_else_for_a_contact(typed: str) -> None:
    assert read_contact(typed) is None


@pytest.mark.parametrize(
    ("phone", "contact"),
    [
        ("6281234567890", "+6281234567890"),
        ("+6281234567890", "+6281234567890"),
        ("12025550100", "+12025550100"),
        ("62", None),
    ],
)
def test_a_shared_contact_may_be_from_abroad(phone: str, contact: str | None) -> None:
    assert shared_contact(phone) == contact
