"""Names of regulations in free text in, their codes ("pp-59-2022") out."""

from __future__ import annotations

import re
from dataclasses import dataclass

from knowledge.regional import (
    MADE_BY,
    in_region,
    region_issuing,
    region_named,
    region_of,
    region_shown,
    without_region,
)

# Code, name shown, and the ways in which it is written; the more precise come first.
KINDS: tuple[tuple[str, str, str], ...] = (
    ("perppu", "Perppu", r"peraturan\s+pemerintah\s+pengganti\s+undang[\s-]*undang|perpp?u"),
    ("uu", "UU", r"undang[\s-]*undang|uu|law"),
    ("pp", "PP", r"peraturan\s+pem\w{3,9}tah|pp|government\s+regulation"),
    ("perpres", "Perpres", r"peraturan\s+presiden|perpres|pepres|presidential\s+regulation"),
    ("keppres", "Keppres", r"keputusan\s+presiden|keppres"),
    ("inpres", "Inpres", r"instruksi\s+presiden|inpres"),
    ("permenkominfo", "Permenkominfo", r"peraturan\s+menteri\s+komunikasi\s+dan\s+informatika|permen\s?kominfo|pm\s?kominfo"),
    ("permenkomdigi", "Permenkomdigi", r"peraturan\s+menteri\s+komunikasi\s+dan\s+digital|permen\s?komdigi"),
    ("permenpanrb", "PermenPANRB", r"peraturan\s+menteri\s+pendayagunaan\s+aparatur\s+negara\s+dan\s+reformasi\s+birokrasi|permen\s?pan\s?-?\s?rb|permenpan"),
    ("kepmenpanrb", "Kepmen PANRB", r"keputusan\s+menteri\s+pendayagunaan\s+aparatur\s+negara\s+dan\s+reformasi\s+birokrasi|kepmen\s?pan\s?-?\s?rb"),
    ("permendagri", "Permendagri", r"peraturan\s+menteri\s+dalam\s+negeri|permendagri"),
    ("kepmendagri", "Kepmendagri", r"keputusan\s+menteri\s+dalam\s+negeri|kepmendagri"),
    ("inmendagri", "Inmendagri", r"instruksi\s+menteri\s+dalam\s+negeri|inmendagri"),
    ("permenppn", "Permen PPN", r"peraturan\s+menteri\s+(?:negara\s+)?perencanaan\s+pembangunan\s+nasional(?:/\w+[\w\s]*?)?|permen\s?ppn(?:/bappenas)?"),
    ("permenko", "Permenko", r"peraturan\s+menteri\s+koordinator\s+[\w\s]{4,60}?|permenko"),
    ("pmk", "PMK", r"peraturan\s+menteri\s+keuangan|permenkeu|pmk"),
    ("permenpupr", "PermenPUPR", r"peraturan\s+menteri\s+pekerjaan\s+umum(?:\s+dan\s+perumahan\s+rakyat)?|permen\s?pupr"),
    ("bssn", "Peraturan BSSN", r"peraturan\s+badan\s+siber\s+dan\s+sandi\s+negara|(?:peraturan|perka)\s+bssn|perbssn|bssn"),
    ("brin", "Peraturan BRIN", r"peraturan\s+badan\s+riset\s+dan\s+inovasi\s+nasional|peraturan\s+brin|brin"),
    ("lkpp", "Peraturan LKPP", r"peraturan\s+lembaga\s+kebijakan\s+pengadaan[\w\s/]*?|(?:peraturan|perlem)\s+lkpp|lkpp"),
    ("se-menpanrb", "SE MenPANRB", r"(?:surat\s+edaran|se)\s+menteri\s+pendayagunaan\s+aparatur\s+negara\s+dan\s+reformasi\s+birokrasi|se\s+(?:men)?pan\s?-?\s?rb"),
    ("se", "SE", r"(?:surat\s+edaran|se)\s+(?:menteri(?:\s+[a-z]+){1,5}?|men(?:dagri|kominfo|komdigi|keu|pan\w*))"),
    ("permen", "Permen", r"peraturan\s+menteri(?:\s+[a-z]+){1,8}?|permen\s?[a-z]{2,}"),
    ("perdasus", "Perdasus", r"peraturan\s+daerah\s+khusus(?!\s+(?:ibu\s?kota\s+)?jakarta)|perdasus"),
    ("perdais", "Perdais", r"peraturan\s+daerah\s+istimewa(?=\s+(?:nomor|no\b|daerah\s+istimewa|diy))|perdais"),
    ("perda", "Perda", r"peraturan\s+daerah|perdasi|perda"),
    ("qanun", "Qanun", r"qanun"),
    ("pergub", "Pergub", r"peraturan\s+gubernur|pergub"),
    ("perwali", "Perwali", r"peraturan\s+wali\s?kota|perwal(?:i|kot?|kota)?|perwako"),
    ("perbup", "Perbup", r"peraturan\s+bupati|perbup"),
    ("kepgub", "Kepgub", r"keputusan\s+gubernur|kepgub"),
    ("kepwali", "Kepwali", r"keputusan\s+wali\s?kota|kepwal(?:i|kot?|kota)?"),
    ("kepbup", "Kepbup", r"keputusan\s+bupati|kepbup"),
    ("ingub", "Ingub", r"instruksi\s+gubernur|ingub"),
    ("inwali", "Inwali", r"instruksi\s+wali\s?kota|inwal(?:i|kot?|kota)?"),
    ("inbup", "Inbup", r"instruksi\s+bupati|inbup"),
    ("segub", "SE Gubernur", r"(?:surat\s+edaran|se)\s+gubernur"),
    ("sewali", "SE Wali Kota", r"(?:surat\s+edaran|se)\s+wali\s?kota"),
    ("sebup", "SE Bupati", r"(?:surat\s+edaran|se)\s+bupati"),
)  # fmt: skip
SHOWN = {code: shown for code, shown, _ in KINDS}

# Decrees of ministers are numbered like 300.2.2-2430, circulars like 600/777/SJ.
NUMBER = r"(?P<number>\d{1,4}(?:[./-](?:\d{1,5}|[A-Z]{1,4})){0,4}|[0-9OIl]{1,4})"
YEAR = r"(?P<year>(?:19|2[0O])[0-9OIlL+]{2})"
_MIDDLE = r"(?:\s*,?\s*(?:republik\s+indo\s?nesia|ri)\s*)?\s*[,:]?\s*(?:nomor|nomer|no\.?|nmr|number)?\s*[.:]?\s*"
_YEAR_LINK = r"\s*(?:/|\s(?:tahun|thn|th|year)\.?\s?|\s+of\s+|\s+)\s*"
# Behind the kind of a regional rule stands its region, of up to seven words.
_REGION = (
    r"(?P<region>(?:(?:\s+|(?<=\.))(?!(?:nom[eo]r|no|nmr|number|tahun|thn|pasal|ayat|ini|atau|serta|jo|dan(?!\s+kepulauan)|"
    r"peraturan|keputusan|instruksi|undang|uu|pp|perpres|permen\w*|perda\w*|pergub|perwal\w*|perbup|kep(?:gub|wal|bup|men)\w*)\b)"
    r"[a-z][a-z'’-]*\.?){0,7}?)"
)
# Decrees, instructions and circulars of regions are numbered like 188.45/123 and 050/Kep.12-Diskominfo.
DECREE = r"(?P<number>\d{1,4}(?:[./-](?!(?:tahun|thn|th)\b)(?:\d{1,5}|[A-Z]{1,14})){0,8})"


def _pattern(code: str, pattern: str) -> re.Pattern[str]:
    region = _REGION if code in MADE_BY else ""
    number = DECREE if region and code.startswith(("kep", "in", "se")) else NUMBER
    return re.compile(rf"\b(?P<kind>{pattern}){region}{_MIDDLE}{number}{_YEAR_LINK}{YEAR}\b", re.I)


PATTERNS = tuple((code, _pattern(code, pattern)) for code, _, pattern in KINDS)
ENDS_IN_YEAR = re.compile(rf"{YEAR}\b", re.I)
ARTICLE = re.compile(
    r"\b(?:pasal|psl|ps|article|art)\b\.?\s*(\d{1,3}[A-Z]?)\b(?:\s*(?:ayat|para(?:graph)?)?\s*\((\d{1,2})\))?", re.I
)
FILE_NAME = re.compile(
    rf"(?:^|[/_ ]|(?<![a-z])-)(?P<kind>{'|'.join(sorted(SHOWN, key=len, reverse=True))})(?P<region>(?:[-_ ][a-z]+)*?)"
    r"[-_ ](?P<number>\d{1,4}(?:\.\w+)*)[-_ ](?P<year>(?:19|20)\d{2})(?!\d)"
)
HEADING = re.compile(
    rf"\bNOMOR\s*:?\s*(?:[0-9OIl]{{1,4}}|(?i:{DECREE}))(?:\s*TAHUN\s*|/)(?P<year>[0-9OIlL+]{{4}})\s*TENTANG\s*(?P<title>.{{4,300}}?)\s*(?:DENGAN\s+RAHMAT|MENIMBANG|Menimbang|PRESIDEN|BUPATI|WALI|GUBERNUR|MENTERI|\Z)",
    re.S,
)
# A text that someone wrote down opens with the name and title of its rule in small letters.
OPENING = re.compile(
    rf"\s*(?P<name>(?:Peraturan|Keputusan|Instruksi|Surat\s+Edaran|Undang|Qanun)\b[^\n]{{3,150}}?\b{YEAR})[ \t]*"
    r"(?:\n\s*|(?=tentang\b)|\Z)(?:tentang\s+(?P<title>[^\n]{4,300}))?",
    re.I,
)
# The line in which a regional rule says whose it is.
OFFICE = re.compile(r"(?:WALI\s?KOTA|BUPATI|GUBERNUR)\s+[A-Z'’ -]+,?")
OCR_DIGITS = str.maketrans("OoIlL+", "001114")
MISREAD = re.compile(r"(?<![^\W_])[0-9OoIlL+]+(?![^\W_])")


@dataclass(frozen=True)
class Reference:
    """A regulation named in a text: its code, and where the name stands."""

    code: str
    start: int
    end: int


def references(text: str) -> list[Reference]:
    """Every regulation that `text` names with number and year, in the order of the text.

    "PP No. 59 Thn 2022", "Peraturan Pemerintah Nomor 59 Tahun 2022" and "pp 59/2022" all
    give "pp-59-2022". Where a general name overlaps with a precise one, the precise wins.
    """
    found: list[Reference] = []
    # Nine passages of ten of a law name no year; thirty patterns need not look at them.
    if not ENDS_IN_YEAR.search(text):
        return found
    for code, pattern in PATTERNS:
        for match in pattern.finditer(text):
            year = match["year"].translate(OCR_DIGITS)
            number = MISREAD.sub(lambda part: part[0].translate(OCR_DIGITS), match["number"])
            if not (year.isdigit() and number[0].isdigit()):
                continue
            plain = str(int(number)) if number.isdigit() else re.sub(r"\W", ".", number)
            region = ""
            if code in MADE_BY:
                region, plain = _region_in(code, match), plain.lower()
            reference = Reference("-".join(filter(None, (code, region, plain, year))), match.start(), match.end())
            if not any(r.start < reference.end and reference.start < r.end for r in found):
                found.append(reference)
    return sorted(found, key=lambda reference: reference.start)


def _region_in(code: str, match: re.Match[str]) -> str:
    # A perdasi is a peraturan daerah provinsi.
    of_province = "provinsi " if match["kind"].lower() == "perdasi" and match["region"] else ""
    return region_named(code, of_province + match["region"])


def shown(code: str) -> str:
    """A code as an official writes it: "pp-59-2022" -> "PP 59/2022", "perwali-kota-bogor-7-2023" ->
    "Perwali Kota Bogor 7/2023"; other ids unchanged."""
    kind, _, number = without_region(code).rpartition("-")[0].rpartition("-")
    year = code.rpartition("-")[2]
    if kind in SHOWN and number[:1].isdigit() and year.isdigit():
        region = region_of(code)
        name = f"{SHOWN[kind]} {region_shown(kind, region)}" if region else SHOWN[kind]
        return f"{name} {number.upper() if kind in MADE_BY else number}/{year}"
    return code


def kind_of(code: str) -> str | None:
    """The kind in a regulation's code ("perwali-bogor-7-2023" -> "perwali"), None for other ids."""
    return max((kind for kind in SHOWN if code.startswith(f"{kind}-")), key=len, default=None)


def year_of(code: str) -> str | None:
    """The year in a regulation's code, None where the id is no code."""
    year = code.rpartition("-")[2]
    return year if kind_of(code) and len(year) == 4 and year.isdigit() else None


def identify(text: str, file_name: str) -> tuple[str | None, str | None]:
    """Code and title ("tentang ...") of a regulation from its first page and file name.

    The file name settles the number when it has the form `pp-59-2022`, since OCR spoils digits. The
    region of a regional rule is that of its heading, else of who issued it, else of the file name.
    """
    head = re.sub(r"[#*]|!\[\]\([^)]*\)", " ", text[:4000])
    code, title = _heading(head)
    named = FILE_NAME.search(file_name.lower())
    if named and (named["kind"] in MADE_BY or not named["region"]):
        own, kind = code, named["kind"]
        number = str(int(named["number"])) if named["number"].isdigit() else named["number"]
        code = f"{kind}-{number}-{named['year']}"
        code = in_region(code, region_of(own) if own and kind_of(own) == kind else "")
        code = _issued(code, head)
        code = in_region(code, region_named(kind, named["region"]) if kind in MADE_BY else "")
    return _issued(code, head) if code else None, title


def _heading(head: str) -> tuple[str | None, str | None]:
    heading = HEADING.search(head)
    if heading:
        before = " ".join(head[: heading.end("year")].split())
        own = [r for r in references(before) if r.end == len(before)]
        return own[-1].code if own else None, " ".join(heading["title"].split())
    opening = OPENING.match(head)
    own = references(opening["name"]) if opening else []
    if opening and own and (own[0].start, own[0].end) == (0, len(opening["name"])):
        title = " ".join((opening["title"] or "").split())
        return own[0].code, title or None
    return None, None


def _issued(code: str, head: str) -> str:
    """A regional rule's code with the region of whoever a line of the first page says issues it."""
    kind = kind_of(code) or ""
    if kind not in MADE_BY or region_of(code):
        return code
    regions = (region_issuing(kind, line) for line in map(str.strip, head.splitlines()) if OFFICE.fullmatch(line))
    return in_region(code, next(filter(None, regions), ""))
