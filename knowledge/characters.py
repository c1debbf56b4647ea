"""A text in, the same text without the characters that nobody sees out, and what they were."""

from __future__ import annotations

import re
import unicodedata

# Stands where something was taken out of a text; no quote reaches across it.
SEAM = "\f"
# Tag characters and variation selectors can carry a whole message unseen.
SMUGGLED = re.compile("[\U000e0000-\U000e007f\U000e0100-\U000e01ef]|[\ufe00-\ufe0f]{2,}")
DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")
ZERO_WIDTH = re.compile("[\u200b-\u200f\u2060-\u2064\u206a-\u206f\ufeff\u180e\u034f\u061c\u115f\u1160\u3164\uffa0]")
HARMLESS = re.compile("[\u00ad\ufe00-\ufe0f]")  # soft hyphens and the choice of an emoji's form
NAMES = (
    (SMUGGLED, "karakter tag atau pemilih varian"),
    (DIRECTION, "karakter pembalik arah tulisan"),
    (ZERO_WIDTH, "karakter berlebar nol"),
)
UNSEEN = re.compile("|".join(pattern.pattern for pattern in (SMUGGLED, DIRECTION, ZERO_WIDTH, HARMLESS)))


def without_unseen(text: str) -> tuple[str, dict[str, int]]:
    """The text as it is seen, and how many characters of which kind were dropped.

    Soft hyphens, a single variation selector and the mark at the start of a file go without
    a word; lone surrogates become "\ufffd", since no file can hold them.
    """
    text = text.removeprefix("\ufeff").encode("utf-8", "replace").decode("utf-8")
    if text.isascii() or not UNSEEN.search(text):
        return text, {}
    found = {name: sum(len(match[0]) for match in pattern.finditer(text)) for pattern, name in NAMES}
    return UNSEEN.sub("", text), {name: count for name, count in found.items() if count}


def printable(name: str) -> str:
    """A file's name for a terminal or a chat: nothing in it moves the cursor or turns the writing."""
    return "".join("\ufffd" if unicodedata.category(sign) in {"Cc", "Cf", "Cs", "Zl", "Zp"} else sign for sign in name)
