"""What a search knows of every chunk without having it: whose it is, where it stands, what leads to it."""

from __future__ import annotations

import pytest

from knowledge.chunk import Chunk, Document, Entries
from knowledge.columns import Columns, columns


def document(name: str) -> Document:
    return Document(
        key=f"/dokumen/{name}.md", source=f"{name}.md", id=name.partition("-")[0], title=name, kind="regulasi", number=None,
        status="berlaku", repealed_by=(), amended_by=(), in_force_from=None, confidence="A", curated=False, sha256="0",
    )  # fmt: skip


def chunk(number: int, of: Document, group: int, article: str, questions: tuple[str, ...] = ()) -> Chunk:
    return Chunk(
        id=f"{number:020x}", document=of.key, group=f"{of.source}#{group}", path=(), locator=f"Pasal {article}",
        articles=(article,), page=None, mentions=("uu-1-2022",), questions=questions, text=f"Isi {number}.",
    )  # fmt: skip


# The text of a regulation, what a later run added to it, and its summary.
TEXT, OTHER, SUMMARY = document("perwali"), document("qanun"), document("perwali-ringkasan")
CHUNKS = (
    chunk(9, TEXT, 0, "1"), chunk(3, TEXT, 0, "1", ("Apa itu SPBE?", "Siapa wali data?")), chunk(7, TEXT, 1, "2"),
    chunk(1, OTHER, 0, "1"), chunk(5, TEXT, 1, "2"), chunk(2, SUMMARY, 0, "2", ("Kapan mulai berlaku?",)),
)  # fmt: skip


@pytest.fixture
def known() -> Columns:
    return columns(CHUNKS, [TEXT, OTHER, SUMMARY])


def test_every_text_and_question_leads_to_its_chunk_and_no_other_does(known: Columns) -> None:
    entries = Entries(CHUNKS, [TEXT, OTHER, SUMMARY])
    assert known.entries == len(entries) == 9
    led_to = list(known.led_to([entry.id for entry in entries]))
    assert led_to == [(entry.ordinal, entry.is_question) for entry in entries]
    for foreign in ("0" * 20, "f" * 20, f"{4:020x}?0"):
        with pytest.raises(KeyError, match="not of this library"):
            known.led_to([entries[0].id, foreign])


def test_chunks_are_found_by_document_section_and_article(known: Columns) -> None:
    assert known.of_document(TEXT.key).tolist() == [0, 1, 2, 4]
    assert known.of_documents(["perwali", "tidak-ada"]) == [0, 1, 2, 4, 5]
    assert known.of_section(TEXT.key, "perwali.md#1").tolist() == [2, 4]
    assert known.first_of_sections(TEXT.key).tolist() == [0, 2]
    assert known.articles("perwali") == {"1": [0, 1], "2": [2, 4, 5]}
    assert list(known.mentioned_in["uu-1-2022"]) == [0, 1, 2, 3, 4, 5]
    assert known.of_document("/dokumen/tidak-ada.md").tolist() == []
