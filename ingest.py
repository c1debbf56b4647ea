"""The admin's command: files in, a verified library that the bot switches to out."""

from __future__ import annotations

import argparse
import json
import sys
import time
import traceback
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from knowledge.gate import Verdict
    from knowledge.library import Outcome, Plan
    from knowledge.settings import LibraryConfig
    from knowledge.sources import Problem

SWITCHED, PARTLY, NOTHING = 0, 1, 2
BUSY_SECONDS = 5
STAGES = {
    "parse": "Membaca berkas",
    "screen": "Mencari perintah kepada mesin",
    "chunk": "Memotong menjadi bagian",
    "embed": "Menghitung vektor",
    "build": "Membangun dan memeriksa indeks",
}


def main(arguments: list[str] | None = None) -> int:
    """Bring the library up to date, or answer --status, --rollback, --forget."""
    options = _parser().parse_args(arguments)
    from knowledge.errors import KnowledgeError
    from knowledge.settings import LibraryConfig

    try:
        config = LibraryConfig.load(options.config, options.data)
        if options.status:
            return _status(config, as_json=options.json)
        if options.rollback:
            return _roll_back(config, options.by, as_json=options.json)
        if options.watch:
            return _watch(config, options)
        return _remembered(config, options)
    # Python's own code for what nobody foresaw is 1, which says that something was switched.
    except Exception as error:  # noqa: BLE001
        if not isinstance(error, (KnowledgeError, OSError)):
            traceback.print_exc()
        print(f"Gagal: {error} Pustaka yang lama tetap dipakai.", file=sys.stderr)
        if options.json:
            print(json.dumps(_nothing_done(error), ensure_ascii=False))
        return NOTHING
    except KeyboardInterrupt:
        print("\nDihentikan. Pustaka yang lama tetap dipakai; vektor yang sudah dihitung tersimpan.", file=sys.stderr)
        return NOTHING


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python ingest.py",
        description="Memasukkan dokumen ke pustaka. Tanpa PATH: menyegarkan semua yang pernah dimasukkan.",
    )
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="berkas atau folder baru")
    parser.add_argument("--config", type=Path, metavar="FILE", help="bawaan: config.toml")
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder data (mengganti data.dir)")
    parser.add_argument("--dry-run", action="store_true", help="tunjukkan rencana saja")
    parser.add_argument("--status", action="store_true", help="tunjukkan isi pustaka yang dipakai")
    parser.add_argument("--rollback", action="store_true", help="kembali ke generasi sebelumnya")
    parser.add_argument(
        "--forget", type=Path, action="append", default=[], metavar="PATH", help="lepaskan PATH dari pustaka"
    )
    parser.add_argument("--only", action="store_true", help="bangun dari PATH saja, tanpa yang lain")
    parser.add_argument("--fetch", action="store_true", help="unduh dahulu dari alamat di front matter (fetch.hosts)")
    parser.add_argument("--watch", action="store_true", help="terus awasi folder dan masukkan setiap perubahan")
    parser.add_argument("--force", action="store_true", help="ganti walau gerbang mutu menolak; dicatat")
    parser.add_argument("--json", action="store_true", help="baris terakhir keluaran berupa objek JSON")
    parser.add_argument("--progress", action="store_true", help="kemajuan sebagai baris JSON pada keluaran galat")
    parser.add_argument(
        "--by", default="", metavar="NAMA", help="siapa yang menjalankan, untuk ingest lain yang ditolak"
    )
    return parser


def _remembered(config: LibraryConfig, options: argparse.Namespace) -> int:
    """Ingest, and leave word of a failure where the bot finds it."""
    from knowledge.errors import LibraryBusyError

    try:
        code = _ingest(config, options)
    except LibraryBusyError:
        raise
    except Exception as error:
        _keep(config, str(error) or type(error).__name__)
        raise
    if not options.dry_run:
        _keep(config, "tidak ada dokumen yang dapat dimasukkan." if code == NOTHING else None)
    return code


def _keep(config: LibraryConfig, failed: str | None) -> None:
    """Write down how it ended, for the bots of other machines too where they can be reached."""
    from knowledge.errors import KnowledgeError
    from knowledge.last_run import remember
    from knowledge.shared import shared_of

    remember(config.data.dir, failed)
    with suppress(KnowledgeError):
        if shared := shared_of(config):
            shared.exchange_files(config.data.dir)


def _ingest(config: LibraryConfig, options: argparse.Namespace) -> int:
    from knowledge.embed_remote import embeddings_of
    from knowledge.generation import ingest_lock
    from knowledge.library import Outcome, carry_out, plan
    from knowledge.shared import shared_of
    from knowledge.sources import write_roots

    started = time.perf_counter()
    data_dir, shared = config.data.dir, shared_of(config)
    with ingest_lock(data_dir, options.by, shared):
        roots, remembered = _roots(config, options)
        not_fetched = _fetch(config, roots) if options.fetch and not options.dry_run else []
        embeddings = embeddings_of(config.model, data_dir)
        if not embeddings.is_prepared:
            print("Menyiapkan model embedding (sekali saja, sekitar setengah menit) ...", flush=True)
        todo = plan(config, roots, embeddings)
        todo = replace(todo, problems=(*not_fetched, *todo.problems))
        _print_plan(todo, on_server=shared is not None)
        if options.dry_run:
            outcome = Outcome(todo.old.generation if todo.old else None, 0, 0, 0, 0, todo.problems)
        elif todo.is_empty and todo.old:
            outcome = Outcome(
                todo.old.generation, len(todo.old.documents), todo.old.chunks, 0, todo.old.chunks, todo.problems
            )
        else:
            with ProgressDisplay(as_json=options.progress) as progress:

                def approve(verdict: Verdict) -> bool:
                    with progress.paused():
                        return _approved(verdict, options)

                outcome = carry_out(config, todo, embeddings, progress, approve, shared)
        if not options.dry_run and outcome.generation:
            write_roots(data_dir, remembered)
    seconds = time.perf_counter() - started
    _report(todo, outcome, seconds, dry_run=options.dry_run)
    if options.json:
        print(json.dumps(_summary(todo, outcome, seconds), ensure_ascii=False))
    return NOTHING if outcome.generation is None and not options.dry_run else PARTLY if outcome.problems else SWITCHED


def _approved(verdict: Verdict, options: argparse.Namespace) -> bool:
    """Whether the admin wants a generation that the gate objects to: by --force, by naming what
    the library shall hold where only its size jumps, or by answering on the terminal."""
    for reason in verdict.reasons:
        print(f"Gerbang mutu: {reason}")
    for question in verdict.questions:
        print(f"  tidak lagi terjawab: {question}")
    if options.force:
        return True
    if verdict.worse:
        return False
    if options.only or options.forget:
        return True
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    return input("Tetap ganti? [y/t] ").strip().lower() in {"y", "ya"}


def _roots(config: LibraryConfig, options: argparse.Namespace) -> tuple[list[Path], list[Path]]:
    """The roots of this run, and those to remember for the next."""
    from knowledge.curation import folder_of
    from knowledge.fetch import folder
    from knowledge.settings import SHIPPED_DOCUMENTS
    from knowledge.sources import read_roots

    given = [path.expanduser().resolve() for path in options.paths]
    forgotten = {path.expanduser().resolve() for path in options.forget}
    remembered = [path for path in read_roots(config.data.dir) if path not in forgotten]
    if options.only:
        return given, remembered
    # A path that does not exist is reported with the plan, but not remembered.
    missing = [path for path in given if not path.exists() and path not in remembered]
    remembered += [path for path in given if path not in remembered and path not in missing]
    fetched = [folder(config.data.dir)] if options.fetch or folder(config.data.dir).exists() else []
    sent = [path for path in [folder_of(config.data.dir)] if path.is_dir()]
    return [SHIPPED_DOCUMENTS, *config.library.folders, *fetched, *sent, *remembered, *missing], remembered


def _fetch(config: LibraryConfig, roots: Sequence[Path]) -> list[Problem]:
    from knowledge.fetch import addresses, fetch, folder
    from knowledge.sources import find

    own = folder(config.data.dir)
    found, _ = find([root for root in roots if root != own], int(config.library.max_file_megabytes * 1e6))
    wanted = addresses(found)
    print(f"Mengunduh dari {len(wanted)} alamat di front matter ...", flush=True)
    return fetch(config.data.dir, wanted, config.fetch)


def _watch(config: LibraryConfig, options: argparse.Namespace) -> int:
    """Ingest now and after every change until Ctrl-C; a run that fails does not end the watch."""
    from knowledge.errors import KnowledgeError, LibraryBusyError
    from knowledge.watch import changes

    def run() -> None:
        while True:
            try:
                _ingest(config, options)
                return
            except LibraryBusyError as error:
                print(f"{error} Dicoba lagi sebentar.", file=sys.stderr, flush=True)
                time.sleep(BUSY_SECONDS)
            except (KnowledgeError, OSError) as error:
                print(f"Gagal: {error} Pustaka yang lama tetap dipakai.", file=sys.stderr, flush=True)
                return

    try:
        for _ in changes(_roots(config, options)[0]):
            run()
            print("Mengawasi folder pustaka; Ctrl-C untuk selesai.", flush=True)
    except KeyboardInterrupt:
        pass  # the way out, in the middle of a run too: what is served stays, computed vectors are kept
    print("Selesai mengawasi.")
    return SWITCHED


def _print_plan(todo: Plan, *, on_server: bool) -> None:
    if todo.damaged and todo.old:
        state = "belum ada di server Chroma, atau rusak," if on_server else "rusak di disk"
        print(f"Generasi {todo.old.generation} {state} dan dibangun ulang.")
    print(
        f"Rencana: {len(todo.added)} baru, {len(todo.changed)} berubah, "
        f"{len(todo.removed)} keluar, {len(todo.unchanged)} tetap."
    )
    for label, names in (
        ("baru", [source.name for source in todo.added]),
        ("berubah", [source.name for source in todo.changed]),
        ("keluar", [document.source for document in todo.removed]),
    ):
        for name in names[:12]:
            print(f"  {label:8} {name}")
        if len(names) > 12:
            print(f"  {label:8} ... dan {len(names) - 12} lainnya")


def _report(todo: Plan, outcome: Outcome, seconds: float, *, dry_run: bool) -> None:
    _print_problems(outcome.problems)
    if dry_run:
        print("Hanya rencana (--dry-run); tidak ada yang diubah.")
    elif outcome.generation is None:
        print("Tidak ada dokumen yang dapat dimasukkan; tidak ada yang diganti.")
    elif todo.is_empty:
        print(f"Tidak ada perubahan. Generasi {outcome.generation} tetap dipakai ({seconds:.1f} detik).")
    else:
        print(
            f"Selesai dalam {seconds:.1f} detik: {outcome.documents} dokumen, {outcome.chunks} bagian "
            f"({outcome.embedded} dihitung baru, {outcome.reused} dipakai ulang). "
            f"Generasi {outcome.generation} dipakai."
        )


def _print_problems(problems: tuple[Problem, ...]) -> None:
    if problems:
        print(f"{len(problems)} hal perlu diperiksa:")
    for problem in problems:
        page = f" (hlm. {problem.page})" if problem.page else ""
        print(f"  {problem.path}{page}: {problem.reason}")


def _summary(todo: Plan, outcome: Outcome, seconds: float) -> dict[str, object]:
    return {
        "generation": outcome.generation,
        "added": sum(str(source.path) not in outcome.refused for source in todo.added),
        "changed": sum(str(source.path) not in outcome.refused for source in todo.changed),
        "removed": len(todo.removed),
        "unchanged": len(todo.unchanged),
        "chunks": outcome.chunks,
        "embedded": outcome.embedded,
        "reused": outcome.reused,
        "seconds": round(seconds, 2),
        "problems": [{"path": p.path, "page": p.page, "reason": p.reason} for p in outcome.problems],
    }


def _nothing_done(error: Exception) -> dict[str, object]:
    """The summary of a run that an error ended; with `refused_by` where it was the gate, which --force overrides."""
    from knowledge.errors import GateError

    counts = dict.fromkeys(("added", "changed", "removed", "unchanged", "chunks", "embedded", "reused"), 0)
    questions = error.questions if isinstance(error, GateError) else ()
    reasons = [str(error), *(f"tidak lagi terjawab: {question}" for question in questions)]
    problems = [{"path": "", "page": None, "reason": text} for text in reasons]
    mark = {"refused_by": "gate"} if isinstance(error, GateError) else {}
    return {"generation": None, **counts, "seconds": 0.0, "problems": problems, **mark}


def _status(config: LibraryConfig, *, as_json: bool) -> int:
    from knowledge.gate import compared, read_report
    from knowledge.generation import generations
    from knowledge.library import status
    from knowledge.shared import shared_of
    from knowledge.sources import read_roots

    manifest = status(config.data.dir, shared_of(config))
    kinds: dict[str, int] = {}
    for document in manifest.documents:
        kinds[document.status] = kinds.get(document.status, 0) + 1
    print(f"Generasi {manifest.generation}, dibuat {manifest.created}")
    print(f"{len(manifest.documents)} dokumen, {manifest.chunks} bagian, model {manifest.recipe.fingerprint}")
    print("Status: " + ", ".join(f"{count} {name}" for name, count in sorted(kinds.items())))
    print("Akar tambahan: " + (", ".join(str(root) for root in read_roots(config.data.dir)) or "tidak ada"))
    print(
        "Dapat dikembalikan ke: "
        + (", ".join(g for g in generations(config.data.dir) if g < manifest.generation) or "tidak ada")
    )
    report = read_report(config.data.dir, manifest.generation)
    before = read_report(config.data.dir, report.before) if report else None
    if report:
        print("\n".join(compared(report, before)))
    _print_problems(manifest.problems)
    if as_json:
        summary = {
            "generation": manifest.generation, "documents": len(manifest.documents), "chunks": manifest.chunks,
            "status": kinds, "generations": generations(config.data.dir),
            "report": asdict(report) if report else None, "before": asdict(before) if before else None,
        }  # fmt: skip
        print(json.dumps(summary, ensure_ascii=False))
    return SWITCHED


def _roll_back(config: LibraryConfig, who: str, *, as_json: bool) -> int:
    from knowledge.generation import ingest_lock, roll_back
    from knowledge.shared import shared_of

    shared = shared_of(config)
    with ingest_lock(config.data.dir, who, shared):
        name = roll_back(config.data.dir, shared)
    print(f"Kembali ke generasi {name}. Ingest berikutnya akan menyesuaikan lagi dengan isi folder.")
    if as_json:
        print(json.dumps({"generation": name}))
    return SWITCHED


class ProgressDisplay:
    """A bar with an estimate for each stage; silent when nobody watches the terminal. For a
    program that watches (`as_json`) at most two JSON lines a second: stage, done, total."""

    def __init__(self, *, as_json: bool = False) -> None:
        self._as_json = as_json
        self._told_at = 0.0

    def __enter__(self) -> ProgressDisplay:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        console = Console(stderr=True)
        self._bars = Progress(
            TextColumn("{task.description:32}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
            console=console, disable=not console.is_terminal,
        )  # fmt: skip
        self._tasks: dict[str, int] = {}
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Leave the terminal to a question: what is written while bars are drawn waits for a new line."""
        self._bars.stop()
        yield
        self._bars.start()

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show that `done` of `total` are finished in a stage."""
        from rich.progress import TaskID

        if self._as_json and (done == total or time.monotonic() - self._told_at > 0.5):
            self._told_at = time.monotonic()
            print(json.dumps({"stage": stage, "done": done, "total": total}), file=sys.stderr, flush=True)
        if stage not in self._tasks:
            self._tasks[stage] = int(self._bars.add_task(STAGES[stage], total=total))
        self._bars.update(TaskID(self._tasks[stage]), completed=done, total=total)


if __name__ == "__main__":
    sys.exit(main())
