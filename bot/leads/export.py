"""Leads in; a table of them as CSV or XLSX out, which no spreadsheet takes for anything but data.

A cell that begins like a formula is run by the program that opens the file (CSV injection, OWASP).
In CSV such a cell gets an apostrophe in front, as does one that looks like a number, so that
"0812..." keeps its zero; in XLSX every text is a cell of the type text, marked as quoted, which
stays so when it is edited.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Literal

from bot.leads.lead import Lead
from bot.leads.lifecycle import State
from bot.leads.steps import TELEGRAM
from bot.leads.which_region import region_of
from bot.texts import copy_of
from bot.texts.intake import IntakeTexts
from bot.texts.leads import LeadTexts
from bot.texts.numbers import NumbersTexts

Form = Literal["csv", "xlsx"]
Cell = str | datetime | None
# Excel with Indonesian settings has the decimal comma, so its lists are separated by semicolons.
SEPARATOR = ";"
# The signs that begin a formula, after a compatibility normalisation, which makes "＝" a "=".
BEGINS_FORMULA = frozenset("=+-@\t\r")
# Opened with another separator, a cell may be cut at any of these.
CUT = re.compile(r"""([,;|\t][\s"']*)(?=([^\s"']))""")
LIKE_NUMBER = re.compile(r"[\d\s.,/:()+Ee-]*\d[\d\s.,/:()+Ee%-]*")
# What XML 1.0 cannot hold.
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
LONGEST_CELL = 32_767
WIDEST = 60
DATE_FORMAT = "dd/mm/yyyy hh:mm"


@dataclass(frozen=True)
class Exported:
    """A lead with what the consultants added; `merged_into` is the number of the one that it is
    answered with."""

    lead: Lead
    state: State
    owner: str
    answer_due: datetime
    first_response_at: datetime | None
    merged_into: str = ""


@dataclass(frozen=True)
class Table:
    """Column heads and rows of the same length; times are in the office's zone."""

    name: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def table(leads: Sequence[Exported], zone: tzinfo) -> Table:
    """A row for each lead, in Indonesian."""
    copy = copy_of(NumbersTexts, "id")
    return Table(copy.export_sheet, tuple(copy.export_columns.values()), tuple(_row(lead, zone) for lead in leads))


def as_csv(written: Table) -> bytes:
    """UTF-8 with the mark by which Excel knows it, semicolons, CRLF, ISO dates; one line a lead."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=SEPARATOR, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(written.head)
    for row in written.rows:
        writer.writerow([_in_csv(cell) for cell in row])
    return text.getvalue().encode("utf-8-sig", "replace")


def as_xlsx(written: Table) -> bytes:
    """A sheet with a fixed head and a filter; times are dates of Excel."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    sheet = book.active
    sheet.title = written.name
    for number, row in enumerate((written.head, *written.rows), 1):
        for column, value in enumerate(row, 1):
            cell = sheet.cell(number, column)
            if isinstance(value, datetime):
                cell.value, cell.number_format = value.replace(tzinfo=None, microsecond=0), DATE_FORMAT
            elif value:
                cell.value = NOT_IN_XML.sub("", value)[:LONGEST_CELL]
                # After the value, whose first sign would make it a formula.
                cell.data_type, cell.number_format, cell.quotePrefix = "s", "@", begins_formula(value)
                cell.alignment = Alignment(vertical="top", wrap_text=True)
    for column, head in enumerate(written.head, 1):
        sheet.cell(1, column).font = Font(bold=True)
        longest = max((len(_shown(row[column - 1])) for row in written.rows), default=0)
        sheet.column_dimensions[get_column_letter(column)].width = min(max(len(head), longest) + 2, WIDEST)
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = sheet.dimensions
    result = io.BytesIO()
    book.save(result)
    return result.getvalue()


def begins_formula(text: str) -> bool:
    """Whether a spreadsheet may run the text: its first visible sign is one of a formula."""
    first = next((sign for sign in text if sign in "\t\r" or not _is_invisible(sign)), "")
    return any(sign in BEGINS_FORMULA for sign in unicodedata.normalize("NFKC", first).replace("−", "-"))


def _in_csv(cell: Cell) -> str:
    """One line of text that stays text, wherever it may be cut."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M}"
    guarded = begins_formula(cell) or LIKE_NUMBER.fullmatch(cell.strip()) is not None
    line = " ".join(NOT_IN_XML.sub("", cell).split())
    line = CUT.sub(lambda cut: cut[1] + ("'" if begins_formula(cut[2]) else ""), line)
    return f"'{line}" if guarded else line


def _is_invisible(sign: str) -> bool:
    return sign.isspace() or unicodedata.category(sign) in {"Cf", "Cc", "Mn"}


def _row(one: Exported, zone: tzinfo) -> tuple[Cell, ...]:
    """The cells in the order of the heads."""
    lead, who, intake = one.lead, one.lead.profile, copy_of(IntakeTexts, "id")
    region = region_of(who.region)
    cells: dict[str, Cell] = {
        "number": lead.number,
        "created_at": lead.created_at.astimezone(zone),
        "state": copy_of(LeadTexts, "id").states[one.state],
        "name": who.name,
        "position": who.position,
        "agency": who.agency,
        "region": region.name if region else "",
        "province": region.province if region else "",
        "code": who.region,
        "need": lead.need,
        "topics": ", ".join(intake.topics[key] for key in lead.topics),
        "stage": intake.stages.get(lead.stage, ""),
        "time_frame": intake.time_frames.get(lead.time_frame, ""),
        "contact": intake.answers[TELEGRAM] if who.contact == TELEGRAM else who.contact,
        "owner": one.owner,
        "answer_due": one.answer_due.astimezone(zone),
        "first_response_at": one.first_response_at.astimezone(zone) if one.first_response_at else None,
        "merged_into": one.merged_into,
    }
    return tuple(cells[key] for key in copy_of(NumbersTexts, "id").export_columns)


def _shown(cell: Cell) -> str:
    return DATE_FORMAT if isinstance(cell, datetime) else max((cell or "").splitlines() or [""], key=len)
