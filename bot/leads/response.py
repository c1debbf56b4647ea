"""An approved response in, the office's letter "Tanggapan Konsultasi Awal" (DOCX) out.

The letter is Indonesian whatever the language of the answer, as letters between offices are. Its
form is a Word template that the office can replace. The names in it: nomor, tanggal, hal, nama,
jabatan, instansi, daerah, tempat, penafian, konsultan; lists: kepada, pertanyaan, peringatan,
langkah, jawaban (teks, butir), dasar_hukum (peraturan, pasal, status, tanda), sumber (n, judul,
bagian, kutipan, status).

ResponseError    the template cannot be used; the message says what to mend
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.conversation.document import FORBIDDEN
from bot.conversation.draft import Citation
from bot.conversation.profile import Profile
from bot.leads.versions import marks
from bot.leads.which_region import region_of
from bot.texts import copy_of
from bot.texts.document import DocumentTexts
from bot.texts.leads import LeadTexts
from knowledge.legal_status import references

if TYPE_CHECKING:
    from docxtpl import DocxTemplate
    from jinja2 import Environment

DEFAULT_TEMPLATE = Path(__file__).with_name("templates") / "tanggapan.docx"
# A letter without one of these is none.
NEEDED = frozenset({"nomor", "jawaban", "sumber", "penafian"})
ITEM = re.compile(r"^\s*(?:[-•*–]|\d{1,2}[.)])\s+")
ARTICLE = re.compile(r"\bpasal\b", re.IGNORECASE)


class ResponseError(Exception):
    """The template cannot be opened or filled in."""


@dataclass(frozen=True)
class ResponseFields:
    """What stands in the letter. `text` is the approved version with its [n]; of `citations` those
    are listed that it uses; `steps` and `warnings` are what it does not say already. `day` is the
    day in the office's own time, `subject` a short phrase."""

    number: str
    day: date
    recipient: Profile
    subject: str
    question: str
    text: str
    citations: tuple[Citation, ...]
    consultant: str
    steps: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Template:
    """The form of the letter: its file, which messages name, and what it held when it was read, so
    that an approval cannot fail on a file that was changed since."""

    file: Path
    content: bytes = field(repr=False)


# What a template is tried out with: every list has an entry, so every place of it is filled in.
SAMPLE = ResponseFields(
    number="KC-2601-0001",
    day=date(2026, 1, 2),
    recipient=Profile("Nama", "Jabatan", "Instansi", "33.05"),
    subject="hal",
    question="Pertanyaan",
    text="Jawaban [1].\n- butir",
    citations=(Citation(1, "p.md", "PP 59/2022 tentang Perkotaan", "Pasal 61", "Kutipan", "berlaku", "/p.md", "p#1"),),
    consultant="Konsultan",
    steps=("Langkah",),
    warnings=("Peringatan",),
)


def read_template(file: Path | None = None) -> Template:
    """The office's own template, or the shipped one. ResponseError where it is missing, broken, or
    has no place for what a letter needs."""
    path, copy = file or DEFAULT_TEMPLATE, copy_of(LeadTexts, "id")
    try:
        template = Template(path, path.read_bytes())
    except FileNotFoundError as error:
        raise ResponseError(copy.template_missing.format(file=path)) from error
    except OSError as error:
        raise ResponseError(copy.template_unreadable.format(file=path, reason=error.strerror)) from error
    response_document(SAMPLE, template)
    missing = NEEDED - _opened(template, copy).get_undeclared_template_variables(_environment())
    if missing:
        names = ", ".join(f"{{{{ {name} }}}}" for name in sorted(missing))
        raise ResponseError(copy.template_incomplete.format(file=path, names=names))
    return template


def response_document(fields: ResponseFields, template: Template | None = None) -> bytes:
    """The letter as DOCX, from the shipped template unless the office has its own.

    Every value is text: nothing in it is read as markup or as a part of the template.
    ResponseError names the template and what is wrong with it.
    """
    copy = copy_of(LeadTexts, "id")
    form = template or Template(DEFAULT_TEMPLATE, DEFAULT_TEMPLATE.read_bytes())
    return _filled(_opened(form, copy), _values(fields, copy), form.file, copy)


def _opened(template: Template, copy: LeadTexts) -> DocxTemplate:
    from docxtpl import DocxTemplate

    try:
        word = DocxTemplate(io.BytesIO(template.content))
        word.init_docx()
    # An office's own file can break zipfile, lxml and python-docx in any way.
    except Exception as error:
        raise ResponseError(copy.template_unreadable.format(file=template.file, reason=error)) from error
    return word


def _filled(word: DocxTemplate, values: dict[str, Any], file: Path, copy: LeadTexts) -> bytes:
    from jinja2 import UndefinedError

    try:
        word.render(values, jinja_env=_environment(), autoescape=True)
    except UndefinedError as error:
        raise ResponseError(copy.template_unknown_name.format(file=file, reason=error.message)) from error
    # What stands between its braces is a small program, which can fail in any way.
    except Exception as error:
        raise ResponseError(copy.template_broken.format(file=file, reason=error)) from error
    properties = word.docx.core_properties
    properties.title, properties.author = values["judul"], values["konsultan"]
    properties.created = properties.modified = datetime.combine(values["hari"], time(), UTC)
    result = io.BytesIO()
    word.save(result)
    return result.getvalue()


def _environment() -> Environment:
    """A misspelt name is an error instead of a gap; the template can reach nothing but its values."""
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    return ImmutableSandboxedEnvironment(autoescape=True, undefined=StrictUndefined)


def _values(fields: ResponseFields, copy: LeadTexts) -> dict[str, Any]:
    """What the template can name, in the words of who edits it."""
    used = marks(fields.text, fields.citations).used
    cited = sorted((c for c in fields.citations if c.n in used), key=lambda c: c.n)
    region = region_of(fields.recipient.region)
    who = fields.recipient
    title = copy.response_title
    return {
        "judul": _clean(title),
        "hari": fields.day,
        "nomor": _clean(fields.number),
        "tanggal": _date(fields.day),
        "hal": _clean(f"{title}: {fields.subject}" if fields.subject else title),
        "nama": _clean(who.name),
        "jabatan": _clean(who.position),
        "instansi": _clean(who.agency),
        "daerah": region.name if region else "",
        "tempat": region.short if region else copy.response_place_unknown,
        "kepada": _addressee(who, copy),
        "pertanyaan": _paragraphs(fields.question),
        "jawaban": _blocks(fields.text),
        "dasar_hukum": _legal_basis(cited, copy),
        "langkah": [_clean(step) for step in fields.steps if step.strip()],
        "peringatan": [_clean(warning) for warning in fields.warnings if warning.strip()],
        "sumber": [_source(citation, copy) for citation in cited],
        "penafian": copy.response_disclaimer,
        "konsultan": _clean(fields.consultant),
    }


def _addressee(who: Profile, copy: LeadTexts) -> list[str]:
    """The lines under "Yth.": the name, the position, the agency."""
    lines = [_clean(line) for line in (who.name or copy.response_unnamed, who.position, who.agency)]
    return [line for line in lines if line]


def _blocks(text: str) -> list[dict[str, Any]]:
    """The answer's paragraphs and lists in their order: `butir` is empty in a paragraph, `teks`
    in a list."""
    lines = _paragraphs(text)
    blocks: list[dict[str, Any]] = []
    for is_item, group in groupby(lines, lambda line: ITEM.match(line) is not None):
        if is_item:
            blocks.append({"teks": "", "butir": [ITEM.sub("", line) for line in group]})
        else:
            blocks += [{"teks": line, "butir": []} for line in group]
    return blocks


def _legal_basis(cited: Sequence[Citation], copy: LeadTexts) -> list[dict[str, str]]:
    """The regulations among the sources, each once with all its articles and its status."""
    rules = [citation for citation in cited if references(citation.title) and ARTICLE.search(citation.locator)]
    found: list[dict[str, str]] = []
    for document in dict.fromkeys(citation.document for citation in rules):
        mine = [citation for citation in rules if citation.document == document]
        found.append(
            {
                "peraturan": _clean(mine[0].title),
                "pasal": _clean("; ".join(dict.fromkeys(citation.locator for citation in mine))),
                "status": _clean(copy.statuses.get(mine[0].status, mine[0].status)),
                "tanda": "".join(f"[{citation.n}]" for citation in mine),
            }
        )
    return found


def _source(citation: Citation, copy: LeadTexts) -> dict[str, str]:
    return {
        "n": str(citation.n),
        "judul": _clean(citation.title),
        "bagian": _clean(citation.locator),
        "kutipan": "\n".join(_paragraphs(citation.quote)),
        "status": _clean(copy.statuses.get(citation.status, citation.status)),
    }


def _date(day: date) -> str:
    """ "25 November 2026"."""
    return f"{day.day} {copy_of(DocumentTexts, 'id').months[day.month - 1]} {day.year}"


def _paragraphs(text: str) -> list[str]:
    lines = FORBIDDEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).split("\n")
    return [" ".join(line.split()) for line in lines if line.strip()]


def _clean(text: str) -> str:
    return " ".join(FORBIDDEN.sub("", text).split())
