"""The model of the copy of backup and restore."""

from __future__ import annotations

from bot.texts import Copy


class BackupTexts(Copy):
    """What backup and restore say."""

    name = "backup"

    made: str
    made_without_database: str
    made_with_database: str
    database_beside: str
    restored: str
    old_kept: str
    next_step: str
    no_file: str
    unreadable: str
    no_manifest: str
    too_new: str
    changed: str
    incomplete: str
    database_broken: str
    exists: str
    not_written: str
    not_swapped: str
