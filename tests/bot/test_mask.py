"""Personal numbers and addresses leave a text; amounts, regulations and codes stay in it."""

from __future__ import annotations

import logging
import random
import sys
import time

import pytest

from bot.conversation.mask import MaskingFilter, mask

MASKED = [
    ("NIK 3305010101800001", "NIK [NIK]"),
    ("NIK3305010101800001", "NIK[NIK]"),
    ("3305 0101 0180 0001", "[NIK]"),
    ("33.05.01.010180.0001", "[NIK]"),
    ("330501-410180-0001", "[NIK]"),
    ("330501 010180 0001", "[NIK]"),
    ("33 05 01 01 01 80 00 01", "[NIK]"),
    ("3 3 0 5 0 1 0 1 0 1 8 0 0 0 0 1", "[NIK]"),
    ("9999999999999999", "[NIK]"),
    ("３３０５０１０１０１８００００１", "[NIK]"),
    ("3305\u200b0101\u200b0180\u200b0001", "[NIK]"),
    ("3305010101800001,3305010101800002", "[NIK],[NIK]"),
    ("1.3305010101800001 2.3305010101800002", "1.[NIK] 2.[NIK]"),
    ("kartu 4111 1111 1111 1111", "kartu [nomor kartu]"),
    ("5500-0000-0000-0004", "[nomor kartu]"),
    ("NIP 198001012005011001", "NIP [NIP]"),
    ("NIP. 19800101 200501 1 001", "NIP. [NIP]"),
    ("19800101.200501.1.001", "[NIP]"),
    ("1980 0101 2005 0110 01", "[NIP]"),
    ("081234567890", "[nomor telepon]"),
    ("081234567890.Terima kasih", "[nomor telepon].Terima kasih"),
    ("WA 0812 3456 7890 ya", "WA [nomor telepon] ya"),
    ("0812-3456-7890", "[nomor telepon]"),
    ("0812–3456–7890", "[nomor telepon]"),
    ("0812.3456.7890", "[nomor telepon]"),
    ("08 12 34 56 78 90", "[nomor telepon]"),
    ("0 8 1 2 3 4 5 6 7 8 9 0", "[nomor telepon]"),
    ("081234567", "[nomor telepon]"),
    ("+62 812-3456-7890", "[nomor telepon]"),
    ("+62 (0)812 3456 7890", "[nomor telepon]"),
    ("(+62) 812 3456 7890", "[nomor telepon]"),
    ("+62.812.345.678", "[nomor telepon]"),
    ("62 812 3456 7890", "[nomor telepon]"),
    ("https://wa.me/6281234567890", "https://wa.me/[nomor telepon]"),
    ("62 274 123456", "[nomor telepon]"),
    ("(0274) 123456", "[nomor telepon]"),
    ("telp. (021) 555-1234 ext 5", "telp. [nomor telepon] ext 5"),
    ("0274-123456", "[nomor telepon]"),
    ("021 5551234", "[nomor telepon]"),
    ("0274123456", "[nomor telepon]"),
    ("(0812 3456 7890)", "([nomor telepon])"),
    ("0812 3456 7890 atau 0813 1111 2222", "[nomor telepon] atau [nomor telepon]"),
    ("0812 3456 7890 0813 1111 2222", "[nomor telepon] [nomor telepon]"),
    ("٠٨١٢٣٤٥٦٧٨٩٠", "[nomor telepon]"),
    ("0\u200d8\u200d12\u200d34567890", "[nomor telepon]"),
    ("+65 6123 4567", "[nomor telepon]"),
    ("budi.santoso@tegalkota.go.id", "[alamat email]"),
    ("surel: diskominfo+smart@kebumenkab.go.id.", "surel: [alamat email]."),
    ("budi＠kota.go.id", "[alamat email]"),
    ("anggaran Rp 5.000.000, hubungi 0812 3456 7890", "anggaran Rp 5.000.000, hubungi [nomor telepon]"),
]

LEFT_ALONE = """
Rp1.250.000.000
Rp 12.500.000.000,00
Rp1250000000000000
APBN Rp3.621.313.000.000.000
1.250.000.000.000.000
penduduk 1.376.825 jiwa
PP 59 Tahun 2022
Kepmendagri 300.2.2-2430 Tahun 2025
Kepmendagri 050-3708 Tahun 2020
Kepmendagri 050-5889 Tahun 2021
Permendagri 900.1.15.5-1317 Tahun 2023
Nomor 000.9.3.3/5678/SJ
Nomor 065/1234567/2024
Perpres 95/2018
SNI ISO 37122:2019
kode 33.05
96.02.01
62.71
62.01.01.2001 62.01.01.2002
33.05.01 33.05.02 33.05.03 33.05.04
5.1.02.01.01.0026
2.16.2.20.2.21.01.0000
1.02.02.2.02.0001.5.1.02
08-12-2024 10.30
08/12/2024
08.12.2024
2024-08-12 08:30:00,123
21 Oktober 2024 pukul 08.00
08.00-12.00 13.00-16.00
2019 2020 2021 2022
2019-2023 2020-2024
12,5% dari 2025
kemiripan 0.8123456789
0.9083333333333333
192.168.10.254
62.121.10.10
IP 10.10.10.10:8080
Pasal 8, 12, 34, 56, 78 dan 90
Pasal 62 81 82 83 84 85
10 20 30 40 50 60 70 80
11 12 13 14 15 16 17 18
1 2 3 4 5 6 7 8 9 10 11 12 13
ayat (1), (2), dan (3)
chat -1002812345678
user 6227412345
20240812083000
@diskominfo_kebumen
-6.175392, 106.827153
ISBN 978-602-8123-45-6
kode pos 54311
62
""".strip().splitlines()

TOKEN = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1"  # noqa: S105
WORDS = "Diskominfo menyusun masterplan kota cerdas menurut Pasal 20 PP 59 Tahun 2022 dengan anggaran Rp1.250.000.000 .".split()


@pytest.mark.parametrize(("text", "masked"), MASKED)
def test_masks_what_belongs_to_a_person(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_leaves_every_other_number_alone(text: str) -> None:
    assert mask(text) == text


def test_a_personal_number_anywhere_in_a_text_leaves_it_and_nothing_else_does() -> None:
    chance = random.Random(7)  # noqa: S311
    personal = [
        text for text, masked in MASKED if masked.startswith("[") and masked.count("[") == 1 and masked.endswith("]")
    ]
    kept = [text for text in LEFT_ALONE if not text.isdigit() and text[0].isalpha() and text[-1].isalpha()]
    for _ in range(500):
        words = chance.choices([*WORDS, *kept], k=12)
        secret = chance.choice(personal)
        before, after = " ".join(words[:6]), " ".join(words[6:])
        text = f"{before}, {secret}; {after}"
        masked = mask(text)
        assert masked == f"{before}, {mask(secret)}; {after}"
        assert mask(masked) == masked


def test_masking_twice_changes_nothing_more() -> None:
    chance = random.Random(11)  # noqa: S311
    pieces = [*(text for text, _ in MASKED), *LEFT_ALONE, *"0 1 62 08 12 . - ( ) + , / @".split()]
    for _ in range(3000):
        once = mask(chance.choice(["", " ", "-", "."]).join(chance.choices(pieces, k=chance.randint(1, 6))))
        assert mask(once) == once


def test_an_arbitrary_text_is_read_to_its_end() -> None:
    chance = random.Random(13)  # noqa: S311
    for _ in range(5000):
        mask("".join(chance.choices("0126289 .-()+@a,/:\u200b٣３\n", k=chance.randint(0, 30))))


@pytest.mark.parametrize(
    "piece",
    [
        "1",
        "1 ",
        "08",
        "0812 ",
        "1.",
        "12.34-",
        "a@",
        "a.",
        "(",
        "Rp",
        "٣",
        "a",
        "pasal ",
        "+",
        "3305010101800001 ",
        "1.234",
        " ",
    ],
)
def test_a_hundred_thousand_characters_take_no_long_time(piece: str) -> None:
    start = time.perf_counter()
    mask(piece * (100_000 // len(piece)))
    assert time.perf_counter() - start < 2


def record(message: object, *args: object) -> logging.LogRecord:
    return logging.LogRecord("bot", logging.INFO, __file__, 1, message, args, None)


def formatted(entry: logging.LogRecord) -> str:
    assert MaskingFilter().filter(entry)
    return logging.Formatter("%(message)s").format(entry)


def test_a_log_record_loses_personal_data_of_its_message_and_arguments() -> None:
    assert (
        formatted(record("dari %s: %s", "budi@kota.go.id", ["0812 3456 7890"]))
        == "dari [alamat email]: ['[nomor telepon]']"
    )
    assert formatted(record("NIK %d", 3305010101800001)) == "NIK [NIK]"
    assert formatted(record("telepon 0812%s", "34567890")) == "telepon [nomor telepon]"
    assert formatted(record({"surel": "budi@kota.go.id"})) == "{'surel': '[alamat email]'}"
    assert formatted(record("%(siapa)s", {"siapa": "081234567890"})) == "[nomor telepon]"


def test_a_log_record_without_personal_data_keeps_its_arguments() -> None:
    entry = record('%s - "%s %s HTTP/%s" %d', "127.0.0.1:80", "POST", "/webhook", "1.1", 200)
    assert formatted(entry) == '127.0.0.1:80 - "POST /webhook HTTP/1.1" 200'
    assert entry.args == ("127.0.0.1:80", "POST", "/webhook", "1.1", 200)


def test_a_log_record_that_cannot_be_formatted_is_still_masked() -> None:
    assert formatted(record("%s dan %s", "081234567890")) == "%s dan %s ('[nomor telepon]',)"


@pytest.mark.parametrize("text", [TOKEN, f"https://api.telegram.org/bot{TOKEN}/getMe", TOKEN.replace(":", "%3A")])
def test_a_log_record_never_shows_a_bot_token(text: str) -> None:
    for entry in (record(text), record("POST %s", text)):
        shown = formatted(entry)
        assert "[token]" in shown
        assert "AAHdq" not in shown
        assert "123456789" not in shown


def test_the_text_of_an_exception_is_masked() -> None:
    entry = record("gagal")
    try:
        raise ValueError(f"tidak dapat mengirim ke budi@kota.go.id lewat {TOKEN}")
    except ValueError:
        entry.exc_info = sys.exc_info()
    shown = formatted(entry)
    assert "ValueError: tidak dapat mengirim ke [alamat email] lewat [token]" in shown
    assert "budi@" not in shown
