"""Questions to ask next: of sections beside the answer, short, plain, not asked already."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.conversation.draft import Citation
from bot.conversation.follow_ups import LONGEST, follow_ups
from knowledge.chunk import Chunk
from knowledge.query import QueryReader
from knowledge.rank import Passage
from knowledge.sources import Status
from tests.bot.test_draft import COUNCIL, QUICK_WIN, passage

READER = QueryReader({}, [])
ANSWER = passage(COUNCIL, article="3")
CITED = [Citation(1, "", "", "Pasal 3", "", "berlaku", ANSWER.chunk.document, ANSWER.chunk.group)]
FUNDING = "Dari mana dana kota cerdas berasal?"


def beside(*questions: str, article: str = "5", score: float = 0.9) -> Passage:
    found = passage(QUICK_WIN, article=article, score=score)
    return replace(found, chunk=replace(found.chunk, questions=questions))


def suggested(*passages: Passage, asked: str = "apa tugas dewan kota cerdas") -> tuple[str, ...]:
    return follow_ups([ANSWER, *passages], CITED, [asked], READER, lambda passage, n: True)


def test_suggests_what_a_section_beside_the_answer_answers() -> None:
    assert suggested(beside(FUNDING)) == (FUNDING,)


def test_one_question_a_section_and_three_at_most() -> None:
    topics = ["anggaran belanja", "peta jalan", "forum warga", "audit sistem", "pusat data"]
    found = suggested(*(beside(f"Kapan {t} disusun?", f"Siapa memimpin {t}?", article=t) for t in topics))
    assert found == tuple(f"Kapan {topic} disusun?" for topic in topics[:3])


@pytest.mark.parametrize(
    "question",
    [
        "dana kota cerdas asalnya dari mana?",
        "Dana smart city dari mana aja sih?",
        "What funds a smart city?",
        f"Dari mana dana kota cerdas berasal {'dan ' * LONGEST}?",
        "Apa tugas dewan kota?",
    ],
)
def test_leaves_out_what_is_informal_english_long_or_was_asked(question: str) -> None:
    assert suggested(beside(question)) == ()


def test_leaves_out_another_topic_unless_its_document_answered() -> None:
    far = beside(FUNDING, score=0.1)
    assert suggested(far) == (FUNDING,)
    elsewhere = replace(far, document=replace(far.document, key="/lain.md"), chunk=elsewhere_of(far.chunk))
    assert suggested(elsewhere) == ()


def elsewhere_of(chunk: Chunk) -> Chunk:
    return replace(chunk, document="/lain.md")


def test_leaves_out_repealed_rules_and_documents_of_others() -> None:
    found = beside(FUNDING)
    assert suggested(replace(found, document=replace(found.document, status=Status.REPEALED))) == ()
    assert suggested(replace(found, document=replace(found.document, curated=False))) == ()


def test_leaves_out_what_would_not_be_answered() -> None:
    assert follow_ups([ANSWER, beside(FUNDING)], CITED, ["dewan"], READER, lambda passage, n: False) == ()
