"""The statements of a passage and a question in, those that answer it out, in the order to be read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bot.conversation.extract import Statement, relevance, whole
from bot.conversation.quantity import how_given
from knowledge.lexical import tokens

LONG_LIST = 12
# A list of so many values, such as the codes of a province's regions, is a table to look up one in.
TABLE_ROWS = 6
ROW = re.compile(r":\s[\d.,]+$")
NAMES_ITEM = 0.3
# So many words of a regulation are read whole.
SHORT = 90
# Of the question's words: in 19 of 369 answers, 17 of which then begin better.
FAR_MORE = 0.25
MORE = 0.1
# What a statement of the kind that is asked for is worth beside its words: a list, a number of days.
IS_ASKED_FOR = 0.15
ASKS_LIST = re.compile(
    r"\b(?:apa|siapa|mana)\s+(?:saja|aja|sj)\b|\b(?:sebutkan|daftar|unsur|komponen|susunan|anggota|isi|syarat|jenis|tahap\w*|"
    r"which|list|members?)\b",
    re.I,
)
# "Pasal 45" on a line of its own, or a picture.
LABEL = re.compile(r"(?:(?:Pasal|BAB|Bagian|Paragraf)\s+[\w]+|!\[.*?\]\(.*?\))", re.I)
ARTICLE = re.compile(r"(Pasal\s+\w+)\s+(?=\S)")
POINTS_BACK = re.compile(
    r"\b(?:pasal|ayat|aturan|peraturan|ketentuan|daftar|bagian|surat|angka)\s+(?:ini|itu|tersebut)\b|\bdi\s+sini\b",
    re.I,
)
# A sentence that says little without the one before it.
LEANS = re.compile(
    r"^(?:\w+[\w-]*\s+){0,2}(?:ini|itu|tersebut)\b|^(?:\w+\s+)?\w{3,}nya\b|"
    r"^(?:Jadi|Akibatnya|Keduanya|Meski|Namun|Selain|Di luar|Karena itu|Sebaliknya|Sebagai|Contohnya|Misalnya|"
    r"Dua yang|Bila tidak|Pasal \d+|Ayat)\b"
)


def telling(parts: Sequence[Statement], rarity: Mapping[str, float], question: str) -> list[Statement]:
    """Of a regulation's own text, the statement that answers, with its list; a short text that begins with
    its answer whole."""
    parts = [part for part in parts if not LABEL.fullmatch(part.text)] or list(parts)
    scores = [relevance(part, rarity) for part in parts]
    gives = how_given(question)
    for at, part in enumerate(parts):
        opens = part.opens_list and at + 1 < len(parts) and parts[at + 1].is_item
        if (opens and ASKS_LIST.search(question)) or (gives and gives.search(part.text)):
            scores[at] += IS_ASKED_FOR
    best = max(range(len(parts)), key=lambda at: (scores[at], -at))
    if words(parts) <= SHORT and not parts[0].is_item and scores[best] < scores[0] + MORE:
        return parts
    return whole(parts, best)


def answer_first(parts: Sequence[Statement], rarity: Mapping[str, float]) -> list[Statement]:
    """A section with the sentence first that holds far more of the question than its opening does."""
    scores = [relevance(part, rarity) for part in parts]
    can_lead = [at for at, part in enumerate(parts) if not at or not (part.is_item or part.opens_list or _leans(part))]
    best = max(can_lead, key=scores.__getitem__, default=0)
    if scores[best] < scores[0] + FAR_MORE:
        return list(parts)
    return [parts[best], *(part for at, part in enumerate(parts) if at != best)]


def without_other_items(parts: Sequence[Statement], rarity: Mapping[str, float]) -> list[Statement]:
    """Of a very long list, such as the codes of all regions, only what the question names."""
    items = [part for part in parts if part.is_item]
    said = {word for part in parts if not part.is_item for word in tokens(part.text)}
    named = [
        part
        for part in items
        if relevance(part, rarity) >= NAMES_ITEM and any(word in rarity for word in set(tokens(part.text)) - said)
    ]
    if not named or (len(items) <= LONG_LIST and not is_table(items)):
        return list(parts)
    return [part for part in parts if not part.is_item or part in named]


def without_label(text: str, locator: str) -> str:
    """The text of an article without the "Pasal 45" that it begins with, where the locator names it."""
    label = ARTICLE.match(text)
    return text[label.end() :] if label and label[1] in locator else text


def is_table(items: Sequence[Statement]) -> bool:
    """Whether a list is one of many values to look up one in."""
    return len(items) >= TABLE_ROWS and all(ROW.search(item.text) for item in items)


def leans_back(statement: Statement) -> bool:
    """Whether a statement says little without the one before it."""
    return bool(LEANS.search(statement.text))


def words(chosen: Sequence[Statement]) -> int:
    """How many words the statements have together."""
    return sum(len(statement.text.split()) for statement in chosen)


def _leans(statement: Statement) -> bool:
    return leans_back(statement) or bool(POINTS_BACK.search(statement.text))
