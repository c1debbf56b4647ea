"""What a front shows of a consultation request, in both languages."""

from __future__ import annotations

from typing import get_args

import pytest

from bot.conversation.profile import Profile
from bot.leads.intake import Complaint, Reply, begin, receive
from bot.leads.prompt import complaint_text, prompt, shown, summary
from bot.leads.steps import FIELDS, STAGES, STEPS, TIME_FRAMES
from bot.texts import Language, copy_of
from bot.texts.intake import IntakeTexts
from tests.bot.leads.test_intake import SITI, at, chosen, every_step, finished, typed

ID = copy_of(IntakeTexts, "id")
LANGUAGES: tuple[Language, ...] = ("id", "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_copy_has_a_text_for_every_step_field_and_choice(language: Language) -> None:
    copy = copy_of(IntakeTexts, language)
    assert set(copy.prompts) == {*STEPS, "correct", "region_choose"}
    assert tuple(copy.fields) == FIELDS
    assert (tuple(copy.stages), tuple(copy.time_frames)) == (STAGES, TIME_FRAMES)
    assert list(copy.days) == [str(day) for day in range(1, 8)]
    assert list(copy.months) == [str(month) for month in range(1, 13)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_complaint_has_a_sentence_and_every_sentence_a_complaint(language: Language) -> None:
    assert {"", *copy_of(IntakeTexts, language).complaints} == set(get_args(Complaint))
    assert complaint_text("", ID) == ""
    assert complaint_text("stale", ID).startswith("Tombol itu")


@pytest.mark.parametrize("language", LANGUAGES)
def test_shows_every_step(language: Language) -> None:
    copy = copy_of(IntakeTexts, language)
    for place, intake in enumerate(every_step(), start=1):
        shows = prompt(intake, copy)
        assert shows.step == intake.step
        assert shows.progress == f"{place}/{len(STEPS)}"
        assert shows.can_skip == (intake.step not in {"consent", "summary"})
        assert shows.can_go_back == (place > 1)
        assert shows.asks_contact == (intake.step == "contact")
        assert bool(shows.rows) == (intake.step == "summary")
        assert all(choice.key.isascii() and len(choice.key) <= 20 and choice.label for choice in shows.choices)
        assert len({choice.label for choice in shows.choices}) == len(shows.choices)
        assert shows.text.startswith(copy.opening) == (place == 1)


@pytest.mark.parametrize("step", FIELDS[:-1])
def test_a_question_says_what_it_is_for_and_gives_an_example(step: str) -> None:
    assert "Contoh" in ID.prompts[step]


def test_the_consent_names_the_law_the_data_the_purpose_and_the_rights() -> None:
    text = prompt(at("consent"), ID).text
    for word in ("UU 27/2022", "nama", "kontak", "percakapan", "Tujuannya", "penghapusan", "menarik persetujuan"):
        assert word in text


def test_a_known_official_sees_a_short_way() -> None:
    shows = prompt(begin(SITI, "Mohon pendampingan", ["masterplan"]), ID)
    assert (shows.step, shows.progress) == ("stage", "1/4")
    assert shows.text.startswith(ID.opening)


def test_marks_the_chosen_topics() -> None:
    shows = prompt(chosen(at("topics"), "pembiayaan", "satu-data").intake, ID)
    assert [choice.key for choice in shows.choices if choice.selected] == ["satu-data", "pembiayaan"]
    assert shows.choices[-1].key == "done"


def test_offers_the_candidates_of_a_region() -> None:
    shows = prompt(typed(at("region"), "bandung").intake, ID)
    assert [choice.label for choice in shows.choices] == ["Kabupaten Bandung", "Kota Bandung", "Bukan salah satunya"]
    assert ID.prompts["region_choose"] in shows.text


def test_shows_the_answer_that_stands_after_going_back() -> None:
    assert "Jawaban saat ini: Siti Rahmawati, S.Kom." in prompt(receive(at("position"), Reply("back")).intake, ID).text
    stage = prompt(receive(at("time_frame"), Reply("back")).intake, ID)
    assert [choice.key for choice in stage.choices if choice.selected] == ["belum-mulai"]


def test_a_correction_says_that_the_summary_follows() -> None:
    shows = prompt(typed(finished(), "ubah kontak").intake, ID)
    assert shows.text.startswith(ID.correcting)
    assert (shows.skip_label, shows.progress, shows.can_go_back) == ("Kosongkan", "", True)
    assert [choice.label for choice in prompt(typed(finished(), "perbaiki").intake, ID).choices] == list(
        ID.fields.values()
    )


def test_the_summary_reads_like_a_letterhead() -> None:
    assert [(row.field, row.label, row.value) for row in summary(finished(), ID)] == [
        ("name", "Nama", "Siti Rahmawati, S.Kom."),
        ("position", "Jabatan", "Kepala Bidang Aplikasi Informatika"),
        ("agency", "Instansi", "Diskominfo Kabupaten Kebumen"),
        ("region", "Daerah", "Kabupaten Kebumen"),
        ("need", "Kebutuhan", "Kami mohon pendampingan penyusunan masterplan smart city."),
        ("topics", "Topik", "Masterplan dan perencanaan; Pembiayaan dan anggaran"),
        ("stage", "Tahap", "Belum mulai"),
        ("time_frame", "Waktu", "Dalam tiga bulan"),
        ("contact", "Kontak", "+6281234567890"),
        ("consent", "Persetujuan data pribadi", "Diberikan (UU 27/2022)"),
    ]


def test_what_was_skipped_is_shown_as_not_given() -> None:
    assert {row.value for row in summary(begin(Profile()), ID)} == {"belum diisi"}


def test_telegram_as_contact_is_shown_in_words() -> None:
    intake = chosen(at("contact"), "telegram").intake
    assert shown(intake, "contact", ID) == "Lewat Telegram saja"
    assert shown(intake, "contact", copy_of(IntakeTexts, "en")) == "Telegram only"


@pytest.mark.parametrize("text", ["<b>Siti</b> & Budi", "Siti {value} {0}"])
def test_hostile_text_is_shown_as_it_was_typed(text: str) -> None:
    intake = receive(typed(at("name"), text).intake, Reply("back")).intake
    assert text in prompt(intake, ID).text
    assert summary(intake, ID)[0].value == text
