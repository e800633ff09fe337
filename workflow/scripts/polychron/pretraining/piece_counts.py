"""How often each entry of the vocabulary occurs in a binary corpus of fairseq."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from polychron.errors import InputError
from polychron.pretraining import corpus
from polychron.storage import files

DTYPES = {1: "u1", 2: "i1", 3: "<i2", 4: "<i4", 5: "<i8", 8: "<u2", 9: "<u4", 10: "<u8"}
"""NumPy's names of the types that fairseq numbers in the index of a corpus."""

PIECES = 2**24
"""The pieces that are counted at a time."""


def count(index: str | Path, size: int) -> np.ndarray:
    """Count the ids of a binary corpus.

    Parameters
    ----------
    index : path-like
        fairseq's ``train.idx``; ``train.bin`` is beside it.
    size : int
        The number of ids of the vocabulary.

    Returns
    -------
    ndarray of int64, shape (size,)

    Raises
    ------
    InputError
        The index is damaged, the corpus has another length than it says, or an id of another vocabulary.
    """
    length = int(corpus.example_sizes(index).sum(dtype=np.int64))
    with open(index, "rb") as file:
        code = file.read(18)[17]
    data = Path(index).with_suffix(".bin")
    kind = np.dtype(DTYPES.get(code, "V1"))
    if not data.is_file() or data.stat().st_size != length * kind.itemsize or kind.kind == "V":
        raise InputError(f"its index {index} says that it has {length} pieces", file=data, remedy=files.again(data))
    found = np.zeros(size, np.int64)
    with open(data, "rb") as file:
        while len(part := np.fromfile(file, kind, PIECES)):
            counts = np.bincount(part.astype(np.int64), minlength=size)
            if len(counts) > size:
                raise InputError(
                    f"has the id {len(counts) - 1}, and the vocabulary has {size}", file=data, remedy=files.again(data)
                )
            found += counts
    return found
