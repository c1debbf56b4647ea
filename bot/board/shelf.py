"""The library in use in; its documents, how often each was cited, and the sections of one out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from bot.board.desk import BoardDesk
from bot.board.show import Pages
from bot.database.answers import times_cited
from bot.database.sessions import Visitor
from bot.texts import copy_of
from bot.texts.document import DocumentTexts
from knowledge.chunk import Document

ORDERS = ("kutipan", "judul")


@dataclass(frozen=True)
class Shelved:
    """A document of the library; `address` stands for where it lies, which is nobody's business."""

    address: str
    document: Document
    cited: int


@dataclass(frozen=True)
class Section:
    """A section of a document, whole."""

    locator: str
    text: str


class ShelfPage:
    """The pages of the library."""

    def __init__(self, desk: BoardDesk, pages: Pages) -> None:
        self._desk = desk
        self._pages = pages

    async def show(self, request: Request, visitor: Visitor) -> Response:
        """All documents; `cari` finds by title and number, `status` by standing in law."""
        counts = await self._desk.do(times_cited)
        words, status = request.query_params.get("cari", "").strip()[:200], request.query_params.get("status", "")
        order = request.query_params.get("urut", "")

        def compute() -> dict[str, Any]:
            manifest = self._desk.current_library().manifest
            documents = _shelved(manifest.documents, counts)
            found = [one for one in documents if _fits(one.document, words, status)]
            found.sort(key=lambda one: (0 if order == "judul" else -one.cited, one.document.title.lower()))
            return {"documents": found, "count": len(documents), "manifest": manifest}

        values = await self._desk.think(compute)
        values |= {"words": words, "status": status, "order": order, "orders": ORDERS, "statuses": _statuses()}
        return self._pages.answer(request, "shelf.html", visitor, values)

    async def document(self, request: Request, visitor: Visitor) -> Response:
        """One document with its sections."""
        address = request.path_params["address"]
        counts = await self._desk.do(times_cited)

        def compute() -> dict[str, Any] | None:
            library = self._desk.current_library()
            found = next((one for one in _shelved(library.manifest.documents, counts) if one.address == address), None)
            if found is None:
                return None
            groups = {chunk.group: chunk.locator for chunk in library.chunks_of(found.document.key)}
            sections = [
                Section(name, library.section_text(found.document.key, group)) for group, name in groups.items()
            ]
            return {"one": found, "sections": sections, "statuses": _statuses()}

        values = await self._desk.think(compute)
        if values is None:
            return self._pages.message(request, visitor, "not_found", 404)
        return self._pages.answer(request, "document.html", visitor, values)


def _shelved(documents: tuple[Document, ...], counts: Mapping[str, int]) -> list[Shelved]:
    return [
        Shelved(hashlib.sha256(document.key.encode()).hexdigest()[:16], document, counts.get(document.key, 0))
        for document in documents
    ]


def _fits(document: Document, words: str, status: str) -> bool:
    said = f"{document.title} {document.number or ''} {document.id}".lower()
    return words.lower() in said and (not status or document.status == status)


def _statuses() -> dict[str, str]:
    return copy_of(DocumentTexts, "id").statuses
