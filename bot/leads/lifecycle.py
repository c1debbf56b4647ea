"""A lead's state and an action in, its next state out, by one table of allowed moves.

MoveError        the table knows no such move from this state; it names what is allowed
└── RoleError    the move exists, but not for who asks
RefusedError     the move exists and was not made; the message is what the person reads
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.texts.leads import LeadTexts

# Who moved a lead when nobody did: a timer, or the delivery of a message.
PROGRAM = 0


class State(StrEnum):
    """Where a lead stands."""

    BARU = "baru"
    DIAMBIL = "diambil"
    MENUNGGU_PEJABAT = "menunggu_pejabat"
    SIAP_DIKIRIM = "siap_dikirim"
    TERKIRIM = "terkirim"
    SELESAI = "selesai"
    BUKAN_PROSPEK = "bukan_prospek"
    DITUNDA = "ditunda"


class Action(StrEnum):
    """What moves a lead. `ubah` is a new version of the draft; `tarik` takes an approval back, by
    a person or because the draft went stale or could not be delivered; `pisah` undoes `gabung`."""

    AMBIL = "ambil"
    LEPAS = "lepas"
    TANYA_BALIK = "tanya_balik"
    OFFICIAL_WROTE = "official_wrote"
    UBAH = "ubah"
    SETUJUI = "setujui"
    TARIK = "tarik"
    TERKIRIM = "terkirim"
    SELESAI = "selesai"
    BUKA_LAGI = "buka_lagi"
    TUNDA = "tunda"
    LANJUTKAN = "lanjutkan"
    BUKAN_PROSPEK = "bukan_prospek"
    GABUNG = "gabung"
    PISAH = "pisah"


class Role(StrEnum):
    """Who acts on a lead: `pemilik` is the consultant who took it, `konsultan` any other one,
    `pembaca` everybody else in the group, `sistem` the program itself."""

    PEMBACA = "pembaca"
    KONSULTAN = "konsultan"
    PEMILIK = "pemilik"
    ADMIN = "admin"
    SISTEM = "sistem"


class MoveError(Exception):
    """No such move; `allowed` is what can be done from `state` instead."""

    def __init__(self, state: State, action: Action, allowed: tuple[Action, ...]) -> None:
        super().__init__(f"{action} from {state}: allowed are {', '.join(allowed) or 'no moves'}")
        self.state, self.action, self.allowed = state, action, allowed


class RoleError(MoveError):
    """The move is for others; `roles` are those who may."""

    def __init__(self, state: State, action: Action, allowed: tuple[Action, ...], roles: tuple[Role, ...]) -> None:
        super().__init__(state, action, allowed)
        self.roles = roles


class RefusedError(Exception):
    """The action was not done."""


@dataclass(frozen=True)
class Rule:
    """One line of the table: who may do what from which states, and where it leads."""

    action: Action
    before: tuple[State, ...]
    after: State
    by: tuple[Role, ...]


@dataclass(frozen=True)
class Move:
    """An audit record: `who` is a Telegram id or PROGRAM, `at` an aware time, `why` in the words
    of who did it."""

    who: int
    at: datetime
    action: Action
    before: State
    after: State
    why: str = ""


# Moves that need no words and no choice.
PLAIN = (Action.LANJUTKAN, Action.SELESAI, Action.BUKA_LAGI, Action.LEPAS, Action.TARIK)
# How long a lead can be put away, in days.
POSTPONED_DAYS = (1, 3, 7, 14)
_S, _A = State, Action
_ANYONE = (Role.KONSULTAN, Role.PEMILIK, Role.ADMIN)
_HOLDER = (Role.PEMILIK, Role.ADMIN)
_PROGRAM = (Role.SISTEM,)
_HELD = (_S.DIAMBIL, _S.MENUNGGU_PEJABAT, _S.SIAP_DIKIRIM)

# The order of the lines is that of the buttons. `pisah` has no line: it restores what was kept.
RULES: tuple[Rule, ...] = (
    Rule(_A.AMBIL, (_S.BARU,), _S.DIAMBIL, _ANYONE),
    Rule(_A.UBAH, (_S.DIAMBIL, _S.SIAP_DIKIRIM, _S.TERKIRIM), _S.DIAMBIL, _HOLDER),
    Rule(_A.UBAH, (_S.MENUNGGU_PEJABAT,), _S.MENUNGGU_PEJABAT, _HOLDER),
    Rule(_A.SETUJUI, (*_HELD, _S.TERKIRIM), _S.SIAP_DIKIRIM, _HOLDER),
    Rule(_A.TARIK, (_S.SIAP_DIKIRIM,), _S.DIAMBIL, (*_HOLDER, Role.SISTEM)),
    Rule(_A.TERKIRIM, (_S.SIAP_DIKIRIM,), _S.TERKIRIM, _PROGRAM),
    Rule(_A.TANYA_BALIK, (_S.DIAMBIL, _S.MENUNGGU_PEJABAT, _S.TERKIRIM), _S.MENUNGGU_PEJABAT, _HOLDER),
    Rule(_A.OFFICIAL_WROTE, (*_HELD, _S.TERKIRIM, _S.DITUNDA), _S.DIAMBIL, _PROGRAM),
    Rule(_A.OFFICIAL_WROTE, (_S.BARU,), _S.BARU, _PROGRAM),
    Rule(_A.OFFICIAL_WROTE, (_S.SELESAI,), _S.SELESAI, _PROGRAM),
    Rule(_A.OFFICIAL_WROTE, (_S.BUKAN_PROSPEK,), _S.BUKAN_PROSPEK, _PROGRAM),
    Rule(_A.SELESAI, (_S.DIAMBIL, _S.MENUNGGU_PEJABAT, _S.TERKIRIM), _S.SELESAI, _HOLDER),
    Rule(_A.TUNDA, (_S.DIAMBIL, _S.MENUNGGU_PEJABAT), _S.DITUNDA, _HOLDER),
    Rule(_A.LANJUTKAN, (_S.DITUNDA,), _S.DIAMBIL, (*_HOLDER, Role.SISTEM)),
    Rule(_A.LEPAS, (*_HELD, _S.DITUNDA), _S.BARU, (*_HOLDER, Role.SISTEM)),
    Rule(_A.BUKA_LAGI, (_S.SELESAI,), _S.DIAMBIL, _ANYONE),
    Rule(_A.BUKA_LAGI, (_S.BUKAN_PROSPEK,), _S.BARU, _ANYONE),
    Rule(_A.BUKAN_PROSPEK, (_S.BARU,), _S.BUKAN_PROSPEK, _ANYONE),
    Rule(_A.BUKAN_PROSPEK, (_S.DIAMBIL, _S.MENUNGGU_PEJABAT, _S.DITUNDA), _S.BUKAN_PROSPEK, _HOLDER),
    Rule(_A.GABUNG, (_S.BARU,), _S.SELESAI, _ANYONE),
    Rule(_A.GABUNG, (_S.DIAMBIL, _S.MENUNGGU_PEJABAT, _S.DITUNDA), _S.SELESAI, _HOLDER),
)


def move(state: State, action: Action, role: Role | None = None) -> State:
    """The state after the action; with a role, only what that role may do.

    MoveError names what the table allows from here, RoleError who may instead.
    """
    rule = next((rule for rule in RULES if rule.action == action and state in rule.before), None)
    if rule is None:
        raise MoveError(state, action, allowed(state, role))
    if role is not None and role not in rule.by:
        raise RoleError(state, action, allowed(state, role), rule.by)
    return rule.after


def allowed(state: State, role: Role | None = None) -> tuple[Action, ...]:
    """What can be done from here, by anyone or by one role, in the order of the buttons."""
    return tuple(rule.action for rule in RULES if state in rule.before and (role is None or role in rule.by))


def moved(state: State, action: Action, who: int, at: datetime, role: Role | None = None, why: str = "") -> Move:
    """The audit record of a move; ValueError for a time without a zone, MoveError as `move`."""
    if at.tzinfo is None:
        raise ValueError("a move needs a time with a zone")
    return Move(who, at, action, state, move(state, action, role), why)


def refusal(error: MoveError, copy: LeadTexts) -> str:
    """What a person reads who asked for a move that is not allowed."""
    action, state = copy.actions[error.action], copy.states[error.state]
    if isinstance(error, RoleError):
        roles = [copy.roles[role] for role in error.roles if role != Role.SISTEM]
        return copy.role_refused.format(action=action, roles=_either(roles, copy))
    if not error.allowed:
        return copy.move_refused_all.format(action=action, state=state)
    instead = _either([copy.actions[name] for name in error.allowed], copy)
    return copy.move_refused.format(action=action, state=state, allowed=instead)


def told_move(made: Move, who: str, copy: LeadTexts) -> str:
    """A line of the history: "Ambil oleh Rina: baru → diambil"; `who` is the name to show."""
    line = copy.move_line.format(
        action=copy.actions[made.action],
        who=copy.roles[Role.SISTEM] if made.who == PROGRAM else who,
        before=copy.states[made.before],
        after=copy.states[made.after],
    )
    return copy.move_why.format(line=line, why=made.why) if made.why else line


def _either(names: Sequence[str], copy: LeadTexts) -> str:
    if len(names) < 2:
        return "".join(names) or copy.roles[Role.SISTEM]
    return copy.either.format(first=", ".join(names[:-1]), last=names[-1])
