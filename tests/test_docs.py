"""The pages: the site builds without a warning and fetches nothing, and every command in them is one that there is."""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

import bot.__main__
import ingest
import knowledge.__main__
from bot.config import Config
from bot.operations.watch import Watch
from bot.operations.web import application
from bot.telegram import menus
from bot.texts import copy_of
from bot.texts.telegram import TelegramTexts
from knowledge.errors import KnowledgeError
from knowledge.settings import PROJECT

PAGES = [PROJECT / "README.md", PROJECT / "SECURITY.md", *sorted((PROJECT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.M | re.S)
Words = list[str]


def commands() -> list[tuple[str, str]]:
    """Every line of a block of shell, with its page."""
    found: list[tuple[str, str]] = []
    for page in PAGES:
        for block in BLOCK.findall(page.read_text(encoding="utf-8")):
            found += [(str(page.relative_to(PROJECT)), line) for line in block.splitlines() if line.strip()]
    return found


def parsed(parser: argparse.ArgumentParser, words: Words) -> None:
    """Fails on what the command would refuse."""
    try:
        parser.parse_args(words)
    except SystemExit as ended:
        pytest.fail(f"refused with {ended.code}: {words}")


def check_python(words: Words) -> None:
    if words[0] == "ingest.py":
        parsed(ingest._parser(), words[1:])
    elif words[:2] == ["-m", "bot"]:
        parsed(bot.__main__._parser(), words[2:])
    elif words[:2] == ["-m", "knowledge"]:
        parsed(knowledge.__main__._parser(), words[2:])
        files = [word for word in words[3:] if word.endswith(".jsonl")]
        assert all((PROJECT / file).exists() for file in files)
    elif words[:3] == ["-m", "pip", "install"]:
        file = words[words.index("-r") + 1]
        assert (PROJECT / file).exists()
        assert {word for word in words[3:] if word.startswith("--")} <= {"--require-hashes", "--no-deps"}
    else:
        assert words[0] == "-m"
        assert importlib.util.find_spec(words[1])


def check_make(words: Words) -> None:
    variables = [word for word in words if "=" in word]
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    assert all(re.search(rf"^{variable.partition('=')[0]} \?=", makefile, re.M) for variable in variables)
    result = subprocess.run(["make", "-n", *words], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip()


def check_export(words: Words) -> None:
    compose = "".join(file.read_text(encoding="utf-8") for file in PROJECT.glob("compose*.yaml"))
    for word in words:
        name, _, value = word.partition("=")
        if name.startswith("KOTACERDAS_"):
            os.environ[name] = value
            Config.load()
        else:
            settings = (PROJECT / "config.toml").read_text(encoding="utf-8")
            assert f"${{{name}:" in compose or name in settings


def check_pip(words: Words) -> None:
    assert words[0] == "install"
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    offered = {Requirement(wanted).name for extra in project["optional-dependencies"].values() for wanted in extra}
    wanted = words[1]
    name, _, extra = wanted.strip("'").partition("[")
    assert name in offered or extra.rstrip("]") in project["optional-dependencies"]


def check_docker(words: Words) -> None:
    many = yaml.safe_load((PROJECT / "compose.yaml").read_text(encoding="utf-8"))
    if words[0] == "build":
        given = [word.partition("=")[0] for before, word in pairwise(words) if before == "--build-arg"]
        dockerfile = (PROJECT / "Dockerfile").read_text(encoding="utf-8")
        assert all(f"ARG {name}=" in dockerfile for name in given)
        assert words[words.index("-t") + 1] == many["services"]["bot1"]["image"]
        return
    assert words.pop(0) == "compose"
    compose = many
    if words[0] == "-f":
        compose = yaml.safe_load((PROJECT / words[1]).read_text(encoding="utf-8"))
        words = words[2:]
    profiles = {profile for service in compose["services"].values() for profile in service.get("profiles", ())}
    if words[0] == "--profile":
        assert words[1] in profiles
        words = words[2:]
    verb, *rest = words
    assert verb in {"up", "logs", "exec", "run", "down"}
    rest = [word for word in rest if word not in {"-d", "-f", "-T", "--rm"}]
    if verb in {"logs", "exec", "run"}:
        assert rest[0] in compose["services"]
    if verb == "up":
        assert set(rest) <= set(compose["services"]) | {"--build"}
    if verb == "exec" and rest[1] != "pg_dump":
        check(shlex.join(rest[1:]))


def check_kubectl(words: Words) -> None:
    files = sorted((PROJECT / "deploy/kubernetes").glob("*.yaml"))
    manifests = {
        f"{item['kind'].lower()}/{item['metadata']['name']}"
        for file in files
        for item in yaml.safe_load_all(file.read_text(encoding="utf-8"))
    }
    if words[0] in {"apply", "replace"}:
        words = [word for word in words if word != "--force"]
        assert words[1::2] == ["-f"] * (len(words) // 2)
        assert all((PROJECT / word) in files for word in words[2::2])
    elif words[:3] == ["create", "secret", "generic"]:
        assert f"name: {words[3]}" in (PROJECT / "deploy/kubernetes/bot.yaml").read_text(encoding="utf-8")
    else:
        assert words[:2] == ["rollout", "status"] or words[0] == "wait"
        assert manifests & set(words)


def check_sudo(words: Words) -> None:
    if words[0] == "install":
        source, target = words[-2:]
        assert source == "token.txt" or (PROJECT / source).exists()
        unit = (PROJECT / "deploy/kotacerdas.service").read_text(encoding="utf-8")
        assert target in unit
    else:
        check_systemctl(words)


def check_systemctl(words: Words) -> None:
    units = {file.stem for file in (PROJECT / "deploy").glob("*.service")}
    assert words[0] in {"systemctl", "journalctl"}
    assert words[1:] == ["daemon-reload"] or units & set(words)


def check_curl(words: Words) -> None:
    paths = {route.path for route in application(Watch.__new__(Watch)).routes}  # type: ignore[attr-defined]
    (url,) = words
    assert url.removeprefix("http://127.0.0.1:9464") in paths


CHECKS: dict[str, Callable[[Words], None]] = {
    "make": check_make,
    "pip": check_pip,
    "python": check_python,
    ".venv/bin/python": check_python,
    "export": check_export,
    "docker": check_docker,
    "kubectl": check_kubectl,
    "sudo": check_sudo,
    "journalctl": lambda words: check_systemctl(["journalctl", *words]),
    "curl": check_curl,
}


def check(line: str) -> None:
    """Fails for a command that would not do what the page says."""
    program, *words = shlex.split(line, comments=True)
    CHECKS[program](words)


@pytest.mark.parametrize(("page", "line"), commands())
def test_every_command_of_the_pages_can_be_given(page: str, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", dict(os.environ))
    check(line)


@pytest.mark.parametrize(
    "line",
    [
        "make runn",
        "make run TORCH_INDEXX=a",
        ".venv/bin/python ingest.py --dryrun",
        ".venv/bin/python -m bot serve",
        ".venv/bin/python -m benchmarks.tidak_ada",
        "export KOTACERDAS_OPERATION__PORT=1",
        "export DOMEN=a",
        "docker compose up-d",
        "docker compose logs bott",
        "docker build -t kotacerdas --build-arg TORCH_IDX=a .",
        "kubectl apply -f deploy/kubernetes/bot.yml",
        "sudo systemctl enable --now kota-cerdas",
        "curl http://127.0.0.1:9464/health",
        "rm -rf data",
    ],
)
def test_a_command_with_a_mistake_would_be_found(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", dict(os.environ))
    with pytest.raises((AssertionError, KeyError, ValueError, KnowledgeError, pytest.fail.Exception)):
        check(line)


def test_the_pages_hold_commands() -> None:
    assert len(commands()) > 40


@pytest.mark.parametrize("arguments", [["--status"], ["--dry-run"]])
def test_what_costs_nothing_is_run(arguments: Words, library_data: Path) -> None:
    assert ingest.main([*arguments, "--data", str(library_data)]) == ingest.SWITCHED


def test_the_commands_for_people_are_those_of_the_menus() -> None:
    known = {*menus.ADMIN, *menus.CONSULTANTS, "start", "privasi", "sumber", "keluar", "baru", "newbot", "setprivacy"}
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        named = set(re.findall(r"`/([a-z]+)(?: [^`]*)?`", text))
        assert not named - known - {"healthz", "livez", "metrics", "documents", "telegram"}, page.name


def test_the_buttons_that_a_page_names_are_called_so() -> None:
    copy = copy_of(TelegramTexts, "id")
    page = (PROJECT / "docs" / "pejabat.md").read_text(encoding="utf-8")
    for button in (copy.button_not_quite, copy.button_document, copy.button_consultant):
        assert f"**{button.partition(' ')[2]}**" in page


needs_mkdocs = pytest.mark.skipif(
    not importlib.util.find_spec("material"), reason='mkdocs-material comes with the extra "docs"'
)


@needs_mkdocs
def test_the_site_builds_without_a_warning_and_fetches_nothing(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)],
        cwd=PROJECT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr[-2000:]
    pages = list(tmp_path.rglob("*.html"))
    assert len(pages) > 9
    for page in pages:
        html = page.read_text(encoding="utf-8")
        assert not re.findall(r'<(?:script|img|iframe)[^>]+src="?(?:https?:)?//', html), page.name
        assert not re.findall(r'<link[^>]+rel="?(?:stylesheet|preconnect)"?[^>]+href="?(?:https?:)?//', html), page.name
