"""`python -m bot doctor`: an installation in, findings with their remedies out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from bot.config import Config
from bot.database.connection import DATABASE_FILE
from bot.doctor import bot_api, database, library, machine, postgres
from bot.doctor.finding import Finding, note, ok, problem
from bot.texts import copy_of
from bot.texts.doctor import DoctorTexts
from knowledge.errors import KnowledgeError
from knowledge.settings import secret

SIGNS = {"ok": "✓", "note": "i", "problem": "✗"}


def doctor(config_file: Path | None, data_dir: Path | None, *, as_json: bool) -> int:
    """Print every finding; returns 1 when one of them is a problem, else 0."""
    copy = copy_of(DoctorTexts, "id")
    try:
        findings = [*examine(Config.load(config_file, data_dir))]
    except KnowledgeError as error:
        findings = [problem("config", "config_wrong", reason=error)]
    if as_json:
        print(json.dumps(as_record(findings, copy), ensure_ascii=False))
    else:
        for finding in findings:
            print(f"{SIGNS[finding.state]} {copy.names[finding.check]}: {finding.said(copy)}")
            if remedy := finding.remedy(copy):
                print(f"    → {remedy}")
        trouble = sum(finding.state == "problem" for finding in findings)
        print(copy.trouble.format(n=trouble) if trouble else copy.well)
    return int(any(finding.state == "problem" for finding in findings))


def examine(config: Config) -> Iterator[Finding]:
    """Every check of an installation, in the order in which one would mend it. Takes some seconds."""
    yield from _config(config)
    yield from machine.check(config.data.dir)
    token = secret("TELEGRAM_BOT_TOKEN")
    webhook_secret = secret("TELEGRAM_WEBHOOK_SECRET")
    yield from bot_api.check(config.telegram, token, webhook_secret)
    if config.database.url:
        yield from postgres.check(config.database.url)
    else:
        yield from database.check(config.data.dir / DATABASE_FILE)
    yield from library.check(config)


def as_record(findings: list[Finding], copy: DoctorTexts) -> dict[str, object]:
    """Findings for a script."""
    return {
        "ok": not any(finding.state == "problem" for finding in findings),
        "findings": [
            {"check": f.check, "state": f.state, "what": f.what, "said": f.said(copy), "remedy": f.remedy(copy)}
            for f in findings
        ],
    }


def _config(config: Config) -> Iterator[Finding]:
    missing = [folder for folder in config.library.folders if not folder.is_dir()]
    if missing:
        yield problem("config", "config_folder", folder=missing[0])
    if not config.telegram.admins:
        yield note("config", "config_no_admins")
    elif not config.telegram.admin_chat:
        yield note("config", "config_no_admin_chat")
    elif not missing:
        yield ok("config", "config_ok", data=config.data.dir)
