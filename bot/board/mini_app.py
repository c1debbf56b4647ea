"""What Telegram hands a Mini App in, who opened it out.

The check is the one of core.telegram.org/bots/webapps#validating-data-received-via-the-mini-app:
the data is signed with a key that is made of the bot's token.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

# How old a proof may be, and how far the clocks of Telegram and of this machine may be apart.
OLDEST = timedelta(minutes=5)
CLOCKS_APART = timedelta(minutes=1)
LONGEST = 8192


class ProofError(Exception):
    """The data was not signed by Telegram for this bot, or is too old."""


@dataclass(frozen=True)
class Proof:
    """Who opened the Mini App; `signature` tells this proof from others, `expires_at` is when it
    is too old to be shown."""

    person: int
    name: str
    signature: str
    expires_at: datetime


def key_of(token: str) -> bytes:
    """The key that the data of a bot's Mini Apps is signed with."""
    return hmac.new(b"WebAppData", token.encode(), hashlib.sha256).digest()


def read(init_data: str, key: bytes, now: datetime) -> Proof:
    """Who opened the Mini App, if the data is genuine and fresh at `now`; else ProofError."""
    try:
        pairs = parse_qsl(init_data[:LONGEST], keep_blank_values=True, strict_parsing=True)
    except ValueError as error:
        raise ProofError("no query string") from error
    fields = dict(pairs)
    signature = fields.pop("hash", "")
    if len(fields) != len(pairs) - 1:
        raise ProofError("a field is missing or said twice")
    signed = "\n".join(f"{name}={value}" for name, value in sorted(fields.items()))
    expected = hmac.new(key, signed.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), signature.encode()):
        raise ProofError("another signature")
    try:
        made_at = datetime.fromtimestamp(int(fields["auth_date"]), UTC)
        user = json.loads(fields["user"])
        person, words = int(user["id"]), (str(user.get("first_name", "")), str(user.get("last_name", "")))
    except (KeyError, ValueError, TypeError, OverflowError, OSError, RecursionError) as error:
        raise ProofError("no person or no date") from error
    if not now - OLDEST <= made_at <= now + CLOCKS_APART:
        raise ProofError("too old")
    return Proof(person, " ".join(filter(None, words))[:128], signature, made_at + OLDEST + CLOCKS_APART)
