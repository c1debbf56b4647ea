"""A chat model answers in time, or is given up in time: hanging, slow, broken, cut off, out of tokens."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from bot.conversation.chat_model import ChatModel, DraftingSettings, ModelFailure
from bot.errors import StartError
from tests.chat_server import ChatServer, Script

Model = Callable[..., ChatModel]
FIRST, TOTAL = 0.6, 1.2


@pytest.fixture(scope="module")
def running() -> Iterator[ChatServer]:
    with ChatServer() as server:
        yield server


@pytest.fixture
def server(running: ChatServer, monkeypatch: pytest.MonkeyPatch) -> ChatServer:
    monkeypatch.setenv("OPENAI_API_KEY", "kunci-uji")
    running.forget()
    return running


@pytest.fixture
def model(server: ChatServer, tmp_path: Path) -> Model:
    """A model of the test server with these limits."""

    def opened(**limits: float) -> ChatModel:
        settings = {"first_token_seconds": 5.0, "failures": 100} | limits
        return ChatModel("openai:uji", DraftingSettings(base_url=server.url, **settings), tmp_path)

    return opened


def written(model: ChatModel, seconds: float = 10) -> str:
    return [*model.write("Tugas", "Pesan", time.monotonic() + seconds)][-1]


def failure(model: ChatModel, seconds: float = 10) -> str:
    with pytest.raises(ModelFailure) as caught:
        written(model, seconds)
    return caught.value.reason


def test_the_answer_grows(server: ChatServer, model: Model) -> None:
    server.write("Masterplan berlaku lima tahun. [1]")
    texts = [*model().write("Tugas", "Pesan", time.monotonic() + 10)]
    assert texts[-1] == "Masterplan berlaku lima tahun. [1]"
    assert all(after.startswith(before) for before, after in pairwise(texts))
    assert len(texts) > 1
    (body,) = server.requests
    assert [message["content"] for message in body["messages"]] == ["Tugas", "Pesan"]
    assert [tool["function"]["name"] for tool in body["tools"]] == ["jawaban"]


def test_a_call_of_the_tool_is_read_as_text(server: ChatServer, model: Model) -> None:
    server.say(("Masterplan berlaku lima tahun.", [1]))
    assert json.loads(written(model()))["points"] == [{"text": "Masterplan berlaku lima tahun.", "citations": [1]}]


def test_a_model_without_tools_is_asked_for_text_from_then_on(server: ChatServer, model: Model) -> None:
    server.tools_refused = True
    server.write("- Masterplan berlaku lima tahun. [1]\n")
    one = model()
    assert [written(one), written(one)] == ["- Masterplan berlaku lima tahun. [1]\n"] * 2
    assert ["tools" in body for body in server.requests] == [True, False, False]


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_may_pass_is_tried_once_more(server: ChatServer, model: Model, status: int) -> None:
    server.fail(status)
    server.write("Jawaban.")
    assert written(model()) == "Jawaban."
    assert len(server.requests) == 2


@pytest.mark.parametrize("status", [429, 500])
def test_the_second_failure_is_the_last(server: ChatServer, model: Model, status: int) -> None:
    server.fail(status)
    assert failure(model()) == f"status {status}"
    assert len(server.requests) == 2


@pytest.mark.parametrize("status", [401, 403])
def test_what_will_not_pass_is_not_tried_again(server: ChatServer, model: Model, status: int) -> None:
    server.fail(status)
    assert failure(model()) == f"status {status}"
    assert len(server.requests) == 1


def test_a_server_that_is_not_there_is_a_failure(server: ChatServer, tmp_path: Path) -> None:
    gone = ChatModel("openai:uji", DraftingSettings(base_url="http://127.0.0.1:9/v1"), tmp_path)
    assert "Connection" in failure(gone)


@pytest.mark.parametrize(
    ("script", "reason", "limit"),
    [
        (Script("Jawaban.", silence=30), "silent", FIRST),
        (Script("Jawaban yang panjang sekali. " * 20, pause=0.1), "slow", TOTAL),
        (Script("Jawaban yang panjang. " * 9, pause=0.0, cut=3, how="end"), "cut", TOTAL),
        (Script(""), "empty", TOTAL),
        (Script("   \n"), "empty", TOTAL),
        (Script("Jawaban yang", finish="length"), "too long", TOTAL),
    ],
    ids=["silent", "slow", "cut", "empty", "blank", "too long"],
)
def test_gives_up_in_time(server: ChatServer, model: Model, script: Script, reason: str, limit: float) -> None:
    server.write("Pemanasan.")
    one = model(first_token_seconds=FIRST)
    written(one)
    server.scripts = [script]
    started = time.monotonic()
    assert failure(one, TOTAL) == reason
    assert time.monotonic() - started < limit + 0.5


def test_a_broken_connection_is_a_failure(server: ChatServer, model: Model) -> None:
    server.write("Jawaban yang panjang. " * 9, cut=3)
    assert failure(model()) not in {"", "slow"}


def test_after_failures_in_a_row_it_is_left_alone_for_a_while(server: ChatServer, model: Model) -> None:
    server.fail(401)
    one = model(failures=2, pause_seconds=0.4)
    assert [failure(one), failure(one)] == ["status 401"] * 2
    started = time.monotonic()
    assert failure(one) == "resting"
    assert time.monotonic() - started < 0.1
    assert len(server.requests) == 2
    time.sleep(0.4)
    server.scripts = [Script("Jawaban.")]
    assert written(one) == "Jawaban."
    assert written(one) == "Jawaban."


def test_while_it_rests_one_call_finds_out_for_all(server: ChatServer, model: Model) -> None:
    server.fail(401)
    one = model(failures=1, pause_seconds=0.3)
    failure(one)
    time.sleep(0.3)
    assert [failure(one), failure(one)] == ["status 401", "resting"]


def test_a_day_has_only_so_many_tokens(server: ChatServer, model: Model, tmp_path: Path) -> None:
    server.write("Jawaban yang cukup panjang untuk menghabiskan semuanya. " * 4)
    written(model(tokens_a_day=50))
    # Also after a restart.
    assert failure(model(tokens_a_day=50)) == "budget"
    assert written(model(tokens_a_day=100_000))
    kept = tmp_path / "chat_tokens.json"
    kept.write_text(json.dumps({"day": "2026-01-01", "tokens": 10**9}), encoding="utf-8")
    assert written(model(tokens_a_day=50))


@pytest.mark.parametrize("kept", ["", "{", "[]", '{"day": 1}'])
def test_a_broken_count_of_tokens_begins_anew(server: ChatServer, model: Model, tmp_path: Path, kept: str) -> None:
    server.write("Jawaban.")
    (tmp_path / "chat_tokens.json").write_text(kept, encoding="utf-8")
    assert written(model(tokens_a_day=1000)) == "Jawaban."


def test_a_missing_package_is_named_with_its_command(tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r"pip install langchain-\S+"):
        ChatModel("mistralai:mistral-small", DraftingSettings(), tmp_path)


@pytest.mark.parametrize("name", ["openai", "bukan-penyedia:model"])
def test_a_name_that_means_nothing_is_refused_at_the_start(tmp_path: Path, name: str) -> None:
    with pytest.raises(StartError, match=r"model\.chat"):
        ChatModel(name, DraftingSettings(), tmp_path)
