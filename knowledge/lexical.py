"""Texts in, a BM25 index on disk out: built once, read by memory mapping, never pickled."""

from __future__ import annotations

import os
import re
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Measured on Indonesian regulations by article: better than the usual 1.5 and 0.75.
K1 = 0.9
B = 0.4
# Texts that are scored at once.
BLOCK = 5_000
WORD = re.compile(r"[a-z0-9]+(?:[-'][a-z0-9]+)*")
OCR_NUMBER = re.compile(r"\b(?=[0-9OolI]*\d)[0-9OolI]{2,}\b")
OCR_DIGITS = str.maketrans("OolI", "0011")

STOP_WORDS = frozenset(
    """ada adalah agar akan aku anda antara apa apakah apabila atas atau bagaimana bagi bahwa
    bapak berapa beserta bila bisa boleh buat dalam dan dapat dari daripada demi dengan di dia
    dimaksud dong dulu halo hal hanya harus hingga ia ibu ini itu jadi jika juga kah kalau kami
    kamu kapan karena kata ke kepada kita lagi lain lalu maka mana masih mau melalui
    mengapa menjadi mereka merupakan min mohon namun nya oleh pada paling para pun
    saat saja saya sebagai sebagaimana sebelum sebut sebutkan sedang sehingga
    seperti serta sesuai setelah siapa sih sudah supaya tapi telah tentang terhadap tersebut
    terdiri the tidak tolong tetapi untuk ya yaitu yang yth is of in to a an and or for what which
    who how when must does do are our my can be by on at it its from with we i me
    ayat huruf pasal""".split()
)


def tokens(text: str) -> list[str]:
    """Lower-case words without stop words; OCR's letters in numbers become digits."""
    repaired = OCR_NUMBER.sub(lambda match: match[0].translate(OCR_DIGITS), text)
    return [word for word in WORD.findall(repaired.lower()) if word not in STOP_WORDS]


def build(folder: Path, texts: Iterable[str]) -> None:
    """Write the index of `texts`, each read once, as bm25s writes it.

    What bm25s itself makes of them is in memory as a whole, several times over: 2 KiB a section. Here the words are
    counted into a file and scored from there, so many texts at a time.
    """
    import bm25s

    folder.mkdir(parents=True, exist_ok=True)
    vocabulary: dict[str, int] = {}
    # Of each text how many words and how many different ones it has, of each word how many texts hold it.
    lengths, kinds, holding = array("i"), array("i"), array("i")
    with TemporaryFile(dir=folder) as counted:
        for text in texts:
            words = Counter(tokens(text))
            numbers = [vocabulary.setdefault(word, len(vocabulary)) for word in words]
            holding.extend([0] * (len(vocabulary) - len(holding)))
            for number in numbers:
                holding[number] += 1
            lengths.append(words.total())
            kinds.append(len(words))
            counted.write(array("i", chain.from_iterable(zip(numbers, words.values(), strict=True))))
        counted.seek(0)
        begins = np.concatenate([[0], np.cumsum(holding)]).astype(np.int32)
        index = bm25s.BM25(k1=K1, b=B)
        index.nonoccurrence_array = None
        index.vocab_dict = {**vocabulary, "": len(vocabulary)}
        index.scores = {"data": begins[:0], "indices": begins[:0], "indptr": begins, "num_docs": len(lengths)}
        index.save(str(folder), show_progress=False)
        blocks = _scored(counted, np.array(lengths), np.array(kinds), np.array(holding))
        _write_by_word(folder, blocks, begins)


def _scored(
    counted: IO[bytes], lengths: NDArray[np.int32], kinds: NDArray[np.int32], holding: NDArray[np.int32]
) -> Iterator[tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]]:
    """For blocks of texts in order: words, the texts that hold them, and the scores of these (Lucene's BM25)."""
    rarity = np.log(1 + (len(lengths) - holding + 0.5) / (holding + 0.5)).astype(np.float32)
    mean = lengths.sum() / max(1, len(lengths))
    costs = K1 * ((1 - B) + B * lengths / (mean or 1))
    for first in range(0, len(lengths), BLOCK):
        own = kinds[first : first + BLOCK]
        pairs = np.frombuffer(counted.read(int(own.sum()) * 8), dtype=np.int32).reshape(-1, 2)
        words, times = pairs[:, 0], pairs[:, 1]
        texts = np.repeat(np.arange(first, first + len(own), dtype=np.int32), own)
        yield words, texts, (rarity[words] * (times / (costs[texts] + times))).astype(np.float32)


def _write_by_word(
    folder: Path,
    blocks: Iterable[tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]],
    begins: NDArray[np.int32],
) -> None:
    """Write texts and scores, those of each word together, to where they belong: a map of the files would be in
    memory as far as it was written."""
    free, length = begins[:-1].tolist(), int(begins[-1])
    with (folder / "indices.csc.index.npy").open("wb") as texts_of, (folder / "data.csc.index.npy").open("wb") as data:
        files = [(texts_of, _head(texts_of, np.int32, length)), (data, _head(data, np.float32, length))]
        for words, *columns in blocks:
            order = np.argsort(words, kind="stable")
            found, starts = np.unique(words[order], return_index=True)
            runs = list(zip(found.tolist(), starts.tolist(), np.append(starts, len(order))[1:].tolist(), strict=True))
            for (file, head), column in zip(files, columns, strict=True):
                values = column[order].tobytes()
                for word, start, end in runs:
                    os.pwrite(file.fileno(), values[4 * start : 4 * end], head + 4 * free[word])
            for word, start, end in runs:
                free[word] += end - start


def _head(file: IO[bytes], dtype: type[np.generic], length: int) -> int:
    """Write the head of an array of one dimension in numpy's format; where its values begin."""
    described = {"descr": np.lib.format.dtype_to_descr(np.dtype(dtype)), "fortran_order": False, "shape": (length,)}
    np.lib.format.write_array_header_1_0(file, described)
    file.flush()
    return file.tell()


class LexicalIndex:
    """A built index, memory-mapped."""

    def __init__(self, folder: Path) -> None:
        import bm25s

        self._index = bm25s.BM25.load(str(folder), mmap=True, show_progress=False)
        self.vocabulary: dict[str, int] = self._index.vocab_dict
        # The texts that hold each word, and where each word's begin; as plain arrays, which are cut faster.
        self._texts, self._begins = (np.asarray(self._index.scores[name]) for name in ("indices", "indptr"))

    def __len__(self) -> int:
        return int(self._index.scores["num_docs"])

    def scores(self, words: Sequence[str]) -> NDArray[np.float32]:
        """BM25 score of every text for `words`, shape (n,)."""
        known = [word for word in words if word in self.vocabulary]
        if not known:
            return np.zeros(len(self), dtype=np.float32)
        return np.asarray(self._index.get_scores(known), dtype=np.float32)

    def coverage(self, weights: Mapping[str, float], ordinals: Sequence[int]) -> NDArray[np.float64]:
        """The share of words, by their weights, that each of some texts holds, shape (len(ordinals),)."""
        held, wanted = np.zeros(len(ordinals)), np.asarray(ordinals)
        for word, weight in weights.items():
            at = self.vocabulary.get(word, len(self._begins))
            # bm25s adds an empty word at the end, which has no column.
            texts = self._texts[slice(*self._begins[at : at + 2])] if at + 1 < len(self._begins) else self._texts[:0]
            if len(texts):
                # They are sorted; `isin` sorts them once more, in four times the time.
                held += weight * (texts.take(np.searchsorted(texts, wanted), mode="clip") == wanted)
        return held / max(sum(weights.values()), 1e-9)

    def document_frequencies(self) -> dict[str, int]:
        """In how many texts each word of the vocabulary occurs."""
        counts = np.diff(self._begins).tolist()
        return {word: counts[at] if at < len(counts) else 0 for word, at in self.vocabulary.items()}
