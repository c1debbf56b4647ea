"""What an admin decides about statements that were read from texts: one small file that outlives every ingest."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from knowledge.durable import replace_text
from knowledge.errors import KnowledgeError

FILE = "legal_decisions.json"


@dataclass(frozen=True)
class Decisions:
    """Keys of edges ("pp-59-2022 mencabut pp-34-2009") that an admin confirmed, and rejected."""

    confirmed: tuple[str, ...] = ()
    rejected: tuple[str, ...] = ()


def read_decisions(data_dir: Path) -> Decisions:
    """The decisions so far. Raises KnowledgeError when the file is not what `decide` wrote."""
    file = data_dir / FILE
    if not file.exists():
        return Decisions()
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
        return Decisions(tuple(map(str, values["confirmed"])), tuple(map(str, values["rejected"])))
    except (ValueError, KeyError, TypeError) as error:
        raise KnowledgeError(f"{file}: isinya rusak ({error}); perbaiki atau hapus berkas itu.") from error


def decide(data_dir: Path, key: str, *, confirm: bool) -> Decisions:
    """Confirm or reject one edge; the last word counts. The next ingest follows it."""
    before = read_decisions(data_dir)
    confirmed, rejected = ({*before.confirmed} - {key}, {*before.rejected} - {key})
    (confirmed if confirm else rejected).add(key)
    decisions = Decisions(tuple(sorted(confirmed)), tuple(sorted(rejected)))
    replace_text(data_dir / FILE, json.dumps(asdict(decisions), ensure_ascii=False, indent=1))
    return decisions
