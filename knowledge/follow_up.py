"""A message and what was said before in, what the message leans on out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from knowledge.legal_status import ARTICLE, references
from knowledge.lexical import tokens

# A follow-up opens like one, points back, or names no topic.
OPENS_FOLLOW_UP = re.compile(
    r"^\W*(?:kalau|klo|kalo|kl|lalu|lantas|terus|trus|trs|dan|nah|oh|oke|ok|bagaimana dengan|gimana dengan|gmn dgn|"
    r"apakah itu|berarti|jadi|what about|how about|and|so|then|yang|itu|"
    r"(?:siapa|apa|mana)(?:\s+(?:aja|saja|sj))?\s+(?:yang|yg)|sejak kapan|sampai kapan)\b",
    re.I,
)
POINTS_BACK = re.compile(
    r"\b(?:itu|tersebut|tadi|tsb|ini|nya|they|them|it|its|that|those|this|these)\b|\w{3,}nya\b", re.I
)
# Asks for the same again in another form: "jelaskan lebih sederhana", "ulangi lagi".
FORM = frozenset(
    """jelaskan jelasin dijelaskan terangkan ulang ulangi lebih sederhana sederhanakan ringkas ringkasnya singkat
    singkatnya rinci rincikan detail detil lengkap lengkapnya mudah gampang paham mengerti maksud maksudnya bahasa
    poin intinya explain again simpler simply shorter detail more""".split()
)
FEW_WORDS = 4
MOST_TURNS = 2


def leans_on(message: str, history: Sequence[str]) -> str:
    """What of the earlier messages (oldest first) completes this one; "" when it stands alone.

    A chain of follow-ups goes back to the message that named the topic.
    """
    if not history or not is_follow_up(message):
        return ""
    parts: list[str] = []
    for earlier in reversed(history):
        # "terus pasal 63?" asks for another article than the turn before.
        parts.insert(0, ARTICLE.sub("", earlier) if ARTICLE.search(message) else earlier)
        if not is_follow_up(earlier):
            break
    return " ".join(parts[-MOST_TURNS:])


def asks_again(message: str) -> bool:
    """Whether a message says nothing of its own but how the answer before it should be given."""
    return all(word in FORM for word in tokens(message))


def said_before(turns: Sequence[Any]) -> tuple[str, ...]:
    """What the person said, of a history as scripts give it: texts, or turns with a role or a question."""
    said: list[str] = []
    for turn in turns:
        if isinstance(turn, str):
            said.append(turn)
        elif turn.get("role", "user") in {"user", "human"}:
            said.append(str(turn.get("question") or turn.get("content") or turn.get("text") or ""))
    return tuple(text for text in said if text)


def is_follow_up(text: str) -> bool:
    """Whether a message names no topic of its own, or points back at one."""
    opens = OPENS_FOLLOW_UP.search(text)
    # "apakah PP 34/2009 masih berlaku?" is short, but names what it is about.
    if references(text) and not opens:
        return False
    words = [word for word in tokens(text) if not word.isdigit()]
    if len(words) <= 1:
        return True
    leans = opens or POINTS_BACK.search(text)
    return (bool(leans) and len(words) <= 2 * FEW_WORDS) or len(words) <= FEW_WORDS - 1
