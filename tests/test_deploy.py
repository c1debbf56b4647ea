"""What an installation is made of: every path, setting, port and version in it is one that there is."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bot.config import Config
from knowledge.settings import PROJECT

DEPLOY = PROJECT / "deploy"
DOCKERFILE = (PROJECT / "Dockerfile").read_text(encoding="utf-8")
UNIT = DEPLOY / "kotacerdas.service"
COMPOSE = yaml.safe_load((PROJECT / "compose.yaml").read_text(encoding="utf-8"))
MANIFESTS = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
SETTING = re.compile(r"\b(KOTACERDAS_[A-Z]+__[A-Z_]+)[=:]\s*([^\s\\]+)")


def filled(value: str) -> str:
    """A value of compose as it is when nothing is set."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value)


def settings_of(file: str) -> dict[str, str]:
    """The settings that an installation makes by environment."""
    if file == "compose.yaml":
        given: dict[str, str] = COMPOSE["services"]["bot"]["environment"]
        return {key: filled(value) for key, value in given.items() if key.startswith("KOTACERDAS_")}
    return dict(SETTING.findall((PROJECT / file).read_text(encoding="utf-8")))


@pytest.mark.parametrize("file", ["Dockerfile", "compose.yaml", "deploy/kotacerdas.service"])
def test_every_setting_is_one_of_config_toml(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = settings_of(file)
    assert found
    for key, value in found.items():
        monkeypatch.setenv(key, value)
    Config.load()


def test_the_image_is_probed_where_it_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    for key, value in settings_of("Dockerfile").items():
        monkeypatch.setenv(key, value)
    port = Config.load().operations.port
    assert f"http://127.0.0.1:{port}/healthz" in DOCKERFILE
    assert f"EXPOSE {port}" in DOCKERFILE
    bot = manifest("Deployment")["spec"]["template"]
    (container,) = bot["spec"]["containers"]
    assert container["ports"] == [{"name": "operations", "containerPort": port}]
    assert bot["metadata"]["annotations"]["prometheus.io/port"] == str(port)
    assert manifest("Service")["spec"]["ports"][0]["port"] == port


def test_everything_that_is_copied_into_the_image_exists_and_is_not_ignored() -> None:
    kept = {
        line.removeprefix("!")
        for line in (PROJECT / ".dockerignore").read_text(encoding="utf-8").splitlines()
        if line.startswith("!")
    }
    copied = [
        line.split()[1:-1] for line in DOCKERFILE.splitlines() if line.startswith("COPY ") and "--from" not in line
    ]
    for path in (path for paths in copied for path in paths):
        assert (PROJECT / path).exists()
        assert path in kept
    for path in kept:
        assert (PROJECT / path).exists()


def test_the_image_runs_as_nobody_special_and_keeps_no_token() -> None:
    final = DOCKERFILE.rpartition("FROM ")[2]
    assert re.search(r"^USER 10001:10001$", final, re.M)
    assert "TOKEN" not in DOCKERFILE
    bot = COMPOSE["services"]["bot"]
    assert bot["read_only"] is True
    assert bot["cap_drop"] == ["ALL"]
    assert not bot.get("ports")


def test_one_version_of_torch_everywhere() -> None:
    makefile = re.search(r"^TORCH := (torch==\S+)$", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.M)
    image = re.search(r'^ARG TORCH="(torch==\S+)"$', DOCKERFILE, re.M)
    assert makefile
    assert image
    assert makefile[1] == image[1]


def test_the_lock_holds_every_dependency_with_its_hashes() -> None:
    text = (PROJECT / "requirements.lock").read_text(encoding="utf-8")
    locked = dict(re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", text, re.M))
    versions = {canonicalize_name(name): version for name, version in locked.items()}
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for wanted in map(Requirement, project["dependencies"]):
        if wanted.name != "torch":
            assert wanted.specifier.contains(versions[canonicalize_name(wanted.name)], prereleases=True), wanted
    entries = re.split(r"\n(?=[a-zA-Z0-9])", text)
    assert not [entry[:60] for entry in entries if "==" in entry and "--hash=sha256:" not in entry]
    assert "://" not in text


def test_a_new_volume_gets_the_library_of_the_image_and_an_old_one_keeps_its_own(tmp_path: Path) -> None:
    """start.sh for real, with a Python that only writes down what it is asked for."""
    seed, data, binaries = tmp_path / "seed", tmp_path / "data", tmp_path / "bin"
    (seed / "index").mkdir(parents=True)
    (seed / "index" / "CURRENT").write_text("bawaan", encoding="utf-8")
    data.mkdir()
    binaries.mkdir()
    python = binaries / "python"
    # An ingest that fails keeps nobody from being answered.
    python.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\n[ "$1" != ingest.py ]\n', encoding="utf-8")
    python.chmod(python.stat().st_mode | stat.S_IEXEC)
    script = (DEPLOY / "start.sh").read_text(encoding="utf-8").replace("/seed/", f"{seed}/")
    environment = {"PATH": f"{binaries}:{os.environ['PATH']}", "KOTACERDAS_DATA__DIR": str(data)}
    for expected in ("bawaan", "lebih baru"):
        assert subprocess.run(["sh", "-c", script], env=environment, check=False).returncode == 0
        assert (data / "index" / "CURRENT").read_text(encoding="utf-8") == expected if expected == "bawaan" else True
        (data / "index" / "CURRENT").write_text("lebih baru", encoding="utf-8")
    assert (data / "index" / "CURRENT").read_text(encoding="utf-8") == "lebih baru"
    assert (tmp_path / "calls").read_text(encoding="utf-8") == "ingest.py\n-m bot run\n" * 2


def test_the_world_reaches_the_one_path_that_telegram_calls() -> None:
    caddy = (DEPLOY / "Caddyfile").read_text(encoding="utf-8")
    assert re.findall(r"handle (/\S*)", caddy) == ["/telegram"]
    assert f"reverse_proxy bot:{Config().telegram.webhook_port}" in caddy
    assert "WEBHOOK_URL=https://DOMAIN/telegram" in (PROJECT / "compose.yaml").read_text(encoding="utf-8")


def manifest(kind: str) -> dict[str, Any]:
    found = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in MANIFESTS]
    (one,) = (item for item in found if item["kind"] == kind)
    return dict(one)


def test_the_manifests_fit_together() -> None:
    template = manifest("Deployment")["spec"]["template"]
    claim = template["spec"]["volumes"][0]["persistentVolumeClaim"]["claimName"]
    assert claim == manifest("PersistentVolumeClaim")["metadata"]["name"]
    labels = template["metadata"]["labels"]
    assert (
        manifest("Deployment")["spec"]["selector"]["matchLabels"] == labels == manifest("Service")["spec"]["selector"]
    )
    # Two would answer everything twice: the database is a file.
    assert manifest("Deployment")["spec"]["replicas"] == 1
    assert manifest("Deployment")["spec"]["strategy"]["type"] == "Recreate"
    (container,) = template["spec"]["containers"]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    names = {volume["name"] for volume in template["spec"]["volumes"]}
    assert {mount["name"] for mount in container["volumeMounts"]} == names


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not on this machine")
def test_systemd_takes_the_unit_and_finds_it_closed(tmp_path: Path) -> None:
    unit = tmp_path / UNIT.name
    # The checkout of an installation is not here.
    text = UNIT.read_text(encoding="utf-8").replace("/opt/kotacerdas/.venv/bin/python", "/bin/true")
    unit.write_text(text.replace("WorkingDirectory=/opt/kotacerdas", "WorkingDirectory=/"), encoding="utf-8")
    verified = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    assert (verified.returncode, verified.stderr.strip()) == (0, "")
    rated = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", unit],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert rated.returncode == 0, rated.stdout[-300:]


def _compose_works() -> bool:
    docker = shutil.which("docker")
    return (
        bool(docker)
        and subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode == 0
    )


@pytest.mark.skipif(not _compose_works(), reason="docker compose is not on this machine")
def test_docker_takes_the_compose_file() -> None:
    environment = os.environ | {"TELEGRAM_BOT_TOKEN": "1:A"}
    command = ["docker", "compose", "--profile", "webhook", "config", "--format", "json"]
    result = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert set(json.loads(result.stdout)["services"]) == {"bot", "caddy"}


@pytest.mark.parametrize("content", ["12345:TEST\n", " 12345:TEST "])
def test_a_secret_can_lie_in_a_file(content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from knowledge.settings import secret

    (tmp_path / "token").write_text(content, encoding="utf-8")
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN_FILE", str(tmp_path / "token"))
    assert secret("TELEGRAM_BOT_TOKEN") == "12345:TEST"
    assert secret("TELEGRAM_WEBHOOK_SECRET") == ""


def test_a_file_of_a_secret_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from knowledge.errors import KnowledgeError
    from knowledge.settings import secret

    monkeypatch.setenv("TELEGRAM_BOT_TOKEN_FILE", str(tmp_path / "hilang"))
    with pytest.raises(KnowledgeError, match=r"TELEGRAM_BOT_TOKEN_FILE: .*hilang"):
        secret("TELEGRAM_BOT_TOKEN")
