"""`python -m bot [run | chat | ask | doctor | backup | restore]`: the assistant and its upkeep."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.config import Config


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    options = _parser().parse_args(arguments)
    from bot.config import Config
    from bot.errors import StartError, StopError
    from knowledge.errors import KnowledgeError

    try:
        if options.command == "doctor":
            from bot.doctor.command import doctor

            return doctor(options.config, options.data, as_json=options.json)
        return _run(options, Config.load(options.config, options.data))
    except (KnowledgeError, StartError) as error:
        print(error, file=sys.stderr)
        return 2
    except StopError as error:
        print(error, file=sys.stderr)
        return 1


def _run(options: argparse.Namespace, config: Config) -> int:
    """Each command imports what it needs itself: --help answers at once."""
    match options.command:
        case "backup":
            from bot.backup import backup_command

            return backup_command(config, options)
        case "restore":
            from bot.backup import restore_command

            return restore_command(config, options)
        case "ask":
            from bot.ask_command import ask

            return ask(config, options.question, as_json=options.json)
        case "run":
            from bot.app import run

            run(config, options.config)
            return 0
        case _:
            return _chat(config)


def _chat(config: Config) -> int:
    from bot.conversation.converse import Conversation
    from bot.terminal import chat

    conversation = Conversation(config)
    chat(conversation.ask, conversation.library)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot", description="KotaCerdas, asisten kota cerdas.")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="menjalankan bot Telegram (TELEGRAM_BOT_TOKEN)")
    chat = commands.add_parser("chat", help="bercakap di terminal")
    ask = commands.add_parser("ask", help="menjawab satu pertanyaan, atau baris JSON dari masukan baku")
    ask.add_argument("question", nargs="?", help="pertanyaan")
    ask.add_argument("--json", action="store_true", help="keluaran untuk mesin")
    doctor = commands.add_parser("doctor", help="memeriksa pemasangan; tiap masalah disertai penanganannya")
    doctor.add_argument("--json", action="store_true", help="keluaran untuk mesin")
    backup = commands.add_parser("backup", help="membuat cadangan dalam satu berkas; bot boleh berjalan")
    restore = commands.add_parser("restore", help="memulihkan cadangan; bot harus berhenti")
    for command in (backup, restore):
        command.add_argument("file", type=Path, metavar="FILE", help="berkas cadangan (.tar.gz)")
    for command in (run, chat, ask, doctor, backup, restore):
        command.add_argument("--config", type=Path, metavar="FILE", help="bawaan: config.toml")
        command.add_argument("--data", type=Path, metavar="DIR", help="folder data (mengganti data.dir)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
