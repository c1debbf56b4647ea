"""What the tests of the consultants' group do as its people: enrol, ask for a consultant, press, read."""

from __future__ import annotations

from collections.abc import Sequence

from tests.bot.telegram.conftest import ask
from tests.bot_api import Group, Message, Person
from tests.bot_api_chats import Telegram


def enrol(admin: Person, person: Person) -> None:
    """By an invitation of the admin."""
    admin.say("/konsultan tambah")
    link = admin.wait_reply(containing="start=u_").text.rpartition("start=")[2]
    person.say(f"/start {link}")
    assert "terdaftar sebagai konsultan" in person.wait_reply().text


def request(siti: Person, question: str = "Apa dasar hukum enam aspek kota cerdas?") -> str:
    """Ask, and ask for a consultant; returns the number of the request."""
    ask(siti, question)
    siti.wait_reply()
    siti.press("🗣 Bicara dengan konsultan")
    siti.wait_reply()
    for answer in ("Siti Rahmawati", "Kepala Dinas", "Diskominfo", "Kabupaten Kebumen"):
        siti.say(answer)
        siti.wait_reply()
    for label in ("Menyusun masterplan", "Bulan ini"):
        siti.press(label, siti.messages[-1])
        siti.wait_reply()
    siti.say("Lewat Telegram saja")
    siti.wait_reply(2)
    siti.press("Setuju", siti.messages[-1])
    siti.wait_reply()
    siti.press("Kirim permohonan", siti.messages[-1])
    return siti.wait_reply(containing="KC-").text.split("Permohonan ")[1].split()[0]


def card(office: Group, number: str) -> Message:
    """The card of a lead in its topic."""
    return said(office, f"{number} ·")


def said(chat: Group | Person, text: str, timeout: float = 30) -> Message:
    """The newest message of the bot in a chat that contains the text, whenever it came."""

    def found() -> Message | None:
        return next((message for message in reversed(chat.messages) if text in message.text), None)

    return chat.api.wait_for(found, timeout, f"a message with {text!r}")


def letter(official: Person, number: str) -> Message:
    """The response as a document."""

    def found() -> Message | None:
        return next((message for message in official.messages if message.file_name == f"{number}.docx"), None)

    return official.api.wait_for(found, 30, "the letter")


def press(office: Group, person: Person, label: str) -> str:
    """Press a button of the newest message that has it, once it is there; returns the alert."""

    def there() -> bool:
        return any(label in button["text"] for message in office.messages for button in message.buttons)

    office.api.wait_for(there, 30, f"a button {label!r}")
    query = office.press(person, label)
    return str(office.api.wait_answer(query).get("text", ""))


def alert(api: Telegram, query: str) -> str:
    return str(api.wait_answer(query).get("text", ""))


def taken(office: Group, admin: Person, people: Sequence[Person]) -> Message:
    """The card of a request of the official that the first consultant has taken."""
    siti, rina, *_ = people
    enrol(admin, rina)
    shown = card(office, request(siti))
    alert(office.api, office.press(rina, "Ambil", shown))
    return shown


def in_talk(office: Group, admin: Person, people: Sequence[Person]) -> Message:
    """The same, after the consultant has written to the official."""
    shown = taken(office, admin, people)
    office.say(people[1], "Selamat pagi", thread=shown.thread)
    people[0].wait_reply(containing="Selamat pagi")
    return shown
