"""The vectors of a generation's texts in, the cosine of any of them to a question out.

What is nearest is Chroma's to find. But six of seven of the nearest are questions, so of most chunks that the
words or their questions lead to Chroma does not say how near their text is.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from knowledge.errors import VerificationError

if TYPE_CHECKING:
    from numpy.typing import NDArray

FILE = "texts.f16"
# Half the memory, and a cosine that is off by 0.0003 at most.
STORED = np.float16
ROUNDING = 1e-3
INCOMPLETE = "vektor teks tidak lengkap"


class TextVectors:
    """The vectors of the texts of a generation, memory-mapped; any number of threads may read them. Raises
    VerificationError when there are not so many."""

    def __init__(self, folder: Path, texts: int) -> None:
        values = np.asarray(np.memmap(folder / FILE, dtype=STORED, mode="r"))
        if len(values) % texts:
            raise VerificationError(INCOMPLETE)
        self._vectors = values.reshape(texts, -1)

    def check(self, first: int, vectors: NDArray[np.float32]) -> None:
        """Raise VerificationError unless the texts from the ordinal `first` on have these vectors, shape
        (n, dimension)."""
        held = self._vectors[first : first + len(vectors)]
        if held.shape != vectors.shape or not np.allclose(held, vectors, atol=ROUNDING):
            raise VerificationError(INCOMPLETE)

    def cosines(self, vector: NDArray[np.float32], ordinals: Sequence[int]) -> NDArray[np.float32]:
        """The cosines of the texts with these ordinals to a vector of unit length, shape (len(ordinals),)."""
        return np.asarray(self._vectors[ordinals].astype(np.float32) @ vector)


def write(file: BinaryIO, vectors: NDArray[np.float32]) -> None:
    """Write the vectors of the texts that come next, shape (n, dimension)."""
    file.write(vectors.astype(STORED).tobytes())


def of(folder: Path, texts: int) -> TextVectors | None:
    """Those of the generation in `folder`; None where an earlier version of the program built it."""
    return TextVectors(folder, texts) if (folder / FILE).exists() else None
