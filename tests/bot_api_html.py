"""HTML as Telegram parses it: a message's markup enters, its plain text and its entities leave.

The rules and the wording of refusals follow TDLib, which the real Bot API server runs on. Offsets in refusals count
bytes of UTF-8, offsets of entities count units of UTF-16.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

Entity = dict[str, Any]

TYPES = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
    "a": "text_link",
}
ESCAPES = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
REFERENCE = re.compile(r"&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|(lt|gt|amp|quot));?")
ATTRIBUTE = re.compile(r"""\s*([^\s=>]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([\w.\-]+(?=[\s>]))))?\s*""", re.ASCII)
BROKEN_STRING = re.compile(r"""=\s*["']""")
INCOMING = re.compile(
    r"(?<!\S)(?P<bot_command>/\w{1,32}(?:@\w{3,32})?)|(?P<url>https?://\S+)|(?P<mention>(?<!\w)@\w{3,32})", re.ASCII
)


class MarkupError(Exception):
    """Markup that Telegram refuses; the text is what follows "can't parse entities: "."""


@dataclass(frozen=True)
class _Open:
    tag: str
    argument: str
    start: int  # in characters of the plain text


def utf16(text: str) -> int:
    """The length Telegram counts: units of UTF-16."""
    return len(text.encode("utf-16-le")) // 2


def parse_html(html: str) -> tuple[str, list[Entity]]:
    """The plain text and the entities, the outer before the inner; raises MarkupError."""
    plain = ""
    entities: list[Entity] = []
    stack: list[_Open] = []
    at = 0
    while at < len(html):
        if html[at] == "&" and (reference := REFERENCE.match(html, at)):
            plain += _character(reference)
            at = reference.end()
        elif html[at] != "<":
            plain += html[at]
            at += 1
        elif html.startswith("</", at):
            opened, at = _end_tag(html, at, stack)
            entities += _entity(opened, plain)
        else:
            opened, at = _start_tag(html, at, len(plain))
            stack.append(opened)
    if stack:
        raise MarkupError(f'Can\'t find end tag corresponding to start tag "{stack[-1].tag}"')
    return plain, sorted(entities, key=lambda entity: (entity["offset"], -entity["length"]))


def trim(plain: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """The text without the white space around it, the entities moved and cut to fit."""
    kept = plain.strip()
    lead, length = utf16(plain[: len(plain) - len(plain.lstrip())]), utf16(kept)
    fitted = []
    for entity in entities:
        start = max(entity["offset"] - lead, 0)
        end = min(entity["offset"] + entity["length"] - lead, length)
        if end > start:
            fitted.append(entity | {"offset": start, "length": end - start})
    return kept, fitted


def incoming_entities(text: str) -> list[Entity]:
    """The commands, mentions and links that Telegram marks in what a person writes."""
    return [
        {"type": found.lastgroup, "offset": utf16(text[: found.start()]), "length": utf16(found.group())}
        for found in INCOMING.finditer(text)
    ]


def _character(reference: re.Match[str]) -> str:
    decimal, hexadecimal, name = reference.groups()
    return ESCAPES[name] if name else chr(int(decimal) if decimal else int(hexadecimal, 16))


def _bytes_before(html: str, at: int) -> int:
    return len(html[:at].encode())


def _start_tag(html: str, at: int, start: int) -> tuple[_Open, int]:
    where = f"at byte offset {_bytes_before(html, at)}"
    name = re.compile(r"([^\s>]*)\s*").match(html, at + 1)
    assert name
    if name.end(1) == len(html):
        raise MarkupError(f"Unclosed start tag {where}")
    tag = name.group(1).lower()
    if tag not in TYPES:
        raise MarkupError(f'Unsupported start tag "{tag}" {where}')
    argument, at = "", name.end()
    while not html.startswith(">", at):
        attribute = ATTRIBUTE.match(html, at)
        if attribute is None and html.startswith("=", at):
            raise MarkupError(f'Empty attribute name in the tag "{tag}" {where}')
        if attribute is None or attribute.end() == len(html) or BROKEN_STRING.match(html, attribute.end()):
            raise MarkupError(f"Unclosed start tag {where}")
        if html.startswith("=", attribute.end()):
            raise MarkupError(f"Unexpected end of name token at byte offset {_bytes_before(html, attribute.end() + 1)}")
        argument, at = _argument(tag, attribute) or argument, attribute.end()
    if tag == "span" and argument != "tg-spoiler":
        raise MarkupError(f'Tag "span" must have class "tg-spoiler" {where}')
    return _Open(tag, argument, start), at + 1


def _argument(tag: str, attribute: re.Match[str]) -> str:
    name = attribute.group(1)
    value = next((group for group in attribute.groups()[1:] if group is not None), name)
    wanted = {"a": "href", "code": "class", "span": "class", "tg-emoji": "emoji-id", "blockquote": "expandable"}
    return REFERENCE.sub(_character, value) if wanted.get(tag) == name else ""


def _end_tag(html: str, at: int, stack: list[_Open]) -> tuple[_Open, int]:
    where = f"at byte offset {_bytes_before(html, at)}"
    if not stack:
        raise MarkupError(f"Unexpected end tag {where}")
    end = re.compile(r"([^\s>]*)\s*(>?)").match(html, at + 2)
    assert end
    if not end.group(2):
        raise MarkupError(f"Unclosed end tag {where}")
    found, expected = end.group(1).lower(), stack[-1].tag
    if found not in {"", expected}:
        raise MarkupError(f'Unmatched end tag {where}, expected "</{expected}>", found "</{found}>"')
    return stack.pop(), end.end()


def _entity(opened: _Open, plain: str) -> list[Entity]:
    inside = plain[opened.start :]
    if not inside:
        return []
    entity: Entity = {"type": TYPES[opened.tag], "offset": utf16(plain[: opened.start]), "length": utf16(inside)}
    if opened.tag == "a":
        url = opened.argument or inside
        if user := re.fullmatch(r"tg://user\?id=(\d+)", url):
            entity |= {"type": "text_mention", "user": {"id": int(user[1]), "is_bot": False, "first_name": inside}}
        elif not re.match(r"(https?|tg|ton|mailto|tel):|[\w-]+(\.[\w-]+)+", url):
            return []
        else:
            entity["url"] = url
    elif opened.tag == "blockquote" and opened.argument:
        entity["type"] = "expandable_blockquote"
    elif opened.tag == "tg-emoji":
        entity["custom_emoji_id"] = opened.argument
    elif opened.tag == "code" and opened.argument.startswith("language-"):
        entity |= {"type": "pre", "language": opened.argument.removeprefix("language-")}
    return [entity]
