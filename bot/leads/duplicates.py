"""A lead and the others in, those that are probably the same request out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import cache

from rapidfuzz import fuzz

from bot.leads.lead import Lead
from bot.leads.topics import topics_of
from bot.leads.which_region import region_of
from bot.leads.words import pattern, plain
from bot.texts.leads import LeadTexts
from knowledge.lexical import tokens

# Needs that share a topic are similar from the first ratio on, others from the second.
SAME_TOPIC = 50
ANY_TOPIC = 80
SAME_AGENCY = 88
# One region has one agency of each family, however it writes itself; the first that is found counts.
FAMILIES: dict[str, str] = {
    "kominfo": "diskominfo*|dinkominfo*|kominfo*|diskomdigi*|komdigi*|komunikasi dan informatika|"
    "komunikasi informatika|komunikasi dan digital|komunikasi dan informasi|infokom|ict",
    "perencanaan": "bappe*|bapelit*|baperlit*|bapperlit*|bapedalit*|baplitbang*|perencanaan pembangunan|bapeda",
    "keuangan": "bkad|bpkad|bpkd|bpkpd|bppkad|keuangan",
    "pendapatan": "bapenda|dispenda|pendapatan daerah",
    "kepegawaian": "bkpsdm*|bkpp*|bkd|kepegawaian",
    "perizinan": "dpmptsp|dpmpptsp|ptsp|penanaman modal",
    "pekerjaan-umum": "dpupr*|dputr|dpu|putr|pupr|pekerjaan umum",
    "perumahan": "dprkp|dpkp|perkim|disperkim|disperakim|perumahan|permukiman",
    "perhubungan": "dishub*|dinhub*|perhubungan",
    "kesehatan": "dinkes*|kesehatan",
    "pendidikan": "disdik*|dindik*|dikbud|pendidikan",
    "pariwisata": "dispar*|disbudpar*|pariwisata",
    "kependudukan": "disdukcapil|dukcapil|dispendukcapil|kependudukan",
    "lingkungan": "dlh*|dklh|lingkungan hidup",
    "sosial": "dinsos*|dinas sosial",
    "tenaga-kerja": "disnaker*|tenaga kerja",
    "perdagangan": "disperindag*|disdag*|perdagangan|perindustrian",
    "koperasi": "diskop*|koperasi",
    "pertanian": "distan*|dispertan*|pertanian",
    "desa": "dpmd|dispermades|dinsospermades|pemberdayaan masyarakat",
    "bencana": "bpbd|penanggulangan bencana",
    "satpol": "satpol*|satuan polisi",
    "inspektorat": "inspektorat*|itda",
    "riset": "brida|balitbang*|riset dan inovasi",
    "sekretariat-dewan": "setwan|dprd",
    "sekretariat-daerah": "setda*|sekretariat daerah|sekda",
}
# What names of agencies have in common, regions' kinds included.
COMMON = frozenset(
    """dinas badan kantor bagian bidang pemerintah pemda pemkab pemkot pemprov kabupaten kab kota provinsi prov daerah
    kecamatan kec dan of the office agency department government regency city province""".split()
)
# What every request says.
POLITE = frozenset(
    """mohon ingin minta bantu bantuan dibantu membantu perlu butuh konsultasi pendampingan didampingi mendampingi
    arahan masukan kota kabupaten daerah pemerintah cerdas smart city bapak ibu tim help need please advice""".split()
)
PREFIX = re.compile(r"^(?:meny|peny|meng|peng|mem|pem|men|pen|me|pe|di|ber|ter|ke)(?=\w{4})")
SUFFIX = re.compile(r"(?<=\w{4})(?:kannya|annya|kan|an|nya|i)$")


def similar(lead: Lead, others: Iterable[Lead], within_days: int = 90) -> tuple[str, ...]:
    """Numbers of the leads that are probably the same request, the most similar first: the same
    agency of the same region, or the same person, with a similar need, at most so many days apart."""
    found: list[tuple[float, str]] = []
    for other in others:
        is_near = abs(other.created_at - lead.created_at) <= timedelta(days=within_days)
        if other.number == lead.number or not is_near or not _same_office(lead, other):
            continue
        likeness = _likeness(lead, other)
        if likeness:
            found.append((-likeness, other.number))
    return tuple(number for _, number in sorted(found))


def agency_key(agency: str, region: str) -> str:
    """The one spelling of an agency: "Dinas Kominfo Kab. Kebumen" and "Diskominfo" are "kominfo",
    others their telling words in order of the alphabet; empty when nothing tells."""
    words = plain(agency)
    family = next((key for key, found in _families().items() if found.search(words)), "")
    if family:
        return family
    known = region_of(region)
    place = set(plain(known.short).split()) if known else set()
    return " ".join(sorted(set(words.split()) - COMMON - place))


def told_similar(numbers: Sequence[str], copy: LeadTexts) -> str:
    """ "Mungkin sama dengan KC-2611-0042"; empty without numbers."""
    return copy.maybe_same.format(numbers=", ".join(numbers)) if numbers else ""


def _same_office(lead: Lead, other: Lead) -> bool:
    if lead.person == other.person:
        return True
    mine, theirs = lead.profile, other.profile
    if not mine.region or mine.region != theirs.region:
        return False
    one, another = agency_key(mine.agency, mine.region), agency_key(theirs.agency, theirs.region)
    return bool(one and another) and fuzz.ratio(one, another) >= SAME_AGENCY


def _likeness(lead: Lead, other: Lead) -> float:
    """0 to 100; 0 where the needs are not similar."""
    shared = _topics(lead) & _topics(other)
    one, another = _stems(lead.need), _stems(other.need)
    if not one or not another:
        return float(SAME_TOPIC) if shared else 0.0
    ratio = float(fuzz.token_set_ratio(one, another))
    return ratio if ratio >= (SAME_TOPIC if shared else ANY_TOPIC) else 0.0


def _topics(lead: Lead) -> set[str]:
    return {*lead.topics, *topics_of([lead.need])} - {"lainnya"}


def _stems(need: str) -> str:
    """The telling words of a need without affixes: "menyusun" and "penyusunan" are one."""
    return " ".join(SUFFIX.sub("", PREFIX.sub("", word)) for word in tokens(need) if word not in POLITE)


@cache
def _families() -> dict[str, re.Pattern[str]]:
    return {key: pattern(words.split("|")) for key, words in FAMILIES.items()}
