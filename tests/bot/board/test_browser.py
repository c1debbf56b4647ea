"""The board in a real browser: both ways in, a lead from claim to approval, two widths, the keyboard
alone, light and dark, and nothing but our own host."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote, urlsplit

import pytest

from bot.board import live
from bot.database import redrafts, tables
from bot.database.board_tables import LeadRedraft
from tests.bot.board import requests
from tests.bot.board.browser import CHROMIUM, DESKTOP, PHONE, chromium, page_of
from tests.bot.board.conftest import OpenBoard
from tests.bot.board.requests import DEWI, RINA, SAMPLES, plain_draft
from tests.bot.board.test_login import init_data

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Request

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (Debian: apt install chromium)")
Scheme = Literal["light", "dark"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


class Watched:
    """A window, and everything that it should not have done."""

    def __init__(self, browser: Browser, board: OpenBoard, size: tuple[int, int], scheme: Scheme = "light") -> None:
        self.board = board
        self.page: Page = page_of(browser, size, scheme)
        self.page.set_default_timeout(15_000)
        self.wrong: list[str] = []
        self._ours = urlsplit(board.url).netloc
        self.page.on("console", self._logged)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("request", self._asked)

    def _logged(self, line: ConsoleMessage) -> None:
        if line.type in {"error", "warning"}:
            self.wrong.append(line.text)

    def _asked(self, request: Request) -> None:
        if urlsplit(request.url).netloc != self._ours:
            self.wrong.append(request.url)

    def log_in(self, person: int) -> Page:
        """By a link of the bot."""
        self.page.goto(f"{self.board.url}/masuk/{self.board.secret(person)}")
        self.page.get_by_role("button", name="Masuk").click()
        self.page.get_by_role("heading", name="Antrean").wait_for()
        return self.page

    def overflow(self) -> int:
        """How far the page is wider than the window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))

    def close(self) -> None:
        """Nothing went wrong."""
        assert self.wrong == []
        self.page.context.close()


@pytest.fixture
def desk(browser: Browser, busy_board: OpenBoard) -> Iterator[Watched]:
    watched = Watched(browser, busy_board, DESKTOP)
    yield watched
    watched.close()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_lead_goes_from_the_queue_to_the_official(
    browser: Browser, busy_board: OpenBoard, size: tuple[int, int]
) -> None:
    watched = Watched(browser, busy_board, size)
    page = watched.log_in(RINA)
    page.get_by_role("link", name="Kabupaten Bulukumba").click()
    page.get_by_role("button", name="Ambil", exact=True).click()
    assert "sekarang Anda tangani" in page.inner_text("main")
    page.locator("summary", has_text="Ubah teks").click()
    page.get_by_label("Teks tanggapan").fill("Yth. Bapak Fauzi, ada enam aspek [1].")
    page.get_by_label("Alasan perubahan").select_option("gaya")
    page.get_by_role("button", name="Simpan sebagai versi baru").click()
    assert "Yth. Bapak Fauzi," in page.locator("ins").first.inner_text()
    assert watched.overflow() <= 0
    page.get_by_role("link", name="[1]").click()
    assert page.locator("#sumber-1 mark").is_visible()
    page.get_by_role("button", name="Setujui & kirim versi 2").click()
    assert "sedang dikirim kepada pejabat" in page.inner_text("main")
    text, letter = busy_board.sent(7002)
    assert "Yth. Bapak Fauzi, ada enam aspek [1]." in str(text.parameters)
    assert letter.method == "send_document"
    watched.close()


def test_telegram_opens_it_as_a_mini_app_in_its_own_colours(browser: Browser, busy_board: OpenBoard) -> None:
    watched = Watched(browser, busy_board, PHONE)
    theme = json.dumps({"bg_color": "#17212b", "secondary_bg_color": "#0e1621", "text_color": "#f5f5f5"})
    launch = f"#tgWebAppData={quote(init_data())}&tgWebAppVersion=9.0&tgWebAppThemeParams={quote(theme)}"
    watched.page.goto(f"{busy_board.url}/mini{launch}")
    watched.page.get_by_role("heading", name="Antrean").wait_for()
    colour = "getComputedStyle(document.body).backgroundColor"
    assert watched.page.evaluate(colour) == "rgb(14, 22, 33)"
    watched.page.get_by_role("link", name="Kabupaten Kebumen").click()
    watched.page.get_by_role("heading", name="KC-2611-0001").wait_for()
    assert watched.page.evaluate(colour) == "rgb(14, 22, 33)"
    assert axe(watched.page) == []
    watched.close()


@pytest.mark.parametrize(("size", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop", "phone"])
def test_nobody_is_shut_out_and_nothing_overflows(
    browser: Browser, busy_board: OpenBoard, scheme: Scheme, size: tuple[int, int]
) -> None:
    watched = Watched(browser, busy_board, size, scheme)
    page = watched.page
    page.goto(f"{busy_board.url}/masuk")
    assert axe(page) == []
    watched.log_in(RINA)
    library = busy_board.visit(RINA).page("/pustaka?cari=59/2022").split('href="/pustaka/')[1].split('"')[0]
    paths = ("/antrean?provinsi=33", busy_board.path(), busy_board.path(6), "/angka", "/pustaka", f"/pustaka/{library}")
    for path in paths:
        page.goto(busy_board.url + path)
        page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
        assert axe(page) == [], path
        assert watched.overflow() <= 0, path
    watched.close()


def test_the_keyboard_is_enough(desk: Watched) -> None:
    page = desk.log_in(RINA)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    for key in "jjjkj":
        page.keyboard.press(key)
    third = page.locator(".rows h2 a").nth(2)
    assert third.evaluate("link => link === document.activeElement")
    page.keyboard.press("/")
    page.keyboard.type("bulukumba")
    page.keyboard.press("Enter")
    page.get_by_text("1 permohonan").wait_for()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Kabupaten Bulukumba").wait_for()
    tab_to(page, "Ambil")
    page.keyboard.press("Enter")
    page.get_by_text("sekarang Anda tangani").wait_for()
    tab_to(page, "Setujui & kirim versi 1")
    page.keyboard.press("Space")
    page.get_by_text("sedang dikirim kepada pejabat").wait_for()
    assert len(desk.board.sent(7002)) == 2


def tab_to(page: Page, label: str) -> None:
    """Press Tab until a button has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == label:
            return
    raise AssertionError(f"{label!r} cannot be reached by Tab")


def test_what_others_do_appears_without_a_reload(desk: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LOOK_SECONDS", 0.1)
    page = desk.log_in(RINA)
    page.evaluate("window.unchanged = true")
    row = page.locator("li", has_text="Kabupaten Badung")
    assert "Belum diambil" in row.inner_text()
    page.wait_for_timeout(400)
    desk.board.visit(DEWI).fill(desk.board.path(5), "/ambil")
    row.get_by_text("Dewi Kartika").wait_for()
    draft = plain_draft(desk.board.desk.library)
    desk.board.do(lambda session: requests.request(session, SAMPLES[1], draft, desk.board.sla, 7050))
    page.get_by_text("8 permohonan").wait_for()
    assert page.evaluate("window.unchanged")


def test_the_wait_for_the_model_ends_without_a_reload(desk: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LOOK_SECONDS", 0.1)
    page = desk.log_in(RINA)
    page.goto(desk.board.url + desk.board.path())
    page.locator("summary", has_text="Tulis ulang").click()
    assert desk.overflow() <= 0
    page.get_by_role("button", name="Lebih formal").click()
    page.get_by_text("sedang ditulis ulang untuk Rina Wulandari: Lebih formal").wait_for()
    assert page.locator("summary", has_text="Tulis ulang").count() == 0
    page.wait_for_timeout(400)
    desk.board.do(lambda session: redrafts.end(session.get_one(LeadRedraft, 1), "Model sedang sibuk."))
    page.get_by_text("tidak jadi ditulis ulang dan tetap seperti semula. Model sedang sibuk.").wait_for()
    page.get_by_text("Permohonan ini baru saja berubah").wait_for()


def test_words_that_are_being_typed_survive_a_change_by_others(desk: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LOOK_SECONDS", 0.1)
    page = desk.log_in(RINA)
    page.goto(desk.board.url + desk.board.path())
    page.locator("summary", has_text="Ubah teks").click()
    page.get_by_label("Teks tanggapan").fill("Sedang saya tulis [1].")
    page.wait_for_timeout(400)
    desk.board.do(
        lambda session: requests.say(session, session.get_one(tables.Lead, 1), 7001, "Ada tambahan, Bu.", official=True)
    )
    page.get_by_text("Permohonan ini baru saja berubah").wait_for()
    page.locator("#percakapan", has_text="Ada tambahan, Bu.").wait_for()
    assert page.get_by_label("Teks tanggapan").input_value() == "Sedang saya tulis [1]."
    leaving: list[str] = []

    def stay(dialog: Dialog) -> None:
        leaving.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.get_by_role("link", name="Muat ulang").click()
    page.wait_for_timeout(300)
    assert leaving == ["beforeunload"]
    page.get_by_role("button", name="Simpan sebagai versi baru").click()
    page.get_by_text("Versi baru disimpan").wait_for()


def test_without_scripts_everything_still_works(browser: Browser, busy_board: OpenBoard) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{busy_board.url}/masuk/{busy_board.secret(DEWI)}")
    page.get_by_role("button", name="Masuk").click()
    page.get_by_role("link", name="Kota Banjarmasin").click()
    page.get_by_role("button", name="Ambil", exact=True).click()
    page.locator("summary", has_text="Tanya balik").click()
    page.get_by_label("Pertanyaan untuk pejabat").fill("Kapan anggarannya tersedia?")
    page.get_by_role("button", name="Kirim pertanyaan").click()
    assert "sedang dikirim kepada pejabat" in page.inner_text("main")
    context.close()


def axe(page: Page) -> list[str]:
    """What axe-core finds wrong: the rule and where. It is added from our own side of the policy."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]})
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found.response["violations"]]
