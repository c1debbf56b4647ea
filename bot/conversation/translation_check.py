"""A statement and its English translation in, whether they say the same out, by what can be compared:
numbers, regulations, duties, denials."""

from __future__ import annotations

import re

from bot.conversation.evidence import NUMBER
from bot.conversation.wording import read
from knowledge.legal_status import references

FORBIDDEN = re.compile(
    r"\b(?:must not|may not|shall not|cannot|can not|prohibit\w*|forbid\w*|not (?:be )?allowed)\b", re.I
)
DUTY = re.compile(r"\b(?:must|shall|required?|requires|obliged|obligat\w+|has to|have to|needs? to|mandatory)\b", re.I)
MAY = re.compile(r"\b(?:may|can|could|allowed|permitted|might|possible|entitled)\b", re.I)
DENIAL = re.compile(
    r"\b(?:not|no|never|without|nor|neither|cannot|isn't|aren't|doesn't|don't|repealed|revoked)\b", re.I
)
REPEALED = re.compile(r"\b(?:repeal\w*|revok\w*|no longer (?:in force|valid|appl\w+)|not in force|withdrawn)\b", re.I)


def is_same(indonesian: str, english: str) -> bool:
    """Whether the translation keeps every number, regulation, duty, permission, prohibition and denial."""
    if not english or sorted(NUMBER.findall(indonesian)) != sorted(NUMBER.findall(english)):
        return False
    if {r.code for r in references(indonesian)} - {r.code for r in references(english)}:
        return False
    words = read(indonesian)
    values = {word.value for word in words}
    denies = any(word.role == "negation" for word in words) or bool(values & {"forbidden", "free", "repealed"})
    forbidden = bool(FORBIDDEN.search(english))
    rest = FORBIDDEN.sub("", english)
    return (
        ("forbidden" in values) == forbidden
        and ("must" in values) == bool(DUTY.search(rest))
        and ("may" in values) == bool(MAY.search(rest))
        and ("repealed" in values) == bool(REPEALED.search(english))
        and denies == bool(DENIAL.search(english))
    )
