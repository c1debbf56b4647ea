"""The admin's command from outside: exit codes, the JSON line, roots, crashes and a second run."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import ingest
from knowledge import curation, generation, vector_index
from knowledge.chunk import Document
from knowledge.embed import SentenceEmbeddings
from knowledge.rank import Passage
from knowledge.retrieve import Library
from knowledge.settings import PROJECT, LibraryConfig
from knowledge.sources import read_roots, sidecar

Documents = Callable[[str, str | bytes], Path]
MakePdf = Callable[[Sequence[Sequence[str] | None]], bytes]
SECTIONS = 40
KEYS = ["generation", "added", "changed", "removed", "unchanged", "chunks", "embedded", "reused", "seconds", "problems"]
SAMPAH = "# Panduan Sampah Kota\n\n## Jadwal\n\nTruk sampah berkeliling setiap hari Selasa dan Jumat.\n"
BANJIR = "# Panduan Banjir Kota\n\n## Peringatan\n\nSirene berbunyi ketika muka air melewati dua meter.\n"

TAMAN = "# Panduan Taman Kota\n\n## Jam buka\n\nTaman kota terbuka bagi warga dari pukul enam pagi.\n"


@dataclass
class Admin:
    """An admin at the keyboard: one data directory, and a small stand-in for the shipped documents."""

    data: Path
    shipped: Path
    capsys: pytest.CaptureFixture[str]
    embeddings: SentenceEmbeddings
    code: int = -1
    out: str = ""
    err: str = ""

    def run(self, *arguments: str | Path) -> None:
        self.code = ingest.main([*map(str, arguments), "--data", str(self.data)])
        self.out, self.err = self.capsys.readouterr()

    def json(self, *arguments: str | Path) -> dict[str, Any]:
        self.run(*arguments, "--json")
        summary: dict[str, Any] = json.loads(self.out.splitlines()[-1])
        return summary

    def found(self, question: str) -> tuple[Passage, ...]:
        return Library(LibraryConfig.load(data_dir=self.data), self.embeddings).search(question).passages

    def answers(self, question: str) -> list[str]:
        return [passage.document.source for passage in self.found(question)]

    def texts(self, question: str) -> list[str]:
        return [passage.chunk.text for passage in self.found(question)]

    def files(self) -> dict[str, bytes]:
        """Everything below the data directory that decides what the library is."""
        kept = [self.data / "roots.json", *(self.data / "index").rglob("*")]
        return {str(path): path.read_bytes() for path in kept if path.is_file()}


@pytest.fixture
def admin(
    empty_data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    embeddings: SentenceEmbeddings,
) -> Admin:
    shipped = tmp_path / "bawaan"
    shipped.mkdir()
    (shipped / "sampah.md").write_text(SAMPAH, encoding="utf-8")
    monkeypatch.setattr("knowledge.settings.SHIPPED_DOCUMENTS", shipped)
    # The real model, but loaded once for all tests and not once for every run.
    runtime = embeddings.runtime
    monkeypatch.setattr(SentenceEmbeddings, "_load", lambda *_: runtime)
    return Admin(empty_data, shipped, capsys, embeddings)


# The same as `python ingest.py`, with small batches and a pause before each: a crash falls between two.
# Ctrl-C is heard even where the tests run in the background.
SLOWLY = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)
import ingest
from knowledge import embed
encode = embed.SentenceEmbeddings.encode_passages
embed.WRITTEN, pause = 16, float(sys.argv.pop(1))
embed.SentenceEmbeddings.encode_passages = lambda self, texts: (time.sleep(pause), encode(self, texts))[1]
sys.exit(ingest.main())
"""


def command(data: Path, *arguments: str | Path, pause: float = 0) -> list[str]:
    return [sys.executable, "-c", SLOWLY, str(pause), *map(str, arguments), "--data", str(data)]


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 90
    while not condition():
        assert process.poll() is None, "the ingest ended before it could be killed"
        assert time.monotonic() < deadline, "the ingest never came that far"
        time.sleep(0.01)


def many_sections(count: int) -> str:
    return "# Daftar Layanan\n\n" + "".join(
        f"## Layanan {i}\n\nKelurahan nomor {i} melayani permohonan surat pengantar setiap hari kerja.\n\n"
        for i in range(count)
    )


def test_the_json_line_has_exactly_the_keys_of_the_contract(admin: Admin) -> None:
    summary = admin.json()
    assert list(summary) == KEYS
    assert admin.code == ingest.SWITCHED
    assert summary["generation"] == generation.current(admin.data)
    assert (summary["added"], summary["chunks"], summary["embedded"] + summary["reused"]) == (1, 1, 1)
    assert summary["problems"] == []


def test_says_what_will_change_and_what_was_done(admin: Admin, documents: Documents) -> None:
    admin.run()
    admin.run(documents("banjir.md", BANJIR))
    assert "Rencana: 1 baru, 0 berubah, 0 keluar, 1 tetap." in admin.out
    assert "banjir.md" in admin.out
    assert "Selesai dalam" in admin.out


def test_counts_added_changed_removed_and_unchanged_documents(admin: Admin, documents: Documents) -> None:
    documents("banjir.md", BANJIR)
    folder = documents("taman.md", TAMAN)
    assert admin.json(folder)["added"] == 3
    documents("banjir.md", BANJIR + "Warga menuju balai kelurahan.\n")
    documents("parkir.md", "# Panduan Parkir\n\n## Tarif\n\nParkir di tepi jalan berbayar nontunai.\n")
    (folder / "taman.md").unlink()
    summary = admin.json()
    assert [summary[key] for key in ("added", "changed", "removed", "unchanged")] == [1, 1, 1, 1]
    assert summary["reused"] == 1


def test_a_remembered_folder_is_brought_up_to_date_without_naming_it(admin: Admin, documents: Documents) -> None:
    folder = documents("banjir.md", BANJIR)
    admin.run(folder)
    assert read_roots(admin.data) == [folder]
    documents("taman.md", TAMAN)
    assert admin.json()["added"] == 1
    (folder / "banjir.md").unlink()
    assert admin.json()["removed"] == 1
    assert set(admin.answers("kapan sirene banjir berbunyi?")) == {"sampah.md", "taman.md"}


def test_a_second_run_changes_nothing(admin: Admin, documents: Documents) -> None:
    first = admin.json(documents("banjir.md", BANJIR))
    before = admin.files()
    second = admin.json()
    assert admin.code == ingest.SWITCHED
    assert second["generation"] == first["generation"]
    assert [second[key] for key in ("added", "changed", "removed", "unchanged", "embedded")] == [0, 0, 0, 2, 0]
    assert admin.files() == before


def test_a_second_run_is_fast_and_loads_no_model(admin: Admin, documents: Documents) -> None:
    folder = documents("banjir.md", BANJIR)
    admin.run("--only", folder)
    arguments = ["-X", "importtime", "ingest.py", "--only", str(folder), "--data", str(admin.data), "--json"]
    started = time.monotonic()
    second = subprocess.run([sys.executable, *arguments], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert second.returncode == ingest.SWITCHED
    assert time.monotonic() - started < 5
    assert json.loads(second.stdout.splitlines()[-1])["unchanged"] == 1
    modules = {line.rsplit("|", 1)[-1].strip().split(".")[0] for line in second.stderr.splitlines()}
    assert not modules & {"torch", "transformers", "sentence_transformers", "chromadb", "kreuzberg"}


def test_help_answers_without_loading_anything() -> None:
    arguments = [sys.executable, "-X", "importtime", "ingest.py", "--help"]
    shown = subprocess.run(arguments, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert shown.returncode == 0
    assert "--dry-run" in shown.stdout
    assert "numpy" not in shown.stderr


def test_embeds_nothing_twice_after_renaming_moving_and_coming_back(admin: Admin, documents: Documents) -> None:
    folder = documents("banjir.md", BANJIR)
    assert admin.json(folder)["embedded"] == 2
    (folder / "banjir.md").rename(folder / "peringatan-banjir.md")
    assert admin.json()["embedded"] == 0
    (folder / "bencana").mkdir()
    shutil.move(folder / "peringatan-banjir.md", folder / "bencana" / "banjir.md")
    assert admin.json()["embedded"] == 0
    assert admin.json("--forget", folder)["removed"] == 1
    assert admin.json(folder)["embedded"] == 0


def test_forgets_a_root(admin: Admin, documents: Documents) -> None:
    folder = documents("banjir.md", BANJIR)
    admin.run(folder)
    summary = admin.json("--forget", folder)
    assert (admin.code, summary["removed"]) == (ingest.SWITCHED, 1)
    assert read_roots(admin.data) == []
    assert admin.answers("kapan sirene banjir berbunyi?") == ["sampah.md"]


def test_only_builds_from_the_given_paths_and_remembers_the_others(
    admin: Admin, documents: Documents, tmp_path: Path
) -> None:
    folder = documents("banjir.md", BANJIR)
    admin.run(folder)
    alone = tmp_path / "taman.md"
    alone.write_text(TAMAN, encoding="utf-8")
    admin.run("--only", alone)
    assert admin.answers("kapan sirene banjir berbunyi?") == ["taman.md"]
    assert read_roots(admin.data) == [folder]
    summary = admin.json()
    assert (summary["added"], summary["removed"], summary["embedded"]) == (2, 1, 0)


def test_a_dry_run_shows_the_plan_and_changes_nothing(admin: Admin, documents: Documents) -> None:
    admin.run()
    before = admin.files()
    summary = admin.json("--dry-run", documents("banjir.md", BANJIR))
    assert admin.code == ingest.SWITCHED
    assert list(summary) == KEYS
    assert (summary["added"], summary["unchanged"]) == (1, 1)
    assert "banjir.md" in admin.out
    assert "--dry-run" in admin.out
    assert admin.files() == before


def test_a_dry_run_of_an_empty_library_is_no_failure(admin: Admin) -> None:
    assert admin.json("--dry-run")["generation"] is None
    assert admin.code == ingest.SWITCHED
    assert generation.current(admin.data) is None


def test_bad_files_are_named_and_the_rest_is_live(admin: Admin, documents: Documents, make_pdf: MakePdf) -> None:
    documents("banjir.md", BANJIR)
    documents("rusak.pdf", b"%PDF-1.4 terpotong")
    documents("kosong.docx", b"")
    documents("film.mp4", b"\x00\x00")
    folder = documents("laporan.pdf", make_pdf([["Pusat kendali memerlukan Rp4,5 miliar."], None]))
    summary = admin.json(folder)
    assert admin.code == ingest.PARTLY
    problems = {Path(problem["path"]).name: problem for problem in summary["problems"]}
    assert set(problems) == {"rusak.pdf", "kosong.docx", "film.mp4", "laporan.pdf"}
    assert all(set(problem) == {"path", "page", "reason"} for problem in problems.values())
    assert (problems["laporan.pdf"]["page"], problems["rusak.pdf"]["page"]) == (2, None)
    assert all(name in admin.out for name in problems)
    assert "laporan.pdf" in admin.answers("berapa biaya pusat kendali?")
    again = admin.json()
    assert (admin.code, again["generation"]) == (ingest.PARTLY, summary["generation"])
    assert {Path(problem["path"]).name for problem in again["problems"]} == set(problems)


def test_a_refused_file_does_not_count_as_added(admin: Admin, documents: Documents) -> None:
    documents("banjir.md", BANJIR)
    summary = admin.json(documents("rusak.pdf", b"%PDF-1.4 terpotong"))
    assert summary["added"] == 2


def test_nothing_readable_is_exit_two_and_leaves_the_old_library(admin: Admin, documents: Documents) -> None:
    admin.run()
    old = generation.current(admin.data)
    summary = admin.json("--only", documents("rusak.pdf", b"%PDF-1.4 terpotong"))
    assert (admin.code, summary["generation"]) == (ingest.NOTHING, None)
    assert generation.current(admin.data) == old
    assert admin.answers("kapan truk sampah berkeliling?") == ["sampah.md"]


def test_a_path_that_does_not_exist_is_named_and_not_remembered(admin: Admin, tmp_path: Path) -> None:
    summary = admin.json(tmp_path / "salah-ketik")
    assert admin.code == ingest.PARTLY
    assert [problem["path"] for problem in summary["problems"]] == [str(tmp_path / "salah-ketik")]
    assert read_roots(admin.data) == []
    admin.run()
    assert admin.code == ingest.SWITCHED


def test_a_root_that_is_missing_for_a_while_keeps_its_documents(admin: Admin, documents: Documents) -> None:
    folder = documents("banjir.md", BANJIR)
    admin.run(folder)
    away = folder.rename(folder.with_name("tidak-terpasang"))
    summary = admin.json()
    assert (admin.code, summary["removed"]) == (ingest.PARTLY, 0)
    assert admin.answers("kapan sirene banjir berbunyi?")[0] == "banjir.md"
    away.rename(folder)
    assert admin.json()["problems"] == []


def test_a_missing_root_is_named_once_even_when_it_is_given_again(admin: Admin, documents: Documents) -> None:
    folder = documents("banjir.md", BANJIR)
    admin.run(folder)
    folder.rename(folder.with_name("tidak-terpasang"))
    assert len(admin.json(folder)["problems"]) == 1


def test_rolls_back_and_the_next_run_catches_up(admin: Admin, documents: Documents) -> None:
    first = admin.json()["generation"]
    admin.run(documents("banjir.md", BANJIR))
    assert admin.json("--rollback") == {"generation": first}
    assert admin.code == ingest.SWITCHED
    assert admin.answers("kapan sirene banjir berbunyi?") == ["sampah.md"]
    summary = admin.json()
    assert (summary["added"], summary["embedded"]) == (1, 0)
    assert admin.answers("kapan sirene banjir berbunyi?")[0] == "banjir.md"


def test_says_that_there_is_nothing_to_roll_back_to(admin: Admin) -> None:
    admin.run()
    admin.run("--rollback")
    assert admin.code == ingest.NOTHING
    assert "Tidak ada generasi sebelumnya" in admin.err


def test_shows_the_state_of_the_library(admin: Admin, documents: Documents) -> None:
    admin.run("--status")
    assert admin.code == ingest.NOTHING
    assert "masih kosong" in admin.err
    folder = documents("banjir.md", BANJIR)
    admin.run(folder)
    summary = admin.json("--status")
    assert (admin.code, summary["documents"], summary["chunks"]) == (ingest.SWITCHED, 2, 2)
    assert str(folder) in admin.out


def test_keeps_as_many_generations_as_the_configuration_says(
    admin: Admin, documents: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KOTACERDAS_LIBRARY__KEEP_GENERATIONS", "2")
    built = [admin.json()["generation"]]
    for name, text in (("banjir.md", BANJIR), ("taman.md", TAMAN)):
        built.append(admin.json(documents(name, text))["generation"])
    assert generation.generations(admin.data) == built[1:]


@pytest.mark.parametrize(
    ("text", "named"), [("[library]\nfolder = ['a']\n", "folder"), ("[library\n", "config.toml"), (None, "config.toml")]
)
def test_names_what_is_wrong_with_the_configuration(admin: Admin, tmp_path: Path, text: str | None, named: str) -> None:
    file = tmp_path / "config.toml"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    admin.run("--config", file)
    assert admin.code == ingest.NOTHING
    assert named in admin.err


def test_a_folder_of_the_configuration_is_a_root(admin: Admin, documents: Documents, tmp_path: Path) -> None:
    documents("banjir.md", BANJIR)
    file = tmp_path / "config.toml"
    file.write_text('[library]\nfolders = ["dokumen"]\n', encoding="utf-8")
    assert admin.json("--config", file)["added"] == 2


def test_a_folder_of_the_configuration_that_was_also_given_is_taken_once(
    admin: Admin, documents: Documents, tmp_path: Path
) -> None:
    folder = documents("banjir.md", BANJIR)
    (tmp_path / "etc").mkdir()
    file = tmp_path / "etc" / "config.toml"
    file.write_text('[library]\nfolders = ["../dokumen"]\n', encoding="utf-8")
    assert admin.json("--config", file, folder)["added"] == 2


def test_a_second_ingest_at_once_is_told_so(admin: Admin, documents: Documents) -> None:
    admin.run()
    old = generation.current(admin.data)
    with generation.ingest_lock(admin.data):
        arguments = command(admin.data, "--only", documents("banjir.md", BANJIR))
        second = subprocess.run(arguments, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert second.returncode == ingest.NOTHING
    assert "Ingest lain sedang berjalan" in second.stderr
    assert "Traceback" not in second.stderr
    assert generation.current(admin.data) == old


def test_the_json_line_is_there_when_nothing_was_switched(admin: Admin) -> None:
    with generation.ingest_lock(admin.data):
        admin.run("--json")
    assert admin.code == ingest.NOTHING
    assert list(json.loads(admin.out.splitlines()[-1])) == KEYS


def test_a_failed_verification_is_exit_two_and_leaves_the_old_library(
    admin: Admin, documents: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin.run()
    old = generation.current(admin.data)
    build = generation.build

    def losing(*arguments: Any) -> str:  # noqa: ANN401
        data_dir, name = arguments[0], build(*arguments)
        with vector_index.open_store(generation.index_dir(data_dir) / f"{name}.tmp") as client:
            collection = client.get_collection(vector_index.COLLECTION, embedding_function=None)
            collection.delete(ids=collection.get()["ids"][:1])
        return name

    monkeypatch.setattr(generation, "build", losing)
    admin.run(documents("banjir.md", BANJIR))
    assert admin.code == ingest.NOTHING
    assert "tidak menemukan dirinya" in admin.err
    assert "Pustaka yang lama tetap dipakai" in admin.err
    assert generation.current(admin.data) == old
    assert admin.answers("kapan truk sampah berkeliling?") == ["sampah.md"]


def test_what_nobody_foresaw_is_exit_two_and_is_shown_whole(admin: Admin, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python itself would end with 1, and compose.yaml start the bots, since that means "some files were refused"."""

    def broken(*_: Any) -> str:  # noqa: ANN401
        raise TypeError("extractall() got an unexpected keyword argument")

    monkeypatch.setattr(generation, "build", broken)
    summary = admin.json()
    assert (admin.code, summary["generation"]) == (ingest.NOTHING, None)
    assert "Traceback" in admin.err
    assert "Gagal: extractall() got" in admin.err


def test_a_full_disk_is_exit_two_and_never_takes_the_old_library_away(
    admin: Admin, documents: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin.run()
    old = generation.current(admin.data)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        admin.run(documents("banjir.md", BANJIR))
    assert admin.code == ingest.NOTHING
    assert "No space left" in admin.err
    assert generation.current(admin.data) == old
    assert admin.answers("kapan sirene banjir berbunyi?") == ["sampah.md"]
    assert admin.json()["embedded"] == 0


def test_builds_anew_when_the_generation_in_use_was_deleted(admin: Admin) -> None:
    admin.run()
    name = generation.current(admin.data)
    assert name is not None
    shutil.rmtree(generation.index_dir(admin.data) / name)
    admin.run()
    assert admin.code == ingest.SWITCHED


def test_kill_while_embedding_keeps_the_old_library_and_what_was_embedded(admin: Admin, documents: Documents) -> None:
    old = admin.json()["generation"]
    folder = documents("layanan.md", many_sections(SECTIONS))
    cache = admin.data / "embeddings.sqlite"

    def cached() -> int:
        with sqlite3.connect(cache) as connection:
            return int(connection.execute("SELECT count(*) FROM vectors").fetchone()[0])

    before = cached()
    arguments = command(admin.data, "--only", folder, pause=2)
    with subprocess.Popen(
        arguments, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True
    ) as killed:
        wait_for(lambda: cached() > before, killed)
        killed.kill()
    assert killed.returncode == -signal.SIGKILL
    saved = cached() - before
    assert 0 < saved < SECTIONS
    assert generation.current(admin.data) == old
    assert admin.answers("kapan truk sampah berkeliling?") == ["sampah.md"]
    summary = admin.json("--only", folder)
    assert (admin.code, summary["chunks"]) == (ingest.SWITCHED, SECTIONS)
    assert (summary["embedded"], summary["reused"]) == (SECTIONS - saved, saved)
    assert admin.answers("layanan kelurahan nomor 37")[0] == "layanan.md"


def test_kill_while_building_keeps_the_old_library_and_the_next_run_finishes(
    admin: Admin, documents: Documents
) -> None:
    old = admin.json()["generation"]
    folder = documents("layanan.md", many_sections(SECTIONS))
    index = generation.index_dir(admin.data)
    arguments = command(admin.data, "--only", folder)
    with subprocess.Popen(
        arguments, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True
    ) as killed:
        wait_for(lambda: any(index.glob("*.tmp/chroma/*")), killed)
        killed.kill()
    assert killed.returncode == -signal.SIGKILL
    assert list(index.glob("*.tmp"))
    assert generation.current(admin.data) == old
    assert admin.answers("kapan truk sampah berkeliling?") == ["sampah.md"]
    summary = admin.json("--only", folder)
    assert (admin.code, summary["embedded"]) == (ingest.SWITCHED, 0)
    assert list(index.glob("*.tmp")) == []
    assert admin.answers("layanan kelurahan nomor 37")[0] == "layanan.md"


def test_an_interrupt_from_the_keyboard_says_that_the_old_library_stays(admin: Admin, documents: Documents) -> None:
    old = admin.json()["generation"]
    arguments = command(admin.data, "--only", documents("layanan.md", many_sections(SECTIONS)))
    index = generation.index_dir(admin.data)
    with subprocess.Popen(
        arguments, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as stopped:
        wait_for(lambda: any(index.glob("*.tmp/manifest.json")), stopped)
        stopped.send_signal(signal.SIGINT)
        _, said = stopped.communicate(timeout=60)
    assert stopped.returncode == ingest.NOTHING
    assert "Dihentikan. Pustaka yang lama tetap dipakai" in said
    assert generation.current(admin.data) == old


# What admins decided.


def documents_of(admin: Admin) -> dict[str, Document]:
    manifest = generation.read_manifest(admin.data, str(generation.current(admin.data)))
    return {document.source: document for document in manifest.documents}


def test_broken_notes_leave_a_document_as_it_was(admin: Admin, documents: Documents) -> None:
    folder = documents("banjir.md", BANJIR)
    curation.write_notes(folder / "banjir.md", curation.Notes(title="Panduan Banjir 2026"))
    admin.run(folder)
    assert documents_of(admin)["banjir.md"].title == "Panduan Banjir 2026"
    sidecar(folder / "banjir.md").write_text("warna: biru")
    (folder / "taman.md").write_text(TAMAN)
    summary = admin.json()
    assert (admin.code, summary["added"]) == (ingest.PARTLY, 1)
    assert "warna: kunci tidak dikenal (versi terdahulu tetap dipakai)" in summary["problems"][0]["reason"]
    assert documents_of(admin)["banjir.md"].title == "Panduan Banjir 2026"


def test_decisions_alone_make_a_new_generation_without_a_new_vector(admin: Admin, documents: Documents) -> None:
    admin.run(documents("banjir.md", BANJIR))
    shipped = str(admin.shipped)
    curation.decide(admin.data, lambda _: curation.Decisions({"banjir": "taman"}, (shipped,)))
    summary = admin.json()
    assert (summary["removed"], summary["embedded"]) == (1, 0)
    assert {source: d.status for source, d in documents_of(admin).items()} == {"banjir.md": "dicabut"}
    assert admin.json()["generation"] == summary["generation"]
    curation.decide(admin.data, lambda _: curation.Decisions())
    assert admin.json()["added"] == 1
    assert documents_of(admin)["banjir.md"].status == "berlaku"


def test_the_folder_of_what_admins_sent_is_a_root_as_soon_as_it_is_there(admin: Admin) -> None:
    folder = curation.folder_of(admin.data)
    folder.mkdir()
    (folder / "taman.md").write_text(TAMAN)
    assert admin.json()["added"] == 2
    assert "taman.md" in documents_of(admin)
    assert folder not in read_roots(admin.data)


def test_progress_comes_as_json_lines_and_the_lock_names_who_works(admin: Admin) -> None:
    admin.run("--progress")
    steps = [json.loads(line) for line in admin.err.splitlines() if line.startswith("{")]
    assert [step["stage"] for step in steps if step["done"] == step["total"]] == [
        "parse",
        "screen",
        "chunk",
        "embed",
        "build",
    ]
    with generation.ingest_lock(admin.data, "Bu Siti (Telegram)"):
        admin.run()
    assert admin.code == ingest.NOTHING
    assert "Bu Siti (Telegram), PID" in admin.err
    assert generation.lock_holder(admin.data) is None


def test_hundreds_of_alike_pages_leave_the_others_found_by_meaning(admin: Admin, documents: Documents) -> None:
    page = "Formulir pendataan warga diisi oleh ketua rukun tetangga dan diserahkan kepada kelurahan. " * 8
    documents("banjir.md", BANJIR)
    folder = documents("formulir.md", "# Lampiran\n\n" + f"## Formulir\n\n{page}\n\n" * 300)
    summary = admin.json(folder)
    assert (admin.code, summary["problems"]) == (ingest.SWITCHED, [])
    assert admin.answers("Kapan sirene banjir berbunyi?")[0] == "banjir.md"


def test_a_text_that_windows_saved_as_unicode_is_read(admin: Admin, documents: Documents) -> None:
    summary = admin.json(documents("banjir.txt", BANJIR.encode("utf-16")))
    assert (admin.code, summary["problems"]) == (ingest.SWITCHED, [])
    assert BANJIR.splitlines()[-1] in admin.texts("Kapan sirene banjir berbunyi?")
