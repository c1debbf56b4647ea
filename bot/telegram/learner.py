"""New leads, votes, edits and generations in; suggestions, entries of the gap list and retired
responses out. It looks again and again beside the handlers, and what it finds is in the rows, so a
restart forgets nothing and repeats nothing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from html import escape
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from bot.database import gaps, leads, reusable, tables
from bot.database.tables import Reusable, now
from bot.leads.gaps import Happening
from bot.leads.similarity import alike
from bot.leads.versions import outdated, stale_text
from bot.telegram import outbox
from bot.telegram.cards import Cards, copies
from bot.telegram.desk import Desk
from bot.telegram.lead_actions import sources_of
from bot.texts import copy_of
from bot.texts.learning import LearningTexts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

EVERY_SECONDS = 5.0
MOST_SUGGESTED = 3
# A turn is dated before the transaction that keeps it.
OVERLAP = timedelta(minutes=5)

log = logging.getLogger(__name__)


class Learner:
    """Compares questions by the encoder, which is no work for a transaction."""

    def __init__(self, desk: Desk, board: Cards) -> None:
        self._desk = desk
        self._cards = board
        self._library = desk.conversation.library
        self._settings = desk.config.learning
        self._vectors: dict[str, NDArray[np.float32]] = {}
        # Turns answered before were looked at by this process.
        self._looked_until = datetime.min.replace(tzinfo=UTC)

    async def run(self) -> None:
        """Look again and again, until the task is cancelled."""
        while True:
            try:
                await self.check_sources()
                await self.suggest()
                await self.collect()
            except Exception:
                # The next round finds it again; nothing that an official waits for hangs on it.
                log.exception("learning from approvals and votes failed")
            await asyncio.sleep(EVERY_SECONDS)

    async def check_sources(self) -> None:
        """Retire the responses whose sources have changed in the library in use, and say so."""
        await self._desk.think(self._library.refresh)
        generation = self._library.manifest.generation
        for row, version in await self._desk.look(lambda session: reusable.unchecked(session, generation)):
            sources = await self._desk.think(partial(sources_of, version, self._library))
            why = stale_text(outdated(leads.version_of(version), sources), copies().leads)

            note = partial(_note_check, identifier=row.id, generation=generation, why=why)
            self._desk.sender.wake(*await self._desk.look(note))

    async def suggest(self) -> None:
        """Find the reusable responses that fit the new leads."""
        waiting = await self._desk.look(reusable.not_looked_at)
        if not waiting:
            return
        rows = await self._desk.look(reusable.active)
        questions = [row.question for row in rows]
        asked = [reusable.question_of(lead) for lead in waiting]
        vectors = await self._encode([*questions, *asked] if rows else [])
        known = [vectors[question] for question in questions]

        def settle(session: Session) -> set[int]:
            for waits, question in zip(waiting, asked, strict=True):
                lead = session.get_one(tables.Lead, waits.id)
                found = alike(question, vectors[question], questions, known, self._settings.similar) if rows else []
                lead.suggested = [rows[i].id for i in found[:MOST_SUGGESTED]]
                if found:
                    self._cards.refresh(session, lead)
            return outbox.chats_of(session)

        self._desk.sender.wake(*await self._desk.look(settle))

    async def collect(self) -> None:
        """Put what went wrong since the last time into the gap list."""
        began = now()
        happened = await self._desk.look(lambda session: gaps.new_happenings(session, self._looked_until))
        if happened:
            known = await self._desk.look(gaps.known_questions)
            vectors = await self._encode([*(question for question, _ in known), *(one.question for one in happened)])
            await self._desk.look(lambda session: self._keep(session, happened, known, vectors))
        await self._desk.look(gaps.forget_empty)
        self._looked_until = began - OVERLAP

    def _keep(
        self,
        session: Session,
        happened: Sequence[Happening],
        known: list[tuple[str, str]],
        vectors: dict[str, NDArray[np.float32]],
    ) -> None:
        for one in happened:
            questions = [question for question, _ in known]
            near = alike(
                one.question, vectors[one.question], questions, [vectors[q] for q in questions], self._settings.same
            )
            gap = gaps.keep(session, one, known[near[0]][1] if near else None)
            known.append((one.question, gap))

    async def _encode(self, texts: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """The vectors of questions; those of the last round are kept."""
        missing = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        if missing:
            found = await self._desk.think(lambda: self._library.embeddings.encode_queries(missing))
            self._vectors |= dict(zip(missing, found, strict=True))
        self._vectors = {text: self._vectors[text] for text in texts}
        return self._vectors


def _note_check(session: Session, identifier: str, generation: str, why: str) -> set[int]:
    row = session.get(Reusable, identifier)
    if row is not None and why:
        retire(session, row, why)
    elif row is not None:
        row.checked = generation
    return outbox.chats_of(session)


def retire(session: Session, row: Reusable, why: str) -> None:
    """Suggest a response no more, and tell who marked it."""
    reusable.retire(row, why)
    told = copy_of(LearningTexts, "id").retired.format(number=reusable.number_of(session, row), why=escape(why))
    outbox.add_text(session, row.marked_by, told)
