"""What a message says of its writer, and that questions about others say nothing."""

from __future__ import annotations

import time

import pytest

from bot.conversation.profile import Profile, merged, read_profile, without_introduction

INTRODUCTIONS = [
    ("Kami dari Diskominfo Kab. Kebumen, mau tanya apa saja enam aspek kota cerdas?", Profile(agency="Diskominfo", region="33.05")),
    ("saya Budi Santoso, Kabid Aptika Diskominfo Kota Tegal", Profile("Budi Santoso", "Kabid Aptika", "Diskominfo", "33.76")),
    ("Bappeda Prov. Jawa Tengah di sini", Profile(agency="Bappeda", region="33")),
    ("perkenalkan, saya Siti dari Dinas Perhubungan Kota Bima", Profile("Siti", "", "Dinas Perhubungan", "52.72")),
    ("pemkab kukar", Profile(region="64.02")),
    ("I'm Rina from the Communications Office of Sorong City", Profile("Rina", "", "Communications Office", "96.71")),
    ("Selamat pagi, kami dari Bappeda Kabupaten Sleman ingin bertanya tentang RP2P", Profile(agency="Bappeda", region="34.04")),
    ("kami dari diskominfo bandung, mau tanya", Profile(agency="Diskominfo")),
    ("Kami dari Pemkot Bandung. Apakah RP2P wajib?", Profile(region="32.73")),
    ("Assalamualaikum wr.wb. Saya Dewi Lestari, staf Dinas Kesehatan Kab. Malang, izin bertanya.", Profile("Dewi Lestari", "Staf", "Dinas Kesehatan", "35.07")),
    ("nama saya budi dari bappeda kab sleman", Profile("Budi", "", "Bappeda", "34.04")),
    ("Halo min, Diskominfo Kota Tegal izin bertanya, apa itu SPBE?", Profile(agency="Diskominfo", region="33.76")),
    ("saya kadis kominfo kab kebumen, apa dasar hukum smart city?", Profile("", "Kadis", "Kominfo", "33.05")),
    ("Sebagai ketua tim koordinasi SPBE, apa yang harus saya kerjakan? Saya kepala Diskominfo.", Profile("", "Kepala", "Diskominfo")),
    ("Saya Kepala Dinas Perhubungan Kota Bima, apa tugas saya?", Profile("", "Kepala Dinas", "Dinas Perhubungan", "52.72")),
    ("Saya Bupati Kebumen. Apa langkah pertama?", Profile("", "Bupati", "", "33.05")),
    ("Saya Wali Kota Bandung", Profile("", "Wali Kota", "", "32.73")),
    ("saya sekda kab. wonosobo mau tanya", Profile("", "Sekda", "", "33.07")),
    ("saya kabid aptika, mau tanya", Profile("", "Kabid Aptika")),
    ("Kami, Diskominfo Kota Tegal, sedang menyusun masterplan. Apa langkah pertama?", Profile(agency="Diskominfo", region="33.76")),
    ("hallo selamat pagi, salam dari diskominfo", Profile(agency="Diskominfo")),
    ("Nama: Budi Santoso\nJabatan: Kabid Aptika\nInstansi: Diskominfo Kota Tegal\nKontak: 0812-3456-7890", Profile("Budi Santoso", "Kabid Aptika", "Diskominfo", "33.76", "0812-3456-7890")),
    ("Daerah: Kab. Kebumen\nInstansi: Bappeda\nApa itu RP2P?", Profile(agency="Bappeda", region="33.05")),
    ("This is Andi from Bappeda Kota Makassar. What is RP2P?", Profile("Andi", "", "Bappeda", "73.71")),
    ("We are from the Sorong City Communications Office. What is RP2P?", Profile(agency="Communications Office", region="96.71")),
    ("I am the head of the Planning Agency of Kebumen Regency, what is SPBE?", Profile("", "Head", "Planning Agency", "33.05")),
    ("Good morning, I am Budi, staff at Bappeda of Tegal City. What is SPBE?", Profile("Budi", "Staff", "Bappeda", "33.76")),
    ("My name is Rina Wati, I work at Diskominfo Kota Tegal.", Profile("Rina Wati", "", "Diskominfo", "33.76")),
    ("Kami dari Dinas Komunikasi dan Informatika Kabupaten Kutai Kartanegara, apa itu SPBE", Profile(agency="Dinas Komunikasi dan Informatika", region="64.02")),
    ("kami dari Bidang Aptika Diskominfo Kab. Kebumen, mau tanya", Profile(agency="Bidang Aptika Diskominfo", region="33.05")),
    ("Saya Ir. Ahmad Fauzi, S.T., M.T., Sekretaris Bappeda Kota Bogor.", Profile("Ahmad Fauzi", "Sekretaris", "Bappeda", "32.71")),
    ("kami mewakili Bagian Organisasi Setda Kab. Banyumas", Profile(agency="Bagian Organisasi Setda", region="33.02")),
    ("Perkenalkan saya Nur Aini dari Satpol PP Kota Semarang", Profile("Nur Aini", "", "Satpol PP", "33.74")),
    ("kami dari pemerintah kabupaten bima ingin bertanya", Profile(region="52.06")),
    ("Kami dari Pemda DIY, apa itu SPBE?", Profile(region="34")),
    ("Saya dari Dinas PUPR Kota Tangerang Selatan mau nanya dong", Profile(agency="Dinas PUPR", region="36.74")),
    ("saya perencana di Bappeda Kabupaten Gunungkidul, mau tanya", Profile("", "Perencana", "Bappeda", "34.03")),
    ("Saya Kabid Aptika di Diskominfo Kota Tegal. Nomor WA saya 081234567890.", Profile("", "Kabid Aptika", "Diskominfo", "33.76", "081234567890")),
    ("email saya budi@tegalkota.go.id", Profile(contact="budi@tegalkota.go.id")),
    ("Saya Siti, mau tanya apa itu SPBE", Profile("Siti")),
    ("Kami tim smart city Kab. Kebumen, apa itu SPBE", Profile(agency="Tim Smart City", region="33.05")),
    ("KAMI DARI DISKOMINFO KOTA TEGAL, MAU TANYA", Profile(agency="Diskominfo", region="33.76")),
    ("apa saja syaratnya? saya dari Bappeda Kota Bima", Profile(agency="Bappeda", region="52.72")),
    ("Dengan hormat, saya Rudi Hartono, S.Kom., Kepala Bidang Informatika Diskominfo Kabupaten Bantul, mohon izin bertanya: apa itu RP2P?", Profile("Rudi Hartono", "Kepala Bidang Informatika", "Diskominfo", "34.02")),
    ("Kami di Kab. Kebumen belum punya masterplan. Mulai dari mana?", Profile(region="33.05")),
    ("Kami dari Dinas Kominfo Kab. Bandung Prov. Jawa Barat, apa itu SPBE?", Profile(agency="Dinas Kominfo", region="32.04")),
    ("Diskominfo Kab. Kebumen", Profile(agency="Diskominfo", region="33.05")),
    ("Kami dari Kecamatan Gombong Kabupaten Kebumen mau tanya", Profile(agency="Kecamatan Gombong", region="33.05")),
    ("Kami dari Dinas Kominfo (Kota Tegal), apa itu SPBE?", Profile(agency="Dinas Kominfo", region="33.76")),
    ("kami dari dinas koperasi, usaha kecil apa bisa ikut?", Profile(agency="Dinas Koperasi")),
]  # fmt: skip

ABOUT_OTHERS = """
Bagaimana Diskominfo Kota Bandung menyusun masterplan?
apa tugas Bappeda?
siapa bupati Kebumen?
Diskominfo Kota Bandung?
Apakah Diskominfo punya dasar kewenangan mengurus kota cerdas?
leading sector smart city diskominfo atau bappeda
kami diminta bappeda isi kode rekening, gimana
opd kami bingung tim pelaksana dipegang bappeda atau kominfo
bappeda kami dengar RP2P wajib, apakah bikin dokumen baru lagi
kepala bappeda kami menolak ikut tim smart city, apa akibatnya di daerah lain
kami ingin mengundang tim bpk ke kantor diskominfo
berapa anggaran diskominfo kami tahun 2026
Kami dari tadi menunggu jawaban
saya dari kemarin mencari Perwali Kota Tegal
saya dengar Diskominfo Kota Bandung punya command center
Saya Kira Bappeda Kota Tegal yang menyusun
Saya Ingin Bertanya tentang masterplan Kota Tegal
Saya mau tanya soal Kab. Kebumen
Kami sedang menyusun masterplan kota cerdas
Data kami dari Dinas Kesehatan Kota Bima belum lengkap
surat kami dari Kemendagri belum dibalas
Apakah kami dari Diskominfo atau Bappeda yang menyusun?
Kami Bappeda atau Diskominfo yang harus memimpin?
Misalnya, kami dari Diskominfo Kota Tegal meminta dana, boleh?
Jika kami dari Bappeda Kota Tegal meminta data, apa dasarnya?
Halo, Diskominfo Kota Bandung itu bagaimana strukturnya?
Bappeda Kota Tegal ingin menyusun RPJMD, apa dasar hukumnya?
Diskominfo Kota Bandung di sini perannya apa?
Kota Bandung
Kab. Kebumen
kode wilayah kabupaten kebumen
Selamat pagi Bapak/Ibu
terima kasih
Perwali Kota Tegal nomor 7
nama saya tercantum di SK tim smart city
nama dinas yang mengurus kota cerdas apa?
saya kasi tahu ya, ini penting
saya bingung, Bappeda atau Diskominfo?
Saya Bingung, Diskominfo Kota Tegal tugasnya apa?
Beliau bilang "Kami dari Diskominfo Kota Tegal"
Diskominfo Kab. Kebumen ingin bertanya kepada Kemendagri, lewat siapa?
Bupati Kebumen dan Wali Kota Tegal menandatangani nota kesepahaman
What does the Communications Office of Sorong City do?
I'm looking for the master plan of Bandung City
I am confused, is it Bappeda or Diskominfo?
We need the master plan of Kebumen Regency
This is about Bappeda Kota Tegal
Is the mayor of Sorong City the head of the smart city council?
Kami butuh contoh dari Dinas Perhubungan Kota Bima
minta nomor WA kepala dinas kominfo 081234567890
Ini dari Diskominfo Kota Tegal, benar isinya?
saya setuju Dinas Perhubungan Kota Bima jadi koordinator
Ibu Siti dari Dinas Perhubungan Kota Bima bilang wajib, benar?
Saya asn apakah boleh ikut tim?
kami pusing kepala dinas minta smart city
""".strip().splitlines()

QUESTIONS = [
    ("Kami dari Diskominfo Kab. Kebumen, apa saja enam aspek kota cerdas?", "apa saja enam aspek kota cerdas?"),
    ("Kami dari Diskominfo Kab. Kebumen, mau tanya apa itu RP2P?", "apa itu RP2P?"),
    ("Kami dari Diskominfo Kab. Kebumen, mau tanya ...", ""),
    ("Selamat pagi. Saya Budi Santoso, Kabid Aptika Diskominfo Kota Tegal. Apakah RP2P wajib?", "Apakah RP2P wajib?"),
    ("Halo min, Diskominfo Kota Tegal izin bertanya, apa itu SPBE?", "apa itu SPBE?"),
    ("Bappeda Prov. Jawa Tengah di sini, apa itu SPBE?", "apa itu SPBE?"),
    ("kami dari diskominfo kukar sedang menyusun masterplan, apa langkah pertama?", "kami sedang menyusun masterplan, apa langkah pertama?"),
    ("Perkenalkan, saya Siti. Saya staf Dinas Perhubungan Kota Bima. Pasal berapa yang mengatur data?", "Pasal berapa yang mengatur data?"),
    ("Nama: Siti\nInstansi: Diskominfo Kota Tegal\nApa itu SPBE?", "Apa itu SPBE?"),
    ("I'm Rina from the Communications Office of Sorong City. What is SPBE?", "What is SPBE?"),
    ("saya Budi Santoso, Kabid Aptika Diskominfo Kota Tegal", ""),
    ("pemkab kukar", ""),
    ("Selamat pagi, kami dari Bappeda Kota Bima. Terima kasih.", ""),
    ("Bagaimana Diskominfo Kota Bandung menyusun masterplan?", "Bagaimana Diskominfo Kota Bandung menyusun masterplan?"),
    ("apa saja syaratnya? saya dari Bappeda Kota Bima", "apa saja syaratnya? saya dari Bappeda Kota Bima"),
    ("Selamat pagi, apa itu SPBE?", "Selamat pagi, apa itu SPBE?"),
    ("", ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "profile"), INTRODUCTIONS)
def test_reads_who_introduces_themselves(text: str, profile: Profile) -> None:
    assert read_profile(text) == profile


@pytest.mark.parametrize("text", ABOUT_OTHERS)
def test_reads_nothing_out_of_what_is_said_of_others(text: str) -> None:
    assert read_profile(text) == Profile()


@pytest.mark.parametrize("region", ["Bandung", "Bima", "Gorontalo", "Tegal"])
def test_leaves_the_region_open_until_its_kind_is_said(region: str) -> None:
    assert read_profile(f"Kami dari Bappeda {region}, mau tanya").region == ""
    assert read_profile(f"Kami dari Bappeda Kota {region}, mau tanya").region != ""


@pytest.mark.parametrize(
    ("reply", "profile"),
    [
        ("Kab. Kebumen", Profile(region="33.05")),
        ("Kebumen", Profile(region="33.05")),
        ("Diskominfo", Profile(agency="Diskominfo")),
        ("dinas perhubungan kota bima, terima kasih", Profile(agency="Dinas Perhubungan", region="52.72")),
        ("Instansi: Bappeda", Profile(agency="Bappeda")),
        ("apa tugas Bappeda?", Profile()),
        ("Diskominfo itu apa?", Profile()),
    ],
)
def test_a_bare_reply_counts_when_we_asked(reply: str, profile: Profile) -> None:
    assert read_profile(reply, asked=True) == profile


def test_new_values_win_where_they_are_given() -> None:
    old = Profile("Budi", "Kabid Aptika", "Diskominfo", "33.05", "0812")
    assert merged(old, Profile(position="Kadis", region="33.76")) == Profile(
        "Budi", "Kadis", "Diskominfo", "33.76", "0812"
    )
    assert merged(old, Profile()) == old


@pytest.mark.parametrize(("text", "question"), QUESTIONS)
def test_the_question_remains_without_the_introduction(text: str, question: str) -> None:
    assert without_introduction(text) == question


@pytest.mark.parametrize("piece", ["kami dari dinas ", "saya, ", "Halo. ", "A", "Nama: ", "bisa dihubungi ", "  "])
def test_a_very_long_message_takes_no_long_time(piece: str) -> None:
    start = time.perf_counter()
    read_profile(piece * (20_000 // len(piece)))
    assert time.perf_counter() - start < 2
