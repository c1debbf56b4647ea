"""Updates on their way into a running bot: none lost, none answered twice, each chat in its order."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing

import pytest

from tests.bot.telegram import stub
from tests.bot.telegram.conftest import ADMIN, READY, StubBot, answers, ask, wait_until
from tests.bot_api import Person

APOLOGY = "gagal kami proses"
QUICK = {stub.PACE: "0.02"}


def quick(bot: StubBot) -> StubBot:
    """The bot without Telegram's pace, for tests that are about something else."""
    bot.settings |= QUICK
    return bot


def test_what_waited_while_the_bot_was_away_is_answered_in_order(stub_bot: StubBot) -> None:
    api = quick(stub_bot).api
    budi, siti = api.private(7001), api.private(7002, "Siti")
    asked = [f"pertanyaan {number}" for number in range(10)]
    for question in asked:
        ask(budi, question)
        ask(siti, question)
    stub_bot.start()
    wait_until(lambda: len(budi.messages) == len(siti.messages) == len(asked))
    wait_until(stub_bot.is_done)
    assert answers(budi.messages) == answers(siti.messages) == asked


def test_ten_questions_in_the_inbox_survive_kill_9(stub_bot: StubBot) -> None:
    api = quick(stub_bot).api
    budi = api.private(7001)
    asked = [f"{stub.SLOW} pertanyaan {number}" if number == 0 else f"pertanyaan {number}" for number in range(10)]
    stub_bot.start()
    for question in asked:
        ask(budi, question)
    wait_until(lambda: not api.pending)
    stub_bot.kill()
    assert len(stub_bot.rows("SELECT id FROM updates WHERE state = 'open'")) == 10
    stub_bot.start()
    wait_until(stub_bot.is_done)
    assert answers(budi.messages) == asked
    assert "10 pesan dari sebelumnya dilanjutkan" in stub_bot.output


def test_what_the_database_did_not_take_for_a_while_is_fetched_again(stub_bot: StubBot) -> None:
    """A full disk: the questions stay with Telegram, and are answered when there is room again."""
    api = quick(stub_bot).api
    budi, siti = api.private(7001), api.private(7002, "Siti")
    stub_bot.start()
    with closing(sqlite3.connect(stub_bot.database)) as database:
        database.execute(
            "CREATE TRIGGER full BEFORE INSERT ON updates WHEN NEW.chat_id = 7002 "
            "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
        )
        ask(siti, "pertanyaan Siti")
        ask(budi, "pertanyaan Budi")
        wait_until(lambda: "cannot be stored" in stub_bot.output)
        assert answers(siti.messages) == []
        database.execute("DROP TRIGGER full")
    wait_until(lambda: answers(siti.messages) == ["pertanyaan Siti"], 20)
    wait_until(lambda: answers(budi.messages) == ["pertanyaan Budi"])


def test_an_update_that_telegram_delivers_again_is_answered_once(stub_bot: StubBot) -> None:
    api = quick(stub_bot).api
    budi = api.private(7001)
    stub_bot.start()
    slow = ask(budi, f"{stub.SLOW} pertanyaan")
    api.wait_calls("sendChatAction", 1, budi)
    api.redeliver(slow)
    second = ask(budi, "pertanyaan lain")
    wait_until(lambda: len(budi.messages) == 2)
    api.redeliver(slow)
    api.redeliver(second)
    stub_bot.stop()
    api.redeliver(slow)
    stub_bot.start()
    ask(budi, "pertanyaan terakhir")
    wait_until(lambda: len(budi.messages) == 3 and stub_bot.is_done())
    assert answers(budi.messages) == [f"{stub.SLOW} pertanyaan", "pertanyaan lain", "pertanyaan terakhir"]


def test_a_number_that_telegram_uses_anew_is_another_update(stub_bot: StubBot) -> None:
    """After a quiet week Telegram begins to count from a random number."""
    api = quick(stub_bot).api
    budi = api.private(7001)
    stub_bot.start()
    number = ask(budi, "pertanyaan lama")
    budi.wait_reply()
    another = ask(budi, "pertanyaan baru")
    budi.wait_reply()
    with api.changed:
        message = api.updates[another]["message"]
        message |= {"message_id": 1000, "date": message["date"] + 1000, "text": "pertanyaan lain"}
        api.updates[another] |= {"update_id": number}
    api.redeliver(another)
    wait_until(lambda: len(budi.messages) == 3)
    assert answers(budi.messages) == ["pertanyaan lama", "pertanyaan baru", "pertanyaan lain"]


def test_a_poisonous_update_is_tried_three_times_and_set_aside(stub_bot: StubBot) -> None:
    api = quick(stub_bot).api
    budi, siti, admin = api.private(7001), api.private(7002, "Siti"), api.private(ADMIN, "Admin")
    stub_bot.start()
    for question in ("sebelumnya", f"{stub.RAISES} soal NIK 3305010101800001", "sesudahnya"):
        ask(budi, question)
    ask(siti, "di percakapan lain")
    siti.wait_reply(timeout=1)
    budi.wait_reply(containing="sesudahnya")
    first, apology, last = [message.text.splitlines()[0] for message in budi.messages]
    assert (first, last) == (f"{stub.ANSWER} sebelumnya", f"{stub.ANSWER} sesudahnya")
    assert APOLOGY in apology
    assert stub_bot.output.count("failed, attempt") == 3
    report = admin.wait_reply(containing="gagal diproses tiga kali")
    assert "RuntimeError" in report.text
    assert [button["text"] for button in report.buttons] == ["Kirim ulang", "Abaikan"]
    assert not [message for message in admin.messages if "NIK" in message.text]

    query = admin.press("Kirim ulang", report)
    assert api.wait_answer(query)["text"] == "Dimasukkan lagi ke antrean."
    again = admin.wait_reply(containing="gagal diproses tiga kali")
    assert stub_bot.output.count("failed, attempt") == 6
    admin.press("Abaikan", again)
    wait_until(lambda: not stub_bot.rows("SELECT 1 FROM updates WHERE state <> 'done' OR payload IS NOT NULL"))
    assert stub.RAISES not in stub_bot.log.read_text(encoding="utf-8")


def test_an_update_that_was_put_back_is_answered_when_its_trouble_is_over(stub_bot: StubBot) -> None:
    api = quick(stub_bot).api
    budi, admin = api.private(7001), api.private(ADMIN, "Admin")
    stub_bot.settings |= {stub.BROKEN: "1"}
    stub_bot.start()
    ask(budi, "apa itu SPBE")
    report = admin.wait_reply(containing="gagal diproses tiga kali")
    assert APOLOGY in budi.wait_reply().text
    stub_bot.stop()
    del stub_bot.settings[stub.BROKEN]
    stub_bot.start()
    admin.press("Kirim ulang", report)
    wait_until(lambda: answers(budi.messages) == ["apa itu SPBE"])


def restart_until_it_stays(bot: StubBot, most: int = 10) -> int:
    """Start it again each time that it dies, as systemd would; returns how often it died."""
    for deaths in range(most):
        bot.start(ready=False)
        wait_until(lambda: bot.exit_code is not None or (READY in bot.output and bot.is_done()), 15)
        if bot.exit_code is None:
            return deaths
        assert bot.exit_code == stub.DEATH
    raise AssertionError("it never stays")


def test_an_update_that_kills_the_process_is_set_aside_alone(stub_bot: StubBot) -> None:
    api = quick(stub_bot).api
    admin, budi = api.private(ADMIN, "Admin"), api.private(7001)
    others = [api.private(7002 + number) for number in range(6)]
    for person in others[:3]:
        ask(person, f"{stub.SLOW} pertanyaan 0")
    ask(budi, "sebelumnya")
    ask(budi, f"{stub.DIES} ini")
    ask(budi, "sesudahnya")
    for person in others:
        ask(person, "pertanyaan 1")
        ask(person, "pertanyaan 2")
    assert restart_until_it_stays(stub_bot) == 3
    wait_until(lambda: len([message for message in admin.messages if "disisihkan" in message.text]) == 1, 30)
    set_aside = stub_bot.rows("SELECT chat_id, attempts FROM updates WHERE state = 'set_aside'")
    assert [chat for chat, _ in set_aside] == [budi.id]
    # A reply may have been on its way when the process died: then it is uncertain, reported, and not sent again.
    uncertain = [chat for (chat,) in stub_bot.rows("SELECT chat_id FROM messages WHERE state = 'uncertain'")]

    def heard_all(person: Person, asked: list[str]) -> bool:
        """In order, each once; but for those whose fate is uncertain."""
        heard = answers(person.messages)
        return heard == [text for text in asked if text in heard] and len(asked) - len(heard) <= uncertain.count(
            person.id
        )

    assert heard_all(budi, ["sebelumnya", "sesudahnya"])
    assert [APOLOGY in message.text for message in budi.messages][-2:] == [True, False]
    for person in others[:3]:
        assert heard_all(person, [f"{stub.SLOW} pertanyaan 0", "pertanyaan 1", "pertanyaan 2"])
    for person in others[3:]:
        assert heard_all(person, ["pertanyaan 1", "pertanyaan 2"])


def test_sigterm_answers_what_is_being_answered_and_leaves_the_rest(stub_bot: StubBot) -> None:
    api = quick(stub_bot).api
    budi, siti = api.private(7001), api.private(7002, "Siti")
    asked = [f"{stub.SLOW} pertanyaan 0", *(f"pertanyaan {number}" for number in range(1, 6))]
    stub_bot.start()
    for question in asked:
        ask(budi, question)
    ask(siti, f"{stub.SLOW} punya Siti")
    api.wait_calls("sendChatAction", 1, budi)
    api.wait_calls("sendChatAction", 1, siti)
    wait_until(lambda: not api.pending)
    started = time.monotonic()
    assert stub_bot.stop() == 0
    assert time.monotonic() - started < 5
    assert answers(budi.messages) == asked[:1]
    assert answers(siti.messages) == [f"{stub.SLOW} punya Siti"]
    assert len(stub_bot.rows("SELECT id FROM updates WHERE state = 'open'")) == len(asked) - 1
    ask(budi, "pertanyaan selagi bot berhenti")
    stub_bot.start()
    wait_until(lambda: len(budi.messages) == len(asked) + 1)
    assert answers(budi.messages) == [*asked, "pertanyaan selagi bot berhenti"]


def test_sigterm_is_heard_while_a_chat_must_wait_and_a_call_hangs(stub_bot: StubBot) -> None:
    api = stub_bot.api
    budi, siti = api.private(7001), api.private(7002, "Siti")
    api.fail("sendMessage", retry_after=60, when=lambda params: params["chat_id"] == budi.id)
    api.fail("sendMessage", hang=60, when=lambda params: params["chat_id"] == siti.id)
    stub_bot.start()
    ask(budi, "apa itu SPBE")
    ask(siti, "apa itu masterplan")
    api.wait_calls("sendMessage", 1, budi)
    api.wait_calls("sendMessage", 1, siti)
    started = time.monotonic()
    assert stub_bot.stop() == 0
    assert time.monotonic() - started < 12
    stub_bot.start()
    budi.wait_reply()
    siti.wait_reply()


def test_many_chats_at_once_keep_their_order(stub_bot: StubBot) -> None:
    api = quick(stub_bot).api
    people: list[Person] = [api.private(7001 + number) for number in range(25)]
    stub_bot.start()
    for number in range(5):
        for person in people:
            ask(person, f"pertanyaan {number}")
    wait_until(lambda: all(len(person.messages) == 5 for person in people), 30)
    for person in people:
        assert answers(person.messages) == [f"pertanyaan {number}" for number in range(5)]


@pytest.mark.parametrize("statement", ["BEGIN EXCLUSIVE", "BEGIN IMMEDIATE"])
def test_a_locked_database_only_delays(stub_bot: StubBot, statement: str) -> None:
    api = quick(stub_bot).api
    budi = api.private(7001)
    stub_bot.start()
    with sqlite3.connect(stub_bot.database, isolation_level=None) as other:
        other.execute(statement)
        number = ask(budi, "apa itu SPBE")
        time.sleep(0.5)
        assert api.pending == [number], "Telegram has not heard that the bot has it"
        other.execute("ROLLBACK")
    other.close()
    budi.wait_reply()
    assert answers(budi.messages) == ["apa itu SPBE"]
