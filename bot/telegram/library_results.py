"""What a process of the library answered in; what came of the job out, in words."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from bot.database.library_tables import LibraryJob, Upload, UploadState
from bot.database.tables import now
from bot.library import shelf
from bot.library.processes import Result
from bot.library.shelf import Move
from bot.telegram import library_cards as cards
from bot.telegram import outbox
from bot.telegram.outbox import Outgoing
from bot.texts.library import LibraryTexts
from knowledge import generation
from knowledge.errors import NoGenerationError
from knowledge.examine import Examined
from knowledge.generation import Manifest

# What takes a job back.
UNDONE_BY = {
    "repeal": "unrepeal", "unrepeal": "repeal", "delete": "undelete", "leave_out": "let_in", "let_in": "leave_out",
}  # fmt: skip
WORSE_SHOWN = 10
LONGEST_REASON = 400


@dataclass(frozen=True)
class Ended:
    """How a job ended: the text for the admin (or the reason why not), the process's own figures, and
    of an upload what was not taken and why."""

    well: bool
    text: str
    value: dict[str, Any] = field(default_factory=dict)
    missing: tuple[tuple[Move, str], ...] = ()

    @property
    def by_gate(self) -> bool:
        """Whether it was the evaluation before the switch that stopped it, which --force overrides."""
        return self.value.get("refused_by") == "gate"

    def kept(self) -> dict[str, Any]:
        """What the row remembers."""
        figures = {key: value for key, value in self.value.items() if key != "wrong"}
        return {"text": self.text, "value": figures, "by_gate": self.by_gate}


def refused(staged: str, name: str, reason: str) -> dict[str, Any]:
    """A file that could not even be examined, as `Examined` in JSON."""
    return asdict(Examined(staged, name, refusal=reason))


def manifest_of(data: Path) -> Manifest | None:
    """The manifest of the generation in use."""
    name = generation.current(data)
    try:
        return generation.read_manifest(data, name) if name else None
    except NoGenerationError:
        return None


def why(result: Result, copy: LibraryTexts) -> str:
    """Why a process did not do what it should."""
    problems = result.value.get("problems") or [] if isinstance(result.value, dict) else []
    if problems:
        return "; ".join(str(problem["reason"]) for problem in problems[-3:])[:LONGEST_REASON]
    last = (result.complaint.splitlines() or [""])[-1]
    return copy.failed_crash.format(code=result.code, complaint=last[:LONGEST_REASON])


def missing(job: LibraryJob, value: dict[str, Any], after: Manifest | None, data: Path) -> tuple[tuple[Move, str], ...]:
    """The files of an upload that are not in the generation now in use, each with the reason."""
    there = {document.key for document in after.documents} if after else set()
    reasons = {problem["path"]: str(problem["reason"]) for problem in value.get("problems") or []}
    keys = [(move, str((data / move.target).resolve())) for move in shelf.from_json(job.what["moves"])]
    return tuple(
        (move, reasons.get(key, "–")) for move, key in keys if key not in there or _was_carried_over(key, reasons)
    )


def _was_carried_over(key: str, reasons: dict[str, str]) -> bool:
    """A new version that could not be read leaves the passages of the old one in use."""
    return "versi terdahulu tetap dipakai" in reasons.get(key, "")


def report(
    job: LibraryJob, value: dict[str, Any], before: Manifest | None, after: Manifest | None, copy: LibraryTexts
) -> str:
    """What a job did, with its numbers."""
    kind = copy.kinds[job.kind]
    if job.kind == "evaluate":
        return evaluation(value, copy)
    if job.kind == "rollback":
        text = copy.rolled_back.format(generation=value["generation"])
        gone, back = difference(before, after)
        return f"{text}\n{copy.rolled_back_changes.format(gone=len(gone), back=len(back))}"
    changed = any(value[key] for key in ("added", "changed", "removed")) or _name(before) != _name(after)
    if not changed and job.kind != "upload":
        return copy.done_unchanged.format(kind=kind, generation=value["generation"])
    lines = [copy.done.format(kind=kind, generation=value["generation"])]
    lines += [cards.numbers(value, copy)] if changed else []
    problems = [f"{Path(p['path']).name}: {p['reason']}" for p in value["problems"]]
    if problems:
        lines.append(copy.done_partly.format(problems=escape("; ".join(problems)[:LONGEST_REASON])))
    return "\n".join(lines)


def difference(before: Manifest | None, after: Manifest | None) -> tuple[list[str], list[str]]:
    """The titles that are only in the one and only in the other."""
    one = {d.key: d.title for d in before.documents} if before else {}
    other = {d.key: d.title for d in after.documents} if after else {}
    return [one[key] for key in one.keys() - other.keys()], [other[key] for key in other.keys() - one.keys()]


def evaluation(value: dict[str, Any], copy: LibraryTexts) -> str:
    """The figures of an evaluation, and what is not right yet."""
    percent = {
        name: round(100 * float(value[key]))
        for name, key in {
            "recall": "recall_at_5", "kinds": "kinds_right", "facts": "facts_found", "quotes": "quotes_verbatim",
        }.items()
    }  # fmt: skip
    lines = [copy.evaluated.format(questions=value["questions"], **percent)]
    if value["wrong"]:
        lines.append(copy.evaluated_worse.format(n=len(value["wrong"])))
    lines += [
        f"• {escape(str(one['question'])[:120])} ({escape(str(one['kind']))})" for one in value["wrong"][:WORSE_SHOWN]
    ]
    return "\n".join(lines)


def settle_upload(session: Session, upload: Upload, ended: Ended, copy: LibraryTexts, days: int) -> None:
    """What was taken is live; what was not waits with its reason for another decision."""
    upload.changed_at = now()
    if not ended.missing:
        upload.state = UploadState.LIVE
        return
    names = {f"{shelf.STAGING}/{one['staged']}": one["name"] for one in upload.examined}
    reasons = {move.staged.removeprefix(f"{shelf.STAGING}/"): reason for move, reason in ended.missing}
    upload.note = None
    upload.state = UploadState.EXAMINED
    upload.examined = [
        one | {"problems": [reasons[one["staged"]]]} for one in upload.examined if one["staged"] in reasons
    ]
    for move, reason in ended.missing:
        outbox.add_text(session, upload.chat_id, cards.refused_line(move, names, reason, copy))
    upload.card = outbox.add(session, Outgoing(upload.chat_id, cards.upload_card(upload, copy, days)))[0]


def _name(manifest: Manifest | None) -> str:
    return manifest.generation if manifest else ""
