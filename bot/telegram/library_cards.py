"""Uploads, documents and jobs in; what an admin reads of them out, with buttons."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.database.library_tables import LibraryJob, Upload
from bot.database.tables import OutboxMessage, OutboxState
from bot.library.shelf import Move
from bot.telegram import buttons, outbox
from bot.telegram.buttons import data
from bot.telegram.outbox import Outgoing, html
from bot.telegram.render import LONGEST_MESSAGE, units
from bot.texts.library import LibraryTexts
from knowledge.chunk import Document
from knowledge.generation import Manifest

# The actions of the buttons: on an upload, a document, the list, a job, the rollback.
UPLOAD, DOCUMENT, LIST, JOB, ROLLBACK = "lu", "ld", "lp", "lj", "lr"
TAKE_IN, FORCE, CANCEL, NOTES, VIEW, UNDO = "masuk", "paksa", "batal", "ket", "lihat", "urung"
QUARANTINE, REPLACE = "karantina", "ganti"
FILES_SHOWN = 20
VIEWED = 8
PAGE = 8
LONGEST_WORDS = 40
BAR = 10
PROBLEMS_SHOWN = 5


def replaceable(one: dict[str, Any]) -> dict[str, Any] | None:
    """The document whose place an examined file could take, as an admin may decide."""
    key = one.get("may_replace")
    return next((like for like in one["near"] if like["key"] == key), None)


def usable(upload: Upload) -> list[tuple[int, dict[str, Any]]]:
    """The examined files that can go into the library, with their places."""
    return [(i, one) for i, one in enumerate(upload.examined) if not one["refusal"]]


def upload_card(
    upload: Upload, copy: LibraryTexts, days: int, *, failed: str = "", force: bool = False
) -> dict[str, Any]:
    """What an upload is and would change, as the parameters of one message; first why it `failed` to come in."""
    good, bad = usable(upload), [one for one in upload.examined if one["refusal"]]
    blocks = [block for block in (failed, escape(upload.note or "")) if block]
    if len(good) == 1:
        blocks += about(good[0][1], copy, days)
    elif good:
        lines = [
            copy.card_line.format(n=i + 1, title=escape(one["title"]), name=escape(one["name"]))
            + f"\n     {_becomes_of_it(one, copy, days)[0]}"
            for i, one in good[:FILES_SHOWN]
        ]
        lines += [copy.card_more.format(n=len(good) - FILES_SHOWN)] if len(good) > FILES_SHOWN else []
        who = escape(upload.person_name)
        blocks += [copy.card_head.format(who=who, n=len(good), refused=len(bad)), "\n".join(lines)]
    blocks += [
        copy.card_refused.format(name=escape(one["name"]), reason=escape(one["refusal"])) for one in bad[:FILES_SHOWN]
    ]
    if not good:
        return html(fitted([*blocks, copy.card_nothing]))
    take = copy.button_take_in if len(good) == 1 else copy.button_take_all.format(n=len(good))
    rows = [[buttons.button(take, data(UPLOAD, upload.id, TAKE_IN))]]
    if force:
        rows.append([buttons.button(copy.button_force, data(UPLOAD, upload.id, FORCE))])
    if len(good) == 1:
        rows.append([buttons.button(copy.button_notes, data(UPLOAD, upload.id, f"{NOTES}.{good[0][0]}"))])
    else:
        rows += [
            [
                buttons.button(
                    copy.button_page.format(n=i + 1, title=one["title"]), data(UPLOAD, upload.id, f"{VIEW}.{i}")
                )
            ]
            for i, one in good[:VIEWED]
        ]
    if len(good) == 1 and (like := replaceable(good[0][1])):
        label = copy.button_replace.format(title=like["title"])
        rows.append([buttons.button(label, data(UPLOAD, upload.id, f"{REPLACE}.{good[0][0]}"))])
    orders = {words for _, one in good for words in one.get("quarantined", ())}
    if orders:
        label = copy.button_quarantine.format(n=len(orders))
        rows.append([buttons.button(label, data(UPLOAD, upload.id, QUARANTINE))])
    rows.append([buttons.button(copy.button_cancel, data(UPLOAD, upload.id, CANCEL))])
    return html(fitted(blocks), buttons.keyboard(*rows))


def file_card(upload: Upload, place: int, copy: LibraryTexts, days: int) -> dict[str, Any]:
    """One file of an upload of several."""
    notes = buttons.button(copy.button_notes, data(UPLOAD, upload.id, f"{NOTES}.{place}"))
    return html(fitted(about(upload.examined[place], copy, days)), buttons.keyboard([notes]))


def about(one: dict[str, Any], copy: LibraryTexts, days: int) -> list[str]:
    """What one examined file is, as blocks."""
    size = copy.card_size_pages if one["pages"] else copy.card_size
    facts = [copy.card_kind.format(kind=escape(one["kind"]))]
    if one["number"]:
        facts.append(copy.card_number.format(number=escape(one["number"]), year=one["year"] or "–"))
    facts.append(
        size.format(
            pages=one["pages"],
            sections=one["sections"],
            chunks=one["chunks"],
            language=copy.card_language[one["language"]],
        )
    )
    if one["ocr_pages"]:
        facts.append(copy.card_ocr.format(n=one["ocr_pages"]))
    facts.append(copy.card_status.format(status=copy.statuses.get(one["status"], one["status"])))
    facts += [copy.card_repeals.format(rules=escape(", ".join(one["repeals"])))] if one["repeals"] else []
    facts += [copy.card_amends.format(rules=escape(", ".join(one["amends"])))] if one["amends"] else []
    warnings = [
        copy.card_same.format(title=escape(like["title"]), source=escape(like["source"])) for like in one["same"]
    ]
    warnings += [
        copy.card_near.format(
            share=round(100 * like["share"]), title=escape(like["title"]), source=escape(like["source"])
        )
        for like in one["near"]
    ]
    warnings += [copy.card_problem.format(problem=escape(problem)) for problem in one["problems"][:PROBLEMS_SHOWN]]
    previews = [
        copy.card_preview.format(locator=escape(locator or "–"), text=escape(text)) for locator, text in one["preview"]
    ]
    head = copy.card_file.format(title=escape(one["title"]), name=escape(one["name"]))
    return [head, "\n".join(facts), "\n".join(warnings), "\n".join(_becomes_of_it(one, copy, days)), *previews]


def _becomes_of_it(one: dict[str, Any], copy: LibraryTexts, days: int) -> list[str]:
    old = str(one["replaces"] or "").rpartition("/")[2]
    lines = [copy.card_replaces.format(old=escape(old), days=days)] if old else [
        copy.card_added.format(target=escape(one["target"]))
    ]  # fmt: skip
    lines += [copy.card_beside.format(titles=escape(", ".join(one["beside"])))] if one["beside"] else []
    return lines + [
        copy.card_becomes.format(title=escape(title), status=copy.statuses.get(status, status))
        for title, status in one["becomes"]
    ]


def fitted(blocks: Iterable[str]) -> str:
    """The blocks that fit into one message; the last ones are left out."""
    text = ""
    for block in filter(None, blocks):
        longer = f"{text}\n\n{block}" if text else block
        if units(longer) > LONGEST_MESSAGE - 200:
            break
        text = longer
    return text


def progress_text(job: LibraryJob, copy: LibraryTexts, stage: tuple[str, int, int] | None = None) -> str:
    """A job that is under way."""
    text = copy.working.format(kind=copy.kinds[job.kind], who=escape(job.person_name))
    if stage is None:
        return text
    name, done, total = stage
    filled = round(BAR * done / max(total, 1))
    bar = "▓" * filled + "░" * (BAR - filled)
    return f"{text}\n{copy.stage.format(bar=bar, stage=copy.stages.get(name, name), done=done, total=total)}"


def show_progress(session: Session, job: LibraryJob, text: str) -> None:
    """Change the message that shows a job's progress; a change that has not left yet is overtaken."""
    query = select(OutboxMessage).where(OutboxMessage.replaces == job.message)
    waiting = session.scalar(query.where(OutboxMessage.state == OutboxState.WAITING).limit(1))
    if waiting:
        waiting.parameters = html(text)
    else:
        outbox.add(session, Outgoing(job.chat_id, html(text), "edit_message_text", replaces=job.message))


def undo_button(job: LibraryJob, copy: LibraryTexts) -> buttons.Keyboard:
    """Takes back what a job did."""
    return buttons.keyboard([buttons.button(copy.button_undo, data(JOB, job.token, UNDO))])


def force_button(job: LibraryJob, copy: LibraryTexts) -> buttons.Keyboard:
    """Does a job although the evaluation before the switch speaks against it."""
    return buttons.keyboard([buttons.button(copy.button_force_job, data(JOB, job.token, FORCE))])


def numbers(value: dict[str, Any], copy: LibraryTexts) -> str:
    """What an ingest did, in its own figures."""
    keys = ("added", "changed", "removed", "unchanged", "chunks", "embedded")
    return copy.done_numbers.format(**{key: value[key] for key in keys}, seconds=round(float(value["seconds"])))


def refused_line(move: Move, names: dict[str, str], reason: str, copy: LibraryTexts) -> str:
    """A file that an ingest did not take."""
    name = names.get(move.staged, move.target)
    return copy.done_refused.format(name=escape(name), reason=escape(reason))


# The list and one document.


def handle(document: Document) -> str:
    """What stands for a document in the data of a button."""
    return hashlib.sha256(document.key.encode()).hexdigest()[:12]


def list_page(manifest: Manifest, words: str, page: int, copy: LibraryTexts) -> tuple[str, buttons.Keyboard]:
    """One page of the documents that fit; what is asked for beyond the last page gets the last."""
    fitting = search(manifest.documents, words)
    if not fitting:
        empty = copy.list_none.format(words=escape(words)) if manifest.documents else copy.list_empty
        return empty, buttons.keyboard()
    pages = -(-len(fitting) // PAGE)
    page = min(max(page, 1), pages)
    about_words = f" – {escape(words)}" if words else ""
    lines = [
        copy.list_line.format(
            n=n, title=escape(document.title), status=copy.statuses[document.status], id=escape(document.id)
        )
        for n, document in enumerate(fitting[(page - 1) * PAGE : page * PAGE], (page - 1) * PAGE + 1)
    ]
    counts = Counter(document.status for document in fitting)
    told = ", ".join(f"{count} {copy.statuses[status]}" for status, count in counts.most_common())
    foot = copy.list_counts.format(n=len(fitting), counts=told, chunks=manifest.chunks, generation=manifest.generation)
    row = [buttons.button(copy.button_previous, data(LIST, str(page - 1), words))] if page > 1 else []
    row += [buttons.button(copy.button_next, data(LIST, str(page + 1), words))] if page < pages else []
    head = copy.list_head.format(about=about_words, page=page, pages=pages)
    return fitted([head, "\n".join(lines), foot]), buttons.keyboard(row)


def search(documents: Sequence[Document], words: str) -> list[Document]:
    """The documents that hold every word in title, id, number, status or file name, by title."""
    wanted = words.lower().split()
    searched = ((d, f"{d.title} {d.id} {d.number or ''} {d.status} {d.source}".lower()) for d in documents)
    found = [d for d, said in searched if all(word in said for word in wanted)]
    return sorted(found, key=lambda d: (d.title.lower(), d.key))


def words_of(arguments: Sequence[str]) -> str:
    """Search words as the data of a button can carry them: within its 64 bytes, without a colon."""
    text = " ".join(" ".join(arguments).replace(":", " ").split())
    while len(text.encode()) > LONGEST_WORDS:
        text = text[:-1]
    return text.strip()


def document_page(
    document: Document, sections: int, cited: int, copy: LibraryTexts, *, own: bool, marked: bool
) -> tuple[str, buttons.Keyboard]:
    """One document with its buttons; `own` says that it lies in the admins' folder, `marked` that an
    admin marked it as repealed."""
    lines = [
        copy.document.strip().format(
            title=escape(document.title),
            id=escape(document.id),
            kind=document.kind,
            status=copy.statuses[document.status],
            sections=sections,
            cited=cited,
            source=escape(document.source),
        )
    ]
    lines += [copy.document_number.format(number=escape(document.number))] if document.number else []
    for text, rules in (
        (copy.document_repealed_by, document.repealed_by),
        (copy.document_amended_by, document.amended_by),
    ):
        lines += [text.format(rules=escape(", ".join(rules)))] if rules else []
    lines += [copy.document_marked] if marked else []
    lines += [] if own else [f"<i>{copy.document_foreign}</i>"]
    row = handle(document)
    repeal = (copy.button_unrepeal, "batalcabut") if marked else (copy.button_repeal, "cabut")
    delete = copy.button_delete if own else copy.button_leave_out
    rows = [[buttons.button(copy.button_file, data(DOCUMENT, row, "berkas"))]]
    if marked or document.status != "dicabut":
        rows.append([buttons.button(repeal[0], data(DOCUMENT, row, repeal[1]))])
    if document.quarantined:
        label = copy.button_quarantine.format(n=len(document.quarantined))
        rows.append([buttons.button(label, data(DOCUMENT, row, QUARANTINE))])
    rows.append([buttons.button(delete, data(DOCUMENT, row, "hapus"))])
    return "\n".join(lines), buttons.keyboard(*rows)
