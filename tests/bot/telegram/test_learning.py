"""Responses that are used again, and the gap list: over the wire, with several people."""

from __future__ import annotations

import json

from tests.bot.telegram.conftest import StubBot, ask, wait_until
from tests.bot.telegram.office import alert, card, enrol, press, request, said, taken
from tests.bot_api import BotApi, Group, Message, Person

SOURCE = {
    "n": 1, "source": "pp-59-2022.md", "title": "PP 59/2022", "locator": "Pasal 61", "quote": "enam aspek",
    "status": "berlaku", "document": "/pustaka/pp-59-2022.md", "group": "pp-59-2022#61",
}  # fmt: skip


def approved(quick: StubBot, office: Group, rina: Person, number: str) -> Message:
    """Rina takes a lead and sends the assistant's draft; the message that says it has arrived."""
    alert(quick.api, office.press(rina, "Ambil", card(office, number)))
    alert(quick.api, office.press(rina, "Lihat draf", card(office, number)))
    press(office, rina, "Setujui & kirim versi 1")
    return said(office, "sudah sampai")


def suggested(office: Group, number: str) -> Message:
    """The card once it suggests something."""

    def there() -> Message | None:
        shown = card(office, number)
        return shown if "pernah disetujui" in shown.text else None

    return office.api.wait_for(there, 20, "a suggestion")


def gap(chat: Group | Person, person: Person, text: str) -> Message:
    """The entry of the gap list with a text, asked for until it is there."""

    def there() -> bool:
        chat.say(person, "/kesenjangan") if isinstance(chat, Group) else person.say("/kesenjangan")
        reply = chat.wait_reply()
        return text in reply.text

    wait_until(there, 20, f"a gap with {text!r}")
    return said(chat, text)


def test_an_approved_response_is_suggested_used_and_approved_anew(
    quick: StubBot, office: Group, admin: Person, api: BotApi, people: tuple[Person, ...]
) -> None:
    siti, rina, dewi = people
    enrol(admin, rina)
    enrol(admin, dewi)
    first = request(siti)
    arrived = approved(quick, office, rina, first)
    assert alert(api, office.press(dewi, "♻️ Jadikan rujukan", arrived)) == "Permohonan ini ditangani Rina."
    assert alert(api, office.press(rina, "♻️ Jadikan rujukan", arrived)) == ""
    assert alert(api, office.press(rina, "♻️ Jadikan rujukan", arrived)) == "Tanggapan ini sudah menjadi rujukan."
    said(office, "Rina menjadikan tanggapan ini rujukan")

    other = request(api.private(7003, "Joko"), "Berapa lama rekaman kamera disimpan menurut aturan?")
    budi = api.private(7002, "Budi")
    second = request(budi, "Apa dasar hukum dari enam aspek kota cerdas?")
    shown = suggested(office, second)
    assert f"♻️ {first}: Apa dasar hukum enam aspek kota cerdas?" in shown.text
    assert "pernah disetujui" not in card(office, other).text
    use = f"♻️ Pakai tanggapan {first}"
    assert use not in [button["text"] for button in shown.buttons]

    alert(api, office.press(dewi, "Ambil", shown))
    api.wait_for(lambda: use in [b["text"] for b in card(office, second).buttons], 20, "the button")
    assert alert(api, office.press(rina, use, card(office, second))) == "Permohonan ini ditangani Dewi."
    assert alert(api, office.press(dewi, use, card(office, second))) == ""
    said(office, "Periksa sapaan, nama")
    said(office, f"{second}: versi 2")
    assert quick.rows("SELECT kind, author FROM lead_versions WHERE lead_id = 3 ORDER BY number") == [
        ("assistant", 0),
        ("reuse", 502),
    ]
    assert not [m for m in budi.messages if "Tanggapan konsultasi" in m.text]
    press(office, dewi, "Setujui & kirim versi 2")
    assert (
        "Apa dasar hukum enam aspek kota cerdas" in budi.wait_reply(containing="Tanggapan konsultasi", timeout=20).text
    )


def test_a_response_whose_source_has_changed_is_suggested_no_more_and_its_marker_hears_why(
    quick: StubBot, office: Group, admin: Person, api: BotApi, people: tuple[Person, ...]
) -> None:
    siti, rina, _ = people
    enrol(admin, rina)
    first = request(siti)
    office.press(rina, "♻️ Jadikan rujukan", approved(quick, office, rina, first))
    said(office, "menjadikan tanggapan ini rujukan")
    second = request(api.private(7002, "Budi"), "Apa dasar hukum dari enam aspek kota cerdas?")
    alert(api, office.press(rina, "Ambil", suggested(office, second)))
    wait_until(lambda: quick.rows("SELECT checked FROM reusable") == [("generasi-uji",)])
    wait_until(quick.is_done)
    quick.kill()
    # As if it rested on a document that the library in use does not have.
    quick.change("UPDATE lead_versions SET citations = ?, text = text || ' [1]'", json.dumps([SOURCE]))
    quick.change("UPDATE reusable SET checked = 'generasi-lama'")
    quick.start()
    told = said(rina, "tidak disarankan lagi").text
    assert told == (
        f"♻️ Tanggapan {first} yang Anda jadikan rujukan tidak disarankan lagi. "
        "Draf usang: sumber [1] PP 59/2022 tidak ada lagi di pustaka."
    )
    assert "tidak dapat dipakai lagi" in alert(api, office.press(rina, "♻️ Pakai tanggapan", card(office, second)))
    wait_until(lambda: "pernah disetujui" not in card(office, second).text)
    assert quick.rows("SELECT count(*) FROM lead_versions WHERE kind = 'reuse'") == [(0,)]


def test_forged_buttons_of_responses_and_gaps_do_nothing(
    quick: StubBot, office: Group, admin: Person, people: tuple[Person, ...]
) -> None:
    _, rina, stranger = people
    shown = taken(office, admin, people)
    [(lead, version)] = quick.rows("SELECT l.token, v.id FROM leads l JOIN lead_versions v ON v.lead_id = l.id")
    for data in (f"t:{version}:", f"j:x:{lead}", "j::", "g:x:selesai", "g:", "g::sering.x", f"t:{version}", "g::x.0"):
        for person in (rina, stranger):
            assert alert(quick.api, office.press_data(person, data, shown)), data
    assert quick.rows("SELECT count(*) FROM reusable") == [(0,)]


def test_votes_edits_and_what_was_not_found_are_gaps_grouped_by_question(
    quick: StubBot, office: Group, admin: Person, api: BotApi, people: tuple[Person, ...]
) -> None:
    siti, rina, stranger = people
    enrol(admin, rina)
    budi = api.private(7002, "Budi")
    for person, question in (
        (siti, "Apa aturan drone TIADA untuk kota"),
        (budi, "apa aturan drone tiada untuk kota TIADA"),
    ):
        ask(person, question + " 081234567890")
        person.wait_reply()
    ask(siti, "Apa itu RP2P?")
    siti.wait_reply()
    siti.press("Kurang tepat")
    siti.api.wait_for(lambda: any("Keliru" in b["text"] for m in siti.messages for b in m.buttons), 10, "reasons")
    siti.press("Keliru")
    number = request(budi, "Berapa lama rekaman disimpan?")
    alert(api, office.press(rina, "Ambil", card(office, number)))
    press(office, rina, "Ubah")
    office.say(rina, "Rekaman disimpan 30 hari.", reply_to=said(office, "teks tanggapan"))
    press(office, rina, "Kurang lengkap")

    shown = gap(rina, rina, "drone")
    assert "2 kali" in shown.text
    assert "tidak ditemukan di pustaka: 2" in shown.text
    assert "081234567890" not in shown.text
    assert "[nomor telepon]" in shown.text
    assert [button["text"] for button in shown.buttons] == ["Selesai", "Abaikan"]
    assert "dinilai keliru: 1" in gap(rina, rina, "RP2P").text
    assert "kurang lengkap: 1" in gap(rina, rina, "Berapa lama rekaman").text

    done = shown.buttons[0]["callback_data"]
    assert "hanya untuk konsultan" in alert(api, stranger.press_data(done, shown))
    rina.press("Selesai", shown)
    rina.wait_edit(shown, "Selesai ditindaklanjuti")
    assert (
        alert(api, rina.press_data(shown.buttons[0]["callback_data"], shown))
        == "Kesenjangan ini sudah ditindaklanjuti."
    )
    rina.say("/kesenjangan")
    rina.wait_reply(containing="RP2P")
    ask(siti, "Apa aturan drone TIADA untuk kota 081234567890")
    siti.wait_reply()
    assert "3 kali" in gap(rina, rina, "drone").text


def test_what_a_person_has_deleted_leaves_the_gap_list(
    quick: StubBot, admin: Person, people: tuple[Person, ...]
) -> None:
    siti = people[0]
    ask(siti, "Apa aturan drone TIADA untuk kota")
    siti.wait_reply()
    wait_until(lambda: quick.rows("SELECT count(*) FROM gaps") == [(1,)])
    siti.say("/hapusdata")
    siti.wait_reply()
    siti.press(siti.messages[-1].buttons[0]["text"])
    wait_until(lambda: quick.rows("SELECT count(*) FROM gaps") == [(0,)])


def test_a_vote_that_is_taken_back_is_no_gap(quick: StubBot, people: tuple[Person, ...]) -> None:
    siti = people[0]
    ask(siti, "Apa itu RP2P?")
    siti.wait_reply()
    siti.press("Kurang tepat")
    siti.api.wait_for(lambda: any("Sudah usang" in b["text"] for m in siti.messages for b in m.buttons), 10, "reasons")
    siti.press("Sudah usang")
    wait_until(lambda: quick.rows("SELECT reason FROM gap_events") == [("outdated",)])
    siti.api.wait_for(
        lambda: any("Bermanfaat" in b["text"] for m in siti.messages for b in m.buttons), 10, "the rating"
    )
    siti.press("Bermanfaat")
    wait_until(lambda: quick.rows("SELECT count(*) FROM gaps") == [(0,)])
