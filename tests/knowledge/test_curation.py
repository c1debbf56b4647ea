"""Notes beside files and decisions of admins: what they change, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from knowledge import curation
from knowledge.chunk import Document
from knowledge.curation import Decisions, Notes, checked_notes, read_decisions, read_notes
from knowledge.describe import describe, describe_one, with_notes
from knowledge.errors import DocumentError
from knowledge.legal_graph import LegalGraph
from knowledge.parse import parse
from knowledge.settings import PROJECT
from knowledge.sources import SIDECAR, Source, find, sidecar


def described(folder: Path, names: dict[str, str], decisions: Decisions = Decisions()) -> dict[str, Document]:  # noqa: B008
    """What the library says of texts by their file names, with the notes beside them."""
    read = []
    for name, text in names.items():
        (folder / name).write_text(text, encoding="utf-8")
        document = parse(Source(folder / name, folder / name, "x"))
        read.append(with_notes(*describe_one(document), read_notes(folder / name)))
    said = describe(read, [], LegalGraph(), decisions)
    assert not said.graph.problems
    return {document.id: document for document in said.read}


def rule(number: int, year: int, further: str = "") -> str:
    return (
        f"# Peraturan Pemerintah Nomor {number} Tahun {year} tentang Taman\n\n## Pasal 1\n\nTaman dirawat. {further}\n"
    )


def test_notes_say_what_the_text_does_not(tmp_path: Path) -> None:
    curation.write_notes(tmp_path / "a.md", Notes(title="Judul yang benar", status="arsip", in_force_from="2025-01-31"))
    after = described(tmp_path, {"a.md": "# Catatan rapat\n\nIsi catatan rapat.\n"})["a"]
    assert (after.title, after.status, after.in_force_from) == ("Judul yang benar", "arsip", "2025-01-31")
    assert after.kind == "dokumen"


def test_a_file_with_notes_counts_as_changed_and_the_notes_are_no_document(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# A\n")
    [before], _ = find([tmp_path], 1000)
    curation.write_notes(tmp_path / "a.md", Notes(title="Judul lain"))
    [after], problems = find([tmp_path], 1000)
    assert before.sha256 != after.sha256
    assert not problems


def test_a_repeal_reaches_the_document_and_what_names_it_as_successor(tmp_path: Path) -> None:
    texts = {
        "pp-1-2000.md": rule(1, 2000),
        "pp-2-2010.md": rule(2, 2010, "PP Nomor 1 Tahun 2000 dicabut dan dinyatakan tidak berlaku."),
        "pp-3-2020.md": rule(3, 2020),
    }
    found = described(tmp_path, texts, Decisions({"pp-2-2010": "pp-3-2020"}))
    one, two = found["pp-1-2000"], found["pp-2-2010"]
    assert (two.status, two.repealed_by, two.replaced_by) == ("dicabut", ("pp-3-2020",), ("pp-3-2020",))
    assert (one.repealed_by, one.replaced_by) == (("pp-2-2010",), ("pp-3-2020",))
    undone = described(tmp_path, texts)
    assert (undone["pp-2-2010"].status, undone["pp-1-2000"].replaced_by) == ("berlaku", ("pp-2-2010",))


def test_a_repeal_without_a_successor(tmp_path: Path) -> None:
    found = described(tmp_path, {"pp-1-2000.md": rule(1, 2000)}, Decisions({"pp-1-2000": None}))["pp-1-2000"]
    assert (found.status, found.repealed_by, found.replaced_by) == ("dicabut", (), ())


def test_a_repeal_in_the_notes_of_another_document(tmp_path: Path) -> None:
    curation.write_notes(tmp_path / "pp-9-2024.md", Notes(repeals=("pp-1-2010",)))
    after = described(tmp_path, {"pp-9-2024.md": rule(9, 2024), "pp-1-2010.md": rule(1, 2010)})["pp-1-2010"]
    assert (after.status, after.repealed_by) == ("dicabut", ("pp-9-2024",))


def test_a_note_from_before_a_repeal_does_not_lift_it(tmp_path: Path) -> None:
    curation.write_notes(tmp_path / "pp-1-2010.md", checked_notes({"title": "PP lama", "status": "berlaku"}))
    texts = {
        "pp-1-2010.md": rule(1, 2010),
        "pp-9-2024.md": rule(9, 2024, "PP Nomor 1 Tahun 2010 dicabut dan dinyatakan tidak berlaku."),
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    notes = {"pp-1-2010.md": checked_notes({"title": "PP lama", "status": "berlaku"})}
    parsed = {name: parse(Source(tmp_path / name, tmp_path / name, "x")) for name in texts}
    read = [with_notes(*describe_one(document), notes.get(name)) for name, document in parsed.items()]
    found = describe(read, [], LegalGraph(), Decisions())
    assert (found.read[0].title, found.read[0].status) == ("PP lama", "dicabut")
    assert [problem.reason for problem in found.graph.problems] == [
        "ditandai berlaku, padahal dicabut oleh PP 9/2024 (terbaca dari naskahnya)"
    ]


def test_without_decisions_nothing_changes() -> None:
    assert Decisions().digest == ""


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


def test_the_last_decision_counts(tmp_path: Path) -> None:
    assert read_decisions(tmp_path) == Decisions()
    curation.decide(tmp_path, lambda before: before.on_relation("a mencabut b", confirm=True))
    curation.decide(tmp_path, lambda before: before.on_relation("c mencabut d", confirm=False))
    curation.decide(tmp_path, lambda before: before.on_relation("a mencabut b", confirm=False))
    curation.decide(tmp_path, lambda before: before.on_sentence("Jawab ya.", release=False))
    curation.decide(tmp_path, lambda before: before.on_sentence("Jawab ya.", release=True))
    assert read_decisions(tmp_path) == Decisions(rejected=("a mencabut b", "c mencabut d"), released=("Jawab ya.",))


def test_takes_over_what_an_earlier_version_kept_in_two_files(tmp_path: Path) -> None:
    (tmp_path / "decisions.json").write_text('{"repealed": {"pp-1-2000": null}, "left_out": []}')
    (tmp_path / "legal_decisions.json").write_text('{"confirmed": ["a mencabut b"], "rejected": []}')
    both = Decisions({"pp-1-2000": None}, confirmed=("a mencabut b",))
    assert read_decisions(tmp_path) == both
    curation.decide(tmp_path, lambda before: before)
    assert not (tmp_path / "legal_decisions.json").exists()
    assert read_decisions(tmp_path) == both


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
