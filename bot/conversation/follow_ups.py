"""What a search found beside the draft in, up to three questions that can be asked next out.

They are the questions that the library's sections say they answer; that one is taken for such a question when it
is asked, `is_answered` tells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from bot.conversation.draft import Citation
from knowledge.lexical import tokens
from knowledge.query import QueryReader, language_of
from knowledge.rank import Passage
from knowledge.sources import Status

MOST = 3
LONGEST = 60
# Share of the shorter question's words that make two questions nearly the same.
SAME = 0.6
# A passage that scores so much less than the first is of another topic, unless its document is cited.
NEAR = 0.3
# The collections of questions repeat what a section of its own says better.
REPEATS = "tanya-jawab"


def follow_ups(
    passages: Sequence[Passage],
    citations: Sequence[Citation],
    asked: Iterable[str],
    reader: QueryReader,
    is_answered: Callable[[Passage, int], bool],
) -> tuple[str, ...]:
    """Questions of passages that were ranked but not cited, the best first, one a section.

    None is nearly what was `asked`, what a cited section answers, or another of them.
    """
    cited = {(citation.document, citation.group) for citation in citations}
    answered = [p for p in passages if (p.chunk.document, p.chunk.group) in cited]
    texts = (*asked, *(question for passage in answered for question in passage.chunk.questions))
    known = [words for words in (set(tokens(text)) for text in texts) if words]
    chosen: list[str] = []
    for passage in passages:
        related = passage.score >= passages[0].score - NEAR or passage.document in [p.document for p in answered]
        if passage in answered or not related or not _is_worth_asking(passage):
            continue
        pressable = list(_pressable(passage, reader))
        # A section of which one question was asked says nothing new by its other questions.
        if any(_nearly_same(set(tokens(question)), other) for _, question in pressable for other in known):
            continue
        found = next((question for n, question in pressable if is_answered(passage, n)), None)
        if found:
            chosen.append(found)
            known.append(set(tokens(found)))
        if len(chosen) == MOST:
            break
    return tuple(chosen)


def _is_worth_asking(passage: Passage) -> bool:
    document = passage.document
    return document.curated and document.kind != REPEATS and document.status not in {Status.REPEALED, Status.DRAFT}


def _pressable(passage: Passage, reader: QueryReader) -> Iterator[tuple[int, str]]:
    """The questions, with their place, that are short and plainly written."""
    for n, question in enumerate(passage.chunk.questions):
        plain = question[0].isupper() and question.endswith("?") and not reader.is_informal(question)
        if plain and len(question) <= LONGEST and language_of(question) == "id":
            yield n, question


def _nearly_same(words: set[str], other: set[str]) -> bool:
    shorter = min(len(words), len(other))
    return len(words & other) >= SAME * shorter
