"""The copy of what admins are told of the running bot."""

from __future__ import annotations

from bot.texts import Copy


class OperationsTexts(Copy):
    """`problems` says each problem with its figure `detail` and what to do; `problem_names` are their
    short names."""

    name = "operations"

    problems: dict[str, str]
    problem_names: dict[str, str]
    problem_over: str
