"""The region in a rule's code ("perwali-kota-bogor-7-2023") in, which known rules a code may mean out.

Every region numbers its own rules, so that a number and a year alone name as many rules as there are
regions. A code has its region where that is known, and none ("perwali-7-2023") where it is not.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from functools import cache, lru_cache

from knowledge.regions import KINDS, called, regions, with_code

# Kinds of regional rules, and the kind of region that makes them; "" where any may.
MADE_BY = {
    "perda": "", "qanun": "", "perdasus": "provinsi", "perdais": "provinsi", "pergub": "provinsi", "kepgub": "provinsi",
    "perwali": "kota", "kepwali": "kota", "perbup": "kabupaten", "kepbup": "kabupaten",
    "ingub": "provinsi", "inwali": "kota", "inbup": "kabupaten",
    "segub": "provinsi", "sewali": "kota", "sebup": "kabupaten",
}  # fmt: skip
CODE = re.compile(
    rf"(?P<kind>{'|'.join(MADE_BY)})(?:-(?P<region>[a-z]+(?:-[a-z]+)*))?-(?P<number>\d[\w.]*)-(?P<year>\d{{4}})"
)
OFFICES = {"wali": "kota", "bupati": "kabupaten", "gubernur": "provinsi"}
ISSUER = re.compile(
    r"(?i:\b(?P<office>wali\s?kota|bupati|gubernur|kota|kabupaten|provinsi))\s+(?P<name>[A-Z][\w'’-]*(?:\s+[A-Z][\w'’-]*){0,5})"
)
WORD = re.compile(r"[a-z]+")
# "perwali kami nomor 7", "perwali di Kota Bogor nomor 7"
FILLER = frozenset("kami kita saya dari milik pemerintah".split())
# What these words open is a topic.
OPENS_TOPIC = frozenset("tentang mengenai soal terkait yang yg untuk dengan pada oleh".split())


def region_of(code: str) -> str:
    """The region in a code, as "kota-bogor"; "" where there is none."""
    match = _parts(code)
    return (match["region"] or "") if match else ""


def without_region(code: str) -> str:
    """ "perwali-kota-bogor-7-2023" -> "perwali-7-2023"; codes without a region unchanged."""
    match = _parts(code)
    return f"{match['kind']}-{match['number']}-{match['year']}" if match else code


def in_region(code: str, home: str) -> str:
    """A code with its region in full: the one that it names, else that of the rule that speaks ("kota-bogor").

    What a city's rule calls "Peraturan Gubernur Nomor 5 Tahun 2010" is one of its province.
    """
    match = _parts(code)
    if match is None:
        return code
    kind = match["kind"]
    region = region_named(kind, match["region"].replace("-", " ")) if match["region"] else _of_kind(home, MADE_BY[kind])
    return f"{kind}-{region}-{match['number']}-{match['year']}" if region else code


def region_named(kind: str, words: str) -> str:
    """The region in what stands between a rule's kind and its number: ("perwali", "Kota Bogor") -> "kota-bogor".

    "bandung" for a perda of either Bandung; "" where no region is named.
    """
    said = [word for word in WORD.findall(words.lower().replace("’", "").replace("'", "")) if word not in FILLER]
    if said[:1] == ["di"] and said[1:] != ["yogyakarta"]:
        del said[0]
    if not said or OPENS_TOPIC & set(said):
        return ""
    # A city's rule may name its province as well.
    ends = next((i for i, word in enumerate(said) if i and KINDS.get(word) == "Provinsi"), len(said))
    said, made_by = said[:ends], MADE_BY[kind]
    written = KINDS.get(said[0], "").lower()
    if written and made_by in {"", written} and len(said) > 1:
        made_by, said = written, said[1:]
    found = called(" ".join(said), made_by.capitalize() or None)
    if len(found) == 1:
        return _slug(found[0].name)
    return "-".join([made_by, *said] if made_by else said)


def region_issuing(kind: str, text: str) -> str:
    """The region of an office: ("perda", "Bupati Kebumen") -> "kabupaten-kebumen"; "" for an office of none."""
    for match in ISSUER.finditer(text):
        office = match["office"].lower()
        made_by = next((region for word, region in OFFICES.items() if office.startswith(word)), office)
        if MADE_BY[kind] in {"", made_by}:
            return region_named(kind, f"{made_by} {match['name']}")
    return ""


def region_shown(kind: str, region: str) -> str:
    """A region as it stands in a rule's name: "Kota Bogor", but "Kebumen" behind "Perbup"."""
    name = _names().get(region) or " ".join(word.capitalize() for word in region.split("-"))
    made_by, _, short = name.partition(" ")
    # "SE Wali Kota Bogor" has said it too.
    is_said = (
        MADE_BY[kind] in {"kabupaten", "provinsi"} or kind == "sewali" or (kind == "qanun" and made_by == "Provinsi")
    )
    return short if is_said and made_by in KINDS.values() else name


def same_number(codes: Iterable[str]) -> Mapping[str, Collection[str]]:
    """Codes by what they have in common without their regions: for `resolve`."""
    found: dict[str, dict[str, None]] = {}
    for code in codes:
        found.setdefault(without_region(code), {})[code] = None
    return found


def resolve(code: str, known: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """Those of the known codes (`same_number`) that `code` may mean; several when it is ambiguous.

    A code without region may mean any region's; one with a region means that one's, or a rule of which
    the region is not known.
    """
    same = tuple(known.get(without_region(code), ()))
    region = region_of(in_region(code, ""))
    if not region:
        return same
    named = tuple(one for one in same if _is_one(region, region_of(one)))
    return named or tuple(one for one in same if not region_of(one))


def in_full(code: str, known: Mapping[str, Collection[str]]) -> str:
    """A code with the region that the only known code has which it may mean, otherwise as it is."""
    region = region_of(code)
    if region and region != short(region):
        return code
    found = [one for one in resolve(code, known) if one != code]
    return found[0] if len(found) == 1 else code


def short(region: str) -> str:
    """ "kota-bogor" -> "bogor"; "bandung", of which the kind is not known, stays."""
    made_by, _, name = region.partition("-")
    return name if name and made_by.capitalize() in {"Kota", "Kabupaten", "Provinsi"} else region


def regions_in(found: Iterable[str]) -> tuple[str, ...]:
    """The regions with these names ("Kota Bogor") as codes have them."""
    return tuple(map(_slug, found))


@lru_cache(maxsize=16384)
def _parts(code: str) -> re.Match[str] | None:
    return CODE.fullmatch(code)


def _is_one(one: str, other: str) -> bool:
    return one == other or (short(one) == short(other) and (one == short(one) or other == short(other)))


def _of_kind(home: str, made_by: str) -> str:
    """A rule's region, or the one above it, as far as it makes rules of a kind."""
    if not made_by or home.startswith(f"{made_by}-"):
        return home
    if made_by != "provinsi":
        return ""
    region = next((one for one in regions() if _slug(one.name) == home), None)
    province = with_code(region.code[:2]) if region else None
    return _slug(province.name) if province else ""


def _slug(name: str) -> str:
    return "-".join(WORD.findall(re.sub(r"\(.*|['’]", "", name.lower())))


@cache
def _names() -> dict[str, str]:
    return {_slug(region.name): region.name.partition(" (")[0] for region in regions()}
