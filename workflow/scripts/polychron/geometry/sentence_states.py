"""States of parallel sentences, read from their files for one layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from polychron.errors import InputError
from polychron.storage import files


def from_table(table: Any) -> dict[str, np.ndarray]:
    """Return the columns of a stored table of parallel sentences as arrays.

    Parameters
    ----------
    table : pyarrow.Table
        As `polychron.geometry.parallel.join` makes it.
    """
    return {name: table[name].to_numpy() for name in table.column_names}


def kept(table: Mapping[str, np.ndarray], column: str) -> np.ndarray:
    """Return a column of a table of parallel sentences without the excluded ones."""
    return table[column][~table["excluded"]]


def of_layer(table: Mapping[str, np.ndarray], paths: Mapping[str, Any], layer: int) -> dict[str, np.ndarray]:
    """Read the states of a layer, one row for each parallel sentence that is not excluded.

    Parameters
    ----------
    table : mapping of str to ndarray
        ``excluded`` and the rows of each language (see `polychron.geometry.parallel.join`).
    paths : mapping of str to path
        The file of each language's states, of shape (layers, sentences, dimension) (see `polychron.features.pooling`).
        The layer alone is read.
    layer : int

    Returns
    -------
    dict of str to ndarray of float64, shape (n, dimension)

    Raises
    ------
    InputError
        A file has no such layer, or fewer sentences than the table says.
    """
    states = {}
    for language, path in paths.items():
        array, rows = files.read_array(path), kept(table, language)
        if array.ndim != 3 or layer >= len(array) or rows.max(initial=-1) >= array.shape[1]:
            raise InputError(
                f"states of shape {array.shape}; layer {layer} and {rows.max(initial=-1) + 1} sentences are asked for",
                file=path,
                remedy=files.again(path),
            )
        states[language] = np.asarray(array[layer][rows], np.float64)
    return states
