"""The copy that a person reads: complete, in the right tone, with what it promises to fill in."""

from __future__ import annotations

import re

import pytest
from pydantic import ValidationError

from bot.conversation.converse import REPLIES
from bot.texts import Language, Texts, texts

LANGUAGES: tuple[Language, ...] = ("id", "en")
JARGON = re.compile(r"\b(?:LLM|embeddings?|vektor|vector|token|prompt|chunk|retrieval|neural|similarity)\b", re.I)


def filled(copy: Texts) -> dict[str, str]:
    values = dict.fromkeys(
        [
            "title",
            "locator",
            "by",
            "instead",
            "regulation",
            "article",
            "topics",
            "number",
            "since",
            "until",
            "when",
            "rules",
            "part",
            "reply",
        ],
        "PP 59/2022",
    )
    return {key: text.format(**values) for key, text in copy.model_dump().items()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_fills_in_every_placeholder(language: Language) -> None:
    assert not [key for key, text in filled(texts(language)).items() if re.search(r"[{}]", text)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_leaves_no_text_empty(language: Language) -> None:
    # An Indonesian reader need not be told that the sources are in Indonesian.
    allowed = {"sources_in_indonesian"} if language == "id" else set()
    assert {key for key, text in texts(language).model_dump().items() if not text.strip()} == allowed


@pytest.mark.parametrize("language", LANGUAGES)
def test_speaks_no_jargon_of_models(language: Language) -> None:
    assert not [text for text in texts(language).model_dump().values() if JARGON.search(text)]


@pytest.mark.parametrize("key", ["smalltalk_greeting", "smalltalk_thanks", "clarify", "handover_person"])
def test_addresses_an_official_politely(key: str) -> None:
    assert "Bapak/Ibu" in getattr(texts("id"), key)


def test_every_refusal_apologises_and_offers_a_way_on() -> None:
    refusals = {key: text for key, text in texts("id").model_dump().items() if key.startswith("refuse_")}
    assert refusals
    assert all(re.match(r"Mohon maaf\b.*\b[Kk]ami\b", text) for text in refusals.values())


def test_every_handover_says_that_a_consultant_takes_over() -> None:
    for language, word in zip(LANGUAGES, ("konsultan", "consultant"), strict=True):
        copy = texts(language).model_dump()
        assert all(word in text for key, text in copy.items() if key.startswith("handover_"))


def test_every_reply_of_the_conversation_has_its_text() -> None:
    keys = {key for replies in REPLIES.values() for key in replies.values()}
    assert keys <= set(Texts.model_fields)


def test_the_repeal_warning_names_what_replaces_it() -> None:
    warning = texts("id").repealed_by.format(title="PP 34/2009", by="PP 59/2022", instead="PP 59/2022")
    assert "PP 34/2009 sudah dicabut oleh PP 59/2022" in warning


def test_a_missing_text_fails_when_the_file_is_read() -> None:
    copy = texts("id").model_dump()
    del copy["goodbye"]
    with pytest.raises(ValidationError, match="goodbye"):
        Texts(**copy)


def test_an_unknown_text_fails_when_the_file_is_read() -> None:
    with pytest.raises(ValidationError, match="selamat_jalan"):
        Texts(**texts("id").model_dump() | {"selamat_jalan": "Sampai jumpa."})
