"""Halves of parallel sentences, so that a map is never scored on the sentences that it was fitted on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np

FOLDS = 2


def of_ids(ids: Iterable[str]) -> np.ndarray:
    """Return the fold of each sentence, by a hash of its id.

    The fold hangs on the id alone, so that it is the same in all languages, layers, steps and models.

    Parameters
    ----------
    ids : iterable of str

    Returns
    -------
    array of int8, shape (n,)
        0 or 1.

    Examples
    --------
    >>> of_ids(["n01001011", "n01001013", "n01002017"]).tolist()
    [0, 1, 1]
    """
    digests = (hashlib.blake2b(name.encode("utf-8"), digest_size=8).digest() for name in ids)
    return np.array([int.from_bytes(digest, "big") % FOLDS for digest in digests], dtype=np.int8)


def parts_of_ids(ids: Iterable[str]) -> np.ndarray:
    """Return the part of each sentence for what is trained: ``train``, ``dev`` or ``test``.

    Fold 0 is the train part. Fold 1 is halved into dev and test, by another hash of the id.

    Returns
    -------
    array of str, shape (n,)
    """
    ids = list(ids)
    return np.where(of_ids(ids) == 0, "train", np.where(of_ids(f"{name} dev" for name in ids) == 0, "dev", "test"))
