"""The name of a prompt in, what a chat model is told out; the words stand in prompts/NAME.md.

A prompt has a version, which is kept with every draft made by it: a change of its words is a new
version. `$name` in its message is filled in.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template
from typing import Literal

PromptName = Literal["answer", "rewrite", "redraft", "translate"]
FOLDER = Path(__file__).with_name("prompts")


@dataclass(frozen=True)
class Instructions:
    """A prompt: its name and version ("answer-1"), the task, and the message to fill in."""

    label: str
    task: str
    message: Template

    def filled(self, **parts: str) -> tuple[str, str]:
        """The task and the message with its parts. Raises KeyError when one is missing."""
        return self.task, self.message.substitute(parts)


@cache
def instructions(name: PromptName) -> Instructions:
    """The prompt of that name."""
    _, head, body = (FOLDER / f"{name}.md").read_text(encoding="utf-8").split("---\n", 2)
    version = head.partition("version:")[2].strip()
    task, _, message = body.partition("# Pesan\n")
    return Instructions(f"{name}-{version}", task.strip(), Template(message.strip()))
