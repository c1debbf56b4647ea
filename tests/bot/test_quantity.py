"""What an official asks for by number has to stand in the library, or the answer says that it does not."""

from __future__ import annotations

import pytest

from bot.conversation.converse import Conversation
from bot.conversation.understand import Question


@pytest.mark.parametrize(
    "question",
    [
        "Berapa persen dana desa untuk stunting?",
        "Berapa ukuran minimal ruang command center?",
        "Survei kepuasan masyarakat minimal berapa responden?",
        "Berapa tahun pengalaman minimal tenaga ahli penyusun masterplan?",
        "Berapa persen TKDN perangkat command center?",
    ],
)
def test_a_quantity_that_no_passage_states_goes_to_a_consultant(conversation: Conversation, question: str) -> None:
    draft = conversation.ask(Question(question))
    assert draft.kind == "handover"
    assert "konsultan" in draft.answer


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Berapa persen belanja pegawai paling tinggi?", "30 persen"),
        ("audit tik brp tahun sekali?", "dua tahun"),
        ("PPID harus menjawab permohonan dalam berapa hari kerja?", "10 hari kerja"),
        ("Berapa kabupaten/kota yang dipilih pada 2018?", "50"),
        ("Ada berapa prinsip Satu Data?", "empat"),
        ("How many indicators does the digital government index have?", "20 indikator"),
    ],
)
def test_a_quantity_that_the_library_states_is_answered(conversation: Conversation, question: str, said: str) -> None:
    assert said in conversation.ask(Question(question)).answer


def test_a_price_asked_for_on_a_false_premise_gets_the_premise_corrected(conversation: Conversation) -> None:
    draft = conversation.ask(Question("karena SNI ISO 37122 wajib, berapa biaya sertifikasinya?"))
    assert "tidak ditujukan untuk sertifikasi" in draft.answer


def test_the_value_of_the_own_region_is_not_answered_with_the_national_one(conversation: Conversation) -> None:
    assert conversation.ask(Question("Berapa nilai SPBE kabupaten kami tahun 2024?")).kind == "handover"
