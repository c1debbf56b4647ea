"""A message of a person in; whether too many have come, to however many processes, out."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from bot.database.tables import Flood


@dataclass(frozen=True)
class Flooded:
    """So many seconds until the next message may pass; `is_new` when the person was not yet told."""

    seconds: int
    is_new: bool


class MovingWindow:
    """At most `most` messages within any `window` seconds; `times` are those that passed, of time.time()."""

    def __init__(self, most: int, window: float, times: Iterable[float] = ()) -> None:
        self._most = most
        self._window = window
        self.times = deque(times)

    def hit(self, moment: float) -> float:
        """Count a message; 0 when it may pass, else the seconds until one may."""
        while self.times and self.times[0] <= moment - self._window:
            self.times.popleft()
        if len(self.times) < self._most:
            self.times.append(moment)
            return 0.0
        return self.times[0] + self._window - moment


def flooded(seconds: float, told_until: float, moment: float) -> Flooded:
    """What a person who has to wait is told."""
    return Flooded(max(1, round(seconds)), told_until <= moment)


def hit(session: Session, person: int, most: int, window: float) -> Flooded | None:
    """Count a message in the database; None when it may pass, of at most `most` within `window` seconds."""
    row = session.get(Flood, person)
    if row is None:
        row = Flood(person_id=person, times=[], told_until=0.0)
        session.add(row)
    moment = time.time()
    counted = MovingWindow(most, window, row.times)
    wait = counted.hit(moment)
    if not wait:
        row.times = list(counted.times)
        return None
    found = flooded(wait, row.told_until, moment)
    if found.is_new:
        row.told_until = moment + window
    return found
