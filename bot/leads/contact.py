"""What a person typed or shared in, a telephone number in +62 form or an e-mail address out."""

from __future__ import annotations

import re

# Between the digits of one number: spaces, dots, dashes, brackets.
PHONE = re.compile(r"(?<![\w.@+])(?:\+|00)?\(?\d[\d\s().\-–]{5,}\d(?![\w@])")
# +62, then an area code (2 to 7, 9) or a mobile prefix (8): 9 to 14 digits in all.
INDONESIAN = re.compile(r"62[2-9]\d{6,11}")
FOREIGN = re.compile(r"[1-9]\d{7,14}")
EMAIL = re.compile(
    r"(?<![^\s<(:;,])[A-Za-z0-9][A-Za-z0-9._%+-]*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}\b(?![@-])"
)
LONGEST = 100


def read_contact(text: str) -> str | None:
    """The first e-mail address or Indonesian number in the text; None when there is none.

    "0812-3456-7890" gives "+6281234567890", "(0287) 381234" gives "+62287381234".
    """
    address = EMAIL.search(text)
    if address and len(address[0]) <= LONGEST:
        name, _, domain = address[0].rpartition("@")
        return f"{name}@{domain.lower()}"
    found = (_indonesian(match[0]) for match in PHONE.finditer(text))
    return next((number for number in found if number), None)


def shared_contact(phone: str) -> str | None:
    """The number of a contact that was shared; one from abroad stays as it is."""
    digits = re.sub(r"\D", "", phone)
    return _indonesian(phone) or (f"+{digits}" if FOREIGN.fullmatch(digits) and digits[:2] != "62" else None)


def _indonesian(written: str) -> str | None:
    """The number with +62; "0812..." and "812..." are at home."""
    digits = re.sub(r"\D", "", written)
    digits = digits.removeprefix("00")
    if "+" in written or digits.startswith("62"):
        national = digits.removeprefix("62").removeprefix("0") if digits.startswith("62") else ""
    else:
        national = digits[1:] if digits.startswith("0") else digits if digits.startswith("8") else ""
    number = f"62{national}"
    return f"+{number}" if INDONESIAN.fullmatch(number) else None
