"""The bytes of a file in, its text out; a text in, the same without the characters that nobody sees, and what they
were."""

from __future__ import annotations

import codecs
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
# Of each second byte of UTF-16 in Latin letters.
MOSTLY = 0.8
UNSEEN = re.compile("|".join(pattern.pattern for pattern in (SMUGGLED, DIRECTION, ZERO_WIDTH, HARMLESS)))


def _windows(error: UnicodeError) -> tuple[str, int]:
    """What old Windows programs write between the characters of UTF-8."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("windows", _windows)


def decoded(data: bytes) -> str:
    """The text of a file in UTF-8, in UTF-16 as Windows calls "Unicode", or in Windows' own characters, mixed even."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    half = len(data) // 2
    for order, empty in (("utf-16-le", data[1::2]), ("utf-16-be", data[::2])):
        if half and empty.count(0) > MOSTLY * half:
            return data.decode(order, "replace")
    return data.decode("utf-8-sig", "windows")


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
