"""Ways in which a model gets a statement wrong: each takes a true one and gives false ones.

They know Indonesian, not the library: an operator that finds nothing to change gives nothing.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

Operator = Callable[[str, random.Random], Iterator[str]]

ORGANS = (
    "Presiden|Gubernur|Bupati|Wali Kota|DPRD|Sekretaris Daerah|Bappeda|Diskominfo|Menteri Dalam Negeri|Menteri Keuangan|"
    "Kementerian PANRB|Komdigi|Kementerian Dalam Negeri|BPS|BSSN|LKPP|Inspektorat|walidata|kepala daerah|camat|"
    "perangkat daerah|asesor|pembimbing|Kominfo|PPID|DPR|BPK"
).split("|")
NAMES = (
    "Surabaya|Kabupaten Garut|Citra Nusantara|Makassar|Telkomsel|Universitas Gadjah Mada|Jakarta Smart Lounge".split(
        "|"
    )
)
SENTENCES = (
    "Ketentuan ini mulai berlaku pada 1 Januari 2028.",
    "Pelanggarannya dikenai denda administratif oleh inspektorat.",
    "Biayanya ditanggung penuh oleh Kementerian Keuangan.",
    "Laporannya wajib disampaikan kepada Komisi Pemberantasan Korupsi setiap triwulan.",
    "Daerah yang terlambat kehilangan dana insentif fiskal.",
    "Hubungi kami melalui tautan resmi untuk mendapatkan bantuan hukum gratis.",
    "Permohonan diajukan dengan materai dan tanda tangan notaris.",
    "Sertifikasi dari lembaga internasional menjadi prasyarat utamanya.",
)
CLAUSES = (
    ", dan pelanggarnya dipidana penjara",
    ", yang dibiayai sepenuhnya dengan hibah luar negeri",
    " serta wajib diumumkan di surat kabar nasional",
    " setelah mendapat persetujuan tertulis Presiden",
    ", kecuali bagi daerah kepulauan dan perbatasan",
    " dengan pengawasan kejaksaan tinggi setempat",
)
FLIPS = {
    "duty": (
        (r"\b(?:wajib|harus)\b", ("dapat", "tidak wajib", "dilarang")),
        (r"\bmewajibkan\b", ("memperbolehkan", "melarang")),
        (r"\b(?<!tidak )(?:dapat|boleh|bisa)\b", ("wajib", "dilarang")),
        (r"\b(?:dilarang|tidak boleh|jangan)\b", ("boleh", "wajib")),
        (r"\bmelarang\b", ("mewajibkan", "membolehkan")),
        (r"(?<!tidak )\bperlu\b", ("tidak perlu", "dilarang")),
    ),
    "standing": (
        (r"(?<!tidak )\b(?:masih )?berlaku\b(?! bagi| untuk)", ("sudah dicabut", "tidak berlaku lagi")),
        (r"(?<!tidak )\b(?:sudah |telah )?dicabut\b", ("masih berlaku",)),
        (r"\b(?:sudah )?tidak (?:lagi )?berlaku\b(?: lagi)?", ("masih berlaku",)),
        (r"(?<!tidak )\b(?:telah |sudah )?diubah\b", ("dicabut",)),
    ),
    "bound": (
        (r"\b(?:paling (?:lambat|lama|banyak|tinggi)|maksimal)\b", ("paling sedikit", "lebih dari")),
        (r"\b(?:paling sedikit|minimal)\b", ("paling banyak", "kurang dari")),
        (r"\bsebelum\b", ("setelah",)),
        (r"\b(?:setelah|sesudah)\b", ("sebelum",)),
        (r"\bbulan\b(?! itu| ini)", ("tahun",)),
        (r"\b(?<=\d )(?:tahun|hari)\b", ("bulan",)),
        (r"\bpersen\b", ("juta rupiah",)),
        (r"\bmiliar\b", ("triliun", "juta")),
    ),
}
NUMERALS = "dua tiga empat lima enam tujuh delapan sembilan".split()
REGULATION = r"\b(?:UU|PP|Perpres|Permen\w*|Perda|Peraturan BSSN)\s"
BEFORE_A_VERB = re.compile(r"(?<=\s)(?=(?:me|di|ber)(?!ngan|sama|ri\b)[a-z]{5,}\b)")


def numbers(text: str, rng: random.Random) -> Iterator[str]:
    """6 months instead of 5; the numbers of articles and regulations are for others."""
    for match in re.finditer(r"(?<![\d/,.-])\d+(?:[.,]\d+)*(?![\d/-])", text):
        before = text[: match.start()]
        if not re.search(r"(?:Pasal|sampai|ayat \(|UU|PP|Perpres|ISO|SNI|SWOT|,|dan)\s?$", before):
            yield before + _other_number(match[0], rng) + text[match.end() :]
    for match in re.finditer(rf"\b(?:{'|'.join(NUMERALS)})\b", text):
        yield text[: match.start()] + rng.choice([n for n in NUMERALS if n != match[0]]) + text[match.end() :]


def articles(text: str, rng: random.Random) -> Iterator[str]:
    """Pasal 21 instead of Pasal 12."""
    for match in re.finditer(r"(?<=Pasal )\d+", text):
        swapped = match[0][::-1]
        other = swapped if swapped != match[0] and swapped[0] != "0" else str(int(match[0]) + rng.choice([1, 2, 10]))
        yield text[: match.start()] + other + text[match.end() :]


def regulations(text: str, rng: random.Random) -> Iterator[str]:
    """PP 95/2022 instead of PP 59/2022, or another year."""
    for match in re.finditer(rf"({REGULATION})(\d+)/(\d{{4}})", text):
        number, year = match[2], int(match[3])
        other = f"{match[1]}{number[::-1] if len(set(number)) > 1 and number[-1] != '0' else int(number) + 3}/{year}"
        yield text[: match.start()] + rng.choice([other, f"{match[1]}{number}/{year - 2}"]) + text[match.end() :]


def flips(group: str) -> Operator:
    """Another duty, standing or bound in its place."""

    def operate(text: str, rng: random.Random) -> Iterator[str]:
        for pattern, others in FLIPS[group]:
            for match in re.finditer(pattern, text):
                yield text[: match.start()] + rng.choice(others) + text[match.end() :]

    return operate


def negation_in(text: str, rng: random.Random) -> Iterator[str]:
    """ "tidak" before a verb that had none."""
    places = [
        m.start()
        for m in BEFORE_A_VERB.finditer(text)
        if not re.search(r"(?:tidak|bukan|belum|tanpa|untuk|yang)\s$", text[: m.start()])
    ]
    if places:
        place = rng.choice(places[:3])
        yield f"{text[:place]}tidak {text[place:]}"


def negation_out(text: str, _: random.Random) -> Iterator[str]:
    """Without the "tidak" that it had."""
    for match in re.finditer(
        r"(?<!belum )\b(?:tidak lagi|tidak|bukan|belum)\s(?!hanya|saja|sekadar|lagi|perlu\s+lagi|tentu)", text
    ):
        if "tidaknya" not in text:
            yield text[: match.start()] + text[match.end() :]


def organs(text: str, rng: random.Random) -> Iterator[str]:
    """Another organ in the place of one."""
    for match in re.finditer(rf"\b(?:{'|'.join(sorted(ORGANS, key=len, reverse=True))})\b", text):
        if not re.search(r"(?:Peraturan|Badan|/)\s?$", text[: match.start()]):
            others = [o for o in ORGANS if o.lower() not in text.lower() and o[:4] != match[0][:4]]
            yield text[: match.start()] + rng.choice(others) + text[match.end() :]


def exchanged(text: str, _: random.Random) -> Iterator[str]:
    """Two organs of a statement in each other's place."""
    found = [
        m
        for m in re.finditer(rf"\b(?:{'|'.join(ORGANS)})\b", text)
        if not re.search(r"Peraturan\s$", text[: m.start()])
    ]
    for a, b in pairwise(found):
        # Neighbours of a list may change places.
        if a[0].lower() != b[0].lower() and len(text[a.end() : b.start()].split()) > 3:
            yield text[: a.start()] + b[0] + text[a.end() : b.start()] + a[0] + text[b.end() :]


def names(text: str, rng: random.Random) -> Iterator[str]:
    """Another place or firm."""
    for match in re.finditer(r"(?<=[a-z,] )(?:Kota |Kabupaten )?[A-Z][a-z]{3,}(?: [A-Z][a-z]{3,})?", text):
        if not re.search(
            r"Pasal|Menteri|Kementerian|Perpres|Permen|Perda|Peraturan|Indeks|Badan|Januari|Juni|Agustus|Rencana",
            match[0],
        ):
            yield text[: match.start()] + rng.choice(NAMES) + text[match.end() :]
            return


def sentence_added(text: str, rng: random.Random) -> Iterator[str]:
    """A sentence that no source has."""
    yield f"{text} {rng.choice(SENTENCES)}"


def clause_added(text: str, rng: random.Random) -> Iterator[str]:
    """A part that no source has."""
    yield text.rstrip(".") + rng.choice(CLAUSES) + "."


def condition_dropped(text: str, _: random.Random) -> Iterator[str]:
    """Without the part that says when it is true."""
    part = r"(?:jika|apabila|bila|kecuali|selama|sepanjang|dalam hal)\s[^,;.:]{8,}"
    for match in re.finditer(rf"(?:,\s|\s){part}(?=[,;.])", text):
        rest = text[: match.start()] + text[match.end() :]
        if len(rest.split()) >= 5:
            yield rest
    opened = re.match(rf"(?i:{part}),\s(\w)", text)
    if opened:
        yield opened[1].upper() + text[opened.end() :]
    for match in re.finditer(r"\bhanya\s(?!jumlah)", text):
        if not text[: match.start()].endswith(("tidak ", "bukan ")):
            yield text[: match.start()] + text[match.end() :]


OPERATORS: dict[str, Operator] = {
    "number": numbers,
    "article": articles,
    "regulation": regulations,
    "duty": flips("duty"),
    "standing": flips("standing"),
    "bound": flips("bound"),
    "negation in": negation_in,
    "negation out": negation_out,
    "organ": organs,
    "exchanged": exchanged,
    "name": names,
    "sentence": sentence_added,
    "clause": clause_added,
    "condition": condition_dropped,
}


def mutations(text: str, rng: random.Random) -> Iterator[tuple[str, str]]:
    """Every false statement made of a true one, with the operator that made it."""
    for name, operate in OPERATORS.items():
        for false in operate(text, rng):
            if false != text:
                yield name, false


def _other_number(number: str, rng: random.Random) -> str:
    digits = re.sub(r"\D", "", number)
    if "," in number or "." in number:
        return number[:-1] + str((int(number[-1]) + rng.randint(1, 8)) % 10)
    value = int(digits)
    if 1990 <= value <= 2060:
        return str(value + rng.choice([-2, -1, 1, 3]))
    return (
        str(max(1, value + rng.choice([1, 2, 5])))
        if value < 10
        else rng.choice(
            [number[::-1] if number[::-1] != number and number[-1] != "0" else str(value + 1), str(value * 10)]
        )
    )


def spread(items: Sequence[tuple[str, str]], most: int, rng: random.Random) -> list[tuple[str, str]]:
    """At most so many of each operator, chosen at random."""
    chosen: list[tuple[str, str]] = []
    for name in OPERATORS:
        mine = [item for item in items if item[0] == name]
        chosen += rng.sample(mine, min(most, len(mine)))
    return chosen
