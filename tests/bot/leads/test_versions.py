"""What makes an approved draft stale, what an edit changed, and which sources a text uses."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.conversation.draft import Citation, Draft, Kind, Point, without_source
from bot.leads.versions import (
    EDIT_REASONS,
    Approval,
    CurrentSource,
    Version,
    as_text,
    complaint,
    difference,
    marks,
    stale,
    stale_text,
    text_of,
    told_version,
    used_citations,
)
from bot.texts import Language, copy_of
from bot.texts.leads import LeadTexts

ID = copy_of(LeadTexts, "id")
NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
RULE = Citation(
    n=1,
    source="permenpanrb-59-2020.md",
    title="PermenPANRB 59/2020 tentang Pemantauan dan Evaluasi SPBE",
    locator="Pasal 4",
    quote="Indeks SPBE terdiri atas\n47 indikator.",
    status="berlaku",
    document="/pustaka/permenpanrb-59-2020.md",
    group="permenpanrb-59-2020#4",
)
GUIDE = replace(RULE, n=2, title="Panduan Quick Win", quote="Pilih satu layanan.", document="/pustaka/quick-win.md")
VERSION = Version(2, 812, "edit", "Ada 47 indikator [1]. Pilih satu layanan [2].", (RULE, GUIDE), "g1", NOW, "gaya")
APPROVAL = Approval(version=2, by=812, at=NOW, seen_message=100)
CURRENT = (
    CurrentSource(RULE.document, "berlaku", ("Pasal 4. Indeks SPBE terdiri atas 47 indikator.", "Pasal 5.")),
    CurrentSource(GUIDE.document, "berlaku", ("Pilih satu", "layanan. Mulai kecil.")),
)


def test_an_approval_holds_while_nothing_has_changed() -> None:
    assert stale(APPROVAL, VERSION, 100, CURRENT) == ()
    assert stale_text((), ID) == ""


def test_a_new_message_of_the_official_makes_it_stale() -> None:
    reasons = stale(APPROVAL, VERSION, 101, CURRENT)
    assert stale_text(reasons, ID) == "Draf usang: pejabat menulis pesan baru sesudah persetujuan."


def test_a_newer_version_makes_it_stale() -> None:
    reasons = stale(APPROVAL, replace(VERSION, number=3), 100, CURRENT)
    assert stale_text(reasons, ID) == "Draf usang: sudah ada versi 3, yang disetujui versi 2."


def test_a_source_that_was_repealed_makes_it_stale() -> None:
    repealed = (replace(CURRENT[0], status="dicabut"), CURRENT[1])
    assert stale_text(stale(APPROVAL, VERSION, 100, repealed), ID) == (
        "Draf usang: sumber [1] PermenPANRB 59/2020 tentang Pemantauan dan Evaluasi SPBE berubah dari berlaku menjadi dicabut."
    )


def test_a_quote_that_is_gone_or_a_source_that_left_makes_it_stale() -> None:
    rewritten = (replace(CURRENT[0], texts=("Indeks SPBE terdiri atas 35 indikator.",)),)
    reasons = stale(APPROVAL, VERSION, 100, rewritten)
    assert [(reason.kind, reason.n) for reason in reasons] == [("quote_gone", 1), ("source_gone", 2)]


def test_all_that_changed_is_named_at_once() -> None:
    changed = (replace(CURRENT[0], status="dicabut", texts=()), CURRENT[1])
    kinds = [reason.kind for reason in stale(APPROVAL, replace(VERSION, number=5), 200, changed)]
    assert kinds == ["official_wrote", "newer_version", "source_status", "quote_gone"]


def test_a_source_that_the_text_no_longer_uses_does_not_count() -> None:
    edited = replace(VERSION, text="Pilih satu layanan [2].")
    assert used_citations(edited) == (GUIDE,)
    assert stale(APPROVAL, edited, 100, CURRENT[1:]) == ()


@pytest.mark.parametrize(
    ("text", "used", "unknown"),
    [
        ("Ada dua [1][2].", (1, 2), ()),
        ("Ada dua [1, 2] dan [ 2 ].", (1, 2), ()),
        ("Ada [1-2].", (1, 2), ()),
        ("Ada [1–3].", (1, 2), (3,)),
        ("Ada [3], [9] dan [1].", (1,), (3, 9)),
        ("Tahun [2027], [a], [] dan (1).", (), ()),
        ("", (), ()),
    ],
)
def test_finds_the_marks_of_a_text(text: str, used: tuple[int, ...], unknown: tuple[int, ...]) -> None:
    found = marks(text, VERSION.citations)
    assert (found.used, found.unknown) == (used, unknown)


def test_an_edit_with_a_mark_of_no_source_is_sent_back() -> None:
    assert complaint(VERSION.text, VERSION.citations, ID) == ""
    assert complaint("  \n", VERSION.citations, ID) == ID.edit_empty
    told = complaint("Lihat [3] dan [7].", VERSION.citations, ID)
    assert told.startswith("Tanda [3], [7] tidak menunjuk ke sumber mana pun; sumber draf ini hanya [1], [2].")
    assert "belum memiliki sumber" in complaint("Lihat [1].", (), ID)


def test_a_difference_shows_words_and_gives_both_texts_back() -> None:
    before = "Dewan Smart City bertugas menyusun rencana induk.\nRapatnya empat kali setahun [1]."
    after = "Dewan Kota Cerdas bertugas menyusun rencana induk.\nRapatnya dua kali setahun [1], di Bappeda."
    pieces = difference(before, after)
    assert as_text(pieces) == (
        "Dewan [-Smart City-] {+Kota Cerdas+} bertugas menyusun rencana induk.\n"
        "Rapatnya [-empat-] {+dua+} kali setahun [1]{+, di Bappeda+}."
    )
    assert "".join(piece.text for piece in pieces if piece.kind != "added") == before
    assert "".join(piece.text for piece in pieces if piece.kind != "removed") == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", ""),
        ("", "Baru."),
        ("Lama.", ""),
        ("a  b\n\nc", "a b\nc"),
        ("<b>&amp;", "<i>&"),
        ("😀 dua", "dua 😀"),
        ("x " * 2000, "y x " * 2000),
    ],
)
def test_any_two_texts_have_a_difference_that_restores_them(before: str, after: str) -> None:
    pieces = difference(before, after)
    assert "".join(piece.text for piece in pieces if piece.kind != "added") == before
    assert "".join(piece.text for piece in pieces if piece.kind != "removed") == after


def test_a_draft_becomes_a_text_to_edit_with_its_marks_warnings_and_next_step() -> None:
    draft = Draft(
        kind="answer",
        language="id",
        lead=Point("Langkahnya:", (2,)),
        points=(Point("pilih satu layanan", (2,), is_item=True), Point("Indikatornya 47.", (1,))),
        citations=(RULE, GUIDE),
        warnings=("PermenPANRB 59/2020 sudah dicabut.",),
        next_step="Langkah berikut: periksa JDIH.",
    )
    assert text_of(draft) == (
        "Langkahnya [2]:\n- pilih satu layanan\nIndikatornya 47. [1]\n\n"
        "PermenPANRB 59/2020 sudah dicabut.\n\nLangkah berikut: periksa JDIH."
    )
    assert marks(text_of(draft), draft.citations).used == (1, 2)


@pytest.mark.parametrize("kind", ["clarify", "handover", "refuse", "smalltalk"])
def test_a_draft_that_answers_nothing_is_no_text_to_approve(kind: Kind) -> None:
    assert text_of(without_source(kind, "id", "Kami teruskan kepada konsultan.", "Berapa biayanya?")) == ""


def test_a_version_reads_as_a_line_of_history() -> None:
    assert told_version(VERSION, "Rina", ID) == "Versi 2: ubahan oleh Rina (Gaya bahasa)"
    assert told_version(replace(VERSION, number=1, kind="assistant", reason=""), "", ID) == "Versi 1: draf asisten"


@pytest.mark.parametrize("language", ["id", "en"])
def test_every_reason_of_an_edit_has_a_label(language: Language) -> None:
    assert tuple(copy_of(LeadTexts, language).edit_reasons) == EDIT_REASONS
