"""What a failed ingest leaves for the bot that watches the library."""

from __future__ import annotations

from pathlib import Path

import pytest

import ingest
from knowledge.generation import ingest_lock
from knowledge.last_run import FILE, failure, remember


def test_a_run_without_documents_is_a_failure_until_one_succeeds(empty_data: Path, tmp_path: Path) -> None:
    nothing = tmp_path / "kosong"
    nothing.mkdir()
    assert failure(empty_data) is None
    assert ingest.main(["--only", str(nothing), "--data", str(empty_data)]) == ingest.NOTHING
    assert failure(empty_data) == "tidak ada dokumen yang dapat dimasukkan."
    (nothing / "a.md").write_text("# Panduan\n\nSatu kalimat tentang kota cerdas di daerah.\n", encoding="utf-8")
    assert ingest.main(["--only", str(nothing), "--data", str(empty_data), "--dry-run"]) == ingest.SWITCHED
    assert failure(empty_data)
    assert ingest.main(["--only", str(nothing), "--data", str(empty_data)]) == ingest.SWITCHED
    assert failure(empty_data) is None


def test_a_second_ingest_at_the_same_time_is_no_failure_of_the_library(empty_data: Path) -> None:
    with ingest_lock(empty_data):
        assert ingest.main(["--data", str(empty_data)]) == ingest.NOTHING
    assert failure(empty_data) is None


def test_an_error_in_the_middle_leaves_its_words(empty_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("knowledge.library.plan", broken)
    assert ingest.main(["--data", str(empty_data)]) == ingest.NOTHING
    assert failure(empty_data) == "[Errno 28] No space left on device"


@pytest.mark.parametrize("content", ["", "{", "[]", "7", "null", '{"at": "kemarin"}', '{"failed": ""}'])
def test_a_damaged_note_is_no_failure(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content, encoding="utf-8")
    assert failure(tmp_path) is None


def test_a_folder_that_cannot_be_written_does_not_hide_the_first_error(tmp_path: Path) -> None:
    (tmp_path / "berkas").write_text("", encoding="utf-8")
    remember(tmp_path / "berkas", "penuh")
