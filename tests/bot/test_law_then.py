"""None of the repealed is cited as in force, whatever the question; the law at another time is that of then.

The pairs are real regulations of Indonesia; their texts here are short and our own.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import ingest
from bot.config import Config
from bot.conversation.converse import Conversation
from bot.conversation.draft import Draft
from bot.conversation.understand import Question
from knowledge.legal_status import references, shown

LibraryDocument = Callable[..., str]

# Old, new, and since when the new one is in force (empty: the year of its number), what both are about.
PAIRS = """
Peraturan Menteri Pendayagunaan Aparatur Negara dan Reformasi Birokrasi 5/2018|Peraturan Menteri Pendayagunaan Aparatur Negara dan Reformasi Birokrasi 59/2020|1 Januari 2021|evaluasi sistem pemerintahan berbasis elektronik
Peraturan Pemerintah 34/2009|Peraturan Pemerintah 59/2022|26 Desember 2022|pengelolaan kawasan perkotaan
Peraturan Menteri Komunikasi dan Informatika 8/2019|Peraturan Menteri Komunikasi dan Informatika 4/2024|4 September 2024|urusan konkuren bidang komunikasi dan informatika
Peraturan Pemerintah 82/2012|Peraturan Pemerintah 71/2019|10 Oktober 2019|penyelenggaraan sistem dan transaksi elektronik
Peraturan Pemerintah 58/2005|Peraturan Pemerintah 12/2019|12 Maret 2019|pengelolaan keuangan daerah
Peraturan Pemerintah 105/2000|Peraturan Pemerintah 58/2005||pertanggungjawaban keuangan daerah
Peraturan Pemerintah 50/2007|Peraturan Pemerintah 28/2018|13 Juli 2018|tata cara kerja sama daerah
Undang-Undang 33/2004|Undang-Undang 1/2022|5 Januari 2022|perimbangan keuangan pusat dan daerah
Undang-Undang 28/2009|Undang-Undang 1/2022|5 Januari 2022|pajak daerah dan retribusi daerah
Undang-Undang 34/2000|Undang-Undang 28/2009||bagi hasil pajak kendaraan bermotor
Undang-Undang 32/2004|Undang-Undang 23/2014|2 Oktober 2014|pembagian kewenangan pemerintahan daerah
Undang-Undang 22/1999|Undang-Undang 32/2004||pemilihan kepala daerah
Undang-Undang 25/1999|Undang-Undang 33/2004||dana alokasi umum
Undang-Undang 5/1974|Undang-Undang 22/1999||asas dekonsentrasi
Undang-Undang 23/1997|Undang-Undang 32/2009|3 Oktober 2009|pengelolaan lingkungan hidup
Undang-Undang 4/1982|Undang-Undang 23/1997||pelestarian kemampuan lingkungan
Peraturan Pemerintah 56/2018|Peraturan Pemerintah 1/2024||pinjaman daerah
Peraturan Pemerintah 30/2011|Peraturan Pemerintah 56/2018||obligasi daerah
Undang-Undang 10/2004|Undang-Undang 12/2011||pembentukan peraturan perundang-undangan
Peraturan Menteri Dalam Negeri 54/2010|Peraturan Menteri Dalam Negeri 86/2017||penyusunan rencana pembangunan daerah
Peraturan Menteri Dalam Negeri 17/2007|Peraturan Menteri Dalam Negeri 19/2016||penatausahaan barang milik daerah
Peraturan Pemerintah 6/2006|Peraturan Pemerintah 27/2014||pemanfaatan barang milik negara
Peraturan Presiden 54/2010|Peraturan Presiden 16/2018||pengadaan barang dan jasa pemerintah
Keputusan Presiden 80/2003|Peraturan Presiden 54/2010||panitia lelang pemerintah
Peraturan Presiden 67/2005|Peraturan Presiden 38/2015||kerja sama pemerintah dengan badan usaha
Undang-Undang 24/1992|Undang-Undang 26/2007||penataan ruang wilayah
Undang-Undang 13/1980|Undang-Undang 38/2004||kelas jalan umum
Undang-Undang 14/1992|Undang-Undang 22/2009||lalu lintas dan angkutan jalan
Peraturan Pemerintah 8/2003|Peraturan Pemerintah 41/2007||besaran organisasi dinas
Peraturan Pemerintah 41/2007|Peraturan Pemerintah 18/2016||tipe perangkat daerah
Peraturan Pemerintah 24/2005|Peraturan Pemerintah 71/2010||standar akuntansi pemerintahan
Undang-Undang 18/1999|Undang-Undang 2/2017||jasa konstruksi
Undang-Undang 5/2014|Undang-Undang 20/2023||aparatur sipil negara
Undang-Undang 16/1985|Undang-Undang 20/2011||rumah susun
Undang-Undang 4/1992|Undang-Undang 1/2011||perumahan dan kawasan permukiman
Undang-Undang 7/1971|Undang-Undang 43/2009||penyelenggaraan kearsipan
"""


@dataclass(frozen=True)
class Pair:
    """A regulation and what repealed it."""

    old: str
    new: str
    since: str
    topic: str

    @property
    def old_code(self) -> str:
        return references(self.old)[0].code

    @property
    def new_code(self) -> str:
        return references(self.new)[0].code


def spelled(name: str) -> str:
    kind, _, number = name.rpartition(" ")
    number, year = number.split("/")
    return f"{kind} Nomor {number} Tahun {year}"


FOUND = [Pair(*line.split("|")) for line in PAIRS.strip().splitlines()]
OLDS = {pair.old_code: pair for pair in FOUND}


def newest(pair: Pair) -> str:
    """What stands at the end of the chain that a pair is part of."""
    following = [other for other in FOUND if other.old == pair.new]
    return newest(following[0]) if following else pair.new


def regulation(name: str, pairs: list[Pair], topics: list[str]) -> str:
    """A short text in the form of the law: two articles a topic, what it repeals, when it is in force."""
    kind = name.rpartition(" ")[0]
    articles = [
        line
        for topic in topics
        for line in (
            f"Ketentuan {topic} dilaksanakan oleh instansi pelaksana menurut {shown(references(name)[0].code)}.",
            f"Laporan tentang {topic} disampaikan setiap akhir triwulan kepada pejabat pembina.",
        )
    ]
    articles += [
        f"Pada saat {kind} ini mulai berlaku, {spelled(pair.old)} tentang {pair.topic.title()}, dicabut dan dinyatakan tidak berlaku."
        for pair in pairs
    ]
    since = next((pair.since for pair in pairs if pair.since), "")
    articles += [f"{kind} ini mulai berlaku pada tanggal {since}."] if since else []
    body = "\n\n".join(
        f"Pasal {n}\n{text}" for n, text in enumerate(["Istilah dipakai menurut artinya.", *articles], 1)
    )
    return f"{spelled(name).upper()}\nTENTANG\n{topics[0].upper()}\n\nDENGAN RAHMAT TUHAN YANG MAHA ESA\n\n{body}\n"


@pytest.fixture(scope="module")
def lawyers(library_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Conversation]:
    """The conversation over a library of both sides of all pairs, as raw texts."""
    data = tmp_path_factory.mktemp("hukum")
    shutil.copy(library_data / "embeddings.sqlite", data / "embeddings.sqlite")
    shutil.copytree(library_data / "models", data / "models")
    folder = data / "naskah"
    folder.mkdir()
    names = dict.fromkeys([*(p.old for p in FOUND), *(p.new for p in FOUND)])
    for name in names:
        mine = [pair for pair in FOUND if pair.new == name]
        topics = [pair.topic for pair in FOUND if name in {pair.old, pair.new, newest(pair)}]
        code = references(name)[0].code
        (folder / f"{code}.txt").write_text(regulation(name, mine, topics), encoding="utf-8")
    assert ingest.main(["--only", str(folder), "--data", str(data)]) == ingest.SWITCHED
    yield Conversation(Config.load(data_dir=data))


def none_is_cited_as_in_force(draft: Draft) -> None:
    for citation in draft.citations:
        code = citation.source.removesuffix(".txt")
        if code in OLDS:
            assert citation.status == "dicabut", citation
            assert any("dicabut oleh" in w and citation.title in w for w in draft.warnings), (citation, draft.warnings)
        else:
            assert citation.status == "berlaku", citation


def test_there_are_enough_pairs() -> None:
    assert len(FOUND) >= 30
    assert all(pair.old_code != pair.new_code for pair in FOUND)


@pytest.mark.parametrize("pair", FOUND, ids=lambda pair: f"{pair.old_code}>{pair.new_code}")
def test_a_question_about_the_topic_rests_on_what_is_in_force(lawyers: Conversation, pair: Pair) -> None:
    draft = lawyers.ask(Question(f"Siapa yang melaksanakan ketentuan {pair.topic}?"))
    assert draft.kind == "answer"
    none_is_cited_as_in_force(draft)
    assert draft.citations[0].source == f"{references(newest(pair))[0].code}.txt"


@pytest.mark.parametrize("pair", FOUND, ids=lambda pair: pair.old_code)
def test_a_question_that_names_the_old_rule_gets_a_banner_and_the_new_passage(
    lawyers: Conversation, pair: Pair
) -> None:
    draft = lawyers.ask(Question(f"Apa ketentuan {pair.topic} menurut {shown(pair.old_code)}?"))
    assert draft.kind == "answer"
    none_is_cited_as_in_force(draft)
    said = " ".join(draft.warnings)
    assert f"dicabut oleh {shown(pair.new_code)}" in said
    cited = [citation.source.removesuffix(".txt") for citation in draft.citations]
    assert cited[0] == pair.old_code
    instead = lawyers.library.documents(pair.old_code)[0].replaced_by
    assert set(instead) & set(cited), (instead, cited)
    assert all(shown(code) in said for code in instead)


@pytest.mark.parametrize("pair", [p for p in FOUND if p.new_code not in OLDS], ids=lambda pair: pair.old_code)
def test_a_question_about_the_time_before_rests_on_what_was_in_force_then(lawyers: Conversation, pair: Pair) -> None:
    year = int(pair.new_code[-4:]) - 1
    draft = lawyers.ask(Question(f"Pada tahun {year}, aturan apa yang mengatur ketentuan {pair.topic}?"))
    assert draft.kind == "answer"
    assert draft.citations[0].source == f"{pair.old_code}.txt"
    none_is_cited_as_in_force(draft)
    assert f"tahun {year}" in draft.warnings[0]
    assert any("berlaku saat itu" in warning and shown(pair.new_code) in warning for warning in draft.warnings)


@pytest.mark.parametrize(
    ("question", "first", "said"),
    [
        ("per 2021, apa dasar evaluasi SPBE?", "permenpanrb-59-2020.md", "dicabut oleh PermenPANRB 8/2026"),
        ("As of 2021, what was the legal basis for the SPBE evaluation?", "permenpanrb-59-2020.md", "repealed by PermenPANRB 8/2026"),
        ("Pada tahun 2015 apa pedoman pengelolaan kawasan perkotaan?", "pp-34-2009.md", "mulai 26 Desember 2022"),
        ("apakah PermenPANRB 8/2026 berlaku pada tahun 2021?", "permenpanrb-8-2026.md", "baru berlaku mulai 2026"),
        ("apakah PP 58/2005 masih berlaku?", "pp-12-2019.md", "PP 58/2005 sudah dicabut oleh PP 12/2019"),
    ],
)  # fmt: skip
def test_the_shipped_library_knows_the_law_of_then(
    conversation: Conversation, question: str, first: str, said: str
) -> None:
    draft = conversation.ask(Question(question))
    assert draft.kind == "answer"
    assert draft.citations[0].source == first
    assert said in " ".join(draft.warnings)


def test_a_question_about_the_present_has_no_word_about_then(conversation: Conversation) -> None:
    draft = conversation.ask(Question("Apa enam aspek kota cerdas menurut PP 59/2022?"))
    assert not any("saat itu" in warning for warning in draft.warnings)


def test_a_repealed_rule_that_is_cited_second_is_warned_of_once(conversation: Conversation) -> None:
    draft = conversation.ask(Question("Apakah PP 59/2022 mencabut PP 34/2009 dan pasal berapa?"))
    assert any(citation.source == "pp-34-2009.md" for citation in draft.citations)
    assert sum("PP 34/2009" in warning for warning in draft.warnings) == 1


@pytest.mark.parametrize(
    "question",
    [
        "Karena Perpres 95/2018 sudah dicabut, tim koordinasi SPBE kami bubarkan saja?",
        "Sejak PermenPANRB 8/2026 mencabut Perpres 95/2018, apakah peta rencana kami ikut gugur?",
    ],
)
def test_a_rule_in_force_that_is_taken_for_repealed_is_said_to_be_in_force(
    conversation: Conversation, question: str
) -> None:
    assert any(
        "Perpres 95/2018 tidak tercatat dicabut" in warning for warning in conversation.ask(Question(question)).warnings
    )
