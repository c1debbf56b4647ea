"""A press on a button below an answer: its source, a rating, a document, a further question."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session
from telegram import CallbackQuery, Message, Update
from telegram.error import TelegramError
from telegram.ext import ContextTypes

from bot.conversation.draft import Citation, Draft
from bot.database.conversations import DRAFTS
from bot.database.tables import Feedback, Turn, now
from bot.telegram import buttons, outbox, render
from bot.telegram.buttons import Press
from bot.telegram.desk import Desk
from bot.telegram.outbox import Outgoing
from bot.telegram.questions import Asked, Questions, language_kept, thread_of
from bot.texts import Language, copy_of
from bot.texts.telegram import TelegramTexts

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Pressed:
    """A press on a turn's button by the person whose turn it is."""

    query: CallbackQuery
    message: Message
    press: Press
    turn: Turn
    draft: Draft
    copy: TelegramTexts


class Presses:
    """The handlers of the buttons below an answer."""

    def __init__(self, desk: Desk, questions: Questions) -> None:
        self._desk = desk
        self._questions = questions
        self._actions = {
            "s": self._source,
            "n": self._neighbour,
            "v": self._verdict,
            "w": self._which_fault,
            "z": self._back,
            "d": self._document,
            "f": self._follow_up,
            "r": self._again,
        }

    async def below_answer(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """Do what the button says, if it belongs to the person who pressed it."""
        query = update.callback_query
        if query is None:
            return
        copy = await self._copy_for(query)
        press = buttons.read(query.data)
        turn = await self._desk.look(lambda session: session.get(Turn, press.row)) if press else None
        if press is None or turn is None or not isinstance(query.message, Message):
            await tell(query, copy.expired)
        elif turn.person_id != query.from_user.id or turn.chat_id != query.message.chat_id:
            await tell(query, copy.not_yours)
        else:
            draft = DRAFTS.validate_python(turn.draft)
            pressed = Pressed(query, query.message, press, turn, draft, copy_of(TelegramTexts, draft.language))
            await self._actions[press.action](update, pressed)

    async def example(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """One of the questions to begin with."""
        query = update.callback_query
        if query is None:
            return
        press = buttons.read(query.data)
        language: Language = "en" if press and press.row == "en" else "id"
        offered = dict(enumerate(copy_of(TelegramTexts, language).examples))
        question = next((text for i, text in offered.items() if press and press.argument == str(i)), None)
        if question is None or not isinstance(query.message, Message):
            await tell(query, (await self._copy_for(query)).expired)
            return
        await tell(query)
        thread = thread_of(query.message)
        asked = Asked(query.from_user.id, query.message.chat_id, question, language, thread=thread, echo=True)
        await self._questions.answer(update, asked)

    async def unknown(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """A button that is not ours, or no longer."""
        if update.callback_query:
            await tell(update.callback_query, (await self._copy_for(update.callback_query)).expired)

    async def _copy_for(self, query: CallbackQuery) -> TelegramTexts:
        language = await self._desk.look(partial(language_kept, user=query.from_user))
        return copy_of(TelegramTexts, language)

    async def _source(self, update: Update, pressed: Pressed) -> None:
        citation = _citation(pressed)
        if citation is None:
            await tell(pressed.query, pressed.copy.expired)
            return
        await tell(pressed.query)
        library = self._desk.conversation.library
        around = await self._desk.think(lambda: library.around(citation.document, citation.group))
        section = await self._desk.think(lambda: library.section_text(citation.document, citation.group))
        arrows = [(arrow, place.locator) for arrow, place in zip("‹›", around, strict=True) if place]
        keyboard = buttons.neighbours(pressed.turn.id, citation.n, arrows, pressed.copy)
        await self._say(update, pressed, render.source(citation, section, pressed.copy), keyboard)

    async def _neighbour(self, update: Update, pressed: Pressed) -> None:
        citation = _citation(pressed)
        library = self._desk.conversation.library
        around = await self._desk.think(lambda: library.around(citation.document, citation.group)) if citation else ()
        place = dict(zip("‹›", around, strict=True)).get(pressed.press.argument[-1:]) if around else None
        if citation is None or place is None:
            await tell(pressed.query, pressed.copy.expired)
            return
        await tell(pressed.query)
        text = await self._desk.think(lambda: library.section_text(citation.document, place.group))
        await self._say(update, pressed, render.section(citation.title, place.locator, text))

    async def _verdict(self, update: Update, pressed: Pressed) -> None:
        verdict, turn = pressed.press.argument, pressed.turn
        if verdict not in {buttons.USEFUL, *buttons.VERDICTS}:
            await tell(pressed.query, pressed.copy.expired)
            return
        passages = [{"document": c.document, "group": c.group, "locator": c.locator} for c in pressed.draft.citations]

        def keep(session: Session) -> None:
            session.merge(
                Feedback(
                    turn_id=turn.id, verdict=verdict, passages=passages, generation=turn.generation, given_at=now()
                )
            )
            self._change_keyboard(session, pressed, verdict)

        thanks = pressed.copy.thanks_useful if verdict == buttons.USEFUL else pressed.copy.thanks_not_quite
        await tell(pressed.query, thanks, alert=False)
        await self._desk.finish(update, keep)

    async def _which_fault(self, update: Update, pressed: Pressed) -> None:
        await tell(pressed.query, pressed.copy.which_fault, alert=False)
        keyboard = buttons.faults(pressed.turn.id, pressed.copy)
        chat, number = pressed.message.chat_id, pressed.message.message_id
        await self._desk.finish(update, partial(outbox.edit_keyboard, chat=chat, message_id=number, keyboard=keyboard))

    async def _back(self, update: Update, pressed: Pressed) -> None:
        await tell(pressed.query)

        def restore(session: Session) -> None:
            given = session.get(Feedback, pressed.turn.id)
            self._change_keyboard(session, pressed, given.verdict if given else "")

        await self._desk.finish(update, restore)

    def _change_keyboard(self, session: Session, pressed: Pressed, verdict: str) -> None:
        link = self._desk.private_link(pressed.turn.id) if pressed.turn.chat_id < 0 else ""
        keyboard = buttons.below_answer(pressed.turn.id, pressed.draft, pressed.copy, link, verdict)
        outbox.edit_keyboard(session, pressed.message.chat_id, pressed.message.message_id, keyboard)

    async def _document(self, update: Update, pressed: Pressed) -> None:
        from bot.conversation.document import draft_document
        from bot.texts.document import DocumentTexts

        await tell(pressed.query)
        copy, turn = copy_of(DocumentTexts, pressed.draft.language), pressed.turn
        answered_at = turn.answered_at.astimezone(ZoneInfo(self._desk.config.office.time_zone))
        content = await self._desk.think(lambda: draft_document(pressed.draft, turn.question, answered_at.date(), copy))
        name = f"draf-kotacerdas-{answered_at:%Y%m%d-%H%M}.docx"
        parameters = {"filename": name, "caption": pressed.copy.document_caption}
        outgoing = Outgoing(
            turn.chat_id,
            parameters | outbox.topic(thread_of(pressed.message)),
            "send_document",
            file=content,
            turn=turn.id,
        )
        await self._desk.finish(update, lambda session: outbox.add(session, outgoing))

    async def _follow_up(self, update: Update, pressed: Pressed) -> None:
        offered = enumerate(pressed.draft.follow_ups)
        question = next((text for i, text in offered if pressed.press.argument == str(i)), None)
        if question is None:
            await tell(pressed.query, pressed.copy.expired)
            return
        await tell(pressed.query)
        turn = pressed.turn
        asked = Asked(
            turn.person_id, turn.chat_id, question, pressed.draft.language, thread=thread_of(pressed.message), echo=True
        )
        await self._questions.answer(update, asked)

    async def _again(self, update: Update, pressed: Pressed) -> None:
        await tell(pressed.query)
        keyboard = buttons.below_answer(pressed.turn.id, pressed.draft, pressed.copy)
        heading = pressed.copy.asked.format(question=pressed.turn.question)
        await self._say(update, pressed, render.answer(pressed.draft, [heading]), keyboard)

    async def _say(
        self, update: Update, pressed: Pressed, blocks: list[str], keyboard: buttons.Keyboard | None = None
    ) -> None:
        pieces = outbox.parts(blocks, keyboard, thread_of(pressed.message))
        outgoing = [Outgoing(pressed.turn.chat_id, piece, turn=pressed.turn.id) for piece in pieces]
        await self._desk.finish(update, lambda session: outbox.add(session, *outgoing))


async def tell(query: CallbackQuery, text: str = "", *, alert: bool = True) -> None:
    """Let the button stop turning, with a word if there is one. Too late is no harm: after a
    restart Telegram has closed the query, and the press still does what it says."""
    try:
        await query.answer(text or None, show_alert=bool(text) and alert)
    except TelegramError as error:
        log.info("a press was not answered: %s", error)


def _citation(pressed: Pressed) -> Citation | None:
    number = pressed.press.argument.rstrip("‹›")
    return next((c for c in pressed.draft.citations if str(c.n) == number), None)
