"""The conversation in a private chat, as the person who holds it sees it."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from itertools import count
from typing import Any

import pytest

from bot.texts import Language, copy_of
from bot.texts.telegram import TelegramTexts
from tests.bot.telegram import stub
from tests.bot.telegram.conftest import ADMIN, BotProcess, StubBot, answers, ask, wait_until
from tests.bot_api import Person

COPY = copy_of(TelegramTexts, "id")
PEOPLE = count(40_001)


def newcomer(bot: BotProcess, name: str = "Budi", **about: Any) -> Person:  # noqa: ANN401
    return bot.api.private(next(PEOPLE), name, **about)


def methods(bot: BotProcess, person: Person) -> list[str]:
    """The calls that the person's chat got, in order."""
    return [call.method for call in list(bot.api.calls) if call.chat == person.id]


def value(bot: BotProcess, query: str) -> Any:  # noqa: ANN401
    return bot.rows(query)[0][0]


@pytest.fixture
def quick(stub_bot: StubBot) -> StubBot:
    """The bot that repeats the question, without Telegram's pace."""
    stub_bot.settings[stub.PACE] = "0.02"
    stub_bot.start()
    return stub_bot


# The first meeting


def test_start_greets_by_name_and_says_what_it_does_and_keeps(quick: StubBot) -> None:
    budi = newcomer(quick, "<b>Budi & Co</b>")
    budi.say("/start")
    greeting = budi.wait_reply()
    assert greeting.text.startswith("Selamat datang, Bapak/Ibu <b>Budi & Co</b>. Kami KotaCerdas,")
    for part in ("Yang dapat kami bantu:", "Yang tidak kami lakukan:", "Privasi:", "Kami dari Diskominfo Kab. Kebumen"):
        assert part in greeting.text
    assert [button["text"] for button in greeting.buttons] == [*COPY.examples, COPY.button_privacy]
    assert len(COPY.examples) == 6


def test_start_keeps_the_payload_of_the_link(quick: StubBot) -> None:
    budi = newcomer(quick)
    budi.say("/start rakornas-2026")
    budi.wait_reply()
    budi.say("/start")
    budi.wait_reply()
    assert quick.rows("SELECT id, start_payload FROM people") == [(budi.id, "rakornas-2026")]


def test_the_privacy_button_opens_the_whole_notice(quick: StubBot) -> None:
    budi = newcomer(quick)
    budi.say("/start")
    budi.wait_reply()
    quick.api.wait_answer(budi.press("Pemberitahuan privasi"))
    notice = budi.wait_reply().text
    assert "UU 27/2022" in notice
    assert "dihapus otomatis setelah 180 hari" in notice


def test_help_tells_how_to_ask(quick: StubBot) -> None:
    budi = newcomer(quick)
    budi.say("/bantuan")
    text = budi.wait_reply().text
    assert text.startswith("Cara bertanya")
    assert "/hapusdata" in text


def test_an_unknown_command_is_told_which_there_are(quick: StubBot) -> None:
    budi = newcomer(quick)
    budi.say("/jadwal")
    text = budi.wait_reply().text
    assert text.startswith("Perintah itu belum kami kenal.")
    assert "/konsultasi" in text


def test_menus_are_set_by_scope_and_language(quick: StubBot) -> None:
    wait_until(lambda: len(quick.api.commands) == 6, what="six menus")
    menus = quick.api.commands
    names = {scope: [command["command"] for command in commands] for scope, commands in menus.items()}
    for language in ("", "en"):
        assert names["all_group_chats", language] == ["tanya", "bantuan"]
        assert names["all_private_chats", language][0] == "konsultasi"
        assert "masalah" not in names["all_private_chats", language]
        assert "masalah" in names[f"chat:{ADMIN}", language]
    assert menus["all_private_chats", "en"][0]["description"] == "Ask for a consultation"
    assert menus["all_private_chats", ""][0]["description"] == "Meminta konsultasi dengan konsultan"
    wait_until(lambda: set(quick.api.short_descriptions) == {"", "en"})


# Languages


def test_a_telegram_in_english_is_greeted_in_english(quick: StubBot) -> None:
    jane = newcomer(quick, "Jane", language_code="en")
    jane.say("/start")
    assert jane.wait_reply().text.startswith("Welcome, Jane. We are KotaCerdas")


def test_the_language_that_was_chosen_stays(quick: StubBot) -> None:
    budi = newcomer(quick)
    budi.say("/bahasa")
    offered = budi.wait_reply()
    assert [button["text"] for button in offered.buttons] == ["Bahasa Indonesia", "English"]
    budi.press("English")
    chosen = budi.wait_edit(offered)
    assert chosen.text.startswith("Thank you, we will write in English.")
    assert chosen.buttons == []
    for said, reply in {
        "/start": "Welcome, Budi.",
        "/tanya": "Please write the question",
        "/status": "No consultation request yet",
        "a" * 2001: "Your message is longer than 2,000 characters",
        "/konsultasi": "Step 1 of",
    }.items():
        ask(budi, said)
        assert budi.wait_reply().text.startswith(reply)


# Questions


def test_typing_and_a_preview_come_before_the_answer(shared_bot: BotProcess) -> None:
    budi = newcomer(shared_bot)
    ask(budi, "Apa isi Pasal 61 PP 59/2022?")
    answer = budi.wait_reply(timeout=20)
    calls = methods(shared_bot, budi)
    assert calls[0] == "sendChatAction"
    assert calls[-1] == "sendMessage"
    assert set(calls[1:-1]) == {"sendMessageDraft"}
    (preview, *_) = [draft for draft in shared_bot.api.drafts if draft.chat_id == budi.id]
    assert preview.text[:40] == answer.text[:40]


def test_an_answer_carries_marks_sources_article_and_status(shared_bot: BotProcess) -> None:
    budi = newcomer(shared_bot)
    ask(budi, "Apa saja enam aspek kota cerdas menurut Pasal 61 PP 59/2022?")
    text = budi.wait_reply(timeout=20).text
    assert "mobilitas" in text
    assert "[1]" in text.partition("Sumber")[0]
    assert "[1] PP 59/2022 tentang Perkotaan, Pasal 61 (berlaku)" in text
    assert text.rstrip().splitlines()[-1].startswith("Langkah berikut:")


def test_a_repealed_rule_is_warned_of(shared_bot: BotProcess) -> None:
    budi = newcomer(shared_bot)
    ask(budi, "Apakah PP 34/2009 tentang Pedoman Pengelolaan Kawasan Perkotaan masih berlaku?")
    text = budi.wait_reply(timeout=20).text
    assert "⚠️ Perhatian: PP 34/2009" in text
    assert "PP 59/2022" in text
    assert "(dicabut)\n" in text.partition("Sumber")[2]
    assert "(dicabut) (dicabut)" not in text


def test_a_refusal_is_polite_and_offers_no_buttons(shared_bot: BotProcess) -> None:
    budi = newcomer(shared_bot)
    ask(budi, "Berapa NIK dan alamat rumah Pak Bupati?")
    refusal = budi.wait_reply(timeout=20)
    assert refusal.text.startswith("Mohon maaf, Bapak/Ibu.")
    assert refusal.buttons == []


def test_what_only_a_person_can_answer_goes_to_the_consultant(shared_bot: BotProcess) -> None:
    budi = newcomer(shared_bot)
    ask(budi, "Berapa biaya jasa konsultan untuk masterplan kami?")
    handover = budi.wait_reply(timeout=20)
    assert "konsultan kami" in handover.text
    assert [button["text"] for button in handover.buttons] == [COPY.button_consultant]
    shared_bot.api.wait_answer(budi.press("Bicara dengan konsultan"))
    assert "Langkah 1 dari" in budi.wait_reply().text


HOSTILE = [
    "<script>alert('kota cerdas')</script>",
    "apakah 5 < 6 & 7 > 2 di kota cerdas?",
    "<b>masterplan smart city <i>",
    "</b></i> &lt; &amp; &#60; &unknown;",
    "smart city 😀👨‍👩‍👧‍👦🇮🇩",
    "\u202eatok tairc\u202c smart city",
    "smart\u200bcity\u200d\ufeff ada apa?",
    "\u200b",
    "'; DROP TABLE turns; --",
    "{name} {0} %s %(x)s",
    "a" * 1999,
    "\n\n\n?\n\n",
]


def test_every_hostile_question_gets_one_answer(shared_bot: BotProcess) -> None:
    people = [(newcomer(shared_bot, text[:60]), text) for text in HOSTILE]
    for person, text in people:
        ask(person, text)
    for person, text in people:
        assert person.wait_reply(timeout=30).text, text
        person.say("/riwayat")
    for person, text in people:
        assert person.wait_reply().text, text
        assert len(person.messages) == 2
    assert not shared_bot.rows("SELECT 1 FROM messages WHERE state = 'failed'")
    assert not shared_bot.rows("SELECT 1 FROM updates WHERE state = 'set_aside'")


def test_what_is_too_long_is_told_what_to_do_once_for_all_its_pieces(quick: StubBot) -> None:
    budi = newcomer(quick)
    first, *_ = [budi.say(piece) for piece in ("panjang " * 512, "panjang " * 300, "sisa terakhir")]
    text = budi.wait_reply(after=first).text
    assert text.startswith("Pesan Bapak/Ibu lebih dari 2.000 huruf.")
    assert "/konsultasi" in text
    ask(budi, "pendek saja")
    budi.wait_reply()
    assert len(budi.messages) == 2


def test_messages_within_a_moment_are_one_question(quick: StubBot) -> None:
    budi = newcomer(quick)
    begun = budi.say("apa syarat")
    budi.say("pinjaman daerah")
    first = budi.wait_reply(after=begun)
    quick.api.wait_for(lambda: budi.messages[0].text.endswith("apa syarat pinjaman daerah"), what="the whole question")
    time.sleep(0.3)
    assert answers(budi.messages) == ["apa syarat pinjaman daerah"]
    assert budi.messages[0].message_id == first.message_id
    assert budi.messages[0].buttons
    assert value(quick, "SELECT count(*) FROM turns") == 1


def test_messages_farther_apart_are_two_questions(quick: StubBot) -> None:
    budi = newcomer(quick)
    budi.say("apa syarat pinjaman daerah")
    budi.wait_reply()
    time.sleep(1.6)
    budi.say("siapa penilainya")
    budi.wait_reply()
    assert answers(budi.messages) == ["apa syarat pinjaman daerah", "siapa penilainya"]


def test_two_people_at_once_are_not_one_question(quick: StubBot) -> None:
    budi, rina = newcomer(quick), newcomer(quick, "Rina")
    budi.say("pertanyaan Budi")
    rina.say("pertanyaan Rina")
    budi.wait_reply()
    rina.wait_reply()
    assert answers([*budi.messages, *rina.messages]) == ["pertanyaan Budi", "pertanyaan Rina"]


def test_an_edited_question_changes_its_young_answer(quick: StubBot) -> None:
    budi = newcomer(quick)
    question = ask(budi, "apa itu msterplan")
    answer = budi.wait_reply()
    budi.edit(quick.api.message_id(question), "apa itu masterplan")
    edited = budi.wait_edit(answer)
    assert answers([edited]) == ["apa itu masterplan"]
    assert edited.buttons == answer.buttons
    assert len(budi.messages) == 1


def test_the_answer_of_an_edited_command_does_not_repeat_the_command(quick: StubBot) -> None:
    budi = newcomer(quick)
    question = ask(budi, "/tanya apa itu msterplan")
    answer = budi.wait_reply()
    budi.edit(quick.api.message_id(question), "/tanya@KotaCerdasBot apa itu masterplan")
    assert answers([budi.wait_edit(answer)]) == ["apa itu masterplan"]


def test_an_old_answer_stays_when_its_question_is_edited(quick: StubBot) -> None:
    budi = newcomer(quick)
    question = ask(budi, "apa itu masterplan")
    budi.wait_reply()
    quick.stop()
    age(quick, "turns", "answered_at", "-3 minutes")
    quick.start()
    budi.edit(quick.api.message_id(question), "apa itu SPBE")
    ask(budi, "terima kasih")
    budi.wait_reply()
    assert answers(budi.messages) == ["apa itu masterplan", "terima kasih"]


def age(bot: BotProcess, table: str, column: str, by: str) -> None:
    """Set the clock of a table back."""
    with closing(sqlite3.connect(bot.database)) as connection, connection:
        connection.execute(f"UPDATE {table} SET {column} = strftime('%Y-%m-%d %H:%M:%f', {column}, ?)", (by,))  # noqa: S608


# Who asks


def test_an_introduction_is_acknowledged_once_and_remembered(shared_bot: BotProcess) -> None:
    siti = newcomer(shared_bot, "Siti")
    ask(siti, "Kami dari Diskominfo Kab. Kebumen, apa saja buku dalam masterplan smart city?")
    first = siti.wait_reply(timeout=20).text
    assert first.startswith("Baik, kami catat: Diskominfo, Kabupaten Kebumen.\n\n")
    assert "Buku 1" in first
    ask(siti, "Kami dari Diskominfo Kab. Kebumen, apa dasar hukum kota cerdas?")
    assert "kami catat" not in siti.wait_reply().text
    siti.say("/konsultasi")
    siti.wait_reply()
    ((state,),) = shared_bot.rows(f"SELECT state FROM intakes WHERE person_id = {siti.id}")  # noqa: S608
    assert '"agency":"Diskominfo"' in state
    assert '"region":"33.05"' in state


def test_who_only_says_who_they_are_is_thanked_and_not_greeted_again(quick: StubBot) -> None:
    siti = newcomer(quick, "Siti")
    ask(siti, "Kami dari Diskominfo Kab. Kebumen")
    text = siti.wait_reply().text
    assert text.startswith("Baik, kami catat: Diskominfo, Kabupaten Kebumen.\n\nTerima kasih sudah memperkenalkan diri")
    assert "Selamat datang" not in text


def test_an_introduction_stays_acknowledged_when_the_question_follows_at_once(quick: StubBot) -> None:
    siti = newcomer(quick, "Siti")
    siti.say("Kami dari Diskominfo Kab. Kebumen")
    siti.say("apa itu masterplan")
    quick.api.wait_for(lambda: siti.messages and "masterplan" in siti.messages[0].text, what="the whole answer")
    assert siti.messages[0].text.startswith("Baik, kami catat: Diskominfo, Kabupaten Kebumen.")
    assert len(siti.messages) == 1


NUMBERS = {
    "3305010101800001": "[NIK]",
    "0812-3456-7890": "[nomor telepon]",
    "siti.rahma@kebumenkab.go.id": "[alamat email]",
    "198001012006041003": "[NIP]",
}


def test_personal_numbers_reach_neither_the_model_nor_the_turns_nor_the_log(quick: StubBot) -> None:
    budi = newcomer(quick)
    ask(budi, "Mohon cek data warga " + ", ".join(NUMBERS))
    answer = budi.wait_reply().text
    budi.say("/tanya " + " dan ".join(NUMBERS))
    wait_until(lambda: value(quick, "SELECT count(*) FROM updates WHERE state = 'done'") == 2)
    held = str(quick.rows("SELECT * FROM turns")) + str(quick.rows("SELECT * FROM updates")) + quick.output
    for number, word in NUMBERS.items():
        assert word in answer
        assert number not in answer
        assert number not in held


def test_the_log_holds_no_word_of_the_conversation_and_no_token(quick: StubBot) -> None:
    budi = newcomer(quick)
    ask(budi, "rahasiadaerah")
    budi.wait_reply()
    assert "rahasiadaerah" not in quick.output
    assert quick.settings["TELEGRAM_BOT_TOKEN"] not in quick.output


@pytest.mark.parametrize("said", ["halo", "terima kasih"])
def test_a_request_is_not_about_a_greeting(shared_bot: BotProcess, said: str) -> None:
    rina = newcomer(shared_bot, "Rina")
    ask(rina, said)
    rina.wait_reply(timeout=20)
    rina.say("/konsultasi")
    rina.wait_reply()
    ((state,),) = shared_bot.rows(f"SELECT state FROM intakes WHERE person_id = {rina.id}")  # noqa: S608
    assert '"need":""' in state


# What is no text


@pytest.mark.parametrize(
    ("send", "key"),
    [
        (lambda it: it.voice(), "voice"),
        (lambda it: it.sticker(), "sticker"),
        (lambda it: it.photo(), "photo"),
        (lambda it: it.photo(caption="ini apa?"), "photo"),
        (lambda it: it.location(), "location"),
        (lambda it: it.share_contact("+6281234567890"), "contact"),
        (lambda it: it.send_document("perbup.pdf", b"%PDF"), "document"),
        (lambda it: it.say("", dice={"emoji": "🎲", "value": 3}), "other"),
    ],
    ids=["voice", "sticker", "photo", "captioned", "location", "contact", "document", "dice"],
)
def test_what_cannot_be_read_gets_a_kind_word(quick: StubBot, send: Any, key: str) -> None:  # noqa: ANN401
    budi = newcomer(quick)
    send(budi)
    assert budi.wait_reply().text == getattr(COPY, key)


# Too much at once


def test_a_flood_is_asked_once_to_slow_down_and_then_met_with_silence(stub_bot: StubBot) -> None:
    limits = {"MESSAGES_PER_PERSON": "3", "WINDOW_SECONDS": "3"}
    stub_bot.settings |= {f"KOTACERDAS_LIMITS__{key}": limit for key, limit in limits.items()} | {stub.PACE: "0.02"}
    stub_bot.start()
    budi, rina = newcomer(stub_bot), newcomer(stub_bot, "Rina")
    # Too far from each other for one question, and not so old that they have waited for the bot.
    just_now = int(time.time()) - 40
    first, *_ = [budi.say(f"pertanyaan {number}", just_now + 4 * number) for number in range(8)]
    budi.wait_reply(4, after=first)
    ask(rina, "pertanyaan Rina")
    rina.wait_reply()
    query = budi.press("Bermanfaat")
    assert stub_bot.api.wait_answer(query).get("text", "") == ""
    assert answers(budi.messages) == [f"pertanyaan {number}" for number in range(3)]
    assert budi.messages[-1].text.startswith("Mohon maaf, Bapak/Ibu. Terlalu banyak pesan masuk")
    assert len(budi.messages) == 4
    time.sleep(3.2)
    ask(budi, "sudah tenang")
    assert answers([budi.wait_reply()]) == ["sudah tenang"]


@pytest.mark.parametrize("language", ["id", "en"])
def test_no_text_for_a_person_is_longer_than_telegram_takes(language: Language) -> None:
    copy = copy_of(TelegramTexts, language)
    alerts = [copy.not_yours, copy.expired, copy.thanks_useful, copy.thanks_not_quite, copy.which_fault]
    assert all(len(text) <= 200 for text in [*alerts, copy.request_closed])
    assert len(copy.bot_description) <= 512
    assert len(copy.bot_short_description) <= 120
