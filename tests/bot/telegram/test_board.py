"""The web board beside the bot in one process: its links in Telegram, its port, and the whole story
of a request over both fronts."""

from __future__ import annotations

import re
import socket
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import docx
import pytest

from tests.bot.board.conftest import Visit
from tests.bot.telegram.conftest import ADMIN, GROUP, BotProcess, StubBot, wait_until
from tests.bot.telegram.office import alert, card, enrol, letter, request, said
from tests.bot_api import BotApi, Group, Person

LINK = re.compile(r"(https?://\S+)/masuk/([\w-]{40,})")


@pytest.fixture
def admin(api: BotApi) -> Person:
    return api.private(ADMIN, "Admin")


@pytest.fixture
def quick(stub_bot: StubBot, office: Group) -> StubBot:
    """The stub with the consultants' group, not yet started."""
    stub_bot.settings |= {"KOTACERDAS_TELEGRAM__CONSULTANTS": str(GROUP), "STUB_PACE": "0"}
    return stub_bot


def visit(bot: BotProcess, person: Person) -> Visit:
    """A browser that was let in by a link of the bot."""
    person.say("/papan")
    found = LINK.search(person.wait_reply(containing="/masuk/", timeout=30).text)
    assert found
    opened = Visit(base_url=bot.board, headers={"Origin": bot.board}, follow_redirects=True, trust_env=False)
    assert opened.post(f"/masuk/{found[2]}").status_code == 200
    return opened


def test_the_bot_hands_out_links_to_who_may_act_and_only_in_private(
    quick: StubBot, office: Group, admin: Person, api: BotApi
) -> None:
    quick.start()
    rina, stranger = api.private(501, "Rina"), api.private(777, "Tamu")
    enrol(admin, rina)
    assert "Rina" in visit(quick, rina).page("/antrean")
    assert "(admin)" in visit(quick, admin).page("/antrean")
    stranger.say("/papan")
    assert "hanya untuk konsultan" in stranger.wait_reply().text
    before = len(office.messages)
    office.say(stranger, "/papan")
    office.say(rina, "/papan")
    assert "percakapan pribadi" in office.wait_reply(containing="Tautan papan").text
    assert len(office.messages) == before + 1
    wait_until(lambda: len([message for message in rina.messages if LINK.search(message.text)]) == 2)
    assert not [message for message in office.messages if "/masuk/" in message.text]
    assert quick.rows("SELECT count(*) FROM messages WHERE parameters LIKE '%/masuk/%' AND state = 'sent'") == [(0,)]


def test_at_a_public_address_telegram_offers_the_mini_app(quick: StubBot, admin: Person) -> None:
    quick.settings["KOTACERDAS_BOARD__ADDRESS"] = "https://papan.example.go.id/"
    quick.start()
    admin.say("/papan")
    reply = admin.wait_reply()
    assert reply.buttons[0]["web_app"] == {"url": "https://papan.example.go.id/mini"}
    assert reply.buttons[1]["url"].startswith("https://papan.example.go.id/masuk/")
    assert "/masuk/" not in reply.text


def test_who_is_removed_is_logged_out_before_the_next_page(
    quick: StubBot, office: Group, admin: Person, api: BotApi
) -> None:
    quick.start()
    rina = api.private(501, "Rina")
    enrol(admin, rina)
    opened = visit(quick, rina)
    admin.say("/konsultan hapus 501")
    admin.wait_reply(containing="tidak lagi terdaftar")
    assert quick.rows("SELECT count(*) FROM board_sessions") == [(0,)]
    assert opened.get("/antrean").url.path == "/masuk"


def test_a_taken_port_is_named_and_the_bot_goes_on_without_the_board(quick: StubBot, admin: Person) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        quick.settings["KOTACERDAS_BOARD__PORT"] = str(port)
        quick.start()
        assert f"Papan konsultan tidak dapat dibuka di 127.0.0.1:{port}" in quick.output
        admin.say("/papan")
        assert "sedang tidak dibuka" in admin.wait_reply().text
        admin.say("Apa itu RP2P?")
        assert "Jawaban atas Apa itu RP2P" in admin.wait_reply().text


def test_a_board_that_is_switched_off_listens_nowhere(quick: StubBot, admin: Person) -> None:
    quick.settings["KOTACERDAS_BOARD__ENABLED"] = "false"
    quick.start()
    assert quick.board == ""
    admin.say("/papan")
    assert "sedang tidak dibuka" in admin.wait_reply().text


def test_open_pages_do_not_keep_the_bot_from_stopping(quick: StubBot, admin: Person) -> None:
    quick.start()
    opened = visit(quick, admin)
    with opened.stream("GET", "/arus", timeout=20) as stream:
        assert next(stream.iter_lines()).startswith("retry")
        quick.terminate()
        assert quick.wait(10) == 0
    assert "Traceback" not in quick.output


def test_the_whole_story_over_telegram_and_the_board(
    real: BotProcess, office: Group, admin: Person, api: BotApi
) -> None:
    """An official asks and asks for a consultant; two race for the lead, one in Telegram and one on the
    board; the winner edits and approves on the board; the official gets message and letter and answers;
    the consultant sees it in the topic and on the board."""
    siti, rina, dewi = api.private(7001, "Siti"), api.private(501, "Rina"), api.private(502, "Dewi")
    enrol(admin, rina)
    enrol(admin, dewi)
    boards = {501: visit(real, rina), 502: visit(real, dewi)}
    number = request(siti)
    shown = card(office, number)
    [(token,)] = real.rows("SELECT token FROM leads")
    page = f"/permohonan/{token}"
    assert number in boards[501].page("/antrean")

    with ThreadPoolExecutor(2) as race:
        at_board = race.submit(boards[501].fill, page, "/ambil")
        in_telegram = race.submit(lambda: alert(api, office.press(dewi, "Ambil", shown)))
        won = at_board.result().status_code == 200
        told = in_telegram.result()
    [(owner,)] = real.rows("SELECT owner_id FROM leads")
    assert owner == (501 if won else 502)
    assert told == ("Sudah diambil Rina." if won else "")
    assert real.rows("SELECT count(*) FROM lead_moves WHERE action = 'ambil'") == [(1,)]
    name, mine, loser = ("Rina", boards[501], boards[502]) if won else ("Dewi", boards[502], boards[501])
    said(office, f"ditangani {name}")

    html = mine.page(page)
    assert "PP 59/2022" in html
    assert "<mark>" in html
    assert '/setujui"' not in loser.page(page)
    edited = mine.fill(page, "/ubah", teks="Ibu Siti, enam aspeknya ada pada PP 59/2022 Pasal 61 [1].", alasan="gaya")
    assert "Perubahan dari versi 1" in edited.text
    assert mine.fill(page, "/setujui").status_code == 200

    response = siti.wait_reply(containing="Tanggapan konsultasi", timeout=30)
    assert f"dari {name}, konsultan" in response.text
    assert "Ibu Siti, enam aspeknya ada pada PP 59/2022 Pasal 61 [1]." in response.text
    content = letter(siti, number).content or b""
    assert number in "\n".join(paragraph.text for paragraph in docx.Document(BytesIO(content)).paragraphs)
    wait_until(lambda: real.rows("SELECT state FROM leads") == [("terkirim",)], 60, "the delivery")
    assert "Versi ini sudah dikirim" in mine.post(f"{page}/setujui", data=approval(real, html)).text
    assert len([m for m in siti.messages if f"dari {name}, konsultan" in m.text]) == 1

    siti.say("Terima kasih, Bu. Apakah Pasal 62 juga wajib?")
    heard = office.wait_reply(containing="Apakah Pasal 62 juga wajib?", after=shown, timeout=60)
    assert heard.thread == shown.thread
    after = mine.page(page)
    assert "Apakah Pasal 62 juga wajib?" in after
    assert "diambil" in after


def approval(bot: BotProcess, html: str) -> dict[str, str]:
    """The form that approves the version that was sent, once more."""
    [(version,)] = bot.rows("SELECT id FROM lead_versions WHERE sent_by IS NOT NULL")
    csrf = html.split('name="csrf" value="')[1].partition('"')[0]
    return {"csrf": csrf, "versi": version, "terbaca": "0"}
