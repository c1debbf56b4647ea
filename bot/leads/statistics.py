"""Facts about all leads in; how many came, how soon they were answered, what about, from where and
how they stand out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from statistics import median

from bot.leads.lifecycle import State
from bot.leads.sla import Level, Sla

WEEKS = 12
CLOSED = frozenset({State.SELESAI, State.BUKAN_PROSPEK})
# Working hours to the first response, each border included in the bucket before it.
BORDERS = (2, 4, 8, 16)
UNKNOWN = ""


@dataclass(frozen=True)
class LeadFacts:
    """What counts of a lead. Times are aware; `region` is a Kemendagri code; `owner_name` is empty
    while nobody holds it; `is_merged`: answered together with another one."""

    number: str
    state: State
    created_at: datetime
    changed_at: datetime
    answer_due: datetime
    first_response_at: datetime | None
    region: str
    topics: tuple[str, ...]
    owner: int | None = None
    owner_name: str = ""
    is_merged: bool = False


@dataclass(frozen=True)
class Week:
    """Requests that came in the seven days from `monday`, and first responses given in them."""

    monday: date
    received: int
    answered: int


@dataclass(frozen=True)
class ResponseTime:
    """The time to the first response in working hours. `within` is the share of those answered as
    promised among all whose answer was given or is overdue; `buckets` count by BORDERS, the last
    beyond all of them."""

    answered: int
    median_hours: float | None
    within: float | None
    buckets: tuple[int, ...]


@dataclass(frozen=True)
class Load:
    """What a consultant holds open, how much of it is late, and what they have closed."""

    person: int
    name: str
    open: int
    late: int
    closed: int


@dataclass(frozen=True)
class Summary:
    """The figures of all leads. `weeks` are the last twelve, oldest first; `funnel` has every state in
    its order; `topics` and `provinces` (two digits, UNKNOWN where no region was named) are sorted by
    number; `standings` counts the open leads; merged ones count as received only."""

    total: int
    open: int
    weeks: tuple[Week, ...]
    response: ResponseTime
    funnel: tuple[tuple[State, int], ...]
    topics: tuple[tuple[str, int], ...]
    provinces: tuple[tuple[str, int], ...]
    load: tuple[Load, ...]
    standings: tuple[tuple[Level, int], ...]


def summary(facts: Sequence[LeadFacts], now: datetime, sla: Sla) -> Summary:
    """The figures at `now`, weeks and working hours in the office's own time."""
    own = [fact for fact in facts if not fact.is_merged]
    open_ones = [fact for fact in own if fact.state not in CLOSED]
    standings = Counter(level for fact in open_ones if (level := level_of(fact, now, sla)))
    levels: tuple[Level, ...] = ("on_time", "soon", "late")
    states = Counter(fact.state for fact in own)
    return Summary(
        total=len(facts),
        open=len(open_ones),
        weeks=_weeks(facts, now, sla),
        response=_response_time(own, now, sla),
        funnel=tuple((state, states[state]) for state in State),
        topics=_most(topic for fact in facts for topic in fact.topics),
        provinces=_most(fact.region[:2] for fact in facts),
        load=_loads(own, now, sla),
        standings=tuple((level, standings[level]) for level in levels),
    )


def level_of(fact: LeadFacts, now: datetime, sla: Sla) -> Level | None:
    """How a lead stands against its deadline; None where it has none."""
    promised = None if fact.first_response_at else fact.answer_due
    due = sla.due(fact.state, fact.changed_at, fact.region, promised)
    return sla.standing(due, now, fact.state, fact.region).level if due else None


def response_hours(fact: LeadFacts, sla: Sla) -> float | None:
    """Working hours from the request to the first response; None while there is none."""
    if fact.first_response_at is None:
        return None
    return max(sla.hours.hours_between(fact.created_at, fact.first_response_at), 0.0)


def _weeks(facts: Iterable[LeadFacts], now: datetime, sla: Sla) -> tuple[Week, ...]:
    def monday(moment: datetime) -> date:
        day = moment.astimezone(sla.hours.zone).date()
        return day - timedelta(days=day.weekday())

    received: Counter[date] = Counter()
    answered: Counter[date] = Counter()
    for fact in facts:
        received[monday(fact.created_at)] += 1
        if fact.first_response_at:
            answered[monday(fact.first_response_at)] += 1
    shown = (monday(now) - timedelta(weeks=back) for back in reversed(range(WEEKS)))
    return tuple(Week(day, received[day], answered[day]) for day in shown)


def _response_time(facts: Iterable[LeadFacts], now: datetime, sla: Sla) -> ResponseTime:
    hours: list[float] = []
    kept = missed = 0
    for fact in facts:
        took = response_hours(fact, sla)
        if took is not None and fact.first_response_at is not None:
            hours.append(took)
            kept += fact.first_response_at <= fact.answer_due
            missed += fact.first_response_at > fact.answer_due
        else:
            missed += fact.state not in CLOSED and now > fact.answer_due
    buckets = tuple(sum(low < took <= high for took in hours) for low, high in pairwise((-1, *BORDERS, float("inf"))))
    return ResponseTime(
        answered=len(hours),
        median_hours=median(hours) if hours else None,
        within=kept / (kept + missed) if kept + missed else None,
        buckets=buckets,
    )


def _loads(facts: Iterable[LeadFacts], now: datetime, sla: Sla) -> tuple[Load, ...]:
    owned: dict[int, list[LeadFacts]] = {}
    for fact in facts:
        if fact.owner is not None:
            owned.setdefault(fact.owner, []).append(fact)
    loads = []
    for person, held in owned.items():
        open_ones = [fact for fact in held if fact.state not in CLOSED]
        late = sum(level_of(fact, now, sla) == "late" for fact in open_ones)
        loads.append(Load(person, held[-1].owner_name, len(open_ones), late, len(held) - len(open_ones)))
    return tuple(sorted(loads, key=lambda load: (-load.open, -load.closed, load.name)))


def _most(keys: Iterable[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(Counter(keys).items(), key=lambda item: (-item[1], item[0])))
