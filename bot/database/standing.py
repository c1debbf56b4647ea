"""A lead's row in; how it stands for whoever looks at it: its score, its deadline, what may be the
same request, what can be done with it, and whether words find it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.database import leads, tables
from bot.database.tables import now
from bot.leads.duplicates import similar
from bot.leads.lead import read_number
from bot.leads.lifecycle import Action, Role, State, allowed
from bot.leads.office_hours import told
from bot.leads.score import Score, ScoreSettings, facts_of, score
from bot.leads.sla import Sla, Standing, told_standing
from bot.texts.intake import IntakeTexts
from bot.texts.leads import LeadTexts
from knowledge.regions import with_code

SIMILAR_WITHIN_DAYS = 90


def score_of(lead: tables.Lead, files: int, weights: ScoreSettings) -> Score:
    """The score as it is now; `files` counts the documents that the official sent."""
    return score(facts_of(leads.lead_of(lead), documents=files), weights, now())


def similar_to(session: Session, lead: tables.Lead) -> tuple[str, ...]:
    """Numbers of the requests that may be the same."""
    others = leads.other_leads(session, lead, timedelta(days=SIMILAR_WITHIN_DAYS))
    return similar(leads.lead_of(lead), map(leads.lead_of, others), SIMILAR_WITHIN_DAYS)


def region_code(lead: tables.Lead) -> str:
    """The code of the official's region; empty where it is unknown."""
    return str(lead.request["profile"]["region"])


def due_of(lead: tables.Lead, sla: Sla) -> datetime | None:
    """By when the next step is due; None for a lead that is closed."""
    promised = None if lead.first_response_at else lead.answer_due
    return sla.due(State(lead.state), lead.changed_at, region_code(lead), promised)


def standing_of(lead: tables.Lead, sla: Sla) -> Standing | None:
    """How the lead stands against its deadline; None where it has none."""
    due = due_of(lead, sla)
    return None if due is None else sla.standing(due, now(), State(lead.state), region_code(lead))


def told_standing_of(lead: tables.Lead, sla: Sla, copy: LeadTexts, intake: IntakeTexts) -> str:
    """The same in words; the promise to the official once the lead is closed."""
    standing = standing_of(lead, sla)
    return told_standing(standing, copy) if standing else told(lead.answer_due, region_code(lead), intake)


def possible(lead: tables.Lead, similar_ones: Sequence[str], role: Role | None = None) -> tuple[Action, ...]:
    """What can be done with the lead where it stands, by anyone or by one role: a merged lead can
    only be taken apart again, and nothing is merged where nothing is similar."""
    if lead.merged_into:
        return (Action.PISAH,)
    found = allowed(State(lead.state), role)
    return found if similar_ones else tuple(action for action in found if action != Action.GABUNG)


def is_found_by(lead: tables.Lead, words: str) -> bool:
    """Whether the words are its number, or stand in its region, agency, name or need."""
    number = read_number(words)
    if number:
        return lead.number == number
    held = leads.lead_of(lead)
    region = with_code(held.profile.region)
    parts = (held.profile.name, held.profile.agency, held.need, region.name if region else "", lead.number)
    return bool(words) and words.lower() in " ".join(parts).lower()
