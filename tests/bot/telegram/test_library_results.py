"""What a process of the library answered, in words; no process runs here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.database.library_tables import LibraryJob, Upload
from bot.library.processes import Result
from bot.telegram import library_cards as cards
from bot.telegram import library_results as results
from bot.telegram.library_results import Ended
from bot.telegram.uploads import codes, read_notes
from bot.texts import copy_of
from bot.texts.library import LibraryTexts
from knowledge.errors import DocumentError

COPY = copy_of(LibraryTexts, "id")
REFUSED = "3 dari 40 pertanyaan uji tidak lagi terjawab. Periksa, lalu ulangi dengan --force bila memang dikehendaki."


def summary(*reasons: str) -> dict[str, Any]:
    counts = dict.fromkeys(("added", "changed", "removed", "unchanged", "chunks", "embedded", "reused"), 0)
    problems = [{"path": "", "page": None, "reason": reason} for reason in reasons]
    return {"generation": None, **counts, "seconds": 0.0, "problems": problems}


def examined(n: int, **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    one = results.refused(f"acak{n}.md", f"berkas {n}.md", "")
    return one | {"refusal": None, "title": f"Dokumen <{n}>", "target": f"dokumen-{n}.md", "kind": "dokumen"} | changes


def test_what_the_gate_refuses_can_be_forced_and_nothing_else() -> None:
    stopped = summary(REFUSED) | {"refused_by": "gate"}
    refused = Ended(False, results.why(Result(2, stopped, ""), COPY), stopped)
    assert refused.by_gate
    assert refused.kept()["by_gate"]
    assert not Ended(False, "x", summary("Ingest lain sedang berjalan")).by_gate
    assert not Ended(True, "x", summary(REFUSED)).by_gate
    upload = Upload(id="u1", person_name="Siti", examined=[examined(1)], files=[], note=None)
    forced = str(cards.upload_card(upload, COPY, 30, force=True))
    assert "lu:u1:paksa" in forced
    assert "lu:u1:paksa" not in str(cards.upload_card(upload, COPY, 30))


def test_a_process_that_died_is_told_with_its_last_word() -> None:
    told = results.why(Result(-9, None, "Traceback\nMemoryError: habis"), COPY)
    assert "kode -9" in told
    assert "MemoryError: habis" in told


def test_an_evaluation_names_the_questions_that_are_not_right() -> None:
    wrong = [{"question": f"apa <itu> {n}?", "kind": "handover (bukan answer)"} for n in range(20)]
    value = {
        "questions": 40, "recall_at_5": 0.956, "kinds_right": 1.0, "facts_found": 0.919, "quotes_verbatim": 1.0,
        "wrong": wrong,
    }  # fmt: skip
    text = results.evaluation(value, COPY)
    assert "40 pertanyaan" in text
    assert "96 %" in text
    assert "(20)" in text
    assert text.count("apa &lt;itu&gt;") == results.WORSE_SHOWN


def test_a_card_of_many_files_fits_into_one_message() -> None:
    many = [examined(n, title="Peraturan yang panjang sekali judulnya " * 6) for n in range(60)]
    bad = [results.refused("x", f"rusak {n}.pdf", "berkas rusak " * 10) for n in range(40)]
    upload = Upload(id="u" * 12, person_name="Siti", examined=many + bad, files=[], note=None)
    card = cards.upload_card(upload, COPY, 30)
    assert len(card["text"]) < 4096
    assert "60 berkas dapat dimasukkan, 40 ditolak" in card["text"]
    rows = card["reply_markup"]["inline_keyboard"]
    assert all(len(button["callback_data"].encode()) <= 64 for row in rows for button in row)


def test_a_file_that_did_not_come_in_is_found_by_its_place(tmp_path: Path) -> None:
    move = {"staged": "staging/acak.md", "target": "library/taman.md", "old": None, "bin": "trash/t"}
    job = LibraryJob(kind="upload", what={"moves": [move]})
    key = str(tmp_path / "library" / "taman.md")
    value = {"problems": [{"path": key, "page": None, "reason": "id 'taman' sudah dipakai"}]}
    [(_, reason)] = results.missing(job, value, None, tmp_path)
    assert reason == "id 'taman' sudah dipakai"


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("Judul: Panduan Taman", "title", "Panduan Taman"),
        (
            "status: DICABUT\ndicabut oleh: PP 59/2022, perpres-95-2018",
            "repealed_by",
            ("pp-59-2022", "perpres-95-2018"),
        ),
        ("mencabut: Peraturan Pemerintah Nomor 34 Tahun 2009", "repeals", ("pp-34-2009",)),
        ("title: x: y z", "title", "x: y z"),
    ],
)
def test_notes_are_read_as_an_admin_writes_them(text: str, key: str, value: object) -> None:
    assert getattr(read_notes(text, None), key) == value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "belum ada yang ditulis"),
        ("Panduan Taman", "tidak dimulai"),
        ("warna: biru", "tidak dimulai"),
        ("status: entah", "status"),
        ("berlaku: kemarin", "in_force_from"),
    ],
)
def test_notes_that_say_nothing_are_refused(text: str, reason: str) -> None:
    with pytest.raises(DocumentError, match=reason):
        read_notes(text, None)


def test_codes_are_found_however_they_are_written() -> None:
    assert codes("UU 23/2014; pp-59-2022 dan Perpres No. 95 Tahun 2018") == (
        "uu-23-2014",
        "perpres-95-2018",
        "pp-59-2022",
    )
    assert codes("tidak ada") == ()


def test_words_of_a_search_fit_into_a_button() -> None:
    words = cards.words_of(["perencanaan:", "pembangunan", "é" * 60])
    assert ":" not in words
    assert len(f"lp:999999:{words}".encode()) <= 64
