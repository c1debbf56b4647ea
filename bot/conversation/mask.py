"""A text in, the same text without personal numbers and addresses out.

What is masked: NIK and other numbers of 16 digits, NIP (18 digits), telephone numbers and
e-mail addresses. What is left alone: amounts of money, numbers of regulations, region and
budget codes, dates, times, decimals, IP addresses. Digits of other scripts and invisible
characters are read through: the text is read in a plain form whose every character knows
its place in the original.
"""

from __future__ import annotations

import itertools
import logging
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

NIK = "[NIK]"
NIP = "[NIP]"
CARD = "[nomor kartu]"
PHONE = "[nomor telepon]"
EMAIL = "[alamat email]"
TOKEN = "[token]"  # noqa: S105

# Possessive quantifiers and lookbehinds: each character is read once, whatever the text.
EMAIL_ADDRESS = re.compile(r"(?<![\w.%+\-])[\w.%+\-]++@[\w\-]++(?:\.[\w\-]+)++")
BOT_TOKEN = re.compile(r"(?<!\d)\d{5,20}(?::|%3[Aa])[\w\-]{30,}+", re.ASCII)
RUN = re.compile(r"\(?\+?(?<!\d)\d++(?:[ .()\-]{1,3}+\d++)*+", re.ASCII)
GROUP = re.compile(r"\d+", re.ASCII)
# What looks like a personal number and is none.
KEPT = re.compile(
    r"""(?ix)
    (?:\bRp|\bIDR|\bUSD|\$|€)\s?\.?\s?(?=[1-9])\d[\d.,]*+                # money, by its sign
    |(?<![\d.,+])[1-9]\d{0,2}(?:[.,]\d{3}){2,}+(?:,\d{1,2})?(?![.,]?\d)     # money, by its thousands
    |(?<![\d.])(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}(?!\.?\d)   # IP address
    |(?<![\d.\-])\d{1,2}([-./])(?:0?[1-9]|1[0-2])\1(?:19|20)\d\d(?![.\-]?\d)      # 08-12-2024
    |(?<![\d.\-])(?:19|20)\d\d([-./])(?:0?[1-9]|1[0-2])\2\d\d?(?![.\-]?\d)         # 2024-12-08
    |(?<![\d.])(?:[01]?\d|2[0-4])[.:][0-5]\d\s?-\s?(?:[01]?\d|2[0-4])[.:][0-5]\d(?![.\-]?\d)   # 08.00-16.00
    |(?<![\d.])[1-9]\d\.[0-7]\d(?:\.\d\d(?:\.[12]\d{3})?)?(?![.]?\d|[ \-]\d{6})        # region code
    |(?<![\d.])(?:0|[1-9]\d{0,8})[.,]\d{5,}+(?![.\-]?\d)                               # a decimal
    """,
    re.ASCII,
)
NUMBER_OF_A_LETTER = re.compile(r"\s*(?:/|tahun\b)", re.I)
INVISIBLE = frozenset({"Cf", "Mn", "Me", "Cc"})
DASHES = dict.fromkeys("‐‑‒–—―−﹣－", "-")
PROVINCES = frozenset(
    "11 12 13 14 15 16 17 18 19 21 31 32 33 34 35 36 51 52 53 61 62 63 64 65 71 72 73 74 75 76 81 82".split()
    + "91 92 93 94 95 96 97".split()
)
NIK_GROUPS = frozenset({(4, 4, 4, 4), (6, 6, 4), (2, 2, 2, 6, 4), (2, 4, 6, 4), (6, 2, 2, 2, 4)})
BIRTH_IN_NIK = re.compile(r"\d{6}(?:[04][1-9]|[1256]\d|[37][01])(?:0[1-9]|1[0-2])")
BIRTH_IN_NIP = re.compile(r"(?:19[3-9]|20[01])\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
YEAR = re.compile(r"(?:19|20)\d\d")
MOBILE = re.compile(r"08\d{7,12}")
MOBILE_ABROAD = re.compile(r"628\d{8,12}")
# Area codes: 021, 022, 024, 031, 061 and those of four digits; "050-3708" is a Kepmendagri.
LANDLINE = re.compile(r"0(?:2[124]|31|61)\d{5,8}|0[2-79]\d\d\d{5,8}")
# A Telegram identity may have ten digits and begin with 62; a whole number needs eleven.
LANDLINE_ABROAD = re.compile(r"62[2-79]\d{7,9}")
AREA = re.compile(r"0(?:2[124]|31|61|[2-79]\d\d)")
# Digits in groups of one with two signs between them are as long as a written number gets.
MOST_GROUPS, LONGEST = 18, 54


def mask(text: str) -> str:
    """The text with "[NIK]", "[NIP]", "[nomor telepon]" and "[alamat email]" for personal data.

    Of the other numbers of 16 digits those with a card's check digit become "[nomor kartu]".
    Masking twice changes nothing more; the time grows with the length of the text.
    """
    # What stood beside a masked number may be seen as a number only then; two rounds are the rule.
    while (masked := _masked(text)) != text:
        text = masked
    return text


def hidden(text: str) -> tuple[str, dict[str, str]]:
    """The text as `mask` gives it, with each word of it numbered ("[NIK 2]"), and what stood there.

    For a text that comes back: `restored` puts the originals in again.
    """
    originals: dict[str, str] = {}

    def named(word: str, original: str) -> str:
        known = next((name for name, value in originals.items() if value == original), None)
        name = known or f"{word[:-1]} {len(originals) + 1}]"
        originals[name] = original
        return name

    while (masked := _masked(text, named)) != text:
        text = masked
    return text, originals


def restored(text: str, originals: Mapping[str, str]) -> str:
    """The text of `hidden` with the originals in their places."""
    for name, original in originals.items():
        text = text.replace(name, original)
    return text


def _masked(text: str, named: Callable[[str, str], str] = lambda word, _: word) -> str:
    plain, places = _plain(text)
    spans = [Span(match.start(), match.end(), EMAIL) for match in EMAIL_ADDRESS.finditer(plain)]
    start = 0
    for kept in [*_kept(plain, spans), (len(plain), len(plain))]:
        spans += _numbers(plain, start, kept[0])
        start = kept[1]
    parts: list[str] = []
    done = 0
    for span in sorted(spans, key=lambda span: span.start):
        original = text[places[span.start] : places[span.end - 1] + 1]
        parts += [text[done : places[span.start]], named(span.word, original)]
        done = places[span.end - 1] + 1
    return "".join([*parts, text[done:]])


@dataclass(frozen=True)
class Span:
    """A part of the plain text and the word that replaces it."""

    start: int
    end: int
    word: str


class MaskingFilter(logging.Filter):
    """Masks what a log record says, its exception included, and any Telegram bot token in it.

    It belongs on handlers: a logger's own filter does not see the records of its children.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask the record in place; every record passes.

        Arguments keep their places, since formatters such as uvicorn's unpack them.
        """
        record.msg = record.msg if isinstance(record.msg, str) else str(record.msg)
        if isinstance(record.args, dict):
            record.args = {key: _argument(value) for key, value in record.args.items()}
        elif record.args:
            record.args = tuple(_argument(value) for value in record.args)
        try:
            message = record.getMessage()
        except (TypeError, ValueError, KeyError):
            message, record.args = f"{record.msg} {record.args}", ()
        if (masked := _clean(message)) != message or not record.args:
            record.msg, record.args = masked, ()
        if record.exc_info:
            record.exc_text = record.exc_text or logging.Formatter().formatException(record.exc_info)
            record.exc_info = None
        record.exc_text = record.exc_text and _clean(record.exc_text)
        record.stack_info = record.stack_info and _clean(record.stack_info)
        return True


def _argument(value: object) -> object:
    if isinstance(value, int | float):
        return value
    written = str(value)
    masked = _clean(written)
    return value if masked == written else masked


def _clean(text: str) -> str:
    return mask(BOT_TOKEN.sub(TOKEN, text))


def _plain(text: str) -> tuple[str, range | list[int]]:
    """The text in ASCII digits and plain separators, without invisible characters, and the
    place in the original of each of its characters."""
    if text.isascii() and text.isprintable():
        return text, range(len(text))
    written: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        if character.isascii():
            plain = character if character >= " " or character.isspace() else ""
        elif unicodedata.category(character) in INVISIBLE:
            continue
        else:
            digit = unicodedata.decimal(character, None)
            plain = DASHES.get(character) or (unicodedata.normalize("NFKC", character) if digit is None else str(digit))
        written.append(plain)
        places += [place] * len(plain)
    return "".join(written), places


def _kept(plain: str, addresses: list[Span]) -> list[tuple[int, int]]:
    """Parts of the text that hold no personal number, in order and apart from each other."""
    found = [(span.start, span.end) for span in addresses]
    for match in KEPT.finditer(plain):
        groups = GROUP.findall(match[0])
        if not (_is_nik(groups) or _is_in_a_list(groups)):
            found.append(match.span())
    apart: list[tuple[int, int]] = []
    for start, end in sorted(found):
        before = apart[-1][1] if apart else 0
        if end > before:
            apart.append((max(start, before), end))
    return apart


def _numbers(plain: str, start: int, end: int) -> Iterator[Span]:
    """The personal numbers between two places of the plain text."""
    for run in RUN.finditer(plain, start, end):
        groups = [match.span() for match in GROUP.finditer(plain, run.start(), run.end())]
        # Codes are written with dots: a number neither begins nor ends inside one.
        after_dot = [False, *(plain[a[1] : b[0]] == "." for a, b in itertools.pairwise(groups)), False]
        if start and plain[start - 1].isdigit() and plain[start : groups[0][0]] == ".":
            after_dot[0] = True
        at, free = 0, True
        while at < len(groups):
            span, taken = None, 1
            in_list = at > 0 and _is_in_a_list([plain[a:b] for a, b in groups[at - 1 : at + 1]])
            if not after_dot[at] or (at and free) or in_list:
                span, taken = _longest(plain, run.start(), groups, after_dot, at)
            free = span is not None
            if span:
                yield span
            at += taken


def _longest(
    plain: str, run_start: int, groups: list[tuple[int, int]], after_dot: list[bool], at: int
) -> tuple[Span | None, int]:
    """The longest personal number that begins with this group of digits; how many groups it has."""
    first = groups[at][0]
    before = plain[max(run_start, first - 2) : first]
    has_plus = before.endswith("+")
    most = at
    while most + 1 < len(groups) and groups[most + 1][1] - first <= LONGEST and most - at < MOST_GROUPS:
        most += 1
    for last in range(most, at - 1, -1):
        end = groups[last][1]
        digits = [plain[a:b] for a, b in groups[at : last + 1]]
        is_whole = last == at and len(digits[0]) >= 10
        if after_dot[last + 1] and not is_whole:
            continue
        word = _word(digits, has_plus, plain[end : end + 10])
        if word:
            start = first - has_plus
            if plain[start - 1 : start] == "(" and start > run_start - 1 and ")" in plain[first:end]:
                start -= 1
            return Span(start, end, word), last - at + 1
    return None, 1


def _word(groups: list[str], has_plus: bool, after: str) -> str:
    """The word for a number in these groups of digits; "" where it is no personal number."""
    digits = "".join(groups)
    if len(digits) == 18 and (len(groups) == 1 or BIRTH_IN_NIP.match(digits)):
        return NIP
    if _is_nik(groups):
        return NIK
    shape = tuple(map(len, groups))
    if shape == (16,) or (shape in NIK_GROUPS and digits[0] != "0" and not all(map(YEAR.fullmatch, groups))):
        return CARD if _has_check_digit(digits) else NIK
    return PHONE if _is_phone(groups, digits, has_plus, after) else ""


def _is_nik(groups: list[str]) -> bool:
    """Whether 16 digits begin with a province and hold a date of birth (women: the day plus 40)."""
    digits = "".join(groups)
    shapes = {min(len(group), 2) for group in groups}
    return (
        len(digits) == 16
        and len(shapes) == 1
        and digits[:2] in PROVINCES
        and bool(BIRTH_IN_NIK.match(digits))
        and not all(map(YEAR.fullmatch, groups))
    )


def _is_in_a_list(groups: list[str]) -> bool:
    """ "2.3305010101800001": the second person of a list, not a decimal."""
    is_pair = len(groups) == 2 and len(groups[0]) <= 2 and groups[0][0] != "0" and len(groups[1]) >= 10
    return is_pair and bool(_word(groups[1:], False, ""))


def _has_check_digit(digits: str) -> bool:
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(digits)]
    return sum(value - 9 * (value > 9) for value in doubled) % 10 == 0


def _is_phone(groups: list[str], digits: str, has_plus: bool, after: str) -> bool:
    is_whole = len(groups) == 1
    if has_plus:
        return 9 <= len(digits) <= 15 and digits[0] != "0"
    if MOBILE.fullmatch(digits):
        return is_whole or (len(digits) >= 10 and (len(groups[0]) > 1 or len(groups) == len(digits)))
    if max(map(len, groups)) < 3 or len(groups[0]) < 2:
        # "Pasal 62 81 82 83 84 85" is a list of articles.
        return False
    if MOBILE_ABROAD.fullmatch(digits):
        return True
    if LANDLINE.fullmatch(digits) and not NUMBER_OF_A_LETTER.match(after):
        return is_whole or bool(AREA.fullmatch(groups[0]))
    return bool(LANDLINE_ABROAD.fullmatch(digits)) and (len(digits) >= 11 if is_whole else groups[0] == "62")
