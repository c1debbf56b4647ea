"""What is a gap, and the evaluation case that an approved answer gives."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.conversation.draft import Citation, Kind, without_source
from bot.leads.gaps import Case, append_case, proposal, unanswered
from bot.leads.versions import Version
from bot.texts import Language, texts
from knowledge.evaluate import read_cases

RULE = Citation(
    n=1,
    source="pp-59-2022.md",
    title="PP 59/2022 tentang Perkotaan",
    locator="Pasal 61",
    quote="Pendekatan kota cerdas meliputi tata kelola cerdas, ekonomi cerdas, dan lingkungan cerdas.",
    status="berlaku",
    document="/pustaka/pp-59-2022.md",
    group="pp-59-2022#61",
)
RANGE = replace(RULE, n=2, locator="Pasal 35 sampai 37", quote="Rekaman disimpan paling lama 30 hari.")
GUIDE = replace(RULE, n=3, locator="Tahap II", document="/pustaka/masterplan.md", quote="Susun bersama warga.")
IDS = {RULE.document: "pp-59-2022", GUIDE.document: "langkah-masterplan"}
ANSWER = Version(
    2, 501, "edit", "Ibu Siti, pendekatan kota cerdas meliputi tata kelola cerdas [1]. Salam [3].\n- Rekaman disimpan paling lama 30 hari [2].",
    (RULE, RANGE, GUIDE), "g1", datetime(2026, 11, 25, tzinfo=UTC),
)  # fmt: skip
CASE = Case("gap-abc", "Apa saja?", "kesenjangan", "id", ("pp-59-2022:61",), ("30 hari",))


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize(
    ("kind", "text", "question", "reason"),
    [
        ("handover", "handover_not_found", "Apa?", "not_found"),
        ("handover", "handover_unknown_regulation", "Apa?", "no_rule"),
        ("handover", "handover_unknown_article", "Apa?", "no_article"),
        ("handover", "handover_price", "Berapa?", None),
        ("refuse", "refuse_off_topic", "Siapa juara liga?", None),
        ("refuse", "refuse_off_topic", "Bagaimana masterplan smart city disusun?", "refused"),
        ("refuse", "refuse_personal_data", "NIK masterplan?", None),
        ("clarify", "clarify", "Apa?", None),
    ],
)
def test_what_the_library_lacks_is_a_gap_and_what_is_nobodys_business_is_none(
    language: Language, kind: Kind, text: str, question: str, reason: str | None
) -> None:
    said = (
        getattr(texts(language), text).format(regulation="UU 1/2099", article="7") + " Topik terdekat: SPBE (Pasal 3)."
    )
    said = said if kind == "handover" else getattr(texts(language), text)
    assert unanswered(without_source(kind, language, said, question)) == reason


def test_the_case_names_sections_and_what_the_answer_says_in_their_words() -> None:
    case = proposal("abc", "Apa saja aspeknya?", ANSWER, IDS)
    assert case is not None
    assert (case.id, case.language, case.kind) == ("gap-abc", "id", "answer")
    assert case.expected_sources == ("pp-59-2022:61", "pp-59-2022", "langkah-masterplan")
    assert case.expected_facts == (
        "Pendekatan kota cerdas meliputi tata kelola cerdas",
        "Rekaman disimpan paling lama 30 hari",
    )


def test_the_name_of_a_person_is_no_fact() -> None:
    case = proposal("abc", "Apa?", ANSWER, IDS)
    assert case
    assert "Siti" not in str(case)


def test_an_answer_without_a_source_of_the_library_gives_no_case() -> None:
    assert proposal("abc", "Apa?", ANSWER, {}) is None
    assert proposal("abc", "Apa?", replace(ANSWER, text="Tanpa sumber."), IDS) is None


def test_a_case_is_added_once_and_read_by_the_evaluation(tmp_path: Path) -> None:
    file = tmp_path / "gaps.jsonl"
    assert append_case(file, CASE)
    assert not append_case(file, CASE)
    assert append_case(file, replace(CASE, id="gap-def", question='Apa "itu"?\nYa'))
    assert [(case.id, case.expected_sources, case.question) for case in read_cases(file)] == [
        ("gap-abc", ("pp-59-2022:61",), "Apa saja?"),
        ("gap-def", ("pp-59-2022:61",), 'Apa "itu"?\nYa'),
    ]


def test_a_line_without_its_end_does_not_swallow_the_next(tmp_path: Path) -> None:
    file = tmp_path / "gaps.jsonl"
    append_case(file, CASE)
    file.write_text(file.read_text(encoding="utf-8").rstrip("\n"), encoding="utf-8")
    append_case(file, replace(CASE, id="gap-def"))
    assert [case.id for case in read_cases(file)] == ["gap-abc", "gap-def"]
