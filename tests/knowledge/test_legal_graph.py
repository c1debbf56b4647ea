"""Who repeals, amends and implements whom; what is only read; which claims contradict each other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from knowledge.in_force import Period, on
from knowledge.legal_graph import Claim, LegalGraph, Origin, Relation, build_graph, claim_of_head, claim_of_text
from knowledge.legal_text import Reading
from knowledge.sources import split_front_matter

LibraryDocument = Callable[..., str]
TODAY = date(2026, 11, 25)


def text(code: str, title: str = "", *, is_draft: bool = False, **said: tuple[str, ...] | date) -> Claim:
    return claim_of_text(code, f"{code}.pdf", title or code, Reading(**said), is_draft=is_draft)  # type: ignore[arg-type]


@pytest.fixture
def head(library_document: LibraryDocument) -> Callable[..., Claim]:
    def write(identifier: str, **changes: str) -> Claim:
        front, _ = split_front_matter(library_document(identifier, "# Judul\n\nIsi.\n", **changes))
        assert front is not None
        return claim_of_head(front, f"{identifier}.md")

    return write


Head = Callable[..., Claim]


def graph(*claims: Claim, confirmed: tuple[str, ...] = (), rejected: tuple[str, ...] = ()) -> LegalGraph:
    return build_graph(claims, confirmed, rejected, TODAY)


def reasons(made: LegalGraph) -> list[str]:
    return [problem.reason for problem in made.problems]


def test_the_front_matter_says_what_has_become_of_a_regulation(head: Head) -> None:
    made = graph(head("pp-59-2022", repeals="[pp-34-2009]", in_force_from="2022-12-26", implements="[uu-23-2014]"))
    old = made.by_code["pp-34-2009"]
    assert (old.status, old.repealed_by, old.in_force_until, old.is_read) == (
        "dicabut",
        ("pp-59-2022",),
        "2022-12-26",
        False,
    )
    assert [(edge.key, edge.origin) for edge in made.edges] == [
        ("pp-59-2022 mencabut pp-34-2009", Origin.FRONT_MATTER), ("pp-59-2022 melaksanakan uu-23-2014", Origin.FRONT_MATTER),
    ]  # fmt: skip
    assert made.problems == ()


def test_a_document_knows_best_that_it_is_an_archive(head: Head) -> None:
    made = graph(head("pp-59-2022", repeals="[pp-34-2009]"), head("pp-34-2009", status="arsip"))
    assert made.by_code["pp-34-2009"].status == "arsip"


def test_what_is_read_from_a_text_counts_and_is_marked_until_an_admin_confirms_it() -> None:
    claim = text("perwali-7-2023", repeals=("perwali-3-2018",), in_force_from=date(2023, 3, 1))
    read = graph(claim)
    assert (read.by_code["perwali-3-2018"].status, read.by_code["perwali-3-2018"].is_read) == ("dicabut", True)
    confirmed = graph(claim, confirmed=("perwali-7-2023 mencabut perwali-3-2018",))
    assert (confirmed.edges[0].origin, confirmed.by_code["perwali-3-2018"].is_read) == (Origin.CONFIRMED, False)
    rejected = graph(claim, rejected=("perwali-7-2023 mencabut perwali-3-2018",))
    assert rejected.edges == ()
    assert "perwali-3-2018" not in rejected.by_code


def test_front_matter_settles_what_a_text_says_as_well(head: Head) -> None:
    made = graph(text("pp-59-2022", repeals=("pp-34-2009",)), head("pp-59-2022", repeals="[pp-34-2009]"))
    assert [edge.origin for edge in made.edges] == [Origin.FRONT_MATTER]
    assert not made.by_code["pp-34-2009"].is_read


def test_a_partial_repeal_changes_a_law_and_does_not_end_it() -> None:
    old = graph(text("uu-1-2022", repeals_part=("uu-23-2014",))).by_code["uu-23-2014"]
    assert (old.status, old.amended_by, old.repealed_by) == ("diubah", ("uu-1-2022",), ())


def test_a_draft_repeals_nothing_yet(head: Head) -> None:
    made = graph(
        text("perwali-9-2026", is_draft=True, repeals=("perwali-7-2023",)),
        head("rpm-kota-cerdas-2026", status="rancangan", repeals="[permenkominfo-4-2024]", implements="[pp-59-2022]"),
    )
    assert all(edge.is_draft for edge in made.edges)
    assert made.by_code["perwali-9-2026"].status == "rancangan"
    assert "perwali-7-2023" not in made.by_code
    assert "permenkominfo-4-2024" not in made.by_code


@pytest.mark.parametrize(
    ("by", "of", "said"),
    [("perwali-7-2023", "uu-23-2014", "lebih rendah"), ("permendagri-1-2023", "perpres-95-2018", "lebih rendah"),
     ("pp-1-2010", "pp-59-2022", "lebih tua")],
)  # fmt: skip
def test_what_the_law_does_not_allow_was_misread(by: str, of: str, said: str) -> None:
    made = graph(text(by, repeals=(of,)))
    assert made.edges == ()
    assert said in reasons(made)[0]
    assert graph(text(by, repeals=(of,)), rejected=(f"{by} mencabut {of}",)).problems == ()


def test_a_repealed_document_marked_in_force_is_reported_and_counts_as_repealed(head: Head) -> None:
    made = graph(head("perwali-3-2018"), text("perwali-7-2023", repeals=("perwali-3-2018",)))
    assert made.by_code["perwali-3-2018"].status == "dicabut"
    assert reasons(made) == ["ditandai berlaku, padahal dicabut oleh Perwali 7/2023 (terbaca dari naskahnya)"]
    rejected = graph(
        head("perwali-3-2018"), text("perwali-7-2023", repeals=("perwali-3-2018",)),
        rejected=("perwali-7-2023 mencabut perwali-3-2018",),
    )  # fmt: skip
    assert (rejected.by_code["perwali-3-2018"].status, rejected.problems) == ("berlaku", ())


def test_a_repeal_that_is_still_to_come_is_no_contradiction(head: Head) -> None:
    made = graph(head("pp-1-2020"), head("pp-2-2026", repeals="[pp-1-2020]", in_force_from="2027-01-01"))
    assert made.problems == ()
    assert made.status("pp-1-2020", on(TODAY)) == "berlaku"
    assert made.status("pp-2-2026", on(TODAY)) == "belum berlaku"
    assert made.status("pp-1-2020", on(date(2027, 1, 1))) == "dicabut"
    assert made.instead_of("pp-1-2020", on(TODAY)) == ()


def test_a_circle_of_repeals_is_reported_once_and_repeals_nothing(head: Head) -> None:
    made = graph(
        head("pp-1-2020", repeals="[pp-2-2020]"), head("pp-2-2020", repeals="[pp-3-2020]"),
        head("pp-3-2020", repeals="[pp-1-2020]"),
    )  # fmt: skip
    assert reasons(made) == ["pencabutan melingkar: PP 1/2020 mencabut PP 2/2020 mencabut PP 3/2020 mencabut PP 1/2020"]
    assert {standing.status for standing in made.standings} == {"berlaku"}


def test_two_documents_that_claim_one_number_are_reported(head: Head) -> None:
    made = graph(text("perwali-7-2023", "Kota Cerdas"), text("perwali-7-2023", "Retribusi Pasar"))
    assert reasons(made) == ["mengaku Perwali 7/2023, padahal nomor itu juga milik perwali-7-2023.pdf"]
    same_number = graph(head("pp-59-2022", number="PP 59/2022"), head("perkotaan", number="PP 59/2022"))
    assert reasons(same_number) == ["mengaku PP 59/2022, padahal nomor itu juga milik pp-59-2022.md"]


def test_a_copy_and_a_summary_of_a_regulation_do_not_contradict_it(head: Head) -> None:
    made = graph(
        head("pp-59-2022", number="PP 59/2022"), text("pp-59-2022", "Perkotaan"), text("pp-59-2022", "PERKOTAAN"),
        head("panduan", number="null"), head("panduan-2", number="null"),
    )  # fmt: skip
    assert made.problems == ()


def test_the_chain_of_repeals_is_followed_to_what_applied_then(head: Head) -> None:
    made = graph(
        head("permenpanrb-59-2020", repeals="[permenpanrb-5-2018]", in_force_from="2021-01-01", status="dicabut",
             repealed_by="[permenpanrb-8-2026]"),
        head("permenpanrb-8-2026", repeals="[permenpanrb-59-2020]", in_force_from="2026-06-05"),
    )  # fmt: skip
    assert made.instead_of("permenpanrb-5-2018", on(TODAY)) == ("permenpanrb-8-2026",)
    then = Period(date(2022, 1, 1), date(2022, 12, 31), "2022")
    assert made.instead_of("permenpanrb-5-2018", then) == ("permenpanrb-59-2020",)
    assert made.instead_of("permenpanrb-59-2020", then) == ()
    assert made.status("uu-1-1950", then) is None


def test_amendments_come_from_both_sides(head: Head) -> None:
    made = graph(
        head("uu-11-2008", amended_by="[uu-19-2016]", status="diubah"), text("uu-1-2024", amends=("uu-11-2008",))
    )
    assert made.by_code["uu-11-2008"].amended_by == ("uu-19-2016", "uu-1-2024")
    assert [edge.relation for edge in made.edges] == [Relation.AMENDS, Relation.AMENDS]


def test_what_is_no_regulation_repeals_none_whatever_its_front_matter_says(head: Head) -> None:
    made = graph(head("uu-14-2008"), head("panduan-kelurahan", kind="panduan", number="null", repeals="[uu-14-2008]"))
    assert made.by_code["uu-14-2008"].status == "berlaku"
    assert reasons(made) == ["panduan-kelurahan bukan peraturan dan tidak dapat mencabut UU 14/2008; tidak dipakai"]


def test_a_lower_rule_repeals_no_higher_one_whatever_its_front_matter_says(head: Head) -> None:
    made = graph(head("perpres-95-2018"), head("perwali-9-2026", repeals="[perpres-95-2018]"))
    assert made.by_code["perpres-95-2018"].status == "berlaku"
    assert "lebih rendah" in reasons(made)[0]


def test_a_text_with_the_number_of_a_rule_and_another_subject_is_reported(head: Head) -> None:
    written = head("perpres-95-2018", title='"Perpres 95/2018 tentang Sistem Pemerintahan Berbasis Elektronik"')
    own = text("perpres-95-2018", "Perpres 95/2018 tentang Sistem Pemerintahan Berbasis Eleklronik")
    assert reasons(graph(written, own)) == []
    other = text("perpres-95-2018", "Perpres 95/2018 tentang Pembebasan Pajak Burung Kenari")
    assert "mengaku Perpres 95/2018" in reasons(graph(written, other))[0]
