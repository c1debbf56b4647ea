"""The admin's command: files in, a verified library that the bot switches to out."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from knowledge.library import Outcome, Plan
    from knowledge.settings import LibraryConfig
    from knowledge.sources import Problem

SWITCHED, PARTLY, NOTHING = 0, 1, 2
STAGES = {
    "parse": "Membaca berkas",
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
            return _roll_back(config, as_json=options.json)
        return _remembered(config, options)
    except (KnowledgeError, OSError) as error:
        print(f"Gagal: {error} Pustaka yang lama tetap dipakai.", file=sys.stderr)
        if options.json:
            print(json.dumps(_nothing_done(str(error)), ensure_ascii=False))
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
    parser.add_argument("--json", action="store_true", help="baris terakhir keluaran berupa objek JSON")
    return parser


def _remembered(config: LibraryConfig, options: argparse.Namespace) -> int:
    """Ingest, and leave word of a failure where the bot finds it."""
    from knowledge.errors import LibraryBusyError
    from knowledge.last_run import remember

    try:
        code = _ingest(config, options)
    except LibraryBusyError:
        raise
    except Exception as error:
        remember(config.data.dir, str(error) or type(error).__name__)
        raise
    if not options.dry_run:
        remember(config.data.dir, "tidak ada dokumen yang dapat dimasukkan." if code == NOTHING else None)
    return code


def _ingest(config: LibraryConfig, options: argparse.Namespace) -> int:
    from knowledge.embed import SentenceEmbeddings
    from knowledge.generation import ingest_lock
    from knowledge.library import Outcome, carry_out, plan
    from knowledge.sources import write_roots

    started = time.perf_counter()
    data_dir = config.data.dir
    with ingest_lock(data_dir):
        roots, remembered = _roots(config, options)
        embeddings = SentenceEmbeddings(config.model, data_dir)
        if not embeddings.is_prepared:
            print("Menyiapkan model embedding (sekali saja, sekitar setengah menit) ...", flush=True)
        todo = plan(config, roots, embeddings)
        _print_plan(todo)
        if options.dry_run:
            outcome = Outcome(todo.old.generation if todo.old else None, 0, 0, 0, 0, todo.problems)
        elif todo.is_empty and todo.old:
            outcome = Outcome(
                todo.old.generation, len(todo.old.documents), todo.old.chunks, 0, todo.old.chunks, todo.problems
            )
        else:
            with ProgressDisplay() as progress:
                outcome = carry_out(config, todo, embeddings, progress)
        if not options.dry_run and outcome.generation:
            write_roots(data_dir, remembered)
    seconds = time.perf_counter() - started
    _report(todo, outcome, seconds, dry_run=options.dry_run)
    if options.json:
        print(json.dumps(_summary(todo, outcome, seconds), ensure_ascii=False))
    return NOTHING if outcome.generation is None and not options.dry_run else PARTLY if outcome.problems else SWITCHED


def _roots(config: LibraryConfig, options: argparse.Namespace) -> tuple[list[Path], list[Path]]:
    """The roots of this run, and those to remember for the next."""
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
    return [SHIPPED_DOCUMENTS, *config.library.folders, *remembered, *missing], remembered


def _print_plan(todo: Plan) -> None:
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


def _nothing_done(reason: str) -> dict[str, object]:
    """The summary of a run that an error ended."""
    counts = dict.fromkeys(("added", "changed", "removed", "unchanged", "chunks", "embedded", "reused"), 0)
    problems = [{"path": "", "page": None, "reason": reason}]
    return {"generation": None, **counts, "seconds": 0.0, "problems": problems}


def _status(config: LibraryConfig, *, as_json: bool) -> int:
    from knowledge.generation import generations
    from knowledge.library import status
    from knowledge.sources import read_roots

    manifest = status(config.data.dir)
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
    _print_problems(manifest.problems)
    if as_json:
        summary = {
            "generation": manifest.generation, "documents": len(manifest.documents), "chunks": manifest.chunks,
            "status": kinds, "generations": generations(config.data.dir),
        }  # fmt: skip
        print(json.dumps(summary, ensure_ascii=False))
    return SWITCHED


def _roll_back(config: LibraryConfig, *, as_json: bool) -> int:
    from knowledge.generation import ingest_lock, roll_back

    with ingest_lock(config.data.dir):
        name = roll_back(config.data.dir)
    print(f"Kembali ke generasi {name}. Ingest berikutnya akan menyesuaikan lagi dengan isi folder.")
    if as_json:
        print(json.dumps({"generation": name}))
    return SWITCHED


class ProgressDisplay:
    """A bar with an estimate for each stage; silent when nobody watches the terminal."""

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

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show that `done` of `total` are finished in a stage."""
        from rich.progress import TaskID

        if stage not in self._tasks:
            self._tasks[stage] = int(self._bars.add_task(STAGES[stage], total=total))
        self._bars.update(TaskID(self._tasks[stage]), completed=done, total=total)


if __name__ == "__main__":
    sys.exit(main())
