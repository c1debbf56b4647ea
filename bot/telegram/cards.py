"""A lead in; its card, its topic and its drafts in the consultants' group out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.database import leads, reusable, standing, tables
from bot.database.conversations import DRAFTS
from bot.database.tables import LeadVersion
from bot.leads.duplicates import told_similar
from bot.leads.lifecycle import Action, State, allowed
from bot.leads.score import Score, ScoreSettings, told_line
from bot.leads.sla import Sla
from bot.leads.topics import dimension_labels
from bot.leads.versions import as_text, difference, text_of, used_citations
from bot.telegram import buttons, outbox, render
from bot.telegram.buttons import data
from bot.telegram.outbox import Outgoing
from bot.texts import copy_of
from bot.texts.consultants import ConsultantTexts
from bot.texts.intake import IntakeTexts
from bot.texts.leads import LeadTexts
from knowledge.regions import with_code

# The actions of the buttons: on a lead, on a version of its response, why a version was changed, how
# it is to be written anew.
LEAD, VERSION, REASON, REDRAFT = "l", "x", "y", "c"
# On an approved version that may be used again, and on a lead that could use it.
REUSABLE, USE = "t", "j"
VIEW = "lihat"
# What a consultant's reply to a message of the bot is.
EDIT, ASK, REJECT, OWN_WORDS = "ubah", "tanya_balik", "bukan_prospek", "tulis_ulang"
LONGEST_TITLE = 128
QUESTIONS_SHOWN = 5
BUTTONS_A_ROW = 2
NOT_IN_FORCE = ("dicabut", "rancangan", "arsip")
LONGEST_WARNING = 200
MOST_WARNINGS = 4
LONGEST_QUESTION = 120
SOURCES_SHOWN = 3
# Buttons of the card; approval stands below a version, where it can be read.
ON_CARD = (
    Action.AMBIL,
    Action.UBAH,
    Action.TANYA_BALIK,
    Action.TUNDA,
    Action.LANJUTKAN,
    Action.SELESAI,
    Action.BUKA_LAGI,
    Action.BUKAN_PROSPEK,
    Action.GABUNG,
    Action.PISAH,
    Action.LEPAS,
)


@dataclass(frozen=True)
class Copies:
    """The copy that consultants read: they work in Indonesian."""

    group: ConsultantTexts
    leads: LeadTexts
    intake: IntakeTexts


def copies() -> Copies:
    """The copy of the consultants' group."""
    return Copies(copy_of(ConsultantTexts, "id"), copy_of(LeadTexts, "id"), copy_of(IntakeTexts, "id"))


class Cards:
    """Writes into the consultants' group; without one, leads wait in the database alone."""

    def __init__(self, group: int, sla: Sla, weights: ScoreSettings, *, redrafts: bool = False) -> None:
        """`redrafts`: there is a chat model that can write a version anew."""
        self.group = group
        self.redrafts = redrafts
        self.sla = sla
        self._weights = weights
        # By state; filled at the start, as Telegram allows them.
        self.icons: Mapping[str, str] = {}

    def open(self, session: Session, lead: tables.Lead) -> None:
        """A topic for a new lead with its card in it."""
        leads.reset_timers(session, lead, self.sla)
        if not self.group:
            return
        lead.topic_title, lead.topic_icon = self.title(lead), self.icons.get(lead.state)
        icon = {"icon_custom_emoji_id": lead.topic_icon} if lead.topic_icon else {}
        topic = {"name": lead.topic_title, **icon}
        outbox.add(session, Outgoing(self.group, topic, "create_forum_topic", lead=lead.id))
        lead.card = outbox.add(session, Outgoing(self.group, self._card(session, lead), lead=lead.id))[0]

    def refresh(self, session: Session, lead: tables.Lead) -> None:
        """Show on the card and in the topic's title how the lead stands now."""
        if not self.group or lead.card is None:
            return
        card = self._card(session, lead)
        outbox.add(session, Outgoing(self.group, card, "edit_message_text", lead=lead.id, replaces=lead.card))
        title, icon = self.title(lead), self.icons.get(lead.state)
        changed = {"name": title} if title != lead.topic_title else {}
        # An empty icon takes the one away that no longer fits.
        changed |= {"icon_custom_emoji_id": icon or ""} if icon != lead.topic_icon else {}
        if changed:
            outbox.add(session, Outgoing(self.group, changed, "edit_forum_topic", lead=lead.id))
        lead.topic_title, lead.topic_icon = title, icon

    def say(
        self,
        session: Session,
        lead: tables.Lead,
        text: str,
        keyboard: buttons.Keyboard | None = None,
        purpose: str | None = None,
    ) -> int | None:
        """Write into the topic of a lead; with a purpose the message asks for a reply. Returns its row."""
        if not self.group:
            return None
        markup = {"force_reply": True, "selective": True} if purpose else keyboard
        return outbox.add(session, Outgoing(self.group, outbox.html(text, markup), lead=lead.id, purpose=purpose))[0]

    def take_back(self, session: Session, lead: tables.Lead, row: int | None) -> None:
        """Delete a message from the topic of a lead."""
        if row is not None:
            outbox.add(session, Outgoing(self.group, {}, "delete_message", lead=lead.id, replaces=row))

    def view(self, session: Session, lead: tables.Lead, version: LeadVersion) -> None:
        """A version with its sources, what was changed in it, and the button that approves it."""
        copy = copies()
        author = leads.name_of(session, version.author) or copy.leads.roles["sistem"]
        if version.kind == "redraft":
            author = copy.group.redraft_by.format(name=author)
        blocks = [copy.group.version.format(number=lead.number, n=version.number, author=escape(author))]
        blocks += render.written(version.text)
        blocks += render.sources(leads.version_of(version).citations, copy.group.sources)
        before = _version_before(session, version)
        if before is not None:
            changed = as_text(difference(before.text, version.text))
            blocks.append(f"<b>{copy.group.version_edit}</b>\n<blockquote expandable>{escape(changed)}</blockquote>")
        seen = leads.last_word_of_official(session, lead)
        approve = buttons.button(copy.group.button_approve.format(n=version.number), data(VERSION, version.id, seen))
        again = buttons.button(copy.group.button_redraft, data(REDRAFT, version.id))
        may_edit = Action.UBAH in allowed(State(lead.state))
        keyboard = buttons.keyboard(
            [approve] if version.sent_by is None else [],
            [again] if self.redrafts and version.citations and may_edit else [],
        )
        if self.group:
            pieces = outbox.parts(blocks, keyboard)
            outbox.add(session, *(Outgoing(self.group, piece, lead=lead.id) for piece in pieces))

    def _card(self, session: Session, lead: tables.Lead) -> dict[str, Any]:
        numbers, version = standing.similar_to(session, lead), leads.latest_version(session, lead)
        suggested = reusable.suggested(session, lead)
        text = self._text(session, lead, version, numbers, suggested)
        return outbox.html(text, self._keyboard(lead, version, numbers, suggested))

    def title(self, lead: tables.Lead) -> str:
        """ "🆕 KC-2611-0042 Kabupaten Kebumen: Masterplan dan perencanaan"; the mark stands in where
        the state has no icon."""
        copy, held = copies(), leads.lead_of(lead)
        region = with_code(held.profile.region)
        subject = copy.intake.topics[held.topics[0]] if held.topics else copy.group.topic_subject
        title = copy.group.topic_title.format(
            mark="" if lead.state in self.icons else copy.group.topic_marks[lead.state],
            number=lead.number,
            region=region.name if region else held.profile.agency,
            subject=subject,
        )
        return title.strip()[:LONGEST_TITLE]

    def _text(
        self,
        session: Session,
        lead: tables.Lead,
        version: LeadVersion | None,
        numbers: Sequence[str],
        suggested: Sequence[reusable.Suggestion],
    ) -> str:
        """The card: who asks for what, how it stands, and what is known of it."""
        copy, held = copies(), leads.lead_of(lead)
        group, intake, unnamed = copy.group, copy.intake, copy.group.no_name
        who, region = held.profile, with_code(held.profile.region)
        owner = leads.name_of(session, lead.owner_id)
        topics = [intake.topics[key] for key in held.topics]
        facts = {
            intake.fields["topics"]: ", ".join([*topics, *dimension_labels(held.topics, intake)]),
            intake.fields["stage"]: intake.stages.get(held.stage, ""),
            intake.fields["time_frame"]: intake.time_frames.get(held.time_frame, ""),
            intake.fields["contact"]: intake.answers["telegram"] if who.contact == "telegram" else who.contact,
        }
        questions = held.turns[-QUESTIONS_SHOWN:]
        files, found = leads.count_files(session, lead), self.score(session, lead)
        together = [row.number for row in leads.merged_with(session, lead)]
        blocks = [
            self._state(lead, copy) + (f"\n{group.card_owner.format(name=escape(owner))}" if owner else ""),
            group.card_official.format(
                name=escape(who.name or unnamed),
                position=escape(who.position or unnamed),
                agency=escape(who.agency or unnamed),
            ),
            group.card_region.format(region=region.name, province=region.province, code=region.code) if region else "",
            group.card_need.format(need=escape(held.need or unnamed)),
            "\n".join(f"<b>{label}:</b> {escape(value)}" for label, value in facts.items() if value),
            group.card_questions.format(questions="\n".join(f"• {escape(q[:200])}" for q in questions))
            if questions
            else "",
            group.card_files.format(n=files) if files else "",
            group.card_draft.format(n=len(version.citations)) if version else group.card_no_draft,
            "\n".join(_warnings(lead, version, copy)) if version else "",
            group.card_score.format(total=found.total, lines=_lines(found, copy)),
            group.card_merged.format(numbers=", ".join(together)) if together else "",
            told_similar(numbers, copy.leads),
            _suggestions(suggested, copy),
        ]
        return _one_message(blocks)

    def score(self, session: Session, lead: tables.Lead) -> Score:
        """The score as it is now."""
        return standing.score_of(lead, leads.count_files(session, lead), self._weights)

    def _keyboard(
        self,
        lead: tables.Lead,
        version: LeadVersion | None,
        numbers: Sequence[str],
        suggested: Sequence[reusable.Suggestion],
    ) -> buttons.Keyboard:
        """What can be done with the lead where it stands; who may is decided at the press."""
        copy = copies()
        rows: list[buttons.Row] = []
        if version:
            rows.append([buttons.button(copy.group.button_view, data(LEAD, lead.token, VIEW))])
        possible = standing.possible(lead, numbers)
        actions = [action for action in ON_CARD if action in possible]
        keys = [buttons.button(copy.leads.actions[action], data(LEAD, lead.token, action)) for action in actions]
        rows += [keys[i : i + BUTTONS_A_ROW] for i in range(0, len(keys), BUTTONS_A_ROW)]
        if Action.UBAH in possible:
            rows += [
                [buttons.button(copy.group.button_use.format(number=one.number), data(USE, one.id, lead.token))]
                for one in suggested
            ]
        return buttons.keyboard(*rows)

    def _state(self, lead: tables.Lead, copy: Copies) -> str:
        state = copy.leads.states[lead.state]
        return copy.group.card_state.format(number=lead.number, state=state, standing=self.standing(lead))

    def standing(self, lead: tables.Lead) -> str:
        """How the lead stands against its deadline, in words; its promise once it is closed."""
        return standing.told_standing_of(lead, self.sla, copies().leads, copies().intake)


def choose(lead: tables.Lead, action: str, options: Sequence[tuple[str, str]]) -> buttons.Keyboard:
    """Buttons that finish an action: (what is added to it, label)."""
    return buttons.keyboard(
        *([buttons.button(label, data(LEAD, lead.token, f"{action}.{value}"))] for value, label in options)
    )


def wishes(version: LeadVersion) -> buttons.Keyboard:
    """How a version is to be written anew."""
    copy = copies()
    keys = [buttons.button(label, data(REDRAFT, version.id, key)) for key, label in copy.leads.redraft_wishes.items()]
    own = buttons.button(copy.group.button_own_words, data(REDRAFT, version.id, OWN_WORDS))
    return buttons.keyboard(keys[:BUTTONS_A_ROW], [*keys[BUTTONS_A_ROW:], own])


def reasons(version: LeadVersion, copy: LeadTexts) -> buttons.Keyboard:
    """Why a version was changed."""
    keys = [buttons.button(label, data(REASON, version.id, key)) for key, label in copy.edit_reasons.items()]
    return buttons.keyboard(keys[:BUTTONS_A_ROW], keys[BUTTONS_A_ROW:])


def _one_message(blocks: Sequence[str]) -> str:
    """The blocks as one message; one that does not fit beside those before it is left out."""
    text = ""
    for block in blocks:
        together = render.messages([text, block])
        text = together[0] if len(together) == 1 else text
    return text


def _lines(found: Score, copy: Copies) -> str:
    return "\n".join(escape(told_line(line, copy.leads)) for line in found.lines if line.points)


def _suggestions(rows: Sequence[reusable.Suggestion], copy: Copies) -> str:
    """The approved responses to similar questions, each with its sources."""
    lines = [
        copy.group.suggestion.format(
            number=row.number,
            question=escape(row.question[:LONGEST_QUESTION]),
            sources=escape("; ".join(f"{c.title[:80]}, {c.locator[:40]}" for c in row.citations[:SOURCES_SHOWN]))
            or copy.group.no_name,
        )
        for row in rows
    ]
    return "\n".join([copy.group.card_suggested, *lines]) if lines else ""


def _warnings(lead: tables.Lead, version: LeadVersion, copy: Copies) -> list[str]:
    """What a consultant has to know of the sources before they read the draft: the assistant's own
    warnings; of a version by a person, which of its sources are not in force."""
    made = leads.version_of(version)
    drafts = (DRAFTS.validate_python(turn["draft"]) for turn in reversed(lead.conversation))
    told = next((draft.warnings for draft in drafts if text_of(draft) == made.text), None)
    if told is None:
        told = tuple(
            copy.group.warning_source.format(n=c.n, title=c.title, status=copy.leads.statuses.get(c.status, c.status))
            for c in used_citations(made)
            if c.status in NOT_IN_FORCE
        )
    return [copy.group.card_warning.format(text=escape(text[:LONGEST_WARNING])) for text in told[:MOST_WARNINGS]]


def _version_before(session: Session, version: LeadVersion) -> LeadVersion | None:
    query = select(LeadVersion).where(LeadVersion.lead_id == version.lead_id, LeadVersion.number < version.number)
    return session.scalar(query.order_by(LeadVersion.number.desc()).limit(1))
