"""Officials who ask all at once in Telegram: time to the first sign and to the answer.

The bot runs as a process against the Bot API server of the tests, over HTTP. Beside it, in the
same run, a bare python-telegram-bot that says the same word to everybody: the reference.
Usage: python -m benchmarks.telegram [PEOPLE]
"""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.process import cpu_milliseconds
from benchmarks.speed import row, run
from knowledge.settings import PROJECT
from tests.bot_api import TOKEN, BotApi

PEOPLE = 20
ROUNDS = 8
# A private chat gets one message a second.
PAUSE = 1.5
QUESTIONS = (
    "Apa saja enam aspek kota cerdas?",
    "Apa 4 prinsip satu data indonesia?",
    "Berapa lama masterplan smart city berlaku?",
    "Siapa yang menyusun arsitektur SPBE daerah?",
    "Dari mana sumber pembiayaan kota cerdas?",
)
BARE = """
import os
from telegram.ext import ApplicationBuilder, MessageHandler, filters
async def answer(update, context):
    await update.message.reply_text("Baik.")
builder = ApplicationBuilder().token(os.environ["TELEGRAM_BOT_TOKEN"]).base_url(os.environ["BARE_URL"])
application = builder.concurrent_updates(True).build()
application.add_handler(MessageHandler(filters.TEXT, answer))
application.run_polling()
"""


def main() -> None:
    """Print the table."""
    people = int(sys.argv[1]) if len(sys.argv) > 1 else PEOPLE
    with tempfile.TemporaryDirectory() as directory:
        run("ingest.py", "--data", directory)
        bare = _measure([sys.executable, "-c", BARE], people)
        ours = _measure([sys.executable, "-m", "bot", "run", "--data", directory], people)
    print(f"{people} officials at once, {ROUNDS} rounds; beside: a bare bot that says one word")
    for name, at in (("first sign", 0), ("answer", 1)):
        for part, share in (("p50", 0.5), ("p95", 0.95)):
            target = {"first signp50": "target 150 ms", "answerp50": "target 400 ms"}.get(name + part, "")
            row(f"{name}, {part}", _quantile(ours[at], share), "ms", _quantile(bare[1], share), target)
    row("CPU an answer", ours[2][0], "ms", bare[2][0])


def _measure(command: list[str], people: int) -> tuple[list[float], list[float], list[float]]:
    """Milliseconds to the first sign and to the answer, of every question; CPU an answer."""
    with BotApi() as api, _process(command, api.url) as process:
        officials = [api.private(8000 + i) for i in range(people)]
        officials[0].say("halo")
        officials[0].wait_reply(timeout=120)
        time.sleep(PAUSE)
        first: list[float] = []
        last: list[float] = []
        before = cpu_milliseconds(process.pid)
        for turn in range(ROUNDS):
            done = len(api.calls)
            asked: dict[int, float] = {}
            for i, official in enumerate(officials):
                asked[official.id] = time.monotonic()
                official.say(QUESTIONS[(i + turn) % len(QUESTIONS)])
            for official in officials:
                official.wait_reply(timeout=60)
            seen: set[int] = set()
            for call in list(api.calls)[done:]:
                if call.chat not in asked:
                    continue
                since = (call.at - asked[call.chat]) * 1000
                if call.chat not in seen:
                    seen.add(call.chat)
                    first.append(since)
                if call.method == "sendMessage":
                    last.append(since)
            time.sleep(PAUSE)
        return first, last, [(cpu_milliseconds(process.pid) - before) / (people * ROUNDS)]


@contextmanager
def _process(command: list[str], url: str) -> Iterator[subprocess.Popen[bytes]]:
    environment = os.environ | {
        "TELEGRAM_BOT_TOKEN": TOKEN,
        "BARE_URL": f"{url}/bot",
        "KOTACERDAS_TELEGRAM__BASE_URL": f"{url}/bot",
        "KOTACERDAS_LIMITS__MESSAGES_PER_PERSON": "1000",
        "KOTACERDAS_LIMITS__MESSAGES_OF_ALL": "100000",
    }
    process = subprocess.Popen(
        command,
        cwd=PROJECT,
        env=environment,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _quantile(values: list[float], share: float) -> float:
    return statistics.quantiles(values, n=100)[int(share * 100) - 1]


if __name__ == "__main__":
    main()
