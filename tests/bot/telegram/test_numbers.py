"""/statistik and /ekspor over the wire: who gets what, where, and what stands in it."""

from __future__ import annotations

import csv
import io

import pytest
from openpyxl import load_workbook
from PIL import Image

from bot.telegram.numbers import read_wish
from tests.bot.telegram.conftest import StubBot, wait_until
from tests.bot.telegram.office import card, enrol, in_talk, request, said
from tests.bot_api import Group, Message, Person


def file(chat: Group | Person, end: str) -> Message:
    """The newest file in a chat whose name ends so."""

    def found() -> Message | None:
        return next((m for m in reversed(chat.messages) if (m.file_name or "").endswith(end)), None)

    return chat.api.wait_for(found, 30, f"a file {end}")


def test_the_figures_come_as_a_picture_with_words_below(
    quick: StubBot, office: Group, admin: Person, people: tuple[Person, ...]
) -> None:
    rina = people[1]
    in_talk(office, admin, people)
    office.say(rina, "/statistik")
    picture = file(office, ".png")
    assert Image.open(io.BytesIO(picture.content or b"")).size == (1080, 1280)
    assert picture.method == "sendPhoto"
    assert "1 permohonan, 1 belum selesai." in picture.text
    assert "median 0,0 jam kerja; 100 % sesuai janji" in picture.text
    assert "diambil: 1" in picture.text
    assert "Rina: 1 terbuka (0 terlambat), 0 selesai" in picture.text
    rina.say("/statistik")
    assert "1 permohonan" in file(rina, ".png").text


def test_without_a_request_there_is_a_kind_word(quick: StubBot, admin: Person) -> None:
    admin.say("/statistik")
    assert "Belum ada permohonan" in admin.wait_reply().text
    admin.say("/ekspor")
    assert admin.wait_reply().text == "Tidak ada permohonan."


def test_an_export_goes_to_the_private_chat_and_is_noted(
    quick: StubBot, office: Group, admin: Person, people: tuple[Person, ...]
) -> None:
    siti, rina, _ = people
    enrol(admin, rina)
    number = request(siti)
    card(office, number)
    office.say(rina, "/ekspor csv dari 1-1-2026")
    said(office, "Berkas dikirim lewat percakapan pribadi")
    content = file(rina, ".csv").content or b""
    [_, row] = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";")
    assert row[0] == number
    assert "Siti Rahmawati" in row
    assert not [message for message in office.messages if message.file_name]
    assert quick.rows("SELECT who, form, leads FROM exports") == [(501, "csv", 1)]
    rina.say("/ekspor")
    assert "dicatat" in file(rina, ".xlsx").text
    assert load_workbook(io.BytesIO(file(rina, ".xlsx").content or b"")).active["A2"].value == number
    rina.say("/ekspor dari 01/01/2090")
    assert "sejak 01-01-2090" in rina.wait_reply().text
    rina.say("/ekspor pdf")
    assert "/ekspor xlsx dari" in rina.wait_reply().text
    wait_until(lambda: "exported as csv by 501" in quick.output)


def test_strangers_get_neither_figures_nor_files(quick: StubBot, office: Group, people: tuple[Person, ...]) -> None:
    siti, stranger, _ = people
    card(office, request(siti))
    before = len(office.messages)
    for command in ("/statistik", "/ekspor", "/kesenjangan"):
        office.say(stranger, command)
        stranger.say(command)
    wait_until(quick.is_done)
    assert len(office.messages) == before
    assert stranger.messages == []
    assert quick.rows("SELECT count(*) FROM exports") == [(0,)]


def test_nothing_of_it_comes_into_another_group(
    quick: StubBot, office: Group, admin: Person, people: tuple[Person, ...]
) -> None:
    other = quick.api.group(-100900, "Grup lain")
    card(office, request(people[0]))
    for command in ("/statistik", "/ekspor", "/kesenjangan"):
        other.say(admin, command)
    wait_until(quick.is_done)
    assert other.messages == []


@pytest.mark.parametrize(
    ("words", "wish"),
    [
        ("", ("xlsx", None)),
        ("csv", ("csv", None)),
        ("XLSX dari 2026-11-01", ("xlsx", "2026-11-01")),
        ("dari 1/2/2026 csv", ("csv", "2026-02-01")),
        ("1.2.2026", ("xlsx", "2026-02-01")),
        ("31-02-2026", None),
        ("dari kemarin", None),
        ("01-01-2026 02-01-2026", None),
    ],
)
def test_what_is_typed_behind_the_command_is_understood(words: str, wish: tuple[str, str | None] | None) -> None:
    found = read_wish(words.split())
    assert (found and (found[0], found[1] and found[1].isoformat())) == wish
