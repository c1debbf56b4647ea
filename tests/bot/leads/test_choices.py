"""What a typed answer chooses."""

from __future__ import annotations

import pytest

from bot.leads.choices import all_meant, meant
from bot.leads.steps import Step, choices_of


@pytest.mark.parametrize(
    ("step", "typed", "key"),
    [
        ("stage", "2", "masterplan"),
        ("stage", "no. 3", "pelaksanaan"),
        ("stage", "MENYUSUN MASTERPLAN", "masterplan"),
        ("stage", "kami masih menyusun rencana induk", "masterplan"),
        ("stage", "belum", "belum-mulai"),
        ("stage", "evalusi", "evaluasi"),
        ("stage", "sedang dilaksanakan", "pelaksanaan"),
        ("stage", "not started", "belum-mulai"),
        ("stage", "lain-lain", "lainnya"),
        ("stage", "belum mulai menyusun masterplan", None),  # could be two: ask
        ("stage", "9", None),
        ("stage", "???", None),
        ("stage", "entahlah ya", None),
        ("time_frame", "1", "bulan-ini"),
        ("time_frame", "bln ini", "bulan-ini"),
        ("time_frame", "secepatnya ya min", "bulan-ini"),
        ("time_frame", "3 bulan", "3-bulan"),
        ("time_frame", "dalam tiga bulan", "3-bulan"),
        ("time_frame", "6", "6-bulan"),
        ("time_frame", "3", None),  # the third choice, or three months?
        ("time_frame", "tahun depan", "tahun-depan"),
        ("time_frame", "belum tau", "belum-tahu"),
        ("time_frame", "within six months", "6-bulan"),
        ("contact", "lewat telegram saja", "telegram"),
        ("contact", "tg aja", "telegram"),
        ("consent", "setuju", "agree"),
        ("consent", "Ya, saya setuju.", "agree"),
        ("consent", "setju", "agree"),
        ("consent", "I agree", "agree"),
        ("consent", "1", "agree"),
        ("consent", "tidak", "decline"),
        ("consent", "saya tidak setuju", "decline"),
        ("consent", "tdk setuju", "decline"),
        ("consent", "gak setuju", "decline"),
        ("consent", "belum setuju", "decline"),
        ("consent", "apakah harus setuju?", None),
        ("consent", "setuju kalau datanya dihapus", None),
        ("summary", "kirim", "confirm"),
        ("summary", "sudah benar, tolong kirim", "confirm"),
        ("summary", "jangan dikirim dulu", None),
        ("summary", "ubah", "correct"),
    ],
)
def test_understands_what_is_typed_for_a_choice(step: Step, typed: str, key: str | None) -> None:
    assert meant(typed, step, choices_of(step, ())) == key


@pytest.mark.parametrize(
    ("typed", "keys", "complete"),
    [
        ("1,3", ("masterplan", "kelembagaan-sdm"), True),
        ("1 3 10", ("masterplan", "kelembagaan-sdm", "pembiayaan"), True),
        ("Dasar hukum dan regulasi", ("dasar-hukum",), True),
        ("masterplan, pembiayaan", ("masterplan", "pembiayaan"), True),
        ("pembiayaan dan pengadaan", ("pembiayaan", "pengadaan"), True),
        ("spbe; satu data", ("spbe-pemdi", "satu-data"), True),
        ("mau bahas anggaran", ("pembiayaan",), True),
        ("IKN & Smart Province", ("ikn-smart-province",), True),
        ("pembiayan", ("pembiayaan",), True),
        ("masterplan, qwertyuiop", ("masterplan",), False),
        ("masterplan dan SPBE, terima kasih", ("masterplan", "spbe-pemdi"), True),
        ("qwertyuiop", (), False),
        ("99", (), False),
        (",,,", (), False),
        ("selesai", ("done",), True),
    ],
)
def test_understands_several_topics(typed: str, keys: tuple[str, ...], complete: bool) -> None:
    assert all_meant(typed, "topics", choices_of("topics", ())) == (keys, complete)
