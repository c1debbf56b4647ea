"""How facts are looked for in a draft, and the figures of a set small enough to count by hand."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from knowledge.__main__ import main
from knowledge.evaluate import Case, Figures, evaluate_command, fact_found, measure, read_cases
from knowledge.retrieve import Library
from knowledge.settings import GAP_CASES, SHIPPED_DOCUMENTS
from tests.chat_server import ChatServer, Script, as_arguments, sources

BREACH = "Pemda wajib memberi tahu secara tertulis paling lambat 3x24 jam (UU 27/2022 Pasal 46)."


@pytest.mark.parametrize(
    ("fact", "text"),
    [
        ("paling lambat 3x24 jam", BREACH),
        ("pemberitahuan tertulis", "Pemberitahuan disampaikan secara tertulis."),
        ("Pasal 46", BREACH),
        ("PALING LAMBAT 3X24 JAM", BREACH),
        ("1.500 kamera", "Ada 1500 kamera pengawas."),
        ("3,5 persen", "Bobotnya 3.5 persen."),
        ("60 (enam puluh) hari", "paling lama 60 (enam puluh) hari kalender"),
        ("dikoordinasikan kepala Bappeda", "Koordinasi dilakukan; forum dikoordinasi oleh kepala Bappeda."),
        ("47", "Ada 47 indikator."),
        ("tata kelola, ekonomi dan mobilitas", "ekonomi\nmobilitas\ntata kelola birokrasi"),
    ],
)
def test_finds_a_fact_whose_numbers_all_and_words_mostly_stand_there(fact: str, text: str) -> None:
    assert fact_found(fact, text)


@pytest.mark.parametrize(
    ("fact", "text"),
    [
        ("paling lambat 7 hari", BREACH),
        ("Pasal 4", BREACH),
        ("2 x 24 jam", BREACH),
        ("denda administratif kementerian", BREACH),
        ("15 kamera", "Ada 1500 kamera pengawas."),
        ("sekretaris daerah mengetuai dewan", "Dewan rapat tiap bulan."),
        ("47", ""),
    ],
)
def test_does_not_find_a_fact_with_another_number_or_other_words(fact: str, text: str) -> None:
    assert not fact_found(fact, text)


def citation(source: str, quote: str, status: str = "berlaku", title: str = "PP 59/2022") -> dict[str, Any]:
    return {"n": 1, "source": source, "title": title, "locator": "Pasal 61", "quote": quote, "status": status}


def draft(kind: str, answer: str, *citations: dict[str, Any], warnings: tuple[str, ...] = ()) -> dict[str, Any]:
    points = [{"text": answer, "citations": [c["n"] for c in citations]}] if citations else []
    return {
        "kind": kind,
        "language": "id",
        "answer": answer,
        "points": points,
        "citations": list(citations),
        "warnings": list(warnings),
        "latency_ms": 10.0,
    }


ASPECTS = "PP 59/2022 Pasal 61 menetapkan enam aspek kota cerdas."
REPEALED = "PP 34/2009 tentang Pedoman Pengelolaan Kawasan Perkotaan sudah tidak berlaku."
CASES = [
    Case("a", "Apa isi Pasal 61 PP 59/2022?", "answer", "id", ("pp-59-2022:61",), ("enam aspek", "tujuh aspek utama")),
    Case("b", "Apakah PP 34/2009 masih berlaku?", "answer", "id", ("pp-34-2009|uu-1-1945",), ("tidak berlaku",)),
    Case("c", "Apa isi Pasal 61 PP 59/2022?", "answer", "id", ("uu-1-1945",), ()),
    Case("d", "Berapa tarif konsultan?", "handover", "id", (), ()),
]
DRAFTS = [
    draft("answer", ASPECTS, citation("pp-59-2022.md", ASPECTS)),
    draft("answer", REPEALED, citation("pp-34-2009.md", REPEALED, "dicabut", "PP 34/2009")),
    draft("clarify", "Boleh diperjelas?"),
    draft("handover", "Kami teruskan kepada konsultan."),
]


@pytest.fixture(scope="module")
def figures(library: Library) -> Figures:
    """The figures of CASES and DRAFTS."""
    return measure(CASES, library, DRAFTS)


def test_counts_the_sources_that_the_search_finds(figures: Figures) -> None:
    assert figures.questions == 4
    assert figures.recall_at_5 == pytest.approx(2 / 3, abs=1e-4)
    assert figures.mrr == pytest.approx(2 / 3, abs=1e-4)


def test_counts_the_kinds_and_what_was_held_back(figures: Figures) -> None:
    assert figures.kinds_right == 0.75
    assert figures.refusal_precision == 0.5
    assert figures.refusal_recall == 1.0
    assert figures.answerable_refused == pytest.approx(1 / 3, abs=1e-4)


def test_counts_the_facts_that_the_drafts_hold(figures: Figures) -> None:
    assert figures.facts_found == pytest.approx(2 / 3, abs=1e-4)


def test_counts_quotes_numbers_and_warnings(figures: Figures) -> None:
    assert figures.quotes_verbatim == 1.0
    assert figures.numbers_without_quote == 0
    assert figures.repealed_without_warning == 1


def test_lists_what_went_wrong_with_its_reason(figures: Figures) -> None:
    wrong = {item["id"]: item for item in figures.wrong}
    assert set(wrong) == {"a", "c"}
    assert wrong["a"]["facts_missed"] == ["tujuh aspek utama"]
    assert wrong["c"]["sources_missed"] == ["uu-1-1945"]
    assert wrong["c"]["kind"] == "clarify (bukan answer)"


def test_notices_an_altered_quote_and_an_unproven_number(library: Library) -> None:
    altered = draft("answer", "Pasal 61 menetapkan 9 aspek.", citation("pp-59-2022.md", ASPECTS.replace("enam", "6")))
    figures = measure(CASES[:1], library, [altered])
    assert figures.quotes_verbatim == 0.0
    assert figures.numbers_without_quote == 1


def test_a_warning_settles_a_repealed_source(library: Library) -> None:
    warned = DRAFTS[1] | {"warnings": ["PP 34/2009 sudah dicabut oleh PP 59/2022"]}
    assert measure(CASES[1:2], library, [warned]).repealed_without_warning == 0


def test_a_wrong_language_counts_unless_the_question_mixes_both(library: Library) -> None:
    english = DRAFTS[3] | {"language": "en"}
    assert measure([CASES[3]], library, [english]).language_right == 0.0
    assert measure([replace(CASES[3], language="mixed")], library, [english]).language_right == 1.0


def test_the_times_are_the_median_and_the_95th_percentile(library: Library) -> None:
    timed = [DRAFTS[3] | {"latency_ms": float(ms)} for ms in range(1, 21)]
    figures = measure([CASES[3]] * 20, library, timed)
    assert (figures.p50_ms, figures.p95_ms) == (10.5, 19.0)


def test_an_article_has_to_be_the_one_expected(library: Library) -> None:
    wanted = replace(CASES[0], expected_sources=("pp-59-2022:61", "pp-59-2022:999"))
    assert measure([wanted], library, [DRAFTS[0]]).recall_at_5 == 0.5


def write_questions(file: Path) -> Path:
    rows = [
        {
            "id": "x-1",
            "question": "Apa isi Pasal 61 PP 59/2022?",
            "kind": "answer",
            "language": "id",
            "expected_sources": ["pp-59-2022:61"],
            "expected_facts": ["enam aspek"],
        },
        {
            "id": "x-2",
            "question": "terus pasal 64?",
            "kind": "answer",
            "language": "id",
            "expected_sources": ["pp-59-2022:64"],
            "expected_facts": [],
            "history": ["Apa isi Pasal 61 PP 59/2022?"],
            "tags": ["lanjutan"],
        },
    ]
    file.write_text("\n\n".join(json.dumps(row) for row in rows) + "\n", encoding="utf-8")
    return file


def test_reads_cases_with_and_without_history(tmp_path: Path) -> None:
    first, second = read_cases(write_questions(tmp_path / "soal.jsonl"))
    assert (first.history, first.tags, first.expected_facts) == ((), (), ("enam aspek",))
    assert (second.history, second.tags) == (("Apa isi Pasal 61 PP 59/2022?",), ("lanjutan",))


def test_the_command_asks_over_the_wire_and_prints_one_object(
    tmp_path: Path, library_data: Path, library: Library, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write_questions(tmp_path / "soal.jsonl")
    options = argparse.Namespace(file=file, gaps=False, config=None, data=library_data, json=True, model=None)
    assert evaluate_command(options) == 0
    printed = json.loads(capsys.readouterr().out)
    assert (printed["questions"], printed["kinds_right"], printed["facts_found"]) == (2, 1.0, 1.0)
    assert printed["quotes_verbatim"] == 1.0
    assert (SHIPPED_DOCUMENTS / "pp-59-2022.md").is_file()


def test_the_cases_that_consultants_made_of_gaps_are_run_too(
    tmp_path: Path, library_data: Path, library: Library, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("index", "models", "embeddings.sqlite"):
        (tmp_path / name).symlink_to(library_data / name)
    write_questions(tmp_path / GAP_CASES)
    assert main(["evaluate", "--gaps", "--json", "--data", str(tmp_path)]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert (printed["questions"], printed["recall_at_5"]) == (2, 1.0)


def test_without_such_cases_the_command_says_how_to_make_some(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", "--gaps", "--data", str(tmp_path)]) == 2
    assert "/kesenjangan" in capsys.readouterr().err


def test_engines_are_compared_on_the_same_questions(
    tmp_path: Path,
    library_data: Path,
    library: Library,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = write_questions(tmp_path / "soal.jsonl")
    with ChatServer() as server:
        server.add(lambda body: Script(as_arguments([(sources(body)[1].split(". ")[0], [1])]), as_tool=True))
        monkeypatch.setenv("OPENAI_API_KEY", "kunci-uji")
        monkeypatch.setenv("KOTACERDAS_DRAFTING__BASE_URL", server.url)
        options = argparse.Namespace(
            file=file, gaps=False, config=None, data=library_data, json=True, model=["openai:uji"]
        )
        assert evaluate_command(options) == 0
        printed = json.loads(capsys.readouterr().out)
        assert len(server.requests) >= 2
    assert list(printed) == ["extractive", "openai:uji"]
    assert printed["extractive"]["answers_by_model"] == 0
    assert {figures["questions"] for figures in printed.values()} == {2}
    assert {figures["numbers_without_quote"] for figures in printed.values()} == {0}
