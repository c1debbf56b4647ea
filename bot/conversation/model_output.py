"""What a chat model has written so far in, the points that are complete out.

Models that can call a tool write JSON; others are asked for marked lines. Both are read from the
text itself, however it is wrapped: a code fence, words before it, a list in a list, an end that
is missing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

OBJECT = re.compile(r"\{")
TEXT_KEYS = ("text", "teks", "butir", "pernyataan", "point", "statement")
NUMBER_KEYS = ("citations", "sumber", "sitasi", "kutipan", "citation", "sources", "source")
MARK = re.compile(r"[\[【](?:sumber\s*)?((?:\d{1,3})(?:\s*[,;&]\s*(?:sumber\s*)?\d{1,3})*)[\]】]", re.I)
ONE = re.compile(r"\d{1,3}")
BULLET = re.compile(r"^\s*(?:[-–•*]|\d{1,2}[.)])\s+")
# Models that think aloud do so first; the end of a thought may still be to come.
THOUGHT = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.S | re.I)
# What frames the points: headings, fences, the braces of JSON that could not be read.
HEADING = re.compile(
    r"^\s*(?:#|```|[{}\]]|\[\s*[{\]\"]|\*\*[^*]+\*\*\s*:?\s*$|(?:jawaban|butir|sumber|answer)\s*:?\s*$)", re.I
)
IMAGE = re.compile(r"!\[[^\]]*\]\([^)]*\)|<img\b[^>]*>", re.I)
LINK = re.compile(r"\[([^\]\d][^\]]*)\]\([^)]*\)")
ADDRESS = re.compile(
    r"(?:https?://|www\.|t\.me/|mailto:)\S+|"
    r"\b[\w-]+(?:\.[\w-]+)*\.(?:com|net|org|id|io|me|xyz|info|co)(?:/\S*)?\b",
    re.I,
)
TAG = re.compile(r"</?[a-z][^>]*>", re.I)
EMPHASIS = re.compile(r"(\*\*|__|`)")


@dataclass(frozen=True)
class Proposed:
    """A point as a model proposes it: its text, without marks, and the numbers that it cites."""

    text: str
    citations: tuple[int, ...]


def points(written: str, *, complete: bool) -> list[Proposed]:
    """The points of what was written; without `complete` only those that cannot change any more."""
    written = THOUGHT.sub("", written)
    if '"' in written and OBJECT.search(written):
        found = [point for item in _objects(written) if (point := _of_object(item))]
        if found:
            return found
        if not complete and written.lstrip(" \n`json").startswith(("{", "[")):
            return []
    lines = written.splitlines(keepends=True)
    if lines and not complete and not lines[-1].endswith("\n"):
        lines.pop()
    return [point for line in lines if (point := _of_line(line))]


def without_links(text: str, source: str) -> str:
    """The text without images, tags and emphasis, links as their words; an address stays where
    `source` has it too."""
    plain = EMPHASIS.sub("", TAG.sub("", LINK.sub(r"\1", IMAGE.sub("", text))))
    plain = ADDRESS.sub(lambda match: match[0] if match[0].rstrip(".,;)") in source else "", plain)
    return re.sub(r"\s+([.,;:])", r"\1", " ".join(plain.split()))


def _objects(written: str) -> Iterator[dict[str, object]]:
    """Every complete object with a text, wherever it stands."""
    decoder = json.JSONDecoder(strict=False)
    at = 0
    while match := OBJECT.search(written, at):
        try:
            value, end = decoder.raw_decode(written, match.start())
        except ValueError:
            at = match.end()
            continue
        if any(isinstance(value.get(key), str) for key in TEXT_KEYS):
            yield value
            at = end
        else:
            # What is inside of it counts.
            at = match.end()


def _of_object(item: dict[str, object]) -> Proposed | None:
    text = next(str(item[key]) for key in TEXT_KEYS if isinstance(item.get(key), str))
    given = next((item[key] for key in NUMBER_KEYS if key in item), [])
    cited = [int(n) for n in ONE.findall(json.dumps(given))]
    return _point(text, cited)


def _of_line(line: str) -> Proposed | None:
    if not line.strip() or HEADING.match(line):
        return None
    return _point(BULLET.sub("", line), [])


def _point(text: str, cited: list[int]) -> Proposed | None:
    numbers = [*cited, *(int(n) for mark in MARK.finditer(text) for n in ONE.findall(mark[1]))]
    plain = re.sub(r"\s+([.,;:])", r"\1", " ".join(MARK.sub(" ", text).split()))
    return Proposed(plain, tuple(dict.fromkeys(numbers))) if re.search(r"\w{2}", plain) else None
