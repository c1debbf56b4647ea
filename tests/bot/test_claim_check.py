"""What a statement says beyond its sources is found, whatever it says around it."""

from __future__ import annotations

import pytest

from bot.conversation.claim_check import faults, unsupported
from bot.conversation.draft import Citation, Draft, Point
from bot.conversation.evidence import Proof

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


PROOF = Proof(
    "Perpres 39/2019 tentang Satu Data Indonesia",
    "Pasal 24",
    "Bupati menetapkan walidata paling lambat 6 (enam) bulan sejak 1 Maret 2021, dan DPRD memberi persetujuan anggarannya. "
    "Walidata wajib memeriksa data. Produsen data dapat meminta bantuan, apabila datanya belum lengkap. "
    "Data pribadi dilarang disebarkan. PP 34/2009 sudah dicabut. Forum dipimpin Bappeda dan bersidang empat kali setahun. "
    "Biayanya Rp9 miliar atau 0,20 persen dari APBD. Rapat hanya dihadiri perangkat daerah.",
)


def kinds(claim: str) -> set[str]:
    return {fault.kind for fault in faults(claim, [PROOF])}


@pytest.mark.parametrize(
    "claim",
    [
        "Walidata wajib memeriksa data.",
        "Menurut Perpres 39/2019 Pasal 24, walidata harus memeriksa data.",
        "Walidata ditetapkan Bupati maksimal enam bulan sejak 1 Maret 2021.",
        "Produsen data boleh meminta bantuan jika datanya belum lengkap.",
        "Menyebarkan data pribadi tidak boleh.",
        "PP 34/2009 tidak berlaku lagi.",
        "Forum bersidang empat kali setahun dan dipimpin Badan Perencanaan Pembangunan Daerah.",
        "Biayanya 0,20 persen dari Anggaran Pendapatan dan Belanja Daerah (APBD).",
    ],
)
def test_what_the_source_says_passes_in_other_words(claim: str) -> None:
    assert faults(claim, [PROOF]) == ()


@pytest.mark.parametrize(
    ("claim", "kind"),
    [
        ("Walidata dapat memeriksa data.", "slot"),
        ("Walidata tidak memeriksa data.", "negation"),
        ("Produsen data wajib meminta bantuan apabila datanya belum lengkap.", "slot"),
        ("Produsen data dapat meminta bantuan.", "condition"),
        ("Produsen data meminta bantuan apabila datanya belum lengkap.", "slot"),
        ("Data pribadi boleh disebarkan.", "slot"),
        ("PP 34/2009 masih berlaku.", "slot"),
        ("PP 43/2009 sudah dicabut.", "fact"),
        ("Bupati menetapkan walidata paling lambat 5 bulan sejak 1 Maret 2021.", "fact"),
        ("Bupati menetapkan walidata paling sedikit 6 bulan sejak 1 Maret 2021.", "slot"),
        ("Bupati menetapkan walidata paling lambat 6 bulan sejak 1 Mei 2021.", "fact"),
        ("Bupati menetapkan walidata paling lambat 6 tahun sejak 1 Maret 2021.", "fact"),
        ("Gubernur menetapkan walidata paling lambat 6 bulan sejak 1 Maret 2021.", "slot"),
        ("DPRD menetapkan walidata paling lambat 6 bulan sejak 1 Maret 2021.", "slot"),
        ("Pasal 42 mengatur walidata wajib memeriksa data.", "fact"),
        ("Forum dipimpin Bappeda Kabupaten Wanasari dan bersidang empat kali setahun.", "name"),
        ("Forum dipimpin Bappeda dan bersidang empat hari setahun.", "fact"),
        ("Biayanya Rp9 juta atau 0,20 persen dari APBD.", "fact"),
        ("Rapat dihadiri perangkat daerah.", "condition"),
        ("Walidata wajib memeriksa data. Pelanggarnya didenda oleh inspektorat.", "unsaid"),
        ("Walidata wajib memeriksa data, dan pelanggarnya dipidana penjara.", "unsaid"),
        ("Walidata wajib memeriksa data, kecuali di daerah kepulauan.", "condition"),
    ],
)
def test_says_what_is_wrong_with_a_statement(claim: str, kind: str) -> None:
    assert kind in kinds(claim)


def test_a_statement_without_a_source_is_none() -> None:
    assert [fault.kind for fault in faults("Walidata wajib memeriksa data.", [])] == ["citation"]


def test_two_sources_prove_together_what_neither_does_alone() -> None:
    other = Proof("Panduan", "Langkah", "Tim menyusun daftar kebutuhan tahunan.")
    claim = "Walidata wajib memeriksa data. Tim menyusun daftar kebutuhan tahunan."
    assert faults(claim, [PROOF, other]) == ()
    assert faults(claim, [PROOF]) != ()


@pytest.mark.parametrize("claim", ["", " ", "!!!", "[1]", "a" * 5000, "tidak " * 500, "1 " * 500, "\x00\ue000"])
def test_odd_statements_do_no_harm(claim: str) -> None:
    assert isinstance(faults(claim, [PROOF]), tuple)
    assert isinstance(faults("Walidata wajib memeriksa data.", [Proof("", "", claim)]), tuple)
