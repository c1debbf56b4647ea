"""What a follow-up takes from the turns before."""

from __future__ import annotations

import pytest

from knowledge.follow_up import leans_on, said_before
from knowledge.retrieve import Library

RP2P = "Apa itu RP2P dan di mana kedudukannya dalam RPJMD?"
SECRETARIAT = "Siapa koordinator Forum Satu Data di kabupaten?"


@pytest.mark.parametrize(
    "message",
    [
        "lalu siapa yang menyusunnya?",
        "terus jangka waktunya berapa lama",
        "kalau di provinsi bagaimana?",
        "sanksinya?",
        "and who pays for it?",
        "apakah itu wajib?",
    ],
)
def test_a_follow_up_takes_the_topic_of_the_turn_before(message: str) -> None:
    assert leans_on(message, (RP2P,)) == RP2P


@pytest.mark.parametrize(
    "message",
    [
        "Apa saja enam aspek kota cerdas menurut PP 59/2022?",
        "Dokumen apa yang harus disiapkan daerah untuk evaluasi smart city?",
        "Bagaimana syarat pinjaman daerah untuk membangun pusat kendali kota?",
        "isi pasal 61 PP 59/2022?",
        "apakah PP 34/2009 masih berlaku?",
    ],
)
def test_a_question_with_its_own_topic_stands_alone(message: str) -> None:
    assert leans_on(message, (RP2P,)) == ""


def test_without_history_a_question_is_what_was_typed() -> None:
    assert leans_on("lalu siapa?", ()) == ""


def test_a_chain_of_follow_ups_goes_back_to_the_topic() -> None:
    text = leans_on("lalu di mana?", (RP2P, SECRETARIAT, "terus sekretariatnya?"))
    assert text == f"{SECRETARIAT} terus sekretariatnya?"


def test_asking_for_another_article_drops_the_article_of_the_turn_before() -> None:
    text = leans_on("terus pasal 64?", ("Pasal 63 PP 59/2022 mengatur apa?",))
    assert "63" not in text
    assert "PP 59/2022" in text


def test_a_follow_up_about_an_article_keeps_the_article() -> None:
    text = leans_on("siapa yang wajib menurut itu?", ("Apa isi pasal 46 UU PDP?",))
    assert "pasal 46 UU PDP" in text


def test_of_a_history_only_what_the_person_said_counts() -> None:
    turns = [
        "Apa itu RP2P?",
        {"role": "assistant", "content": "RP2P adalah rencana."},
        {"role": "user", "content": "siapa penyusunnya?"},
        {"question": "kapan?"},
        {"role": "user"},
    ]
    assert said_before(turns) == ("Apa itu RP2P?", "siapa penyusunnya?", "kapan?")


@pytest.mark.parametrize("message", ["jelaskan lebih sederhana", "ulangi lagi dong", "explain it simpler"])
def test_who_asks_for_the_same_in_other_words_is_told_the_same_again(library: Library, message: str) -> None:
    first = library.search(RP2P, 3).passages
    again = library.search(message, 3, leans_on(message, (RP2P,))).passages
    assert [p.chunk.id for p in again] == [p.chunk.id for p in first]
