"""An answer that a model writes is seen as it comes: at Telegram's pace, and the whole takes its place."""

from __future__ import annotations

from itertools import pairwise

import pytest

from bot.telegram.signs import BUSY
from bot.texts import copy_of
from bot.texts.telegram import TelegramTexts
from tests.bot.telegram import stub
from tests.bot.telegram.conftest import StubBot, answers, ask, wait_until
from tests.bot_api import BotApi, Call, Chat

COPY = copy_of(TelegramTexts, "id")
PACE = 0.02
QUESTION = f"apa itu SPBE {stub.GROWS}"


@pytest.fixture
def quick(stub_bot: StubBot) -> StubBot:
    """The bot that repeats the question, without Telegram's pace."""
    stub_bot.settings[stub.PACE] = str(PACE)
    stub_bot.start()
    return stub_bot


def calls(api: BotApi, chat: Chat) -> list[Call]:
    """What was shown in a chat, without "typing"."""
    return [call for call in list(api.calls) if call.chat == chat.id and call.method != "sendChatAction"]


def test_in_a_private_chat_the_draft_grows_and_the_message_follows(quick: StubBot) -> None:
    budi = quick.api.private(7101)
    budi.say(QUESTION)
    assert answers([budi.wait_reply()]) == [QUESTION]
    *drafts, last = calls(quick.api, budi)
    assert last.method == "sendMessage"
    assert {call.method for call in drafts} == {"sendMessageDraft"}
    texts = [str(call.params["text"]) for call in drafts]
    assert len(texts) >= 2
    assert texts == sorted(set(texts), key=len)
    assert len({call.params["draft_id"] for call in drafts}) == 1


def test_pieces_that_come_too_fast_are_left_out(quick: StubBot) -> None:
    budi = quick.api.private(7102)
    budi.say(QUESTION)
    budi.wait_reply()
    drafts = [call.at for call in calls(quick.api, budi) if call.method == "sendMessageDraft"]
    assert len(drafts) < stub.GROWING_PIECES
    assert all(after - before > 8 * PACE for before, after in pairwise(drafts))


def test_in_a_group_one_message_grows_and_becomes_the_answer(quick: StubBot) -> None:
    budi, team = quick.api.private(7103), quick.api.group(-1_001_000_007_103, "Tim Kebumen")
    question = ask(budi, QUESTION, team)
    wait_until(lambda: team.messages and "Jawaban atas" in team.messages[0].text, what="the answer")
    wait_until(quick.is_done, what="an end")
    assert len(team.messages) == 1
    first, *edits = calls(quick.api, team)
    assert first.params["text"] == COPY.one_moment
    assert first.params["reply_parameters"]["message_id"] == quick.api.message_id(question)
    assert {call.method for call in edits} == {"editMessageText"}
    assert any("Sebagian" in str(call.params["text"]) for call in edits)
    assert team.messages[0].buttons
    assert quick.rows("SELECT count(*) FROM messages WHERE purpose IS NOT NULL") == [(0,)]


def test_what_has_not_left_yet_is_the_answer_at_once(stub_bot: StubBot) -> None:
    stub_bot.start()
    budi, team = stub_bot.api.private(7104), stub_bot.api.group(-1_001_000_007_104, "Tim Kebumen")
    ask(budi, "apa itu SPBE", team)
    team.wait_reply()
    # Telegram's pace holds the next message back for longer than the model writes.
    ask(budi, f"apa itu Pemdi {stub.GROWS}", team)
    answer = team.wait_reply()
    assert answers([answer]) == [f"apa itu Pemdi {stub.GROWS}"]
    assert len(team.messages) == 2


def test_after_a_crash_the_answer_takes_the_place_of_what_was_there(quick: StubBot) -> None:
    budi, team = quick.api.private(7105), quick.api.group(-1_001_000_007_105, "Tim Kebumen")
    ask(budi, QUESTION, team)
    wait_until(lambda: team.messages and "Sebagian" in team.messages[0].text, what="a piece")
    quick.kill()
    quick.start()
    wait_until(lambda: "Jawaban atas" in team.messages[0].text, what="the answer")
    wait_until(quick.is_done, what="an end")
    assert len(team.messages) == 1


def test_an_answer_that_came_at_once_is_shown_before_it_is_sent(quick: StubBot) -> None:
    budi = quick.api.private(7104)
    budi.say("apa itu SPBE?")
    budi.wait_reply()
    assert [call.method for call in calls(quick.api, budi)] == ["sendMessageDraft", "sendMessage"]


def test_with_many_questions_at_once_each_is_answered_and_not_shown_before(quick: StubBot) -> None:
    crowd = [quick.api.private(7200 + n) for n in range(60)]
    for person in crowd:
        person.say(f"apa itu SPBE? {stub.SLOW}")
    for person in crowd:
        person.wait_reply(timeout=60)
    wait_until(quick.is_done, what="an end")
    methods = [[call.method for call in calls(quick.api, person)] for person in crowd]
    assert all(shown.count("sendMessage") == 1 for shown in methods)
    without = sum("sendMessageDraft" not in shown for shown in methods)
    assert without >= 60 - 2 * BUSY
