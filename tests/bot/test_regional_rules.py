"""Rules of several regions under one number: each is asked for, cited and repealed by itself.

The regions are real, the rules and their texts our own.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import ingest
from bot.config import Config
from bot.conversation.converse import Conversation
from bot.conversation.draft import Draft
from bot.conversation.understand import Question
from knowledge import generation
from knowledge.__main__ import main as knowledge
from knowledge.chunk import Document
from knowledge.examine import examine


def rule(heading: str, title: str, *articles: str) -> str:
    """The text of a regional rule, as an office sends it."""
    all_of_them = ("Istilah dipakai menurut artinya.", *articles, "Peraturan ini mulai berlaku saat diundangkan.")
    numbered = "\n\n".join(f"Pasal {n}\n{text}" for n, text in enumerate(all_of_them, 1))
    return f"{heading}\nTENTANG\n{title}\n\nDENGAN RAHMAT TUHAN YANG MAHA ESA\n\nMEMUTUSKAN:\n\n{numbered}\n"


def council(name: str, meetings: str) -> str:
    return f"Dewan Kota Cerdas {name} bersidang {meetings} kali dalam satu tahun dan diketuai oleh sekretaris daerah."


BOGOR = rule("PERATURAN WALI KOTA BOGOR\nNOMOR 7 TAHUN 2023", "DEWAN KOTA CERDAS", council("Bogor", "dua"))
CIREBON = rule("PERATURAN WALI KOTA CIREBON\nNOMOR 7 TAHUN 2023", "DEWAN KOTA CERDAS", council("Cirebon", "enam"))
BOGOR_NEW = rule(
    "PERATURAN WALI KOTA BOGOR\nNOMOR 9 TAHUN 2025",
    "PUSAT KENDALI KOTA",
    "Pusat kendali kota beroperasi dua puluh empat jam dan diawasi oleh dewan.",
    "Pada saat Peraturan Wali Kota ini mulai berlaku, Peraturan Wali Kota Nomor 7 Tahun 2023 tentang Dewan Kota "
    "Cerdas dicabut dan dinyatakan tidak berlaku.",
)
KEBUMEN = rule(
    "BUPATI KEBUMEN\nPROVINSI JAWA TENGAH\n\nPERATURAN BUPATI KEBUMEN\nNOMOR 12 TAHUN 2020",
    "LAYANAN PENGADUAN",
    "Pengaduan warga ditanggapi paling lambat tiga hari kerja oleh dinas yang membidangi komunikasi.",
)
CILACAP = rule(
    "PERATURAN BUPATI CILACAP\nNOMOR 12 TAHUN 2020",
    "LAYANAN PENGADUAN",
    "Camat menjawab keluhan yang masuk sebelum sepuluh hari lewat dan melaporkannya setiap bulan.",
)
PERDA_KOTA = rule(
    "PERATURAN DAERAH KOTA BANDUNG\nNOMOR 3 TAHUN 2021",
    "JARINGAN SERAT OPTIK",
    "Kabel serat optik di Kota Bandung ditanam di bawah trotoar.",
)
PERDA_KABUPATEN = rule(
    "PERATURAN DAERAH KABUPATEN BANDUNG\nNOMOR 3 TAHUN 2021",
    "JARINGAN SERAT OPTIK",
    "Kabel serat optik di Kabupaten Bandung digantung pada tiang bersama.",
)
FILES = {
    "unduhan (1).txt": BOGOR,
    "perwali-7-2023.txt": CIREBON,
    "perwali baru.txt": BOGOR_NEW,
    "pengaduan.txt": KEBUMEN,
    "naskah final.txt": CILACAP,
    "perda kota.txt": PERDA_KOTA,
    "perda kabupaten.txt": PERDA_KABUPATEN,
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, library_data: Path) -> Path:
    """A data directory into which an admin has taken the rules of several regions."""
    folder = tmp_path_factory.mktemp("daerah")
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    data = tmp_path_factory.mktemp("data") / "data"
    data.mkdir()
    (data / "models").symlink_to(library_data / "models")
    assert ingest.main([str(folder), "--only", "--data", str(data)]) == ingest.SWITCHED
    return data


@pytest.fixture(scope="module")
def official(data: Path) -> Callable[..., Draft]:
    """What the bot answers to what an official types."""
    conversation = Conversation(Config.load(data_dir=data))

    def ask(text: str, *before: str) -> Draft:
        return conversation.ask(Question(text, before))

    return ask


Official = Callable[..., Draft]


def held(data: Path) -> dict[str, Document]:
    name = generation.current(data)
    assert name
    return {document.source: document for document in generation.read_manifest(data, name).documents}


def test_a_citys_new_rule_repeals_its_own_and_not_another_citys(data: Path) -> None:
    """Bogor's Perwali 9/2025 says "Peraturan Wali Kota Nomor 7 Tahun 2023 dicabut", naming no city."""
    documents = held(data)
    bogor, cirebon = documents["unduhan (1).txt"], documents["perwali-7-2023.txt"]
    assert (bogor.title, bogor.status) == ("Perwali Kota Bogor 7/2023 tentang Dewan Kota Cerdas", "dicabut")
    assert bogor.repealed_by == ("perwali-kota-bogor-9-2025",)
    assert (cirebon.title, cirebon.status) == ("Perwali Kota Cirebon 7/2023 tentang Dewan Kota Cerdas", "berlaku")


def test_rules_of_one_number_do_not_contradict_each_other(data: Path) -> None:
    name = generation.current(data)
    assert name
    assert generation.read_manifest(data, name).problems == ()


@pytest.mark.parametrize(
    ("typed", "said", "title"),
    [
        ("Berapa kali Dewan Kota Cerdas bersidang menurut Perwali Kota Cirebon Nomor 7 Tahun 2023?", "enam kali", "Perwali Kota Cirebon 7/2023"),
        ("berapa kali dewan bersidang menurut perwal cirebon 7/2023", "enam kali", "Perwali Kota Cirebon 7/2023"),
        ("apa isi Perwali 7/2023 Kota Cirebon?", "enam kali", "Perwali Kota Cirebon 7/2023"),
        ("Kami dari Kota Bogor. Apa isi Perwali No. 7 Tahun 2023?", "dua kali", "Perwali Kota Bogor 7/2023"),
        ("Kapan pengaduan ditanggapi menurut Peraturan Bupati Kebumen Nomor 12 Tahun 2020?", "tiga hari", "Perbup Kebumen 12/2020"),
        ("perbup kab. cilacap no 12 th 2020 ttg apa?", "sepuluh hari", "Perbup Cilacap 12/2020"),
        ("Di mana kabel serat optik menurut Perda Kabupaten Bandung 3/2021?", "tiang bersama", "Perda Kabupaten Bandung 3/2021"),
        ("di mana kabel serat optik menurut perda kota bandung 3/2021?", "trotoar", "Perda Kota Bandung 3/2021"),
        ("pasal 2 perwali 7 tahun 2023 cirebon", "enam kali", "Perwali Kota Cirebon 7/2023"),
        ("pasal 2 perwali cirbon 7/2023", "enam kali", "Perwali Kota Cirebon 7/2023"),
        ("Berapa kali Dewan Kota Cerdas Cirebon bersidang?", "enam kali", "Perwali Kota Cirebon 7/2023"),
    ],
)  # fmt: skip
def test_a_question_that_names_the_region_gets_its_rule(official: Official, typed: str, said: str, title: str) -> None:
    draft = official(typed)
    assert draft.kind == "answer"
    assert said in draft.answer
    assert draft.citations[0].title.startswith(title)


def test_a_repealed_rule_of_the_region_comes_with_its_warning_and_anothers_without(official: Official) -> None:
    (warning, *_) = official("Apa isi Perwali Kota Bogor 7/2023?").warnings
    assert "dicabut oleh Perwali Kota Bogor 9/2025" in warning
    assert official("Apa isi Perwali Kota Cirebon 7/2023?").warnings == ()


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("Apa isi Perwali Nomor 7 Tahun 2023?", ("Perwali Kota Bogor 7/2023", "Perwali Kota Cirebon 7/2023")),
        ("perwali nomor 7 mengatur apa?", ("Perwali Kota Bogor 7/2023", "Perwali Kota Cirebon 7/2023")),
        ("Pasal 2 perbup 12/2020 bunyinya apa?", ("Perbup Kebumen 12/2020", "Perbup Cilacap 12/2020")),
        ("perda bandung 3/2021 isinya apa?", ("Perda Kota Bandung 3/2021", "Perda Kabupaten Bandung 3/2021")),
    ],
)
def test_a_number_that_several_regions_use_is_asked_back_with_their_names(
    official: Official, typed: str, names: tuple[str, ...]
) -> None:
    draft = official(typed)
    assert (draft.kind, draft.citations) == ("clarify", ())
    assert all(name in draft.answer for name in names)


def test_the_region_may_be_named_in_the_next_message(official: Official) -> None:
    draft = official("yang Kota Cirebon", "Apa isi Perwali Nomor 7 Tahun 2023?")
    assert draft.kind == "answer"
    assert draft.citations[0].title.startswith("Perwali Kota Cirebon 7/2023")


def test_the_region_may_have_been_named_before(official: Official) -> None:
    draft = official("Apa isi Perwali Nomor 7 Tahun 2023?", "Selamat pagi, saya Budi dari Diskominfo Kota Cirebon.")
    assert draft.citations[0].title.startswith("Perwali Kota Cirebon 7/2023")


def test_two_regions_may_be_compared(official: Official) -> None:
    draft = official("Berapa hari pengaduan ditanggapi menurut Perbup 12/2020 di Kebumen dan di Cilacap?")
    assert draft.kind == "answer"
    assert "tiga hari" in draft.answer
    assert "sepuluh hari" in draft.answer


@pytest.mark.parametrize(
    "typed",
    [
        "Apa isi Perwali Kota Tegal Nomor 7 Tahun 2023?",
        "apa isi perwali antah berantah jaya 9/2025?",
        "Kami dari Kota Tegal, apa isi Perwali 9/2025?",
    ],
)
def test_a_region_whose_rule_is_not_here_does_not_get_anothers(official: Official, typed: str) -> None:
    draft = official(typed)
    assert draft.kind == "handover"
    assert "tidak ada dalam pustaka kami" in draft.answer
    assert "Perwali Kota Bogor" in draft.answer


def test_a_number_that_one_region_alone_uses_needs_no_region(official: Official) -> None:
    draft = official("Apa isi Perwali 9/2025?")
    assert draft.citations[0].title.startswith("Perwali Kota Bogor 9/2025")
    for typed in ("apa isi perwali pusat kendali no. 9/2025?", "apa isi perwali smart city no. 9/2025?"):
        assert official(typed).citations[0].source == draft.citations[0].source


def test_the_status_command_shows_the_rules_of_all_regions(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`python -m knowledge status perwali-7-2023`."""
    knowledge(["status", "perwali-7-2023", "--data", str(data)])
    told = capsys.readouterr().out
    assert "Perwali Kota Bogor 7/2023 [perwali-kota-bogor-7-2023]: dicabut" in told
    assert "Perwali Kota Cirebon 7/2023 [perwali-kota-cirebon-7-2023]: berlaku" in told
    assert "dicabut oleh Perwali Kota Bogor 9/2025" in told
    assert "!" not in told


def test_an_upload_changes_the_rules_of_its_own_region(data: Path, tmp_path: Path) -> None:
    """Cirebon's new Perwali repeals "Peraturan Wali Kota Nomor 7 Tahun 2023"; Tegal has a 7/2023 of its own."""
    config = Config.load(data_dir=data)
    new, third = tmp_path / "baru.txt", tmp_path / "tegal.txt"
    new.write_text(BOGOR_NEW.replace("BOGOR", "CIREBON"), encoding="utf-8")
    third.write_text(CIREBON.replace("CIREBON", "TEGAL").replace("Cirebon", "Tegal"), encoding="utf-8")
    found = examine(new, "baru.txt", "baru.txt", config)
    assert found.becomes == (("Perwali Kota Cirebon 7/2023 tentang Dewan Kota Cerdas", "dicabut"),)
    assert (found.number, found.repeals) == ("Perwali Kota Cirebon 9/2025", ("Perwali Kota Cirebon 7/2023",))
    found = examine(third, "tegal.txt", "tegal.txt", config)
    assert (found.target, found.status) == ("perwali-kota-tegal-7-2023.txt", "berlaku")
    assert (found.replaces, found.beside, found.becomes, found.problems) == (None, (), (), ())
