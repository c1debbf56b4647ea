"""A consultation request from the first question to the summary, as officials answer it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.conversation.profile import Profile
from bot.leads.intake import Complaint, Intake, Outcome, Reply, begin, from_json, receive, to_json, value_of
from bot.leads.steps import FIELDS, STAGES, STEPS, TIME_FRAMES, Field, Step

SITI = Profile(
    name="Siti Rahmawati, S.Kom.",
    position="Kepala Bidang Aplikasi Informatika",
    agency="Diskominfo Kabupaten Kebumen",
    region="33.05",
    contact="+6281234567890",
)
NEED = "Kami mohon pendampingan penyusunan masterplan smart city."
ANSWERS: dict[Step, str] = {
    "name": "Siti Rahmawati, S.Kom.",
    "position": "Kepala Bidang Aplikasi Informatika",
    "agency": "Diskominfo Kabupaten Kebumen",
    "region": "Kabupaten Kebumen",
    "need": NEED,
    "topics": "masterplan, pembiayaan",
    "stage": "belum mulai",
    "time_frame": "3 bulan",
    "contact": "0812-3456-7890",
    "consent": "setuju",
}


def typed(intake: Intake, *answers: str) -> Outcome:
    outcome = Outcome(intake)
    for answer in answers:
        outcome = receive(outcome.intake, Reply("typed", answer))
    return outcome


def chosen(intake: Intake, *keys: str) -> Outcome:
    outcome = Outcome(intake)
    for key in keys:
        outcome = receive(outcome.intake, Reply("choice", key))
    return outcome


def every_step() -> Iterator[Intake]:
    """The request of somebody who is asked everything, at each step."""
    intake = begin(Profile())
    yield intake
    for step in STEPS[:-1]:
        intake = typed(intake, ANSWERS[step]).intake
        yield intake


def at(step: Step) -> Intake:
    return next(intake for intake in every_step() if intake.step == step)


def finished() -> Intake:
    return at("summary")


def test_asks_everything_of_somebody_unknown_and_keeps_every_answer() -> None:
    assert [intake.step for intake in every_step()] == list(STEPS)
    intake = finished()
    assert intake.profile == SITI
    assert (intake.need, intake.topics) == (NEED, ("masterplan", "pembiayaan"))
    assert (intake.stage, intake.time_frame, intake.consent) == ("belum-mulai", "3-bulan", True)
    assert typed(intake, "kirim") == Outcome(intake, state="confirmed")
    assert chosen(intake, "confirm").state == "confirmed"


def test_does_not_ask_what_the_profile_and_the_conversation_tell() -> None:
    intake = begin(SITI, NEED, ["pembiayaan", "masterplan"])
    assert intake.plan == ("stage", "time_frame", "consent", "summary")
    assert (intake.step, intake.topics) == ("stage", ("masterplan", "pembiayaan"))
    assert typed(intake, "1", "belum tahu", "setuju", "kirim").state == "confirmed"


def test_asks_again_for_what_is_known_wrongly() -> None:
    odd = Profile(name=" ", region="99.99", contact="tidak ada")
    intake = begin(odd, "  ", ["tidak-ada"])
    assert intake.plan == STEPS
    assert intake.profile == Profile()


def test_a_long_question_is_cut_at_a_word() -> None:
    need = begin(Profile(), "masterplan " * 100).need
    assert len(need) <= 500
    assert need.endswith("masterplan …")


def test_consent_is_asked_each_time() -> None:
    assert "consent" in begin(SITI, NEED, ["masterplan"]).plan


@pytest.mark.parametrize("how", ["typed", "button"])
def test_everything_but_the_consent_can_be_skipped(how: str) -> None:
    skip = Reply("typed", "lewati") if how == "typed" else Reply("skip")
    intake = begin(Profile())
    for step in FIELDS[:-1]:
        assert intake.step == step
        outcome = receive(intake, skip)
        assert not outcome.complaint
        intake = outcome.intake
    assert receive(intake, skip) == Outcome(intake, "consent_needed")
    intake = chosen(intake, "agree").intake
    assert receive(intake, skip) == Outcome(intake, "cannot_skip")
    assert (intake.profile, intake.need, intake.topics, intake.stage) == (Profile(), "", (), "")
    assert chosen(intake, "confirm").state == "confirmed"


@pytest.mark.parametrize(
    "word", ["batal", "/batal", "BATAL", "Batal.", "cancel", "/cancel@KotaCerdasBot", "tidak jadi"]
)
def test_can_be_left_at_every_step(word: str) -> None:
    for intake in every_step():
        assert typed(intake, word) == Outcome(intake, state="cancelled")
        assert receive(intake, Reply("cancel", step="name")).state == "cancelled"


@pytest.mark.parametrize("word", ["kembali", "/kembali", "back", "Kembali!"])
def test_can_go_back_from_every_step_without_losing_an_answer(word: str) -> None:
    for intake in every_step():
        outcome = typed(intake, word)
        if intake.step == "name":
            assert outcome == Outcome(intake, "first_step")
            continue
        assert outcome.intake.step == STEPS[STEPS.index(intake.step) - 1]
        assert all(value_of(outcome.intake, name) == value_of(intake, name) for name in FIELDS)


def test_skipping_on_after_going_back_keeps_the_answer() -> None:
    intake = receive(at("position"), Reply("back")).intake
    assert (intake.step, intake.profile.name) == ("name", SITI.name)
    assert receive(intake, Reply("skip")).intake == at("position")


def test_a_request_survives_a_restart_at_every_step() -> None:
    for intake in every_step():
        assert from_json(to_json(intake)) == intake
    unsure = typed(at("region"), "bandung").intake
    assert from_json(to_json(unsure)) == unsure
    correcting = typed(finished(), "ubah kontak").intake
    assert from_json(to_json(correcting).encode()) == correcting


@pytest.mark.parametrize(
    "broken",
    [
        "", "{}", "null", "[]", "{", '"batal"', '{"plan": [], "step": "name"}', '{"plan": ["summary"], "step": "name"}',
        '{"plan": ["name"], "step": "name"}', '{"plan": ["summary", "name"], "step": "name"}',
        '{"plan": ["summary"], "step": "tidak-ada"}', '{"plan": ["summary"], "step": "summary", "kunci_lain": 1}',
        '{"plan": ["summary"], "step": "summary", "topics": ["tidak-ada"]}',
        '{"plan": ["summary"], "step": "summary", "stage": "tidak-ada"}',
        '{"plan": ["summary"], "step": "summary", "time_frame": "tidak-ada"}',
        '{"plan": ["summary"], "step": "summary", "candidates": ["99.99"]}',
        '{"plan": ["summary"], "step": "summary", "profile": {"region": "99.99"}}',
        '{"plan": ["summary"], "step": "summary", "profile": {"nik": "3305"}}',
    ],
)  # fmt: skip
def test_broken_or_unknown_json_is_a_value_error(broken: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_json(broken)


def test_json_that_lacks_a_key_of_the_plan_is_refused() -> None:
    kept = json.loads(to_json(at("need")))
    del kept["plan"]
    with pytest.raises(ValueError, match="plan"):
        from_json(json.dumps(kept))


# Region


@pytest.mark.parametrize("answer", ["kebumen", "Kab. Kebumen", "diskominfo kebumen", "Kebumen, Jawa Tengah"])
def test_takes_a_region_that_is_written_out(answer: str) -> None:
    outcome = typed(at("region"), answer)
    assert (outcome.complaint, outcome.intake.profile.region, outcome.intake.step) == ("", "33.05", "need")


def test_an_ambiguous_region_is_chosen_from_candidates() -> None:
    outcome = typed(at("region"), "bandung")
    assert (outcome.complaint, outcome.intake.candidates) == ("region_unsure", ("32.04", "32.73"))
    assert outcome.intake.step == "region"
    assert chosen(outcome.intake, "32.73").intake.profile.region == "32.73"


@pytest.mark.parametrize(
    ("answer", "region"),
    [
        ("2", "32.73"),
        ("Kota Bandung", "32.73"),
        ("kota", "32.73"),
        ("kab", "32.04"),
        ("kabupaten bandung", "32.04"),
        ("kebumen", "33.05"),
    ],
)
def test_candidates_can_be_answered_in_words(answer: str, region: str) -> None:
    unsure = typed(at("region"), "bandung").intake
    assert typed(unsure, answer).intake.profile.region == region


@pytest.mark.parametrize("answer", ["kebumn", "kab. kebumn"])
def test_a_mistyped_region_is_confirmed_first(answer: str) -> None:
    unsure = typed(replace(at("region"), candidates=()), answer)
    assert (unsure.complaint, unsure.intake.profile.region) == ("region_unsure", "")
    assert unsure.intake.candidates[0] == "33.05"
    assert typed(unsure.intake, "ya, betul").intake.profile.region == "33.05"


@pytest.mark.parametrize("answer", ["none", "bukan"])
def test_none_of_the_candidates_asks_again(answer: str) -> None:
    unsure = typed(at("region"), "bandung").intake
    again = typed(unsure, answer)
    assert (again.complaint, again.intake.candidates, again.intake.step) == ("region_again", (), "region")
    assert typed(again.intake, "Kota Magelang").intake.profile.region == "33.71"


@pytest.mark.parametrize("answer", ["Atlantis", "12345", "entah", "🙂"])
def test_an_unknown_region_is_a_complaint_and_can_be_skipped(answer: str) -> None:
    unknown = typed(at("region"), answer)
    assert (unknown.complaint, unknown.intake.step) == ("region_unknown", "region")
    skipped = receive(unknown.intake, Reply("skip")).intake
    assert (skipped.step, skipped.profile.region) == ("need", "")


def test_the_agency_offers_its_region() -> None:
    assert at("region").candidates == ("33.05",)
    assert typed(at("region"), "ya").intake.profile.region == "33.05"
    assert typed(at("agency"), "Bappeda").intake.candidates == ()


# Topics


def test_topics_are_marked_and_unmarked_one_by_one() -> None:
    intake = chosen(at("topics"), "pembiayaan", "masterplan", "pengadaan", "pengadaan").intake
    assert (intake.step, intake.topics) == ("topics", ("masterplan", "pembiayaan"))
    assert chosen(intake, "done").intake.step == "stage"
    assert typed(intake, "selesai").intake.topics == ("masterplan", "pembiayaan")


def test_typed_topics_answer_the_step() -> None:
    intake = typed(at("topics"), "1, 4").intake
    assert (intake.step, intake.topics) == ("stage", ("masterplan", "spbe-pemdi"))


def test_an_unknown_topic_keeps_the_known_ones_marked() -> None:
    outcome = typed(chosen(at("topics"), "pengadaan").intake, "pembiayaan, qwertyuiop")
    assert (outcome.complaint, outcome.intake.step) == ("topics_unknown", "topics")
    assert outcome.intake.topics == ("pembiayaan", "pengadaan")


# Choices, contact, consent


@pytest.mark.parametrize(("step", "keys"), [("stage", STAGES), ("time_frame", TIME_FRAMES)])
def test_every_choice_can_be_pressed(step: Step, keys: tuple[str, ...]) -> None:
    for key in keys:
        outcome = chosen(at(step), key)
        assert (outcome.complaint, value_of(outcome.intake, step)) == ("", key)


def test_an_answer_that_is_no_choice_is_a_complaint() -> None:
    assert typed(at("stage"), "warna biru") == Outcome(at("stage"), "choose")


@pytest.mark.parametrize(
    ("reply", "contact"),
    [
        (Reply("typed", "0812 3456 7890"), "+6281234567890"),
        (Reply("typed", "(0287) 381234"), "+62287381234"),
        (Reply("typed", "kominfo@kebumenkab.go.id"), "kominfo@kebumenkab.go.id"),
        (Reply("typed", "lewat Telegram saja"), "telegram"),
        (Reply("choice", "telegram"), "telegram"),
        (Reply("contact", "6281234567890"), "+6281234567890"),
    ],
)
def test_takes_a_number_an_address_or_telegram(reply: Reply, contact: str) -> None:
    outcome = receive(at("contact"), reply)
    assert (outcome.intake.profile.contact, outcome.intake.step) == (contact, "consent")


@pytest.mark.parametrize("reply", [Reply("typed", "0812"), Reply("typed", "kominfo@"), Reply("contact", "1")])
def test_a_wrong_contact_is_a_complaint(reply: Reply) -> None:
    assert receive(at("contact"), reply) == Outcome(at("contact"), "contact_invalid")


@pytest.mark.parametrize("answer", ["tidak", "tidak setuju", "belum setuju", "No"])
def test_nothing_is_sent_without_consent(answer: str) -> None:
    refused = typed(at("consent"), answer)
    assert (refused.complaint, refused.state, refused.intake.step) == ("consent_needed", "going", "consent")
    assert typed(refused.intake, "setuju", "kirim").state == "confirmed"


def test_a_consent_that_is_withdrawn_in_the_summary_holds_the_request_back() -> None:
    intake = chosen(receive(finished(), Reply("correct", "consent")).intake, "decline").intake
    intake = receive(intake, Reply("back")).intake
    held = chosen(intake, "confirm")
    assert (held.complaint, held.state, held.intake.step) == ("consent_needed", "going", "consent")
    agreed = chosen(held.intake, "agree").intake
    assert agreed.step == "summary"
    assert chosen(agreed, "confirm").state == "confirmed"


# Corrections


@pytest.mark.parametrize(
    ("name", "answer", "value"),
    [
        ("name", "Budi Santoso", "Budi Santoso"),
        ("position", "Sekretaris Dinas", "Sekretaris Dinas"),
        ("agency", "Bappeda", "Bappeda"),
        ("region", "Kota Magelang", "33.71"),
        ("need", "Kami perlu kajian KPBU.", "Kami perlu kajian KPBU."),
        ("topics", "pengadaan", ("pengadaan",)),
        ("stage", "evaluasi", "evaluasi"),
        ("time_frame", "bulan ini", "bulan-ini"),
        ("contact", "budi@magelangkota.go.id", "budi@magelangkota.go.id"),
        ("consent", "setuju", True),
    ],
)
def test_every_field_can_be_corrected_and_returns_to_the_summary(name: Field, answer: str, value: object) -> None:
    for opened in (
        receive(finished(), Reply("correct", name)).intake,
        chosen(finished(), "correct", name).intake,
        typed(finished(), str(FIELDS.index(name) + 1)).intake,
    ):
        assert (opened.step, opened.correcting) == (name, True)
        corrected = typed(opened, answer).intake
        assert (corrected.step, corrected.correcting, value_of(corrected, name)) == ("summary", False, value)
        assert all(value_of(corrected, other) == value_of(finished(), other) for other in FIELDS if other != name)


@pytest.mark.parametrize(
    ("words", "step"),
    [("ubah kontak", "contact"), ("ganti nomor kontak", "contact"), ("daerah", "region"), ("tolong perbaiki nama saya", "name"),
     ("perbaiki", "correct"), ("change the need", "need"), ("belum benar", "correct"), ("9", "contact")],
)  # fmt: skip
def test_a_correction_can_be_asked_in_words(words: str, step: Step) -> None:
    assert typed(finished(), words).intake.step == step


def test_a_lone_number_never_sends_the_request() -> None:
    outcome = typed(finished(), "1")
    assert (outcome.state, outcome.intake.step) == ("going", "name")


@pytest.mark.parametrize("name", FIELDS)
def test_back_from_a_correction_leaves_the_field_as_it_was(name: Field) -> None:
    opened = receive(finished(), Reply("correct", name)).intake
    assert receive(opened, Reply("back")).intake == finished()


def test_back_from_the_choice_of_a_field_is_the_summary() -> None:
    assert typed(finished(), "perbaiki", "kembali").intake == finished()


@pytest.mark.parametrize("name", FIELDS[:-1])
def test_a_field_can_be_emptied_in_a_correction(name: Field) -> None:
    opened = receive(finished(), Reply("correct", name)).intake
    emptied = receive(opened, Reply("skip")).intake
    assert emptied.step == "summary"
    assert not value_of(emptied, name)


def test_a_complaint_in_a_correction_keeps_the_old_value() -> None:
    opened = receive(finished(), Reply("correct", "contact")).intake
    wrong = typed(opened, "0812")
    assert (wrong.complaint, wrong.intake.profile.contact) == ("contact_invalid", SITI.contact)
    assert typed(wrong.intake, "0813 9999 8888").intake.step == "summary"


def test_a_prefilled_field_is_corrected_from_the_summary() -> None:
    intake = typed(begin(SITI, NEED, ["masterplan"]), "1", "1", "setuju").intake
    corrected = typed(intake, "ubah kebutuhan", "Kami perlu kajian KPBU.").intake
    assert (corrected.step, corrected.need) == ("summary", "Kami perlu kajian KPBU.")


# Hostile and careless input


@pytest.mark.parametrize(
    "text", ["<b>Siti</b> & Budi", "</code><script>alert(1)</script>", "Siti {name} %s \\n", "Śiti’s “Ny.” 👩🏽‍💼"]
)
def test_hostile_text_is_kept_as_plain_text(text: str) -> None:
    intake = typed(at("name"), text).intake
    assert intake.profile.name == text
    assert from_json(to_json(intake)) == intake


def test_control_and_turning_signs_are_taken_away() -> None:
    assert typed(at("name"), "Si\x00ti\u202e  Rahma\u200bwati\x1b\n").intake.profile.name == "Siti Rahmawati"
    assert typed(at("need"), "Baris satu\r\n\n\n\nBaris   dua\ud800").intake.need == "Baris satu\n\nBaris dua"


@pytest.mark.parametrize("text", ["", "   ", "\u200b", "\n\n"])
def test_an_empty_message_is_a_complaint_at_every_step(text: str) -> None:
    for intake in every_step():
        assert typed(intake, text) == Outcome(intake, "empty")


@pytest.mark.parametrize(("step", "limit", "complaint"), [("name", 100, "too_long"), ("position", 100, "too_long"), ("agency", 100, "too_long"), ("need", 500, "need_too_long")])  # fmt: skip
def test_too_long_a_text_is_a_complaint_and_loses_nothing(step: Step, limit: int, complaint: Complaint) -> None:
    assert not typed(at(step), "a" * limit).complaint
    assert typed(at(step), "a" * (limit + 1)) == Outcome(at(step), complaint)


def test_a_huge_message_is_answered_with_a_complaint_everywhere() -> None:
    for intake in every_step():
        outcome = typed(intake, "kebumen dan " * 400)
        assert outcome.complaint
        assert outcome.intake.step == intake.step


@pytest.mark.parametrize("text", ["12345", "???", "🙂🙂"])
def test_a_name_without_letters_is_a_complaint(text: str) -> None:
    assert typed(at("name"), text) == Outcome(at("name"), "no_letters")


def test_a_button_of_another_step_changes_nothing() -> None:
    for intake in every_step():
        assert chosen(intake, "tidak-ada").complaint in {"stale"}
        assert receive(intake, Reply("choice", "lainnya", step="correct")) == Outcome(intake, "stale")
        if intake.step != "summary":
            assert receive(intake, Reply("correct", "name")) == Outcome(intake, "stale")
        if intake.step != "contact":
            assert receive(intake, Reply("contact", "6281234567890")) == Outcome(intake, "stale")
    assert receive(finished(), Reply("correct", "tidak-ada")).complaint == "stale"
