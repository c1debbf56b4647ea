"""An official asks how two things differ: the answer speaks of both, or says why it cannot."""

from __future__ import annotations

import pytest

from bot.conversation.claim_check import unsupported
from bot.conversation.converse import Conversation
from bot.conversation.understand import Question


@pytest.mark.parametrize(
    ("question", "locators"),
    [
        ("beda Forum Satu Data sama sekretariat Satu Data apa", ["Pasal 23", "Pasal 24"]),
        ("command center sama pusat data bedanya apa", ["Pasal 45", "Pasal 44"]),
        ("perbedaan tahun jamak dan dana cadangan", ["Pasal 92", "Pasal 80"]),
        ("apa beda CSIRT dan DPO", ["CSIRT daerah: apa itu dan apakah wajib", "Pasal 53 dan 54"]),
    ],
)
def test_what_no_section_tells_apart_is_answered_by_one_for_each(
    conversation: Conversation, question: str, locators: list[str]
) -> None:
    draft = conversation.ask(Question(question))
    assert [citation.locator for citation in draft.citations] == locators
    assert unsupported(draft) == []


@pytest.mark.parametrize(
    ("question", "locator", "begins"),
    [
        ("apa beda RPJMD sama renstra", "Beda RPJMD dan Renstra", "Rencana Pembangunan Jangka Menengah Daerah"),
        ("SPBE vs pemdi bedanya dmn", "Beda SPBE dan Pemdi", "Sistem Pemerintahan Berbasis Elektronik"),
        (
            "hibah sama pinjaman daerah bedanya apa kalo buat proyek smart city",
            "Beda hibah dan pinjaman daerah",
            "Hibah",
        ),
        ("Apa beda kota cerdas dengan SPBE?", "Apa beda smart city dan SPBE", "Smart city"),
    ],
)
def test_a_section_that_tells_the_two_apart_leads_and_begins_with_them(
    conversation: Conversation, question: str, locator: str, begins: str
) -> None:
    draft = conversation.ask(Question(question))
    assert draft.citations[0].locator == locator
    assert draft.lead.text.startswith(begins)


def test_two_regulations_are_told_apart_by_what_each_is_about(conversation: Conversation) -> None:
    draft = conversation.ask(Question("Apa perbedaan Perpres 39/2019 dengan Perpres 95/2018?"))
    assert [citation.source for citation in draft.citations] == ["perpres-39-2019.md", "perpres-95-2018.md"]


def test_a_comparison_from_elsewhere_is_refused_as_a_whole(conversation: Conversation) -> None:
    assert conversation.ask(Question("beda docker sama kubernetes")).kind == "refuse"
