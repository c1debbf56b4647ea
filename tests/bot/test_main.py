"""`python -m bot`: quick help, clear messages, the right exit codes."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import docx
import pytest

from bot.__main__ import main
from bot.conversation.converse import Conversation
from knowledge.settings import PROJECT

HEAVY = ("torch", "chromadb", "telegram", "sentence_transformers", "sklearn", "langchain_core", "pydantic")
HELP = f"""
import runpy, sys
sys.argv = ["python -m bot", "--help"]
try:
    runpy.run_module("bot", run_name="__main__")
finally:
    print("IMPORTED", *[name for name in {HEAVY!r} if name in sys.modules])
"""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], cwd=PROJECT, capture_output=True, text=True, check=False)


def test_help_comes_at_once() -> None:
    seconds: list[float] = []
    for _ in range(3):
        started = time.perf_counter()
        result = run("-m", "bot", "--help")
        seconds.append(time.perf_counter() - started)
        assert result.returncode == 0
        assert "ask" in result.stdout
        assert "chat" in result.stdout
    assert min(seconds) < 0.5


def test_help_loads_no_model_no_store_and_no_telegram() -> None:
    result = run("-c", HELP)
    assert result.stdout.splitlines()[-1] == "IMPORTED"


@pytest.mark.parametrize("command", [["ask", "Apa itu kota cerdas?"], ["ask", "--json"], ["chat"]])
def test_an_empty_library_is_told_with_its_remedy(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, "--data", str(tmp_path / "kosong")]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.strip() == "Pustaka masih kosong. Jalankan: python ingest.py"
    assert "python ingest.py" in printed.err


def test_an_empty_library_ends_the_process_with_2(tmp_path: Path) -> None:
    result = run("-m", "bot", "ask", "Apa itu kota cerdas?", "--data", str(tmp_path / "kosong"))
    assert result.returncode == 2
    assert result.stderr.strip() == "Pustaka masih kosong. Jalankan: python ingest.py"


def test_an_unknown_key_is_refused_by_its_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[answer]\nmax_wordz = 90\n", encoding="utf-8")
    assert main(["ask", "halo", "--config", str(file)]) == 2
    assert "answer.max_wordz" in capsys.readouterr().err


def test_a_missing_config_is_told_with_its_path(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["chat", "--config", str(tmp_path / "tidak-ada.toml")]) == 2
    assert "tidak-ada.toml" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["tanya"], ["ask", "--jsno"]])
def test_a_wrong_command_line_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: python -m bot" in capsys.readouterr().err


def test_a_question_gets_a_readable_answer_from_the_library_of_the_environment(
    library_data: Path,
    conversation: Conversation,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("KOTACERDAS_DATA__DIR", str(library_data))
    assert main(["ask", "Apa isi Pasal 61 PP 59/2022?"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("PP 59/2022 Pasal 61")
    assert "[1] PP 59/2022 tentang Perkotaan, Pasal 61 (berlaku)" in printed


def test_a_letter_template_that_no_letter_can_be_made_of_refuses_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    word = docx.Document()
    word.add_paragraph("{{ nomor }} {{ sumber[0].judul }} {{ penafian }}")
    word.save(str(tmp_path / "surat.docx"))
    config = tmp_path / "config.toml"
    config.write_text('[office]\nletter_template = "surat.docx"\n', encoding="utf-8")
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "12345:TEST")
    assert main(["run", "--config", str(config)]) == 2
    assert f"{tmp_path / 'surat.docx'} tidak memuat isian {{{{ jawaban }}}}" in capsys.readouterr().err
