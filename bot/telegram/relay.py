"""Messages between an official and the consultant who holds their lead, both ways; and what
happens when one has arrived."""

from __future__ import annotations

from html import escape

from sqlalchemy import select
from sqlalchemy.orm import Session
from telegram import Message

from bot.database import leads, tables
from bot.database.tables import LeadMessage, LeadVersion, OutboxMessage, now
from bot.leads.lifecycle import PROGRAM, Action, MoveError, Role, State
from bot.leads.office_hours import OfficeHours
from bot.leads.response import ResponseError, ResponseFields, Template, response_document
from bot.leads.versions import used_citations
from bot.telegram import buttons, outbox, render
from bot.telegram.cards import REUSABLE, Cards, copies
from bot.telegram.outbox import Outgoing
from bot.texts import copy_of
from bot.texts.consultants import ConsultantTexts

# A consultant's message that begins so stays in the group.
INTERNAL = ("//", "#")
RESPONSE = "tanggapan"
# From a consultant's first answer until the lead is closed or released the assistant keeps silent.
HELD = (State.DIAMBIL, State.MENUNGGU_PEJABAT, State.SIAP_DIKIRIM, State.TERKIRIM)


class Relay:
    """Carries words and files between the two chats of a lead; every row names its lead."""

    def __init__(self, board: Cards, hours: OfficeHours, template: Template | None = None) -> None:
        self.cards = board
        self.hours = hours
        self._template = template

    def from_official(self, session: Session, lead: tables.Lead, message: Message, name: str) -> None:
        """What the official writes goes to the topic, and the official hears so."""
        group, text = copies().group, _text(message)
        leads.add_message(session, lead, lead.person_id, name, text, from_official=True, message_id=message.message_id)
        announced = _is_announced(session, lead.chat_id, message)
        if not announced:
            said = group.from_official if message.text else group.from_official_file
            self.cards.say(session, lead, said.format(name=escape(name), text=escape(text)))
        if not message.text:
            outbox.add(session, self._copied(lead, self.cards.group, message))
        self._official_wrote(session, lead)
        if not announced:
            owner = escape(leads.name_of(session, lead.owner_id))
            note = outbox.html(f"<i>{_texts(session, lead).passed_on.format(name=owner)}</i>")
            outbox.add(session, Outgoing(lead.chat_id, note, lead=lead.id, purpose=_album(message)))

    def changed_by_official(
        self, session: Session, lead: tables.Lead, message: Message, before: LeadMessage, name: str
    ) -> None:
        """What the official changes in a message counts as a new one: an approval that has not seen
        it holds no longer."""
        text = _text(message)
        if _is_unchanged(message, before):
            return
        leads.add_message(session, lead, lead.person_id, name, text, from_official=True, message_id=message.message_id)
        said = copies().group.from_official_edited.format(name=escape(name), text=escape(text))
        self.cards.say(session, lead, said)
        if not message.text:
            outbox.add(session, self._copied(lead, self.cards.group, message))
        self._official_wrote(session, lead)

    def _official_wrote(self, session: Session, lead: tables.Lead) -> None:
        leads.move(session, lead, Action.OFFICIAL_WROTE, PROGRAM, Role.SISTEM, self.cards.sla)
        self.cards.refresh(session, lead)

    def to_official(self, session: Session, lead: tables.Lead, message: Message, person: int, name: str) -> None:
        """What the owner of a lead writes in its topic goes to the official; talk of others, and
        what begins with "//" or "#", stays."""
        text = _text(message)
        if not _is_for_official(lead, person, text):
            return
        official = _texts(session, lead)
        leads.add_message(session, lead, person, name, text, from_official=False, message_id=message.message_id)
        if not _is_announced(session, lead.chat_id, message):
            said = official.to_official if message.text else official.to_official_file
            said = said.format(name=escape(name), number=lead.number, text=escape(text))
            outbox.add(session, Outgoing(lead.chat_id, outbox.html(said), lead=lead.id, purpose=_album(message)))
        if not message.text:
            outbox.add(session, self._copied(lead, lead.chat_id, message))
        self._answered(lead)

    def changed_by_consultant(
        self, session: Session, lead: tables.Lead, message: Message, before: LeadMessage, name: str
    ) -> None:
        """What the owner changes in a message that the official has."""
        text = _text(message)
        if _is_unchanged(message, before) or not _is_for_official(lead, before.author, text):
            return
        leads.add_message(session, lead, before.author, name, text, from_official=False, message_id=message.message_id)
        said = _texts(session, lead).to_official_edited
        said = said.format(name=escape(name), number=lead.number, text=escape(text))
        outbox.add(session, Outgoing(lead.chat_id, outbox.html(said), lead=lead.id))
        if not message.text:
            outbox.add(session, self._copied(lead, lead.chat_id, message))

    def ask(self, session: Session, lead: tables.Lead, text: str, person: int, name: str) -> None:
        """A question of the consultant to the official."""
        head = _texts(session, lead).question_head.format(name=escape(name), number=lead.number)
        leads.add_message(session, lead, person, name, text, from_official=False)
        outbox.add(session, Outgoing(lead.chat_id, outbox.html(f"{head}\n\n{escape(text)}"), lead=lead.id))
        self._answered(lead)

    def respond(self, session: Session, lead: tables.Lead, version: LeadVersion, name: str) -> None:
        """The approved version to the official, and to those whose requests were merged with it:
        the text, then the letter. Its last message tells by its purpose that the response has arrived."""
        for merged in leads.merged_with(session, lead):
            if merged.chat_id != lead.chat_id:
                self._send_response(session, merged, version, name)
        self._send_response(session, lead, version, name, f"{RESPONSE}:{version.id}")
        leads.add_message(session, lead, version.sent_by or PROGRAM, name, version.text, from_official=False)
        self._answered(lead)

    def _send_response(
        self, session: Session, lead: tables.Lead, version: LeadVersion, name: str, purpose: str | None = None
    ) -> None:
        official, held, made = _texts(session, lead), leads.lead_of(lead), leads.version_of(version)
        blocks = [official.response_head.format(number=lead.number, name=escape(name))]
        blocks += render.written(version.text)
        blocks += render.sources(used_citations(made), official.sources)
        outbox.add(session, *(Outgoing(lead.chat_id, piece, lead=lead.id) for piece in outbox.parts(blocks)))
        fields = ResponseFields(
            number=lead.number,
            day=now().astimezone(self.hours.zone).date(),
            recipient=held.profile,
            subject=held.need[:120],
            question=held.need,
            text=version.text,
            citations=made.citations,
            consultant=name,
        )
        letter = {"filename": f"{lead.number}.docx", "caption": official.letter_caption.format(number=lead.number)}
        try:
            document = response_document(fields, self._template)
        except ResponseError as error:
            # A template can fail on one answer alone; the official gets the letter all the same.
            document = response_document(fields)
            self.cards.say(session, lead, copies().group.letter_shipped.format(reason=escape(str(error))))
        sent = Outgoing(lead.chat_id, letter, "send_document", file=document, lead=lead.id, purpose=purpose)
        outbox.add(session, sent)

    def landed(self, session: Session, row: OutboxMessage, result: object) -> None:
        """A message of a lead has reached its chat."""
        lead = session.get(tables.Lead, row.lead_id) if row.lead_id else None
        if lead is None:
            return
        if row.method == "create_forum_topic":
            lead.topic_id = getattr(result, "message_thread_id", None)
        elif (row.purpose or "").startswith(f"{RESPONSE}:"):
            leads.move(session, lead, Action.TERKIRIM, PROGRAM, Role.SISTEM, self.cards.sla)
            version = str(row.purpose).partition(":")[2]
            again = buttons.button(copies().group.button_reusable, buttons.data(REUSABLE, version))
            self.cards.say(session, lead, copies().group.delivered, buttons.keyboard([again]))
            self.cards.refresh(session, lead)

    def refused(self, session: Session, row: OutboxMessage) -> None:
        """A message of a lead did not reach the official: the consultant hears so, and an
        approval is taken back."""
        lead = session.get(tables.Lead, row.lead_id) if row.lead_id else None
        if lead is None or row.chat_id != lead.chat_id:
            return
        if (row.purpose or "").startswith(f"{RESPONSE}:"):
            leads.unmark_sent(session, str(row.purpose).partition(":")[2])
            try:
                leads.move(session, lead, Action.TARIK, PROGRAM, Role.SISTEM, self.cards.sla)
            except MoveError:
                # The official wrote in the meantime, which took it back already.
                self.cards.refresh(session, lead)
        self.cards.say(session, lead, copies().group.not_delivered.format(error=escape(row.error or "")))

    def _answered(self, lead: tables.Lead) -> None:
        lead.silent = True
        lead.first_response_at = lead.first_response_at or now()

    def _copied(self, lead: tables.Lead, chat: int, message: Message) -> Outgoing:
        parameters = {"from_chat_id": message.chat_id, "message_id": message.message_id}
        return Outgoing(chat, parameters, "copy_message", lead=lead.id)


def _text(message: Message) -> str:
    return message.text or message.caption or ""


def _is_unchanged(message: Message, before: LeadMessage) -> bool:
    """Whether an edit changes nothing that is read: Telegram reports one also where only the preview
    of a link has changed, and every few seconds of a live location. A file may be another one."""
    return _text(message) == before.text and bool(message.text or message.location)


def _is_for_official(lead: tables.Lead, person: int, text: str) -> bool:
    return lead.owner_id == person and lead.state in HELD and not text.startswith(INTERNAL)


def _album(message: Message) -> str | None:
    """The purpose of the note in the official's chat about an album, whose pieces come as messages
    of their own."""
    return f"album:{message.media_group_id}"[:40] if message.media_group_id else None


def _is_announced(session: Session, chat: int, message: Message) -> bool:
    """Whether an earlier piece of the same album was announced."""
    purpose = _album(message)
    query = select(OutboxMessage.id).where(OutboxMessage.chat_id == chat, OutboxMessage.purpose == purpose)
    return purpose is not None and session.scalar(query.limit(1)) is not None


def _texts(session: Session, lead: tables.Lead) -> ConsultantTexts:
    """The copy in the official's language."""
    person = session.get(tables.Person, lead.person_id)
    return copy_of(ConsultantTexts, person.language if person else "id")
