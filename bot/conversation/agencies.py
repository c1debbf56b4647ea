"""A text and a place in it in, the agency or region that begins there and its end out."""

from __future__ import annotations

import re

from knowledge import regions

# The agencies that write themselves as one word; the spelling here is the one that is kept.
ACRONYMS = {
    name.lower(): name
    for name in """
    Diskominfo Diskominfotik Diskominfosan Diskominfosp Diskominfostandi Diskominfostaper Diskominfotiksan
    Diskominfostik Diskominfosantik Diskominfops Dinkominfo Dinkominfotik Diskomdigi Diskomdigitik Kominfo Komdigi
    Bappeda Bapperida Bappelitbangda Bappelitbang Bapelitbangda Baperlitbang Bapperlitbang Baperlitbangda
    Bappedalitbang Bapelitbang Bapedalitbang Baplitbangda Brida Balitbang Balitbangda BKPSDM BKPP BKPSDMD BKD BKN BKAD
    BPKAD BPKD BPKPD BPPKAD Bapenda DPMPTSP PTSP DPUPR PUPR DPUTR DPU PUTR Dishub Dinkes Disdik Disdikbud Disdikpora
    Dinsos Disnaker Disnakertrans Dispar Disparbud Disbudpar Dispora Disporapar Disdukcapil Dukcapil Dispendukcapil
    DLH DLHK DKLH DPRKP DPKP Perkim Disperkim Disperakim BPBD Damkar Satpol Setda Setdako Setdakab Setwan Itda
    Inspektorat Disperindag Disdag Diskop Diskopukm Distan Dispertan Distanhut DKP Disperpusip DPMD Dispermades
    Dinsospermades DPPKBP3A DP3A DPPPA DPRD RSUD UPTD Kemendagri Kemkomdigi Kominfotik Bappenas BSSN KemenPANRB
    """.split()
}
HEADS = frozenset(
    """dinas badan bagian biro bidang seksi subbagian subbidang sekretariat kantor kecamatan kelurahan kementerian tim
    dewan universitas institut politeknik satpol rsud uptd puskesmas pt cv""".split()
)
ENGLISH_AGENCY = re.compile(
    r"(?:the\s+)?((?:(?!from\b|in\b|of\b|at\b)[A-Za-z][\w&'-]*\s+){1,6}?(?:Office|Agency|Department|Bureau|Division|Board))\b",
    re.I,
)
CAPITALS = frozenset("tik spbe ikp umkm ukm pp asn pns rsud uptd pt cv opd".split())
ENGLISH_KINDS = frozenset({"city", "regency", "province", "municipality"})
# Where an agency's name ends, if not at a region.
STOPS = frozenset(
    """mau ingin izin ijin mohon hendak akan sedang lagi apa apakah bagaimana gimana siapa kapan berapa mengapa kenapa
    di sini disini yang untuk dengan ini itu ada perlu butuh minta terkait tentang kami saya kita sudah belum telah
    bersama atau ke dari pada oleh jika kalau bila agar supaya juga tidak baru pernah bisa boleh dapat selaku sebagai
    tanya nanya numpang mana ya nih mewakili berencana punya masih karena soal mengenai akhirnya kebetulan pun saja
    would want wants need here and we i is are have from in at of for to or who what how which""".split()
)
VERB = re.compile(r"(?:meng(?!ah)|meny|mem|men(?!engah)|mel|mer|ber(?!sih|sama|kah|it|as)|ditu|dimi)\w{3,}", re.I)
WORD = re.compile(r"[A-Za-z][A-Za-z0-9'’/&-]*")
ABBREVIATED = frozenset("kab prov plt plh pj dr ir h hj drs dra st moh muh abd".split())


def agency_at(text: str, at: int) -> tuple[str, int] | None:
    """The name of an agency that begins here, and where it ends."""
    found = words_at(text, at)
    if not found or found[0].start() != at:
        return None
    first = found[0][0].lower()
    if first not in ACRONYMS and first not in HEADS:
        office = ENGLISH_AGENCY.match(text, at)
        is_office = office and not STOPS & set(office[1].lower().split())
        return (spelled(office[1]), office.end()) if office and is_office else None
    end, is_at_region = found[0].end(), False
    for word in found[1:9]:
        is_at_region = region_at(text, word.start()) is not None
        if is_at_region or ends_a_name(word[0]):
            break
        if first in ACRONYMS and first not in HEADS and word[0][0].islower() and word[0] != "dan":
            break
        end = end if word[0].lower() == "dan" else word.end()
    if first in HEADS:
        return (spelled(text[at:end]), end) if end > found[0].end() else None
    return (spelled(text[at:end]), end) if is_at_region else (spelled(found[0][0]), found[0].end())


def region_at(text: str, at: int, kind: str = "") -> tuple[str, int] | None:
    """The code of the region that begins here, and where it ends.

    The code is "" where both a kabupaten and a kota have the name. `kind` is said elsewhere,
    as "Kabupaten" by "Bupati".
    """
    found = [word for word in words_at(text, at)[:7] if word[0].lower() != "administrasi"]
    if not found or found[0].start() != at:
        return None
    names = [word[0] for word in found]
    if names[0].lower() in ENGLISH_KINDS and names[1:2] == ["of"]:
        del found[1], names[1]
    for n in range(1, min(4, len(names))):
        if names[n].lower() in ENGLISH_KINDS and (named := _beginning([names[n], *names[:n]])):
            return named[0].code, found[n].end()
    best: list[regions.Region] = []
    end = at
    for n in range(1, len(names) + 1):
        named = _beginning([*([kind] if kind else []), *names[:n]]) if not best else regions.find(" ".join(names[:n]))
        if named and (not best or named[: len(best)] != best):
            best, end = named, found[n - 1].end()
    return (best[0].code if len(best) == 1 else "", end) if best else None


def _beginning(names: list[str]) -> list[regions.Region]:
    """The regions that these words name, if the name begins with the first or after its kind."""
    has_kind = names[0].lower() in regions.KINDS
    if has_kind and names[1:] and names[1].lower() in regions.KINDS and not names[0].lower().startswith("pem"):
        return []
    named = regions.find(" ".join(names))
    return named if named != regions.find(" ".join(names[2 if has_kind else 1 :])) else []


def words_at(text: str, at: int) -> list[re.Match[str]]:
    """The words from here to the next punctuation, ten at most; "Kab." is a word."""
    found: list[re.Match[str]] = []
    for word in WORD.finditer(text, at, at + 120):
        gap = text[found[-1].end() if found else at : word.start()]
        is_short = bool(found) and (found[-1][0].lower() in ABBREVIATED or len(found[-1][0]) == 1)
        if len(found) == 10 or gap.replace("." if is_short else "", "", 1).strip(" \t"):
            break
        found.append(word)
    return found


def ends_a_name(word: str) -> bool:
    """Whether the word is none of a name: "mau", "menyusun"."""
    return word.lower() in STOPS or VERB.fullmatch(word) is not None


def spelled(name: str) -> str:
    """As it was written; what was all small or all capitals in the usual spelling."""
    name = " ".join(name.split())
    is_plain = name.islower() or (name.isupper() and " " in name)
    parts = [ACRONYMS.get(part.lower(), part) for part in name.split()]
    if is_plain:
        parts = [part if part.lower() in ACRONYMS else _capitalised(part) for part in parts]
    return " ".join(parts)


def _capitalised(word: str) -> str:
    low = word.lower()
    if low in {"dan", "of", "and", "the", "untuk"}:
        return low
    return word.upper() if low in CAPITALS else low.capitalize()
