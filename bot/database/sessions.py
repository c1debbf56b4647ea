"""Who is at the board: links that open it once, proofs that were shown, logins that end. Each
function is a part of a transaction of its caller.

What a link or a cookie says is kept only as its hash: a copy of the database opens nothing.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, delete, select
from sqlalchemy.orm import Session

from bot.database import leads
from bot.database.board_tables import BoardLink, BoardProof, BoardSession
from bot.database.tables import now
from bot.leads.lifecycle import Role


@dataclass(frozen=True)
class Visitor:
    """Somebody whose login is good; `name` is how consultants know them."""

    person: int
    name: str
    role: Role


def make_link(session: Session, person: int, name: str, minutes: float) -> str:
    """What a link says that logs a person in once; it takes the place of an earlier one."""
    session.execute(delete(BoardLink).where(BoardLink.person_id == person))
    secret = secrets.token_urlsafe(32)
    session.add(BoardLink(id=_hash(secret), person_id=person, name=name, expires_at=now() + timedelta(minutes=minutes)))
    return secret


def is_open(session: Session, secret: str) -> bool:
    """Whether a link would still log somebody in; looking does not use it."""
    row = session.get(BoardLink, _hash(secret))
    return row is not None and row.expires_at > now()


def use_link(session: Session, secret: str) -> tuple[int, str] | None:
    """The person of a link and their name; of many who use it at once one gets them."""
    row = session.get(BoardLink, _hash(secret))
    if row is None:
        return None
    gone = cast("CursorResult[Any]", session.execute(delete(BoardLink).where(BoardLink.id == row.id)))
    return (row.person_id, row.name) if gone.rowcount == 1 and row.expires_at > now() else None


def is_first_use(session: Session, proof: str, expires_at: datetime) -> bool:
    """Whether a Mini App's proof is shown for the first time; from now on it is not."""
    session.execute(delete(BoardProof).where(BoardProof.expires_at < now()))
    if session.get(BoardProof, _hash(proof)):
        return False
    session.add(BoardProof(id=_hash(proof), expires_at=expires_at))
    return True


def log_in(session: Session, person: int, name: str, hours: float, admins: Sequence[int]) -> str | None:
    """What the cookie of a new login says; None for somebody who may not act on leads."""
    session.execute(delete(BoardSession).where(BoardSession.expires_at < now()))
    if leads.role_in(session, None, person, admins) == Role.PEMBACA:
        return None
    secret = secrets.token_urlsafe(32)
    until = now() + timedelta(hours=hours)
    session.add(BoardSession(id=_hash(secret), person_id=person, name=name, expires_at=until))
    return secret


def visitor_of(session: Session, secret: str, admins: Sequence[int]) -> Visitor | None:
    """Who shows this cookie; None when the login has ended or its person may no longer act."""
    row = session.get(BoardSession, _hash(secret))
    if row is None or row.expires_at <= now():
        return None
    role = leads.role_in(session, None, row.person_id, admins)
    if role == Role.PEMBACA:
        log_out_everywhere(session, row.person_id)
        return None
    return Visitor(row.person_id, leads.name_of(session, row.person_id) or row.name, role)


def log_out(session: Session, secret: str) -> None:
    """End one login."""
    session.execute(delete(BoardSession).where(BoardSession.id == _hash(secret)))


def log_out_everywhere(session: Session, person: int) -> None:
    """End all logins of a person, and the links that would make one."""
    session.execute(delete(BoardSession).where(BoardSession.person_id == person))
    session.execute(delete(BoardLink).where(BoardLink.person_id == person))


def names(session: Session) -> dict[int, str]:
    """Names of people who have been at the board and of no consultant: the admins."""
    return {row.person_id: row.name for row in session.scalars(select(BoardSession))}


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
