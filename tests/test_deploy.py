"""What an installation is made of: every path, setting, port and version in it is one that there is."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bot.config import Config
from knowledge import ocr
from knowledge.settings import PROJECT

DEPLOY = PROJECT / "deploy"
DOCKERFILE = (PROJECT / "Dockerfile").read_text(encoding="utf-8")
UNIT = DEPLOY / "kotacerdas.service"
COMPOSE = yaml.safe_load((PROJECT / "compose.yaml").read_text(encoding="utf-8"))
ONE = yaml.safe_load((PROJECT / "compose.one.yaml").read_text(encoding="utf-8"))
MANIFESTS = [
    item
    for file in sorted((DEPLOY / "kubernetes").glob("*.yaml"))
    for item in yaml.safe_load_all(file.read_text(encoding="utf-8"))
]
SETTING = re.compile(r"\b(KOTACERDAS_[A-Z]+__[A-Z_]+)[=:]\s*([^\s\\]+)")


def filled(value: str) -> str:
    """A value of compose as it is when nothing is set but what has to be."""
    return re.sub(r"\$\{\w+:\?[^}]*\}", "isi", re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value))


def settings_of(file: str) -> dict[str, str]:
    """The settings that an installation makes by environment."""
    compose, _, service = file.partition(":")
    if service:
        given: dict[str, str] = {"compose.yaml": COMPOSE, "compose.one.yaml": ONE}[compose]["services"][service][
            "environment"
        ]
        return {key: filled(value) for key, value in given.items() if key.startswith("KOTACERDAS_")}
    if file == "deploy/kubernetes/servers.yaml":
        return dict(manifest("ConfigMap")["data"])
    return dict(SETTING.findall((PROJECT / file).read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "file",
    [
        "Dockerfile", "compose.yaml:bot1", "compose.yaml:bot2", "compose.yaml:ingest", "compose.one.yaml:bot",
        "deploy/kotacerdas.service", "deploy/kubernetes/servers.yaml",
    ],
)  # fmt: skip
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
    settings = Config()
    assert container["ports"] == [
        {"name": "webhook", "containerPort": settings.telegram.webhook_port},
        {"name": "board", "containerPort": settings.board.port},
        {"name": "operations", "containerPort": port},
    ]
    assert bot["metadata"]["annotations"]["prometheus.io/port"] == str(port)
    service = manifest("Service", "kotacerdas")
    assert [one["port"] for one in service["spec"]["ports"]] == [one["containerPort"] for one in container["ports"]]


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
    # What the ingest writes for itself alone, as root, this user has to copy.
    assert "chmod -R a+rX /seed" in DOCKERFILE.rpartition("FROM ")[0]
    ours = [*COMPOSE["services"].values(), *ONE["services"].values()]
    for service in (one for one in ours if one["image"] == "kotacerdas"):
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert not service.get("ports")


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


def test_a_command_takes_the_bots_place_and_a_shared_library_is_not_ingested_by_it(tmp_path: Path) -> None:
    seed, data, binaries = tmp_path / "seed", tmp_path / "data", tmp_path / "bin"
    for folder in (seed / "index", data, binaries):
        folder.mkdir(parents=True)
    python = binaries / "python"
    python.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\nexit ${{CODE:-0}}\n', encoding="utf-8")
    python.chmod(python.stat().st_mode | stat.S_IEXEC)
    script = (DEPLOY / "start.sh").read_text(encoding="utf-8").replace("/seed/", f"{seed}/")
    (tmp_path / "start.sh").write_text(script, encoding="utf-8")
    chroma = settings_of("compose.yaml:bot1")["KOTACERDAS_INDEX__CHROMA"]
    environment = {"PATH": f"{binaries}:{os.environ['PATH']}", "KOTACERDAS_DATA__DIR": str(data)}
    subprocess.run(["sh", tmp_path / "start.sh"], env=environment | {"KOTACERDAS_INDEX__CHROMA": chroma}, check=True)
    assert (tmp_path / "calls").read_text(encoding="utf-8") == "-m bot run\n"
    # Some files refused is well enough for the bots to start, nothing switched is not.
    for command in (
        COMPOSE["services"]["ingest"]["command"],
        manifest("Job")["spec"]["template"]["spec"]["containers"][0]["command"],
    ):
        words = [word.replace("/app/start.sh", str(tmp_path / "start.sh")).replace("$$", "$") for word in command]
        codes = [
            subprocess.run(words, env=environment | {"CODE": str(code)}, check=False).returncode for code in range(3)
        ]
        assert codes == [0, 0, 1]
    assert "ingest.py" in (tmp_path / "calls").read_text(encoding="utf-8")


@pytest.mark.skipif(not shutil.which("caddy"), reason="caddy is not on this machine")
@pytest.mark.parametrize("file", ["Caddyfile", "Caddyfile.one"])
def test_caddy_takes_the_file(file: str, tmp_path: Path) -> None:
    command = ["caddy", "validate", "--adapter", "caddyfile", "--config", str(DEPLOY / file)]
    environment = os.environ | {"DOMAIN": "kota.example", "HOME": str(tmp_path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(not shutil.which("caddy"), reason="caddy is not on this machine")
@pytest.mark.parametrize("file", ["Caddyfile", "Caddyfile.one"])
def test_a_call_that_reaches_no_bot_leaves_no_secret_in_caddys_log(file: str, tmp_path: Path) -> None:
    """Telegram calls while the bots start again, and a consultant opens a login link."""
    address = f"http://127.0.0.1:{_free_port()}"
    text = (DEPLOY / file).read_text(encoding="utf-8").replace("{\n", "{\n\tadmin off\n", 1)
    (tmp_path / file).write_text(re.sub(r"\bbot[12]?:\d+", f"127.0.0.1:{_free_port()}", text), encoding="utf-8")
    environment = os.environ | {"DOMAIN": address, "HOME": str(tmp_path)}
    command = ["caddy", "run", "--adapter", "caddyfile", "--config", str(tmp_path / file)]
    log = tmp_path / "log"
    with log.open("wb") as stderr:
        caddy = subprocess.Popen(command, env=environment, stderr=stderr)
    try:
        with httpx.Client(base_url=address, transport=httpx.HTTPTransport(retries=5), trust_env=False) as client:
            called = client.post("/telegram", headers={"X-Telegram-Bot-Api-Secret-Token": "rahasia-webhook"})
            assert called.status_code >= 500
            link = "/papan/masuk/rahasia-masuk"
            client.get(link)
            client.post(link, headers={"Referer": address + link})
    finally:
        caddy.terminate()
        caddy.wait(10)
    said = log.read_text(encoding="utf-8")
    assert '"uri":"/telegram"' in said
    assert "rahasia" not in said


def test_the_world_reaches_what_telegram_calls_and_the_board() -> None:
    settings = Config()
    one = (DEPLOY / "Caddyfile.one").read_text(encoding="utf-8")
    assert re.findall(r"handle(?:_path)? (/\S*)", one) == ["/telegram"]
    assert f"reverse_proxy bot:{settings.telegram.webhook_port}" in one
    assert "WEBHOOK_URL=https://DOMAIN/telegram" in (PROJECT / "compose.one.yaml").read_text(encoding="utf-8")
    caddy = (DEPLOY / "Caddyfile").read_text(encoding="utf-8")
    assert re.findall(r"handle(?:_path)? (/\S*)", caddy) == ["/telegram", "/papan/*"]
    for port in (settings.telegram.webhook_port, settings.board.port):
        assert f"reverse_proxy bot1:{port} bot2:{port} {{" in caddy
    probed = settings_of("Dockerfile")["KOTACERDAS_OPERATIONS__PORT"]
    assert f"health_port {probed}\n" in caddy and "health_uri /healthz\n" in caddy
    environment = COMPOSE["services"]["bot1"]["environment"]
    assert environment["KOTACERDAS_TELEGRAM__WEBHOOK_URL"].endswith("/telegram")
    assert environment["KOTACERDAS_BOARD__ADDRESS"].endswith("/papan")


@pytest.mark.parametrize("compose", [COMPOSE, ONE], ids=["many", "one"])
def test_the_services_fit_together(compose: dict[str, Any]) -> None:
    services = compose["services"]
    volumes = {
        v.partition(":")[0] for s in services.values() for v in s.get("volumes", ()) if not v.startswith(("$", "."))
    }
    assert volumes == set(compose["volumes"])
    for service in services.values():
        for name, condition in service.get("depends_on", {}).items():
            wanted = condition["condition"]
            assert (
                wanted != "service_healthy"
                or "healthcheck" in services[name]
                or services[name]["image"] == "kotacerdas"
            )
        for volume in service.get("volumes", ()):
            if volume.startswith("./"):
                assert (PROJECT / volume.split(":")[0]).exists()


@pytest.mark.parametrize("compose", [COMPOSE, ONE], ids=["many", "one"])
def test_what_a_service_keeps_lies_on_a_volume_of_its_own_that_has_a_name(compose: dict[str, Any]) -> None:
    """An unnamed one stays behind, with a copy of the library, whenever the containers are made anew."""
    data = [
        volume
        for service in compose["services"].values()
        for volume in service.get("volumes", ())
        if volume.endswith((":/data", ":/var/lib/postgresql/data"))
    ]
    assert len(data) == len(compose["services"])
    assert {volume.partition(":")[0] for volume in data} == set(compose["volumes"])
    assert len(compose["volumes"]) == len(data)


def test_the_bots_find_their_servers_and_share_them_with_the_ingest() -> None:
    services = COMPOSE["services"]
    assert services["bot1"] == services["bot2"] | {"volumes": services["bot1"]["volumes"]}
    for name, value in services["ingest"]["environment"].items():
        assert services["bot1"]["environment"][name] == value
    chroma = urlsplit(settings_of("compose.yaml:bot1")["KOTACERDAS_INDEX__CHROMA"])
    assert chroma.hostname in services
    assert str(chroma.port) in services["chroma"]["command"]
    assert f"127.0.0.1:{chroma.port}/api/v2/heartbeat" in services["chroma"]["healthcheck"]["test"][-1]
    database = urlsplit(settings_of("compose.yaml:bot1")["KOTACERDAS_DATABASE__URL"])
    assert database.hostname in services
    assert services["postgres"]["environment"]["POSTGRES_USER"] == database.username
    assert services["postgres"]["environment"]["POSTGRES_DB"] == database.path.lstrip("/")
    server = urlsplit(manifest("ConfigMap")["data"]["KOTACERDAS_INDEX__CHROMA"])
    assert server.hostname == manifest("Service", "kotacerdas-chroma")["metadata"]["name"]
    assert {"psycopg", "chromadb"} <= set(
        re.findall(r"^([a-z-]+)==", (PROJECT / "requirements.lock").read_text(), re.M)
    )


def test_the_chroma_server_of_the_files_starts_and_answers_its_probe(tmp_path: Path) -> None:
    """The command and the probe of compose.yaml and of the manifest, for real, on a port of this machine."""
    port = str(_free_port())
    stateful = manifest("StatefulSet", "kotacerdas-chroma")["spec"]["template"]["spec"]["containers"][0]
    assert stateful["command"] == COMPOSE["services"]["chroma"]["command"]
    words = [port if w == "8000" else w.replace("/data", str(tmp_path)) for w in stateful["command"]]
    words[0] = str(Path(sys.executable).with_name(words[0]))
    probe = [w.replace(":8000/", f":{port}/") for w in COMPOSE["services"]["chroma"]["healthcheck"]["test"][1:]]
    probe[0] = sys.executable
    assert stateful["readinessProbe"]["httpGet"]["path"] in probe[-1]
    server = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 30
        while subprocess.run(probe, stderr=subprocess.DEVNULL, check=False).returncode:
            assert time.monotonic() < deadline
    finally:
        server.kill()
        server.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def manifest(kind: str, name: str = "") -> dict[str, Any]:
    (one,) = (item for item in MANIFESTS if item["kind"] == kind and name in {"", item["metadata"]["name"]})
    return dict(one)


def test_the_manifests_fit_together() -> None:
    deployment = manifest("Deployment")
    assert deployment["spec"]["replicas"] == 2
    backends = {
        path["backend"]["service"]["name"]: path["backend"]["service"]["port"]["name"]
        for rule in manifest("Ingress")["spec"]["rules"]
        for path in rule["http"]["paths"]
    }
    assert set(backends) == {manifest("Service", "kotacerdas")["metadata"]["name"]}
    names = {item["metadata"]["name"] for item in MANIFESTS if item["kind"] in {"ConfigMap", "PersistentVolumeClaim"}}
    made_by_hand = {"kotacerdas"}  # the secret
    for item in MANIFESTS:
        if item["kind"] not in {"Deployment", "StatefulSet", "Job"}:
            continue
        spec = item["spec"]["template"]["spec"]
        labels = item["spec"]["template"]["metadata"]["labels"]
        assert item["spec"].get("selector", {}).get("matchLabels", labels) == labels
        if item["kind"] != "Job":
            service = manifest("Service", item["metadata"]["name"])
            assert service["spec"]["selector"] == labels
            ports = {port["name"] for port in spec["containers"][0]["ports"]}
            assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports
        (container,) = spec["containers"]
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert spec["securityContext"]["runAsNonRoot"] is True
        if container["image"].startswith("kotacerdas"):
            assert container["securityContext"]["readOnlyRootFilesystem"] is True
        volumes = {volume["name"] for volume in spec.get("volumes", ())}
        volumes |= {claim["metadata"]["name"] for claim in item["spec"].get("volumeClaimTemplates", ())}
        assert {mount["name"] for mount in container["volumeMounts"]} == volumes
        for source in container.get("envFrom", ()):
            [reference] = source.values()
            assert reference["name"] in names | made_by_hand
        for volume in spec.get("volumes", ()):
            assert volume.get("persistentVolumeClaim", {}).get("claimName", "kotacerdas-documents") in names


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
@pytest.mark.parametrize(
    ("file", "services"),
    [
        ("compose.yaml", {"bot1", "bot2", "ingest", "chroma", "postgres", "caddy"}),
        ("compose.one.yaml", {"bot", "caddy"}),
    ],
)
def test_docker_takes_the_compose_file(file: str, services: set[str]) -> None:
    needed = ("TELEGRAM_BOT_TOKEN", "TELEGRAM_WEBHOOK_SECRET", "POSTGRES_PASSWORD", "DOMAIN")
    environment = os.environ | dict.fromkeys(needed, "isi")
    command = ["docker", "compose", "-f", file, "--profile", "webhook", "config", "--format", "json"]
    result = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert set(json.loads(result.stdout)["services"]) == services


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


def test_the_image_reads_scans() -> None:
    """A scan that an admin sends would else be refused with a package that nobody can install in there."""
    package = re.search(r"apt-get install ([\w-]+)", ocr.HOW_TO_INSTALL)
    final = DOCKERFILE.rpartition("\nFROM ")[2]
    assert package
    assert re.search(rf"apt-get install [^&]*\s{package[1]}\s", final)
