"""What went wrong with an answer in; entries of the gap list, and the evaluation case that an
approved answer gives, out."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from difflib import SequenceMatcher
from pathlib import Path
from typing import Literal

from bot.conversation.draft import Citation, Draft
from bot.leads.topics import topics_of
from bot.leads.versions import MARK, Version, marks, used_citations
from bot.texts import Language, texts
from knowledge.query import language_of

GapKind = Literal["vote", "edit", "handover"]
GapState = Literal["terbuka", "selesai", "diabaikan", "diuji"]
LANGUAGES: tuple[Language, ...] = ("id", "en")
VOTES = ("wrong", "incomplete", "outdated", "unclear")
# Reasons of an edit that say that the assistant's draft was at fault; style is none.
FAULTS = ("salah", "kurang_lengkap", "usang")
Unanswered = Literal["not_found", "no_rule", "no_article", "refused"]
SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")
ARTICLE = re.compile(r"Pasal (\d+[A-Z]*)(?! sampai)\b")
WORD = re.compile(r"\w+(?:[./-]\w+)*")
MOST_FACTS = 4
LONGEST_FACT = 12  # words
SHORTEST_FACT = 3


@dataclass(frozen=True)
class Happening:
    """One time that a question was answered badly or not at all; `question` is masked. It belongs to
    a turn or to a version."""

    kind: GapKind
    reason: str
    question: str
    at: datetime
    turn: str | None = None
    version: str | None = None


@dataclass(frozen=True)
class Case:
    """A question with its key, in the form of tests/questions.jsonl."""

    id: str
    question: str
    topic: str
    language: str
    expected_sources: tuple[str, ...]
    expected_facts: tuple[str, ...]
    kind: str = "answer"
    tags: tuple[str, ...] = ("gap",)


def unanswered(draft: Draft) -> Unanswered | None:
    """Why a draft is a gap of the library: nothing was found, or a regulation or article is not
    there, or a question about one of our topics was taken for none."""
    said = draft.lead.text
    for language in LANGUAGES:
        copy = texts(language)
        replies: dict[Unanswered, str] = {
            "not_found": copy.handover_not_found,
            "no_rule": copy.handover_unknown_regulation,
            "no_article": copy.handover_unknown_article,
        }
        if draft.kind == "handover" and (found := next((r for r, t in replies.items() if _is_filled(t, said)), None)):
            return found
        if said in {copy.refuse_off_topic, copy.handover_not_held} and topics_of([draft.question]):
            return "refused"
    return None


def proposal(identifier: str, question: str, approved: Version, documents: Mapping[str, str]) -> Case | None:
    """The case that an approved answer gives: the sections that it rests on, and as facts what it
    says in their words. None when it cites nothing that the library in use has; `documents` maps
    their keys to their ids."""
    used = [citation for citation in used_citations(approved) if citation.document in documents]
    if not used:
        return None
    sources = dict.fromkeys(_source(citation, documents) for citation in used)
    return Case(f"gap-{identifier}", question, "kesenjangan", language_of(question), tuple(sources), _facts(approved))


def append_case(file: Path, case: Case) -> bool:
    """Add a case to a file of JSON lines; False when it is there already. A line that a crash cut
    short is closed first, so that no two cases share one."""
    kept = file.read_text(encoding="utf-8") if file.exists() else ""
    if any(f'"id": "{case.id}"' in line for line in kept.splitlines()):
        return False
    line = json.dumps(asdict(case), ensure_ascii=False)
    with file.open("a", encoding="utf-8") as lines:
        lines.write(("" if not kept or kept.endswith("\n") else "\n") + line + "\n")
        lines.flush()
        os.fsync(lines.fileno())
    return True


def _source(citation: Citation, documents: Mapping[str, str]) -> str:
    article = ARTICLE.match(citation.locator)
    return documents[citation.document] + (f":{article[1]}" if article else "")


def _facts(approved: Version) -> tuple[str, ...]:
    """From each sentence with a mark the longest run of words that also stands in the quote: so no
    name of a person gets into the case, and the fact is true to the source."""
    quotes = {citation.n: citation.quote for citation in approved.citations}
    facts: dict[str, None] = {}
    for sentence in SENTENCE.split(approved.text):
        plain = MARK.sub("", sentence)
        for n in marks(sentence, approved.citations).used:
            if fact := _shared(plain, quotes[n]):
                facts[fact] = None
    return tuple(facts)[:MOST_FACTS]


def _shared(sentence: str, quote: str) -> str:
    said, stands = WORD.findall(sentence), WORD.findall(quote)
    match = SequenceMatcher(None, [w.lower() for w in said], [w.lower() for w in stands], autojunk=False)
    run = match.find_longest_match()
    return " ".join(stands[run.b : run.b + min(run.size, LONGEST_FACT)]) if run.size >= SHORTEST_FACT else ""


def _is_filled(template: str, text: str) -> bool:
    """Whether the text is the template with something in its places, and maybe more behind it."""
    pattern = re.sub(r"\\\{\w+\\\}", ".+?", re.escape(template))
    return re.match(pattern, text, re.DOTALL) is not None
