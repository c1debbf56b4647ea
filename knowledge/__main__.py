"""`python -m knowledge search | evaluate | verify`: the library from the command line."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    options = _parser().parse_args(arguments)
    from knowledge.errors import KnowledgeError

    try:
        if options.command == "verify":
            from knowledge.generation import verify

            verify(options.folder, options.data)
            return 0
        if options.command == "search":
            from knowledge.search_command import search

            return search(options)
        from knowledge.evaluate import evaluate_command

        return evaluate_command(options)
    except KnowledgeError as error:
        print(error, file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m knowledge", description="Pustaka KotaCerdas.")
    commands = parser.add_subparsers(dest="command", required=True)
    search = commands.add_parser("search", help="cari bagian yang menjawab pertanyaan")
    search.add_argument("question", nargs="?", help="tanpa pertanyaan: baris JSON dari masukan baku")
    search.add_argument("--top", type=int, default=5, metavar="K", help="jumlah hasil (bawaan 5)")
    evaluate = commands.add_parser("evaluate", help="ukur pencarian pada berkas pertanyaan")
    evaluate.add_argument("file", nargs="?", type=Path, help="JSON Lines (bawaan: pertanyaan di tests/)")
    evaluate.add_argument(
        "--model",
        action="append",
        metavar="MODEL",
        help="model obrolan untuk dibandingkan; boleh diulang",
    )
    verify = commands.add_parser("verify", help="periksa satu generasi (dipakai oleh ingest)")
    verify.add_argument("folder", type=Path)
    for command in (search, evaluate):
        command.add_argument("--json", action="store_true", help="keluaran untuk mesin")
        command.add_argument("--config", type=Path, metavar="FILE", help="bawaan: config.toml")
    for command in (search, evaluate, verify):
        command.add_argument("--data", type=Path, metavar="DIR", help="folder data (mengganti data.dir)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
