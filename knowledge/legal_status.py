"""Names of regulations in free text in, their codes ("pp-59-2022") and legal status out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from knowledge.sources import FrontMatter, Status

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
REPEAL = re.compile(r"(?:di)?cabut\s+dan\s+dinyatakan\s+tidak\s+berlaku", re.I)
# "sebagaimana telah diubah terakhir dengan UU ..." tells how the repealed one was changed.
AMENDMENT_BEFORE = re.compile(r"(?:diubah|perubahan|penetapan)\b[^;]{0,200}$", re.I)
NEW_SENTENCE = re.compile(r"(?<!\b[a-z])(?<!\b\d)\.\s+(?:[A-Z][a-z]|\(\d)")
LONGEST_PROVISION = 3000
OCR_DIGITS = str.maketrans("OoIlL+", "001114")


@dataclass(frozen=True)
class Reference:
    """A regulation named in a text: its code, and where the name stands."""

    code: str
    start: int
    end: int


@dataclass(frozen=True)
class Standing:
    """Legal status of one document and the codes of what replaced or changed it."""

    status: Status
    repealed_by: tuple[str, ...] = ()
    amended_by: tuple[str, ...] = ()


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


def repealed_in(text: str) -> tuple[str, ...]:
    """Codes of the regulations that a closing provision of `text` repeals as a whole.

    Source of the wording: UU 12/2011 Lampiran II angka 140 and 143. "Pada saat ... mulai
    berlaku:" may open a list; elsewhere only the regulation next to the verb is meant.
    """
    codes: list[str] = []
    for match in REPEAL.finditer(text):
        provision, is_closing = _provision_before(text, match.start())
        named = [
            reference.code
            for reference in references(provision)
            if not ARTICLE.search(provision[max(0, reference.start - 40) : reference.start])
            and not AMENDMENT_BEFORE.search(provision[max(0, reference.start - 220) : reference.start])
        ]
        codes.extend(named if is_closing else named[-1:])
    return tuple(dict.fromkeys(codes))


def standings(
    heads: Iterable[tuple[str | None, FrontMatter | None]],
    repeals: Iterable[tuple[str | None, tuple[str, ...]]],
) -> dict[str, Standing]:
    """Status by code from all front matters, completed by what the texts themselves repeal."""
    result: dict[str, Standing] = {}
    fronts = [front for _, front in heads if front]
    for front in fronts:
        for code in front.repeals:
            result[code] = Standing(Status.REPEALED, (front.id,))
    for by, codes in repeals:
        for code in codes:
            if by and by != code:
                result.setdefault(code, Standing(Status.REPEALED, (by,)))
    for front in fronts:
        result[front.id] = Standing(front.status, front.repealed_by, front.amended_by)
    return result


def _provision_before(text: str, end: int) -> tuple[str, bool]:
    """The words up to `end` that say what is repealed, and whether they open with "mulai
    berlaku" and are one sentence, so that all regulations in them are meant."""
    opening = text.rfind("mulai berlaku", max(0, end - LONGEST_PROVISION), end)
    if opening >= 0 and not NEW_SENTENCE.search(text, opening, end):
        return " ".join(text[opening:end].split()), True
    return " ".join(text[max(0, end - 500) : end].split()), False
