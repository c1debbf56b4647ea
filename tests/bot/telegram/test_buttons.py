"""Buttons below an answer: what each does for its owner, and nothing for anybody else, however the data is forged."""

from __future__ import annotations

import io
import json
import re
from itertools import count
from typing import Any

import pytest
from docx import Document

from bot.conversation.draft import Citation, Draft, Point
from bot.telegram import buttons
from bot.texts import copy_of
from bot.texts.telegram import TelegramTexts
from tests.bot.telegram import stub
from tests.bot.telegram.conftest import BotProcess, StubBot, ask, wait_until
from tests.bot_api import Message, Person

COPY = copy_of(TelegramTexts, "id")
TURN = "AbCdEf-_1234"
PEOPLE = count(30_001)
SIX_ASPECTS = "Apa saja enam aspek kota cerdas menurut Pasal 61 PP 59/2022?"


def labels(keyboard: dict[str, Any]) -> list[list[str]]:
    return [[button["text"] for button in row] for row in keyboard["inline_keyboard"]]


def cited(*titles: str) -> Draft:
    citations = tuple(
        Citation(n, "x.md", title, "Pasal 61", "kutipan", "berlaku", "x", "x#1") for n, title in enumerate(titles, 1)
    )
    return Draft("answer", "id", Point("Jawaban", (1,)), citations=citations, follow_ups=("Apa dasar hukumnya?",))


def test_below_an_answer_stand_sources_ratings_consultant_document_and_follow_ups() -> None:
    draft = cited("PP 59/2022 tentang Perkotaan", "Buku Panduan Penyusunan Masterplan Smart City 2021")
    assert labels(buttons.below_answer(TURN, draft, COPY)) == [
        ["📄 [1] PP 59/2022, Pasal 61"],
        ["📄 [2] Pasal 61"],
        ["👍 Bermanfaat", "👎 Kurang tepat"],
        ["🗣 Bicara dengan konsultan"],
        ["⬇️ Unduh draf (.docx)"],
        ["Apa dasar hukumnya?"],
    ]


def test_in_a_group_the_consultant_is_a_link() -> None:
    keyboard = buttons.below_answer(TURN, cited("PP 59/2022"), COPY, "https://t.me/KotaCerdasBot?start=k_1")
    links = [button for row in keyboard["inline_keyboard"] for button in row if "url" in button]
    assert [link["text"] for link in links] == ["🗣 Bicara dengan konsultan"]


@pytest.mark.parametrize(("kind", "shown"), [("handover", 1), ("refuse", 0), ("smalltalk", 0), ("clarify", 0)])
def test_a_reply_without_proof_offers_at_most_the_consultant(kind: Any, shown: int) -> None:  # noqa: ANN401
    keyboard = buttons.below_answer(TURN, Draft(kind, "id", Point("Mohon maaf.", ())), COPY)
    assert len(labels(keyboard)) == shown


def test_a_long_label_is_cut_and_data_fits_into_64_bytes() -> None:
    draft = Draft("answer", "id", Point("x", ()), follow_ups=("pertanyaan lanjutan " * 9,))
    (label,) = labels(buttons.below_answer(TURN, draft, COPY))[-1]
    assert len(label) == buttons.LONGEST_LABEL
    assert label.endswith("…")
    data = [buttons.data("n", TURN, "3›"), buttons.data("i", TURN, "topics.layanan-publik-mpp")]
    assert all(len(text.encode()) <= 64 for text in data)


@pytest.mark.parametrize("junk", [None, "", "s", "s:", "a:b:c:d", "x" * 64])
def test_data_that_no_button_of_ours_carries_says_nothing(junk: str | None) -> None:
    assert buttons.read(junk) is None


def newcomer(bot: BotProcess, name: str = "Budi", **about: Any) -> Person:  # noqa: ANN401
    return bot.api.private(next(PEOPLE), name, **about)


def answered(bot: BotProcess, person: Person, question: str = SIX_ASPECTS) -> Message:
    ask(person, question)
    return person.wait_reply(timeout=20)


def alert(bot: BotProcess, query: str) -> str:
    return str(bot.api.wait_answer(query).get("text", ""))


def data_of(message: Message, label: str) -> str:
    return str(next(b["callback_data"] for b in message.buttons if label in b["text"]))


@pytest.fixture
def quick(stub_bot: StubBot) -> StubBot:
    """The bot that repeats the question, without Telegram's pace."""
    stub_bot.settings[stub.PACE] = "0.02"
    stub_bot.start()
    return stub_bot


def test_every_source_opens_its_verbatim_quote_and_its_neighbours(shared_bot: BotProcess) -> None:
    person = newcomer(shared_bot)
    answer = answered(shared_bot, person)
    sources = [button for button in answer.buttons if button["text"].startswith("📄")]
    ((held,),) = shared_bot.rows(f"SELECT draft FROM turns WHERE person_id = {person.id}")  # noqa: S608
    citations = json.loads(held)["citations"]
    assert len(sources) == len(citations) > 0
    for button, citation in zip(sources, citations, strict=True):
        assert alert(shared_bot, person.press(button["callback_data"], answer)) == ""
        opened = person.wait_reply()
        assert opened.text.startswith(f"Kutipan sumber [{citation['n']}]\n")
        quoted = " ".join(opened.spans("blockquote"))
        assert re.sub(r"\s", "", quoted) == re.sub(r"\s", "", citation["quote"])
    for arrow in ("‹", "›"):
        person.press(arrow, opened)
        neighbour = person.wait_reply()
        assert neighbour.text
        assert citation["title"] in neighbour.text
        assert citation["quote"] not in neighbour.text


def test_the_document_opens_in_word_with_question_and_sources(shared_bot: BotProcess) -> None:
    person = newcomer(shared_bot)
    answered(shared_bot, person)
    person.press("Unduh draf")
    sent = person.wait_reply()
    assert sent.file_name
    assert re.fullmatch(r"draf-kotacerdas-\d{8}-\d{4}\.docx", sent.file_name)
    assert "mohon periksa naskah resminya" in sent.text
    document = Document(io.BytesIO(sent.content or b""))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    text = "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])
    assert SIX_ASPECTS in text
    assert "Pasal 61" in text


def test_a_follow_up_is_asked_for_the_person(shared_bot: BotProcess) -> None:
    person = newcomer(shared_bot)
    ask(person, "Bagaimana syarat pinjaman daerah?")
    answer = person.wait_reply()
    follow_ups = [button for button in answer.buttons if button["callback_data"].startswith("f:")]
    assert 1 <= len(follow_ups) <= 3
    person.press(follow_ups[0]["callback_data"])
    assert "Pertanyaan: " in person.wait_reply().text


def test_a_rating_is_shown_on_the_button_and_kept_with_its_passages(shared_bot: BotProcess) -> None:
    person = newcomer(shared_bot)
    answer = answered(shared_bot, person)
    assert alert(shared_bot, person.press("👍 Bermanfaat")) == "Terima kasih, Bapak/Ibu. Penilaian dicatat."
    rated = person.wait_edit(answer)
    assert "✅ Bermanfaat" in str(rated.buttons)
    assert rated.text == answer.text
    turn = data_of(answer, "Bermanfaat").split(":")[1]
    given = "SELECT f.turn_id, verdict, passages, f.generation, t.generation FROM feedback f, turns t ON t.id = turn_id"
    ((verdict, passages, generation, of_turn),) = [row for of, *row in shared_bot.rows(given) if of == turn]
    assert verdict == "useful"
    assert "Pasal 61" in {passage["locator"] for passage in json.loads(passages)}
    assert generation == of_turn != ""


@pytest.mark.parametrize(
    ("label", "verdict"),
    [("Keliru", "wrong"), ("Kurang lengkap", "incomplete"), ("Sudah usang", "outdated"), ("Sulit dipahami", "unclear")],
)
def test_what_is_not_right_is_asked_and_kept(quick: StubBot, label: str, verdict: str) -> None:
    person = newcomer(quick)
    answer = answered(quick, person)
    assert alert(quick, person.press("👎 Kurang tepat")) == "Bagian mana yang kurang tepat?"
    asking = person.wait_edit(answer)
    assert [button["text"] for button in asking.buttons] == [*COPY.verdicts.values(), "‹ Kembali"]
    person.press(label)
    assert f"✅ Kurang tepat: {label}" in str(person.wait_edit(asking).buttons)
    assert quick.rows("SELECT verdict FROM feedback") == [(verdict,)]


def test_back_restores_the_keyboard_with_what_was_given(quick: StubBot) -> None:
    person = newcomer(quick)
    answer = answered(quick, person)
    person.press("👍 Bermanfaat")
    rated = person.wait_edit(answer)
    person.press("👎 Kurang tepat")
    asking = person.wait_edit(rated)
    person.press("‹ Kembali")
    assert person.wait_edit(asking).buttons == rated.buttons
    assert quick.rows("SELECT verdict FROM feedback") == [("useful",)]


def test_a_double_press_counts_once(quick: StubBot) -> None:
    person = newcomer(quick)
    answer = answered(quick, person)
    for query in [person.press("👍 Bermanfaat", answer) for _ in range(3)]:
        assert alert(quick, query) == "Terima kasih, Bapak/Ibu. Penilaian dicatat."
    wait_until(lambda: not quick.rows("SELECT 1 FROM messages WHERE state IN ('waiting', 'sending')"))
    assert quick.rows("SELECT verdict FROM feedback") == [("useful",)]
    assert not quick.rows("SELECT 1 FROM messages WHERE state NOT IN ('sent')")
    assert len(person.messages) == 1


FORGED = [
    "s:xxx:1",
    "s::",
    "s:{turn}:99",
    "s:{turn}:1",
    "n:{turn}:1",
    "n:{turn}:›",
    "v:{turn}:hack",
    "v:{turn}:",
    "f:{turn}:0",
    "f:{turn}:99999999999999999999",
    "f:{turn}:²",
    "e:id:99",
    "e:id:-1",
    "e:xx:hack",
    "e",
    "b::hack",
    "b:",
    "h::hack",
    "h:",
    "k:xxx:",
    "k:",
    "i:xxx:name.!skip",
    "i::",
    "i:",
    "r:xxx:",
    "o:1:again",
    "u:99999999999999999999999:dismiss",
    "?" * 64,
    "😀" * 16,
    "s:{turn}:1:2",
]


def test_forged_data_is_refused_kindly_and_changes_nothing(quick: StubBot) -> None:
    person = newcomer(quick)
    answer = answered(quick, person)
    turn = data_of(answer, "Bermanfaat").split(":")[1]
    told = {data: alert(quick, person.press_data(data.format(turn=turn), answer)) for data in FORGED}
    kind = (COPY.expired, COPY.not_yours, COPY.request_closed)
    assert {data: text for data, text in told.items() if text not in kind} == {}
    assert [message.text for message in person.messages] == [answer.text]
    assert person.messages[0].buttons == answer.buttons
    wait_until(lambda: not quick.rows("SELECT 1 FROM updates WHERE state != 'done'"))
    assert not quick.rows("SELECT 1 FROM feedback")


def test_a_stranger_cannot_press_the_buttons_of_another(quick: StubBot) -> None:
    owner, stranger = newcomer(quick), newcomer(quick, "Rina")
    answer = answered(quick, owner)
    own = answered(quick, stranger, "pertanyaan Rina")
    for label in ("Bermanfaat", "Kurang tepat", "konsultan", "Unduh"):
        query = stranger.press_data(data_of(answer, label), own)
        assert alert(quick, query) == COPY.not_yours
    assert stranger.messages == [own]
    assert not quick.rows("SELECT 1 FROM feedback")
    assert not quick.rows("SELECT 1 FROM intakes")


def test_a_press_whose_query_has_expired_still_does_what_it_says(quick: StubBot) -> None:
    person = newcomer(quick)
    answer = answered(quick, person)
    quick.api.fail("answerCallbackQuery", status=400)
    person.press("Bermanfaat")
    assert "✅ Bermanfaat" in str(person.wait_edit(answer).buttons)
    assert not quick.rows("SELECT 1 FROM updates WHERE state = 'set_aside'")


def test_the_words_of_an_alert_are_in_the_language_that_was_chosen(quick: StubBot) -> None:
    person = newcomer(quick)
    person.say("/bahasa")
    offered = person.wait_reply()
    person.press("English")
    person.wait_edit(offered)
    assert alert(quick, person.press_data("s:xxx:1")) == copy_of(TelegramTexts, "en").expired


def test_an_example_is_asked_and_repeated_above_its_answer(quick: StubBot) -> None:
    person = newcomer(quick)
    person.say("/start")
    greeting = person.wait_reply()
    person.press(COPY.examples[0], greeting)
    text = person.wait_reply().text
    assert text.startswith(f"Pertanyaan: {COPY.examples[0]}\n\n{stub.ANSWER} {COPY.examples[0].rstrip('?')}")


def test_an_answer_longer_than_a_message_has_its_buttons_on_the_last_part(quick: StubBot) -> None:
    person = newcomer(quick)
    question = "\n\n".join(f"{number}. a < b & c > d " + "<&>" * 100 for number in range(6))
    answered(quick, person, question)
    wait_until(lambda: len(person.messages) > 1 and person.messages[-1].buttons)
    *firsts, last = person.messages
    assert not any(message.buttons for message in firsts)
    assert "Bermanfaat" in str(last.buttons)
    assert "".join("".join(m.text for m in person.messages).split()) == "".join(f"{stub.ANSWER} {question}".split())
