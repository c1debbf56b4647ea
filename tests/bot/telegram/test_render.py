"""Drafts and sources as Telegram's HTML: whole paragraphs, closed tags, nothing longer than Telegram takes."""

from __future__ import annotations

import re

import pytest

from bot.conversation.draft import Citation, Draft, Point
from bot.telegram import render
from bot.texts import copy_of
from bot.texts.telegram import TelegramTexts
from tests.bot_api_html import parse_html, utf16

COPY = copy_of(TelegramTexts, "id")
LONGEST = 4096
ARTICLE = "Kota Cerdas diselenggarakan dengan memperhatikan <kebutuhan> warga & kemampuan keuangan daerah. "


def citation(n: int = 1, quote: str = "Enam aspek kota cerdas", **changes: str) -> Citation:
    parts = {"title": "PP 59/2022 tentang Perkotaan", "locator": "Pasal 61", "status": "berlaku"} | changes
    return Citation(n, "pp-59-2022.md", parts["title"], parts["locator"], quote, parts["status"], "pp-59-2022", "g#1")


def draft(*points: Point, lead: str = "Ada enam aspek.", citations: tuple[Citation, ...] = (citation(),)) -> Draft:
    return Draft("answer", "id", Point(lead, (1,)), points, citations, next_step="Langkah berikut: periksa JDIH.")


def read(pieces: list[str]) -> list[str]:
    """What a person reads; fails where Telegram would refuse."""
    return [parse_html(piece)[0] for piece in pieces]


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def test_an_answer_reads_as_marks_points_sources_and_one_next_step() -> None:
    items = (Point("tata kelola birokrasi", (1,), is_item=True), Point("mobilitas", (1,), is_item=True))
    (text,) = read(render.messages(render.answer(draft(*items))))
    assert text == (
        "Ada enam aspek. [1]\n\n• tata kelola birokrasi\n• mobilitas\n\n"
        "Sumber\n[1] PP 59/2022 tentang Perkotaan, Pasal 61 (berlaku)\n\nLangkah berikut: periksa JDIH."
    )


def test_a_note_comes_before_the_answer_and_a_warning_before_the_sources() -> None:
    warned = Draft(
        "answer", "id", Point("Sudah diganti.", (1,)), citations=(citation(),), warnings=("PP 34/2009 dicabut.",)
    )
    (text,) = read(render.messages(render.answer(warned, ["Baik, kami catat: Diskominfo."])))
    order = ["Baik, kami catat", "Sudah diganti", "⚠️ Perhatian: PP 34/2009 dicabut.", "Sumber"]
    assert [text.index(part) for part in order] == sorted(text.index(part) for part in order)


def test_a_title_that_tells_the_status_does_not_say_it_twice() -> None:
    repealed = citation(title="PP 34/2009 tentang Kawasan Perkotaan (dicabut)", status="dicabut")
    (text,) = read(render.messages(render.answer(draft(citations=(repealed,)))))
    assert "[1] PP 34/2009 tentang Kawasan Perkotaan, Pasal 61 (dicabut)" in text


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", "5 < 6 & 7 > 2", "<b>tebal", "</b>", "&lt;", "😀" * 30, "\u202eterbalik"]
)
def test_shows_hostile_text_as_it_stands(hostile: str) -> None:
    whole = draft(Point(hostile, ()), lead=hostile, citations=(citation(title=hostile, locator=hostile),))
    (text,) = read(render.messages(render.answer(whole, [hostile])))
    assert text.count(hostile) == 5
    assert read(render.messages(render.source(citation(quote=hostile), f"x {hostile} y", COPY)))


@pytest.mark.parametrize("length", [4000, 4096, 9000, 30000])
@pytest.mark.parametrize("unit", [ARTICLE, "😀 & < ", "tanpaspasi", "baris\n"])
def test_a_long_answer_is_cut_into_messages_that_telegram_takes(unit: str, length: int) -> None:
    lead = (unit * length)[:length].strip()
    pieces = render.messages(render.answer(draft(lead=lead)))
    texts = read(pieces)
    assert all(utf16(text) <= LONGEST for text in texts)
    assert squeezed("".join(texts)).startswith(squeezed(lead))


def test_paragraphs_are_not_torn_apart() -> None:
    paragraphs = [f"Paragraf {number}. {ARTICLE * 8}".strip() for number in range(12)]
    points = tuple(Point(text, (number,)) for number, text in enumerate(paragraphs, 2))
    texts = read(render.messages(render.answer(draft(*points))))
    assert len(texts) > 2
    lines = [line for text in texts for line in text.split("\n\n")]
    assert [line for line in lines if line.startswith("Paragraf")] == [
        f"{text} [{number}]" for number, text in enumerate(paragraphs, 2)
    ]


def test_a_list_longer_than_a_message_is_cut_between_its_items() -> None:
    items = [f"butir {number}: {ARTICLE}".strip() for number in range(90)]
    texts = read(render.messages(render.answer(draft(*(Point(text, (1,), is_item=True) for text in items)))))
    assert all(utf16(text) <= LONGEST for text in texts)
    assert [line.removeprefix("• ") for text in texts for line in text.split("\n") if "butir" in line] == items


def test_a_quote_stands_bold_inside_its_section() -> None:
    section = "(1) Kota Cerdas & warga.\n(2) Enam aspek kota cerdas <meliputi> mobilitas.\n(3) Cukup."
    (piece,) = render.messages(render.source(citation(), section, COPY))
    text, entities = parse_html(piece)
    assert squeezed(section) in squeezed(text)
    bold = [text[e["offset"] : e["offset"] + e["length"]] for e in entities if e["type"] == "bold"]
    assert bold == ["Kutipan sumber [1]", "Enam aspek kota cerdas"]


def test_of_a_long_section_what_stands_near_the_quote_is_shown() -> None:
    section = f"{ARTICLE * 40}Enam aspek kota cerdas. {ARTICLE * 40}"
    (piece,) = render.messages(render.source(citation(), section, COPY))
    before, _, after = parse_html(piece)[0].partition("Enam aspek")
    assert "… " in before
    assert after.endswith(" …")


def test_a_quote_whose_section_reads_otherwise_is_shown_alone() -> None:
    (text,) = read(render.messages(render.source(citation(), "Naskah lain.", COPY)))
    assert "Enam aspek" in text
    assert "Naskah lain" not in text


def test_a_neighbouring_section_of_any_length_is_shown_whole() -> None:
    texts = read(render.messages(render.section("PP 59/2022", "Pasal 60", ARTICLE * 120)))
    assert len(texts) > 2
    assert squeezed("".join(texts)) == squeezed("PP 59/2022, Pasal 60" + ARTICLE * 120)


def test_empty_blocks_make_no_message() -> None:
    assert render.messages(["", "satu", "", "dua"]) == ["satu\n\ndua"]
