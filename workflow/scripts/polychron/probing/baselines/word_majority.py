"""Word majority: the most frequent label of the word's form, or of all for a new form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from polychron.probing.baselines.base import Predictions, by_keys
from polychron.probing.tasks.base import Examples, forms
from polychron.probing.tasks.token_labels import ambiguous
from polychron.tokenization.pieces import Pieces


def predictions(tables: Sequence[Any], pieces: Sequence[Pieces], splits: Mapping[str, Examples]) -> Predictions:
    """Predict the labels of words from their forms.

    Returns
    -------
    Predictions
        ``word_majority``, and the same on the words whose form has two or more labels in the train split,
        ``word_majority_ambiguous``.
    """
    train, test = splits["train"], splits["test"]
    form = forms(tables[0])
    predicted = by_keys([form[train.first]], [form[test.first]], train.label, len(test))
    return {
        "word_majority": (predicted, np.ones(len(test), bool)),
        "word_majority_ambiguous": (predicted, ambiguous(form, train, test)),
    }
