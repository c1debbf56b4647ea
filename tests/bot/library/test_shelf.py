"""Files on their way: a job that was killed at any step is done again or undone, and nothing is lost."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from bot.library import shelf
from bot.library.shelf import Move, Shelf
from knowledge import curation
from knowledge.sources import sidecar


@pytest.fixture
def place(tmp_path: Path) -> Shelf:
    """A shelf with an old edition on it and a new one, with notes, in the staging folder."""
    made = Shelf(tmp_path)
    made.staging.mkdir()
    made.folder.mkdir()
    (made.folder / "taman.md").write_text("lama")
    curation.write_notes(made.folder / "taman.md", curation.Notes(title="Taman lama"))
    (made.staging / "acak.md").write_text("baru")
    curation.write_notes(made.staging / "acak.md", curation.Notes(title="Taman baru"))
    return made


def contents(data: Path) -> dict[str, str]:
    return {str(p.relative_to(data)): p.read_text() for p in sorted(data.rglob("*")) if p.is_file()}


def moves(place: Shelf) -> list[Move]:
    return [place.plan("acak.md", "taman.md", str(place.folder / "taman.md"), "t1")]


def test_taking_in_and_back_leaves_everything_as_it_was(place: Shelf) -> None:
    before = contents(place.data)
    plan = moves(place)
    assert place.take_in(plan) == []
    assert (place.folder / "taman.md").read_text() == "baru"
    assert "Taman baru" in sidecar(place.folder / "taman.md").read_text()
    assert (place.data / "trash" / "t1" / "taman.md").read_text() == "lama"
    place.take_back(plan)
    assert contents(place.data) == before


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize(("first", "then"), [*itertools.product(range(5), ["again", "back"])])
def test_killed_between_any_two_steps(place: Shelf, monkeypatch: pytest.MonkeyPatch, first: int, then: str) -> None:
    plan, before = moves(place), contents(place.data)
    replace, left = Path.replace, itertools.count()

    def dies(self: Path, target: Path) -> Path:
        if next(left) == first:
            raise Killed
        return replace(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", dies)
        with suppress(Killed):
            place.take_in(plan)
    assert sorted(contents(place.data).values()) == sorted(before.values())
    if then == "again":
        assert place.take_in(plan) == []
        assert (place.folder / "taman.md").read_text() == "baru"
        assert "Taman baru" in sidecar(place.folder / "taman.md").read_text()
    place.take_back(plan)
    assert contents(place.data) == before


def test_another_document_of_that_name_is_not_overwritten(place: Shelf) -> None:
    move = place.plan("acak.md", "taman.md", None, "t1")
    assert move.target == "library/taman-2.md"
    assert place.plan("lain.md", "taman.md", None, "t1", [move.target]).target == "library/taman-3.md"
    place.take_in([move])
    assert (place.folder / "taman.md").read_text() == "lama"


def test_a_staged_file_that_is_gone_is_named(place: Shelf) -> None:
    (place.staging / "acak.md").unlink()
    assert place.take_in([place.plan("acak.md", "kolam.md", None, "t1")]) == ["staging/acak.md"]


def test_the_trash_gives_back_and_never_overwrites(place: Shelf) -> None:
    key = str(place.folder / "taman.md")
    assert place.throw_away(key, "t2")
    assert place.throw_away(key, "t2"), "done again after a crash"
    Path(key).write_text("yang lain")
    assert not place.bring_back(key, "t2")
    assert Path(key).read_text() == "yang lain"
    Path(key).unlink()
    assert place.bring_back(key, "t2")
    assert "Taman lama" in sidecar(Path(key)).read_text()


def test_the_trash_is_emptied_after_its_days(place: Shelf) -> None:
    place.throw_away(str(place.folder / "taman.md"), "t2")
    assert place.empty_trash(30) == 0
    old = time.time() - 31 * shelf.DAY
    os.utime(place.data / "trash" / "t2", (old, old))
    assert place.empty_trash(30) == 1
    assert not place.bring_back(str(place.folder / "taman.md"), "t2")


@pytest.mark.parametrize(
    ("do", "undo"),
    [
        (lambda data: shelf.repeal(data, "pp-1-2000", "pp-2-2010"), lambda data: shelf.unrepeal(data, "pp-1-2000")),
        (lambda data: shelf.leave_out(data, "/x/a.md"), lambda data: shelf.let_in(data, "/x/a.md")),
    ],
)
def test_decisions_can_be_made_twice_and_undone(
    tmp_path: Path, do: Callable[[Path], None], undo: Callable[[Path], None]
) -> None:
    do(tmp_path)
    once = curation.read_decisions(tmp_path)
    do(tmp_path)
    assert curation.read_decisions(tmp_path) == once != curation.Decisions()
    undo(tmp_path)
    undo(tmp_path)
    assert curation.read_decisions(tmp_path) == curation.Decisions()
