"""While one person's work is heavy, everybody else's goes on: nothing computes on the event loop for long."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bot.telegram import library_case, stub
from tests.bot.telegram.conftest import GROUP, READY, StubBot, ask, wait_until
from tests.bot.telegram.library_case import ADMINS, admin_of, ended, packed, send, take_in
from tests.bot.telegram.office import card, enrol, letter, press, request, said
from tests.bot.telegram.test_board import visit
from tests.bot.telegram.test_numbers import file
from tests.bot_api import BotApi, Group

# Of the processor, in one go; a person feels a tenth of it not at all.
LONGEST_SECONDS = 0.2


@pytest.fixture
def bot(api: BotApi, office: Group, tmp_path: Path, small_library: Path) -> Iterator[StubBot]:
    """The bot with its real conversation, a library of its own and the consultants' group."""
    process = StubBot(api, library_case.copy_of(small_library, tmp_path / "data"), ADMINS)
    process.settings |= {
        "KOTACERDAS_TELEGRAM__CONSULTANTS": str(GROUP), stub.PACE: "0", stub.THINKS: "1",
        stub.HOLDS: str(LONGEST_SECONDS),
    }  # fmt: skip
    try:
        process.start()
        yield process
    finally:
        process.close()


def held(bot: StubBot) -> list[str]:
    """What held the loop since the bot was ready; before, nobody waits for it."""
    return [line for line in bot.output.partition(READY)[2].splitlines() if stub.HELD in line]


def test_a_day_of_officials_consultants_and_admins_never_holds_the_loop(
    bot: StubBot, office: Group, perwali: str
) -> None:
    siti, rina, admin = bot.api.private(7001, "Siti"), bot.api.private(501, "Rina"), admin_of(bot)
    for question in ("halo", "jam berapa taman kota terbuka bagi warga?", "bagaimana dengan kolam?", "x " * 900):
        ask(siti, question)
        siti.wait_reply(timeout=30)
    ask(siti, "jam berapa taman kota terbuka bagi warga?")
    answer = siti.wait_reply(timeout=30)
    for label in ("[1]", "Unduh"):
        siti.press(label, answer)
        siti.wait_reply(timeout=30)
    enrol(admin, rina)
    number = request(siti)
    shown = card(office, number)
    press(office, rina, "Ambil")
    press(office, rina, "Lihat draf")
    press(office, rina, "Setujui")
    letter(siti, number)
    office.say(rina, "/statistik")
    file(office, ".png")
    rina.say("/ekspor")
    file(rina, ".xlsx")
    rina.say("/ekspor csv")
    file(rina, ".csv")
    said(office, number)
    assert shown.thread
    many = {f"perwali-{n}.txt": perwali.replace("NOMOR 7", f"NOMOR {70 + n}") for n in range(20)}
    take_in(admin, send(admin, "kiriman.zip", packed(many)))
    for command in ("/kesehatan", "/pustaka"):
        admin.say(command)
        admin.wait_reply(timeout=60)
    admin.say("/kembalikan")
    admin.press("Ya", admin.wait_reply())
    ended(admin)
    opened = visit(bot, rina)
    for page in ("/antrean", "/angka", "/pustaka", f"/antrean?cari={number}"):
        assert opened.get(page).status_code in {200, 404}
    wait_until(bot.is_done)
    assert held(bot) == []


def test_what_would_hold_the_loop_is_seen(bot: StubBot, monkeypatch: pytest.MonkeyPatch) -> None:
    """The measure itself: a callback that computes too long is written down, one that waits is not."""
    import asyncio
    import time

    from tests.bot.telegram.stub import watch_callbacks

    lines: list[str] = []
    monkeypatch.setattr(asyncio.Handle, "_run", asyncio.Handle._run)
    monkeypatch.setattr("builtins.print", lambda line, **_: lines.append(line))
    watch_callbacks(0.05)

    async def computes() -> None:
        began = time.thread_time()
        while time.thread_time() - began < 0.1:
            pass
        await asyncio.sleep(0.1)

    asyncio.run(computes())
    assert len(lines) == 1
    assert "computes" in lines[0]
