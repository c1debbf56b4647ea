"""A file that is not in the library yet in, what it is and what it would change out; nothing is kept.

Runs as a process of its own (`python -m knowledge examine`), so that a hostile file harms nobody else.
How alike two texts are is the share of six-word runs of one that the other holds (containment after
Broder 1997): it sees a new edition and a copy with another cover, and needs no model.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from zlib import crc32

from knowledge import generation
from knowledge.archive import unpack
from knowledge.characters import decoded
from knowledge.chunk import Chunk, Document, chunks
from knowledge.curation import Notes, folder_of, read_decisions, read_notes
from knowledge.describe import describe_one, with_notes
from knowledge.embed_remote import embeddings_of
from knowledge.errors import DocumentError, NoGenerationError
from knowledge.legal_graph import Relation
from knowledge.legal_status import kind_of, shown
from knowledge.legal_text import repealed_in
from knowledge.orders import OrderClassifier
from knowledge.parse import HEAD_ORDERS, SEAM, ParsedDocument
from knowledge.query import language_of
from knowledge.regional import MADE_BY, in_region, region_of, resolve, same_number
from knowledge.sandbox import Sandbox
from knowledge.settings import LibraryConfig
from knowledge.sources import SUFFIXES, TEXT_SUFFIXES, Source, Status, split_front_matter

RUN = 6
NEAR = 0.5
LISTED = 3
PREVIEW = 3
PREVIEW_CHARACTERS = 280
ARCHIVE = ".zip"
WORD = re.compile(r"\w+")
REPEALS = "tidak berlaku"


@dataclass(frozen=True)
class Likeness:
    """A document of the library that is like the file: `share` of the file's runs that it holds."""

    key: str
    title: str
    source: str
    share: float


@dataclass(frozen=True)
class Examined:
    """What an admin has to know before a file goes into the library.

    `refusal` is why it cannot go in; then the rest is empty. `target` is the name it would get in the
    admins' folder, `replaces` the key of the document there whose place it would take, `beside` the
    titles of documents from elsewhere with the same number, `may_replace` the key of one in the admins'
    folder that is near. `becomes` says of documents of the
    library which status they would get; `quarantined` are sentences that would be left out.
    """

    staged: str
    name: str
    refusal: str | None = None
    problems: tuple[str, ...] = ()
    id: str = ""
    title: str = ""
    kind: str = ""
    number: str | None = None
    year: str | None = None
    status: str = "berlaku"
    pages: int = 0
    sections: int = 0
    chunks: int = 0
    characters: int = 0
    language: str = "id"
    ocr_pages: int = 0
    same: tuple[Likeness, ...] = ()
    near: tuple[Likeness, ...] = ()
    repeals: tuple[str, ...] = ()
    amends: tuple[str, ...] = ()
    becomes: tuple[tuple[str, str], ...] = ()
    preview: tuple[tuple[str, str], ...] = ()
    target: str = ""
    replaces: str | None = None
    beside: tuple[str, ...] = ()
    may_replace: str | None = None
    quarantined: tuple[str, ...] = ()


def examine_command(options: argparse.Namespace) -> int:
    """Examine one file or what a ZIP holds; the last line of stdout is a JSON list of `Examined`."""
    config = LibraryConfig.load(options.config, options.data)
    print(json.dumps([asdict(one) for one in examine_all(options.file, options.name, config)], ensure_ascii=False))
    return 0


def examine_all(file: Path, name: str, config: LibraryConfig) -> Iterator[Examined]:
    """What is in `file`, which its sender called `name`. The documents of a ZIP are unpacked into a
    folder beside it, once; `staged` names each relative to the folder of `file`."""
    if file.suffix.lower() != ARCHIVE:
        yield examine(file, name, file.name, config)
        return
    folder = file.with_suffix(".isi")
    shutil.rmtree(folder, ignore_errors=True)
    try:
        unpacked = unpack(file, folder, int(config.library.max_file_megabytes * 1e6))
    except DocumentError as error:
        yield Examined(file.name, name, refusal=error.reason)
        return
    for path in unpacked.files:
        yield examine(path, path.name, f"{folder.name}/{path.name}", config)
    for entry in unpacked.refused:
        yield Examined(file.name, entry.name, refusal=entry.reason)
    if not unpacked.files and not unpacked.refused:
        yield Examined(file.name, name, refusal="arsip tidak memuat berkas")


def examine(file: Path, name: str, staged: str, config: LibraryConfig) -> Examined:
    """What `file` is; a refusal is a value."""
    if file.suffix.lower() not in SUFFIXES:
        return Examined(staged, name, refusal=f"jenis berkas {file.suffix or 'tanpa akhiran'} tidak didukung")
    try:
        if file.stat().st_size > config.library.max_file_megabytes * 1e6:
            return Examined(staged, name, refusal=f"lebih dari {config.library.max_file_megabytes:.0f} MB")
        return _described(file, name, staged, config)
    except DocumentError as error:
        place = f" (hlm. {error.page})" if error.page else ""
        return Examined(staged, name, refusal=error.reason + place)


def _described(file: Path, name: str, staged: str, config: LibraryConfig) -> Examined:
    embeddings = embeddings_of(config.model, config.data.dir)
    released = read_decisions(config.data.dir).released
    classifier = OrderClassifier(embeddings, config.data.dir)
    document = _parsed(file, config)
    if classifier.with_ordering_heads([document]):
        raise DocumentError(HEAD_ORDERS)
    [document] = classifier.screened([document], released)
    document = replace(document, source=Source(Path(name), Path(name), _digest(file)))
    front, notes = document.front_matter, read_notes(file)
    info, claim = describe_one(document)
    read = claim.code if claim else None
    info, claim = with_notes(info, claim, notes)
    edges = [edge for edge in (claim.edges if claim else ()) if edge.by == info.id]
    home = region_of(info.id)
    repeals = tuple(in_region(edge.of, home) for edge in edges if edge.relation == Relation.REPEALS)
    amends = tuple(in_region(edge.of, home) for edge in edges if edge.relation == Relation.AMENDS)
    parts = chunks(document, info, config.retrieval.chunk_characters, embeddings.count_tokens)
    year = re.search(r"(?:19|20)\d{2}", (info.number or "").rpartition("/")[2])
    compared = _compare(config, info, parts, repeals)
    beside = compared.beside(config, info)
    problems = [f"hlm. {r.page}: {r.reason}" if r.page else r.reason for r in document.remarks]
    if front and beside:
        problems.append(f"id '{front.id}' sudah dipakai {beside[0]}; keluarkan dahulu dokumen itu, atau ganti id-nya")
    target = f"{front.id if front else _slug(read or Path(name).stem)}{file.suffix.lower()}"
    replaces = compared.replaces(config, info, target)
    return Examined(
        staged, name,
        problems=tuple(problems),
        id=info.id, title=info.title, kind=info.kind, number=info.number, year=year[0] if year else None,
        status=_status(notes, compared.status or str((claim and claim.status) or info.status)),
        pages=len(document.pages), sections=len({part.group for part in parts}), chunks=len(parts),
        characters=len(document.text), language=language_of(document.text[:50_000]),
        ocr_pages=len(document.scanned),
        same=compared.same, near=compared.near,
        repeals=tuple(map(shown, repeals)), amends=tuple(map(shown, amends)),
        becomes=compared.becomes, preview=tuple(_preview(parts)), target=target,
        replaces=replaces, beside=beside, may_replace=None if replaces else compared.near_own(config),
        quarantined=document.quarantined,
    )  # fmt: skip


def _status(notes: Notes | None, read: str) -> str:
    """The status in the notes, unless the library knows of a repeal that they do not."""
    noted = notes.status if notes else None
    return read if noted is None or (noted == Status.IN_FORCE and read == Status.REPEALED) else str(noted)


def _parsed(file: Path, config: LibraryConfig) -> ParsedDocument:
    """The file, read under the name that its front matter asks for: here it has a random one."""
    front = None
    if file.suffix.lower() in TEXT_SUFFIXES:
        front, _ = split_front_matter(decoded(file.read_bytes()))
    with Sandbox.of(config) as reader:
        if front is None:
            return reader.read(_source(file))
        with TemporaryDirectory(dir=file.parent) as folder:
            named = Path(folder) / f"{front.id}{file.suffix.lower()}"
            shutil.copyfile(file, named)
            return reader.read(_source(named))


def _source(file: Path) -> Source:
    return Source(file, file, _digest(file))


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


@dataclass(frozen=True)
class _Compared:
    """What the library in use holds that is like a file, or changes with it."""

    documents: tuple[Document, ...]
    same: tuple[Likeness, ...] = ()
    near: tuple[Likeness, ...] = ()
    becomes: tuple[tuple[str, str], ...] = ()
    status: str | None = None
    same_rule: tuple[str, ...] = ()

    def replaces(self, config: LibraryConfig, info: Document, target: str) -> str | None:
        """The document in the admins' folder whose place the file takes: the same rule, or the same
        file name with much the same text."""
        alike = {one.key for one in (*self.same, *self.near)}
        for document in self.documents:
            path = Path(document.key)
            if not path.is_relative_to(folder_of(config.data.dir)) or document.curated != info.curated:
                continue
            is_alike = document.key in alike
            # A regional rule of unknown region may be any region's. Front matter's id is there once.
            is_sure = info.curated or region_of(info.id) or kind_of(info.id) not in MADE_BY
            is_rule = info.curated or info.kind == "regulasi"
            is_same = (document.id == info.id and is_sure) or (document.id in self.same_rule and is_alike)
            if (is_rule and is_same) or (path.name == target and is_alike):
                return document.key
        return None

    def near_own(self, config: LibraryConfig) -> str | None:
        """The document in the admins' folder that is most like the file."""
        own = folder_of(config.data.dir)
        return next((one.key for one in self.near if Path(one.key).is_relative_to(own)), None)

    def beside(self, config: LibraryConfig, info: Document) -> tuple[str, ...]:
        """Documents from elsewhere with the same id, such as the summary that comes with the program."""
        own = folder_of(config.data.dir)
        return tuple(d.title for d in self.documents if d.id in self.same_rule and not Path(d.key).is_relative_to(own))


def _compare(config: LibraryConfig, info: Document, parts: Sequence[Chunk], repeals: Sequence[str]) -> _Compared:
    name = generation.current(config.data.dir)
    if name is None:
        return _Compared(())
    try:
        documents = generation.read_manifest(config.data.dir, name).documents
    except NoGenerationError:
        return _Compared(())
    mine = {run for part in parts for run in runs(part.text)}
    shared: dict[str, set[int]] = {}
    whole: Counter[str] = Counter()
    known = same_number(document.id for document in documents)
    same_rule = resolve(info.id, known)
    gone = {code for repealed in repeals for code in resolve(repealed, known)}
    status = next((d.status for d in documents if d.id in same_rule), None)
    homes = {document.key: region_of(document.id) for document in documents}
    for chunk in generation.open_chunks(generation.index_dir(config.data.dir) / name):
        found = set(runs(chunk.text))
        whole[chunk.document] += len(found)
        shared.setdefault(chunk.document, set()).update(found & mine)
        if REPEALS in chunk.text and info.id in chunk.mentions:
            repealed = (in_region(code, homes[chunk.document]) for code in repealed_in(chunk.text)[0])
            status = "dicabut" if info.id in repealed else status
    likes = [
        Likeness(d.key, d.title, d.source, round(len(shared.get(d.key, ())) / max(len(mine), 1), 2)) for d in documents
    ]
    near = [one for one in likes if max(one.share, len(shared.get(one.key, ())) / max(whole[one.key], 1)) >= NEAR]
    hashes = {d.key for d in documents if d.sha256 == info.sha256}
    same = [one for one in likes if one.key in hashes]
    near = sorted((one for one in near if one.key not in hashes), key=lambda one: -one.share)
    becomes = tuple((d.title, "dicabut") for d in documents if d.id in gone and d.status != "dicabut")
    return _Compared(documents, tuple(same), tuple(near[:LISTED]), becomes, status, same_rule)


def runs(text: str) -> Iterator[int]:
    """The hashes of all runs of six words."""
    words = WORD.findall(text.lower())
    return (crc32(" ".join(words[i : i + RUN]).encode()) for i in range(max(1, len(words) - RUN + 1)))


def _preview(parts: Sequence[Chunk]) -> Iterator[tuple[str, str]]:
    """Locator and beginning of three chunks from the beginning, the middle and the end."""
    places = dict.fromkeys([0, len(parts) // 2, len(parts) - 1]) if parts else {}
    for at in list(places)[:PREVIEW]:
        text = " ".join(parts[at].text.replace(SEAM, " ").split())
        yield parts[at].locator, text if len(text) <= PREVIEW_CHARACTERS else text[:PREVIEW_CHARACTERS] + " …"


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9.]+", "-", text.lower()).strip("-.")[:80] or "dokumen"
