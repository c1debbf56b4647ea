"""What a consultant wants done with a lead in, from the group or from the board; rows and messages
to both sides out. Each method is a part of a transaction of its caller; RefusedError says that
nothing was done, MoveError that the table of moves knows no such step.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from html import escape

from sqlalchemy.orm import Session

from bot.conversation.grounded import Redrafted
from bot.database import leads, redrafts, tables
from bot.database.board_tables import LeadRedraft
from bot.database.leads import Acting
from bot.database.tables import LeadVersion, now
from bot.leads.lifecycle import (
    PLAIN,
    POSTPONED_DAYS,
    Action,
    Move,
    MoveError,
    RefusedError,
    Role,
    State,
    move,
    refusal,
    told_move,
)
from bot.leads.versions import EDIT_REASONS, Approval, CurrentSource, complaint, stale, stale_text
from bot.telegram.cards import Cards, copies
from bot.telegram.relay import Relay
from knowledge.retrieve import Library

# What a consultant asks of the model, in characters.
LONGEST_WISH = 500


class LeadActions:
    """The one way in which leads are moved by people, whichever front they sit at."""

    def __init__(self, relay: Relay, library: Library, admins: Sequence[int]) -> None:
        self._relay = relay
        self._cards: Cards = relay.cards
        self._library = library
        self._admins = admins

    def acting(self, session: Session, lead: tables.Lead, person: int, name: str) -> Acting:
        """Somebody with the role that the rows and the settings give them; RefusedError for who
        may only read. `name` is used for an admin, who has no row."""
        role = leads.role_in(session, lead, person, self._admins)
        if role == Role.PEMBACA:
            raise RefusedError(copies().group.only_consultants)
        return Acting(person, leads.name_of(session, person) or name, role, lead)

    def why_not(self, session: Session, error: MoveError, acting: Acting) -> str:
        """What a person reads whose move the table does not allow."""
        if acting.role == Role.KONSULTAN and acting.lead.owner_id:
            return copies().group.only_owner.format(name=leads.name_of(session, acting.lead.owner_id))
        return refusal(error, copies().leads)

    def take(self, session: Session, acting: Acting) -> None:
        """Take a lead that nobody holds; of many at once one succeeds."""
        lead = acting.lead
        if lead.owner_id is not None or not leads.claim(session, lead, acting.person, acting.role, self._cards.sla):
            session.refresh(lead)
            raise RefusedError(copies().group.claimed_by.format(name=leads.name_of(session, lead.owner_id)))
        self._cards.say(session, lead, copies().group.claimed.format(name=escape(acting.name)))
        self._cards.refresh(session, lead)

    def plain(self, session: Session, acting: Acting, action: Action) -> None:
        """A move that needs no words; RefusedError for one that does."""
        if action not in PLAIN:
            raise RefusedError(copies().group.no_such_action)
        self._move(session, acting, action)

    def postpone(self, session: Session, acting: Acting, days: int) -> None:
        """Put a lead away; a timer brings it back after so many days, at most the longest choice."""
        self._move(session, acting, Action.TUNDA)
        until = now() + timedelta(days=max(1, min(days, max(POSTPONED_DAYS))))
        leads.reset_timers(session, acting.lead, self._cards.sla, until)

    def reject(self, session: Session, acting: Acting, why: str) -> None:
        """Close a lead that is none, with the reason."""
        if not why.strip():
            raise RefusedError(copies().group.reason_needed)
        self._move(session, acting, Action.BUKAN_PROSPEK, why)

    def ask(self, session: Session, acting: Acting, text: str) -> None:
        """Ask the official something."""
        if not text.strip():
            raise RefusedError(copies().leads.edit_empty)
        made = leads.move(session, acting.lead, Action.TANYA_BALIK, acting.person, acting.role, self._cards.sla)
        self._relay.ask(session, acting.lead, text, acting.person, acting.name)
        self._announce(session, acting, made)

    def merge(self, session: Session, acting: Acting, into: tables.Lead) -> None:
        """Answer the lead together with another one, whose response its official gets as well. What
        the lead holds stays as it is, so that `unmerge` restores it exactly."""
        lead = acting.lead
        if into.id == lead.id:
            raise RefusedError(copies().leads.merge_refusals["itself"])
        if into.merged_into is not None or leads.merged_with(session, lead):
            raise RefusedError(copies().leads.merge_refusals["merged"])
        if into.state in leads.CLOSED:
            raise RefusedError(copies().leads.merge_refusals["closed"])
        made = leads.move(session, lead, Action.GABUNG, acting.person, acting.role, self._cards.sla)
        lead.merged_into = into.id
        self._announce(session, acting, made)
        text = copies().group.merged.format(number=lead.number, into=into.number)
        for one in (lead, into):
            self._cards.say(session, one, text)
        self._cards.refresh(session, into)

    def unmerge(self, session: Session, acting: Acting) -> None:
        """Take a merge back: the lead stands where it stood, with the same owner and since the
        same moment."""
        into = session.get(tables.Lead, acting.lead.merged_into) if acting.lead.merged_into else None
        if into is None:
            raise RefusedError(copies().group.not_merged)
        made = leads.unmerge(session, acting.lead, acting.person, acting.role, self._cards.sla)
        self._announce(session, acting, made)
        self._cards.refresh(session, into)

    def may(self, acting: Acting, action: Action) -> None:
        """Whether an action is allowed, before its words are asked for; MoveError where not."""
        move(State(acting.lead.state), action, acting.role)

    def edit(self, session: Session, acting: Acting, text: str, reason: str = "") -> LeadVersion:
        """A further version in the consultant's words, with the sources of the one before."""
        before = leads.latest_version(session, acting.lead)
        citations = leads.version_of(before).citations if before else ()
        wrong = complaint(text, citations, copies().leads)
        if wrong or reason not in {"", *EDIT_REASONS}:
            raise RefusedError(wrong or copies().group.no_such_action)
        leads.move(session, acting.lead, Action.UBAH, acting.person, acting.role, self._cards.sla)
        generation = before.generation if before else self._library.manifest.generation
        version = leads.add_version(session, acting.lead, acting.person, "edit", text, citations, generation, reason)
        self._cards.refresh(session, acting.lead)
        return version

    def reuse(self, session: Session, acting: Acting, source: LeadVersion) -> LeadVersion:
        """A response that was approved for another lead as a further version of this one; it is
        approved anew before anybody gets it."""
        leads.move(session, acting.lead, Action.UBAH, acting.person, acting.role, self._cards.sla)
        taken = leads.version_of(source)
        version = leads.add_version(
            session, acting.lead, acting.person, "reuse", taken.text, taken.citations, taken.generation
        )
        self._cards.refresh(session, acting.lead)
        return version

    @property
    def redrafts(self) -> bool:
        """Whether there is a chat model that can write a version anew."""
        return self._cards.redrafts

    def may_redraft(self, session: Session, acting: Acting, version: LeadVersion) -> None:
        """Whether a version can be written anew by a model, before it is said how."""
        refusals = copies().leads.redraft_refusals
        if not self.redrafts:
            raise RefusedError(refusals["no_model"])
        self.may(acting, Action.UBAH)
        newest = leads.latest_version(session, acting.lead) or version
        if newest.id != version.id:
            raise RefusedError(refusals["newer"].format(n=newest.number))
        if not version.citations:
            raise RefusedError(refusals["no_sources"].format(n=version.number))

    def ask_redraft(self, session: Session, acting: Acting, version: LeadVersion, wish: str) -> None:
        """Have a version written anew by the chat model; `wish` is a key of the wishes or the consultant's
        own words. It is done beside everything else, and what came of it is told in the topic."""
        self.may_redraft(session, acting, version)
        copy, wish = copies(), wish.strip()
        wish = copy.leads.redraft_wishes.get(wish, wish)
        if not wish or len(wish) > LONGEST_WISH:
            raise RefusedError(copy.leads.redraft_refusals["no_words"].format(n=LONGEST_WISH))
        row = redrafts.ask(session, acting, version, wish)
        if row is None:
            raise RefusedError(copy.leads.redraft_refusals["busy"].format(n=version.number))
        said = copy.group.redrafting.format(n=version.number, name=escape(acting.name), wish=escape(wish))
        row.sign = self._cards.say(session, acting.lead, said)

    def redraft(self, session: Session, lead: tables.Lead, made: Redrafted | None) -> None:
        """Keep what the model wrote as a further version, or say why nothing came of it. Whoever wanted
        it has to be still allowed to, and the version to be still the newest, and not sent since."""
        row = session.get(LeadRedraft, lead.id)
        if row is None or not row.is_open:
            return
        before, group = session.get_one(LeadVersion, row.version_id), copies().group
        self._cards.take_back(session, lead, row.sign)
        try:
            acting = self.acting(session, lead, row.person_id, row.person_name)
            version = self._redrafted(session, acting, before, row, made)
        except (RefusedError, MoveError) as error:
            why = self.why_not(session, error, acting) if isinstance(error, MoveError) else str(error)
            redrafts.end(row, why)
            self._cards.say(session, lead, group.redraft_failed.format(n=before.number, why=escape(why)))
            return
        redrafts.end(row)
        said = group.redrafted.format(before=before.number, n=version.number, wish=escape(row.wish))
        lost = group.redraft_dropped.format(n=made.dropped) if made and made.dropped else ""
        self._cards.say(session, lead, f"{said}\n{lost}".strip())
        self._cards.view(session, lead, version)
        self._cards.refresh(session, lead)

    def _redrafted(
        self, session: Session, acting: Acting, before: LeadVersion, row: LeadRedraft, made: Redrafted | None
    ) -> LeadVersion:
        lead, copy, n = acting.lead, copies().leads, before.number
        failures = copy.redraft_failures
        newest = leads.latest_version(session, lead) or before
        if made is None or not made.text:
            raise RefusedError(failures["failed" if made is None else "unsupported"])
        if newest.id != before.id:
            raise RefusedError(failures["newer"].format(n=newest.number))
        if before.sent_at and before.sent_at > row.asked_at:
            raise RefusedError(failures["sent"].format(n=n))
        if made.text.split() == before.text.split():
            raise RefusedError(failures["same"].format(n=n))
        citations = leads.version_of(before).citations
        if complaint(made.text, citations, copy):
            raise RefusedError(failures["unsupported"])
        leads.move(session, lead, Action.UBAH, acting.person, acting.role, self._cards.sla)
        return leads.add_version(
            session, lead, acting.person, "redraft", made.text, citations, before.generation, engine=made.engine
        )

    def give_reason(self, session: Session, person: int, version: LeadVersion, reason: str) -> None:
        """Keep why a version was changed; only its author knows."""
        if version.author != person:
            raise RefusedError(copies().group.only_owner.format(name=leads.name_of(session, version.author)))
        if reason not in EDIT_REASONS or version.kind != "edit":
            raise RefusedError(copies().group.no_such_action)
        version.reason = reason

    def approve(
        self, session: Session, acting: Acting, version: LeadVersion, seen: int, sources: tuple[CurrentSource, ...]
    ) -> None:
        """Send a version to the official: once, and only while nothing has changed since it was
        read. `seen` is the official's last message that was there, `sources` what `sources_of` gave."""
        lead = acting.lead
        if version.sent_by is not None:
            raise RefusedError(copies().group.already_sent)
        newest = leads.latest_version(session, lead) or version
        approval = Approval(version.number, acting.person, now(), seen)
        found = stale(approval, leads.version_of(newest), leads.last_word_of_official(session, lead), sources)
        if found:
            told = stale_text(found, copies().leads)
            self._cards.say(session, lead, escape(told))
            raise RefusedError(told)
        made = leads.move(session, lead, Action.SETUJUI, acting.person, acting.role, self._cards.sla)
        leads.mark_sent(version, acting.person)
        self._relay.respond(session, lead, version, acting.name)
        said = copies().group.approved.format(n=version.number, name=escape(acting.name))
        self._cards.say(session, lead, said)
        self._announce(session, acting, made)

    def sources_of(self, version: LeadVersion) -> tuple[CurrentSource, ...]:
        """The documents that a version cites as the library in use has them; it reads the library,
        so not in a transaction."""
        # What was ingested since the last question counts as well.
        self._library.refresh()
        return sources_of(version, self._library)

    def _move(self, session: Session, acting: Acting, action: Action, why: str = "") -> None:
        made = leads.move(session, acting.lead, action, acting.person, acting.role, self._cards.sla, why)
        self._announce(session, acting, made)

    def _announce(self, session: Session, acting: Acting, made: tables.LeadMove) -> None:
        audit = Move(made.who, made.at, Action(made.action), State(made.before), State(made.after), made.why)
        line = escape(told_move(audit, acting.name, copies().leads))
        self._cards.say(session, acting.lead, copies().group.moved.format(line=line))
        self._cards.refresh(session, acting.lead)


def sources_of(version: LeadVersion, library: Library) -> tuple[CurrentSource, ...]:
    """The documents that a version cites as the library in use has them."""
    keys = dict.fromkeys(citation.document for citation in leads.version_of(version).citations)
    current = {document.key: document for document in library.manifest.documents}
    return tuple(CurrentSource(key, str(current[key].status), library.texts_of(key)) for key in keys if key in current)
