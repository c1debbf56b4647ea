"""Notes beside files and decisions of admins: what they change, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from knowledge import curation
from knowledge.chunk import Document
from knowledge.curation import Decisions, Notes, applied, checked_notes, read_decisions, read_notes, write_decisions
from knowledge.errors import DocumentError
from knowledge.settings import PROJECT
from knowledge.sources import SIDECAR, find, sidecar


def document(path: Path, identifier: str, **changes: object) -> Document:
    values: dict[str, object] = {
        "key": str(path), "source": path.name, "id": identifier, "title": "Judul", "kind": "regulasi", "number": None,
        "status": "berlaku", "repealed_by": (), "amended_by": (), "in_force_from": None, "confidence": "A",
        "curated": False, "sha256": "x",
    }  # fmt: skip
    return Document(**(values | changes))  # type: ignore[arg-type]


def test_notes_say_what_the_text_does_not(tmp_path: Path) -> None:
    file = tmp_path / "a.pdf"
    curation.write_notes(file, Notes(title="Judul yang benar", status="arsip", in_force_from="2025-01-31"))
    [after] = applied([document(file, "a")], tmp_path)
    assert (after.title, after.status, after.in_force_from) == ("Judul yang benar", "arsip", "2025-01-31")
    assert after.kind == "regulasi"


def test_a_file_with_notes_counts_as_changed_and_the_notes_are_no_document(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# A\n")
    [before], _ = find([tmp_path], 1000)
    curation.write_notes(tmp_path / "a.md", Notes(title="Judul lain"))
    [after], problems = find([tmp_path], 1000)
    assert before.sha256 != after.sha256
    assert not problems


def test_a_repeal_reaches_the_document_and_what_names_it_as_successor(tmp_path: Path) -> None:
    write_decisions(tmp_path, Decisions({"pp-2-2010": "pp-3-2020"}))
    first = document(
        tmp_path / "1", "pp-1-2000", status="dicabut", repealed_by=("pp-2-2010",), replaced_by=("pp-2-2010",)
    )
    second = document(tmp_path / "2", "pp-2-2010")
    one, two = applied([first, second], tmp_path)
    assert (two.status, two.repealed_by, two.replaced_by) == ("dicabut", ("pp-3-2020",), ("pp-3-2020",))
    assert (one.repealed_by, one.replaced_by) == (("pp-2-2010",), ("pp-3-2020",))


def test_a_repeal_in_the_notes_of_another_document(tmp_path: Path) -> None:
    new, old = document(tmp_path / "baru.pdf", "perda-9-2024"), document(tmp_path / "lama.pdf", "perda-1-2010")
    curation.write_notes(tmp_path / "baru.pdf", Notes(repeals=("perda-1-2010",)))
    _, after = applied([new, old], tmp_path)
    assert (after.status, after.repealed_by) == ("dicabut", ("perda-9-2024",))


def test_a_note_from_before_a_repeal_does_not_lift_it(tmp_path: Path) -> None:
    repealed = document(tmp_path / "lama.pdf", "perda-1-2010", status="dicabut", repealed_by=("perda-9-2024",))
    curation.write_notes(tmp_path / "lama.pdf", checked_notes({"title": "Perda lama", "status": "berlaku"}))
    [after] = applied([repealed], tmp_path)
    assert (after.title, after.status, after.repealed_by) == ("Perda lama", "dicabut", ("perda-9-2024",))


def test_rules_that_repeal_each_other_do_not_go_round_for_ever(tmp_path: Path) -> None:
    write_decisions(tmp_path, Decisions({"a-1-2000": "b-1-2000", "b-1-2000": "a-1-2000"}))
    both = applied([document(tmp_path / "1", "a-1-2000"), document(tmp_path / "2", "b-1-2000")], tmp_path)
    assert [one.status for one in both] == ["dicabut", "dicabut"]


def test_without_decisions_nothing_changes(tmp_path: Path) -> None:
    before = [document(tmp_path / "1", "a", replaced_by=("b",), repealed_by=("c",), status="dicabut")]
    assert applied(before, tmp_path) == before
    assert read_decisions(tmp_path).digest == ""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("warna: biru", "warna: kunci tidak dikenal"),
        ("status: hilang", "status"),
        ("id: ../../lari", "id"),
        ("title: [a", "bukan YAML"),
        ("- daftar", "keterangan"),
        ("in_force_from: kemarin", "in_force_from"),
    ],
)
def test_wrong_notes_are_refused_with_the_key(tmp_path: Path, text: str, reason: str) -> None:
    sidecar(tmp_path / "a.pdf").write_text(text)
    with pytest.raises(DocumentError, match=reason):
        read_notes(tmp_path / "a.pdf")


@pytest.mark.parametrize("content", ["{", "[]", '{"repealed": 5, "left_out": []}', "null"])
def test_broken_decisions_stop_an_ingest_rather_than_lift_a_repeal(tmp_path: Path, content: str) -> None:
    (tmp_path / curation.FILE).write_text(content)
    with pytest.raises(DocumentError, match="rusak"):
        read_decisions(tmp_path)


def test_what_is_shipped_is_left_out_wherever_the_program_lies(tmp_path: Path) -> None:
    shipped = PROJECT / "knowledge" / "documents" / "pp-59-2022.md"
    decisions = Decisions(left_out=(curation.named(shipped), curation.named(tmp_path / "folder")))
    assert decisions.left_out[0] == "knowledge/documents/pp-59-2022.md"
    assert decisions.leaves_out(shipped)
    assert decisions.leaves_out(tmp_path / "folder" / "dalam" / "a.md")
    assert not decisions.leaves_out(tmp_path / "folder-lain" / "a.md")
    assert not decisions.leaves_out(shipped.with_name("pp-34-2009.md"))


def test_notes_are_checked_before_they_are_kept() -> None:
    assert checked_notes({"title": "Judul"}).title == "Judul"
    assert SIDECAR.endswith(".yaml")
