"""A message of a person in; whether several processes together have let too many through out."""

from __future__ import annotations

import time
from dataclasses import dataclass

from sqlalchemy.orm import Session

from bot.database.tables import Flood


@dataclass(frozen=True)
class Flooded:
    """So many seconds until the next message may pass; `is_new` when the person was not yet told."""

    seconds: int
    is_new: bool


def hit(session: Session, person: int, most: int, window: float) -> Flooded | None:
    """Count a message; None when it may pass, of at most `most` within `window` seconds."""
    row = session.get(Flood, person)
    if row is None:
        row = Flood(person_id=person, times=[], told_until=0.0)
        session.add(row)
    moment = time.time()
    times = [at for at in row.times if at > moment - window]
    if len(times) < most:
        row.times = [*times, moment]
        return None
    is_new = row.told_until <= moment
    if is_new:
        row.told_until = moment + window
    return Flooded(max(1, round(times[0] + window - moment)), is_new)
