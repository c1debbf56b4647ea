"""Whatever happens to an ingest, the library in use answers, and the next run puts it right."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import random
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import ingest
from knowledge import generation
from knowledge.gate import read_report
from knowledge.parse import ParsedDocument
from knowledge.sandbox import Sandbox
from knowledge.settings import PROJECT
from knowledge.sources import Source
from tests.test_ingest import BANJIR, TAMAN, Admin, Documents, admin, command

__all__ = ["admin"]

# How often a test kills at a random moment; `RANDOM_KILLS=100` for a long run by hand.
KILLS = int(os.environ.get("RANDOM_KILLS", "6"))
NOISE = "# Catatan Lain\n\n" + "".join(
    f"## Catatan {i}\n\nSirene berbunyi {i} kali ketika banjir, taman kota buka pukul {i}, truk sampah berkeliling hari ke-{i}.\n\n"
    for i in range(6)
)
OTHER = "# Panduan Banjir Kota\n\n## Peringatan\n\nSirene berbunyi ketika muka air melewati tiga meter.\n"
EMPTY = "# Halaman\n\n## Bagian\n\nIsi menyusul.\n"

# The same as `python ingest.py`, but it kills itself with -9 where the function named first is called.
KILLED_AT = """
import importlib, os, signal, sys
import ingest
module, name = sys.argv.pop(1).rsplit(":", 1)
owner = importlib.import_module(module)
setattr(owner, name, lambda *arguments, **named: os.kill(os.getpid(), signal.SIGKILL))
sys.exit(ingest.main())
"""
# The same as `python ingest.py` with another folder of shipped documents.
SHIPPED = """
import sys
from pathlib import Path
import knowledge.settings
knowledge.settings.SHIPPED_DOCUMENTS = Path(sys.argv.pop(1))
import ingest
sys.exit(ingest.main())
"""
STEPS = [
    "knowledge.library:_parse_all", "knowledge.library:describe", "knowledge.library:spooled", "knowledge.library:Entries",
    "knowledge.generation:build", "knowledge.verify:verify_from_outside", "knowledge.gate:judge", "knowledge.gate:write_report",
    "knowledge.soundness:seal", "knowledge.generation:_sync", "knowledge.generation:point", "knowledge.generation:prune",
]  # fmt: skip


@pytest.fixture
def questions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An evaluation set for the admin's own documents."""
    rows = [
        {"id": stem, "question": question, "kind": "answer", "language": "id", "expected_sources": [stem], "expected_facts": []}
        for stem, question in (
            ("banjir", "Kapan sirene banjir berbunyi?"), ("taman", "Pukul berapa taman kota buka?"),
            ("sampah", "Hari apa truk sampah berkeliling?"), ("tidak-ada", "Apa isi dokumen yang tidak ada?"),
        )
    ]  # fmt: skip
    file = tmp_path / "uji.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    monkeypatch.setenv("KOTACERDAS_GATE__QUESTIONS", str(file))
    return file


def _worse(admin: Admin, documents: Documents) -> Path:
    """An ingest that answers two questions, then documents that answer them no longer."""
    documents("banjir.md", BANJIR)
    folder = documents("taman.md", TAMAN)
    admin.run(folder)
    assert admin.code == ingest.SWITCHED
    documents("banjir.md", EMPTY)
    documents("taman.md", EMPTY)
    return documents("catatan.md", NOISE)


@pytest.mark.usefixtures("questions")
def test_the_gate_refuses_what_answers_worse_and_force_is_recorded(admin: Admin, documents: Documents) -> None:
    _worse(admin, documents)
    old = generation.current(admin.data)
    summary = admin.json()
    assert (admin.code, summary["generation"]) == (ingest.NOTHING, None)
    assert generation.current(admin.data) == old
    said = [problem["reason"] for problem in summary["problems"]]
    assert "2 dari 3 pertanyaan uji" in said[0]
    assert "--force" in said[0]
    assert summary["refused_by"] == "gate"
    assert "tidak lagi terjawab: Kapan sirene banjir berbunyi?" in said
    assert admin.answers("kapan sirene banjir berbunyi?")[0] == "banjir.md"
    forced = admin.json("--force")
    assert admin.code == ingest.SWITCHED
    report = read_report(admin.data, forced["generation"])
    assert report is not None
    assert (report.before, len(report.forced)) == (old, 1)
    status = admin.json("--status")
    assert "dipaksa (--force)" in admin.out
    assert "sebelumnya 3" in admin.out
    assert status["report"]["documents"] == 4
    assert status["before"]["documents"] == 3


def _many(documents: Documents, count: int) -> Path:
    for i in range(count):
        folder = documents(
            f"rt-{i:02}.md", f"# Rukun Tetangga {i}\n\n## Jadwal\n\nRonda RT {i} mulai pukul sembilan malam.\n"
        )
    return folder


def test_a_library_that_loses_most_documents_is_asked_about(admin: Admin, documents: Documents) -> None:
    folder = _many(documents, 14)
    admin.run(folder)
    old = generation.current(admin.data)
    for i in range(12):
        (folder / f"rt-{i:02}.md").unlink()
    summary = admin.json()
    assert admin.code == ingest.NOTHING
    assert "dokumen berkurang dari 15 menjadi 3" in summary["problems"][0]["reason"]
    assert generation.current(admin.data) == old
    main, other = pty.openpty()
    arguments = [sys.executable, "-c", SHIPPED, str(admin.shipped), "--data", str(admin.data)]
    with subprocess.Popen(arguments, cwd=PROJECT, stdin=other, stdout=other, stderr=other) as asked:
        os.close(other)
        said = ""
        while "[y/t]" not in said:
            said += os.read(main, 1000).decode(errors="replace")
        os.write(main, b"y\n")
        with contextlib.suppress(OSError):  # The terminal is gone when the process is.
            while os.read(main, 1000):
                pass
    os.close(main)
    assert "Gerbang mutu: dokumen berkurang" in said
    assert asked.returncode == ingest.SWITCHED
    assert generation.current(admin.data) != old


def test_forgetting_a_folder_is_not_asked_about(admin: Admin, documents: Documents) -> None:
    folder = _many(documents, 14)
    admin.run(folder)
    assert admin.json("--forget", folder)["removed"] == 14
    assert admin.code == ingest.SWITCHED


def test_the_second_ingest_is_told_who_runs_the_first(admin: Admin) -> None:
    with generation.ingest_lock(admin.data):
        summary = admin.json()
    (problem,) = summary["problems"]
    assert f"PID {os.getpid()}, sejak 20" in problem["reason"]
    assert shlex.join(sys.argv) in problem["reason"]


@pytest.fixture
def two_versions(admin: Admin, documents: Documents) -> Path:
    """A folder of which two versions have been embedded: a killed run need not load the model."""
    documents("taman.md", TAMAN)
    folder = documents("banjir.md", OTHER)
    admin.run("--only", folder)
    documents("banjir.md", BANJIR)
    admin.run("--only", folder)
    return folder


def test_killed_at_each_step_the_old_library_answers_and_the_next_run_finishes(
    admin: Admin, documents: Documents, two_versions: Path
) -> None:
    before = generation.current(admin.data)
    documents("banjir.md", OTHER)
    for step in STEPS:
        assert generation.current(admin.data) == before, step
        arguments = [sys.executable, "-c", KILLED_AT, step, "--only", str(two_versions), "--data", str(admin.data)]
        killed = subprocess.run(arguments, cwd=PROJECT, capture_output=True, check=False)
        assert killed.returncode == -signal.SIGKILL, (step, killed.stderr)
        assert set(admin.answers("kapan taman kota buka dan sirene berbunyi?")) == {"taman.md", "banjir.md"}, step
    # Killed after the switch the new library is in use.
    assert generation.current(admin.data) != before
    admin.run("--only", two_versions)
    assert admin.code == ingest.SWITCHED
    assert list(generation.index_dir(admin.data).glob("*.tmp")) == []


def test_killed_at_random_moments_the_library_always_answers(
    admin: Admin, documents: Documents, two_versions: Path
) -> None:
    chance = random.Random(7)  # noqa: S311
    arguments = [sys.executable, "ingest.py", "--only", str(two_versions), "--data", str(admin.data)]
    documents("banjir.md", OTHER)
    started = time.monotonic()
    subprocess.run(arguments, cwd=PROJECT, capture_output=True, check=True)
    span = time.monotonic() - started
    for n in range(KILLS):
        documents("banjir.md", BANJIR if n % 2 else OTHER)
        with subprocess.Popen(arguments, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as killed:
            try:
                killed.wait(chance.uniform(0, span))
            except subprocess.TimeoutExpired:
                killed.kill()
        assert set(admin.answers("kapan taman kota buka dan sirene berbunyi?")) == {"taman.md", "banjir.md"}, n
    admin.run("--only", two_versions)
    assert admin.code == ingest.SWITCHED


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 24 MB; skipped where the tests may not mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("only root may mount a small disk")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_full_disk_leaves_the_old_library_and_says_so(admin: Admin, documents: Documents, small_disk: Path) -> None:
    (small_disk / "models").mkdir()
    for path in (admin.data / "models").iterdir():
        (small_disk / "models" / path.name).symlink_to(path)
    admin.data = small_disk
    admin.run("--only", documents("taman.md", TAMAN))
    assert admin.code == ingest.SWITCHED
    filler = small_disk / "penuh"
    with filler.open("wb") as file:
        file.truncate(0)
        free = shutil.disk_usage(small_disk).free
        file.write(b"\1" * max(0, free - 150_000))
    admin.run("--only", documents("banjir.md", BANJIR))
    assert admin.code == ingest.NOTHING
    assert "Pustaka yang lama tetap dipakai" in admin.err
    assert "taman.md" in admin.answers("kapan taman kota buka?")
    filler.unlink()
    admin.run("--only", documents("banjir.md", BANJIR))
    assert admin.code == ingest.SWITCHED
    assert admin.answers("kapan sirene banjir berbunyi?")[0] == "banjir.md"


def test_a_file_that_is_cut_while_it_is_read_is_whole_after_the_next_run(
    admin: Admin, documents: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = documents("banjir.md", BANJIR)

    read = Sandbox.read

    def cut(self: Sandbox, source: Source) -> ParsedDocument:
        (folder / "banjir.md").write_text(BANJIR[:60], encoding="utf-8")
        return read(self, source)

    with monkeypatch.context() as copying:
        copying.setattr(Sandbox, "read", cut)
        admin.run(folder)
    documents("banjir.md", BANJIR)
    admin.run()
    assert admin.code == ingest.SWITCHED
    assert admin.texts("kapan sirene berbunyi, berapa meter muka air?")[0] == BANJIR.splitlines()[-1]


def test_watching_takes_in_each_change_until_interrupted(admin: Admin, documents: Documents) -> None:
    folder = documents("taman.md", TAMAN)
    arguments = command(admin.data, "--only", folder, "--watch")
    with subprocess.Popen(
        arguments, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as watching:
        assert watching.stdout is not None
        while "Mengawasi" not in watching.stdout.readline():
            assert watching.poll() is None
        first = generation.current(admin.data)
        documents("banjir.md", BANJIR)
        while "Mengawasi" not in watching.stdout.readline():
            assert watching.poll() is None
        assert generation.current(admin.data) != first
        watching.send_signal(signal.SIGINT)
        try:
            out, err = watching.communicate(timeout=60)
        finally:
            watching.kill()
    assert watching.returncode == ingest.SWITCHED, err
    assert "Selesai mengawasi" in out
    assert "Traceback" not in err
    assert admin.answers("kapan sirene banjir berbunyi?")[0] == "banjir.md"


def test_an_address_that_may_not_be_fetched_is_a_problem_and_the_rest_is_live(
    admin: Admin, documents: Documents, library_document: Callable[..., str]
) -> None:
    text = library_document(
        "panduan", "# Panduan\n\n## Jam\n\nLoket buka pukul delapan.\n", sources='["https://jdih.example.go.id/a.pdf"]'
    )
    summary = admin.json("--fetch", documents("panduan.md", text))
    assert admin.code == ingest.PARTLY
    assert [problem["path"] for problem in summary["problems"]] == ["https://jdih.example.go.id/a.pdf"]
    assert "fetch.hosts" in summary["problems"][0]["reason"]
    assert summary["added"] == 2
