"""Which topics a conversation speaks of, and the dimensions that they touch."""

from __future__ import annotations

import pytest

from bot.leads.topics import DIMENSIONS, dimension_labels, dimensions_of, topic_keys, topics, topics_of
from bot.texts import Language, copy_of
from bot.texts.intake import IntakeTexts


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Yth. Admin, bagaimana menyusun masterplan smart city yang selaras RPJMD?", ("masterplan",)),
        ("apa dasar hukum kota cerdas utk perwali kami?", ("dasar-hukum",)),
        ("Berapa nilai indeks SPBE predikat baik?", ("spbe-pemdi", "evaluasi-ikci")),
        ("siapa walidata di kabupaten", ("satu-data",)),
        ("data pribadi warga bocor, lapor ke mana", ("pdp-keamanan", "layanan-publik-mpp")),
        ("perlu command center dan CCTV?", ("infrastruktur-iot",)),
        ("syarat mal pelayanan publik", ("layanan-publik-mpp",)),
        ("boleh pinjaman daerah atau KPBU?", ("pembiayaan",)),
        ("batas pengadaan langsung", ("pengadaan",)),
        ("sampah dan banjir di kota kami", ("lingkungan",)),
        ("bagaimana smart province di IKN", ("ikn-smart-province",)),
        ("promosi pariwisata dan UMKM", ("pariwisata-ekonomi",)),
        ("susunan dewan smart city", ("kelembagaan-sdm",)),
        ("How can we finance smart lighting with a loan?", ("infrastruktur-iot", "pembiayaan")),
        ("pinjamn daerh bisa dipakai apa saja", ("pembiayaan",)),
        ("walidta tugsnya ngapain", ("satu-data",)),
        ("Assalamualaikum, selamat pagi", ()),
        ("", ()),
    ],
)
def test_finds_the_topics_of_a_question(question: str, expected: tuple[str, ...]) -> None:
    assert topics_of([question]) == expected


def test_joins_the_topics_of_several_turns_in_the_order_of_the_list() -> None:
    assert topics_of(["biayanya dari APBD?", "terus masterplannya?"]) == ("masterplan", "pembiayaan")


@pytest.mark.parametrize("language", ["id", "en"])
def test_every_topic_and_dimension_has_a_label(language: Language) -> None:
    copy = copy_of(IntakeTexts, language)
    assert tuple(copy.topics) == topic_keys()
    assert tuple(copy.dimensions) == DIMENSIONS


def test_keys_fit_into_callback_data() -> None:
    assert all(key.isascii() and len(key) <= 20 for key in topic_keys())


def test_every_topic_touches_known_dimensions_and_every_dimension_is_touched() -> None:
    assert {dimension for topic in topics() for dimension in topic.dimensions} == set(DIMENSIONS)
    assert [topic.key for topic in topics() if not topic.dimensions] == ["lainnya"]


def test_names_the_dimensions_of_topics() -> None:
    assert dimensions_of(["lingkungan", "pariwisata-ekonomi", "tidak-ada"]) == ("branding", "economy", "environment")
    assert dimensions_of(["masterplan"]) == DIMENSIONS
    assert dimension_labels(["lingkungan"], copy_of(IntakeTexts, "id")) == ["Smart environment (lingkungan)"]
