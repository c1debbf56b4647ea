"""The topic of a lead: its icon and title follow the state, its card warns of what is not in force."""

from __future__ import annotations

import json

import pytest
from telegram import Sticker

from bot.telegram.icons import FITTING, fitting
from tests.bot.telegram.conftest import StubBot, ask, wait_until
from tests.bot.telegram.office import alert, card, enrol, in_talk, request, said
from tests.bot_api import Group, Message, Person


def sticker(emoji: str) -> Sticker:
    return Sticker("f", "u", 100, 100, False, False, "custom_emoji", emoji=emoji, custom_emoji_id=f"ikon-{emoji}")


def topic(office: Group, shown: Message) -> dict[str, object]:
    return office.topics[shown.thread or 0]


@pytest.fixture
def with_icons(stub_bot: StubBot, office: Group) -> StubBot:
    """As `quick`, where Telegram has icons for most states."""
    office.api.offer_icons("📰 ❗ 📝 ❓ ✅ 📁 📆 💬")
    stub_bot.settings |= {"KOTACERDAS_TELEGRAM__CONSULTANTS": str(office.id), "STUB_PACE": "0"}
    stub_bot.start()
    return stub_bot


def test_the_icon_follows_the_state_and_stands_for_the_mark(
    with_icons: StubBot, office: Group, admin: Person, people: tuple[Person, ...]
) -> None:
    siti, rina, _ = people
    enrol(admin, rina)
    number = request(siti)
    shown = card(office, number)
    assert topic(office, shown)["icon_custom_emoji_id"] == "ikon-❗"
    assert str(topic(office, shown)["name"]).startswith(number)
    alert(with_icons.api, office.press(rina, "Ambil", shown))
    wait_until(lambda: topic(office, shown)["icon_custom_emoji_id"] == "ikon-📝")
    assert [
        call.params.keys() & {"name", "icon_custom_emoji_id"} for call in with_icons.api.calls_of("editForumTopic")
    ] == [{"icon_custom_emoji_id"}]


def test_where_a_state_has_no_icon_the_mark_takes_its_place(
    with_icons: StubBot, office: Group, admin: Person, people: tuple[Person, ...]
) -> None:
    siti, rina, _ = people
    enrol(admin, rina)
    number = request(siti)
    shown = card(office, number)
    alert(with_icons.api, office.press(rina, "Ambil", shown))
    alert(with_icons.api, office.press(rina, "Lihat draf", card(office, number)))
    said(office, "versi 1")
    with_icons.api.fail("sendDocument", times=-1, status=429, retry_after=2)
    office.press(rina, "Setujui & kirim versi 1")
    wait_until(lambda: str(topic(office, shown)["name"]).startswith(f"📤 {number}"))
    assert topic(office, shown)["icon_custom_emoji_id"] == ""


def test_without_icons_the_title_changes_with_the_state_and_not_otherwise(
    quick: StubBot, office: Group, admin: Person, people: tuple[Person, ...]
) -> None:
    siti = people[0]
    in_talk(office, admin, people)
    for text in ("satu", "dua"):
        siti.say(text)
        siti.wait_reply()
    wait_until(quick.is_done)
    [edit] = quick.api.calls_of("editForumTopic")
    assert (edit.status, edit.params["name"][:2]) == (200, "✍️")


def test_the_card_warns_of_sources_that_are_not_in_force(
    quick: StubBot, office: Group, admin: Person, people: tuple[Person, ...]
) -> None:
    """Of the assistant's draft it says what the draft warned of; of a consultant's version the status of its sources."""
    siti, rina, _ = people
    enrol(admin, rina)
    number = request(siti)
    card(office, number)
    wait_until(quick.is_done)
    quick.kill()
    [(conversation, text)] = quick.rows(
        "SELECT conversation, text FROM leads l JOIN lead_versions v ON v.lead_id = l.id"
    )
    turns = json.loads(conversation)
    turns[-1]["draft"]["warnings"] = ["PermenPANRB 59/2020 sudah dicabut <oleh PermenPANRB 2/2026>."]
    source = {
        "n": 1, "source": "a.md", "title": "PermenPANRB 59/2020", "locator": "Pasal 4", "quote": "x",
        "status": "dicabut", "document": "/a.md", "group": "a#1",
    }  # fmt: skip
    quick.change("UPDATE leads SET conversation = ?", json.dumps(turns))
    warned = f"{text}\n\n{turns[-1]['draft']['warnings'][0]}"
    quick.change("UPDATE lead_versions SET text = ?, citations = ?", warned, json.dumps([source]))
    quick.start()
    alert(quick.api, office.press(rina, "Ambil", card(office, number)))
    wait_until(lambda: "⚠️ PermenPANRB 59/2020 sudah dicabut <oleh PermenPANRB 2/2026>." in card(office, number).text)
    office.press(rina, "Ubah")
    office.say(rina, "Lihat PermenPANRB itu [1].", reply_to=said(office, "teks tanggapan"))
    wait_until(lambda: "⚠️ [1] PermenPANRB 59/2020: dicabut" in card(office, number).text)


@pytest.mark.parametrize("state", FITTING)
def test_the_first_fitting_emoji_is_taken_with_or_without_its_variation(state: str) -> None:
    first, second, *_ = FITTING[state]  # type: ignore[index]
    assert fitting([sticker(second), sticker(first.replace("\ufe0f", ""))])[state] == f"ikon-{first}".replace(
        "\ufe0f", ""
    )
    assert fitting([sticker(second)])[state] == f"ikon-{second}"
    assert state not in fitting([sticker("🦄")])


def test_a_card_of_the_longest_words_is_one_message_and_keeps_the_rest(
    quick: StubBot, office: Group, people: tuple[Person, ...]
) -> None:
    for i in range(5):
        ask(people[0], f"{i} " + "<&>" * 80)
        people[0].wait_reply()
    shown = card(office, request(people[0], "Apa dasar hukum kota cerdas " + "& " * 230))
    assert len(shown.html) <= 4096
    assert "Skor" in shown.text
