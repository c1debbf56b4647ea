"""Ranked passages in, a draft by extraction out: the answer first, points, citations, warnings.

Nothing is reworded. What a reader sees between the frames of `texts/` is a slice of a
passage, so every number in it stands in the quote.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from bot.conversation import law_then
from bot.conversation.choose import (
    answer_first,
    is_table,
    leans_back,
    telling,
    without_label,
    without_other_items,
    words,
)
from bot.conversation.extract import Statement, relevance, statements, whole, with_items
from bot.texts import Language, Texts
from knowledge.chunk import Document
from knowledge.found import Found
from knowledge.in_force import NOT_YET
from knowledge.legal_status import shown
from knowledge.lexical import tokens
from knowledge.parse import SEAM
from knowledge.question_parts import parts_of, sides_of
from knowledge.rank import Passage
from knowledge.sources import Status

Kind = Literal["answer", "clarify", "handover", "refuse", "smalltalk"]

# How far behind the first a second and a third passage may score to be worth reading.
NEAR = (0.3, 0.12)
NEAR_MEANING = 0.03
LACKS_WORDS = 0.2
LESS_NEAR = 0.01
MOST_WORDS = 0.6
FEW_OF_THEM = 0.35
MOST_READ = 6
MOST_SOURCES = 1 + len(NEAR)
SAME_WORDS = 0.7
# Of 256 answers, English ones and those to several questions among them, 30 had an expected fact in the second
# source alone; of those 4 lie beyond this line, of the others 120.
ADDS_LITTLE = 0.62
BEHIND_WEIGHT = 2.5
IN_ENGLISH = "In English:"


@dataclass(frozen=True)
class Citation:
    """What a point rests on. `quote` is verbatim in the document; `group` names its section."""

    n: int
    source: str
    title: str
    locator: str
    quote: str
    status: str
    document: str
    group: str


@dataclass(frozen=True)
class Point:
    """One statement and the numbers of the citations that it was taken from.

    `is_item` says that it belongs to the list that an earlier point opens.
    """

    text: str
    citations: tuple[int, ...]
    is_item: bool = False


@dataclass(frozen=True)
class Draft:
    """An initial response. Only `answer` drafts carry points, citations and `follow_ups`:
    questions, up to three, that the library answers as well and a reader can press next."""

    kind: Kind
    language: Language
    lead: Point
    points: tuple[Point, ...] = ()
    citations: tuple[Citation, ...] = ()
    warnings: tuple[str, ...] = ()
    next_step: str = ""
    engine: str = "extractive"
    follow_ups: tuple[str, ...] = ()
    question: str = field(default="", compare=False)

    @property
    def answer(self) -> str:
        """The whole response in plain text: the answer, the points, one next step."""
        return "\n".join([*self.paragraphs(), *(["", self.next_step] if self.next_step else [])])

    def paragraphs(self) -> list[str]:
        """The lead and the points as lines to read: items with a dash, sentences of one source
        together, the citation once where it ends."""
        lines: list[str] = []
        before: Point | None = None
        for point in (self.lead, *self.points):
            if point.is_item:
                lines.append(f"- {point.text}")
            elif before and not before.is_item and before.citations == point.citations and before is not self.lead:
                lines[-1] = f"{_unmarked(lines[-1], before)} {_marked(point)}"
            else:
                lines.append(_marked(point))
            before = point
        return lines


def without_source(kind: Kind, language: Language, text: str, question: str) -> Draft:
    """A draft that states nothing from the library: a greeting, a refusal, a handover."""
    return Draft(kind, language, Point(text, ()), question=question)


def extractive(found: Found, copy: Texts, language: Language, max_words: int) -> Draft:
    """The draft that the passages of a search support; the first passage leads."""
    writer = _Writer(copy, language, found, max_words)
    chosen = _chosen(found)
    writer.lead_with(chosen[0])
    for passage in chosen[1:]:
        writer.add(passage, chosen[0].score - passage.score)
    for part in found.parts:
        for passage in _answering(part):
            writer.answer(passage, part)
    if found.successor and found.successor.chunk.group not in {citation.group for citation in writer.citations}:
        writer.add_successor(found.successor)
    if language == "en":
        writer.warnings.append(copy.sources_in_indonesian)
    return Draft(
        kind="answer",
        language=language,
        lead=writer.lead,
        points=tuple(writer.points),
        citations=tuple(writer.citations),
        warnings=tuple(
            dict.fromkeys([*law_then.banner(found, (c.document for c in writer.citations), copy), *writer.warnings])
        ),
        next_step=next_step(chosen[0].document, copy),
        question=found.query.text,
    )


def _chosen(found: Found) -> list[Passage]:
    """The passages that the draft uses, in the order in which they are read."""
    if found.parts:
        return _answering(found.parts[0])[:1]
    first, *others = found.passages[:MOST_READ]
    if found.query.articles and set(first.chunk.articles) & set(found.query.articles):
        same = [
            p
            for p in found.passages[:MOST_READ]
            if p.document == first.document and set(p.chunk.articles) & set(found.query.articles)
        ]
        return sorted(same, key=lambda passage: _place(passage.chunk.group))[:MOST_SOURCES]
    chosen = [first]
    for passage in others:
        if len(chosen) == MOST_SOURCES:
            break
        near = passage.score >= first.score - NEAR[len(chosen) - 1]
        if near and passage.similarity >= first.similarity - NEAR_MEANING and _on_topic(passage, first):
            chosen.append(passage)
    return chosen


def _answering(part: Found) -> list[Passage]:
    """The passage that answers one of several questions, or those of the article that it names."""
    return _chosen(part) if part.query.articles else [part.passages[0]]


def _on_topic(passage: Passage, first: Passage) -> bool:
    """Not a passage that is less near and lacks words that the first one holds, such as the
    indicators of another dimension than the one asked for; nor one that lacks nearly all of them."""
    if first.coverage >= MOST_WORDS and passage.coverage < FEW_OF_THEM * first.coverage:
        return False
    lacks = passage.coverage < first.coverage - LACKS_WORDS
    return not (lacks and passage.similarity < first.similarity - LESS_NEAR)


def _place(group: str) -> int:
    return int(group.rpartition("#")[2])


class _Writer:
    """Collects points within the word limit, and a citation for each passage that is used."""

    def __init__(self, copy: Texts, language: Language, found: Found, max_words: int) -> None:
        self._copy = copy
        self._language = language
        self._rarity, self._question = found.rarity, found.said.text
        # Of an English question no words tell what of a section it needs.
        self._asks_one = language == "id" and not parts_of(self._question)
        self._left = max_words
        self.lead = Point("", ())
        self.points: list[Point] = []
        self.citations: list[Citation] = []
        self.warnings: list[str] = []

    def lead_with(self, passage: Passage) -> None:
        parts = self._parts(passage)
        chosen = without_other_items(parts, self._rarity) if passage.document.curated else self._telling(parts)
        # What tells two things apart begins with both of them.
        if passage.document.curated and not sides_of(self._question):
            chosen = answer_first(chosen, self._rarity)
        self.lead, *rest = self._points(passage, chosen)
        self.points += rest

    def add(self, passage: Passage, behind: float = 0.0) -> None:
        """A further passage when it says something new and there is room: whole, or its gist where one thing is
        asked and it repeats much or its score is far `behind` that of the first."""
        parts = self._parts(passage)
        chosen = self._whole_or_gist(parts) if passage.document.curated else self._telling(parts)
        opening = with_items(chosen, 0) if chosen else []
        if opening and self._said(opening):
            # Its answer stands there already; what it adds to it need not wait behind a repetition.
            rest = [part for part in chosen if part not in opening]
            chosen = chosen if rest and leans_back(rest[0]) else rest
        elif opening and self._asks_one and self._repeated(chosen) + BEHIND_WEIGHT * behind > ADDS_LITTLE:
            chosen = opening if opening[0].opens_list else opening[:1]
        if chosen and not chosen[0].is_item and words(chosen) <= self._left and not self._said(chosen):
            self.points += self._points(passage, chosen)

    def answer(self, passage: Passage, part: Found) -> None:
        """The passage for one of several questions, unless it stands there already; its gist even
        beyond the limit."""
        if (passage.document.key, passage.chunk.group) in {(c.document, c.group) for c in self.citations}:
            return
        self._rarity, self._question = part.rarity, part.said.text
        parts = self._parts(passage)
        chosen = self._whole_or_gist(parts) if passage.document.curated else self._telling(parts)
        self.points += self._points(passage, chosen or with_items(parts, 0))

    def add_successor(self, passage: Passage) -> None:
        """The gist of what replaced the rule that the answer began with, even beyond the limit."""
        parts = self._parts(passage)
        chosen = with_items(parts, 0) if passage.document.curated else self._telling(parts)
        self.points += self._points(passage, chosen, self._copy.successor)

    def _parts(self, passage: Passage) -> list[Statement]:
        """What a passage says, without the summaries in English for a reader who did not ask in it."""
        parts = statements(passage.chunk.text)
        if self._language == "en":
            return parts
        return [part for part in parts if not part.text.startswith(IN_ENGLISH)] or parts

    def _points(self, passage: Passage, chosen: Sequence[Statement], frame: str | None = None) -> list[Point]:
        """The statements as points with their citation; a regulation's own text says whose it is."""
        n = self._cite(passage, chosen)
        self._left -= words(chosen)
        first, *rest = chosen
        text = first.text
        if not passage.document.curated:
            text = without_label(text, passage.chunk.locator)
            frame = frame or self._copy.according_to
            text = f"{frame.format(title=passage.document.title, locator=passage.chunk.locator)} {text}"
        return [Point(text, (n,)), *(Point(statement.text, (n,), statement.is_item) for statement in rest)]

    def _whole_or_gist(self, parts: Sequence[Statement]) -> list[Statement]:
        """A library section, which begins with its answer, as far as there is room: all of it,
        or its beginning and the statement that holds most of the question."""
        items = [part for part in parts if part.is_item]
        if is_table(items):
            rows = without_other_items(parts, self._rarity)
            return rows if len(rows) < len(parts) else []
        if words(parts) <= self._left:
            return list(parts)
        first = with_items(parts, 0)
        rest = [i for i, part in enumerate(parts) if part not in first and relevance(part, self._rarity) > 0]
        best = max(rest, key=lambda i: relevance(parts[i], self._rarity), default=None)
        more = [part for part in whole(parts, best) if part not in first] if best is not None else []
        return [*first, *more] if words([*first, *more]) <= self._left else first

    def _telling(self, parts: Sequence[Statement]) -> list[Statement]:
        return telling(parts, self._rarity, self._question)

    def _said(self, chosen: Sequence[Statement]) -> bool:
        return self._repeated(chosen) >= SAME_WORDS

    def _repeated(self, chosen: Sequence[Statement]) -> float:
        """The largest share of the words of these statements that one source has said already, 0 to 1."""
        mine = {word for statement in chosen for word in tokens(statement.text)}
        shares = [0.0]
        for group in {point.citations for point in self.points} | {self.lead.citations}:
            texts = [p.text for p in (self.lead, *self.points) if p.citations == group]
            said = {word for text in texts for word in tokens(text)}
            shares.append(len(mine & said) / len(mine) if mine else 1.0)
        return max(shares)

    def _cite(self, passage: Passage, chosen: Sequence[Statement]) -> int:
        n = len(self.citations) + 1
        self.citations.append(cited(n, passage, chosen))
        if passage.then:
            self.warnings += law_then.warnings_then(passage, self._copy, self._language)
        else:
            self.warnings += warnings(passage.document, self._copy, self._language)
        return n


def cited(n: int, passage: Passage, chosen: Sequence[Statement]) -> Citation:
    """The citation of the statements of a passage; its quote reaches from the first to the last."""
    chunk, document = passage.chunk, passage.document
    return Citation(
        n=n,
        source=document.source,
        title=document.title,
        locator=chunk.locator,
        quote=_quote(chunk.text, chosen),
        status=document.status,
        document=document.key,
        group=chunk.group,
    )


def next_step(first: Document, copy: Texts) -> str:
    """What the reader should do with a response whose first source is this document."""
    return copy.next_step_regulation if first.kind in {"regulasi", "standar"} else copy.next_step_guidance


def warnings(document: Document, copy: Texts, language: Language = "id") -> list[str]:
    """What a reader has to know about the legal status of a document before relying on it."""
    changed = ", ".join(shown(code) for code in document.amended_by)
    found: list[str] = []
    # The title of a repealed rule says so itself.
    title = document.title.removesuffix(f" ({document.status})")
    if document.status == Status.REPEALED:
        found.append(law_then.repealed(title, document.repealed_by, document.replaced_by, copy))
        if document.status_is_read:
            found.append(copy.read_only.format(title=title, by=", ".join(map(shown, document.repealed_by))))
    elif document.status == NOT_YET:
        found.append(law_then.not_yet(document, copy, language))
    elif document.status == Status.DRAFT:
        found.append(copy.draft_rule.format(title=title))
    elif document.status == Status.ARCHIVE:
        found.append(copy.archive.format(title=title))
    elif document.status == Status.AMENDED:
        found.append((copy.amended_by if changed else copy.amended).format(title=title, by=changed))
    if document.confidence == "C":
        found.append(copy.unconfirmed.format(title=title))
    return found


def _quote(text: str, chosen: Sequence[Statement]) -> str:
    """The slice of the passage from the first to the last chosen statement.

    Where something was taken out of the page in between, the longest whole piece.
    """
    slice_ = text[min(s.start for s in chosen) : max(s.end for s in chosen)]
    return max(slice_.split(SEAM), key=len).strip()


def _marks(point: Point) -> str:
    return "".join(f" [{n}]" for n in point.citations)


def _marked(point: Point) -> str:
    if point.text.endswith(":"):
        return point.text[:-1] + _marks(point) + ":"
    return point.text + _marks(point)


def _unmarked(line: str, point: Point) -> str:
    return line.removesuffix(_marks(point)) if point.citations else line
