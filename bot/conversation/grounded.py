"""A question and passages in, a draft in a chat model's words out, of which every point was checked.

The model sees the question, without personal data, and the passages as numbered records; nothing
else. What it writes is a proposal: a point is kept if the passages that it cites support it, also
while it is still writing, so that nothing else is ever shown. Too little left, and there is no draft.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.conversation.chat_model import ChatModel, ModelFailure
from bot.conversation.claim_check import faults, unsupported
from bot.conversation.draft import Citation, Draft, Point, cited, next_step, warnings
from bot.conversation.evidence import NUMBER, Proof, support
from bot.conversation.extract import Statement, statements
from bot.conversation.instructions import instructions
from bot.conversation.mask import hidden, restored
from bot.conversation.meaning import Meaning
from bot.conversation.model_output import ADDRESS, Proposed, points, without_links
from bot.conversation.translation_check import is_same
from bot.conversation.wording import FACTS, read
from bot.texts import Language, Texts
from knowledge.found import Found
from knowledge.parse import SEAM
from knowledge.rank import Passage

MOST_READ = 6
LONGEST_ENGINE = 80
LONGEST_QUESTION = 400
KEPT = 0.5
NEW_WORDS = 0.34
# "[1]", "[1, 2]", "[1-3]" in a consultant's text.
MARK = re.compile(r"\[\s*\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*\s*\]")
# Between two texts whose personal data are numbered together.
BORDER = "\n\x1e\n"
# A sentence of a passage that speaks to a model instead of a reader.
TO_A_MODEL = re.compile(
    r"\b(?:abaikan|lupakan|jangan (?:ikuti|turuti))\b.{0,40}\b(?:instruksi|perintah|aturan|petunjuk|prompt)\b|"
    r"\b(?:ignore|disregard|forget)\b.{0,40}\b(?:instructions?|prompts?|rules?)\b|\b(?:system|developer) prompt\b|"
    r"\banda (?:adalah|sekarang) (?:asisten|ai|model|chatbot)\b|\byou are (?:now )?(?:an? )?(?:ai|assistant|chatbot)\b",
    re.I,
)

log = logging.getLogger(__name__)
Show = Callable[[str], None]


@dataclass(frozen=True)
class Redrafted:
    """A text written anew with the citations of the one before it, and how many points it lost
    because no source supports them; without text when those were too many."""

    text: str
    engine: str
    dropped: int


@dataclass(frozen=True)
class _Record:
    """A source as the model sees it: its number, what it is called, its text."""

    n: int
    proof: Proof
    status: str

    def __str__(self) -> str:
        text = _plain(self.proof.text)
        return (
            f'<sumber nomor="{self.n}" judul="{_plain(self.proof.title)}" bagian="{_plain(self.proof.locator)}" '
            f'status="{self.status}">\n{text}\n</sumber>'
        )


class GroundedWriter:
    """Drafts, follow-ups and redrafts by a chat model, checked."""

    def __init__(self, model: ChatModel, meaning: Meaning) -> None:
        self.model = model
        self._meaning = meaning

    def draft(self, found: Found, copy: Texts, language: Language, show: Show, until: float) -> Draft | None:
        """The draft of the model, None where it failed or too little of it was supported.

        `show` gets the supported part as it grows. `until` is a moment of the monotonic clock.
        """
        passages = found.passages[:MOST_READ]
        records = [_record(n, passage) for n, passage in enumerate(passages, 1)]
        question, originals = hidden(found.query.text)
        prompt = instructions("answer")
        asked = prompt.filled(question=_plain(question), sources="\n\n".join(map(str, records)))
        kept: list[Proposed] = []

        def shown() -> None:
            if language == "id":
                show(_draft(kept, passages, copy, language, found.query.text, "").answer)

        count = self._collect(asked, records, kept, shown, until)
        if not kept or len(kept) < KEPT * count:
            if count:
                log.info("chat model: %s of %s points are supported, too few", len(kept), count)
            return None
        if language == "en":
            kept = self._translated(kept, until)
        kept = [Proposed(restored(point.text, originals), point.citations) for point in kept]
        draft = _draft(kept, passages, copy, language, found.query.text, self._engine(prompt.label))
        # A number that only a heading holds: the quote that a reader opens would not show it.
        return None if unsupported(draft) else draft

    def standing_alone(self, question: str, history: Sequence[str], until: float) -> str | None:
        """A follow-up with what it leans on, in one question; None where the model failed or
        brought in something that nobody has said."""
        masked, originals = hidden("\n".join(" ".join(text.split()) for text in (*history, question)))
        *before, last = masked.split("\n")
        asked = instructions("rewrite").filled(
            history="\n".join(f"<pesan>{_plain(text)}</pesan>" for text in before), question=_plain(last)
        )
        try:
            written = [*self.model.write(*asked, until, as_points=False)][-1]
        except ModelFailure:
            return None
        lines = [line.strip(' "') for line in without_links(written, masked).splitlines() if line.strip()]
        if len(lines) != 1 or len(lines[0]) > LONGEST_QUESTION or not _only_says(lines[0], masked):
            return None
        return restored(lines[0], originals)

    def redraft(
        self, text: str, citations: Sequence[Citation], passages: Sequence[str], instruction: str, until: float
    ) -> Redrafted | None:
        """A version written anew by a consultant's instruction; `passages` are the texts of the
        sections that the citations name, in their order. The numbers of the citations stay, and so do
        the paragraphs without one (a salutation, warnings, the next step). None where the model failed."""
        both, originals = hidden(f"{text}{BORDER}{instruction}")
        masked, _, wish = both.partition(BORDER)
        records = [
            _Record(
                citation.n,
                Proof(citation.title, citation.locator, _for_a_model(f"{section}\n\n{citation.quote}")),
                citation.status,
            )
            for citation, section in zip(citations, passages, strict=True)
        ]
        prompt = instructions("redraft")
        asked = prompt.filled(instruction=_plain(wish), draft=_plain(masked), sources="\n\n".join(map(str, records)))
        kept: list[Proposed] = []
        count = self._collect(asked, records, kept, lambda: None, until)
        engine = self._engine(prompt.label)
        if not count:
            return None
        if len(kept) < KEPT * count:
            return Redrafted("", engine, count - len(kept))
        points = "\n".join(f"{point.text}{''.join(f' [{n}]' for n in point.citations)}" for point in kept)
        paragraphs = masked.split("\n\n")
        cited = next((i for i, paragraph in enumerate(paragraphs) if MARK.search(paragraph)), 0)
        rest = [paragraph for paragraph in paragraphs[cited:] if not MARK.search(paragraph)]
        written = restored("\n\n".join([*paragraphs[:cited], points, *rest]), originals)
        return Redrafted(written, engine, count - len(kept))

    def _collect(
        self,
        asked: tuple[str, str],
        records: Sequence[_Record],
        kept: list[Proposed],
        shown: Callable[[], None],
        until: float,
    ) -> int:
        """Add the supported points to `kept` as they come; returns how many were proposed, 0 where
        the model failed."""
        proofs = {record.n: record.proof for record in records}
        seen = 0
        try:
            for point in self._proposals(asked, until):
                # What cites nothing at all is talk around the points.
                seen += bool(point.citations)
                checked = self._checked(point, proofs)
                if checked and checked.text not in [other.text for other in kept]:
                    kept.append(checked)
                    shown()
        except ModelFailure:
            kept.clear()
            return 0
        return seen

    def _checked(self, point: Proposed, proofs: Mapping[int, Proof]) -> Proposed | None:
        """The point with the citations that exist, None where they do not support it."""
        numbers = tuple(n for n in point.citations if n in proofs)
        own = [proofs[n] for n in numbers]
        text = without_links(point.text, " ".join(proof.text for proof in own))
        if not text or faults(text, own) or not self._meaning.supports(text, own):
            return None
        # Of several sources those that say it; one is enough where it does so alone.
        alone = [n for n in numbers if len(numbers) > 1 and not faults(text, [proofs[n]])]
        return Proposed(text, tuple(alone or numbers))

    def _proposals(self, asked: tuple[str, str], until: float) -> Iterator[Proposed]:
        written, given = "", 0
        for text in self.model.write(*asked, until):
            news, written = text[len(written) :], text
            if "\n" in news or "}" in news:
                found = points(written, complete=False)
                yield from found[given:]
                given = max(given, len(found))
        yield from points(written, complete=True)[given:]

    def _translated(self, kept: Sequence[Proposed], until: float) -> list[Proposed]:
        """The points in English, each only where it says the same; the others stay as they are."""
        listed = "\n".join(f"- {point.text} {''.join(f'[{n}]' for n in point.citations)}" for point in kept)
        try:
            english = list(self._proposals(instructions("translate").filled(points=listed), until))
        except ModelFailure:
            return list(kept)
        if len(english) != len(kept):
            return list(kept)
        return [
            Proposed(without_links(new.text, ""), old.citations) if is_same(old.text, new.text) else old
            for old, new in zip(kept, english, strict=True)
        ]

    def _engine(self, label: str) -> str:
        """The model and the prompt's version, for the record."""
        return f"{self.model.name[: LONGEST_ENGINE - len(label) - 1]}/{label}"


def _draft(
    kept: Sequence[Proposed], passages: Sequence[Passage], copy: Texts, language: Language, question: str, engine: str
) -> Draft:
    """The points as a draft; sources are numbered in the order in which they are cited."""
    order = list(dict.fromkeys(n for point in kept for n in point.citations))
    numbers = {n: i for i, n in enumerate(order, 1)}
    said = [Point(point.text, tuple(numbers[n] for n in point.citations)) for point in kept]
    cites = [cited(numbers[n], passages[n - 1], _proving(n, kept, passages[n - 1])) for n in order]
    told = [warning for n in order for warning in warnings(passages[n - 1].document, copy)]
    return Draft(
        kind="answer",
        language=language,
        lead=said[0] if said else Point("", ()),
        points=tuple(said[1:]),
        citations=tuple(cites),
        warnings=tuple(dict.fromkeys([*told, *([copy.sources_in_indonesian] if language == "en" else [])])),
        next_step=next_step(passages[order[0] - 1].document, copy) if order else "",
        engine=engine,
        question=question,
    )


def _proving(n: int, kept: Sequence[Proposed], passage: Passage) -> list[Statement]:
    found = {s.start: s for p in kept if n in p.citations for s in support(p.text, passage.chunk.text)}
    return [found[start] for start in sorted(found)] or statements(passage.chunk.text)[:1]


def _record(n: int, passage: Passage) -> _Record:
    chunk, document = passage.chunk, passage.document
    return _Record(n, Proof(document.title, chunk.locator, _for_a_model(chunk.text), chunk.heading), document.status)


def _for_a_model(text: str) -> str:
    """The text of a passage without sentences that give orders to a model."""
    orders = [statement for statement in statements(text) if TO_A_MODEL.search(statement.text)]
    for statement in reversed(orders):
        text = text[: statement.start] + text[statement.end :]
    return text


def _plain(text: str) -> str:
    """A text that cannot end its record, without web addresses."""
    return ADDRESS.sub("", text.replace(SEAM, "\n").replace("<", "‹").replace(">", "›")).strip()


def _only_says(question: str, before: str) -> bool:
    """Whether a rewritten question says only what was said before; facts all, words mostly."""
    said = frozenset(key for word in read(before) for key in word.keys)
    facts = {word.text for word in read(before) if word.role in FACTS}
    if set(NUMBER.findall(question)) - set(NUMBER.findall(before)):
        return False
    words = read(question)
    if any(word.role in FACTS and word.text not in facts for word in words):
        return False
    content = [word for word in words if word.is_content]
    new = [word for word in content if said.isdisjoint(word.keys)]
    return not any(word.role == "name" for word in new) and len(new) <= NEW_WORDS * len(content)
