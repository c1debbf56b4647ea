"""config.toml and the environment as the bot reads them, and how a mistake is told."""

from __future__ import annotations

import tomllib
from itertools import pairwise
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.config import Config, TelegramSettings
from knowledge.errors import KnowledgeError
from knowledge.settings import DEFAULT_CONFIG


def written(folder: Path, text: str) -> Path:
    file = folder / "config.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_shipped_file_reads_and_keeps_data_beside_itself() -> None:
    assert Config.load().data.dir == DEFAULT_CONFIG.parent / "data"


def test_every_key_of_the_shipped_file_carries_a_comment() -> None:
    lines = DEFAULT_CONFIG.read_text(encoding="utf-8").splitlines()
    for above, line in pairwise(lines):
        key = line.partition("=")[0].strip()
        if "=" in line and not line.startswith("#"):
            has_comment = above.startswith("#") or "=" in above
            assert has_comment, f"{key} stands in config.toml without a comment"


def test_the_shipped_file_sets_every_threshold_of_the_answer() -> None:
    values = tomllib.loads(DEFAULT_CONFIG.read_text(encoding="utf-8"))
    assert set(values["answer"]) == set(type(Config.load().answer).model_fields)


def test_a_relative_data_folder_counts_from_the_file(tmp_path: Path) -> None:
    assert Config.load(written(tmp_path, '[data]\ndir = "arsip/pustaka"\n')).data.dir == tmp_path / "arsip/pustaka"


def test_what_the_file_leaves_out_keeps_its_default(tmp_path: Path) -> None:
    config = Config.load(written(tmp_path, "[answer]\nmax_words = 90\n"))
    assert config.answer.max_words == 90
    assert config.answer.kind_confidence == Config().answer.kind_confidence


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[answer]\nmax_wordz = 90\n", "max_wordz"),
        ("[jawaban]\npanjang = 90\n", "jawaban"),
        ('[telegram]\ntoken = "rahasia"\n[telegramm]\na = 1\n', "telegramm"),
        ("[retrieval]\ndense_wieght = 0.5\n", "dense_wieght"),
    ],
)
def test_refuses_an_unknown_key_by_its_name(tmp_path: Path, text: str, key: str) -> None:
    with pytest.raises(KnowledgeError, match=key):
        Config.load(written(tmp_path, text))


@pytest.mark.parametrize(
    ("key", "value"),
    [("kind_confidence", "1.5"), ("min_similarity", "-0.1"), ("max_words", "5"), ("max_words", '"banyak"')],
)
def test_refuses_a_value_out_of_range_with_its_key(tmp_path: Path, key: str, value: str) -> None:
    with pytest.raises(KnowledgeError, match=f"answer.{key}"):
        Config.load(written(tmp_path, f"[answer]\n{key} = {value}\n"))


def test_a_missing_file_is_told_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match="tidak-ada"):
        Config.load(tmp_path / "tidak-ada.toml")


def test_a_file_that_is_not_toml_is_told_with_its_path(tmp_path: Path) -> None:
    file = written(tmp_path, "[answer\nmax_words: 90\n")
    with pytest.raises(KnowledgeError, match=str(file)):
        Config.load(file)


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KOTACERDAS_ANSWER__MAX_WORDS", "120")
    assert Config.load(written(tmp_path, "[answer]\nmax_words = 90\n")).answer.max_words == 120


def test_the_environment_says_where_data_lives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KOTACERDAS_DATA__DIR", str(tmp_path / "dari-lingkungan"))
    assert Config.load().data.dir == tmp_path / "dari-lingkungan"


def test_the_command_line_wins_over_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KOTACERDAS_DATA__DIR", str(tmp_path / "dari-lingkungan"))
    assert Config.load(data_dir=tmp_path / "dari-perintah").data.dir == tmp_path / "dari-perintah"


def test_an_unknown_key_in_the_environment_is_refused_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KOTACERDAS_ANSWER__MAX_WORDZ", "90")
    with pytest.raises(KnowledgeError, match="max_wordz"):
        Config.load()


def test_an_unknown_section_in_the_environment_is_refused_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KOTACERDAS_ANSWERS__MAX_WORDS", "90")
    with pytest.raises(KnowledgeError, match="answers"):
        Config.load()


def test_settings_do_not_change_after_loading() -> None:
    answer = Config.load().answer
    with pytest.raises(ValidationError):
        answer.max_words = 90  # type: ignore[misc]


@pytest.mark.parametrize(
    ("written", "used"),
    [
        ("http://127.0.0.1:8081", "http://127.0.0.1:8081/bot"),
        ("http://127.0.0.1:8081/", "http://127.0.0.1:8081/bot"),
        ("http://127.0.0.1:8081/bot", "http://127.0.0.1:8081/bot"),
        ("https://api.example.go.id/telegram/bot{token}", "https://api.example.go.id/telegram/bot{token}"),
    ],
)
def test_a_bare_server_gets_the_path_of_the_bot_api(written: str, used: str) -> None:
    assert TelegramSettings(base_url=written).base_url == used


def test_a_bare_server_gets_the_path_of_files() -> None:
    settings = TelegramSettings(base_file_url="http://127.0.0.1:8081")
    assert settings.base_file_url == "http://127.0.0.1:8081/file/bot"


def test_the_letters_template_counts_from_the_file_too(tmp_path: Path) -> None:
    config = Config.load(written(tmp_path, '[office]\nletter_template = "surat/kantor.docx"\n'))
    assert config.office.letter_template == str(tmp_path / "surat" / "kantor.docx")
    assert Config.load(written(tmp_path, "")).office.letter_template == ""
