"""What an official asks for by number has to stand in the library, or the answer says that it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config import Config
from bot.conversation.converse import Conversation
from bot.conversation.quantity import KINDS
from bot.conversation.understand import Question
from knowledge.embed import SentenceEmbeddings
from knowledge.library import carry_out, plan
from knowledge.settings import DataSettings


@pytest.mark.parametrize(
    "question",
    [
        "Berapa persen dana desa untuk stunting?",
        "Berapa ukuran minimal ruang command center?",
        "Survei kepuasan masyarakat minimal berapa responden?",
        "Berapa tahun pengalaman minimal tenaga ahli penyusun masterplan?",
        "Berapa persen TKDN perangkat command center?",
        "Kapan batas terakhir pemda pindah ke Pusat Data Nasional?",
        "Kalau OPD tidak mau membagi data ke walidata sanksinya apa?",
        "Apakah ada sanksi bila daerah tidak menyusun RDTR?",
        "Kapan batas akhir pendaftaran program smart city tahun 2027?",
        "brp persen APBD yg harus buat pendidikan",
    ],
)
def test_a_quantity_deadline_or_penalty_that_no_passage_states_goes_to_a_consultant(
    conversation: Conversation, question: str
) -> None:
    draft = conversation.ask(Question(question))
    assert draft.kind == "handover"
    assert "konsultan" in draft.answer


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Berapa persen belanja pegawai paling tinggi?", "30 persen"),
        ("audit tik brp tahun sekali?", "dua tahun"),
        ("PPID harus menjawab permohonan dalam berapa hari kerja?", "10 hari kerja"),
        ("Berapa kabupaten/kota yang dipilih pada 2018?", "50"),
        ("Ada berapa prinsip Satu Data?", "empat"),
        ("berapa persen belanja buat gaji pegawai maksimal", "30 persen"),
        ("berapa persen APBD untuk infrastruktur", "40 persen"),
        ("Kapan batas waktu penetapan RPJMD?", "enam bulan"),
        ("Apa sanksi kalau terlambat menetapkan RPJMD?", "hak keuangan"),
        ("Apa sanksi kalau belanja pegawai kami lebih dari 30 persen?", "penundaan atau pemotongan"),
        ("Ada sanksi administratif apa saja untuk pelanggaran data pribadi?", "denda"),
        ("How many indicators does the digital government index have?", "20 indikator"),
    ],
)
def test_a_quantity_that_the_library_states_is_answered(conversation: Conversation, question: str, said: str) -> None:
    assert said in conversation.ask(Question(question)).answer


def test_a_price_asked_for_on_a_false_premise_gets_the_premise_corrected(conversation: Conversation) -> None:
    draft = conversation.ask(Question("karena SNI ISO 37122 wajib, berapa biaya sertifikasinya?"))
    assert "tidak ditujukan untuk sertifikasi" in draft.answer


def test_the_value_of_the_own_region_is_not_answered_with_the_national_one(conversation: Conversation) -> None:
    assert conversation.ask(Question("Berapa nilai SPBE kabupaten kami tahun 2024?")).kind == "handover"


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("time", "berlaku selama 5 (lima) tahun"),
        ("time", "paling lama 30 (tiga puluh) hari kerja"),
        ("time", "dibuka mulai pukul 06.00 sampai dengan pukul 21.00"),
        ("share", "paling sedikit 10 (sepuluh) persen dari belanja"),
        ("share", "sebesar 0,5% per hari"),
        ("share", "sepuluh per seratus"),
        ("times", "paling banyak 2 (dua) kali dalam setahun"),
        ("money", "denda Rp. 500.000,00 (lima ratus ribu rupiah)"),
    ],
)
def test_a_quantity_is_known_as_rules_write_it(kind: str, said: str) -> None:
    assert KINDS[kind][1].search(said)


def test_a_passage_with_all_words_of_the_question_is_quoted(
    config: Config, embeddings: SentenceEmbeddings, library_data: Path, tmp_path: Path
) -> None:
    """A regulation of the office's own, which gives the number in a form that no pattern knows."""
    rule = (
        "# PERATURAN WALI KOTA WANASARI NOMOR 5 TAHUN 2025 TENTANG JAM OPERASIONAL TAMAN PINTAR\n\n## Pasal 3\n\n"
        "(1) Taman Pintar Wanasari dibuka setiap hari mulai pukul 06.00 sampai dengan pukul 21.00.\n"
        "(2) Pada setiap giliran jaga ditugaskan 4 (empat) orang petugas.\n"
    )
    (tmp_path / "dokumen").mkdir()
    (tmp_path / "dokumen" / "perwali.md").write_text(rule, encoding="utf-8")
    data = tmp_path / "data"
    data.mkdir()
    (data / "models").symlink_to(library_data / "models")
    own = config.model_copy(update={"data": DataSettings(dir=data)})
    carry_out(own, plan(own, [tmp_path / "dokumen"], embeddings), embeddings, lambda stage, done, total: None)
    conversation = Conversation(own)
    for question in ("Jam berapa Taman Pintar Wanasari dibuka?", "Berapa petugas jaga Taman Pintar Wanasari?"):
        draft = conversation.ask(Question(question))
        assert draft.kind == "answer"
        assert "06.00" in draft.answer and "4 (empat) orang petugas" in draft.answer
