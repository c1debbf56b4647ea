"""A text that OCR read in, the same text as it was meant out, where no doubt is left.

For search and titles only: what is quoted stays as it is in the document. A number is mended
when nothing but a number can be meant ("2O2O", "l2l"); a word when it holds a sign that no word
holds, and exactly one reading of it is a word of everyday Indonesian ("TEI{'IANG", "men5rusun").
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import product

YEAR = re.compile(r"(?<![\w.])(?:[12][9O0o]|[ltI]9)[0-9OoIlLT]{2}(?!\w)")
NUMBER = re.compile(r"(?<![\w.'/-])(?=\w*\d)(?=\w*[lOL]|I\d)[0-9lOIL]{3,4}(?![\w'])")
ARTICLE_LETTER = re.compile(r"\d+[A-Z]")
DIGITS = str.maketrans("OoIlLtT", "0011111")
FIRST_YEAR, LAST_YEAR = 1900, 2099

# What Tesseract and its like made of letters in the regulations at hand; the longest first.
MISREAD: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("'uv", ("w",)), ("l'L", ("h",)), ("q'", ("rj",)), ("g'", ("rj",)), ("I{", ("N",)), ("f{", ("g",)), ("'I", ("T",)),
    (":'", ("r",)), ("\\r", ("u",)), ("5r", ("y",)), ("]r", ("y",)), ("{", ("rj",)), ("]", ("l",)), ("|", ("l", "i")),
    ("1", ("l", "i")), ("0", ("o",)), ("!", ("i", "l")), ("^", ("",)),
)  # fmt: skip
SIGNS = re.compile("|".join(re.escape(sign) for sign, _ in MISREAD))
READINGS = dict(MISREAD)
WORD = re.compile(
    r"(?<![\w\\{}\[\]|'!^/])(?=[A-Za-z0-9\\{\]|':!^]*[01\\{\]|'!^]|[A-Za-z]+5r)[A-Za-z0-9\\{\]|':!^]{3,30}(?![\w\\{}|'/(])"
)
LINK = re.compile(r"https?:|www\.|[@_=]")
KNOWN_FROM = 3.0
MOST_READINGS = 16


def corrected(text: str) -> str:
    """`text` with the misread numbers and words that leave no doubt; everything else as it is."""
    text = YEAR.sub(lambda match: _year(match[0]), text)
    text = NUMBER.sub(lambda match: _number(match[0]), text)
    return WORD.sub(lambda match: _word(match[0]), text)


def _year(written: str) -> str:
    year = written.translate(DIGITS)
    return year if year.isdigit() and FIRST_YEAR <= int(year) <= LAST_YEAR else written


def _number(written: str) -> str:
    """A number; "28I" is an article of the constitution and stays."""
    return written if ARTICLE_LETTER.fullmatch(written) else written.translate(DIGITS)


@lru_cache(maxsize=20_000)
def _word(written: str) -> str:
    if written.isalnum() and (written.isalpha() or written.isdigit()):
        return written
    if LINK.search(written) or not any(sign.isalpha() for sign in written):
        return written
    end = len(written.rstrip(":!'|]"))
    # A sign at the end may be punctuation; it is read as a letter only if the word is none without it.
    for core, rest in ((written[:end], written[end:]), (written, "")):
        if core.isalpha() and (core == written or _is_word(core)):
            return written
        meant = {reading for reading in _readings(core) if _is_word(reading)}
        if len(meant) == 1:
            return meant.pop() + rest
    return written


def _readings(written: str) -> list[str]:
    parts = SIGNS.split(written)
    choices = [READINGS[sign] for sign in SIGNS.findall(written)]
    total = 1
    for choice in choices:
        total *= len(choice)
    if not choices or total > MOST_READINGS:
        return []
    upper = sum(sign.isupper() for sign in written) > sum(sign.islower() for sign in written)
    readings = [
        "".join([parts[0], *(a + b for a, b in zip(chosen, parts[1:], strict=True))]) for chosen in product(*choices)
    ]
    return [reading.upper() if upper else reading for reading in readings]


def _is_word(reading: str) -> bool:
    from wordfreq import zipf_frequency

    return reading.isalpha() and len(reading) >= 3 and zipf_frequency(reading.lower(), "id") >= KNOWN_FROM
