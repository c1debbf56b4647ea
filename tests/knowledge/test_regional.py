"""The region in a rule's code: how it is written, whose rule a bare name is, which known rules it may mean."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from knowledge.legal_graph import Claim, build_graph, claim_of_admin, claim_of_head, claim_of_text
from knowledge.legal_status import identify, references, shown
from knowledge.legal_text import Reading
from knowledge.regional import in_full, in_region, region_of, resolve, same_number, without_region
from knowledge.regions import regions
from knowledge.sources import split_front_matter

BOGOR, CIREBON = "perwali-kota-bogor-7-2023", "perwali-kota-cirebon-7-2023"


@pytest.mark.parametrize(
    ("written", "code", "name"),
    [
        ("PERATURAN WALI KOTA BOGOR\nNOMOR 7 TAHUN 2023", BOGOR, "Perwali Kota Bogor 7/2023"),
        ("Peraturan Walikota Bogor Provinsi Jawa Barat Nomor 7 Tahun 2023", BOGOR, "Perwali Kota Bogor 7/2023"),
        ("perwal bogor no 7/2023", BOGOR, "Perwali Kota Bogor 7/2023"),
        ("perwali di Kota Bogor nomor 7 tahun 2023", BOGOR, "Perwali Kota Bogor 7/2023"),
        ("perwali kami no. 7/2023", "perwali-7-2023", "Perwali 7/2023"),
        ("perda tentang retribusi no 3/2020", "perda-3-2020", "Perda 3/2020"),
        ("perwal tangsel 7/2023", "perwali-kota-tangerang-selatan-7-2023", "Perwali Kota Tangerang Selatan 7/2023"),
        ("Perwali Pare-Pare 3/2020", "perwali-kota-pare-pare-3-2020", "Perwali Kota Pare Pare 3/2020"),
        ("Peraturan Wali Kota Parepare Nomor 3 Tahun 2020", "perwali-kota-pare-pare-3-2020", "Perwali Kota Pare Pare 3/2020"),
        ("Peraturan Bupati Kebumen Nomor 12 Tahun 2020", "perbup-kabupaten-kebumen-12-2020", "Perbup Kebumen 12/2020"),
        ("perbup kab. kebumen no 12 th 2020", "perbup-kabupaten-kebumen-12-2020", "Perbup Kebumen 12/2020"),
        ("Perbup Kota Baru 3/2020", "perbup-kabupaten-kotabaru-3-2020", "Perbup Kotabaru 3/2020"),
        ("Perda Provinsi Jawa Barat 5/2019", "perda-provinsi-jawa-barat-5-2019", "Perda Provinsi Jawa Barat 5/2019"),
        ("perda jabar 5/2019", "perda-provinsi-jawa-barat-5-2019", "Perda Provinsi Jawa Barat 5/2019"),
        ("Perda Kabupaten Bandung 3/2021", "perda-kabupaten-bandung-3-2021", "Perda Kabupaten Bandung 3/2021"),
        ("Perda Bandung 3/2021", "perda-bandung-3-2021", "Perda Bandung 3/2021"),
        ("Pergub DKI Jakarta Nomor 12 Tahun 2020", "pergub-provinsi-dki-jakarta-12-2020", "Pergub DKI Jakarta 12/2020"),
        ("Peraturan Gubernur Daerah Khusus Ibukota Jakarta Nomor 12 Tahun 2020", "pergub-provinsi-dki-jakarta-12-2020", "Pergub DKI Jakarta 12/2020"),
        ("Peraturan Daerah Khusus Ibukota Jakarta Nomor 5 Tahun 2020", "perda-provinsi-dki-jakarta-5-2020", "Perda Provinsi DKI Jakarta 5/2020"),
        ("Peraturan Daerah Daerah Istimewa Yogyakarta Nomor 1 Tahun 2020", "perda-provinsi-di-yogyakarta-1-2020", "Perda Provinsi DI Yogyakarta 1/2020"),
        ("Perdais DIY 1/2013", "perdais-provinsi-di-yogyakarta-1-2013", "Perdais DI Yogyakarta 1/2013"),
        ("Perda Kota Yogyakarta 1/2020", "perda-kota-yogyakarta-1-2020", "Perda Kota Yogyakarta 1/2020"),
        ("Qanun Aceh Nomor 11 Tahun 2018", "qanun-provinsi-aceh-11-2018", "Qanun Aceh 11/2018"),
        ("Qanun Kota Banda Aceh Nomor 2 Tahun 2020", "qanun-kota-banda-aceh-2-2020", "Qanun Kota Banda Aceh 2/2020"),
        ("Perdasi Papua 5/2020", "perda-provinsi-papua-5-2020", "Perda Provinsi Papua 5/2020"),
        ("Peraturan Daerah Khusus Provinsi Papua Nomor 1 Tahun 2019", "perdasus-provinsi-papua-1-2019", "Perdasus Papua 1/2019"),
        ("Peraturan Daerah Kabupaten Pangkajene dan Kepulauan Nomor 3 Tahun 2018", "perda-kabupaten-pangkajene-dan-kepulauan-3-2018", "Perda Kabupaten Pangkajene Dan Kepulauan 3/2018"),
        ("Keputusan Wali Kota Bogor Nomor 188.45/123 Tahun 2023", "kepwali-kota-bogor-188.45.123-2023", "Kepwali Kota Bogor 188.45.123/2023"),
        ("Keputusan Bupati Kebumen Nomor 050/Kep.12-Diskominfo/2023", "kepbup-kabupaten-kebumen-050.kep.12.diskominfo-2023", "Kepbup Kebumen 050.KEP.12.DISKOMINFO/2023"),
        ("Instruksi Bupati Banyuwangi Nomor 3 Tahun 2023", "inbup-kabupaten-banyuwangi-3-2023", "Inbup Banyuwangi 3/2023"),
        ("instruksi walikota semarang no. 2 th 2022", "inwali-kota-semarang-2-2022", "Inwali Kota Semarang 2/2022"),
        ("Instruksi Gubernur Jawa Barat Nomor 100/KS.01/2023", "ingub-provinsi-jawa-barat-100.ks.01-2023", "Ingub Jawa Barat 100.KS.01/2023"),
        ("Surat Edaran Wali Kota Bogor Nomor 5 Tahun 2024", "sewali-kota-bogor-5-2024", "SE Wali Kota Bogor 5/2024"),
        ("SE Bupati Kebumen Nomor 800/123-BKPSDM Tahun 2023", "sebup-kabupaten-kebumen-800.123.bkpsdm-2023", "SE Bupati Kebumen 800.123.BKPSDM/2023"),
        ("surat edaran gubernur DKI Jakarta nomor 3 tahun 2021", "segub-provinsi-dki-jakarta-3-2021", "SE Gubernur DKI Jakarta 3/2021"),
        ("Surat Edaran Bupati Nomor 3 Tahun 2021", "sebup-3-2021", "SE Bupati 3/2021"),
        ("Peraturan Wali Kota Sukamakmur Nomor 7 Tahun 2023", "perwali-kota-sukamakmur-7-2023", "Perwali Kota Sukamakmur 7/2023"),
    ],
)  # fmt: skip
def test_a_rule_is_known_by_its_region_and_shown_with_it(written: str, code: str, name: str) -> None:
    assert [reference.code for reference in references(f"Apa isi {written} untuk daerah?")] == [code]
    assert shown(code) == name
    assert [reference.code for reference in references(name)] == [code]


def test_every_region_of_indonesia_is_read_from_the_name_that_is_shown() -> None:
    kinds = {
        "Kota": ("perwali", "perda", "inwali", "sewali"),
        "Kabupaten": ("perbup", "perda", "inbup", "sebup"),
        "Provinsi": ("pergub", "perda", "ingub", "segub"),
    }
    for region in regions():
        for kind in kinds[region.kind]:
            code = in_region(f"{kind}-3-2020", "-".join(region.name.partition(" (")[0].lower().split()))
            assert [one.code for one in references(shown(code))] == [code], region.name


@pytest.mark.parametrize(
    ("text", "file", "code"),
    [
        ("PERATURAN WALI KOTA BOGOR\nNOMOR 7 TAHUN 2023\nTENTANG\nDEWAN\nDENGAN RAHMAT", "perwali-7-2023.txt", BOGOR),
        ("PERATURAN WALI KOTA BOGOR\nNOMOR 7 TAHUN 2023\nTENTANG\nDEWAN\nDENGAN RAHMAT", "perwali-smart-city-7-2023.txt", BOGOR),
        ("PERATURAN WAL1 K0TA", "perwali-bogor-7-2023.pdf", BOGOR),
        ("PERATURAN WAL1 K0TA", "Perwali Kota Bogor 7 2023.pdf", BOGOR),
        ("WALI KOTA BOGOR\nPROVINSI JAWA BARAT\n\nPERATURAN DAERAH\nNOMOR 2 TAHUN 2019\nTENTANG\nPASAR\nDENGAN RAHMAT", "x.pdf", "perda-kota-bogor-2-2019"),
        ("KEPUTUSAN BUPATI KEBUMEN\nNOMOR 050/Kep.12-Diskominfo/2023\nTENTANG\nTIM\nMenimbang", "x.pdf", "kepbup-kabupaten-kebumen-050.kep.12.diskominfo-2023"),
        ("INSTRUKSI BUPATI\nNOMOR 3 TAHUN 2023\nTENTANG\nSMART KAMPUNG\n\nBUPATI BANYUWANGI,\n", "x.pdf", "inbup-kabupaten-banyuwangi-3-2023"),
        ("# Surat Edaran Wali Kota Bogor Nomor 5 Tahun 2024 tentang Tanda Tangan\n", "naskah.md", "sewali-kota-bogor-5-2024"),
        ("Isi", "inbup-banyuwangi-3-2023.pdf", "inbup-kabupaten-banyuwangi-3-2023"),
        ("# Peraturan Wali Kota Bogor Nomor 7 Tahun 2023\n\ntentang Dewan Kota Cerdas\n\n## Pasal 1\n", "naskah.md", BOGOR),
        ("# Peraturan Pemerintah Nomor 59 Tahun 2022 dalam praktik\n\nPanduan.", "panduan.md", None),
        ("Perwali", "lampiran-pp-59-2022.md", None),
    ],
)  # fmt: skip
def test_the_region_comes_from_heading_issuer_or_file_name(text: str, file: str, code: str | None) -> None:
    assert identify(text, file)[0] == code


@pytest.mark.parametrize(
    ("code", "home", "meant"),
    [
        ("perda-2-2019", "kota-bogor", "perda-kota-bogor-2-2019"),
        ("perwali-kota-cirebon-7-2023", "kota-bogor", CIREBON),
        ("pergub-5-2010", "kota-bogor", "pergub-provinsi-jawa-barat-5-2010"),
        ("perbup-5-2010", "kota-bogor", "perbup-5-2010"),
        ("pp-59-2022", "kota-bogor", "pp-59-2022"),
        ("perwali-bogor-7-2023", "", BOGOR),
        ("spbe-ke-pemdi", "kota-bogor", "spbe-ke-pemdi"),
    ],
)
def test_a_bare_name_is_one_of_the_region_that_speaks(code: str, home: str, meant: str) -> None:
    assert in_region(code, home) == meant
    assert without_region(meant) in {code, "perwali-7-2023"}


def test_a_code_means_those_that_are_known() -> None:
    known = same_number(
        [BOGOR, CIREBON, "perda-kota-bandung-3-2021", "perda-kabupaten-bandung-3-2021", "perwali-9-2025"]
    )
    assert resolve("perwali-7-2023", known) == (BOGOR, CIREBON)
    assert resolve(BOGOR, known) == (BOGOR,)
    assert resolve("perwali-kota-tegal-7-2023", known) == ()
    assert len(resolve("perda-bandung-3-2021", known)) == 2
    # Earlier libraries, and texts that name no region.
    assert resolve("perwali-kota-bogor-9-2025", known) == ("perwali-9-2025",)
    assert in_full("perwali-9-2025", same_number(["perwali-kota-bogor-9-2025"])) == "perwali-kota-bogor-9-2025"
    assert in_full("perwali-7-2023", known) == "perwali-7-2023"
    assert region_of("perda-bandung-3-2021") == "bandung"


def claim(code: str, **said: tuple[str, ...]) -> Claim:
    return claim_of_text(code, f"{code}.pdf", code, Reading(**said), is_draft=False)  # type: ignore[arg-type]


def test_what_was_decided_before_codes_had_regions_still_counts_where_it_is_plain() -> None:
    """An admin marked Perwali 3/2018 as repealed and rejected a relation, with the codes of earlier versions."""
    claims = [
        claim_of_admin("perwali-3-2018", "perwali-8-2024"),
        claim("perwali-kota-bogor-3-2018"),
        claim("perwali-kota-bogor-9-2025", repeals=("perwali-7-2023",)),
        claim(BOGOR),
        claim(CIREBON),
    ]
    graph = build_graph(claims, rejected=["perwali-9-2025 mencabut perwali-7-2023"], today=date(2026, 11, 26))
    assert graph.by_code["perwali-kota-bogor-3-2018"].repealed_by == ("perwali-kota-bogor-8-2024",)
    assert (graph.by_code[BOGOR].status, graph.by_code[CIREBON].status) == ("berlaku", "berlaku")
    assert graph.problems == ()


def test_an_earlier_mark_on_a_number_of_several_regions_is_reported_and_repeals_none() -> None:
    claims = [claim_of_admin("perwali-7-2023", None), claim(BOGOR), claim(CIREBON)]
    graph = build_graph(claims, today=date(2026, 11, 26))
    assert {graph.by_code[code].status for code in (BOGOR, CIREBON)} == {"berlaku"}
    (problem,) = graph.problems
    assert "Perwali Kota Bogor 7/2023 atau Perwali Kota Cirebon 7/2023" in problem.reason


def test_an_earlier_confirmation_that_may_mean_two_relations_confirms_neither() -> None:
    claims = [
        claim(BOGOR, repeals=("perwali-3-2018",)),
        claim(CIREBON, repeals=("perwali-3-2018",)),
    ]
    graph = build_graph(claims, confirmed=["perwali-7-2023 mencabut perwali-3-2018"], today=date(2026, 11, 26))
    assert {edge.origin for edge in graph.edges} == {"terbaca"}
    assert {edge.of for edge in graph.edges} == {"perwali-kota-bogor-3-2018", "perwali-kota-cirebon-3-2018"}


@pytest.mark.parametrize(
    "keys",
    [
        {"number": "Peraturan Wali Kota Bogor Nomor 7 Tahun 2023"},
        {"title": "Perwali Kota Bogor 7/2023 tentang Dewan"},
        {"issuer": "Wali Kota Bogor"},
        {"issuer": "Pemerintah Kota Bogor"},
    ],
)
def test_a_summary_names_its_region_in_number_title_or_issuer(
    library_document: Callable[..., str], keys: dict[str, str]
) -> None:
    head, _ = split_front_matter(library_document("perwali-7-2023", "# Isi", repeals="[perwali-3-2018]", **keys))
    assert head is not None
    graph = build_graph([claim_of_head(head, "perwali-7-2023.md"), claim(CIREBON)], today=date(2026, 11, 26))
    assert graph.by_code["perwali-kota-bogor-3-2018"].repealed_by == (BOGOR,)
    assert graph.problems == ()
