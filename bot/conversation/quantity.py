"""What a search found on a question for a quantity, a deadline or a penalty in, whether a passage states one out.

"Berapa persen dana desa untuk stunting?" is near to passages on villages and on stunting, and answered by
none that gives no percentage. What is asked for has to stand in a statement that speaks of the same thing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.conversation.extract import Statement, statements
from knowledge.found import Found
from knowledge.lexical import tokens
from knowledge.query import Query
from knowledge.rank import Passage

READ = 3
# A passage that holds all words of the question, the unit among them, is its answer in whatever form.
ALL_WORDS = 0.95
# Of the weight of the question's words, the least that a statement with such a quantity holds beside it.
LEAST_SHARE = 0.05
# Times and penalties are everywhere in the law: of a passage that gives one more has to be on the same thing.
LEAST_OF_PASSAGE = 0.4
ASKS = re.compile(
    r"\b(?:berapa(?:kah)?|how\s+(?:many|much|long|often)|what\s+percentage)\b(?P<behind>(?:\s+[\w/%-]+){0,4})", re.I
)
# "Kapan batas terakhir ...", "tenggatnya kapan": asks for a time without a number word.
DEADLINE = re.compile(
    r"\b(?:kapan|tanggal\s+berapa|when)\b[^.?!]*\b(?:batas|paling\s+lambat|selambat\w*|tenggat\w*|terakhir|jatuh\s+tempo|deadline)\b|"
    r"\b(?:batas\s+(?:waktu|akhir|terakhir)|paling\s+lambat|tenggat\w*|deadline)\w*[^.?!]*\b(?:kapan|when)\b",
    re.I,
)
PENALTY = re.compile(
    r"\b(?:apa(?:kah)?|ada(?:kah)?|bagaimana|gimana|jenis)\b[^.?!]*\b(?:sanksi|hukuman)(?:nya)?\b|"
    r"\b(?:sanksi|hukuman)(?:nya)?\b[^.?!]*\b(?:apa|ada|bagaimana|gimana)\b|\b(?:penalt(?:y|ies)|sanctions?)\b",
    re.I,
)
BEFORE = re.compile(r"((?:[\w/%-]+\s+){0,3})$")
NUMERAL = (
    r"(?:\d[\d.,]*|(?:se|dua|tiga|empat|lima|enam|tujuh|delapan|sembilan)(?:puluh|belas|ratus)|satu|dua|tiga|empat|lima|"
    r"enam|tujuh|delapan|sembilan|sepuluh|sebelas|belas|puluh|ratus|ribu|juta)"
)
# "5 (lima) tahun": rules write a number twice.
NUMBER = rf"\b{NUMERAL}\)?"
# That a rule leaves it open is an answer, too.
LEFT_OPEN = (
    r"\b(?:tidak|belum)\s+(?:di(?:sebut|tetap|atur|tentu|rinci)|menyebut|menetapkan|mengatur|menentukan|merinci)\w*"
)
MONTHS = "januari|februari|maret|april|mei|juni|juli|agustus|september|oktober|november|desember"
# What asks for a kind of quantity, and how a text gives one. The first that is asked for counts.
KINDS = {
    kind: (re.compile(rf"\b(?:{asks})\b", re.I), re.compile(gives, re.I))
    for kind, asks, gives in (
        (
            "share",
            r"persen(?:tase)?|porsi|bobot\w*|percentage",
            rf"\d\s*%|{NUMBER}\s*(?:persen|per\s?seratus)\b|\b(?:se)?(?:tengah|perempat)\b",
        ),
        (
            "times",
            r"kali|often",
            rf"{NUMBER}\s+kali\b|\bsekali\b|\b(?:se)?tiap\b|\bper\s+(?:bulan|tahun)|\bsetahun\b|\btahunan\b|\bberkala\b",
        ),
        (
            "time",
            r"lama(?:nya)?|hari|jam|pukul|menit|minggu|bulan|tahun|long",
            rf"{LEFT_OPEN}|\b(?:pukul|jam)\s+\d|{NUMBER}\s+(?:\w+\s+)?(?:x\s*24\s*)?(?:jam|hari|minggu|bulan|tahun|menit|triwulan|semester)\b|3\s*x\s*24|"
            rf"\bse(?:tahun|bulan|minggu|hari|waktu)\b|\b(?:minggu|triwulan)\s+(?:ke|I)|\b(?:{MONTHS})\b|(?<!/)\b20\d\d\b",
        ),
        (
            "money",
            r"biaya\w*|harga\w*|tarif\w*|denda\w*|gaji\w*|honor\w*|anggaran\w*|pagu\w*|rupiah|much|dana\w*",
            r"\bRp\.?\s?\d|\d\s*(?:ribu|juta|miliar|triliun|persen|%)|\b(?:gratis|tidak\s+dipungut|tanpa\s+biaya)\b",
        ),
    )
}
PENALTIES = re.compile(
    r"\b(?:sanksi|hukuman|denda|pidana|penjara|kurungan|teguran|peringatan\s+tertulis|pemberhentian|"
    r"pencabutan\s+izin|penundaan|pemotongan|ditunda|dipotong|tidak\s+dibayarkan)\b|" + LEFT_OPEN,
    re.I,
)
# "Karena SNI itu wajib, berapa biayanya?": that it is not is the answer.
PREMISE = re.compile(
    r"^\W*(?:karena|krn|sebab|berhubung|mengingat|kan|because|since|given\s+that)\b|\bkan\s+(?:\w+\s+){0,4}?(?:wajib|harus)\b",
    re.I,
)
A_NUMBER = re.compile(rf"\b{NUMERAL}\b", re.I)
PURPOSE = re.compile(r"\b(?:untuk|buat|bagi)\s+([^?,.(]+)", re.I)
# Number, article, page of a rule are no quantities.
NAMES = re.compile(r"\b(?:nomor(?:nya)?|no|pasal|ayat|uu|pp|perpres|permen\w*|perda|perwali|perbup)\s*$", re.I)
FILLERS = frozenset(
    "jumlah jumlahnya banyak banyaknya besar besarnya total minimal maksimal paling sedikit saja sih ya".split()
)
UNITS = frozenset(
    """persen persentase kali hari jam menit minggu bulan tahun lama rupiah waktu batas tenggat akhir terakhir sanksi
    hukuman""".split()
)
# Counted by any number: what one text calls unsur another calls komponen.
GENERAL = frozenset(
    """unsur komponen butir hal macam jenis poin syarat kriteria tahap tahapan langkah bagian aspek dimensi pilar
    indeks nilai skor level tingkat peringkat batas ambang kategori""".split()
)
ALIKE = (
    frozenset("orang anggota personel pegawai asn peserta asesor".split()),
    frozenset("kabupaten kota kab/kota kabupaten/kota daerah pemda peserta instansi".split()),
)


@dataclass(frozen=True)
class Wanted:
    """How a text gives what is asked for, what that is a share of ("berapa persen dana desa") or "", what the share
    is for ("untuk stunting"), and whether the other words of the question may stand anywhere in the passage."""

    gives: re.Pattern[str]
    base: str = ""
    purpose: frozenset[str] = frozenset()
    anywhere: bool = False


def states_none(found: Found) -> bool:
    """Whether the question asks for a quantity, a deadline or a penalty, and none of the best passages gives one
    beside its words."""
    wanted = _wanted(found)
    if wanted is None:
        return False
    if not wanted.purpose and any(passage.coverage >= ALL_WORDS for passage in found.passages[:READ]):
        return False
    asked = (word for word in found.rarity if word not in FILLERS | UNITS and not word.isdigit())
    words = {word: found.rarity[word] for word in asked}
    return not any(_states(passage, wanted, words, found) for passage in found.passages[:READ])


def how_given(question: str) -> re.Pattern[str] | None:
    """How a text gives the kind of quantity (a share, a time, money) that a question asks for; None where it
    asks for none."""
    asked = ASKS.search(question)
    kind = _kind(question, asked) if asked else "time" if DEADLINE.search(question) else ""
    return KINDS[kind][1] if kind else None


def _kind(text: str, asked: re.Match[str]) -> str:
    near = _before(text, asked)
    return next((kind for kind, (asks, _) in KINDS.items() if asks.search(asked[0]) or asks.search(near)), "")


def _before(text: str, asked: re.Match[str]) -> str:
    before = BEFORE.search(text[: asked.start()])
    return before[1] if before else ""


def _wanted(found: Found) -> Wanted | None:
    """What a passage has to give; None where nothing of the kind is asked for."""
    query, text = found.query, found.said.expanded
    if query.articles or PREMISE.search(found.said.text):
        return None
    asked, is_penalty = ASKS.search(text), PENALTY.search(text)
    if asked and not is_penalty:
        return None if NAMES.search(_before(text, asked)) else _counted(query, text, asked)
    # Of a rule that is named, or what was spoken of before, the words of the question say too little.
    if query.documents or query.earlier:
        return None
    gives = PENALTIES if is_penalty else KINDS["time"][1] if DEADLINE.search(text) else None
    return Wanted(gives, anywhere=True) if gives else None


def _counted(query: Query, text: str, asked: re.Match[str]) -> Wanted:
    kind = _kind(text, asked)
    if kind:
        asks, gives = KINDS[kind]
        if kind != "share" or not asks.search(asked[0]):
            return Wanted(gives)
        behind = tokens(asks.split(asked[0])[-1])
        purpose = PURPOSE.search(text, asked.start())
        return Wanted(
            gives,
            next((word for word in behind if word not in FILLERS | GENERAL), ""),
            frozenset(tokens(purpose[1])) if purpose else frozenset(),
        )
    counted = next((word.lower() for word in asked["behind"].split() if word.lower() not in FILLERS), "")
    if query.language == "en" or counted in GENERAL or counted.endswith("nya") or not tokens(counted):
        return Wanted(A_NUMBER)
    same = next((group for group in ALIKE if counted in group), {counted})
    nouns = "|".join(map(re.escape, sorted(same)))
    return Wanted(re.compile(rf"{NUMBER}\s+(?:[\w/]+\s+){{0,2}}?(?:{nouns})\b|\b(?:{nouns})\W+{NUMERAL}\b", re.I))


def _states(passage: Passage, wanted: Wanted, words: Mapping[str, float], found: Found) -> bool:
    parts = list(_with_opening(statements(passage.chunk.text)))
    topic = set(tokens(f"{passage.document.title} {passage.chunk.heading}"))
    whole = topic.union(*(said for _, said in parts))
    total, least = sum(words.values()), LEAST_OF_PASSAGE if wanted.anywhere else LEAST_SHARE
    is_english = found.query.language == "en"
    for statement, said in parts:
        if not wanted.gives.search(statement.text):
            continue
        if not is_english and (
            (wanted.base and wanted.base not in said | topic)
            or (wanted.purpose and wanted.purpose.isdisjoint(said | topic))
        ):
            continue
        held = sum(weight for word, weight in words.items() if word in (whole if wanted.anywhere else said))
        if is_english or not total or held >= least * total:
            return True
        # Its heading may say all of what it is about.
        if sum(weight for word, weight in words.items() if word in said | topic) >= 0.5 * total:
            return True
    return False


def _with_opening(parts: Sequence[Statement]) -> Iterator[tuple[Statement, set[str]]]:
    """Each statement with its words, and for an item those of what opens the list."""
    opening: set[str] = set()
    for statement in parts:
        said = set(tokens(statement.text))
        if statement.is_item:
            said |= opening
        else:
            opening = said
        yield statement, said
