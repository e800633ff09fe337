"""Pair majority: the most frequent relation of the two forms of an arc, else of the child's form, else of all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from polychron.probing.baselines.base import Predictions, by_keys
from polychron.probing.tasks.base import Examples, forms
from polychron.tokenization.pieces import Pieces


def predictions(tables: Sequence[Any], pieces: Sequence[Pieces], splits: Mapping[str, Examples]) -> Predictions:
    """Predict the relations of arcs from the forms of their words: ``pair_majority``."""
    train, test = splits["train"], splits["test"]
    form = forms(tables[0])
    keys = [[form[one.first], form[one.first] * (form.max() + 1) + form[one.second]] for one in (train, test)]
    return {"pair_majority": (by_keys(*keys, train.label, len(test)), np.ones(len(test), bool))}
