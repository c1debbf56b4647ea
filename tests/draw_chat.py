"""Draws a real conversation with the bot as a picture: python -m tests.draw_chat docs/chat.png

The bot runs as a process on the shipped library (`data/`, or --data), a person of the test server
talks to it, and Chromium draws what both wrote.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from html import escape
from pathlib import Path

from knowledge.settings import PROJECT
from tests.bot_api import TOKEN, BotApi, Message

SAID = ("Kami dari Diskominfo Kab. Kebumen. Apa 4 prinsip satu data indonesia?",)
STYLE = """
body{margin:0;width:460px;background:#d4e3ee;font:15px/1.4 'Noto Sans','DejaVu Sans',sans-serif;padding:14px 0}
header{background:#fff;margin:-14px 0 12px;padding:10px 16px;font-weight:600;border-bottom:1px solid #c5d4df}
header small{display:block;font-weight:400;color:#6b7c88}
.bubble{max-width:380px;margin:8px 14px;padding:9px 13px;border-radius:14px;background:#fff;white-space:pre-wrap;
 box-shadow:0 1px 1px #0002;overflow-wrap:anywhere}
.mine{margin-left:auto;background:#e2fcc9}
.keys{max-width:406px;margin:-2px 14px 10px}
.row{display:flex;gap:5px;margin-top:5px}
.row span{flex:1;text-align:center;background:#6f91a8;color:#fff;border-radius:9px;padding:7px 8px;font-size:13.5px}
blockquote{margin:6px 0;border-left:3px solid #3390ec;padding-left:8px}
"""


def main() -> None:
    """Hold the conversation and draw it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--data", type=Path, default=PROJECT / "data")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        page = Path(directory) / "chat.html"
        page.write_text(_page(_conversation(options.data)), encoding="utf-8")
        _draw(page, options.picture.resolve())


def _conversation(data: Path) -> list[str | Message]:
    """What both said, in order: the person's texts and the bot's messages."""
    with BotApi() as api:
        environment = os.environ | {"TELEGRAM_BOT_TOKEN": TOKEN, "KOTACERDAS_TELEGRAM__BASE_URL": f"{api.url}/bot"}
        command = [sys.executable, "-m", "bot", "run", "--data", str(data)]
        bot = subprocess.Popen(command, cwd=PROJECT, env=environment, start_new_session=True)
        try:
            official = api.private(int(time.time()), first_name="Siti")
            told: list[str | Message] = []
            for text in SAID:
                official.say(text)
                told += [text, official.wait_reply(timeout=120)]
                time.sleep(2)
            return told
        finally:
            os.killpg(bot.pid, signal.SIGKILL)


def _page(told: list[str | Message]) -> str:
    parts = [f"<meta charset=utf-8><style>{STYLE}</style><header>KotaCerdas<small>bot</small></header>"]
    for item in told:
        if isinstance(item, str):
            parts.append(f"<div class='bubble mine'>{escape(item)}</div>")
            continue
        parts.append(f"<div class=bubble>{item.html}</div><div class=keys>")
        for row in (item.reply_markup or {}).get("inline_keyboard", []):
            keys = "".join(f"<span>{escape(key['text'])}</span>" for key in row)
            parts.append(f"<div class=row>{keys}</div>")
        parts.append("</div>")
    return "".join(parts)


def _draw(page: Path, picture: Path) -> None:
    """A screenshot at twice the resolution, cut off where nothing is drawn any more."""
    from PIL import Image, ImageChops

    flags = ["--headless", "--no-sandbox", "--hide-scrollbars", "--force-device-scale-factor=2"]
    subprocess.run(
        ["chromium", *flags, "--window-size=460,4000", f"--screenshot={picture}", page.as_uri()],
        check=True,
        capture_output=True,
    )
    with Image.open(picture) as drawn:
        plain = Image.new(drawn.mode, drawn.size, drawn.getpixel((0, drawn.height - 1)))
        edges = ImageChops.difference(drawn, plain).getbbox()
        height = min(drawn.height, (edges[3] if edges else 0) + 24)
        drawn.crop((0, 0, drawn.width, height)).quantize(128).save(picture, optimize=True)


if __name__ == "__main__":
    main()
