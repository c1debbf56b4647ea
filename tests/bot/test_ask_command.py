"""`python -m bot ask --json` over a real process: JSON lines in, the contract's JSON lines out."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.conversation.converse import Conversation
from knowledge.settings import PROJECT, SHIPPED_DOCUMENTS

KEYS = {"id", "kind", "language", "answer", "points", "citations", "warnings", "engine", "latency_ms"}
CITATION_KEYS = {"n", "source", "title", "locator", "quote", "status"}
ARTICLE_63 = "Pasal 63 PP 59/2022 mengatur apa?"
LINES: list[dict[str, Any]] = [
    {"id": "aspek", "question": "Apa saja enam aspek “kota cerdas” menurut PP 59/2022?"},
    {"id": 7, "question": "Selamat pagi, Bapak 🙏"},
    {"id": "lama", "question": "Apakah PP 34 Tahun 2009 masih berlaku?"},
    {"id": "tarif", "question": "Berapa tarif konsultan untuk menyusun masterplan?"},
    {"id": "teks", "question": "terus pasal 64?", "history": [ARTICLE_63]},
    {
        "id": "peran",
        "question": "terus pasal 64?",
        "history": [
            {"role": "user", "content": ARTICLE_63},
            {"role": "assistant", "content": "Pasal 140 PP 38/2017 mengatur inovasi daerah."},
        ],
    },
    {"id": "kosong", "question": "Apa tugas walidata di daerah?", "history": []},
    {"id": None, "question": "What are the principles of Satu Data Indonesia?"},
    {"question": "Buatkan pantun tentang rujak cingur"},
]
Records = dict[Any, dict[str, Any]]


@pytest.fixture(scope="module")
def ask(library_data: Path, conversation: Conversation) -> Callable[[str], subprocess.CompletedProcess[str]]:
    """Feeds stdin to the command; the open conversation has filled the embedding cache before."""

    def fed(stdin: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "bot", "ask", "--json", "--data", str(library_data)]
        return subprocess.run(
            command, input=stdin, cwd=PROJECT, capture_output=True, text=True, encoding="utf-8", check=False
        )

    return fed


@pytest.fixture(scope="module")
def answered(ask: Callable[[str], subprocess.CompletedProcess[str]]) -> list[dict[str, Any]]:
    """The records for LINES, with a blank line among them."""
    lines = [json.dumps(line, ensure_ascii=False) for line in LINES]
    result = ask("\n".join([*lines[:3], "", *lines[3:]]) + "\n")
    assert result.returncode == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def records(answered: list[dict[str, Any]]) -> Records:
    """The records by id."""
    return {record["id"]: record for record in answered if record["id"] is not None}


def test_answers_every_line_in_its_order(answered: list[dict[str, Any]]) -> None:
    assert [record["id"] for record in answered] == [line.get("id") for line in LINES]


def test_every_record_has_exactly_the_keys_of_the_contract(answered: list[dict[str, Any]]) -> None:
    for record in answered:
        assert set(record) == KEYS
        assert all(set(citation) == CITATION_KEYS for citation in record["citations"])
        assert all(set(point) == {"text", "citations"} for point in record["points"])
        assert record["engine"] == "extractive"
        assert record["latency_ms"] > 0


def test_every_line_gets_the_kind_that_it_asks_for(answered: list[dict[str, Any]]) -> None:
    assert [record["kind"] for record in answered] == [
        "answer", "smalltalk", "answer", "handover", "answer", "answer", "answer", "answer", "refuse"
    ]  # fmt: skip


def test_every_quote_is_verbatim_in_the_document_that_it_names(answered: list[dict[str, Any]]) -> None:
    citations = [citation for record in answered for citation in record["citations"]]
    assert citations
    for citation in citations:
        assert citation["quote"].strip()
        assert citation["quote"] in (SHIPPED_DOCUMENTS / citation["source"]).read_text(encoding="utf-8")


def test_every_point_cites_a_citation_of_its_record(answered: list[dict[str, Any]]) -> None:
    for record in answered:
        numbers = [citation["n"] for citation in record["citations"]]
        assert numbers == list(range(1, len(numbers) + 1))
        assert {n for point in record["points"] for n in point["citations"]} == set(numbers)


def test_only_an_answer_carries_points_and_citations(answered: list[dict[str, Any]]) -> None:
    for record in answered:
        assert bool(record["points"]) == bool(record["citations"]) == (record["kind"] == "answer")
        assert record["answer"].strip()


def test_a_repealed_source_comes_with_its_status_and_warning(records: Records) -> None:
    assert records["lama"]["citations"][0]["status"] == "dicabut"
    assert any("dicabut oleh PP 59/2022" in warning for warning in records["lama"]["warnings"])


@pytest.mark.parametrize("identifier", ["teks", "peran"])
def test_understands_a_follow_up_from_either_form_of_history(records: Records, identifier: str) -> None:
    assert [c["locator"] for c in records[identifier]["citations"]] == ["Pasal 64"]


def test_what_the_assistant_said_is_no_part_of_the_question(records: Records) -> None:
    without_time = [{k: v for k, v in records[i].items() if k not in {"id", "latency_ms"}} for i in ("teks", "peran")]
    assert without_time[0] == without_time[1]


def test_answers_an_english_question_in_the_english_frame(answered: list[dict[str, Any]]) -> None:
    record = answered[7]
    assert record["language"] == "en"
    assert "Next step" in record["answer"]


def test_a_malformed_line_does_not_take_the_others_with_it(
    ask: Callable[[str], subprocess.CompletedProcess[str]],
) -> None:
    before = json.dumps({"id": "sebelum", "question": "Selamat pagi"})
    after = json.dumps({"id": "sesudah", "question": "Terima kasih"})
    result = ask("\n".join([before, "{bukan json", '{"id": "tanpa-pertanyaan"}', after, ""]))
    assert "Traceback" not in result.stderr
    identifiers = [json.loads(out).get("id") for out in result.stdout.splitlines()]
    assert identifiers[0] == "sebelum"
    assert identifiers[-1] == "sesudah"
