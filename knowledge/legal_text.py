"""The text of a regulation in; what it says of itself and of others out.

Source of the wordings: UU 12/2011 Lampiran II angka 140 to 158 (repeals, entry into force)
and 225 to 237 (amendments). What is read here is marked as read until an admin confirms it.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from knowledge.legal_status import OCR_DIGITS, Reference, references

MONTHS = "januari februari maret april mei juni juli agustus september oktober november desember".split()
DATE = rf"(?P<day>[0-9OIlL]{{1,2}})\s+(?P<month>{'|'.join(MONTHS)})\s+(?P<year>[12][0-9OIlL]{{3}})"
REPEAL = re.compile(
    r"(?:di)?cabut\s+dan\s+(?:dinyatakan\s+)?tidak\s+berlaku|dinyatakan\s+(?:telah\s+)?dicabut\b|"
    r"dinyatakan\s+(?:sudah\s+)?tidak\s+berlaku(?!\s+(?:dalam|terhadap|bagi|untuk|sepanjang))",
    re.I,
)
REPEALS_NEXT = re.compile(r"\bini\s+(?:sekaligus\s+)?mencabut\s+(?P<what>[^.;]{0,600})", re.I)
TITLE_REPEALS = re.compile(r"\bPENCABUTAN\s+(?P<what>.*)", re.I | re.S)
TITLE_AMENDS = re.compile(r"\bPERUBAHAN(?:\s+(?:KE\w+|PERTAMA))?\s+ATAS\s+(?P<what>.*)", re.I | re.S)
AMENDS = re.compile(
    r"ketentuan\s+(?:dalam|pasal|lampiran)\s(?P<what>[^;]{5,700}?)\bdiubah\s+(?:sebagai\s+berikut|sehingga\s+berbunyi)",
    re.I,
)
IMPLEMENTS = re.compile(
    r"\bmelaksanakan\s+(?:ketentuan|amanat|\^?pasal|peraturan|undang)(?P<what>[^;]{5,500}?)(?:;|perlu\s+(?:di)?tetapkan|perlu\s+menetapkan)",
    re.I,
)
PREAMBLE_END = re.compile(r"M\s?E\s?M\s?U\s?T\s?U\s?S\s?K\s?A\s?N")
LONGEST_PREAMBLE = 8000
EXPLANATION = re.compile(r"PEN[JI][A-Z\[\],' ]{2,8}AN\s+A(?:TAS)?\b")
ARTICLE_LINE = re.compile(r"^\W*Pasal\s+\w{1,4}\W*$", re.M)
# "sebagaimana telah diubah terakhir dengan UU ..." tells how the repealed one was changed.
AMENDMENT_BEFORE = re.compile(r"(?:diubah|perubahan|penetapan)\b[^;]{0,200}$", re.I)
# What stands before a name when only a part of it is meant, or what was made under it.
PART_BEFORE = re.compile(
    r"\b(?:pasal|ayat|huruf|angka|bab|bagian|paragraf|lampiran|ketentuan\s+(?:mengenai|tentang))\b", re.I
)
PART_AFTER = re.compile(r"\b(?:sepanjang|kecuali|khusus)\b", re.I)
MADE_UNDER = re.compile(r"\b(?:peraturan|ketentuan)\s+pelaksana\w*|berdasarkan\s*$", re.I)
NEW_SENTENCE = re.compile(r"(?<!\b[a-z])(?<!\b\d)\.\s+(?:[A-Z][a-z]|\(\d)")
LONGEST_PROVISION = 3000
OWN_NAME = r"(?:Undang[\s-]*Undang|Surat\s+Edaran|(?:Peraturan|Keputusan|Instruksi)(?:\s+(?!ini\b)[\w/]+){0,10}?)"
IN_FORCE = re.compile(
    rf"{OWN_NAME}\s+ini\s+(?:mulai\s+)?berlaku\s+(?P<when>(?:surut|pada|sejak|setelah|terhitung|\d).{{0,160}})",
    re.I | re.S,
)
SUBORDINATE = re.compile(
    r"\b(?:saat|sejak|setelah|sebelum|tanggal|ketika|apabila|dalam|dari|dengan|berdasarkan)\s*$", re.I
)
DELAY = re.compile(
    r"^\W*(?:setelah\s+|dalam\s+waktu\s+)?(?P<count>\d{1,3})\s*(?:\([\w\s]+\)\s*)?(?P<unit>hari|bulan|tahun)\b", re.I
)
AT = re.compile(
    rf"^\W*(?:surut\s+)?(?:pada|sejak|terhitung(?:\s+(?:mulai|sejak))?)\s+(?:tanggal\s+)?(?:{DATE}|(?P<cut>\d))", re.I
)
WHEN_ENACTED = re.compile(r"^(?:pada|sejak)\s+(?:tanggal|saat)\s+(?:di)?tetapkan", re.I)
PROMULGATED = re.compile(rf"Diundangkan\s+di\b.{{0,60}}?pada\s+tan\w{{3,5}}\s+{DATE}", re.I | re.S)
ENACTED = re.compile(rf"(?:Ditetapkan|Disahkan)\s+(?:di\b)?.{{0,60}}?pada\s+tan\w{{3,5}}\s+{DATE}", re.I | re.S)


@dataclass(frozen=True)
class Reading:
    """What a regulation's text says: codes of those that it repeals as a whole, repeals a part
    of, amends and implements; the day from which it is in force, None when that is not plain."""

    repeals: tuple[str, ...] = ()
    repeals_part: tuple[str, ...] = ()
    amends: tuple[str, ...] = ()
    implements: tuple[str, ...] = ()
    in_force_from: date | None = None


def read_text(text: str, title: str | None) -> Reading:
    """Read one regulation; `title` is what follows "tentang" in its heading."""
    explanation = next((m.start() for m in EXPLANATION.finditer(text) if m.start() > 0.3 * len(text)), len(text))
    body = text[:explanation]
    repeals, part = repealed_in(body)
    named = title or ""
    for match in TITLE_REPEALS.finditer(named):
        whole, some = _by_extent(match["what"])
        repeals, part = repeals + whole, part + some
    amends = [*_first(TITLE_AMENDS.search(named)), *(code for m in AMENDS.finditer(body) for code in _first(m))]
    end = PREAMBLE_END.search(body[:LONGEST_PREAMBLE])
    preamble = body[: end.start() if end else LONGEST_PREAMBLE]
    implements = [code for m in IMPLEMENTS.finditer(preamble) for code in _not_amendments(" ".join(m["what"].split()))]
    return Reading(_once(repeals), _once(part), _once(amends), _once(implements), in_force_from(body))


def repealed_in(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Codes of the regulations that `text` repeals as a whole, and of those it repeals a part of.

    "Pada saat ... mulai berlaku:" may open a list; elsewhere only what stands in the sentence
    next to the verb is meant.
    """
    whole: list[str] = []
    part: list[str] = []
    for match in REPEAL.finditer(text):
        provision, is_closing = _provision_before(text, match.start())
        all_of, some_of = _by_extent(provision, last_only=not is_closing)
        whole += all_of
        part += some_of
    for match in REPEALS_NEXT.finditer(text):
        all_of, some_of = _by_extent(match["what"])
        whole += all_of
        part += some_of
    return _once(whole), _once(part)


def in_force_from(text: str) -> date | None:
    """The day from which the regulation itself is in force: by its closing provision, and
    where that is lost the day of its promulgation (UU 12/2011 Pasal 87)."""
    for match in reversed(list(IN_FORCE.finditer(text))):
        if SUBORDINATE.search(text[max(0, match.start() - 30) : match.start()]):
            continue
        at = AT.search(match["when"])
        if at:
            return None if at["cut"] else _date(at)
        start = _day_of(text, ENACTED if WHEN_ENACTED.search(match["when"]) else PROMULGATED)
        delay = DELAY.search(match["when"])
        return _later(start, int(delay["count"]), delay["unit"].lower()) if start and delay else start
    return _day_of(text, PROMULGATED)


def _day_of(text: str, signed: re.Pattern[str]) -> date | None:
    match = signed.search(text)
    return _date(match) if match else None


def _date(match: re.Match[str]) -> date | None:
    day, year = (int(match[name].translate(OCR_DIGITS)) for name in ("day", "year"))
    try:
        return date(year, MONTHS.index(match["month"].lower()) + 1, day)
    except ValueError:
        return None


def _later(start: date, count: int, unit: str) -> date:
    if unit == "hari":
        return start + timedelta(days=count)
    months = start.month - 1 + (12 * count if unit == "tahun" else count)
    year, month = start.year + months // 12, months % 12 + 1
    return date(year, month, min(start.day, calendar.monthrange(year, month)[1]))


def _by_extent(provision: str, *, last_only: bool = False) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Codes of what a provision names as a whole, and of what it names a part of."""
    whole: list[str] = []
    part: list[str] = []
    named = references(provision)
    for reference, before, after in _items(provision, named[-1:] if last_only else named):
        if AMENDMENT_BEFORE.search(before[-220:]) or MADE_UNDER.search(before):
            continue
        (part if PART_BEFORE.search(before) or PART_AFTER.search(after) else whole).append(reference.code)
    return tuple(whole), tuple(part)


def _items(provision: str, named: list[Reference]) -> Iterator[tuple[Reference, str, str]]:
    """Each name with the words of its list item before and after it."""
    for i, reference in enumerate(named):
        opening = max(provision.rfind(";", 0, reference.start), provision.rfind(":", 0, reference.start))
        # A name in the same item ends what was said of the one before, unless that was an amendment's.
        before = provision[opening + 1 : reference.start]
        following = named[i + 1].start if i + 1 < len(named) else len(provision)
        closing = provision.find(";", reference.end)
        yield reference, before, provision[reference.end : following if closing < 0 else min(closing, following)]


def _first(match: re.Match[str] | None) -> tuple[str, ...]:
    """The regulation that an amendment is about: the first that is named."""
    named = references(" ".join(match["what"].split())) if match else []
    return (named[0].code,) if named else ()


def _not_amendments(text: str) -> tuple[str, ...]:
    return tuple(r.code for r in references(text) if not AMENDMENT_BEFORE.search(text[max(0, r.start - 220) : r.start]))


def _provision_before(text: str, end: int) -> tuple[str, bool]:
    """The words up to `end` that say what is repealed, and whether they open with "mulai
    berlaku" and are one sentence, so that all regulations in them are meant."""
    opening = text.rfind("mulai berlaku", max(0, end - LONGEST_PROVISION), end)
    if opening >= 0 and not NEW_SENTENCE.search(text, opening, end):
        return _flat(text[opening:end]), True
    window = _flat(text[max(0, end - 500) : end])
    starts = [match.start() + 1 for match in NEW_SENTENCE.finditer(window)]
    return window[starts[-1] :] if starts else window, False


def _flat(text: str) -> str:
    """One line; an article's heading is no part of the sentence below it."""
    return " ".join(ARTICLE_LINE.sub(" . ", text).split())


def _once(codes: tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(codes))
