"""A reply in, the next state of a consultation request out: frozen values, no clock, no front.

A request asks for what is not known yet, one step after the other, and ends with a summary
in which every field can be corrected. Nothing leaves it without consent (UU 27/2022).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from bot.conversation.profile import Profile
from bot.leads.choices import all_meant, meant, without_verbs
from bot.leads.contact import read_contact, shared_contact
from bot.leads.steps import (
    AGREE,
    CONFIRM,
    DONE,
    FIELDS,
    NONE,
    PROFILE_FIELDS,
    STAGES,
    STEPS,
    TELEGRAM,
    TIME_FRAMES,
    Field,
    Step,
    choices_of,
)
from bot.leads.topics import topic_keys
from bot.leads.which_region import region_of, which_region
from bot.leads.words import clean, plain

if TYPE_CHECKING:
    from pydantic import TypeAdapter

Kind = Literal["typed", "choice", "contact", "skip", "back", "cancel", "correct"]
State = Literal["going", "confirmed", "cancelled"]
Complaint = Literal[
    "", "empty", "no_letters", "too_long", "need_too_long", "region_unknown", "region_again", "region_unsure",
    "topics_unknown", "choose", "contact_invalid", "consent_needed", "first_step", "cannot_skip", "stale",
]  # fmt: skip

LONGEST_NEED = 500
LONGEST = 100
CANCELS = "batal|batalkan|dibatalkan|batal saja|tidak jadi|gak jadi|cancel|stop|berhenti"
BACKS = "kembali|mundur|sebelumnya|back|go back|previous"
SKIPS = "lewati|lewat|lewatkan|lewati saja|skip|kosongkan|kosong|leave empty"
COMMANDS: dict[str, Kind] = {
    **dict.fromkeys(CANCELS.split("|"), "cancel"),
    **dict.fromkeys(BACKS.split("|"), "back"),
    **dict.fromkeys(SKIPS.split("|"), "skip"),
}


@dataclass(frozen=True)
class Intake:
    """A request on its way. `plan` holds the steps that are asked; `candidates` the codes of the
    regions that an answer may have meant; `correcting` that the summary follows next."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    plan: tuple[Step, ...]
    step: Step
    profile: Profile = field(default_factory=Profile)
    need: str = ""
    topics: tuple[str, ...] = ()
    stage: str = ""
    time_frame: str = ""
    consent: bool = False
    candidates: tuple[str, ...] = ()
    correcting: bool = False


@dataclass(frozen=True)
class Reply:
    """What a person did: typed text, chose a key, shared a contact, skipped, went back, cancelled,
    or asked to correct a field. `step`, where a front knows it, is the step whose button it was."""

    kind: Kind
    value: str = ""
    step: str = ""


@dataclass(frozen=True)
class Outcome:
    """The request after a reply; `complaint` is a key of `IntakeTexts.complaints`, or empty."""

    intake: Intake
    complaint: Complaint = ""
    state: State = "going"


def begin(profile: Profile, need: str = "", topics: Sequence[str] = ()) -> Intake:
    """A request that asks only for what the profile and the conversation have not told yet.

    A longer need is cut at a word; unknown topics, regions and contacts are asked for.
    """
    known = Profile(
        name=clean(profile.name)[:LONGEST],
        position=clean(profile.position)[:LONGEST],
        agency=clean(profile.agency)[:LONGEST],
        region=profile.region if region_of(profile.region) else "",
        contact=profile.contact if profile.contact == TELEGRAM else _known_contact(profile.contact),
    )
    chosen = tuple(key for key in topic_keys() if key in topics)
    values = Intake(plan=STEPS, step="summary", profile=known, need=_shortened(clean(need)), topics=chosen)
    plan = tuple(step for step in STEPS if step == "summary" or not value_of(values, step))
    return _entered(replace(values, plan=plan), plan[0])


def value_of(intake: Intake, name: Field | Step) -> str | tuple[str, ...] | bool:
    """The value of a field as it is kept: a code for a region, keys for choices."""
    held: str | tuple[str, ...] | bool = getattr(intake.profile if name in PROFILE_FIELDS else intake, name)
    return held


def receive(intake: Intake, reply: Reply) -> Outcome:
    """The request after a reply. A reply that cannot be used leaves every answer as it was and
    names the complaint."""
    if reply.kind == "cancel":
        return Outcome(intake, state="cancelled")
    if reply.step and reply.step != intake.step:
        return Outcome(intake, "stale")
    handlers: dict[Kind, Callable[[Intake, str], Outcome]] = {
        "typed": _typed,
        "choice": _chosen,
        "contact": _shared,
        "skip": lambda intake, _: _skipped(intake),
        "back": lambda intake, _: _back(intake),
        "correct": _correct,
    }
    return handlers[reply.kind](intake, reply.value)


def can_skip(intake: Intake) -> bool:
    """Every step but the consent, the summary and the choice of what to correct."""
    return intake.step not in {"consent", "summary", "correct"}


def can_go_back(intake: Intake) -> bool:
    """Everywhere but at the first question; from a correction back to the summary."""
    return intake.correcting or intake.step == "correct" or intake.plan.index(intake.step) > 0


def to_json(intake: Intake) -> str:
    """The request as text, to be kept until the next reply."""
    return _adapter().dump_json(intake).decode()


def from_json(text: str | bytes) -> Intake:
    """The request that `to_json` wrote; ValueError when the text is broken or not of this version."""
    intake = _adapter().validate_json(text)
    beside = intake.correcting or intake.step == "correct"
    known = (
        intake.plan == tuple(step for step in STEPS if step in intake.plan)
        and intake.plan[-1:] == ("summary",)
        and (beside or intake.step in intake.plan)
        and set(intake.topics) <= set(topic_keys())
        and intake.stage in {"", *STAGES}
        and intake.time_frame in {"", *TIME_FRAMES}
        and all(region_of(code) for code in (*intake.candidates, *filter(None, [intake.profile.region])))
    )
    if not known:
        raise ValueError("not a consultation request of this version")
    return intake


@cache
def _adapter() -> TypeAdapter[Intake]:
    from pydantic import TypeAdapter

    return TypeAdapter(Intake)


def _typed(intake: Intake, written: str) -> Outcome:
    """Words for a command, a choice or a field, as the step understands them."""
    text = clean(written)
    command = COMMANDS.get(plain(text[1:].split("@")[0] if text.startswith("/") else text))
    if command:
        return receive(intake, Reply(command))
    if not text:
        return Outcome(intake, "empty")
    readers: dict[Step, Callable[[Intake, str], Outcome]] = {
        "region": _typed_region,
        "topics": _typed_topics,
        "contact": _typed_contact,
        "summary": _typed_summary,
    }
    if intake.step in readers:
        return readers[intake.step](intake, text)
    if choices_of(intake.step, ()):
        key = meant(text, intake.step, choices_of(intake.step, ()))
        return _chosen(intake, key) if key else Outcome(intake, "choose")
    return _text(intake, text)


def _text(intake: Intake, text: str) -> Outcome:
    is_need = intake.step == "need"
    if not any(sign.isalpha() for sign in text):
        return Outcome(intake, "no_letters")
    if len(text) > (LONGEST_NEED if is_need else LONGEST):
        return Outcome(intake, "need_too_long" if is_need else "too_long")
    return _answered(intake, text if is_need else " ".join(text.split()))


def _typed_region(intake: Intake, text: str) -> Outcome:
    if len(text) > LONGEST:
        return Outcome(intake, "too_long")
    choices = choices_of("region", intake.candidates)
    key = meant(text, "region", choices) if choices else None
    if len(intake.candidates) == 1 and meant(text, "summary", (CONFIRM,)) == CONFIRM:
        key = intake.candidates[0]
    if key:
        return _chosen(intake, key)
    match = which_region(text)
    if match.certain:
        return _answered(intake, match.regions[0].code)
    codes = tuple(region.code for region in match.regions)
    return Outcome(replace(intake, candidates=codes), "region_unsure" if codes else "region_unknown")


def _typed_topics(intake: Intake, text: str) -> Outcome:
    keys, complete = all_meant(text, "topics", choices_of("topics", ()))
    if keys == (DONE,):
        return _chosen(intake, DONE)
    chosen = tuple(key for key in keys if key != DONE)
    if complete:
        return _answered(intake, chosen)
    kept = tuple(key for key in topic_keys() if key in {*intake.topics, *chosen})
    return Outcome(replace(intake, topics=kept), "topics_unknown")


def _typed_contact(intake: Intake, text: str) -> Outcome:
    contact = read_contact(text)
    if contact:
        return _answered(intake, contact)
    key = meant(text, "contact", choices_of("contact", ()))
    return _answered(intake, key) if key else Outcome(intake, "contact_invalid")


def _typed_summary(intake: Intake, text: str) -> Outcome:
    """A number or a name is the field to correct, so that no "1" sends the request unawares."""
    key = None if text.strip(".) ").isdigit() else meant(text, "summary", choices_of("summary", ()))
    if key:
        return _chosen(intake, key)
    name = meant(text, "correct", FIELDS) or meant(without_verbs(text), "correct", FIELDS)
    return _correct(intake, name) if name else Outcome(intake, "choose")


def _chosen(intake: Intake, key: str) -> Outcome:
    if key not in choices_of(intake.step, intake.candidates):
        return Outcome(intake, "stale")
    readers: dict[Step, Callable[[Intake, str], Outcome]] = {
        "region": _chosen_region,
        "topics": _chosen_topic,
        "consent": _chosen_consent,
        "summary": lambda intake, key: _confirmed(intake) if key == CONFIRM else _correct(intake, ""),
        "correct": _correct,
    }
    return readers.get(intake.step, _answered)(intake, key)


def _chosen_region(intake: Intake, key: str) -> Outcome:
    return Outcome(replace(intake, candidates=()), "region_again") if key == NONE else _answered(intake, key)


def _chosen_topic(intake: Intake, key: str) -> Outcome:
    """Marks a topic or takes its mark away; "done" goes on."""
    if key == DONE:
        return Outcome(_after(intake))
    marked = {*intake.topics} ^ {key}
    return Outcome(replace(intake, topics=tuple(topic for topic in topic_keys() if topic in marked)))


def _chosen_consent(intake: Intake, key: str) -> Outcome:
    agreed = replace(intake, consent=key == AGREE)
    return Outcome(_after(agreed)) if agreed.consent else Outcome(agreed, "consent_needed")


def _confirmed(intake: Intake) -> Outcome:
    if not intake.consent:
        return Outcome(_entered(intake, "consent", correcting=True), "consent_needed")
    return Outcome(intake, state="confirmed")


def _correct(intake: Intake, name: str) -> Outcome:
    """To the field, or to the choice of one; only the summary leads there."""
    if intake.step not in {"summary", "correct"}:
        return Outcome(intake, "stale")
    if not name:
        return Outcome(_entered(intake, "correct"))
    chosen = next((step for step in FIELDS if step == name), None)
    return Outcome(_entered(intake, chosen, correcting=True)) if chosen else Outcome(intake, "stale")


def _shared(intake: Intake, phone: str) -> Outcome:
    if intake.step != "contact":
        return Outcome(intake, "stale")
    contact = shared_contact(phone)
    return _answered(intake, contact) if contact else Outcome(intake, "contact_invalid")


def _skipped(intake: Intake) -> Outcome:
    """On the way an answer that was given stays; in a correction the field is emptied."""
    if not can_skip(intake):
        return Outcome(intake, "consent_needed" if intake.step == "consent" else "cannot_skip")
    if not intake.correcting:
        return Outcome(_after(intake))
    return _answered(intake, () if intake.step == "topics" else "")


def _back(intake: Intake) -> Outcome:
    if not can_go_back(intake):
        return Outcome(intake, "first_step")
    if intake.correcting or intake.step == "correct":
        return Outcome(_entered(intake, "summary"))
    return Outcome(_entered(intake, intake.plan[intake.plan.index(intake.step) - 1]))


def _answered(intake: Intake, value: str | tuple[str, ...]) -> Outcome:
    """The request with the value of its present step, at the next one."""
    change: dict[str, Any] = {intake.step: value}
    if intake.step in PROFILE_FIELDS:
        change = {"profile": replace(intake.profile, **change)}
    return Outcome(_after(replace(intake, **change)))


def _after(intake: Intake) -> Intake:
    if intake.correcting:
        return _entered(intake, "summary")
    return _entered(intake, intake.plan[intake.plan.index(intake.step) + 1])


def _entered(intake: Intake, step: Step, *, correcting: bool = False) -> Intake:
    """At a step; "Diskominfo Kebumen" as agency already offers its region to be confirmed."""
    offered = step == "region" and not intake.profile.region
    near = which_region(intake.profile.agency).regions if offered else ()
    return replace(intake, step=step, correcting=correcting, candidates=tuple(region.code for region in near))


def _known_contact(contact: str) -> str:
    """A contact that is known already, in the form in which it is kept; "" when it is none."""
    return read_contact(contact) or shared_contact(contact) or ""


def _shortened(need: str) -> str:
    if len(need) <= LONGEST_NEED:
        return need
    return need[: LONGEST_NEED - 2].rsplit(" ", 1)[0] + " …"
