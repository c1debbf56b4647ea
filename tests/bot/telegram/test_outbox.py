"""Messages on their way out of a running bot, measured where Telegram receives them."""

from __future__ import annotations

import itertools
import time
from typing import Any

from tests.bot.telegram.conftest import ADMIN, StubBot, answers, ask, wait_until
from tests.bot_api import Call

# Telegram counts from when it receives a call; the bot counts from when it has the answer.
JITTER = 0.05


def gaps(calls: list[Call]) -> list[float]:
    return [second.at - first.at for first, second in itertools.pairwise(calls)]


def test_keeps_a_second_between_messages_to_a_person_and_three_in_a_group(stub_bot: StubBot) -> None:
    api = stub_bot.start().api
    budi, group = api.private(7001), api.group(-1001, "Tim Smart City Kebumen")
    for number in range(4):
        ask(budi, f"pertanyaan {number}")
    for number in range(2):
        ask(budi, f"pertanyaan grup {number}", group)
    private, shared = api.wait_calls("sendMessage", 4, budi), api.wait_calls("sendMessage", 2, group)
    assert min(gaps(private)) >= 1 - JITTER
    assert max(gaps(private)) < 1.5
    assert min(gaps(shared)) >= 3 - JITTER
    assert max(gaps(shared)) < 3.5


def test_obeys_retry_after_and_lets_other_chats_go_on(stub_bot: StubBot) -> None:
    api = stub_bot.start().api
    budi, siti = api.private(7001), api.private(7002, "Siti")
    api.fail("sendMessage", retry_after=2, when=lambda params: params["chat_id"] == budi.id)
    ask(budi, "apa itu SPBE")
    refused = api.wait_calls("sendMessage", 1, budi)[0]
    ask(siti, "apa itu masterplan")
    siti.wait_reply(timeout=1.5)
    ask(budi, "siapa dewan kota cerdas")
    budi.wait_reply(2)
    assert answers(budi.messages) == ["apa itu SPBE", "siapa dewan kota cerdas"]
    # Signs of life count: a bot that goes on calling is blocked for longer.
    later = [call.at for call in api.calls if call.chat == budi.id and call.at > refused.at]
    assert min(later) - refused.at >= 2


def test_a_refused_sign_holds_back_the_answer_as_long(stub_bot: StubBot) -> None:
    api = stub_bot.start().api
    budi = api.private(7001)
    api.fail("sendChatAction", retry_after=2)
    ask(budi, "apa itu SPBE")
    budi.wait_reply()
    refused = api.calls_of("sendChatAction")[0]
    assert api.calls_of("sendMessage", budi)[0].at - refused.at >= 2


def test_tries_again_after_errors_cut_connections_and_silence(stub_bot: StubBot) -> None:
    api = stub_bot.start().api
    people = [api.private(7001 + number) for number in range(4)]
    troubles: tuple[dict[str, Any], ...] = ({"status": 500}, {"status": 502}, {"drop": True}, {"hang": 7})
    for person, trouble in zip(people, troubles, strict=True):
        times = 1 if "hang" in trouble else 3
        api.fail("sendMessage", times=times, when=lambda p, chat=person.id: p["chat_id"] == chat, **trouble)  # type: ignore[misc]
        ask(person, f"pertanyaan {person.id}")
    for person in people:
        person.wait_reply(timeout=15)
        assert answers(person.messages) == [f"pertanyaan {person.id}"]
    for person in people[:3]:
        waits = gaps(api.calls_of("sendMessage", person))
        assert waits == sorted(waits), "each pause is longer than the one before"
        assert waits[0] >= 0.5 - JITTER
        assert waits[2] >= 2 - JITTER
    assert not api.messages(ADMIN)


def test_a_person_who_blocked_the_bot_is_dropped_quietly(stub_bot: StubBot) -> None:
    api = stub_bot.start().api
    budi, siti = api.private(7001), api.private(7002, "Siti")
    ask(budi, "apa itu SPBE")
    budi.refusal = "bot was blocked by the user"
    wait_until(lambda: stub_bot.rows("SELECT 1 FROM messages WHERE state = 'failed'"))
    ask(siti, "apa itu masterplan")
    siti.wait_reply()
    assert stub_bot.rows("SELECT chat_id, state, parameters FROM messages WHERE state = 'failed'") == [
        (budi.id, "failed", None)
    ]
    assert len(api.calls_of("sendMessage", budi)) == 1
    assert not api.messages(ADMIN)


def test_an_admin_sends_a_refused_message_again_or_dismisses_it(stub_bot: StubBot) -> None:
    api = stub_bot.start().api
    budi, siti, admin = api.private(7001), api.private(7002, "Siti"), api.private(ADMIN, "Admin")
    api.fail("sendMessage", times=2, status=400, when=lambda params: params["chat_id"] != ADMIN)
    ask(budi, "apa itu SPBE")
    first = admin.wait_reply(containing="ditolak Telegram")
    assert str(budi.id) in first.text
    assert "SPBE" not in first.text
    ask(siti, "apa itu masterplan")
    second = admin.wait_reply(containing=str(siti.id), after=first)
    query = admin.press("Kirim ulang", first)
    assert api.wait_answer(query)["text"] == "Dimasukkan lagi ke antrean."
    budi.wait_reply()
    assert answers(budi.messages) == ["apa itu SPBE"]

    admin.say("/masalah")
    listed = admin.wait_reply(containing=str(siti.id))
    query = admin.press("Abaikan", listed)
    assert api.wait_answer(query)["text"] == "Diabaikan."
    query = admin.press_data(second.buttons[0]["callback_data"], second)
    assert "tidak berlaku" in api.wait_answer(query)["text"]
    admin.say("/masalah")
    admin.wait_reply(containing="Tidak ada pesan yang bermasalah.")
    assert not siti.messages


def test_only_an_admin_may_send_again(stub_bot: StubBot) -> None:
    api = stub_bot.start().api
    budi, admin = api.private(7001), api.private(ADMIN, "Admin")
    ask(budi, "apa itu masterplan")
    budi.wait_reply()
    api.fail("sendMessage", status=400, when=lambda params: params["chat_id"] == budi.id)
    ask(budi, "apa itu SPBE")
    report = admin.wait_reply()
    query = budi.press_data(report.buttons[0]["callback_data"])
    assert "hanya untuk" in api.wait_answer(query)["text"]
    budi.say("/masalah")
    ask(budi, "apa itu evaluasi")
    budi.wait_reply(containing="evaluasi")
    assert answers(budi.messages) == ["apa itu masterplan", "apa itu evaluasi"]
    assert not any("ditolak Telegram" in message.text for message in budi.messages)


def test_an_edit_that_changes_nothing_is_no_trouble(stub_bot: StubBot) -> None:
    api = stub_bot.start().api
    budi = api.private(7001)
    question = ask(budi, "apa itu SPBE")
    budi.wait_reply()
    budi.edit(api.message_id(question), "apa itu SPBE?")
    refused = api.wait_calls("editMessageText", 1, budi)[0]
    wait_until(lambda: stub_bot.rows("SELECT 1 FROM messages WHERE method = 'edit_message_text' AND state = 'sent'"))
    assert refused.status == 400
    assert not api.messages(ADMIN)


def test_data_that_is_deleted_while_it_is_being_sent_stops_nothing(stub_bot: StubBot) -> None:
    api = stub_bot.start().api
    budi = api.private(7001)
    budi.say("/hapusdata")
    asked = budi.wait_reply()
    api.fail("sendMessage", hang=1.5, accept=True)
    ask(budi, "apa itu SPBE")
    api.wait_calls("sendMessage", 2, budi)
    budi.press("Ya, hapus", asked)
    budi.wait_edit(asked, containing="sudah dihapus", timeout=4)
    assert not stub_bot.rows("SELECT id FROM turns")


def test_a_slow_chat_does_not_hold_up_another(stub_bot: StubBot) -> None:
    api = stub_bot.start().api
    budi, siti = api.private(7001), api.private(7002, "Siti")
    api.fail("*", times=-1, hang=3, accept=True, when=lambda params: params.get("chat_id") == budi.id)
    ask(budi, "apa itu SPBE")
    api.wait_calls("sendChatAction", 1, budi)
    started = time.monotonic()
    for number in range(2):
        ask(siti, f"pertanyaan {number}")
        siti.wait_reply(timeout=2)
    assert time.monotonic() - started < 2
    budi.wait_reply(timeout=10)
    assert answers(budi.messages) == ["apa itu SPBE"]
