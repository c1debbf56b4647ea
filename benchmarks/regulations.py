"""Retrieval over real regulation texts: nDCG@10 by article, beside LangChain's tutorial chain.

Both search the same files with the same encoder. The reference splits the raw text every
1,000 characters (overlap 200), stores it in Chroma and takes the most similar; its chunk
counts for the article that holds most of it. Usage:

    python -m benchmarks.regulations FOLDER [--questions FILE]
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import ingest
from knowledge.embed import EmbeddingCache, SentenceEmbeddings
from knowledge.errors import DocumentError
from knowledge.parse import ParsedDocument, parse
from knowledge.retrieve import Library
from knowledge.settings import LibraryConfig
from knowledge.sources import find
from knowledge.structure import SectionText, sections

QUESTIONS = Path(__file__).resolve().parent.parent / "tests" / "questions_regulations.jsonl"
DEPTH = 10

Place = tuple[str, str]


@dataclass(frozen=True)
class Case:
    """A question and the places (file stem, article or page) that answer it."""

    question: str
    relevant: frozenset[Place]


def main() -> None:
    """Print one row for each system."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--questions", type=Path, default=QUESTIONS)
    parser.add_argument("--data", type=Path, default=Path(tempfile.gettempdir()) / "kotacerdas-bench")
    options = parser.parse_args()
    config = LibraryConfig.load(data_dir=options.data)
    ingest.main([str(options.folder), "--only", "--data", str(options.data)])
    cases = read_cases(options.questions)
    embeddings = SentenceEmbeddings(config.model, config.data.dir)
    library = Library(config, embeddings)
    ours = [
        ndcg(
            case.relevant,
            (
                places(p.document.source, p.chunk.locator, p.chunk.articles)
                for p in library.search(case.question, DEPTH).passages
            ),
        )
        for case in cases
    ]
    theirs = tutorial_chain(cases, options.folder, embeddings)
    for name, values in (("kotacerdas", ours), ("langchain tutorial chain", theirs)):
        found = sum(value > 0 for value in values) / len(values)
        print(f"{name:26} nDCG@10 {np.mean(values):.3f}   found in ten {found:.3f}   questions {len(values)}")


def read_cases(file: Path) -> list[Case]:
    """The questions with their relevant places."""
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [
        Case(row["question"], frozenset((Path(r["source"]).stem, r["locator"]) for r in row["relevant"]))
        for row in rows
    ]


def places(source: str, locator: str, articles: Sequence[str]) -> frozenset[Place]:
    """The places that a result stands for."""
    names = [f"Pasal {article}" for article in articles] or [locator.rsplit(", ", maxsplit=1)[-1]]
    return frozenset((Path(source).stem, name) for name in names)


def ndcg(relevant: frozenset[Place], results: Iterable[frozenset[Place]]) -> float:
    """nDCG@10 with binary gain; a place counts where it first appears."""
    seen: set[Place] = set()
    gain = 0.0
    for rank, found in enumerate(list(results)[:DEPTH]):
        hit = (found & relevant) - seen
        gain += bool(hit) / math.log2(rank + 2)
        seen |= hit
    ideal = sum(1 / math.log2(rank + 2) for rank in range(min(len(relevant), DEPTH)))
    return min(1.0, gain / ideal)


def tutorial_chain(cases: Sequence[Case], folder: Path, embeddings: SentenceEmbeddings) -> list[float]:
    """nDCG@10 of splitter + Chroma + similarity, best chunk for each article."""
    from langchain_chroma import Chroma
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200, add_start_index=True)
    texts: list[str] = []
    metadatas: list[dict[str, str]] = []
    for document in _documents(folder):
        cuts = sections(document)
        for part in splitter.create_documents([document.text]):
            place = _holding(document, cuts, part.metadata["start_index"], len(part.page_content))
            texts.append(part.page_content)
            metadatas.append({"stem": place[0], "place": place[1]})
    with tempfile.TemporaryDirectory() as directory:
        store = Chroma(embedding_function=_Cached(embeddings), persist_directory=directory)
        for start in range(0, len(texts), 2000):
            store.add_texts(texts[start : start + 2000], metadatas[start : start + 2000])
        return [ndcg(case.relevant, _articles(store, case.question)) for case in cases]


class _Cached(SentenceEmbeddings):
    """The same encoder; passages of earlier runs are remembered, so that tuning is quick."""

    def __init__(self, base: SentenceEmbeddings) -> None:
        super().__init__(base._settings, base._data_dir)
        self._base = base

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        cache = EmbeddingCache(self._base._data_dir / "bench.sqlite")
        vectors, _ = cache.vectors(self._base.card.fingerprint, texts, self._base.encode_passages)
        return list(vectors.tolist())

    def embed_query(self, text: str) -> list[float]:
        return self._base.embed_query(text)


def _documents(folder: Path) -> Iterable[ParsedDocument]:
    for source in find([folder.resolve()], 10**9)[0]:
        try:
            yield parse(source)
        except DocumentError:
            continue


def _holding(document: ParsedDocument, cuts: Sequence[SectionText], start: int, length: int) -> Place:
    def shared(cut: SectionText) -> int:
        return min(cut.end, start + length) - max(cut.start, start)

    cut = max(cuts, key=shared)
    page = document.page_at(start)
    name = f"Pasal {cut.articles[0]}" if cut.articles else f"hlm. {page}" if page else cut.locator
    return Path(document.source.name).stem, name


def _articles(store: object, question: str) -> list[frozenset[Place]]:
    found: dict[Place, None] = {}
    for part in store.similarity_search(question, k=50):  # type: ignore[attr-defined]
        found.setdefault((part.metadata["stem"], part.metadata["place"]))
    return [frozenset({place}) for place in found]


if __name__ == "__main__":
    main()
