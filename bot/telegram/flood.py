"""How much may come in: a moving window for each person, which processes that share a database count
together, and one for everybody, which each process has of its own."""

from __future__ import annotations

import time
from functools import partial

from telegram import Message, Update
from telegram.ext import ApplicationHandlerStop, ContextTypes

from bot.database.flood import Flooded, MovingWindow, flooded, hit
from bot.telegram import outbox
from bot.telegram.commands import copy_for
from bot.telegram.desk import Desk
from bot.telegram.presses import tell
from bot.telegram.questions import addressed, thread_of

# So many people are remembered before those who were silent for a window are forgotten.
PEOPLE = 10_000
# Seconds; what is older has waited for us.
PILED_UP = 60.0


class FloodGate:
    """Lets messages through; beyond the limits it says so once, and is then silent until the
    window clears."""

    def __init__(self, desk: Desk) -> None:
        settings = desk.config.limits
        self._desk = desk
        self._most = settings.messages_per_person
        self._window = float(settings.window_seconds)
        self._everybody = MovingWindow(settings.messages_of_all, self._window)
        self._people: dict[int, MovingWindow] = {}
        # Who was told to slow down, and until when that is enough (time.time()).
        self._told: dict[int, float] = {}

    async def check(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """Let an update pass to the other handlers, or stop it here."""
        person, chat = update.effective_user, update.effective_chat
        if person is None or chat is None or not self._is_for_us(update) or self._waited(update):
            return
        found = await self._of_one(person.id) or self._beyond(self._everybody, person.id)
        if found is None:
            return
        if update.callback_query:
            await tell(update.callback_query)
        if found.is_new:
            message = update.effective_message
            thread = thread_of(message) if isinstance(message, Message) else None
            copy = await self._desk.look(partial(copy_for, update=update))
            text = copy.slow_down.format(seconds=found.seconds)
            await self._desk.finish(update, partial(outbox.add_text, chat=chat.id, text=text, thread=thread))
        raise ApplicationHandlerStop

    async def _of_one(self, person: int) -> Flooded | None:
        """Whether one person sends too much; None when the message may pass."""
        if self._desk.database.shared:
            return await self._desk.look(partial(hit, person=person, most=self._most, window=self._window))
        if len(self._people) > PEOPLE:
            self._forget(time.time() - self._window)
        return self._beyond(self._people.setdefault(person, MovingWindow(self._most, self._window)), person)

    def _beyond(self, window: MovingWindow, person: int) -> Flooded | None:
        moment = time.time()
        wait = window.hit(moment)
        if not wait:
            return None
        found = flooded(wait, self._told.get(person, 0.0), moment)
        if found.is_new:
            self._told[person] = moment + self._window
        return found

    def _forget(self, before: float) -> None:
        """Forget who has been silent since a moment."""
        self._people = {
            person: window for person, window in self._people.items() if window.times and window.times[-1] > before
        }
        self._told = {person: until for person, until in self._told.items() if person in self._people}

    def _waited(self, update: Update) -> bool:
        """Whether an update was sent before the window that we look at: what has piled up while
        the bot was down is no flood."""
        message = update.message
        return message is not None and time.time() - message.date.timestamp() > max(self._window, PILED_UP)

    def _is_for_us(self, update: Update) -> bool:
        """Whether an update counts; what people in a group say to each other does not."""
        message = update.message or update.edited_message
        if message is None or message.chat_id > 0:
            return True
        text = message.text or ""
        if not text.startswith("/"):
            return bool(text) and addressed(message, self._desk.bot.username) is not None
        _command, at, name = text.split()[0].partition("@")
        return not at or name.lower() == self._desk.bot.username.lower()
