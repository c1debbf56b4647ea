"""What speaks against a new generation: answers that got worse, and sizes that jump."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from knowledge.gate import Report, Verdict, compared, judge
from knowledge.settings import GateSettings

SETTINGS = GateSettings()


def report(ranks: Mapping[str, int | None] | None = None, **changes: Any) -> Report:  # noqa: ANN401
    made = Report(
        "20260102-000000-abcd", "2026", "20260101-000000-abcd", 100, 1000, {"id": 90, "en": 10}, ranks or {}, 1.0
    )
    return replace(made, **changes)


def answered(found: int, lost: int = 0) -> dict[str, int | None]:
    return {f"soal {i}": (None if i < lost else 1) for i in range(found)}


def test_the_first_generation_of_all_passes() -> None:
    assert judge(report(answered(10, 9)), None, SETTINGS) == Verdict()


def test_a_library_without_any_of_the_questions_passes() -> None:
    assert judge(report(), report(), SETTINGS).reasons == ()
    assert report().recall is None


def test_a_fall_below_the_generation_in_use_is_named_question_by_question() -> None:
    verdict = judge(report(answered(90, 4)), report(answered(90)), SETTINGS)
    assert "4 dari 90 pertanyaan uji" in verdict.reasons[0]
    assert verdict.questions == ("soal 0", "soal 1", "soal 2", "soal 3")


def test_a_single_question_is_no_fall() -> None:
    assert judge(report(answered(10, 1)), report(answered(10)), SETTINGS).reasons == ()


def test_what_is_found_instead_weighs_against_what_is_lost() -> None:
    before = {**answered(40), "lain 1": None, "lain 2": None}
    after = {**answered(40, 2), "lain 1": 1, "lain 2": 3}
    assert judge(report(after), report(before), SETTINGS).reasons == ()


def test_falling_below_the_least_allowed_is_refused_even_by_one() -> None:
    before, after = answered(40, 6), answered(40, 7)
    assert "gate.min_recall" in judge(report(after), report(before), SETTINGS).reasons[0]
    # What was bad before and is no worse does not lock the admin out.
    assert judge(report(after), report(after), SETTINGS).reasons == ()


def test_a_question_that_no_longer_applies_is_not_lost() -> None:
    assert judge(report(answered(5)), report(answered(40)), SETTINGS).reasons == ()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"documents": 40}, "dokumen berkurang dari 100 menjadi 40"),
        ({"chunks": 300}, "bagian berkurang dari 1000 menjadi 300"),
        ({"chunks": 10_001}, "bagian bertambah dari 1000 menjadi 10001"),
        ({"languages": {"id": 50, "en": 50}}, "berbahasa Inggris berubah dari 10% menjadi 50%"),
    ],
)
def test_a_jump_is_asked_about(changes: dict[str, Any], said: str) -> None:
    verdict = judge(report(**changes), report(), SETTINGS)
    assert said in verdict.jumps[0]
    assert verdict.worse == ()


@pytest.mark.parametrize("changes", [{"documents": 60}, {"chunks": 9000}, {"languages": {"id": 70, "en": 30}}])
def test_ordinary_growth_and_shrinking_pass(changes: dict[str, Any]) -> None:
    assert judge(report(**changes), report(), SETTINGS).reasons == ()


def test_small_libraries_may_change_as_they_like() -> None:
    small = report(documents=3, chunks=5, languages={"id": 3})
    assert judge(replace(small, documents=1, chunks=1, languages={"en": 1}), small, SETTINGS).reasons == ()
    assert judge(replace(small, documents=200, chunks=4000), small, SETTINGS).reasons == ()


def test_two_reports_are_shown_beside_each_other() -> None:
    lines = "\n".join(compared(report({"a": 3, "b": None}, forced=("sebab",)), report({"a": 1, "b": 2}, documents=90)))
    assert "sebelumnya 90" in lines
    assert "lebih buruk: a (1 -> 3)" in lines
    assert "lebih buruk: b (2 -> -)" in lines
    assert "dipaksa (--force): sebab" in lines
