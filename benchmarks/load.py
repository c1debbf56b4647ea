"""Officials who ask at a steady rate, whether or not the bot keeps up (open loop).

The bot runs as one process (polling, SQLite) or as several behind a load balancer (webhook,
PostgreSQL), against the Bot API server of the tests over HTTP. Times count from the moment at which
a question was due. What was lost, doubled or answered out of order is read from the bot's tables
and from the calls that arrived. The load comes from this machine as well and takes a part of it.

Usage: python -m benchmarks.load [--rates 20,60] [--seconds 30] [--replicas 2] [--new]
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import statistics
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from benchmarks.process import cpu_milliseconds, resident_mib
from benchmarks.speed import run
from knowledge.settings import PROJECT
from tests.bot.telegram.conftest import BotProcess, data_folder
from tests.bot.telegram.test_replicas import Replica
from tests.bot.telegram.test_webhook import PATH, free_port
from tests.bot_api import BotApi
from tests.postgres import PostgresServer

QUESTIONS = PROJECT / "tests" / "questions_own.jsonl"
# One person asks so seldom that two questions are not taken for one, nor wait for Telegram's pace.
SECONDS_BETWEEN = 4.0
FEWEST_PEOPLE = 40
WARM_UP = 40
PATIENCE = 60.0


@dataclass(frozen=True)
class Measured:
    """One row of the table; times in milliseconds from the moment when a question was due."""

    rate: float
    asked: int
    lost: int
    doubled: int
    out_of_order: int
    signs: list[float]
    answers: list[float]
    cpu: float
    memory: list[float]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rates", default="20,60", help="questions a second, one run each")
    parser.add_argument("--seconds", type=float, default=30.0, help="how long each run asks")
    parser.add_argument("--replicas", type=int, default=1, help="processes; above 1 on PostgreSQL, called by webhook")
    parser.add_argument("--new", action="store_true", help="word each question anew: no vector of it is kept yet")
    parser.add_argument("--memory", action="store_true", help="print the memory over time")
    options = parser.parse_args()
    with ExitStack() as stack:
        library = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        run("ingest.py", "--data", str(library))
        api = stack.enter_context(BotApi())
        started = time.perf_counter()
        bots = list(stack.enter_context(_bots(api, library, options.replicas)))
        ready = time.perf_counter() - started
        print(f"{len(bots)} process(es), ready {ready:.1f} s after the start; {options.seconds:.0f} s at each rate")
        print(f"{'':>8}{'asked':>7}{'lost':>6}{'twice':>6}{'order':>6}   first sign p50/p95/p99   answer p50/p95/p99 ms"
              f"   CPU/answer   memory first/most/last MiB")  # fmt: skip
        load = Load(api, bots, new=options.new)
        load.ask(WARM_UP / SECONDS_BETWEEN, SECONDS_BETWEEN)
        for rate in map(float, options.rates.split(",")):
            _print(load.ask(rate, options.seconds), options.memory)


class Load:
    """Asks, waits for the answers, and counts."""

    def __init__(self, api: BotApi, bots: list[BotProcess], *, new: bool = False) -> None:
        self._api = api
        self._bots = bots
        with QUESTIONS.open(encoding="utf-8") as lines:
            cases = [json.loads(line) for line in lines]
        asked = [case["question"] for case in cases if case["kind"] == "answer" and not case.get("history")]
        self._questions: Iterator[str] = itertools.cycle(asked)
        if new:
            self._questions = (f"{question} (surat {n})" for n, question in enumerate(itertools.cycle(asked), 100))
        self._people = itertools.count(1_000_000)

    def ask(self, rate: float, seconds: float) -> Measured:
        """Ask at this rate for so long, each person in turn."""
        people = [self._api.private(next(self._people)) for _ in range(max(FEWEST_PEOPLE, int(rate * SECONDS_BETWEEN)))]
        calls_before, cpu_before = len(self._api.calls), self._cpu()
        due: dict[int, list[float]] = {person.id: [] for person in people}
        memory, looked = [self._memory()], time.monotonic()
        begin = time.monotonic()
        for n in range(int(rate * seconds)):
            at = begin + n / rate
            time.sleep(max(0.0, at - time.monotonic()))
            person = people[n % len(people)]
            due[person.id].append(at)
            person.say(next(self._questions))
            if time.monotonic() - looked > 1:
                memory.append(self._memory())
                looked = time.monotonic()
        asked = sum(map(len, due.values()))
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and not all(bot.is_done() for bot in self._bots[:1]):
            time.sleep(0.2)
        memory.append(self._memory())
        signs, answers, arrived = self._times(due, calls_before)
        lost, doubled, out_of_order = self._faults(due, arrived)
        return Measured(
            rate, asked, lost, doubled, out_of_order, signs, answers, (self._cpu() - cpu_before) / asked, memory
        )

    def _times(self, due: dict[int, list[float]], before: int) -> tuple[list[float], list[float], Counter[int]]:
        """Milliseconds to the first sign and to the answer of each question; answers that arrived."""
        signs, answers = [], []
        arrived: Counter[int] = Counter()
        signed: Counter[int] = Counter()
        for call in list(self._api.calls)[before:]:
            if call.chat not in due:
                continue
            asked = due[call.chat]
            n = arrived[call.chat]
            if signed[call.chat] <= n < len(asked) and call.at >= asked[n]:
                signs.append((call.at - asked[n]) * 1000)
                signed[call.chat] = n + 1
            if call.method == "sendMessage":
                if n < len(asked):
                    answers.append((call.at - asked[n]) * 1000)
                arrived[call.chat] += 1
        return signs, answers, arrived

    def _faults(self, due: dict[int, list[float]], arrived: Counter[int]) -> tuple[int, int, int]:
        """Questions without an answer, answers too many, and answers before that of an earlier question."""
        rows = self._bots[0].rows(
            "SELECT turns.chat_id, turns.parts, messages.message_id FROM turns "
            "JOIN messages ON messages.turn_id = turns.id WHERE messages.state = 'sent' AND messages.part = 0"
        )
        answered: dict[int, list[tuple[int, int]]] = {person: [] for person in due}
        for chat, kept, message in rows:
            if chat in answered:
                parts = json.loads(kept) if isinstance(kept, str) else kept
                answered[chat].extend((part[0], message) for part in parts)
        lost = sum(max(0, len(times) - len({asked for asked, _ in answered[chat]})) for chat, times in due.items())
        doubled = sum(max(0, arrived[chat] - len(times)) for chat, times in due.items())
        in_order = (sorted(pairs) for pairs in answered.values())
        return lost, doubled, sum(a > b for pairs in in_order for (_, a), (_, b) in itertools.pairwise(pairs))

    def _cpu(self) -> float:
        return sum(cpu_milliseconds(bot.pid) for bot in self._bots)

    def _memory(self) -> float:
        return sum(resident_mib(bot.pid) for bot in self._bots)


@contextmanager
def _bots(api: BotApi, library: Path, replicas: int) -> Iterator[list[BotProcess]]:
    """The processes, ready, on one library."""
    with tempfile.TemporaryDirectory() as directory, ExitStack() as stack:
        if replicas == 1:
            bot = BotProcess(api, data_folder(Path(directory) / "data", library))
            stack.callback(bot.close)
            yield [bot.start()]
            return
        postgres = PostgresServer()
        stack.callback(postgres.stop)
        url, ports = postgres.new_database(), [free_port() for _ in range(replicas)]
        balancer = Balancer(ports)
        stack.callback(balancer.close)
        bots = []
        for port in ports:
            settings = {
                "KOTACERDAS_DATABASE__URL": url,
                "KOTACERDAS_TELEGRAM__WEBHOOK_URL": balancer.url,
                "KOTACERDAS_TELEGRAM__WEBHOOK_PORT": str(port),
                "TELEGRAM_WEBHOOK_SECRET": token_hex(),
            }
            bots.append(RealReplica(api, data_folder(Path(directory) / str(port), library), settings))
            stack.callback(bots[-1].close)
            bots[-1].start(ready=False)
        for bot in bots:
            bot.wait_ready()
        yield list(bots)


class RealReplica(BotProcess):
    """`python -m bot run` on the shared database."""

    address = Replica.address
    rows = Replica.rows


class Balancer:
    """Hands each connection to the next process, as a load balancer of layer 4 does."""

    def __init__(self, ports: list[int]) -> None:
        self._ports = itertools.cycle(ports)
        self._loop = asyncio.new_event_loop()
        self._server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}{PATH}"
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

    def close(self) -> None:
        """End at once."""
        self._loop.call_soon_threadsafe(self._loop.stop)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            there, back = await asyncio.open_connection("127.0.0.1", next(self._ports))
            await asyncio.gather(_pour(reader, back), _pour(there, writer))


async def _pour(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with closing(target):
        while piece := await source.read(65536):
            target.write(piece)
            await target.drain()


def _print(found: Measured, over_time: bool) -> None:
    def three(times: list[float]) -> str:
        if len(times) < 2:
            return "-"
        at = statistics.quantiles(times, n=100, method="inclusive")
        return f"{at[49]:.0f} / {at[94]:.0f} / {at[98]:.0f}"

    memory = f"{found.memory[0]:.0f} / {max(found.memory):.0f} / {found.memory[-1]:.0f}"
    print(
        f"{found.rate:>6.0f}/s{found.asked:>7}{found.lost:>6}{found.doubled:>6}{found.out_of_order:>6}"
        f"   {three(found.signs):>22}   {three(found.answers):>24}   {found.cpu:>7.1f} ms   {memory:>18}"
    )
    if over_time:
        tenths = max(1, len(found.memory) // 10)
        print("        memory, ten times over the run: " + " ".join(f"{size:.0f}" for size in found.memory[::tenths]))


if __name__ == "__main__":
    main()
