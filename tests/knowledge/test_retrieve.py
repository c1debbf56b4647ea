"""Questions against the shipped library, and readers that follow a new generation."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from langchain_core.retrievers import BaseRetriever

from knowledge import generation, verify
from knowledge.embed import SentenceEmbeddings
from knowledge.errors import NoGenerationError
from knowledge.found import Found
from knowledge.library import carry_out, plan
from knowledge.retrieve import Library, LibraryRetriever, as_langchain
from knowledge.settings import LibraryConfig

Documents = Callable[[str, str | bytes], Path]
LibraryDocument = Callable[..., str]
SAMPAH = "# Panduan Sampah Kota\n\n## Jadwal\n\nTruk sampah berkeliling setiap hari Selasa dan Jumat.\n"
BANJIR = "# Panduan Banjir Kota\n\n## Peringatan\n\nSirene berbunyi ketika muka air melewati dua meter.\n"


def ids(found: Found) -> list[str]:
    return [passage.document.id for passage in found.passages]


@pytest.fixture
def update(tmp_path: Path, embeddings: SentenceEmbeddings) -> Callable[[Path], LibraryConfig]:
    """Ingests a folder into a data directory of its own."""
    config = LibraryConfig.load(data_dir=tmp_path / "data")

    def run(folder: Path) -> LibraryConfig:
        carry_out(config, plan(config, [folder], embeddings), embeddings, lambda stage, done, total: None)
        return config

    return run


Update = Callable[[Path], LibraryConfig]


@pytest.mark.parametrize(
    ("question", "document"),
    [
        ("apa enam aspek kota cerdas menurut PP 59/2022?", "pp-59-2022"),
        ("gmn kedudukan RP2P dlm RPJMD", "pp-59-2022"),
        ("berapa kali audit TIK SPBE dilakukan?", "perpres-95-2018"),
        ("siapa walidata di daerah?", "perpres-39-2019"),
        ("apa sanksi administratif pelanggaran data pribadi?", "uu-27-2022"),
    ],
)
def test_finds_the_regulation_that_answers(library: Library, question: str, document: str) -> None:
    assert document in ids(library.search(question))


@pytest.mark.parametrize(
    ("question", "document", "article"),
    [
        ("Pasal 61 PP 59/2022", "pp-59-2022", "61"),
        ("apa bunyi psl 12 PP No. 59 Thn 2022?", "pp-59-2022", "12"),
        ("perpres spbe ps 55", "perpres-95-2018", "55"),
        ("What does article 57 of Law No. 27 of 2022 say?", "uu-27-2022", "57"),
    ],
)
def test_the_article_that_is_named_goes_first(library: Library, question: str, document: str, article: str) -> None:
    assert article in library.articles(document)
    first = library.search(question).passages[0]
    assert first.document.id == document
    assert article in first.chunk.articles


def test_passages_are_ranked_and_each_section_comes_once(library: Library) -> None:
    found = library.search("rencana induk kota cerdas", top=10)
    scores = [passage.score for passage in found.passages]
    assert len(scores) == 10
    assert scores == sorted(scores, reverse=True)
    assert len({(passage.document.key, passage.chunk.group) for passage in found.passages}) == 10


def test_a_good_match_is_more_similar_and_covers_more_than_a_stray_one(library: Library) -> None:
    good = library.search("apa enam aspek kota cerdas?").passages[0]
    stray = library.search("resep sambal terasi bawang").passages[0]
    assert good.similarity > stray.similarity
    assert good.coverage > 0.5 > stray.coverage


def test_an_unknown_regulation_is_listed_and_still_gives_passages(library: Library) -> None:
    found = library.search("apa isi Perpres 217/2031 tentang kota cerdas?")
    assert found.query.unknown == ("perpres-217-2031",)
    assert found.passages


@pytest.mark.parametrize("question", ["", "???", "🙏", "dan atau yang"])
def test_searches_for_anything_without_failing(library: Library, question: str) -> None:
    assert len(library.search(question).passages) <= 5


def test_what_is_repealed_ranks_below_unless_asked_for(
    update: Update, documents: Documents, library_document: LibraryDocument, embeddings: SentenceEmbeddings
) -> None:
    for identifier, status, council in (("perwali-3-2018", "dicabut", "Dewan"), ("perwali-7-2023", "berlaku", "Tim")):
        body = f"# Kota Cerdas\n\n## Pasal 2: {council} Kota Cerdas\n\nRapat {council} Kota Cerdas berlangsung tiap tiga bulan.\n"
        text = library_document(
            identifier, body, title=f"{identifier} tentang Kota Cerdas", kind="regulasi", status=status
        )
        folder = documents(f"{identifier}.md", text)
    with_both = Library(update(folder), embeddings)
    assert ids(with_both.search("kapan Rapat Dewan Kota Cerdas berlangsung?"))[0] == "perwali-3-2018"
    neutral = "rapat kota cerdas berlangsung tiap berapa bulan?"
    assert ids(with_both.search(neutral)) == ["perwali-7-2023", "perwali-3-2018"]
    assert ids(with_both.search("apakah Perwali 3/2018 masih berlaku?"))[0] == "perwali-3-2018"


def test_gives_the_whole_section_of_which_a_passage_is_a_part(library: Library) -> None:
    passage = library.search("Pasal 61 PP 59/2022").passages[0]
    assert passage.chunk.text in library.section_text(passage.document.key, passage.chunk.group)


def test_needs_a_library(tmp_path: Path, embeddings: SentenceEmbeddings) -> None:
    with pytest.raises(NoGenerationError, match=r"python ingest\.py"):
        Library(LibraryConfig.load(data_dir=tmp_path), embeddings)


def test_is_a_langchain_retriever(library: Library) -> None:
    retriever = LibraryRetriever(library=library, top=3)
    assert isinstance(retriever, BaseRetriever)
    documents = retriever.invoke("apa enam aspek kota cerdas menurut PP 59/2022?")
    assert len(documents) == 3
    for document in documents:
        assert set(document.metadata) == {"source", "locator", "title", "status", "page", "score"}
        assert document.page_content
    first = library.search("apa enam aspek kota cerdas menurut PP 59/2022?", 3).passages[0]
    assert documents[0] == as_langchain(first)
    assert documents[0].metadata["source"] == "pp-59-2022.md"


def test_a_removed_file_is_not_found_any_more(
    update: Update, documents: Documents, embeddings: SentenceEmbeddings
) -> None:
    documents("sampah.md", SAMPAH)
    folder = documents("banjir.md", BANJIR)
    reader = Library(update(folder), embeddings)
    assert ids(reader.search("kapan sirene banjir berbunyi?"))[0] == "banjir"
    (folder / "banjir.md").unlink()
    update(folder)
    assert ids(reader.search("kapan sirene banjir berbunyi?")) == ["sampah"]


def test_a_running_reader_follows_a_new_generation_and_a_rollback(
    update: Update, documents: Documents, embeddings: SentenceEmbeddings
) -> None:
    folder = documents("sampah.md", SAMPAH)
    config = update(folder)
    reader = Library(config, embeddings)
    old = reader.manifest.generation
    assert not reader.refresh()
    documents("banjir.md", BANJIR)
    update(folder)
    assert reader.manifest.generation == old
    assert reader.refresh()
    assert "banjir" in ids(reader.search("kapan sirene banjir berbunyi?"))
    assert generation.roll_back(config.data.dir) == old
    assert ids(reader.search("kapan sirene banjir berbunyi?")) == ["sampah"]


def test_the_old_generation_is_served_while_a_new_one_is_built(
    update: Update, documents: Documents, embeddings: SentenceEmbeddings, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = documents("sampah.md", SAMPAH)
    reader = Library(update(folder), embeddings)
    before = verify.verify_from_outside
    answers: list[list[str]] = []

    def asked_meanwhile(data_dir: Path, name: str, _: object) -> None:
        answers.append(ids(reader.search("kapan sirene banjir berbunyi?")))
        before(data_dir, name)

    monkeypatch.setattr(verify, "verify_from_outside", asked_meanwhile)
    documents("banjir.md", BANJIR)
    update(folder)
    assert answers == [["sampah"]]
    reader.refresh()
    assert "banjir" in ids(reader.search("kapan sirene banjir berbunyi?"))


def test_two_readers_of_one_generation_do_not_close_each_other(
    update: Update, documents: Documents, embeddings: SentenceEmbeddings
) -> None:
    folder = documents("sampah.md", SAMPAH)
    config = update(folder)
    first, second = Library(config, embeddings), Library(config, embeddings)
    old = generation.current(config.data.dir)
    documents("banjir.md", BANJIR)
    update(folder)
    assert first.refresh()
    assert old is not None
    generation.point(generation.index_dir(config.data.dir), old)
    assert ids(second.search("kapan truk sampah berkeliling?")) == ["sampah"]


def test_a_reader_goes_on_when_its_old_generation_is_pruned(
    update: Update, documents: Documents, embeddings: SentenceEmbeddings
) -> None:
    folder = documents("sampah.md", SAMPAH)
    config = update(folder)
    reader = Library(config, embeddings)
    old = reader.manifest.generation
    documents("banjir.md", BANJIR)
    update(folder)
    shutil.rmtree(generation.index_dir(config.data.dir) / old)
    reader.refresh()
    assert "banjir" in ids(reader.search("kapan sirene banjir berbunyi?"))


def test_a_search_beside_a_switch_is_never_half_of_each(
    update: Update, documents: Documents, embeddings: SentenceEmbeddings
) -> None:
    folder = documents("sampah.md", SAMPAH)
    reader = Library(update(folder), embeddings)
    before = reader.opened
    documents("banjir.md", BANJIR)
    update(folder)
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: ids(reader.search("kapan sirene banjir berbunyi?", 1)), range(16)))
    assert set(map(tuple, answers)) <= {("sampah",), ("banjir",)}
    reader.refresh()
    assert reader.opened is not before
    query = before.reader.read("kapan truk sampah berkeliling?")
    vector = embeddings.encode_query(query.expanded)
    assert before.rank(query, vector, 1, LibraryConfig().retrieval)[0].document.id == "sampah"
