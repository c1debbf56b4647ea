"""Several machines, each with a data directory of its own, one Chroma server and one PostgreSQL: what is
ingested at one of them is found at all of them, and is what an index of their own would find."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

import ingest
from knowledge import gate, generation, vector_index, verify
from knowledge.embed import SentenceEmbeddings
from knowledge.errors import IndexUnreachableError, KnowledgeError, LibraryBusyError
from knowledge.evaluate import read_cases
from knowledge.retrieve import Library
from knowledge.settings import PROJECT, LibraryConfig
from knowledge.shared import Shared, shared_of
from tests.chroma_server import ChromaServer
from tests.conftest import lend_model
from tests.postgres import MISSING, PostgresServer, programs

pytestmark = pytest.mark.skipif(programs() is None, reason=MISSING)
SIRENE = "kapan sirene banjir berbunyi?"
BANJIR = "# Panduan Banjir\n\n## Sirene\nSirene banjir berbunyi ketika air sungai melewati tiga meter.\n"
SAMPAH = "# Panduan Sampah\n\n## Jadwal\nPetugas mengangkut sampah rumah tangga setiap Senin dan Kamis pagi.\n"


@pytest.fixture(scope="module")
def chroma() -> Iterator[ChromaServer]:
    server = ChromaServer()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    server = PostgresServer()
    yield server
    server.stop()


@dataclass
class Machine:
    """One machine: a data directory that nobody else sees."""

    data: Path
    environment: dict[str, str]

    @property
    def config(self) -> LibraryConfig:
        return LibraryConfig.load(data_dir=self.data)

    @property
    def shared(self) -> Shared:
        found = shared_of(self.config)
        assert found
        return found

    def ingest(self, *arguments: str | Path) -> int:
        """`python ingest.py ...` on this machine."""
        return ingest.main([*map(str, arguments), "--data", str(self.data)])

    def starts_ingest(self, *arguments: str | Path) -> subprocess.Popen[bytes]:
        """The same in a process of its own."""
        command = [sys.executable, "ingest.py", *map(str, arguments), "--data", str(self.data)]
        return subprocess.Popen(command, cwd=PROJECT, env=os.environ | self.environment, stdout=subprocess.DEVNULL)


@pytest.fixture
def machines(
    tmp_path: Path, chroma: ChromaServer, postgres: PostgresServer, library_data: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Machine, Machine]:
    """Two machines with the model and nothing else."""
    environment = {"KOTACERDAS_INDEX__CHROMA": chroma.url, "KOTACERDAS_DATABASE__URL": postgres.new_database()}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    found = []
    for name in ("satu", "dua"):
        (tmp_path / name).mkdir()
        lend_model(library_data, tmp_path / name)
        found.append(Machine(tmp_path / name, environment))
    return found[0], found[1]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "dokumen"
    found.mkdir()
    (found / "sampah.md").write_text(SAMPAH, encoding="utf-8")
    return found


def ids(library: Library, question: str = SIRENE) -> list[str]:
    return [passage.document.source for passage in library.search(question).passages]


def collections(chroma: ChromaServer) -> set[str]:
    import chromadb

    client = chromadb.HttpClient("127.0.0.1", chroma.port)
    return {collection.name for collection in client.list_collections()}


def wait_for(condition: Callable[[], object], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)


def test_the_shipped_questions_find_the_same_as_in_an_index_of_ones_own(
    machines: tuple[Machine, Machine],
    library: Library,
    embeddings: SentenceEmbeddings,
    library_data: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On the server as three collections or more, in the index of one's own as one."""
    first, second = machines
    monkeypatch.setattr(vector_index, "PART", len(library.opened.chunks) // 2)
    assert first.ingest() == ingest.SWITCHED
    assert not (generation.index_dir(first.data) / str(generation.current(first.data)) / "chroma").exists()
    elsewhere = Library(second.config, embeddings)
    assert len(elsewhere.opened.collections) >= 3
    own = gate.read_report(library_data, library.manifest.generation)
    shared = gate.read_report(second.data, elsewhere.manifest.generation)
    assert own
    assert shared
    assert len(own.ranks) > 80
    assert shared.ranks == own.ranks
    for case in read_cases(second.config.gate.questions):
        first_here, first_there = (
            library.search(case.question).passages[:1],
            elsewhere.search(case.question).passages[:1],
        )
        assert [p.chunk.id for p in first_there] == [p.chunk.id for p in first_here], case.question


def test_what_one_machine_ingests_deletes_and_takes_back_the_other_serves_within_seconds(
    machines: tuple[Machine, Machine], folder: Path, embeddings: SentenceEmbeddings, chroma: ChromaServer
) -> None:
    first, second = machines
    assert first.ingest("--only", folder) == ingest.SWITCHED
    elsewhere = Library(second.config, embeddings)
    assert ids(elsewhere) == ["sampah.md"]
    (folder / "banjir.md").write_text(BANJIR, encoding="utf-8")
    assert first.ingest("--only", folder) == ingest.SWITCHED
    wait_for(lambda: ids(elsewhere)[0] == "banjir.md")
    (folder / "banjir.md").unlink()
    assert first.ingest("--only", folder) == ingest.SWITCHED
    wait_for(lambda: ids(elsewhere) == ["sampah.md"])
    # Also from the machine that built none of them.
    assert second.ingest("--rollback") == ingest.SWITCHED
    assert elsewhere.refresh()
    assert "banjir.md" in ids(elsewhere)
    assert first.ingest("--status") == ingest.SWITCHED
    assert generation.current(first.data) == generation.current(second.data) == elsewhere.manifest.generation


def test_old_generations_leave_both_servers_and_all_machines(
    machines: tuple[Machine, Machine], folder: Path, chroma: ChromaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = machines
    before = collections(chroma)
    monkeypatch.setattr(vector_index, "PART", 1)
    for n in range(5):
        (folder / "catatan.md").write_text(f"# Catatan\n\nRapat ke-{n} membahas taman kota.\n", encoding="utf-8")
        assert first.ingest("--only", folder) == ingest.SWITCHED
    second.shared.mirror(second.data)
    kept = generation.generations(first.data)
    assert len(kept) == first.config.library.keep_generations
    assert generation.generations(second.data) == kept
    new = {f"kotacerdas-{name}{part}" for name in kept for part in ("", "-part1")}
    assert collections(chroma) - before == new


# What has been done when the process is killed, and whether everybody then has the new library.
STEPS = {
    "knowledge.vector_index:fill": False,
    "knowledge.soundness:seal": False,
    "knowledge.shared:Shared.publish": True,
    "knowledge.shared:Shared.forget": True,
}
KILLED = """
import importlib, os, sys
sys.path.insert(0, {project!r})
module, name = {step!r}.split(":")
owner = importlib.import_module(module)
for part in name.split(".")[:-1]:
    owner = getattr(owner, part)
real = getattr(owner, name.split(".")[-1])
def dies(*arguments, **keywords):
    real(*arguments, **keywords)
    os.kill(os.getpid(), 9)
setattr(owner, name.split(".")[-1], dies)
import ingest
sys.exit(ingest.main({arguments!r}))
"""


@pytest.mark.parametrize(("step", "is_published"), STEPS.items())
def test_a_kill_after_any_step_leaves_a_whole_library_and_the_next_run_cleans_up(
    step: str,
    is_published: bool,
    machines: tuple[Machine, Machine],
    folder: Path,
    embeddings: SentenceEmbeddings,
    chroma: ChromaServer,
) -> None:
    first, second = machines
    others = collections(chroma)
    first.ingest("--only", folder)
    old = generation.current(first.data)
    (folder / "banjir.md").write_text(BANJIR, encoding="utf-8")
    code = KILLED.format(project=str(PROJECT), step=step, arguments=["--only", str(folder), "--data", str(first.data)])
    killed = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | first.environment, check=False, stdout=subprocess.DEVNULL
    )
    assert killed.returncode == -signal.SIGKILL
    elsewhere = Library(second.config, embeddings)
    assert (elsewhere.manifest.generation != old) == is_published
    assert ids(elsewhere)[0] == ("banjir.md" if is_published else "sampah.md")
    assert second.ingest("--only", folder) == ingest.SWITCHED
    assert elsewhere.refresh() != is_published
    assert ids(elsewhere)[0] == "banjir.md"
    kept = {f"kotacerdas-{name}" for name in generation.generations(second.data)}
    assert collections(chroma) - others == kept
    assert not list(generation.index_dir(second.data).glob("*.tmp"))


def test_while_one_machine_ingests_the_other_is_told_who(
    machines: tuple[Machine, Machine], capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    first, second = machines
    with first.shared.lock("Rina (Telegram)"):
        assert second.shared.holder() == "Rina (Telegram)"
        assert second.ingest("--only", folder) == ingest.NOTHING
        with pytest.raises(LibraryBusyError):
            second.shared.lock("Dewi").__enter__()
    assert "Rina (Telegram)" in capsys.readouterr().err
    # The server lets go of a lock a moment after its connection is closed.
    wait_for(lambda: second.shared.holder() is None)
    assert second.ingest("--only", folder) == ingest.SWITCHED


def test_who_has_lost_the_lock_publishes_nothing(
    machines: tuple[Machine, Machine], folder: Path, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = machines
    assert first.ingest("--only", folder) == ingest.SWITCHED
    old = generation.current(first.data)
    (folder / "banjir.md").write_text(BANJIR, encoding="utf-8")
    before = verify.verify_from_outside

    def broken(data_dir: Path, name: str, shared: Shared | None = None) -> None:
        before(data_dir, name, shared)
        postgres.restart()

    monkeypatch.setattr(verify, "verify_from_outside", broken)
    assert first.ingest("--only", folder) == ingest.NOTHING
    assert first.shared.mirror(first.data) == old


def test_without_the_chroma_server_the_words_still_find_and_the_server_is_used_again_when_it_is_back(
    machines: tuple[Machine, Machine], embeddings: SentenceEmbeddings, chroma: ChromaServer, folder: Path
) -> None:
    first, _ = machines
    (folder / "banjir.md").write_text(BANJIR, encoding="utf-8")
    first.ingest("--only", folder)
    library = Library(first.config, embeddings)
    before = library.search(SIRENE).passages[0]
    chroma.kill()
    try:
        found = library.search(SIRENE).passages[0]
        assert found.chunk == before.chunk
        assert found.similarity == pytest.approx(before.similarity, abs=0.01)
        assert chroma.url in library.unreachable
        assert first.ingest("--only", folder, "--force") == ingest.NOTHING
        with pytest.raises(IndexUnreachableError, match="Jalankan server itu"):
            Library(first.config, embeddings)
    finally:
        chroma.start()
    wait_for(lambda: ids(library) and not library.unreachable)


def test_a_copy_that_suffered_on_one_machine_is_fetched_again(
    machines: tuple[Machine, Machine], folder: Path, embeddings: SentenceEmbeddings
) -> None:
    first, second = machines
    first.ingest("--only", folder)
    name = second.shared.mirror(second.data)
    manifest = generation.index_dir(second.data) / str(name) / "manifest.json"
    manifest.write_text(manifest.read_text(encoding="utf-8")[:100], encoding="utf-8")
    assert ids(Library(second.config, embeddings)) == ["sampah.md"]


def test_what_admins_sent_and_decided_is_the_same_on_every_machine(machines: tuple[Machine, Machine]) -> None:
    first, second = machines
    for machine in machines:
        machine.shared.exchange_files(machine.data)
    (first.data / "library").mkdir()
    (first.data / "library" / "perwali.md").write_text(BANJIR, encoding="utf-8")
    (first.data / "decisions.json").write_text('{"repealed": {}, "left_out": ["a"]}', encoding="utf-8")
    first.shared.exchange_files(first.data)
    second.shared.exchange_files(second.data)
    assert (second.data / "library" / "perwali.md").read_text(encoding="utf-8") == BANJIR
    (second.data / "library" / "perwali.md").rename(second.data / "library" / "perwali-2.md")
    second.shared.exchange_files(second.data)
    first.shared.exchange_files(first.data)
    assert [path.name for path in (first.data / "library").iterdir()] == ["perwali-2.md"]
    # A new machine takes nothing away, whatever its image brought along.
    new = first.data.with_name("baru")
    new.mkdir()
    (new / "decisions.json").write_text('{"repealed": {}, "left_out": []}', encoding="utf-8")
    first.shared.exchange_files(new)
    assert '"a"' in (new / "decisions.json").read_text(encoding="utf-8")
    assert [path.name for path in (new / "library").iterdir()] == ["perwali-2.md"]


def test_an_ingest_on_another_machine_keeps_what_an_admin_sent_to_the_first(
    machines: tuple[Machine, Machine], embeddings: SentenceEmbeddings
) -> None:
    first, second = machines
    (first.data / "library").mkdir()
    (first.data / "library" / "banjir.md").write_text(BANJIR, encoding="utf-8")
    assert first.ingest() == ingest.SWITCHED
    # The documents of admins are named by their place in the data directory.
    shutil.rmtree(second.data / "library", ignore_errors=True)
    assert second.ingest() == ingest.SWITCHED
    assert ids(Library(second.config, embeddings))[0] == "banjir.md"


def test_an_installation_with_an_index_of_its_own_moves_to_the_server_and_back(
    machines: tuple[Machine, Machine], folder: Path, embeddings: SentenceEmbeddings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the image does, which brings a library along."""
    first, second = machines
    monkeypatch.setenv("KOTACERDAS_INDEX__CHROMA", "")
    assert first.ingest("--only", folder) == ingest.SWITCHED
    monkeypatch.setenv("KOTACERDAS_INDEX__CHROMA", first.environment["KOTACERDAS_INDEX__CHROMA"])
    with pytest.raises(KnowledgeError, match=r"Jalankan: python ingest\.py"):
        Library(first.config, embeddings)
    assert first.ingest("--only", folder) == ingest.SWITCHED
    assert ids(Library(second.config, embeddings)) == ["sampah.md"]
    monkeypatch.setenv("KOTACERDAS_INDEX__CHROMA", "")
    assert second.ingest("--only", folder) == ingest.SWITCHED
    assert ids(Library(second.config, embeddings)) == ["sampah.md"]


def test_the_address_of_a_server_without_a_database_is_refused(machines: tuple[Machine, Machine]) -> None:
    os.environ.pop("KOTACERDAS_DATABASE__URL")
    with pytest.raises(KnowledgeError, match=r"memerlukan database\.url"):
        shared_of(machines[0].config)


def test_an_admin_who_asks_while_many_ingest_gets_one_after_the_other(
    machines: tuple[Machine, Machine], folder: Path
) -> None:
    """Two machines at once, again and again: one of them is refused, neither breaks the library."""
    first, second = machines
    assert first.ingest("--only", folder) == ingest.SWITCHED
    codes: list[int] = []

    def run(machine: Machine, n: int) -> None:
        other = folder.with_name(f"folder-{n}")
        other.mkdir()
        (other / "a.md").write_text(f"# Catatan {n}\n\nRapat membahas taman kota ke-{n}.\n", encoding="utf-8")
        codes.append(machine.starts_ingest("--only", other).wait())

    threads = [threading.Thread(target=run, args=(machine, n)) for n, machine in enumerate(machines)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(codes) <= {ingest.SWITCHED, ingest.NOTHING}
    assert ingest.SWITCHED in codes
    with psycopg.connect(first.environment["KOTACERDAS_DATABASE__URL"]) as connection:
        assert connection.execute("SELECT count(*) FROM library.generations WHERE NOT is_complete").fetchone() == (0,)
    assert first.shared.mirror(first.data) == second.shared.mirror(second.data)
