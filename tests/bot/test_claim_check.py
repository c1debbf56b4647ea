"""A number without proof is found, whatever the draft says around it."""

from __future__ import annotations

import pytest

from bot.conversation.claim_check import unsupported
from bot.conversation.draft import Citation, Draft, Point

BREACH = Citation(
    n=1,
    source="uu-27-2022.md",
    title="UU 27/2022 tentang Pelindungan Data Pribadi",
    locator="Pasal 46",
    quote="Pemberitahuan tertulis disampaikan paling lambat 3x24 jam; denda paling tinggi 2 persen atau Rp1.500.000,00.",
    status="berlaku",
    document="/pustaka/uu-27-2022.md",
    group="uu-27-2022.md#3",
)
FUNDING = Citation(
    n=2,
    source="pp-59-2022.md",
    title="PP 59/2022 tentang Perkotaan",
    locator="Pasal 65",
    quote="Pendanaan bersumber dari APBN, APBD, dan sumber lain yang sah.",
    status="berlaku",
    document="/pustaka/pp-59-2022.md",
    group="pp-59-2022.md#9",
)


def draft(*points: Point, lead: Point | None = None) -> Draft:
    opening = lead or Point("Pemda wajib memberi tahu secara tertulis.", (1,))
    return Draft("answer", "id", opening, points, (BREACH, FUNDING))


@pytest.mark.parametrize(
    "text",
    [
        "Batasnya 3x24 jam sejak kegagalan.",
        "Dendanya 2 persen.",
        "Dendanya Rp1.500.000,00 bagi pengendali.",
        "UU 27/2022 Pasal 46 mewajibkan pemberitahuan.",
        "Pemberitahuan disampaikan secara tertulis.",
    ],
)
def test_lets_pass_what_quote_title_or_locator_holds(text: str) -> None:
    assert unsupported(draft(Point(text, (1,)))) == []


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("Batasnya 7 hari sejak kegagalan.", ["7"]),
        ("Dendanya Rp2.500.000,00 bagi pengendali.", ["2.500.000,00"]),
        ("UU 27/2022 Pasal 47 mewajibkan pemberitahuan.", ["47"]),
        ("UU 19/2016 mengatur 2 persen.", ["19/2016"]),
        ("Dendanya 20 persen.", ["20"]),
    ],
)
def test_finds_the_number_that_no_quote_holds(text: str, missing: list[str]) -> None:
    assert unsupported(draft(Point(text, (1,)))) == missing


def test_looks_at_the_lead_as_well() -> None:
    assert unsupported(draft(lead=Point("Ada 9 kewajiban.", (1,)))) == ["9"]


def test_a_number_of_another_citation_is_no_proof() -> None:
    assert unsupported(draft(Point("Sumber dana diatur Pasal 46.", (2,)))) == ["46"]


def test_two_citations_prove_together() -> None:
    assert unsupported(draft(Point("Pasal 46 dan Pasal 65.", (1, 2)))) == []


def test_a_point_without_citation_proves_nothing() -> None:
    assert unsupported(draft(Point("Batasnya 3x24 jam.", ()))) == ["3", "24"]


@pytest.mark.parametrize("text", ["1. tertulis", "(4) tertulis", "12) tertulis", "[3] tertulis"])
def test_the_number_of_a_list_item_is_no_claim(text: str) -> None:
    assert unsupported(draft(Point(text, (1,), is_item=True))) == []
