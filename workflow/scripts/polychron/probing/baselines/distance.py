"""Distance: the most frequent label at the signed distance of two words, and at that and their parts of speech.

The negatives of arc prediction are drawn from the whole sentence, and most heads are near, so that the distance alone
answers most questions. A probe whose accuracy is below these baselines has not shown that vectors hold more than order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from polychron.probing.baselines.base import Predictions, by_keys
from polychron.probing.tasks.base import Examples, codes
from polychron.tokenization.pieces import Pieces


def predictions(tables: Sequence[Any], pieces: Sequence[Pieces], splits: Mapping[str, Examples]) -> Predictions:
    """Predict the labels of pairs of words of one sentence: ``distance`` and ``distance_upos``.

    Both are learned on the train split. A distance that it does not have is given its most frequent label, and a
    distance with parts of speech that it does not have the label of ``distance``.
    """
    train, test = splits["train"], splits["test"]
    tag, tags = codes(tables[0]["upos"])
    words = tables[0].num_rows
    keys = []
    for one in (train, test):
        distance = one.second - one.first + words  # not negative
        keys.append([distance, (distance * len(tags) + tag[one.first]) * len(tags) + tag[one.second]])
    all_of_them = np.ones(len(test), bool)
    return {
        "distance": (by_keys(keys[0][:1], keys[1][:1], train.label, len(test)), all_of_them),
        "distance_upos": (by_keys(*keys, train.label, len(test)), all_of_them),
    }
