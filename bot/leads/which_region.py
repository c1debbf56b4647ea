"""An answer to "which region?" in, the region or up to four candidates out.

Here every word may be meant as a region, so "batu", "kebumn" and "banjar baru" count, which
`knowledge.regions.find` rightly overlooks in a free message.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from knowledge.regions import KINDS, LONGEST_NAME, WORD, Region, find, regions

MOST_CANDIDATES = 4
MIN_SIMILARITY = 0.72
SHORTEST = 4
# Words around the name of a region in the name of an office.
OFFICE = frozenset(
    """dinas diskominfo diskominfotik diskominfosandi kominfo bappeda bapperida bappelitbangda badan bagian bidang
    sekretariat setda sekda inspektorat komunikasi informatika statistik persandian perencanaan pembangunan
    pemerintah pemda daerah kami saya dari untuk di dan wilayah pak bu bapak ibu kantor perangkat bupati wali
    gubernur ini itu the of from regency city province for we are in""".split()
)


@dataclass(frozen=True)
class Match:
    """The regions that an answer may mean, likeliest first; `certain` when it can be only the first."""

    regions: tuple[Region, ...]
    certain: bool = False


def region_of(code: str) -> Region | None:
    """The region with that Kemendagri code."""
    return _by_code().get(code)


def which_region(text: str) -> Match:
    """What the answer means: certain where a name is written out and no other could be meant."""
    words = [match[0] for match in WORD.finditer(text)]
    found = _without_their_province(list(dict.fromkeys(_written(words))), words) or _nicknamed(words)
    if len(found) == 1:
        others = _beside(found[0], words)
        return Match((*others, found[0])[:MOST_CANDIDATES], certain=not others)
    likely = found or list(dict.fromkeys([*find(text), *_close(words)]))
    return Match(tuple(likely[:MOST_CANDIDATES]))


def _beside(found: Region, words: list[str]) -> list[Region]:
    """What "banywangi jatim" may mean beside the province that it spells rightly."""
    if found.kind != "Provinsi":
        return []
    name = found.short.lower().split()
    rest = [word for word in words if word.lower() not in name]
    return [region for region in _close(rest) if region != found and region.province == found.province][:3]


def _written(words: list[str]) -> Iterator[Region]:
    """Regions whose whole name stands in the words, spaces apart; the longest name wins."""
    at, kind = 0, None
    while at < len(words):
        for length in range(min(LONGEST_NAME, len(words) - at), 0, -1):
            here = _by_name().get(_squeezed(words[at : at + length]), [])
            named = [region for region in here if kind in (None, region.kind)]
            if named:
                yield from named
                at, kind = at + length, None
                break
        else:
            kind = KINDS.get(words[at].lower())
            at += 1


def _without_their_province(found: list[Region], words: list[str]) -> list[Region]:
    """ "Kebumen, Jawa Tengah" means Kebumen, unless the province is called one."""
    if any(KINDS.get(word.lower()) == "Provinsi" for word in words):
        return found
    homes = {region.province for region in found if region.short != region.province}
    return [region for region in found if region.kind != "Provinsi" or region.province not in homes]


def _nicknamed(words: list[str]) -> list[Region]:
    """Regions by a short form such as "tangsel"; the kind, where it is written, decides."""
    kinds = {KINDS[word.lower()] for word in words if word.lower() in KINDS}
    found = find(" ".join(word.capitalize() for word in words if word.lower() not in KINDS))
    return [region for region in found if not kinds or region.kind in kinds]


def _close(words: list[str]) -> list[Region]:
    """Regions that hold the words, or whose name is written nearly so; nearest first."""
    kinds = {KINDS[word.lower()] for word in words if word.lower() in KINDS}
    own = [word.lower() for word in words if word.lower() not in KINDS and word.lower() not in OFFICE]
    if not own:
        return []
    held = [region for region in regions() if _holds(region, own)]
    scores: dict[str, float] = {}
    for window in _windows(own):
        for name, score, _ in process.extract(
            window, _by_name().keys(), scorer=OSA.normalized_similarity, score_cutoff=MIN_SIMILARITY, limit=6
        ):
            scores[name] = max(score, scores.get(name, 0))
    near = [region for name in sorted(scores, key=lambda n: -scores[n]) for region in _by_name()[name]]
    return [region for region in dict.fromkeys([*held, *near]) if not kinds or region.kind in kinds]


def _holds(region: Region, words: list[str]) -> bool:
    names = [name.lower() for name in WORD.findall(region.short)]
    return all(len(word) >= 3 and any(name.startswith(word) for name in names) for word in words) and any(
        len(word) >= SHORTEST for word in words
    )


def _windows(words: list[str]) -> Iterator[str]:
    for length in range(1, min(LONGEST_NAME, len(words)) + 1):
        for at in range(len(words) - length + 1):
            window = _squeezed(words[at : at + length])
            if len(window) >= SHORTEST:
                yield window


def _squeezed(words: list[str]) -> str:
    return re.sub(r"[^a-z]", "", "".join(words).lower())


@cache
def _by_name() -> dict[str, list[Region]]:
    table: dict[str, list[Region]] = {}
    for region in regions():
        table.setdefault(_squeezed([region.short]), []).append(region)
    return table


@cache
def _by_code() -> dict[str, Region]:
    return {region.code: region for region in regions()}
