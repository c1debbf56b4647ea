"""Text in, plain words out; a list of words and phrases in, a pattern that finds them out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

WORD = re.compile(r"\w+(?:['-]\w+)*")
# Signs that turn the direction of a line and could make an answer read as another one.
TURNING = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200B, 0x200E, 0x200F, 0xFEFF])


def clean(text: str) -> str:
    """The text as it was meant: no control signs, single spaces, at most one empty line."""
    shown = "".join(c for c in text.translate(TURNING) if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cs"})
    lines = [" ".join(line.split()) for line in shown.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def plain(text: str) -> str:
    """Lower-case words with single spaces, without punctuation."""
    return " ".join(WORD.findall(text.casefold()))


def pattern(phrases: Iterable[str]) -> re.Pattern[str]:
    """Finds any of the phrases in plain words; "pendana*" stands for all that begins so."""
    found = "|".join(_expression(phrase) for phrase in phrases)
    return re.compile(rf"(?<!\w)(?:{found})(?!\w)" if found else r"(?!)")


def _expression(phrase: str) -> str:
    words = [re.escape(word) for word in phrase.removesuffix("*").split()]
    return r"[\s-]+".join(words) + (r"[\w-]*" if phrase.endswith("*") else "")
