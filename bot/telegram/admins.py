"""What went wrong in; a report to the admins' chat out, with what they can do about it."""

from __future__ import annotations

from html import escape

from sqlalchemy import select
from sqlalchemy.orm import Session
from telegram import Message, Update
from telegram.ext import ContextTypes

from bot.database.tables import InboxState, OutboxMessage, OutboxState, ReceivedUpdate
from bot.telegram import buttons, inbox, outbox
from bot.telegram.buttons import data
from bot.telegram.desk import Desk
from bot.telegram.outbox import Outgoing
from bot.telegram.presses import tell
from bot.telegram.questions import language_of
from bot.texts import copy_of
from bot.texts.telegram import TelegramTexts

LISTED = 20
AGAIN, DISMISS = "again", "dismiss"
# The actions of the buttons: on a message that is going out, on an update that came in.
MESSAGE, UPDATE = "o", "u"


def report_message(session: Session, row: OutboxMessage, admin_chat: int) -> None:
    """Tell the admins' chat of a message in trouble, in the transaction that finds the trouble;
    trouble with the report itself ends here."""
    if admin_chat and row.chat_id != admin_chat:
        _report(session, admin_chat, *about_message(row, _copy()))


def report_update(session: Session, update_id: int, admin_chat: int) -> None:
    """Tell the admins' chat of an update that is set aside."""
    if admin_chat:
        _report(session, admin_chat, *about_update(session.get_one(ReceivedUpdate, update_id), _copy()))


class Admins:
    """The handlers of the admins' commands and buttons."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def problems(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """List what is in trouble, each with its buttons."""
        message, person = update.effective_message, update.effective_user
        if message is None or person is None:
            return

        def show(session: Session) -> None:
            copy = copy_of(TelegramTexts, language_of(person))
            found = [about_update(row, copy) for row in updates_in_trouble(session)]
            found += [about_message(row, copy) for row in messages_in_trouble(session)]
            for text, keyboard in found[:LISTED] or [(copy.admin_nothing, buttons.keyboard())]:
                outbox.add_text(session, message.chat_id, text, keyboard=keyboard)

        await self._desk.finish(update, show)

    async def press(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """Try again, or dismiss."""
        query = update.callback_query
        press = buttons.read(query.data) if query else None
        if query is None:
            return
        copy = copy_of(TelegramTexts, language_of(query.from_user))
        if query.from_user.id not in self._desk.config.telegram.admins:
            await tell(query, copy.not_yours)
            return
        if press is None or not press.row.isdecimal() or press.argument not in {AGAIN, DISMISS}:
            await tell(query, copy.expired)
            return
        settle = _settle_message if press.action == MESSAGE else _settle_update
        again = press.argument == AGAIN

        def close(session: Session) -> bool:
            settled = settle(session, int(press.row), again=again)
            if settled and isinstance(query.message, Message):
                outbox.edit_keyboard(session, query.message.chat_id, query.message.message_id, buttons.keyboard())
            return settled

        settled = await self._desk.finish(update, close)
        done = copy.resent if again else copy.dismissed
        await tell(query, done if settled else copy.expired, alert=not settled)
        if settled and again and press.action == UPDATE:
            await self._desk.inbox.reload(self._desk.bot, only=int(press.row))


def messages_in_trouble(session: Session) -> list[OutboxMessage]:
    """Messages that were refused, or of which nobody knows whether they were sent."""
    states = [OutboxState.UNCERTAIN, OutboxState.FAILED]
    query = select(OutboxMessage).where(OutboxMessage.state.in_(states), OutboxMessage.parameters.is_not(None))
    return list(session.scalars(query.order_by(OutboxMessage.id)))


def updates_in_trouble(session: Session) -> list[ReceivedUpdate]:
    """Updates that were set aside."""
    query = select(ReceivedUpdate).where(ReceivedUpdate.state == InboxState.SET_ASIDE)
    return list(session.scalars(query.order_by(ReceivedUpdate.id)))


def about_message(row: OutboxMessage, copy: TelegramTexts) -> tuple[str, buttons.Keyboard]:
    """What an admin reads of a message in trouble; never its text."""
    text = copy.admin_uncertain if row.state == OutboxState.UNCERTAIN else copy.admin_failed
    return text.format(message=row.id, chat=row.chat_id, error=escape(row.error or "")), _choice(MESSAGE, row.id, copy)


def about_update(row: ReceivedUpdate, copy: TelegramTexts) -> tuple[str, buttons.Keyboard]:
    """What an admin reads of an update that was set aside."""
    text = copy.admin_set_aside.format(update=row.id, error=escape(row.error or "–"))
    return text, _choice(UPDATE, row.id, copy)


def _choice(action: str, identifier: int, copy: TelegramTexts) -> buttons.Keyboard:
    again = buttons.button(copy.button_resend, data(action, str(identifier), AGAIN))
    return buttons.keyboard([again, buttons.button(copy.button_dismiss, data(action, str(identifier), DISMISS))])


def _settle_message(session: Session, identifier: int, *, again: bool) -> bool:
    row = session.get(OutboxMessage, identifier)
    if row is None or row not in messages_in_trouble(session):
        return False
    if again:
        outbox.put_back(session, row)
    else:
        row.parameters, row.file = None, None
    return True


def _settle_update(session: Session, identifier: int, *, again: bool) -> bool:
    row = session.get(ReceivedUpdate, identifier)
    if row is None or row.state != InboxState.SET_ASIDE:
        return False
    if again:
        row.state, row.attempts = InboxState.OPEN, 0
    else:
        inbox.done(session, identifier)
    return True


def _report(session: Session, admin_chat: int, text: str, keyboard: buttons.Keyboard) -> None:
    """Put in line what the admins have to hear, twice rather than not at all."""
    outbox.add(session, Outgoing(admin_chat, outbox.html(text, keyboard), purpose=outbox.REPORT))


def _copy() -> TelegramTexts:
    return copy_of(TelegramTexts, "id")
