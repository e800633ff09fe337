"""The search for the translations of pairs of sentences, in both directions, at each layer of one checkpoint."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from polychron.errors import InputError
from polychron.geometry import folds, search
from polychron.geometry.parallel import FEWEST

logger = logging.getLogger("polychron")


def retrieve(
    states: np.ndarray,
    whole: np.ndarray,
    ids: Sequence[str],
    languages: tuple[str, str],
    layers: Sequence[int],
    settings: Mapping[str, Any],
) -> list[dict[str, Any]]:
    """Search for the translation of each sentence among those of its half.

    Parameters
    ----------
    states : ndarray, shape (layers, 2 n, d)
        The states of all source sentences, then of all target sentences, at each layer.
    whole : ndarray of bool, shape (2 n,)
        Whether all words of a sentence are in the window. A pair with one that is not is left out, and counted in
        the log.
    ids : sequence of str, n entries
        The id of each pair. A hash of it decides which half a pair is in.
    languages : (str, str)
        Source and target.
    layers : sequence of int
        The layers that are searched.
    settings : mapping
        ``states``, ``scores``, ``csls``, ``margin`` and ``normalise``, see `polychron.geometry.search.retrieve`.

    Returns
    -------
    list of dict
        Rows of scores as `polychron.geometry.search.retrieve` makes them, with ``layer``.

    Raises
    ------
    InputError
        Fewer than 100 pairs are left.
    """
    number = len(ids)
    kept = whole[:number] & whole[number:]
    named = "/".join(languages)
    logger.info("%s: %d pairs of sentences, %d of them excluded", named, number, number - kept.sum())
    if kept.sum() < FEWEST:
        raise InputError(
            f"a search needs {FEWEST} pairs of sentences; there are {kept.sum()} in {named} ({number} in its files, "
            f"{number - kept.sum()} of them cut by the window or without pieces)",
            remedy=f"take {named} out of files.tatoeba, or give files with more pairs",
        )
    fold = folds.of_ids(ids)[kept]
    alone = {**settings, "pool": False, "mining": False}
    rows = []
    for layer in layers:
        of_layer = states[layer].astype(np.float64)
        sides = (of_layer[:number][kept], of_layer[number:][kept])
        found = search.retrieve(dict(zip(languages, sides, strict=True)), fold, alone)
        rows += [{**row, "layer": layer} for row in found]
    return rows
