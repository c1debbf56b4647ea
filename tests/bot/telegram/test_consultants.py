"""From an official's question to the approved response in their chat, and back: several people at
once, in processes, over the wire."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from io import BytesIO

import docx

from knowledge.evaluate import read_cases
from knowledge.settings import GAP_CASES
from tests.bot.telegram.conftest import BotProcess, StubBot, ask, wait_until
from tests.bot.telegram.office import alert, card, enrol, in_talk, letter, press, request, said, taken
from tests.bot_api import BotApi, Group, Person


def test_a_request_becomes_a_topic_with_a_card(quick: StubBot, office: Group, people: tuple[Person, ...]) -> None:
    number = request(people[0])
    found = card(office, number)
    assert office.topics[found.thread or 0]["name"] == f"🆕 {number} Kabupaten Kebumen: Dasar hukum dan regulasi" or (
        number in office.topics[found.thread or 0]["name"]
    )
    for part in ("Siti Rahmawati, Kepala Dinas", "Kabupaten Kebumen, Jawa Tengah (33.05)", "Bulan ini", "Skor "):
        assert part in found.text
    labels = [button["text"] for button in found.buttons]
    assert labels[:2] == ["Lihat draf", "Ambil"] or labels[0] == "Ambil"
    assert "Setujui & kirim" not in labels


def test_of_two_who_take_a_lead_at_once_one_holds_it(
    quick: StubBot, office: Group, admin: Person, people: tuple[Person, ...]
) -> None:
    siti, rina, dewi = people
    enrol(admin, rina)
    enrol(admin, dewi)
    shown = card(office, request(siti))
    presses = [office.press(person, "Ambil", shown) for person in (rina, dewi) for _ in range(25)]
    answers = [alert(quick.api, query) for query in presses]
    assert quick.rows("SELECT owner_id FROM leads") == [(501,)]
    assert quick.rows("SELECT count(*) FROM lead_moves WHERE action = 'ambil'") == [(1,)]
    assert answers[0] == ""
    assert set(answers[1:]) == {"Sudah diambil Rina."}


def test_who_is_not_enrolled_may_read_and_not_act(quick: StubBot, office: Group, people: tuple[Person, ...]) -> None:
    siti, stranger, _ = people
    shown = card(office, request(siti))
    assert "hanya untuk konsultan yang terdaftar" in alert(quick.api, office.press(stranger, "Ambil", shown))
    assert quick.rows("SELECT state, owner_id FROM leads") == [("baru", None)]


def test_an_invitation_is_good_for_one_person(
    quick: StubBot, office: Group, admin: Person, people: tuple[Person, ...]
) -> None:
    admin.say("/konsultan tambah")
    link = admin.wait_reply(containing="start=u_").text.rpartition("start=")[2]
    people[1].say(f"/start {link}")
    people[1].wait_reply(containing="terdaftar")
    people[2].say(f"/start {link}")
    assert "sudah dipakai" in people[2].wait_reply().text
    assert quick.rows("SELECT id FROM consultants") == [(501,)]


def test_words_go_both_ways_and_say_who_wrote(
    quick: StubBot, office: Group, admin: Person, people: tuple[Person, ...]
) -> None:
    siti, rina, dewi = people
    enrol(admin, rina)
    enrol(admin, dewi)
    number = request(siti)
    shown = card(office, number)
    alert(quick.api, office.press(rina, "Ambil", shown))
    office.say(rina, "// besok saya telepon", thread=shown.thread)
    office.say(dewi, "Saya bantu ya", thread=shown.thread)
    office.say(rina, "Selamat pagi, Bu Siti. Boleh kami tahu tahun RPJMD-nya?", thread=shown.thread)
    told = siti.wait_reply(containing="RPJMD")
    assert told.text == f"💬 Rina (konsultan, {number}):\nSelamat pagi, Bu Siti. Boleh kami tahu tahun RPJMD-nya?"
    siti.say("RPJMD 2025-2029, Bu. <b>Terima kasih</b>")
    assert "Diteruskan kepada konsultan Rina" in siti.wait_reply().text
    passed = office.wait_reply(containing="RPJMD 2025-2029", after=shown)
    assert passed.text.startswith("💬 Siti (pejabat):\nRPJMD 2025-2029, Bu. <b>Terima kasih</b>")
    assert passed.thread == shown.thread
    assert not [
        message for message in siti.messages if "besok saya telepon" in message.text or "bantu ya" in message.text
    ]


def test_after_release_the_assistant_answers_again(
    quick: StubBot, office: Group, admin: Person, people: tuple[Person, ...]
) -> None:
    siti, rina, _ = people
    in_talk(office, admin, people)
    press(office, rina, "Lepas")
    wait_until(lambda: quick.rows("SELECT silent FROM leads") == [(0,)])
    ask(siti, "Apa itu RP2P?")
    assert "Jawaban atas Apa itu RP2P" in siti.wait_reply().text


def test_an_idle_claim_is_released_and_a_late_lead_reported(
    quick: StubBot, office: Group, admin: Person, people: tuple[Person, ...]
) -> None:
    shown = taken(office, admin, people)
    quick.kill()
    past = (datetime.now(UTC) - timedelta(minutes=1)).strftime("%Y-%m-%d %H:%M:%S.%f")
    quick.change("UPDATE lead_timers SET at = ?", past)
    quick.start()
    office.wait_reply(containing="dilepas karena tidak ada kegiatan", after=shown)
    assert quick.rows("SELECT owner_id, state FROM leads") == [(None, "baru")]
    said(admin, "terlambat")


def test_no_prospect_needs_a_reason(quick: StubBot, office: Group, admin: Person, people: tuple[Person, ...]) -> None:
    siti, rina, _ = people
    enrol(admin, rina)
    shown = card(office, request(siti))
    alert(quick.api, office.press(rina, "Bukan prospek", shown))
    prompt = office.wait_reply(containing="alasan mengapa", after=shown)
    office.say(rina, "Mahasiswa, untuk skripsi", reply_to=prompt, thread=shown.thread)
    office.wait_reply(containing="Mahasiswa, untuk skripsi", after=prompt)
    assert quick.rows("SELECT state FROM leads") == [("bukan_prospek",)]
    siti.say("/status")
    assert "ditutup" in siti.wait_reply().text


def learn_from_it(real: BotProcess, office: Group, rina: Person, admin: Person, number: str) -> None:
    """The response is suggested for a similar question, and the edit becomes an evaluation case."""
    press(office, rina, "♻️ Jadikan rujukan")
    second = request(real.api.private(7002, "Budi"), "Apa dasar hukum dari 6 aspek kota cerdas?")
    real.api.wait_for(lambda: f"♻️ {number}: Apa dasar hukum" in card(office, second).text, 60, "a suggestion")
    assert "Sumber: PP 59/2022" in card(office, second).text
    admin.say("/kesenjangan")
    listed = admin.wait_reply(containing="kurang lengkap: 1", timeout=30)
    assert "pp-59-2022:61" in listed.text
    admin.press("Jadikan uji", listed)
    admin.wait_edit(listed, "Menjadi uji", timeout=30)
    [case] = read_cases(real.data / GAP_CASES)
    assert (case.expected_sources, case.kind) == (("pp-59-2022:61",), "answer")
    assert "Siti" not in str(case)


def test_the_whole_way_from_a_question_to_the_response_and_back(
    real: BotProcess, office: Group, admin: Person, people: tuple[Person, ...]
) -> None:
    """The official asks, two race, one edits and approves, the official gets text and letter and
    answers; an approval that is out of date or pressed twice sends nothing."""
    siti, rina, dewi = people
    enrol(admin, rina)
    enrol(admin, dewi)
    number = request(siti)
    shown = card(office, number)
    assert "Draf asisten tersedia" in shown.text
    alert(real.api, office.press(rina, "Ambil", shown))
    assert alert(real.api, office.press(dewi, "Ambil", shown)) == "Sudah diambil Rina."
    press(office, rina, "Lihat draf")
    first = office.wait_reply(containing="versi 1", after=shown, timeout=30)
    assert "PP 59/2022" in first.text
    assert alert(real.api, office.press(dewi, "Setujui & kirim versi 1", first)) == "Permohonan ini ditangani Rina."

    press(office, rina, "Ubah")
    prompt = office.wait_reply(containing="teks tanggapan", after=first, timeout=30)
    office.say(rina, "Ibu Siti, enam aspeknya ada pada PP 59/2022 Pasal 61 [1]. Lihat juga [9].", reply_to=prompt)
    again = office.wait_reply(containing="Tanda [9]", after=prompt, timeout=30)
    office.say(rina, "Ibu Siti, enam aspeknya ada pada PP 59/2022 Pasal 61 [1].", reply_to=again)
    asked = office.wait_reply(containing="Mengapa diubah", after=again, timeout=30)
    office.press(rina, "Kurang lengkap", asked)
    second = office.wait_reply(containing="versi 2", after=asked, timeout=30)
    assert "Perubahan dari versi sebelumnya" in second.text
    assert "Draf usang" in alert(real.api, office.press(rina, "Setujui & kirim versi 1", first))

    queries = [office.press(rina, "Setujui & kirim versi 2", second) for _ in range(2)]
    assert [alert(real.api, query) for query in queries] == ["", "Versi ini sudah dikirim."]
    response = siti.wait_reply(containing="Tanggapan konsultasi", timeout=30)
    assert "dari Rina, konsultan" in response.text
    assert "Ibu Siti, enam aspeknya ada pada PP 59/2022 Pasal 61 [1]." in response.text
    content = letter(siti, number).content or b""
    written = "\n".join(paragraph.text for paragraph in docx.Document(BytesIO(content)).paragraphs)
    assert number in written
    assert "Siti Rahmawati" in written
    office.wait_reply(containing="sudah sampai", after=second, timeout=60)
    assert real.rows("SELECT state FROM leads") == [("terkirim",)]
    assert len([m for m in siti.messages if "dari Rina, konsultan" in m.text]) == 1

    siti.say("Terima kasih, Bu. Apakah Pasal 62 juga wajib?")
    office.wait_reply(containing="Apakah Pasal 62 juga wajib?", after=second, timeout=60)
    assert real.rows("SELECT state FROM leads") == [("diambil",)]
    kept = [json.loads(row[0]) for row in real.rows("SELECT citations FROM lead_versions")]
    assert kept[0] == kept[1]

    siti.say("/datasaya")
    siti.wait_reply(2, timeout=30)
    files = {m.file_name: (m.content or b"").decode("utf-8", "replace") for m in siti.messages if m.file_name}
    for name in ("data-saya.json", "data-saya.html"):
        assert "Apakah Pasal 62 juga wajib?" in files[name]
        assert "PP 59/2022 Pasal 61 menetapkan enam aspek" in files[name]
        assert str(real.data) not in files[name]
    learn_from_it(real, office, rina, admin, number)


def test_lists_are_for_those_who_may_act(
    quick: StubBot, office: Group, admin: Person, people: tuple[Person, ...]
) -> None:
    siti, rina, dewi = people
    enrol(admin, rina)
    number = request(siti)
    shown = card(office, number)
    office.say(rina, "/antrean")
    assert f"{number} · Kabupaten Kebumen · baru · tepat waktu" in said(office, "Antrean").text
    office.say(rina, "/milikku")
    said(office, "Antrean kosong.")
    office.press(rina, "Ambil", shown)
    said(office, "ditangani Rina")
    office.say(rina, "/milikku")
    assert number in said(office, "Yang Anda tangani").text
    office.say(rina, "/cari kebumen")
    assert number in said(office, "Hasil pencarian").text
    before = len(office.messages)
    office.say(dewi, "/antrean")
    office.say(rina, "/cari")
    said(office, "Tulis yang dicari")
    assert len(office.messages) == before + 1


def test_a_lead_is_postponed_and_comes_back(
    quick: StubBot, office: Group, admin: Person, people: tuple[Person, ...]
) -> None:
    rina = people[1]
    taken(office, admin, people)
    press(office, rina, "Tunda")
    press(office, rina, "3 hari")
    said(office, "→ ditunda")
    [(kind, at)] = quick.rows("SELECT kind, at FROM lead_timers WHERE done_at IS NULL")
    assert kind == "resume"
    assert timedelta(days=2, hours=23) < datetime.fromisoformat(at).replace(tzinfo=UTC) - datetime.now(UTC)
    quick.kill()
    quick.change("UPDATE lead_timers SET at = ?", "2026-01-01 00:00:00.000000")
    quick.start()
    said(office, "masa penundaannya selesai")
    assert quick.rows("SELECT state, owner_id FROM leads") == [("diambil", 501)]


def test_the_same_request_is_noticed_and_merged(
    quick: StubBot, office: Group, admin: Person, api: BotApi, people: tuple[Person, ...]
) -> None:
    siti, rina, _ = people
    enrol(admin, rina)
    first = request(siti)
    second = request(api.private(7002, "Budi"))
    assert f"Mungkin sama dengan {first}" in card(office, second).text
    office.press(rina, "Gabung", card(office, second))
    press(office, rina, f"Gabung ke {first}")
    said(office, f"{second} digabung ke {first}")
    assert quick.rows("SELECT state, merged_into FROM leads ORDER BY id") == [("baru", None), ("selesai", 1)]


def test_unmerging_gives_back_exactly_what_was_merged(
    quick: StubBot, office: Group, admin: Person, api: BotApi, people: tuple[Person, ...]
) -> None:
    siti, rina, dewi = people
    enrol(admin, rina)
    enrol(admin, dewi)
    first = request(siti)
    second = request(api.private(7002, "Budi"))
    office.press(rina, "Ambil", card(office, second))
    said(office, "ditangani Rina")
    how_it_stands = "SELECT state, owner_id, changed_at, merged_into, silent FROM leads WHERE number = ?"
    timers = "SELECT kind, at FROM lead_timers WHERE done_at IS NULL AND lead_id = 2 ORDER BY at, kind"
    before, due = quick.rows(how_it_stands, second), quick.rows(timers)
    press(office, rina, "Gabung")
    press(office, rina, f"Gabung ke {first}")
    wait_until(lambda: quick.rows(timers) == [])
    wait_until(lambda: f"Dijawab bersama: {second}" in card(office, first).text)
    assert press(office, dewi, "Pisahkan") == "Permohonan ini ditangani Rina."
    press(office, rina, "Pisahkan")
    said(office, "Pisahkan oleh Rina: selesai → diambil")
    assert quick.rows(how_it_stands, second) == before
    assert quick.rows(timers) == due
    wait_until(lambda: "Dijawab bersama" not in card(office, first).text)


def test_everybody_whose_request_was_merged_gets_the_response(
    quick: StubBot, office: Group, admin: Person, api: BotApi, people: tuple[Person, ...]
) -> None:
    siti, rina, _ = people
    enrol(admin, rina)
    budi = api.private(7002, "Budi")
    first, second = request(siti), request(budi)
    office.press(rina, "Gabung", card(office, second))
    press(office, rina, f"Gabung ke {first}")
    said(office, f"{second} digabung ke {first}")
    alert(api, office.press(rina, "Ambil", card(office, first)))
    alert(api, office.press(rina, "Lihat draf", card(office, first)))
    press(office, rina, "Setujui & kirim versi 1")
    for person, number in ((siti, first), (budi, second)):
        assert f"Tanggapan konsultasi {number}" in person.wait_reply(containing="Tanggapan konsultasi").text
        assert letter(person, number).content


def test_forged_and_broken_buttons_move_nothing_and_say_so(
    quick: StubBot, office: Group, admin: Person, people: tuple[Person, ...]
) -> None:
    """A consultant's client could send any data; only what the card offers is done."""
    rina = people[1]
    shown = taken(office, admin, people)
    [(token,)] = quick.rows("SELECT token FROM leads")
    moves = quick.rows("SELECT count(*) FROM lead_moves")
    for data in (f"l:{token}:setujui", f"l:{token}:terkirim", f"l:{token}:tarik.x", "l:", "x:1", "y", "x:zz:1", "l::"):
        assert alert(quick.api, office.press_data(rina, data, shown)), data
    assert quick.rows("SELECT count(*) FROM lead_moves") == moves
    assert quick.rows("SELECT state FROM leads") == [("diambil",)]
