"""Messages between an official and the consultant who holds their lead, both ways; and what
happens when one has arrived."""

from __future__ import annotations

from html import escape

from sqlalchemy.orm import Session
from telegram import Message

from bot.database import leads, tables
from bot.database.tables import LeadVersion, OutboxMessage, now
from bot.leads.lifecycle import PROGRAM, Action, MoveError, Role, State
from bot.leads.office_hours import OfficeHours
from bot.leads.response import ResponseFields, response_document
from bot.leads.versions import used_citations
from bot.telegram import outbox, render
from bot.telegram.cards import Cards, copies
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

    def __init__(self, board: Cards, hours: OfficeHours) -> None:
        self.cards = board
        self.hours = hours

    def from_official(self, session: Session, lead: tables.Lead, message: Message, name: str) -> None:
        """What the official writes goes to the topic, and the official hears so."""
        group = copies().group
        text = message.text or message.caption or ""
        leads.add_message(session, lead, lead.person_id, name, text, from_official=True)
        said = group.from_official if message.text else group.from_official_file
        self.cards.say(session, lead, said.format(name=escape(name), text=escape(text)))
        if not message.text:
            outbox.add(session, self._copied(lead, self.cards.group, message))
        leads.move(session, lead, Action.OFFICIAL_WROTE, PROGRAM, Role.SISTEM, self.cards.sla)
        self.cards.refresh(session, lead)
        owner = leads.name_of(session, lead.owner_id)
        outbox.add_text(session, lead.chat_id, f"<i>{_texts(session, lead).passed_on.format(name=escape(owner))}</i>")

    def to_official(self, session: Session, lead: tables.Lead, message: Message, person: int, name: str) -> None:
        """What the owner of a lead writes in its topic goes to the official; talk of others, and
        what begins with "//" or "#", stays."""
        text = message.text or message.caption or ""
        if lead.owner_id != person or lead.state not in HELD or text.startswith(INTERNAL):
            return
        official = _texts(session, lead)
        leads.add_message(session, lead, person, name, text, from_official=False)
        said = official.to_official if message.text else official.to_official_file
        said = said.format(name=escape(name), number=lead.number, text=escape(text))
        outbox.add(session, Outgoing(lead.chat_id, outbox.html(said), lead=lead.id))
        if not message.text:
            outbox.add(session, self._copied(lead, lead.chat_id, message))
        self._answered(lead)

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
        document = response_document(fields)
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
            self.cards.say(session, lead, copies().group.delivered)
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


def _texts(session: Session, lead: tables.Lead) -> ConsultantTexts:
    """The copy in the official's language."""
    person = session.get(tables.Person, lead.person_id)
    return copy_of(ConsultantTexts, person.language if person else "id")
