"""Names of regulations in free text in, their codes ("pp-59-2022") out."""

from __future__ import annotations

import re
from dataclasses import dataclass

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
    ("perda", "Perda", r"peraturan\s+daerah(?:\s+(?:kota|kabupaten|provinsi)(?:\s+[a-z]+){1,3}?)?|perda(?:\s+(?:kota|kabupaten|kab\.?|provinsi)?(?:\s*[a-z]+){1,3}?)?"),
    ("pergub", "Pergub", r"peraturan\s+gubernur(?:\s+[a-z]+){0,4}?|pergub(?:\s+[a-z]+){0,3}?"),
    ("perwali", "Perwali", r"peraturan\s+wali\s?kota(?:\s+[a-z]+){0,3}?|perwal[i]?(?:\s+[a-z]+){0,3}?"),
    ("perbup", "Perbup", r"peraturan\s+bupati(?:\s+[a-z]+){0,3}?|perbup(?:\s+[a-z]+){0,3}?"),
)  # fmt: skip
SHOWN = {code: shown for code, shown, _ in KINDS}

# Decrees of ministers are numbered like 300.2.2-2430, circulars like 600/777/SJ.
NUMBER = r"(?P<number>\d{1,4}(?:[./-](?:\d{1,5}|[A-Z]{1,4})){0,4}|[0-9OIl]{1,4})"
YEAR = r"(?P<year>(?:19|2[0O])[0-9OIlL+]{2})"
_MIDDLE = r"(?:\s*,?\s*(?:republik\s+indo\s?nesia|ri)\s*)?\s*[,:]?\s*(?:nomor|nomer|no\.?|nmr|number)?\s*[.:]?\s*"
_YEAR_LINK = r"\s*(?:/|\s(?:tahun|thn|th|year)\.?\s?|\s+of\s+|\s+)\s*"
PATTERNS = tuple(
    (code, re.compile(rf"\b(?:{pattern}){_MIDDLE}{NUMBER}{_YEAR_LINK}{YEAR}\b", re.I)) for code, _, pattern in KINDS
)
ARTICLE = re.compile(
    r"\b(?:pasal|psl|ps|article|art)\b\.?\s*(\d{1,3}[A-Z]?)\b(?:\s*(?:ayat|para(?:graph)?)?\s*\((\d{1,2})\))?", re.I
)
FILE_NAME = re.compile(r"(?:^|[/_ -])([a-z-]+?)[-_ ](\d{1,4})[-_ ]((?:19|20)\d{2})(?!\d)")
HEADING = re.compile(
    r"\bNOMOR\s*:?\s*(?P<number>[0-9OIl]{1,4})\s*TAHUN\s*(?P<year>[0-9OIlL+]{4})\s*TENTANG\s*(?P<title>.{4,300}?)\s*(?:DENGAN\s+RAHMAT|MENIMBANG|Menimbang|PRESIDEN|BUPATI|WALI|GUBERNUR|MENTERI|\Z)",
    re.S,
)
OCR_DIGITS = str.maketrans("OoIlL+", "001114")


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
    for code, pattern in PATTERNS:
        for match in pattern.finditer(text):
            year = match["year"].translate(OCR_DIGITS)
            number = match["number"].translate(OCR_DIGITS)
            if not (year.isdigit() and number[0].isdigit()):
                continue
            plain = str(int(number)) if number.isdigit() else re.sub(r"\W", ".", number)
            reference = Reference(f"{code}-{plain}-{year}", match.start(), match.end())
            if not any(r.start < reference.end and reference.start < r.end for r in found):
                found.append(reference)
    return sorted(found, key=lambda reference: reference.start)


def shown(code: str) -> str:
    """A code as an official writes it: "pp-59-2022" -> "PP 59/2022"; other ids unchanged."""
    kind, _, rest = code.rpartition("-")[0].rpartition("-")
    year = code.rpartition("-")[2]
    if kind in SHOWN and rest[:1].isdigit() and year.isdigit():
        return f"{SHOWN[kind]} {rest}/{year}"
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

    The file name settles the code when it has the form `pp-59-2022`, since OCR spoils digits.
    """
    head = re.sub(r"[#*]|!\[\]\([^)]*\)", " ", text[:4000])
    heading = HEADING.search(head)
    title = " ".join(heading["title"].split()) if heading else None
    named = FILE_NAME.search(file_name.lower())
    if named and named[1] in SHOWN:
        return f"{named[1]}-{int(named[2])}-{named[3]}", title
    if heading:
        before = " ".join(head[: heading.end("year")].split())
        own = [r for r in references(before) if r.end == len(before)]
        if own:
            return own[-1].code, title
    return None, title
