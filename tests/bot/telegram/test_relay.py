"""Files, albums, voice messages and changed words between an official's chat and the topic of the lead."""

from __future__ import annotations

import pytest

from tests.bot.telegram.conftest import StubBot, wait_until
from tests.bot.telegram.office import alert, in_talk, press, said
from tests.bot_api import Call, Group, Message, Person

CAPTION = "Anggaran < Rp5 miliar & <b>tebal</b>"


@pytest.fixture
def talk(quick: StubBot, office: Group, admin: Person, people: tuple[Person, ...]) -> Message:
    """A lead in which Rina has written to Siti: its card."""
    return in_talk(office, admin, people)


def copies(chat: Group | Person, count: int) -> list[Call]:
    """The copies that the bot made into a chat, once there are as many."""
    return chat.api.wait_calls("copyMessage", count, chat, 20)


def copied(chat: Group | Person, count: int) -> list[dict[str, object]]:
    """What the last copies in a chat hold."""
    copies(chat, count)
    chat.api.wait_for(lambda: len([m for m in chat.messages if m.method == "copyMessage"]) >= count, 20, "copies")
    return [m.body for m in chat.messages if m.method == "copyMessage"]


def test_a_document_of_the_official_comes_into_the_topic(
    talk: Message, office: Group, people: tuple[Person, ...]
) -> None:
    siti = people[0]
    siti.send_document("rpjmd.pdf", b"%PDF-1.7 rpjmd", CAPTION)
    assert "Diteruskan kepada konsultan Rina" in siti.wait_reply().text
    [body] = copied(office, 1)
    assert body["document"]["file_name"] == "rpjmd.pdf"  # type: ignore[index]
    assert body["caption"] == CAPTION
    assert body["message_thread_id"] == talk.thread
    assert said(office, "Siti (pejabat) mengirim").thread == talk.thread


def test_a_file_of_the_consultant_comes_to_the_official(
    talk: Message, office: Group, people: tuple[Person, ...]
) -> None:
    siti, rina, dewi = people
    office.document(dewi, "bukan-untuk-pejabat.pdf", b"x", thread=talk.thread)
    office.document(rina, "internal.pdf", b"x", "// hanya kita", thread=talk.thread)
    office.document(rina, "contoh.pdf", b"%PDF-1.7", CAPTION, thread=talk.thread)
    [body] = copied(siti, 1)
    assert (body["document"]["file_name"], body["caption"]) == ("contoh.pdf", CAPTION)  # type: ignore[index]
    assert "Rina (konsultan" in said(siti, "mengirim:").text


def test_a_voice_message_and_a_photo_are_carried_as_they_are(
    talk: Message, office: Group, people: tuple[Person, ...]
) -> None:
    siti = people[0]
    siti.voice()
    siti.photo(caption="denah & lokasi")
    voice, photo = copied(office, 2)
    assert "voice" in voice
    assert photo["caption"] == "denah & lokasi"


def test_an_album_is_announced_once_and_comes_whole(
    talk: Message, office: Group, quick: StubBot, people: tuple[Person, ...]
) -> None:
    siti, rina, _ = people
    for i in range(3):
        siti.photo(b"\xff\xd8" + bytes([i]), caption="tiga lokasi" if i == 0 else None, album="album-1")
    assert len({str(body["photo"]) for body in copied(office, 3)}) == 3
    for _ in range(2):
        office.photo(rina, album="album-2", thread=talk.thread)
    copied(siti, 2)
    wait_until(quick.is_done)
    assert len([m for m in office.messages if "(pejabat) mengirim" in m.text]) == 1
    assert len([m for m in siti.messages if "Diteruskan kepada" in m.text]) == 1
    assert len([m for m in siti.messages if "mengirim:" in m.text]) == 1
    siti.photo(album="album-3")
    siti.wait_reply(containing="Diteruskan kepada")


def test_what_the_official_changes_is_told_and_makes_an_approval_stale(
    talk: Message, office: Group, quick: StubBot, people: tuple[Person, ...]
) -> None:
    siti, rina, _ = people
    siti.say("Tahun RPJMD kami 2025-2029")
    siti.wait_reply()
    number = max(siti.history) - 1
    alert(quick.api, office.press(rina, "Lihat draf", talk))
    shown = said(office, "versi 1")
    siti.edit(number, "Tahun RPJMD kami <2026>-2030")
    assert (
        said(office, "mengubah pesannya").text
        == "✏️ Siti (pejabat) mengubah pesannya menjadi:\nTahun RPJMD kami <2026>-2030"
    )
    assert "Draf usang: pejabat menulis pesan baru" in alert(
        quick.api, office.press(rina, "Setujui & kirim versi 1", shown)
    )
    siti.edit(number, "Tahun RPJMD kami <2026>-2030")
    wait_until(quick.is_done)
    assert len([m for m in office.messages if "mengubah pesannya" in m.text]) == 1


def test_a_changed_caption_is_told_too(talk: Message, office: Group, people: tuple[Person, ...]) -> None:
    siti = people[0]
    siti.photo(caption="lokasi A")
    siti.wait_reply()
    copied(office, 1)
    siti.edit(max(siti.history) - 1, "lokasi B")
    assert "lokasi B" in said(office, "mengubah pesannya").text
    assert [body["caption"] for body in copied(office, 2)] == ["lokasi A", "lokasi B"]


def test_what_the_consultant_changes_reaches_the_official(
    talk: Message, office: Group, people: tuple[Person, ...]
) -> None:
    siti = people[0]
    greeting = next(i for i, m in reversed(office.history.items()) if m.get("text") == "Selamat pagi")
    office.edit(greeting, "Selamat siang, Bu")
    assert "memperbaiki pesannya menjadi:\nSelamat siang, Bu" in siti.wait_reply(containing="memperbaiki").text


def test_words_that_were_never_carried_are_not_carried_when_they_change(
    talk: Message, office: Group, quick: StubBot, people: tuple[Person, ...]
) -> None:
    """Talk among consultants, the text of a new version, answers to the steps of the request."""
    siti, rina, dewi = people
    before = len(siti.messages)
    office.say(dewi, "Saya bantu", thread=talk.thread)
    office.edit(max(office.history), "Saya bantu ya, pejabatnya sulit")
    office.say(rina, "// catatan", thread=talk.thread)
    office.edit(max(office.history), "catatan terbuka")
    press(office, rina, "Ubah")
    office.say(rina, "Rancangan tanggapan.", reply_to=said(office, "teks tanggapan"), thread=talk.thread)
    said(office, "Mengapa diubah")
    draft = next(i for i, m in office.history.items() if m.get("text") == "Rancangan tanggapan.")
    office.edit(draft, "Rancangan tanggapan, belum disetujui.")
    name = next(i for i, m in siti.history.items() if m.get("text") == "Siti Rahmawati")
    siti.edit(name, "Siti Rahma")
    wait_until(quick.is_done)
    assert len(siti.messages) == before
    assert not [m for m in office.messages if "mengubah pesannya" in m.text]
