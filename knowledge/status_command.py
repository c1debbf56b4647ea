"""`python -m knowledge status`: the graph of regulations of the library in use, printed, drawn, decided upon."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from datetime import date

from knowledge.curation import decide
from knowledge.errors import KnowledgeError
from knowledge.in_force import on, shown_day
from knowledge.legal_graph import Edge, LegalGraph, Origin, Standing
from knowledge.legal_status import shown
from knowledge.legal_timeline import draw
from knowledge.library import status
from knowledge.regional import resolve, same_number
from knowledge.settings import LibraryConfig
from knowledge.shared import shared_of
from knowledge.sources import Status

MARKS = {Origin.READ: " (terbaca dari naskah, belum dikonfirmasi)", Origin.CONFIRMED: " (terbaca, dikonfirmasi admin)"}
PASSIVE = {
    "mencabut": "dicabut oleh", "mencabut sebagian": "dicabut sebagian oleh", "mengubah": "diubah dengan",
    "melaksanakan": "dilaksanakan oleh",
}  # fmt: skip


def status_command(options: argparse.Namespace) -> int:
    """Run the command line; returns the exit code. Raises KnowledgeError for an unknown id."""
    config = LibraryConfig.load(options.config, options.data)
    data_dir, shared = config.data.dir, shared_of(config)
    if shared:
        shared.exchange_files(data_dir)
    if key := options.confirm or options.reject:
        confirm = bool(options.confirm)
        _check(key, status(data_dir).graph, confirm=confirm)
        decide(data_dir, lambda before: before.on_relation(key, confirm=confirm))
        print(f"{'Dikonfirmasi' if confirm else 'Ditolak'}: {key}. Berlaku sejak ingest berikutnya.")
        return 0
    manifest = status(data_dir)
    graph = manifest.graph
    if options.draw:
        options.draw.write_text(draw(graph, {document.id for document in manifest.documents}), encoding="utf-8")
        print(f"Gambar ditulis ke {options.draw}.")
        return 0
    wanted = resolve(options.id, same_number(graph.by_code)) if options.id else tuple(graph.by_code)
    chosen = [graph.by_code[code] for code in wanted]
    if options.id and not chosen:
        raise KnowledgeError(f"{options.id} tidak dikenal pustaka; contoh kode: pp-59-2022.")
    edges = [e for e in graph.edges if e.by in wanted or e.of in wanted]
    if options.json:
        print(json.dumps(_as_json(graph, chosen, edges), ensure_ascii=False))
        return 0
    joined = [s for s in chosen if options.id or any(s.code in {e.by, e.of} for e in edges)]
    here = {document.id for document in manifest.documents}
    for standing in sorted(joined, key=lambda s: s.code):
        print("\n".join(_lines(standing, graph, edges, is_here=standing.code in here)))
    rules = {document.id for document in manifest.documents if document.kind == "regulasi"}
    alone = [s for s in chosen if s not in joined and s.code in rules]
    if alone:
        print("\nTanpa hubungan yang diketahui:")
    for standing in sorted(alone, key=lambda s: s.code):
        print(f"  {_lines(standing, graph, [], is_here=True)[0]}")
    unconfirmed = sum(edge.origin == Origin.READ for edge in edges)
    print(f"\n{len(joined) + len(alone)} peraturan, {len(edges)} hubungan, {unconfirmed} belum dikonfirmasi.")
    for problem in manifest.problems:
        print(f"  ! {problem.path}: {problem.reason}")
    return 0


def _check(key: str, graph: LegalGraph, *, confirm: bool) -> None:
    """A typing mistake must not become a decision; one that was rejected is in no graph any more."""
    known = {edge.key for edge in graph.edges if edge.origin != Origin.FRONT_MATTER}
    if not confirm and key not in known:
        raise KnowledgeError(f"'{key}' tidak ada di antara yang terbaca: {', '.join(sorted(known)) or 'tidak ada'}.")


def _lines(standing: Standing, graph: LegalGraph, edges: list[Edge], *, is_here: bool) -> list[str]:
    code, today = standing.code, on(date.today())
    span = ", ".join(
        f"{word} {shown_day(day, 'id')}"
        for word, day in (("sejak", standing.in_force_from), ("sampai", standing.in_force_until))
        if day
    )
    mark = MARKS[Origin.READ] if standing.is_read else ""
    known = graph.status(code, today)
    # Of a rule that is only spoken of nobody has looked up whether it is in force.
    state = known if is_here or known == Status.REPEALED else "tidak ada dokumennya di sini"
    lines = [f"{shown(code)} [{code}]: {state}{mark}{'; ' + span if span else ''}"]
    for edge in edges:
        draft = "rancangan: " if edge.is_draft else ""
        if edge.by == code:
            lines.append(f"  {draft}{edge.relation} {shown(edge.of)}{MARKS.get(edge.origin, '')}")
        elif edge.of == code:
            lines.append(f"  {draft}{PASSIVE[edge.relation]} {shown(edge.by)}{MARKS.get(edge.origin, '')}")
    instead = graph.instead_of(code, today)
    return [*lines, *([f"  sekarang: {', '.join(map(shown, instead))}"] if instead else [])]


def _as_json(graph: LegalGraph, standings: list[Standing], edges: list[Edge]) -> dict[str, object]:
    today = on(date.today())
    return {
        "regulations": [
            {
                **asdict(s), "name": shown(s.code), "status": graph.status(s.code, today),
                "instead": graph.instead_of(s.code, today),
            }
            for s in standings
        ],
        "edges": [{**asdict(edge), "key": edge.key} for edge in edges],
    }  # fmt: skip
