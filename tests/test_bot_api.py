"""The test server against PTB's own client: it refuses what Telegram refuses, and delivers as Telegram delivers."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar

import httpx
import pytest
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeChat,
    ChatMemberAdministrator,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    MessageEntity,
    ReplyKeyboardMarkup,
    Update,
    WebAppInfo,
)
from telegram.error import (
    BadRequest,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TimedOut,
)
from telegram.request import HTTPXRequest

from tests.bot_api import CUT, TOKEN, BotApi, Group, Person
from tests.bot_api_html import MarkupError, parse_html

T = TypeVar("T")
Act = Callable[[Bot], Awaitable[Any]]
KEY = "rahasia"
NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # loading them for every bot costs more than the test
AGREE = InlineKeyboardMarkup.from_button(InlineKeyboardButton("Setuju", callback_data="setuju:7"))


@pytest.fixture
def api() -> Iterator[BotApi]:
    with BotApi() as server:
        yield server


@pytest.fixture
def budi(api: BotApi) -> Person:
    return api.private(7001)


@pytest.fixture
def forum(api: BotApi) -> Group:
    return api.group(-1001, "Tim Konsultan", forum=True)


def ask(api: BotApi, act: Callable[[Bot], Awaitable[T]], token: str = TOKEN) -> T:
    """What PTB's bot makes of the server's answer."""

    async def run() -> T:
        requests = [HTTPXRequest(httpx_kwargs={"verify": NO_CERTIFICATES}) for _ in range(2)]
        url, files = f"{api.url}/bot", f"{api.url}/file/bot"
        async with Bot(token, url, files, request=requests[0], get_updates_request=requests[1]) as bot:
            return await act(bot)

    return asyncio.run(run())


def refusal(api: BotApi, act: Act) -> str:
    with pytest.raises(BadRequest) as raised:
        ask(api, act)
    return raised.value.message


def received(
    api: BotApi,
    offset: int | None = None,
    limit: int | None = None,
    timeout: int = 0,
    allowed_updates: list[str] | None = None,
) -> list[Update]:
    return list(ask(api, lambda bot: bot.get_updates(offset, limit, timeout, allowed_updates=allowed_updates)))


def keyboard(*buttons: InlineKeyboardButton) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([list(buttons)])


# What is refused.


def test_refuses_a_wrong_token(api: BotApi) -> None:
    with pytest.raises(InvalidToken):
        ask(api, lambda bot: bot.get_me(), token="12345:LAIN")  # noqa: S106
    assert httpx.post(f"{api.url}/bot1:X/getMe").status_code == 401


def test_does_not_know_an_invented_method(api: BotApi) -> None:
    response = httpx.post(f"{api.url}/bot{TOKEN}/sendPantun")
    assert (response.status_code, response.json()["description"]) == (404, "Not Found: method not found")


def test_refuses_a_text_over_4096_characters_but_counts_no_markup(api: BotApi, budi: Person) -> None:
    assert refusal(api, lambda bot: bot.send_message(7001, "a" * 4097)) == "Message is too long"
    assert refusal(api, lambda bot: bot.send_message(7001, "🏛" * 2049)) == "Message is too long"
    ask(api, lambda bot: bot.send_message(7001, f"<b>{'a' * 4096}</b>", parse_mode="HTML"))
    assert len(budi.messages[0].text) == 4096


@pytest.mark.parametrize("text", ["", "   \n", "<b> </b>"])
def test_refuses_an_empty_text(api: BotApi, budi: Person, text: str) -> None:
    assert refusal(api, lambda bot: bot.send_message(7001, text, parse_mode="HTML")) == "Message text is empty"


def test_refuses_a_caption_over_1024_characters(api: BotApi, budi: Person) -> None:
    assert (
        refusal(api, lambda bot: bot.send_document(7001, b"isi", caption="a" * 1025)) == "Message caption is too long"
    )


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        ("5 < 6", 'Unsupported start tag "" at byte offset 2'),
        ("a<6", "Unclosed start tag at byte offset 1"),
        ("é <p>teks</p>", 'Unsupported start tag "p" at byte offset 3'),
        ("baris<br/>baru", 'Unsupported start tag "br/" at byte offset 5'),
        ("<b>tebal", 'Can\'t find end tag corresponding to start tag "b"'),
        ("<b><i>x</b></i>", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
        ("tebal</b>", "Unexpected end tag at byte offset 5"),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ('<a href="https://wanasari.go.id>x</a>', "Unclosed start tag at byte offset 0"),
        ('<a ="x">x</a>', 'Empty attribute name in the tag "a" at byte offset 0'),
        ("<a href=x!>x</a>", "Unexpected end of name token at byte offset 8"),
        ('<span class="merah">x</span>', 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ],
)
def test_finds_bad_html_as_telegram_does(html: str, reason: str) -> None:
    with pytest.raises(MarkupError) as raised:
        parse_html(html)
    assert str(raised.value) == reason


def test_refuses_bad_html(api: BotApi, budi: Person) -> None:
    params = {"chat_id": 7001, "text": "5 < 6", "parse_mode": "HTML"}
    response = httpx.post(f"{api.url}/bot{TOKEN}/sendMessage", json=params)
    reason = 'Bad Request: can\'t parse entities: Unsupported start tag "" at byte offset 2'
    assert (response.status_code, response.json()["description"]) == (400, reason)
    assert budi.messages == []


def test_parses_html_into_plain_text_and_entities(api: BotApi, budi: Person) -> None:
    html = (
        "🏛 <b>Pasal <i>5</i></b> &lt;ayat&gt; &amp; &#39;x&#39;\n<blockquote expandable>kutipan</blockquote>"
        '<a href="https://wanasari.go.id/?a=1&amp;b=2">sumber</a> <code >x</code>'
    )
    sent = ask(api, lambda bot: bot.send_message(7001, html, parse_mode="HTML"))
    message = budi.messages[0]
    assert message.text == "🏛 Pasal 5 <ayat> & 'x'\nkutipansumber x" == sent.text
    assert (message.html, message.spans("bold"), message.spans("italic")) == (html, ["Pasal 5"], ["5"])
    assert message.spans("expandable_blockquote") == ["kutipan"]
    assert [e["url"] for e in message.entities if e["type"] == "text_link"] == ["https://wanasari.go.id/?a=1&b=2"]
    assert [e.offset for e in sent.entities] == [3, 9, 24, 31, 38]
    assert sent.parse_entity(sent.entities[1]) == "5"


def test_takes_entities_as_they_come(api: BotApi, budi: Person) -> None:
    entities = [MessageEntity("bold", 2, 5)]
    ask(api, lambda bot: bot.send_message(7001, "  Pasal 5 ", entities=entities))
    assert (budi.messages[0].text, budi.messages[0].spans("bold")) == ("Pasal 5", ["Pasal"])


def test_refuses_callback_data_over_64_bytes(api: BotApi, budi: Person) -> None:
    fits, too_long = (
        InlineKeyboardButton("x", callback_data="é" * 32),
        InlineKeyboardButton("x", callback_data="é" * 33),
    )
    ask(api, lambda bot: bot.send_message(7001, "x", reply_markup=keyboard(fits)))
    assert (
        refusal(api, lambda bot: bot.send_message(7001, "x", reply_markup=keyboard(too_long))) == "Button_data_invalid"
    )


@pytest.mark.parametrize(
    ("button", "reason"),
    [
        (InlineKeyboardButton("x"), "Text buttons are unallowed in the inline keyboard"),
        (InlineKeyboardButton("x", "setuju:7"), "URL 'setuju:7' is invalid: Unsupported URL protocol"),
        (InlineKeyboardButton("x", url="http://localhost:8000/"), "is invalid: Wrong HTTP URL"),
        (InlineKeyboardButton("x", web_app=WebAppInfo("http://a.id")), "Only HTTPS links are allowed"),
    ],
)
def test_refuses_a_button_that_does_nothing(
    api: BotApi, budi: Person, button: InlineKeyboardButton, reason: str
) -> None:
    message = refusal(api, lambda bot: bot.send_message(7001, "x", reply_markup=keyboard(button)))
    assert reason.lower() in message.lower()


def test_refuses_web_app_buttons_in_groups_only(api: BotApi, budi: Person, forum: Group) -> None:
    button = InlineKeyboardButton("Buka", web_app=WebAppInfo("https://wanasari.go.id"))
    ask(api, lambda bot: bot.send_message(7001, "x", reply_markup=keyboard(button)))
    assert (
        refusal(api, lambda bot: bot.send_message(-1001, "x", reply_markup=keyboard(button))) == "Button_type_invalid"
    )
    contact = ReplyKeyboardMarkup([[KeyboardButton("Nomor saya", request_contact=True)]])
    assert "private chats only" in refusal(api, lambda bot: bot.send_message(-1001, "x", reply_markup=contact))


def test_refuses_the_general_topic_and_unknown_topics(api: BotApi, forum: Group) -> None:
    for thread in (1, 99):
        send = partial(Bot.send_message, chat_id=-1001, text="x", message_thread_id=thread)
        assert refusal(api, send) == "Message thread not found"


def test_refuses_a_reply_to_a_message_that_is_not_there(api: BotApi, budi: Person) -> None:
    assert (
        refusal(api, lambda bot: bot.send_message(7001, "x", reply_to_message_id=9))
        == "Message to be replied not found"
    )


def test_refuses_chats_it_does_not_know_or_may_not_write_to(api: BotApi, budi: Person) -> None:
    assert refusal(api, lambda bot: bot.send_message(404, "x")) == "Chat not found"
    stranger = api.private(7002, started=False)
    with pytest.raises(Forbidden, match="can't initiate conversation"):
        ask(api, lambda bot: bot.send_message(7002, "x"))
    stranger.say("/start")
    ask(api, lambda bot: bot.send_message(7002, "x"))
    budi.block()
    with pytest.raises(Forbidden, match="blocked by the user"):
        ask(api, lambda bot: bot.send_message(7001, "x"))


def test_refuses_an_action_that_does_not_exist(api: BotApi, budi: Person) -> None:
    ask(api, lambda bot: bot.send_chat_action(7001, "typing"))
    assert refusal(api, lambda bot: bot.send_chat_action(7001, "mengetik")) == "Wrong parameter action in request"


# Messages and their edits.


def test_an_edit_changes_the_text_and_drops_the_keyboard(api: BotApi, budi: Person) -> None:
    ask(api, lambda bot: bot.send_message(7001, "Sebentar …", reply_markup=AGREE))
    before = budi.messages[0]
    assert before.buttons[0]["text"] == "Setuju"
    ask(api, lambda bot: bot.edit_message_text("<b>Pasal 5</b>", 7001, before.message_id, parse_mode="HTML"))
    after = budi.wait_edit(before)
    assert (after.text, after.buttons, after.spans("bold")) == ("Pasal 5", [], ["Pasal 5"])
    assert budi.messages == [after]


def test_refuses_an_edit_that_changes_nothing(api: BotApi, budi: Person) -> None:
    ask(api, lambda bot: bot.send_message(7001, "a &amp; b", parse_mode="HTML", reply_markup=AGREE))
    assert "is not modified" in refusal(api, lambda bot: bot.edit_message_text("a & b", 7001, 1, reply_markup=AGREE))
    assert "is not modified" in refusal(api, lambda bot: bot.edit_message_reply_markup(7001, 1, reply_markup=AGREE))
    ask(api, lambda bot: bot.edit_message_reply_markup(7001, 1))
    assert "is not modified" in refusal(api, lambda bot: bot.edit_message_reply_markup(7001, 1))


def test_refuses_edits_of_what_is_gone_or_not_its_own(api: BotApi, budi: Person) -> None:
    budi.say("halo")
    assert refusal(api, lambda bot: bot.edit_message_text("x", 7001, 1)) == "Message can't be edited"
    assert refusal(api, lambda bot: bot.edit_message_text("x", 7001, 2)) == "Message to edit not found"
    ask(api, lambda bot: bot.send_document(7001, b"isi", filename="a.txt"))
    assert "no text in the message" in refusal(api, lambda bot: bot.edit_message_text("x", 7001, 2))
    ask(api, lambda bot: bot.delete_message(7001, 2))
    assert refusal(api, lambda bot: bot.delete_message(7001, 2)) == "Message to delete not found"
    assert budi.messages == []


def test_keeps_the_bytes_of_documents_and_photos(api: BotApi, budi: Person) -> None:
    content = bytes(range(256)) + b"\r\n--\r\n"
    ask(
        api,
        lambda bot: bot.send_document(7001, content, filename="draf.docx", caption="<i>Draf</i>", parse_mode="HTML"),
    )
    ask(api, lambda bot: bot.send_photo(7001, b"\xff\xd8"))
    document, photo = budi.messages
    assert (document.file_name, document.content, document.text) == ("draf.docx", content, "Draf")
    assert document.spans("italic") == ["Draf"]
    assert photo.content == b"\xff\xd8"


def test_sends_a_known_file_again_by_its_id(api: BotApi, budi: Person) -> None:
    sent = ask(api, lambda bot: bot.send_document(7001, b"isi", filename="a.txt"))
    assert sent.document
    file_id = sent.document.file_id
    ask(api, lambda bot: bot.send_document(7001, file_id))
    assert budi.messages[1].content == b"isi"
    assert "wrong file identifier" in refusal(api, lambda bot: bot.send_document(7001, "lain")).lower()


def test_copies_forwards_and_sends_contacts(api: BotApi, budi: Person, forum: Group) -> None:
    update = budi.say("Apa dasar hukumnya?")
    number = api.message_id(update)
    ask(api, lambda bot: bot.copy_message(-1001, 7001, number))
    ask(api, lambda bot: bot.forward_message(-1001, 7001, number))
    ask(api, lambda bot: bot.send_contact(-1001, "+62811", "Budi"))
    assert [m.text for m in forum.messages] == ["Apa dasar hukumnya?", "Apa dasar hukumnya?", ""]
    assert forum.messages[1].body["forward_origin"]["sender_user"]["id"] == 7001
    assert refusal(api, lambda bot: bot.copy_message(-1001, 7001, 99)) == "Message to copy not found"


def test_drafts_go_to_private_chats_only(api: BotApi, budi: Person, forum: Group) -> None:
    ask(api, lambda bot: bot.send_message_draft(7001, 5, "<b>Pas</b>", parse_mode="HTML"))
    assert [(d.chat_id, d.draft_id, d.text) for d in api.drafts] == [(7001, 5, "Pas")]
    assert "peer_invalid" in refusal(api, lambda bot: bot.send_message_draft(-1001, 5, "x"))


def test_records_calls_with_params_and_times(api: BotApi, budi: Person) -> None:
    began = time.monotonic()
    ask(api, lambda bot: bot.send_message(7001, "1", disable_notification=True))
    (call,) = api.calls_of("sendMessage", budi)
    assert (call.params["text"], call.params["disable_notification"], call.chat, call.status) == ("1", True, 7001, 200)
    assert began < call.at == budi.messages[0].at < time.monotonic()


# Settings, chats, topics, files.


def test_records_commands_by_scope_and_language(api: BotApi, budi: Person) -> None:
    scope = BotCommandScopeChat(7001)
    ask(api, lambda bot: bot.set_my_commands([BotCommand("tanya", "Bertanya")], scope=scope, language_code="id"))
    assert [c["command"] for c in api.commands["chat:7001", "id"]] == ["tanya"]
    assert ask(api, lambda bot: bot.get_my_commands(scope=scope, language_code="id"))[0].description == "Bertanya"
    assert refusal(api, lambda bot: bot.set_my_commands([("Tanya", "x")])) == "Bot_command_invalid"
    assert refusal(api, lambda bot: bot.set_my_commands([], scope=BotCommandScopeChat(9))) == "Chat not found"
    ask(api, lambda bot: bot.delete_my_commands(scope=scope, language_code="id"))
    assert api.commands == {}


def test_records_descriptions_by_language(api: BotApi) -> None:
    ask(api, lambda bot: bot.set_my_description("Asisten", language_code="id"))
    ask(api, lambda bot: bot.set_my_short_description("Kota cerdas"))
    assert (api.descriptions, api.short_descriptions) == ({"id": "Asisten"}, {"": "Kota cerdas"})
    assert refusal(api, lambda bot: bot.set_my_short_description("a" * 121)) == "Short description is too long"


def test_tells_about_itself_chats_and_members(api: BotApi, budi: Person, forum: Group) -> None:
    assert ask(api, lambda bot: bot.get_me()).username == "KotaCerdasBot"
    assert ask(api, lambda bot: bot.get_chat(-1001)).is_forum
    assert ask(api, lambda bot: bot.get_chat_member(-1001, 7001)).status == "left"
    forum.member(budi, "administrator")
    assert isinstance(ask(api, lambda bot: bot.get_chat_member(-1001, 7001)), ChatMemberAdministrator)
    ask(api, lambda bot: bot.leave_chat(-1001))
    with pytest.raises(Forbidden, match="not a member of the supergroup"):
        ask(api, lambda bot: bot.send_message(-1001, "x"))


def test_opens_changes_and_closes_topics_of_a_forum(api: BotApi, budi: Person, forum: Group) -> None:
    topic = ask(api, lambda bot: bot.create_forum_topic(-1001, "Wanasari"))
    thread = topic.message_thread_id
    ask(api, lambda bot: bot.send_message(-1001, "Prospek baru", message_thread_id=thread))
    assert forum.messages[0].thread == thread
    forum.say(budi, "Saya ambil", thread=thread)
    message = received(api)[0].message
    assert message and message.is_topic_message and message.reply_to_message
    assert message.reply_to_message.forum_topic_created
    ask(api, lambda bot: bot.edit_forum_topic(-1001, thread, name="Wanasari, selesai"))
    ask(api, lambda bot: bot.close_forum_topic(-1001, thread))
    assert forum.topics[thread] == {"name": "Wanasari, selesai", "closed": True}
    assert refusal(api, lambda bot: bot.close_forum_topic(-1001, thread)) == "Topic_not_modified"
    ask(api, lambda bot: bot.reopen_forum_topic(-1001, thread))
    api.group(-5, "Bukan forum")
    assert refusal(api, lambda bot: bot.create_forum_topic(-5, "x")) == "The chat is not a forum"


def test_lets_the_bot_download_what_a_person_sent(api: BotApi, budi: Person) -> None:
    budi.send_document("surat.pdf", b"%PDF-1.7", caption="Mohon telaah")

    async def download(bot: Bot) -> bytes:
        message = (await bot.get_updates())[0].message
        assert message and message.document
        assert (message.document.file_name, message.caption) == ("surat.pdf", "Mohon telaah")
        return bytes(await (await message.document.get_file()).download_as_bytearray())

    assert ask(api, download) == b"%PDF-1.7"
    assert refusal(api, lambda bot: bot.get_file("lain")) == "Invalid file_id"


# Updates.


def test_marks_commands_and_mentions_in_units_of_utf16(api: BotApi, budi: Person, forum: Group) -> None:
    budi.say("/start lead-7")
    forum.say(budi, "/tanya@KotaCerdasBot apa itu SPBE?")
    forum.say(budi, "🏛 lihat https://a.id", mention=True)
    start, question, mention = (update.message for update in received(api))
    assert start and question and mention
    assert start.parse_entities() == {start.entities[0]: "/start"}
    assert list(question.parse_entities().values()) == ["/tanya@KotaCerdasBot"]
    assert mention.parse_entities(["mention", "url"]) == {
        mention.entities[0]: "@KotaCerdasBot",
        mention.entities[1]: "https://a.id",
    }


def test_delivers_every_kind_of_message(api: BotApi, budi: Person, forum: Group) -> None:
    first = budi.say("halo", date=1_700_000_000)
    budi.edit(api.message_id(first), "halo, Bot")
    budi.share_contact("+62811")
    for send in (budi.sticker, budi.voice, budi.photo, budi.location):
        send()
    ask(api, lambda bot: bot.send_message(-1001, "Silakan"))
    forum.say(budi, "Baik", reply_to=forum.messages[0])
    said, edited, contact, sticker, voice, photo, location, reply = received(api)
    assert said.message and said.message.date.timestamp() == 1_700_000_000
    assert edited.edited_message and edited.edited_message.text == "halo, Bot"
    assert contact.message and contact.message.contact and contact.message.contact.user_id == 7001
    assert sticker.message and sticker.message.sticker
    assert voice.message and voice.message.voice
    assert photo.message and photo.message.photo
    assert location.message and location.message.location
    assert reply.message and reply.message.reply_to_message
    assert reply.message.reply_to_message.text == "Silakan"


def test_delivers_again_until_an_offset_confirms(api: BotApi, budi: Person) -> None:
    first, second, third = (budi.say(text) for text in ("satu", "dua", "tiga"))
    assert [u.update_id for u in received(api)] == [first, second, third]
    assert [u.update_id for u in received(api, limit=2)] == [first, second]
    assert [u.update_id for u in received(api, offset=second)] == [second, third]
    assert api.pending == [second, third]
    assert [u.update_id for u in received(api, offset=-1)] == [third]
    assert received(api, offset=third + 1) == []


def test_a_long_poll_ends_when_something_arrives_or_with_its_time(api: BotApi, budi: Person) -> None:
    began = time.monotonic()
    threading.Timer(0.3, budi.say, ["halo"]).start()
    (update,) = received(api, timeout=5)
    assert 0.25 < time.monotonic() - began < 2
    began = time.monotonic()
    assert received(api, timeout=1, offset=update.update_id + 1) == []
    assert 0.9 < time.monotonic() - began < 2


def test_a_second_poller_ends_the_first_with_a_conflict(api: BotApi, budi: Person) -> None:
    async def both(bot: Bot) -> None:
        first = asyncio.create_task(bot.get_updates(timeout=5))
        await asyncio.sleep(0.3)
        second = asyncio.create_task(asyncio.to_thread(received, api, timeout=5))
        with pytest.raises(Conflict, match="terminated by other getUpdates request"):
            await first
        budi.say("halo")
        assert len(await second) == 1

    ask(api, both)


def test_a_killed_poller_takes_no_update_with_it(api: BotApi, budi: Person) -> None:
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{api.url}/bot{TOKEN}/getUpdates", json={"timeout": 30}, timeout=0.3)
    first = budi.say("halo")
    api.redeliver(first)
    assert [u.update_id for u in received(api)] == [first, first]


def test_holds_back_updates_that_were_not_allowed(api: BotApi, budi: Person) -> None:
    assert received(api, allowed_updates=["message"]) == []
    ask(api, lambda bot: bot.send_message(7001, "x", reply_markup=AGREE))
    budi.press("Setuju")
    budi.say("halo")
    assert [bool(u.message) for u in received(api)] == [True]


def test_redelivers_a_confirmed_update(api: BotApi, budi: Person) -> None:
    first = budi.say("halo")
    assert received(api, offset=first + 1) == []
    api.redeliver(first)
    assert [u.update_id for u in received(api, offset=first + 1)] == [first]
    assert received(api, offset=first + 1) == []


# Buttons.


def test_presses_a_button_and_takes_one_answer(api: BotApi, budi: Person) -> None:
    ask(api, lambda bot: bot.send_message(7001, "Setuju?", reply_markup=AGREE))
    query = budi.press("Setuju")
    update = received(api)[0].callback_query
    assert update and update.message
    assert (update.id, update.data, update.from_user.id, update.message.message_id) == (query, "setuju:7", 7001, 1)
    ask(api, lambda bot: bot.answer_callback_query(query, "Terima kasih"))
    assert api.wait_answer(query)["text"] == "Terima kasih"
    for unknown in (query, "1"):
        answer = partial(Bot.answer_callback_query, callback_query_id=unknown)
        assert "query is too old" in refusal(api, answer).lower()
    late = budi.press("setuju:7")
    api.expire_queries()
    assert "query is too old" in refusal(api, lambda bot: bot.answer_callback_query(late)).lower()


def test_another_person_presses_and_forges_in_a_group(api: BotApi, budi: Person, forum: Group) -> None:
    sari = api.private(7002, "Sari")
    ask(api, lambda bot: bot.send_message(-1001, "Prospek", reply_markup=AGREE))
    forum.press(sari, "Setuju")
    sari.press_data("hapus:1", forum.messages[0])
    pressed, forged = (update.callback_query for update in received(api))
    assert pressed and forged and forged.message
    assert (pressed.from_user.id, forged.data, forged.message.chat.id) == (7002, "hapus:1", -1001)
    with pytest.raises(AssertionError, match="no button 'Batal'"):
        forum.press(sari, "Batal")


# Waiting.


def test_waits_for_the_replies_to_the_last_thing_said(api: BotApi, budi: Person) -> None:
    first = budi.say("satu")
    ask(api, lambda bot: bot.send_message(7001, "jawaban satu"))
    budi.say("dua")
    assert [m.text for m in budi.replies()] == []
    answer = threading.Timer(0.2, lambda: ask(api, lambda bot: bot.send_message(7001, "jawaban dua")))
    answer.start()
    assert budi.wait_reply(timeout=5).text == "jawaban dua"
    assert budi.wait_reply(2, after=first).text == "jawaban dua"
    assert budi.wait_reply(containing="satu", after=first).text == "jawaban satu"
    assert len(api.wait_calls("sendMessage", 2, budi)) == 2
    answer.join()


def test_a_wait_in_vain_shows_the_calls_so_far(api: BotApi, budi: Person) -> None:
    ask(api, lambda bot: bot.send_message(7001, "Selamat pagi"))
    budi.say("halo")
    with pytest.raises(AssertionError, match=r"(?s)reply 1 .* in chat 7001.*sendMessage chat=7001 .*'Selamat pagi'"):
        budi.wait_reply(timeout=0.1)


# Failures.


def test_answers_429_as_often_as_told(api: BotApi, budi: Person) -> None:
    api.fail("sendMessage", times=1, status=429, retry_after=2)
    with pytest.raises(RetryAfter) as raised:
        ask(api, lambda bot: bot.send_message(7001, "x"))
    assert raised.value._retry_after.total_seconds() == 2
    ask(api, lambda bot: bot.send_message(7001, "x"))
    assert [call.status for call in api.calls_of("sendMessage")] == [429, 200]
    assert len(budi.messages) == 1


@pytest.mark.parametrize(("status", "accept"), [(500, False), (502, False), (502, True)])
def test_answers_server_errors_with_or_without_taking_the_message(
    api: BotApi, budi: Person, status: int, accept: bool
) -> None:
    api.fail("sendMessage", status=status, accept=accept)
    with pytest.raises(NetworkError):
        ask(api, lambda bot: bot.send_message(7001, "x"))
    assert len(budi.messages) == accept


@pytest.mark.parametrize("accept", [True, False])
def test_hangs_with_or_without_taking_the_message(api: BotApi, budi: Person, accept: bool) -> None:
    api.fail("sendMessage", hang=1, accept=accept)
    with pytest.raises(TimedOut):
        ask(api, lambda bot: bot.send_message(7001, "x", read_timeout=0.3))
    assert len(budi.messages) == accept


def test_closes_at_once_while_a_call_hangs() -> None:
    with BotApi() as api:
        api.fail("getMe", hang=30)
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(f"{api.url}/bot{TOKEN}/getMe", timeout=0.1)
        began = time.monotonic()
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("accept", [True, False])
def test_drops_the_connection_with_or_without_taking_the_message(api: BotApi, budi: Person, accept: bool) -> None:
    api.fail("*", drop=True, accept=accept, when=lambda params: params.get("text") == "x")
    with pytest.raises(NetworkError, match=r"disconnected|ReadError"):
        ask(api, lambda bot: bot.send_message(7001, "x"))
    assert len(budi.messages) == accept
    assert api.calls_of("sendMessage")[0].status == CUT


def test_fails_until_it_recovers(api: BotApi, budi: Person) -> None:
    api.fail("sendMessage", times=-1, drop=True)
    for _ in range(3):
        with pytest.raises(NetworkError):
            ask(api, lambda bot: bot.send_message(7001, "x"))
    api.recover()
    ask(api, lambda bot: bot.send_message(7001, "x"))


def test_runs_a_hook_when_a_message_was_taken_and_not_yet_answered(api: BotApi, budi: Person) -> None:
    seen: list[tuple[int, int | None]] = []
    api.on_call("sendMessage", lambda call: seen.append((len(budi.messages), call.status)))
    ask(api, lambda bot: bot.send_message(7001, "x"))
    assert seen == [(1, None)]


def test_takes_its_time_when_told(api: BotApi, budi: Person) -> None:
    api.latency = 0.3
    began = time.monotonic()
    ask(api, lambda bot: bot.send_message(7001, "x"))
    assert time.monotonic() - began > 0.6  # with PTB's getMe


def test_enforces_the_pace_of_private_chats_and_groups(api: BotApi, budi: Person, forum: Group) -> None:
    api.enforce_pace = True

    async def flood(bot: Bot, chat: int) -> int:
        for sent in range(30):
            try:
                await bot.send_message(chat, f"{sent}")
            except RetryAfter:
                return sent
            await bot.send_chat_action(chat, "typing")
        return 30

    assert ask(api, lambda bot: flood(bot, 7001)) == 3
    assert ask(api, lambda bot: flood(bot, -1001)) == 20


# Webhook.


class Webhook(ThreadingHTTPServer):
    """A bot's webhook: refuses a wrong secret, answers with the statuses it is given, then 200."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Hook)
        self.url = f"http://127.0.0.1:{self.server_port}/telegram"
        self.statuses: list[int] = []
        self.taken: list[int] = []
        self.delay = 0.0
        self.running = self.most_at_once = 0


class _Hook(BaseHTTPRequestHandler):
    server: Webhook

    def do_POST(self) -> None:
        hook = self.server
        hook.running += 1
        hook.most_at_once = max(hook.most_at_once, hook.running)
        update = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status = hook.statuses.pop(0) if hook.statuses else 200
        status = status if self.headers["X-Telegram-Bot-Api-Secret-Token"] == KEY else 403
        time.sleep(hook.delay)
        hook.taken += [update["update_id"]] if status == 200 else []
        hook.running -= 1
        self.send_response(status)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Keeps the tests' output clean."""


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with Webhook() as server:
        threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
        yield server
        server.shutdown()


def test_posts_updates_to_the_webhook_in_order_until_they_are_taken(
    api: BotApi, budi: Person, webhook: Webhook
) -> None:
    api.webhook_retry, webhook.statuses = 0.05, [500, 502]
    said = [budi.say("sebelum")]
    ask(api, lambda bot: bot.set_webhook(webhook.url, secret_token=KEY, max_connections=2))
    said += [budi.say(text) for text in ("satu", "dua", "tiga")]
    assert api.wait_for(lambda: not api.pending)
    assert (webhook.taken, webhook.most_at_once) == (said, 1)
    api.redeliver(said[0])
    api.wait_for(lambda: not api.duplicates)
    assert webhook.taken == [*said, said[0]]
    info = ask(api, lambda bot: bot.get_webhook_info())
    assert (info.url, info.last_error_message) == (webhook.url, "Wrong response from the webhook: 502 Bad Gateway")


def test_posts_at_most_as_many_updates_at_once_as_the_bot_wants(api: BotApi, webhook: Webhook) -> None:
    webhook.delay = 0.1
    ask(api, lambda bot: bot.set_webhook(webhook.url, secret_token=KEY, max_connections=2))
    said = [api.private(7001 + i).say("halo") for i in range(5)]
    api.wait_for(lambda: not api.pending)
    assert (sorted(webhook.taken), webhook.most_at_once) == (said, 2)


def test_keeps_updates_while_the_webhook_is_down(api: BotApi, budi: Person) -> None:
    api.webhook_retry = 0.05
    ask(api, lambda bot: bot.set_webhook("http://127.0.0.1:9/telegram", secret_token=KEY))
    budi.say("halo")
    time.sleep(0.2)
    info = ask(api, lambda bot: bot.get_webhook_info())
    assert (info.pending_update_count, (info.last_error_message or "")[:17]) == (1, "Connection failed")


def test_polling_and_a_webhook_exclude_each_other(api: BotApi, budi: Person, webhook: Webhook) -> None:
    ask(api, lambda bot: bot.set_webhook(webhook.url))
    with pytest.raises(Conflict, match="while webhook is active"):
        received(api)
    ask(api, lambda bot: bot.delete_webhook(drop_pending_updates=True))
    said = budi.say("halo")
    assert [u.update_id for u in received(api)] == [said]


def test_posts_anything_with_any_secret(api: BotApi, webhook: Webhook) -> None:
    ask(api, lambda bot: bot.set_webhook(webhook.url, secret_token=KEY))
    assert api.post_webhook({"update_id": 1}, KEY) == 200
    assert api.post_webhook({"update_id": 2}, "salah") == 403
    assert api.post_webhook({"update_id": 3}, None) == 403
    assert webhook.taken == [1]
