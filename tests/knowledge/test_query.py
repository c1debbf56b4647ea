"""What is understood of a question as an official types it, against the shipped library."""

from __future__ import annotations

import pytest

from knowledge.lexical import tokens
from knowledge.query import Query, QueryReader, language_of, read_glossary
from knowledge.retrieve import Library


@pytest.fixture
def reader(library: Library) -> QueryReader:
    return library.reader


def words(query: Query) -> set[str]:
    return set(query.words)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("apa itu SPBE", "sistem pemerintahan berbasis elektronik"),
        ("bagaimana menyusun RP2P", "rencana penyelenggaraan pengelolaan perkotaan"),
        ("peran BSSN bagi daerah", "badan siber dan sandi negara"),
        ("apakah APBD boleh dipakai", "anggaran pendapatan dan belanja daerah"),
    ],
)
def test_spells_out_abbreviations_for_the_encoder_and_for_words(reader: QueryReader, typed: str, meant: str) -> None:
    query = reader.read(typed)
    assert query.expanded.startswith(typed)
    assert meant in query.expanded.lower()
    assert set(tokens(meant)) <= words(query) | set(query.related)


@pytest.mark.parametrize(
    ("typed", "standard"),
    [
        ("gmn cara nyusun masterplan", "bagaimana cara menyusun masterplan"),
        ("brp anggran utk smart city", "berapa anggaran untuk smart city"),
        ("dokumen yg hrs ada", "dokumen yang harus ada"),
        ("apa tgs walikota dlm smart city", "apa tugas wali kota dalam smart city"),
    ],
)
def test_puts_informal_spelling_into_standard_words(reader: QueryReader, typed: str, standard: str) -> None:
    assert reader.read(typed).expanded.lower().startswith(standard)


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ("bagaimana penyusnan rencana induk", "penyusunan"),
        ("siapa menetapkan kelembagan smart city", "kelembagaan"),
        ("sumber pembiyaan kota cerdas", "pembiayaan"),
        ("apa saja indiktor kota cerdas", "indikator"),
        ("pelindungan data pribdi warga", "pribadi"),
    ],
)
def test_mends_a_typing_mistake(reader: QueryReader, typed: str, word: str) -> None:
    assert word in words(reader.read(typed))


@pytest.mark.parametrize(
    "typed",
    [
        "cara memelihara kambing",
        "resep sambal terasi",
        "jadwal sepeda santai",
        "harga beras di pasar",
        "lomba melukis anak",
    ],
)
def test_leaves_indonesian_words_that_the_library_lacks(reader: QueryReader, typed: str) -> None:
    query = reader.read(typed)
    assert query.expanded == typed
    assert set(tokens(typed)) == words(query)


@pytest.mark.parametrize(
    ("typed", "language"),
    [
        ("What are the six pillars of a smart city?", "en"),
        ("who chairs the smart city council", "en"),
        ("apa itu smart city", "id"),
        ("masterplan smart city", "id"),
        ("gmn roadmap smart city yg benar", "id"),
        ("", "id"),
        ("1234 ???", "id"),
    ],
)
def test_tells_english_from_indonesian(typed: str, language: str) -> None:
    assert language_of(typed) == language


def test_translates_the_terms_of_an_english_question(reader: QueryReader) -> None:
    query = reader.read("How is the budget for the master plan financed?")
    assert query.language == "en"
    assert "anggaran" in words(query) | set(query.related)


def test_does_not_mend_an_english_question(reader: QueryReader) -> None:
    assert "requirements" in words(reader.read("What are the requirements of the programme?"))


@pytest.mark.parametrize(
    ("typed", "documents", "articles"),
    [
        ("apa isi Pasal 61 PP 59/2022?", ("pp-59-2022",), ("61",)),
        ("PP No. 59 Thn 2022 psl 15 ayat (2)", ("pp-59-2022",), ("15",)),
        ("UU PDP pasal 57", ("uu-27-2022",), ("57",)),
        ("apa beda pasal 3 dan pasal 4 Perpres Nomor 39 Tahun 2019", ("perpres-39-2019",), ("3", "4")),
        ("perpres 95", ("perpres-95-2018",), ()),
        ("article 57 of Law No. 27 of 2022", ("uu-27-2022",), ("57",)),
        ("apa enam dimensi kota cerdas", (), ()),
    ],
)
def test_knows_which_regulation_and_article_is_named(
    reader: QueryReader, typed: str, documents: tuple[str, ...], articles: tuple[str, ...]
) -> None:
    query = reader.read(typed)
    assert (query.documents, query.articles) == (documents, articles)


@pytest.mark.parametrize(
    ("typed", "document", "articles"),
    [
        ("perpres spbe ps 35", "perpres-95-2018", ("35",)),
        ("pp perkotaan psl 15", "pp-59-2022", ("15",)),
        ("uu pelindungan data pribadi", "uu-27-2022", ()),
    ],
)
def test_knows_a_regulation_by_its_topic(
    reader: QueryReader, typed: str, document: str, articles: tuple[str, ...]
) -> None:
    query = reader.read(typed)
    kind = document.split("-", maxsplit=1)[0]
    assert document in query.documents
    assert all(name.startswith(f"{kind}-") for name in query.documents)
    assert query.articles == articles


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("apa isi Perpres 217/2031?", "perpres-217-2031"),
        ("Pasal 9 Peraturan Pemerintah Nomor 99 Tahun 2030", "pp-99-2030"),
        ("Perwali Sukamakmur Nomor 7 Tahun 2023", "perwali-kota-sukamakmur-7-2023"),
    ],
)
def test_lists_a_regulation_that_the_library_does_not_know(reader: QueryReader, typed: str, code: str) -> None:
    query = reader.read(typed)
    assert (query.documents, query.mentioned, query.unknown) == ((), (), (code,))


def test_lists_known_and_unknown_regulations_apart(reader: QueryReader) -> None:
    query = reader.read("bandingkan PP 59/2022 dengan Perpres 217/2031")
    assert (query.documents, query.unknown) == (("pp-59-2022",), ("perpres-217-2031",))


def test_knows_a_regulation_that_is_only_spoken_of(library: Library) -> None:
    here = {document.id for document in library.manifest.documents}
    spoken = {code for chunk in library.opened.chunks for code in chunk.mentions if code.startswith("uu-")} - here
    code = sorted(spoken)[0]
    number, year = code.split("-")[1:]
    query = library.reader.read(f"apa isi UU {number}/{year}?")
    assert (query.mentioned, query.unknown) == ((code,), ())


@pytest.mark.parametrize(
    ("typed", "old"),
    [
        ("apakah PP 34/2009 masih berlaku?", True),
        ("aturan lama tentang perkotaan", True),
        ("peraturan apa yg mencabut PP 34/2009", True),
        ("which regulation replaced PP 34/2009?", True),
        ("apa enam dimensi kota cerdas?", False),
        ("siapa menetapkan rencana induk?", False),
    ],
)
def test_knows_who_asks_for_what_is_no_longer_in_force(reader: QueryReader, typed: str, old: bool) -> None:
    assert reader.read(typed).asks_for_old is old


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("Izin bertanya pak, apa itu KPBU?", ("kpbu",)),
        ("Selamat pagi min, mau tanya soal walidata", ("walidata",)),
        ("Assalamualaikum. Mohon arahan bapak/ibu, siapa walidata?", ("walidata",)),
        ("izin menara telekomunikasi", ("izin", "menara", "telekomunikasi")),
        ("mohon info walidata", ("info", "walidata")),
    ],
)
def test_a_courtesy_is_not_searched_for(reader: QueryReader, typed: str, asked: tuple[str, ...]) -> None:
    assert reader.read(typed).words == asked


def test_reads_anything_without_failing(reader: QueryReader) -> None:
    for typed in ("", "   ", "???", "🙏🙏", "a" * 5000, "pasal", "pp", "((((", "perpres spbe ps", "\x00\n\t"):
        assert reader.read(typed).text == typed


def test_no_term_of_the_glossary_stands_twice() -> None:
    terms = [term.term.lower() for term in read_glossary()]
    assert len(terms) == len(set(terms))


@pytest.mark.parametrize(
    ("question", "articles"),
    [
        ("isi pasal 63 dan 64 PP 59/2022", ("63", "64")),
        ("Sebutkan Pasal 61 sampai 64 PP 59/2022", ("61", "62", "63", "64")),
        ("pasal 9, 10 dan 11 UU KIP", ("9", "10", "11")),
        ("pasal 147 dan 40 persen", ("147",)),
    ],
)
def test_reads_every_article_of_a_list_or_a_range(
    reader: QueryReader, question: str, articles: tuple[str, ...]
) -> None:
    assert reader.read(question).articles == articles


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("pemda ngutang boleh?", "pemda utang boleh?"),
        ("bukti apa yg disiapin", "bukti apa yang disiapkan"),
        ("siapo nyang ngawasin data", "siapa nyang mengawasi data"),
        ("opo kudu bikin anyar", "apa harus buat baru"),
        ("pusat data sendiri masih boleh dak?", "pusat data sendiri masih boleh tidak?"),
        ("nyatakan dasar hukumnya", "nyatakan dasar hukumnya"),
    ],
)
def test_what_is_said_in_the_street_is_read_as_it_is_written(reader: QueryReader, typed: str, written: str) -> None:
    assert reader.read(typed).expanded == written


def test_dak_is_a_fund_wherever_it_does_not_end_the_question(reader: QueryReader) -> None:
    assert "Dana Alokasi Khusus" in reader.read("dak boleh dipakai smart city?").expanded


def test_the_regulation_on_a_topic_is_the_one_in_force(reader: QueryReader) -> None:
    assert reader.read("kewajiban menurut PP Perkotaan").documents == ("pp-59-2022",)
    assert "pp-34-2009" in reader.read("PP Perkotaan yang lama apa").documents


def test_what_cannot_be_seen_or_only_looks_otherwise_is_read_as_it_looks(reader: QueryReader) -> None:
    assert reader.read("Apa itu S\u200bP\u200bB\u200bE?").expanded == reader.read("Apa itu SPBE?").expanded
    assert reader.read("Apa itu \uff33\uff30\uff22\uff25?").words == reader.read("Apa itu SPBE?").words
