"""Draws the board as pictures: python -m tests.draw_board docs

The requests are invented, the answers are those of the assistant on the shipped library (`data/`, or
--data), and Chromium draws the pages at the width of a phone and of a desk.
"""

from __future__ import annotations

import argparse
import tempfile
from functools import partial
from pathlib import Path

from PIL import Image
from sqlalchemy.orm import Session

from bot.config import BoardSettings, Config
from bot.conversation.converse import Conversation
from bot.conversation.draft import Draft
from bot.conversation.understand import Question
from bot.database import leads, tables
from knowledge.settings import PROJECT
from tests.bot.board import requests
from tests.bot.board.browser import DESKTOP, PHONE, chromium, page_of
from tests.bot.board.conftest import OpenBoard, open_board
from tests.bot.board.requests import DEWI, RINA

TALLEST = {"phone": 1700, "desktop": 1500}


def main() -> None:
    """Fill a board and draw it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--data", type=Path, default=PROJECT / "data")
    options = parser.parse_args()
    conversation = Conversation(config := Config.load(data_dir=options.data.resolve()))

    def draft_for(question: str) -> Draft:
        return conversation.ask(Question(question))

    with (
        tempfile.TemporaryDirectory() as directory,
        open_board(Path(directory), config, conversation.library, BoardSettings()) as board,
    ):
        board.do(partial(_fill, board=board, draft_for=draft_for))
        _draw(board, options.folder)


def _fill(session: Session, board: OpenBoard, draft_for: requests.DraftFor) -> None:
    requests.fill(session, draft_for, board.sla)
    first = session.get_one(tables.Lead, 1)
    before = leads.latest_version(session, first)
    if before:
        text = before.text.replace("Menurut pustaka", "Ibu Siti, menurut pustaka").strip()
        text = "Yth. Ibu Siti,\n\n" + text + "\n\nKami siap membantu menyusun matriks program untuk tiap aspek."
        citations = leads.version_of(before).citations
        leads.add_version(session, first, RINA, "edit", text, citations, before.generation, "kurang_lengkap")
    for person, name in ((RINA, "Rina Wulandari"), (DEWI, "Dewi Kartika")):
        assert leads.name_of(session, person) == name


def _draw(board: OpenBoard, folder: Path) -> None:
    pages = {"queue": "/antrean", "lead": board.path(), "numbers": "/angka"}
    with chromium() as browser:
        for width, size in (("desktop", DESKTOP), ("phone", PHONE)):
            page = page_of(browser, size, scale=2)
            page.goto(f"{board.url}/masuk/{board.secret(RINA)}")
            page.click("main button")
            for name, path in pages.items():
                page.goto(board.url + path)
                picture = folder / f"board-{name}-{width}.png"
                page.screenshot(path=picture, full_page=True)
                _shrink(picture, TALLEST[width] * 2)


def _shrink(picture: Path, tallest: int) -> None:
    """Fewer colours, and no longer than a reader scrolls."""
    with Image.open(picture) as drawn:
        cut = drawn.convert("RGB").crop((0, 0, drawn.width, min(drawn.height, tallest)))
        cut.quantize(128).save(picture, optimize=True)


if __name__ == "__main__":
    main()
