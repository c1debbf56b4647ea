"""The files of admins on their way: staged, on the shelf (a root of the library), in the trash.

Every step is a rename within the data directory and can be done twice, so that a job that was killed
is simply done again; `undo` brings everything back.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from knowledge import curation
from knowledge.curation import Decisions
from knowledge.regional import without_region
from knowledge.sources import sidecar

STAGING, TRASH = "staging", "trash"
DAY = 24 * 3600


@dataclass(frozen=True)
class Move:
    """One file that goes onto the shelf: from `staged` to `target`; `old` is the file whose place it
    takes, which waits in the trash folder `bin` meanwhile. All are paths within the data directory."""

    staged: str
    target: str
    old: str | None
    bin: str


@dataclass(frozen=True)
class Shelf:
    """The folders of one data directory."""

    data: Path

    @property
    def staging(self) -> Path:
        """Where files wait for a decision."""
        return self.data / STAGING

    @property
    def folder(self) -> Path:
        """Where the files of the library lie that admins sent."""
        return curation.folder_of(self.data)

    def plan(self, staged: str, target: str, replaces: str | None, token: str, taken: Iterable[str] = ()) -> Move:
        """How a staged file gets onto the shelf. A name that another document has is numbered."""
        folder = f"{curation.FOLDER}/"
        old = str(Path(replaces).relative_to(self.data)) if replaces else None
        stem, dot, suffix = target.rpartition(".")
        n, name = 1, folder + target
        while name in set(taken) or (name != old and (self.data / name).exists()):
            n += 1
            name = f"{folder}{stem}-{n}{dot}{suffix}"
        return Move(f"{STAGING}/{staged}", name, old, f"{TRASH}/{token}")

    def take_in(self, moves: Sequence[Move]) -> list[str]:
        """Move staged files onto the shelf, what they replace into the trash; returns the staged files
        that are gone."""
        self.folder.mkdir(parents=True, exist_ok=True)
        gone = []
        for move in moves:
            staged, target = self.data / move.staged, self.data / move.target
            if not staged.exists():
                gone += [] if target.exists() else [move.staged]
                continue
            if move.old:
                self._move(self.data / move.old, self.data / move.bin / Path(move.old).name)
            self._move(staged, target)
        return gone

    def take_back(self, moves: Sequence[Move]) -> None:
        """Undo `take_in`."""
        for move in moves:
            staged, target = self.data / move.staged, self.data / move.target
            if not (target.exists() and staged.exists()):
                self._move_home(target, staged)
            if move.old:
                self._move_home(self.data / move.bin / Path(move.old).name, self.data / move.old)

    def throw_away(self, key: str, token: str) -> bool:
        """Move a document into the trash folder of `token`; False when it is on neither side."""
        place = self.data / TRASH / token / Path(key).name
        self._move(Path(key), place)
        return place.exists()

    def bring_back(self, key: str, token: str) -> bool:
        """Undo `throw_away`; False when the trash was emptied, or another file has the name now."""
        place = self.data / TRASH / token / Path(key).name
        if place.exists() and Path(key).exists():
            return False
        self._move_home(place, Path(key))
        return Path(key).exists()

    def forget(self, staged: Iterable[str]) -> None:
        """Delete staged files that nobody wants."""
        for name in staged:
            path = self.staging / name
            for one in (path, sidecar(path)):
                one.unlink(missing_ok=True)
            shutil.rmtree(path.with_suffix(".isi"), ignore_errors=True)

    def empty_trash(self, days: int) -> int:
        """Delete what was thrown away more than `days` ago; returns how many deletions that were."""
        folder = self.data / TRASH
        old = [p for p in folder.glob("*") if p.is_dir() and time.time() - p.stat().st_mtime > days * DAY]
        for path in old:
            shutil.rmtree(path, ignore_errors=True)
        return len(old)

    def _move_home(self, source: Path, home: Path) -> None:
        """Undo a move, also one of which only the notes had gone."""
        self._move(source, home)
        if home.exists() and not source.exists() and sidecar(source).exists() and not sidecar(home).exists():
            sidecar(source).replace(sidecar(home))

    def _move(self, source: Path, target: Path) -> None:
        """Rename a file with the notes beside it. The file goes last: as long as it is here, the move
        is not done."""
        if not source.exists():
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        if sidecar(source).exists():
            sidecar(source).replace(sidecar(target))
        source.replace(target)


def repeal(data: Path, identifier: str, by: str | None) -> None:
    """Mark a rule as repealed, from the next ingest on."""
    # What was said of all regions' rules of this number is said anew of one.
    earlier = without_region(identifier)

    def marked(before: curation.Decisions) -> curation.Decisions:
        others = {code: by for code, by in before.repealed.items() if code != earlier}
        return replace(before, repealed=others | {identifier: by})

    curation.decide(data, marked)


def unrepeal(data: Path, identifier: str) -> None:
    """Take the mark back."""

    def without(before: Decisions) -> Decisions:
        return replace(before, repealed={code: by for code, by in before.repealed.items() if code != identifier})

    curation.decide(data, without)


def leave_out(data: Path, key: str) -> None:
    """Leave a document out that lies in a folder which is not ours."""
    name = curation.named(Path(key))
    curation.decide(data, lambda before: replace(before, left_out=tuple(dict.fromkeys((*before.left_out, name)))))


def let_in(data: Path, key: str) -> None:
    """Undo `leave_out`."""
    name = curation.named(Path(key))
    curation.decide(data, lambda before: replace(before, left_out=tuple(n for n in before.left_out if n != name)))


def decide_on_sentence(data: Path, words: str, *, release: bool) -> None:
    """Let a quarantined sentence in from the next ingest on, or note that it stays out."""
    curation.decide(data, lambda before: before.on_sentence(words, release=release))


def sentences_kept_out(data: Path) -> tuple[str, ...]:
    """The quarantined sentences of which an admin said that they stay out."""
    return curation.read_decisions(data).kept_out


def as_json(moves: Iterable[Move]) -> list[dict[str, Any]]:
    """For the database."""
    return [asdict(move) for move in moves]


def from_json(values: Iterable[dict[str, Any]]) -> list[Move]:
    """Moves from the database."""
    return [Move(**value) for value in values]
