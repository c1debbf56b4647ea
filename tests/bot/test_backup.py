"""Backup and restore: a drill with the bot running, and archives that must not be restored."""

from __future__ import annotations

import json
import shlex
import shutil
import sqlite3
import stat
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bot.__main__ import main
from bot.backup import backup, restore
from bot.config import Config
from bot.database.connection import DATABASE_FILE, Database, process_lock
from bot.errors import StartError
from knowledge import curation
from knowledge.retrieve import Library
from tests.postgres import MISSING, PostgresServer, programs


@pytest.fixture
def installation(tmp_path: Path, library_data: Path) -> Path:
    """A data directory with a document of an admin and a conversation; it has no index yet."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "models").symlink_to(library_data / "models")
    folder = curation.folder_of(data)
    folder.mkdir()
    (folder / "taman.md").write_text("# Taman\n")
    curation.decide(data, lambda _: curation.Decisions({"pp-34-2009": "pp-59-2022"}))
    database = Database(data / DATABASE_FILE)
    database.migrate()
    database.close()
    with closing(sqlite3.connect(data / DATABASE_FILE)) as connection, connection:
        connection.execute("INSERT INTO people VALUES (7, 'id', '{}', NULL, '2026-11-25', '2026-11-25')")
    return data


@pytest.fixture
def archive(installation: Path, tmp_path: Path) -> Path:
    """A backup of it."""
    file = tmp_path / "cadangan.tar.gz"
    backup(Config.load(data_dir=installation), file, tmp_path / "tidak-ada.toml")
    return file


def people(data: Path) -> list[int]:
    with closing(sqlite3.connect(data / DATABASE_FILE)) as connection:
        return [row[0] for row in connection.execute("SELECT id FROM people")]


def test_a_drill_restores_an_installation_that_answers(
    installation: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], config: Config, library: Library
) -> None:
    """The machine is lost; on another one the library answers as before."""
    shutil.copytree(config.data.dir / "index", installation / "index")
    archive = tmp_path / "lengkap.tar.gz"
    assert main(["backup", str(archive), "--data", str(installation)]) == 0
    elsewhere = tmp_path / "mesin-lain" / "data"
    assert main(["restore", str(archive), "--data", str(elsewhere)]) == 0
    assert "dipulihkan" in capsys.readouterr().out
    assert people(elsewhere) == [7]
    assert curation.read_decisions(elsewhere).repealed == {"pp-34-2009": "pp-59-2022"}
    assert (curation.folder_of(elsewhere) / "taman.md").read_text() == "# Taman\n"
    again = Library(Config.load(data_dir=elsewhere), library.embeddings)
    question = "enam aspek kota cerdas"
    assert again.search(question).passages[0].chunk.id == library.search(question).passages[0].chunk.id


def test_the_data_before_is_kept_and_a_running_bot_is_not_overwritten(archive: Path, installation: Path) -> None:
    with closing(sqlite3.connect(installation / DATABASE_FILE)) as connection, connection:
        connection.execute("DELETE FROM people")
    with process_lock(installation / DATABASE_FILE), pytest.raises(StartError, match="Proses lain"):
        restore(archive, installation)
    assert people(installation) == []
    _, old = restore(archive, installation)
    assert people(installation) == [7]
    assert old
    assert people(old) == []
    assert (installation / "models").exists()
    assert [p.name for p in installation.parent.iterdir() if p.name.startswith(".")] == []


def test_secrets_are_left_out_and_the_archive_is_its_owners(installation: Path, tmp_path: Path) -> None:
    settings = tmp_path / "config.toml"
    settings.write_text(
        '[telegram]\nbase_url = "https://api.example.org/bot12345:AAErahasiarahasiarahasia/"\nadmins = [99]\n'
        'webhook_secret = "rahasia-sekali"\n[model]\napi_key = "sk-rahasia"\nproxy = "http://joko:kunci@proxy:80"\n'
    )
    file = tmp_path / "cadangan.tar.gz"
    backup(Config.load(data_dir=installation), file, settings)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with tarfile.open(file) as archive:
        member = archive.extractfile("config.cadangan.toml")
        assert member
        kept = member.read().decode()
        names = archive.getnames()
    assert "rahasia" not in kept
    assert "kunci" not in kept
    assert "admins = [99]" in kept
    assert not [name for name in names if name.startswith(("models", "embeddings"))]


def repacked(archive: Path, change: Callable[[Path], None]) -> Path:
    """The archive with something changed in it."""
    folder = archive.parent / "isi"
    with tarfile.open(archive) as source:
        source.extractall(folder, filter="data")
    change(folder)
    file = archive.parent / "diubah.tar.gz"
    with tarfile.open(file, "w:gz") as target:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            target.add(path, path.relative_to(folder).as_posix())
    return file


def another_document(folder: Path) -> None:
    (folder / "library" / "taman.md").write_text("# Kolam\n")


def one_file_less(folder: Path) -> None:
    (folder / "library" / "taman.md").unlink()


def one_file_more(folder: Path) -> None:
    (folder / "library" / "sisipan.md").write_text("# Sisipan\n")


def newer(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"migration": "9999"}))


def no_manifest(folder: Path) -> None:
    (folder / "manifest.json").unlink()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (another_document, "jumlah periksanya"),
        (one_file_less, "tidak sesuai dengan manifesnya"),
        (one_file_more, "tidak sesuai dengan manifesnya"),
        (newer, "lebih baru"),
        (no_manifest, "manifest.json tidak ada"),
    ],
)
def test_an_archive_that_was_changed_is_refused(
    archive: Path, installation: Path, change: Callable[[Path], None], reason: str
) -> None:
    with pytest.raises(StartError, match=reason):
        restore(repacked(archive, change), installation)
    assert people(installation) == [7]


@pytest.mark.parametrize("length", [0.0, 0.3, 0.9])
def test_an_archive_that_was_cut_off_is_refused(archive: Path, installation: Path, length: float) -> None:
    content = archive.read_bytes()
    archive.write_bytes(content[: int(length * len(content))])
    with pytest.raises(StartError, match="Tidak ada yang diubah"):
        restore(archive, installation)
    assert people(installation) == [7]


def test_an_archive_that_reaches_outside_is_refused(installation: Path, tmp_path: Path) -> None:
    evil = tmp_path / "jahat.tar.gz"
    with tarfile.open(evil, "w:gz") as target:
        info = tarfile.TarInfo("../../lari.txt")
        target.addfile(info)
    with pytest.raises(StartError, match="rusak"):
        restore(evil, installation)
    assert not list(tmp_path.parent.glob("**/lari.txt"))


def test_an_existing_file_is_not_overwritten(archive: Path, installation: Path) -> None:
    content = archive.read_bytes()
    assert main(["backup", str(archive), "--data", str(installation)]) == 2
    assert archive.read_bytes() == content


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    if programs() is None:
        pytest.skip(MISSING)
    server = PostgresServer()
    yield server
    server.stop()


def test_a_shared_database_is_in_the_archive_and_comes_back_by_the_command_that_is_told(
    installation: Path,
    tmp_path: Path,
    postgres: PostgresServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    url, elsewhere, archive = postgres.new_database(), tmp_path / "lain" / "data", tmp_path / "bersama.tar.gz"
    made = Database(installation / "unused", url)
    made.migrate()
    made.close()
    with psycopg.connect(url) as connection:
        connection.execute("INSERT INTO people VALUES (7, 'id', '{}', NULL, '2026-11-25', '2026-11-25')")
    # The password goes to pg_dump as it is, also one with signs; no server of the tests asks for it.
    monkeypatch.setenv("KOTACERDAS_DATABASE__URL", url.replace("kotacerdas@", "kotacerdas:s%40ndi@"))
    passed: list[str] = []
    run = subprocess.run

    def seen(command: list[str], **options: Any) -> Any:  # noqa: ANN401
        passed.append(options["env"].get("PGPASSWORD", ""))
        assert "ndi" not in " ".join(command)
        return run(command, **options)

    monkeypatch.setattr("bot.backup.subprocess.run", seen)
    assert main(["backup", str(archive), "--data", str(installation)]) == 0
    assert passed == ["s@ndi"]
    monkeypatch.setattr("bot.backup.subprocess.run", run)
    assert main(["restore", str(archive), "--data", str(elsewhere)]) == 0
    [command] = [line for line in capsys.readouterr().out.splitlines() if "pg_restore" in line]
    fresh = postgres.new_database()
    subprocess.run(shlex.split(command.replace("DATABASE_URL", fresh)), check=True)
    with psycopg.connect(fresh) as connection:
        assert connection.execute("SELECT id FROM people").fetchall() == [(7,)]


def test_without_pg_dump_the_command_is_told_and_the_password_is_not(
    installation: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KOTACERDAS_DATABASE__URL", "postgresql://kotacerdas:sandi@db.example.go.id/kotacerdas")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["backup", str(tmp_path / "tanpa.tar.gz"), "--data", str(installation)]) == 0
    printed = capsys.readouterr().out
    assert (
        "pg_dump --format=custom --file kotacerdas.dump --dbname postgresql://kotacerdas@db.example.go.id/" in printed
    )
    assert "sandi" not in printed


def test_a_database_that_cannot_be_dumped_leaves_no_archive(
    installation: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if not shutil.which("pg_dump"):
        pytest.skip(MISSING)
    monkeypatch.setenv("KOTACERDAS_DATABASE__URL", "postgresql://kotacerdas:sandi@127.0.0.1:1/kotacerdas")
    assert main(["backup", str(tmp_path / "gagal.tar.gz"), "--data", str(installation)]) == 2
    told = capsys.readouterr()
    assert "sandi" not in told.out + told.err
    assert not list(tmp_path.glob("gagal*"))
