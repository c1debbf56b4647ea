"""What is learnt from examples, kept beside the model for as long as it would come out the same; and the
one step that every classifier over the encoder's vectors begins with."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def learnt(
    folder: Path, name: str, asked: str, learn: Callable[[], Mapping[str, NDArray[Any]]]
) -> Mapping[str, NDArray[Any]]:
    """The arrays that `learn` gives. They are made once for all that decides on them (`asked`); several
    processes may do so at once, and none of them reads what is half written."""
    file = folder / f"{name}-{hashlib.sha256(asked.encode()).hexdigest()[:12]}.npz"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        arrays = learn()
        with NamedTemporaryFile(dir=file.parent, suffix=".npz", delete=False) as partial:
            np.savez(partial, allow_pickle=False, **arrays)
        Path(partial.name).replace(file)
    with np.load(file, allow_pickle=False) as kept:
        return dict(kept)


def around(mean: NDArray[np.float32], vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Vectors of unit length from their mean: the encoder's all point nearly the same way, and what
    differs is around it. Shapes (d,) and (n, d) give (n, d)."""
    shifted = vectors - mean
    return np.asarray(shifted / np.linalg.norm(shifted, axis=1, keepdims=True))
