"""`python -m knowledge search | evaluate | status | examine | verify | probe`: the library from the command line."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from knowledge.shared import Shared


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    options = _parser().parse_args(arguments)
    from knowledge.errors import KnowledgeError

    try:
        return _run(options)
    except KnowledgeError as error:
        print(error, file=sys.stderr)
        return 2


def _run(options: argparse.Namespace) -> int:
    """Each command imports what it needs itself: --help answers at once."""
    match options.command:
        case "verify":
            from knowledge.verify import verify

            verify(options.folder, options.data, _shared(options))
        case "probe":
            from knowledge.soundness import probe

            probe(options.folder, _shared(options))
        case "search":
            from knowledge.search_command import search

            return search(options)
        case "status":
            from knowledge.status_command import status_command

            return status_command(options)
        case "examine":
            from knowledge.examine import examine_command

            return examine_command(options)
        case _:
            from knowledge.evaluate import evaluate_command

            return evaluate_command(options)
    return 0


def _shared(options: argparse.Namespace) -> Shared | None:
    from knowledge.settings import LibraryConfig
    from knowledge.shared import shared_of

    return shared_of(LibraryConfig.load(options.config, options.data))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m knowledge", description="Pustaka KotaCerdas.")
    commands = parser.add_subparsers(dest="command", required=True)
    search = commands.add_parser("search", help="cari bagian yang menjawab pertanyaan")
    search.add_argument("question", nargs="?", help="tanpa pertanyaan: baris JSON dari masukan baku")
    search.add_argument("--top", type=int, default=5, metavar="K", help="jumlah hasil (bawaan 5)")
    evaluate = commands.add_parser("evaluate", help="ukur pencarian pada berkas pertanyaan")
    evaluate.add_argument("file", nargs="?", type=Path, help="JSON Lines (bawaan: gate.questions)")
    evaluate.add_argument("--gaps", action="store_true", help="uji yang dibuat konsultan dari daftar kesenjangan")
    evaluate.add_argument(
        "--model",
        action="append",
        metavar="MODEL",
        help="model obrolan untuk dibandingkan; boleh diulang",
    )
    verify = commands.add_parser("verify", help="periksa satu generasi (dipakai oleh ingest)")
    verify.add_argument("folder", type=Path)
    status = commands.add_parser("status", help="tunjukkan status hukum: siapa mencabut dan mengubah siapa")
    status.add_argument("id", nargs="?", metavar="ID", help="satu peraturan saja, misalnya pp-59-2022")
    status.add_argument("--draw", type=Path, metavar="FILE.svg", help="gambar garis waktunya")
    status.add_argument("--confirm", metavar="HUBUNGAN", help='benarkan yang terbaca: "A mencabut B"')
    status.add_argument("--reject", metavar="HUBUNGAN", help="tolak yang terbaca")
    examine = commands.add_parser("examine", help="tunjukkan apa isi satu berkas sebelum dimasukkan (JSON)")
    examine.add_argument("file", type=Path)
    examine.add_argument("--name", required=True, help="nama berkas menurut pengirimnya")
    probe = commands.add_parser("probe", help="periksa apakah satu generasi dapat dibuka (dipakai oleh bot)")
    probe.add_argument("folder", type=Path)
    for command in (search, evaluate, status, examine):
        command.add_argument("--json", action="store_true", help="keluaran untuk mesin")
    for command in (search, evaluate, status, examine, verify, probe):
        command.add_argument("--config", type=Path, metavar="FILE", help="bawaan: config.toml")
        command.add_argument("--data", type=Path, metavar="DIR", help="folder data (mengganti data.dir)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
