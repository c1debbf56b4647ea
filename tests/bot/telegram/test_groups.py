"""In a group: silent unless it is meant, in the right topic, and nothing personal in front of others."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from bot.texts import copy_of
from bot.texts.telegram import TelegramTexts
from tests.bot.telegram import stub
from tests.bot.telegram.conftest import DATES, BotProcess, StubBot, answers, ask
from tests.bot_api import Group, Message, Person

COPY = copy_of(TelegramTexts, "id")
NUMBERS = count(50_001)


@pytest.fixture
def quick(stub_bot: StubBot) -> StubBot:
    """The bot that repeats the question, without Telegram's pace."""
    stub_bot.settings[stub.PACE] = "0.02"
    stub_bot.start()
    return stub_bot


def person(bot: BotProcess, name: str = "Budi", **about: Any) -> Person:  # noqa: ANN401
    return bot.api.private(next(NUMBERS), name, **about)


def group(bot: BotProcess, forum: bool = False) -> Group:
    return bot.api.group(-1_001_000_000_000 - next(NUMBERS), "Smart City Kebumen", forum)


def replied_to(message: Message) -> Any:  # noqa: ANN401
    return message.params.get("reply_parameters", {}).get("message_id")


def test_what_people_say_to_each_other_is_left_alone(quick: StubBot) -> None:
    budi, siti, team = person(quick), person(quick, "Siti"), group(quick)
    first = team.say(budi, "Rapat masterplan jam berapa?")
    team.say(siti, "Jam sepuluh.", reply_to=quick.api.message_id(first))
    team.say(budi, "@OrangLain tolong siapkan bahan")
    team.say(budi, "surel bot@KotaCerdasBotPalsu.id")
    team.say(siti, "/catatan rapat")
    team.say(siti, "/tanya@BotLain apa itu SPBE")
    team.say(budi, "", voice={"file_id": "a", "file_unique_id": "b", "duration": 3})
    ask(budi, "apa itu SPBE", team)
    assert answers([team.wait_reply()]) == ["apa itu SPBE"]
    assert len(team.messages) == 1
    assert quick.rows("SELECT count(*) FROM turns") == [(1,)]


def test_a_mention_is_answered_below_the_question_without_a_preview(quick: StubBot) -> None:
    budi, team = person(quick), group(quick)
    question = ask(budi, "apa itu SPBE?", team)
    answer = team.wait_reply()
    assert answers([answer]) == ["apa itu SPBE"]
    assert replied_to(answer) == quick.api.message_id(question)
    assert [call.method for call in list(quick.api.calls) if call.chat == team.id] == ["sendChatAction", "sendMessage"]


@pytest.mark.parametrize("said", ["halo @kotacerdasbot apa itu SPBE", "apa itu SPBE @KotaCerdasBot"])
def test_the_mention_may_stand_anywhere_in_any_case(quick: StubBot, said: str) -> None:
    budi, team = person(quick), group(quick)
    team.say(budi, said)
    assert "apa itu SPBE" in team.wait_reply().text
    assert "@" not in team.messages[0].text


def test_the_bare_name_is_greeted(quick: StubBot) -> None:
    budi, team = person(quick), group(quick)
    team.say(budi, "@KotaCerdasBot")
    assert team.wait_reply().text.startswith("Selamat datang, Bapak/Ibu.")


def test_a_reply_to_the_bot_is_meant_for_it(quick: StubBot) -> None:
    budi, siti, team = person(quick), person(quick, "Siti"), group(quick)
    ask(budi, "apa itu SPBE", team)
    answer = team.wait_reply()
    team.say(siti, "kalau Pemdi", reply_to=answer)
    assert answers([team.wait_reply()]) == ["kalau Pemdi"]


@pytest.mark.parametrize("command", ["/tanya", "/tanya@KotaCerdasBot"])
def test_the_command_asks(quick: StubBot, command: str) -> None:
    budi, team = person(quick), group(quick)
    question = team.say(budi, f"{command} apa itu SPBE?")
    answer = team.wait_reply()
    assert answers([answer]) == ["apa itu SPBE"]
    assert replied_to(answer) == quick.api.message_id(question)


def test_the_command_without_a_question_shows_how(quick: StubBot) -> None:
    budi, team = person(quick), group(quick)
    team.say(budi, "/tanya")
    reply = team.wait_reply()
    assert reply.text.startswith("Silakan tulis pertanyaannya setelah perintah")
    assert reply.spans("code") == ["/tanya apa saja enam aspek kota cerdas?"]


def test_an_answer_stays_in_the_topic_of_its_question(quick: StubBot) -> None:
    budi, team = person(quick), group(quick, forum=True)
    topic, other = team.topic("Masterplan"), team.topic("Umum", budi.user)
    team.say(budi, "di dalam topik buatan bot, tanpa menyebutnya", thread=topic)
    team.say(budi, "di topik lain", thread=other)
    for command in ("/tanya apa itu SPBE?", "/tanya", "/status", "/bantuan", "@KotaCerdasBot apa itu Pemdi?"):
        team.say(budi, command, thread=topic, date=next(DATES))
        assert team.wait_reply().thread == topic
    assert len(team.messages) == 5
    typing = quick.api.calls_of("sendChatAction", team)
    assert {call.params.get("message_thread_id") for call in typing} == {topic}


def test_questions_at_once_in_two_topics_are_two_questions(quick: StubBot) -> None:
    budi, team = person(quick), group(quick, forum=True)
    for name in ("Masterplan", "Anggaran"):
        topic = team.topic(name)
        team.say(budi, f"/tanya apa itu {name}", thread=topic)
        answer = team.wait_reply()
        assert answers([answer]) == [f"apa itu {name}"]
        assert answer.thread == topic


def test_buttons_in_a_topic_reply_into_the_topic(quick: StubBot) -> None:
    budi, team = person(quick), group(quick, forum=True)
    topic = team.topic("Masterplan")
    team.say(budi, "/tanya apa itu SPBE?", thread=topic)
    answer = team.wait_reply()
    team.press(budi, "Unduh draf", answer)
    assert team.wait_reply().thread == topic


def test_the_topic_general_is_never_named(quick: StubBot) -> None:
    budi, team = person(quick), group(quick, forum=True)
    ask(budi, "apa itu SPBE", team)
    assert team.wait_reply().thread is None


@pytest.mark.parametrize("command", ["/datasaya", "/hapusdata", "/riwayat", "/status", "/konsultasi", "/batal"])
def test_personal_commands_refer_to_the_private_chat(quick: StubBot, command: str) -> None:
    budi, team = person(quick), group(quick)
    team.say(budi, command)
    reply = team.wait_reply()
    assert reply.text == COPY.only_private
    assert [button["url"] for button in reply.buttons] == ["https://t.me/KotaCerdasBot?start=grup"]
    assert budi.messages == []


def test_help_in_a_group_is_short(quick: StubBot) -> None:
    budi, team = person(quick), group(quick)
    team.say(budi, "/bantuan@KotaCerdasBot")
    text = team.wait_reply().text
    assert text.startswith("Di dalam grup kami menjawab bila disebut namanya")
    assert "/datasaya" not in text


def test_an_introduction_names_only_the_office_in_front_of_others(quick: StubBot) -> None:
    siti, team = person(quick, "Siti"), group(quick)
    ask(siti, "Saya Siti Rahmawati, Kabid Aptika Diskominfo Kab. Kebumen. Apa itu SPBE?", team)
    text = team.wait_reply().text
    assert "Kabupaten Kebumen" in text
    assert "Siti" not in text.partition(stub.ANSWER)[0]


def test_only_the_asker_may_rate_an_answer(quick: StubBot) -> None:
    budi, siti, team = person(quick), person(quick, "Siti"), group(quick)
    ask(budi, "apa itu SPBE", team)
    answer = team.wait_reply()
    for label in ("Bermanfaat", "Kurang tepat", "Unduh"):
        assert quick.api.wait_answer(team.press(siti, label, answer))["text"] == COPY.not_yours
    assert quick.api.wait_answer(team.press(budi, "Bermanfaat", answer))["text"] == COPY.thanks_useful
    rated = team.wait_edit(answer)
    assert "✅ Bermanfaat" in str(rated.buttons)
    assert [button["url"] for button in rated.buttons if "url" in button]


def test_nobody_can_turn_an_answer_into_something_else_with_forged_data(quick: StubBot) -> None:
    budi, siti, team = person(quick), person(quick, "Siti"), group(quick)
    ask(budi, "apa itu SPBE", team)
    answer = team.wait_reply()
    for data in ("h::ya", "h::tidak", "i:x:name.!skip", "k:x:"):
        text = quick.api.wait_answer(team.press_data(siti, data, answer))["text"]
        assert text in (COPY.expired, COPY.request_closed)
    assert team.messages == [answer]


def test_the_consultant_is_reached_by_a_link_that_brings_the_question_along(quick: StubBot) -> None:
    siti, budi, team = person(quick, "Siti"), person(quick), group(quick)
    ask(siti, "Bagaimana pembiayaan command center?", team)
    (link,) = [button["url"] for button in team.wait_reply().buttons if "url" in button]
    start = link.removeprefix("https://t.me/KotaCerdasBot?start=")
    siti.say(f"/start {start}")
    assert "Langkah 1 dari" in siti.wait_reply().text
    ((state,),) = quick.rows(f"SELECT state FROM intakes WHERE person_id = {siti.id}")  # noqa: S608
    assert '"need":"Bagaimana pembiayaan command center?"' in state
    assert quick.rows(f"SELECT start_payload FROM people WHERE id = {siti.id}") == [(start,)]  # noqa: S608
    budi.say(f"/start {start}")
    budi.wait_reply()
    ((state,),) = quick.rows(f"SELECT state FROM intakes WHERE person_id = {budi.id}")  # noqa: S608
    assert "command center" not in state
    assert len(team.messages) == 1


def test_the_history_of_a_group_stays_out_of_the_private_one(quick: StubBot) -> None:
    budi, team = person(quick), group(quick)
    ask(budi, "apa itu SPBE", team)
    team.wait_reply()
    budi.say("/riwayat")
    assert budi.wait_reply().text == COPY.history_empty


def test_talk_in_a_group_does_not_count_as_a_flood(stub_bot: StubBot) -> None:
    stub_bot.settings |= {"KOTACERDAS_LIMITS__MESSAGES_PER_PERSON": "3", stub.PACE: "0.02"}
    stub_bot.start()
    budi, team = person(stub_bot), group(stub_bot)
    for number in range(9):
        team.say(budi, f"obrolan {number}")
    ask(budi, "apa itu SPBE", team)
    assert answers([team.wait_reply()]) == ["apa itu SPBE"]
    assert len(team.messages) == 1


def test_the_edit_of_a_question_in_a_group_changes_its_answer(quick: StubBot) -> None:
    budi, team = person(quick), group(quick)
    question = ask(budi, "apa itu msterplan", team)
    answer = team.wait_reply()
    # A person edits their own message; the server lets any chat do it.
    team.history[quick.api.message_id(question)]["from"] = budi.user
    team.edit(quick.api.message_id(question), "@KotaCerdasBot apa itu masterplan")
    edited = team.wait_edit(answer)
    assert answers([edited]) == ["apa itu masterplan"]
    assert edited.buttons == answer.buttons
