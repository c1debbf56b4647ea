"""Drafts made of a few hand-written passages: order, lists, citations, length and warnings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bot.conversation.converse import Conversation
from bot.conversation.draft import Citation, Draft, Point, extractive, warnings, without_source
from bot.conversation.understand import Question
from bot.texts import texts
from knowledge.chunk import Chunk, Document
from knowledge.found import Found
from knowledge.parse import SEAM
from knowledge.query import Query
from knowledge.rank import Passage

COPY = texts("id")
RULE = Document(
    key="/pustaka/perwali-7-2023.md",
    source="perwali-7-2023.md",
    id="perwali-7-2023",
    title="Perwali 7/2023 tentang Kota Cerdas",
    kind="regulasi",
    number="Perwali 7/2023",
    status="berlaku",
    repealed_by=(),
    amended_by=(),
    in_force_from="2023-05-02",
    confidence="A",
    curated=True,
    sha256="0",
)
GUIDE = replace(
    RULE, key="/pustaka/panduan.md", source="panduan.md", id="panduan", title="Panduan Quick Win", kind="panduan"
)
COUNCIL = "Perwali 7/2023 Pasal 3 memberi Dewan Kota Cerdas tiga tugas:\n\n- menyusun rencana induk\n- mengawal belanja\n- melapor kepada Wali Kota\n\nRapatnya empat kali setahun."
QUICK_WIN = (
    "Quick win adalah program yang hasilnya terasa dalam satu tahun.\n\nPilih satu layanan yang paling dikeluhkan."
)
CAMERAS = "Pusat kendali menyimpan rekaman kamera paling lama 30 hari. Rekaman perkara disimpan lebih lama."


def passage(text: str, document: Document = RULE, score: float = 1.0, article: str = "3") -> Passage:
    chunk = Chunk(
        id=f"{document.id}-{article}",
        document=document.key,
        group=f"{document.source}#{article}",
        path=(f"Pasal {article}",),
        locator=f"Pasal {article}",
        articles=(article,),
        page=None,
        mentions=(),
        questions=(),
        text=text,
    )
    return Passage(chunk, document, score, 0.9, 0.5)


def found(*passages: Passage, question: str = "apa tugas dewan kota cerdas", articles: tuple[str, ...] = ()) -> Found:
    query = Query(question, question, tuple(question.split()), (), (), (), (), articles, False, "id")
    vector = np.zeros(4, dtype=np.float32)
    return Found(query, vector, passages, dict.fromkeys(query.words, 1.0), query, vector)


def drafted(*passages: Passage, max_words: int = 180, articles: tuple[str, ...] = ()) -> Draft:
    return extractive(found(*passages, articles=articles), COPY, "id", max_words)


def test_opens_with_the_answer_and_gives_the_whole_list() -> None:
    draft = drafted(passage(COUNCIL))
    assert draft.kind == "answer"
    assert draft.answer.startswith(
        "Perwali 7/2023 Pasal 3 memberi Dewan Kota Cerdas tiga tugas [1]:\n"
        "- menyusun rencana induk\n- mengawal belanja\n- melapor kepada Wali Kota\n"
        "Rapatnya empat kali setahun. [1]"
    )


def test_ends_with_one_next_step() -> None:
    assert drafted(passage(COUNCIL)).answer.endswith("\n\n" + COPY.next_step_regulation)
    assert drafted(passage(QUICK_WIN, GUIDE)).answer.endswith("\n\n" + COPY.next_step_guidance)


def test_quotes_a_verbatim_slice_and_says_where_it_stands() -> None:
    (citation,) = drafted(passage(COUNCIL)).citations
    assert citation.quote in COUNCIL
    assert citation.quote == COUNCIL
    assert (citation.n, citation.source, citation.locator, citation.status) == (
        1,
        "perwali-7-2023.md",
        "Pasal 3",
        "berlaku",
    )


def test_does_not_quote_across_a_place_where_the_page_was_mended() -> None:
    text = f"Dewan menyusun rencana induk{SEAM}dan mengawal belanja teknologi seluruh perangkat daerah."
    (citation,) = drafted(passage(text)).citations
    assert SEAM not in citation.quote
    assert citation.quote == "dan mengawal belanja teknologi seluruh perangkat daerah."


def test_numbers_the_citations_in_the_order_of_the_answer() -> None:
    draft = drafted(passage(COUNCIL), passage(QUICK_WIN, GUIDE, 0.9), passage(CAMERAS, score=0.9, article="4"))
    assert [citation.n for citation in draft.citations] == [1, 2, 3]
    cited = [n for point in (draft.lead, *draft.points) for n in point.citations]
    assert cited == sorted(cited)
    assert set(cited) == {1, 2, 3}


def test_leaves_out_a_passage_that_scores_far_below_the_first() -> None:
    draft = drafted(passage(COUNCIL, score=1.0), passage(QUICK_WIN, GUIDE, score=0.3))
    assert [citation.source for citation in draft.citations] == ["perwali-7-2023.md"]


def test_leaves_out_a_passage_that_repeats_what_was_said() -> None:
    draft = drafted(passage(COUNCIL), passage(COUNCIL, GUIDE, 0.95))
    assert [citation.source for citation in draft.citations] == ["perwali-7-2023.md"]


def test_stays_within_the_length_but_keeps_the_first_list_whole() -> None:
    draft = drafted(passage(COUNCIL), passage(QUICK_WIN, GUIDE, 0.9), max_words=5)
    assert len(draft.citations) == 1
    assert "- melapor kepada Wali Kota" in draft.answer


def test_a_named_article_comes_alone_and_in_the_order_of_the_text() -> None:
    first, second = passage(CAMERAS, article="4"), passage(COUNCIL, article="4")
    early = replace(second, chunk=replace(second.chunk, group="perwali-7-2023.md#1"))
    draft = drafted(first, early, passage(QUICK_WIN, GUIDE, 0.99), articles=("4",))
    assert [citation.group for citation in draft.citations] == ["perwali-7-2023.md#1", "perwali-7-2023.md#4"]


def test_frames_the_bare_text_of_a_regulation_with_title_and_article() -> None:
    raw = replace(RULE, curated=False)
    draft = drafted(passage("Rapat Dewan Kota Cerdas berlangsung empat kali dalam satu tahun.", raw))
    assert draft.lead.text == (
        "Menurut Perwali 7/2023 tentang Kota Cerdas, Pasal 3: "
        "Rapat Dewan Kota Cerdas berlangsung empat kali dalam satu tahun."
    )


def test_picks_the_telling_sentence_of_a_long_regulation() -> None:
    filler = "Perangkat daerah menyampaikan laporan triwulan kepada bupati melalui sekretaris daerah setempat. " * 12
    text = filler + "Dewan Kota Cerdas bertugas:\na. menyusun rencana induk; dan\nb. mengawal belanja."
    draft = drafted(passage(text, replace(RULE, curated=False)))
    assert draft.lead.text.endswith("Dewan Kota Cerdas bertugas:")
    assert [point.text for point in draft.points] == ["a. menyusun rencana induk; dan", "b. mengawal belanja."]


TEAM = (
    "Pasal 77\n(1) Untuk keterpaduan tata kelola SPBE pemerintah daerah harus membentuk tim koordinasi SPBE.\n"
    "(2) Tim koordinasi SPBE terdiri atas:\na. pengarah;\nb. ketua;\nc. sekretaris; dan\nd. anggota.\n"
    "(3) Tim bekerja paling lama 5 (lima) tahun. (4) Rincian tugas diatur kepala daerah. "
)


@pytest.mark.parametrize(
    ("question", "begins"),
    [
        ("siapa saja anggota tim koordinasi spbe", "(2) Tim koordinasi SPBE terdiri atas:"),
        ("berapa lama tim koordinasi bekerja", "(3) Tim bekerja paling lama 5 (lima) tahun."),
        ("siapa membentuk tim koordinasi spbe pemerintah daerah", "(1) Untuk keterpaduan"),
    ],
)
def test_a_regulation_answers_with_the_ayat_that_is_asked_for(question: str, begins: str) -> None:
    """Its article begins with ayat (1), whatever is asked; the label stands in the frame once."""
    draft = extractive(found(passage(TEAM * 2, replace(RULE, curated=False)), question=question), COPY, "id", 180)
    frame, _, said = draft.lead.text.partition(": ")
    assert frame == "Menurut Perwali 7/2023 tentang Kota Cerdas, Pasal 3"
    assert said.startswith(begins)


def test_a_piece_of_an_article_does_not_begin_with_the_end_of_a_list() -> None:
    text = "g. biaya memperoleh informasi.\n(8) Dinas dapat memperpanjang waktu paling lambat 7 hari kerja."
    draft = extractive(
        found(passage(text, replace(RULE, curated=False)), question="berapa hari waktu diperpanjang"), COPY, "id", 180
    )
    assert draft.lead.text.endswith("Pasal 3: (8) Dinas dapat memperpanjang waktu paling lambat 7 hari kerja.")


def test_a_second_source_that_is_far_behind_is_told_by_its_gist() -> None:
    near = drafted(passage(COUNCIL), passage(QUICK_WIN, GUIDE, 0.98))
    far = drafted(passage(COUNCIL), passage(QUICK_WIN, GUIDE, 0.73))
    assert "Pilih satu layanan yang paling dikeluhkan." in near.answer
    assert "Quick win adalah program yang hasilnya terasa" in far.answer
    assert "Pilih satu layanan" not in far.answer


def test_tells_an_english_reader_that_the_sources_are_indonesian() -> None:
    copy = texts("en")
    draft = extractive(found(passage(COUNCIL)), copy, "en", 180)
    assert copy.sources_in_indonesian in draft.warnings
    assert draft.next_step == copy.next_step_regulation


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"status": "dicabut", "repealed_by": ("pp-59-2022",)}, "sudah dicabut oleh PP 59/2022"),
        ({"status": "dicabut"}, "tidak lagi menjadi dasar hukum"),
        ({"status": "rancangan"}, "masih rancangan"),
        ({"status": "diubah", "amended_by": ("uu-19-2016", "uu-1-2024")}, "UU 19/2016, UU 1/2024"),
        ({"status": "diubah"}, "beberapa kali diubah"),
        ({"status": "arsip"}, "keadaan pada waktu itu"),
        ({"confidence": "C"}, "menunggu konfirmasi"),
        ({"status": "belum berlaku", "in_force_from": "2027-01-01"}, "baru berlaku mulai 1 Januari 2027"),
    ],
)
def test_warns_of_the_legal_status_of_a_source(changes: dict[str, str], words: str) -> None:
    document = replace(RULE, **changes)  # type: ignore[arg-type]
    (warning,) = warnings(document, COPY)
    assert words in warning
    assert RULE.title in warning
    assert drafted(passage(COUNCIL, document)).warnings == (warning,)


def test_a_repeal_that_was_only_read_is_said_to_be_so() -> None:
    document = replace(RULE, status="dicabut", repealed_by=("perwali-9-2025",), status_is_read=True)
    first, second = warnings(document, COPY)
    assert "dicabut oleh Perwali 9/2025" in first
    assert "belum dikonfirmasi" in second


def test_what_replaced_a_repealed_rule_is_cited_beside_it() -> None:
    old = replace(RULE, status="dicabut", repealed_by=("perwali-9-2025",), replaced_by=("perwali-9-2025",))
    new = replace(
        RULE, key="/pustaka/baru.md", source="baru.md", id="perwali-9-2025", title="Perwali 9/2025", curated=False
    )
    searched = replace(found(passage(COUNCIL, old)), successor=passage(QUICK_WIN, new))
    draft = extractive(searched, COPY, "id", 20)
    assert [citation.source for citation in draft.citations] == [old.source, "baru.md"]
    assert any(point.text.startswith("Yang menggantikannya, Perwali 9/2025") for point in draft.points)


def test_does_not_warn_of_a_rule_in_force() -> None:
    assert warnings(RULE, COPY) == []


def test_says_a_warning_once_for_two_passages_of_one_document() -> None:
    old = replace(RULE, status="arsip")
    draft = drafted(passage(COUNCIL, old), passage(CAMERAS, old, 0.9, "4"))
    assert len(draft.citations) == 2
    assert len(draft.warnings) == 1


def test_sentences_of_one_source_read_as_one_paragraph_with_one_mark() -> None:
    citation = Citation(1, "a.md", "A", "Pasal 1", "Satu. Dua. Tiga.", "berlaku", "/a.md", "a.md#1")
    points = (Point("Dua.", (1,)), Point("Tiga.", (1,)))
    draft = Draft("answer", "id", Point("Satu.", (1,)), points, (citation,))
    assert draft.paragraphs() == ["Satu. [1]", "Dua. Tiga. [1]"]


def test_a_reply_without_source_carries_no_points_or_citations() -> None:
    draft = without_source("handover", "id", COPY.handover_person, "mau rapat")
    assert draft.answer == COPY.handover_person
    assert (draft.points, draft.citations, draft.warnings, draft.next_step) == ((), (), (), "")


def test_a_further_section_does_not_say_the_answer_again(conversation: Conversation) -> None:
    draft = conversation.ask(Question("Apa 4 prinsip satu data indonesia?"))
    assert len(draft.citations) > 1
    assert draft.answer.count("kode referensi dan/atau data induk") == 1


def test_an_indonesian_reader_gets_no_summary_in_english(conversation: Conversation) -> None:
    draft = conversation.ask(Question("siapa yang jadi ketua tim koordinasi SPBE di kabupaten"))
    assert draft.kind == "answer"
    assert "In English" not in draft.answer
    assert "In English" in conversation.ask(Question("Who must sit in a local SPBE coordination team?")).answer


def test_the_indicators_of_one_dimension_bring_no_other_dimension(conversation: Conversation) -> None:
    draft = conversation.ask(Question("indikatornya?", ("Jelaskan smart economy",)))
    assert {citation.source for citation in draft.citations} == {"smart-economy.md"}
