"""What nobody would send, made up by hypothesis: parsers say no or yes, and neither raise nor hang.

Time is the processor's own, so that a busy machine fails nothing; the limits are twenty times what
was measured, and a thousandth of what an expression that backtracks takes.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session
from telegram import Update

from bot.board import mini_app
from bot.conversation import extract, mask, profile
from bot.conversation.draft import Citation, Draft, Point
from bot.database.connection import Database
from bot.database.tables import ReceivedUpdate
from bot.leads import choices, contact, lead, topics, which_region
from bot.leads.intake import Reply, begin, receive
from bot.telegram import buttons, render
from bot.telegram.inbox import store
from bot.telegram.webhook import readable
from knowledge import follow_up, legal_status, legal_text, query, question_parts, regions, structure
from knowledge.errors import DocumentError
from knowledge.sources import split_front_matter

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
# Words and signs that the parsers look for, and those that they may trip over.
WORDS = """saya kami dari di Dinas dinas kominfo kab. kabupaten kota prov Bandung jawa barat nama: jabatan: instansi:
    perkenalkan selaku kepala bidang sub seksi Budi S.Kom M.Si pasal 61 ayat (1) PP nomor 59/2022 tahun 2022 UU 0812
    3201 08123 +62 - – . , ( ) ; : ! ? * ## # [ ] « » “ 1. a. • a.b.c x@y.z KC-2611-0042 dicabut dan dinyatakan tidak
    berlaku peraturan menteri tentang undang-undang mau tanya izin bertanya ² ٣ é ̈ \u200b 🏙️ \t \n""".split(" ")
WRITTEN = st.one_of(
    st.text(max_size=300),
    st.lists(st.sampled_from(WORDS), max_size=60).map(" ".join),
    st.lists(st.sampled_from(WORDS), max_size=60).map("".join),
)
LONGEST = 4096
CPU_SECONDS = 0.8

READERS: dict[str, Callable[[str], object]] = {
    "profile": profile.read_profile,
    "introduction": profile.without_introduction,
    "regions": regions.find,
    "which region": which_region.which_region,
    "mask": mask.mask,
    "contact": contact.read_contact,
    "lead number": lead.read_number,
    "topics": lambda text: topics.topics_of([text]),
    "choices": lambda text: choices.all_meant(text, "topics", topics.topic_keys()),
    "references": legal_status.references,
    "identity": lambda text: legal_status.identify(text, "dokumen.md"),
    "repeals": legal_text.repealed_in,
    "statements": extract.statements,
    "language": query.language_of,
    "question parts": question_parts.parts_of,
    "follow-up": lambda text: follow_up.leans_on(text, ("apa itu SPBE?",)),
}
DOCUMENT_READERS = {
    "references": legal_status.references,
    "identity": lambda text: legal_status.identify(text, "dokumen.md"),
    "repeals": legal_text.repealed_in,
    "statements": extract.statements,
    "articles": structure._by_articles,
    "headings": structure._by_headings,
}


@pytest.fixture(scope="module", autouse=True)
def _tables_are_read() -> None:
    """The first call of each reads its tables."""
    for read in READERS.values():
        read("Saya Budi dari Dinas Kominfo Kab. Bandungg, 0812 3456 7890")


@pytest.mark.parametrize("reader", READERS)
@QUICK
@given(text=WRITTEN)
def test_reads_any_message(reader: str, text: str) -> None:
    READERS[reader](text)


def cpu(read: Callable[[str], object], text: str) -> float:
    began = time.process_time()
    read(text)
    return time.process_time() - began


@settings(max_examples=20, deadline=None)
@given(
    unit=st.lists(st.sampled_from(WORDS), min_size=1, max_size=6),
    glue=st.sampled_from(["", " "]),
    end=st.text(max_size=3),
)
def test_the_longest_message_takes_no_longer_for_being_strange(unit: list[str], glue: str, end: str) -> None:
    part = glue.join(unit) + glue or " "
    text = (part * LONGEST)[:LONGEST] + end
    slow = {name: seconds for name, read in READERS.items() if (seconds := cpu(read, text)) > CPU_SECONDS}
    assert not slow


@pytest.mark.parametrize("unit", [";", "kab.", "a.b.c ", "kab xyzzyx ", "dari dinas "])
def test_twice_the_text_is_not_four_times_the_work(unit: str) -> None:
    """The two that were quadratic, and their kind."""
    for name, read in READERS.items():
        text = (unit * 8000)[:8000]
        read(text[:100])
        assert cpu(read, text) < max(3 * cpu(read, text[:4000]), 0.5), name


@settings(max_examples=12, deadline=None)
@given(unit=st.lists(st.sampled_from(WORDS), min_size=1, max_size=5), glue=st.sampled_from(["", " ", "\n"]))
def test_a_document_of_one_repeated_line_is_read_in_time(unit: list[str], glue: str) -> None:
    text = ((glue.join(unit) + glue or " ") * 40_000)[:40_000]
    slow = {name: seconds for name, read in DOCUMENT_READERS.items() if (seconds := cpu(read, text)) > 3}
    assert not slow


# Buttons.


KEY = mini_app.key_of("12345:UJI")
NOW = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)
# What stands in the proof of a Mini App, whole, broken, or of another kind.
USERS = st.one_of(
    st.text(max_size=100),
    st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20), st.lists).map(
        json.dumps
    ),
    st.dictionaries(
        st.sampled_from(["id", "first_name", "last_name"]), st.integers() | st.text(max_size=9) | st.none()
    ).map(json.dumps),
    st.just("[" * 4000),
)
DATES = st.one_of(st.text(max_size=30), st.integers().map(str), st.just(str(int(NOW.timestamp()))), st.just("9" * 4000))


def read_proof(init_data: str) -> None:
    """A proof is read or refused; nothing else may come of it."""
    try:
        proof = mini_app.read(init_data, KEY, NOW)
    except mini_app.ProofError:
        return
    assert isinstance(proof.person, int)
    assert len(proof.name) <= 128


@QUICK
@given(st.one_of(st.text(max_size=300), WRITTEN.map(lambda text: f"user={text}&hash={text}&auth_date=1")))
def test_any_text_in_the_place_of_a_proof_is_refused(text: str) -> None:
    with pytest.raises(mini_app.ProofError):
        mini_app.read(text, KEY, NOW)


@QUICK
@given(user=USERS, date=DATES, other=st.dictionaries(st.text(max_size=9), st.text(max_size=30), max_size=4))
def test_anything_that_is_signed_is_a_person_or_refused(user: str, date: str, other: dict[str, str]) -> None:
    fields = {**other, "user": user, "auth_date": date}
    fields.pop("hash", None)
    try:
        query_string = urlencode(fields)
    except UnicodeEncodeError:
        return
    signed = "\n".join(f"{name}={value}" for name, value in sorted(fields.items()))
    signature = hmac.new(KEY, signed.encode(), hashlib.sha256).hexdigest()
    read_proof(f"{query_string}&hash={signature}")


@QUICK
@given(text=st.one_of(st.none(), st.text(max_size=64)))
def test_any_data_of_a_button_is_a_press_or_none(text: str | None) -> None:
    press = buttons.read(text)
    assert press is None or buttons.data(press.action, press.row, press.argument) == text


@QUICK
@given(
    kind=st.sampled_from(["typed", "choice", "contact", "skip", "back", "cancel", "correct"]),
    value=WRITTEN,
    steps=st.lists(st.text(max_size=20), max_size=3),
)
def test_any_reply_moves_a_request_or_gets_a_complaint(kind: Any, value: str, steps: list[str]) -> None:  # noqa: ANN401
    intake = begin(profile.Profile())
    for step in [*steps, ""]:
        outcome = receive(intake, Reply(kind, value, step))
        intake = outcome.intake


# Updates.

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)
KNOWN = st.sampled_from(
    "message edited_message callback_query update_id chat from data text date my_chat_member poll".split()
)
UPDATES = st.dictionaries(KNOWN, JSON, max_size=5).map(lambda found: {"update_id": 1} | found) | JSON


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Database:
    found = Database(tmp_path_factory.mktemp("fuzz") / "uji.sqlite")
    found.migrate()
    return found


@QUICK
@given(values=UPDATES)
def test_any_json_is_an_update_that_can_be_kept_or_none(values: Any, database: Database) -> None:  # noqa: ANN401
    update = readable(json.dumps(values).encode(), None)
    if update is None:
        return

    def keep(session: Session) -> None:
        assert store(session, [update]) == {update.update_id}
        kept = session.scalar(select(ReceivedUpdate).where(ReceivedUpdate.id == update.update_id))
        assert kept
        assert Update.de_json(kept.payload or {}, None).to_dict() == update.to_dict()
        session.delete(kept)

    asyncio.run(database.run(keep))


@QUICK
@given(content=st.binary(max_size=200))
def test_any_bytes_are_an_update_or_none(content: bytes) -> None:
    readable(content, None)


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 200_000,
        b'{"update_id": 1, "message": ' + b'{"reply_to_message": ' * 5000 + b"1" + b"}" * 5001,
        b'{"update_id": 9223372036854775808}',
        b'{"update_id": -1}',
        b'{"update_id": 1' + b"0" * 5000 + b"}",
        b'{"update_id": NaN}',
        b'{"update_id": 1, "message": {"message_id": 1, "date": 1e30, "chat": {"id": 1, "type": "private"}}}',
        b'{"update_id": 1, "message": {"message_id": 1, "date": 1, "chat": {"id": 99999999999999999999, "type": "a"}}}',
    ],
    ids=range(8),
)
def test_what_no_database_can_hold_is_refused(content: bytes) -> None:
    assert readable(content, None) is None


# Front matter.

YAML = st.text(alphabet="abid:1-0. \n\"'[]{}&*!|>%@`#?,_xe\t²é\\", max_size=120)


@QUICK
@given(head=st.one_of(st.text(max_size=200), YAML), body=st.text(max_size=40))
def test_any_front_matter_is_read_or_refused_with_a_reason(head: str, body: str) -> None:
    try:
        split_front_matter(f"---\n{head}\n---\n{body}")
    except DocumentError as error:
        assert error.reason


@pytest.mark.parametrize(
    "head",
    [
        "[" * 4000,
        "a: " * 4000,
        "checked: 2024-13-45",
        "checked: !!timestamp kemarin",
        "n: !!int ''",
        "n: !!float x",
        "n: !!binary é",
        "n: !!bool x",
        "? [a]\n: b",
        "n: " + "9" * 5000,
        "n: 0x_",
        "n: 1:99999999999999999999:9e",
        "\x00",
        "a: &a [*a]",
        "\n".join(["a0: &a0 [x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12))]),
    ],
    ids=range(15),
)
def test_front_matter_that_breaks_readers_is_refused_at_once(head: str) -> None:
    began = time.process_time()
    with pytest.raises(DocumentError):
        split_front_matter(f"---\n{head}\n---\nIsi.")
    assert time.process_time() - began < 2


# What Telegram is sent.

TEXTS = st.one_of(
    st.text(max_size=400), st.text(alphabet="<>&\"' ab\n", max_size=3000), st.text("&", min_size=3000, max_size=9000)
)


class Balance(HTMLParser):
    """Fails on a tag that Telegram does not know, or that is not closed in its turn."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        assert tag in {"b", "i", "blockquote"}
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        assert "<" not in data
        self.text += data

    def handle_entityref(self, name: str) -> None:
        assert name in {"lt", "gt", "amp", "quot"}


def sendable(pieces: list[str]) -> None:
    for piece in pieces:
        assert 0 < len(piece.encode("utf-16-le", "surrogatepass")) // 2 <= 4096
        reader = Balance()
        reader.feed(piece)
        reader.close()
        assert not reader.open


def citation(title: str, locator: str, quote: str) -> Citation:
    return Citation(1, "a.md", title[:300], locator[:100], quote, "berlaku", "a.md", "a.md#0")


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example])
@given(
    answer=TEXTS,
    points=st.lists(TEXTS, max_size=3),
    title=st.text(max_size=80),
    quote=TEXTS,
    notes=st.lists(st.text(max_size=200), max_size=2),
)
def test_any_answer_becomes_messages_that_telegram_takes(
    answer: str, points: list[str], title: str, quote: str, notes: list[str]
) -> None:
    drafted = Draft(
        "answer",
        "id",
        Point(answer, (1,)),
        tuple(Point(text, (1,)) for text in points),
        (citation(title, title, quote),),
    )
    sendable(render.messages(render.answer(drafted, notes)))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example])
@given(before=TEXTS, quote=TEXTS.filter(bool), after=TEXTS, title=st.text(max_size=80))
def test_any_source_becomes_messages_that_telegram_takes(before: str, quote: str, after: str, title: str) -> None:
    from bot.texts import copy_of
    from bot.texts.telegram import TelegramTexts

    shown = render.source(citation(title, title, quote), before + quote + after, copy_of(TelegramTexts, "id"))
    sendable(render.messages(shown))
    sendable(render.messages(render.section(title, title, before)))
    sendable(render.messages(render.written(after)))
