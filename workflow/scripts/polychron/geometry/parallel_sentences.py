"""Parallel sentences that are no treebank: tables of an id and a sentence, joined by the ids."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from polychron.data.xnli import Pair

logger = logging.getLogger("polychron")


def of_inference(splits: Mapping[str, Sequence[Pair]]) -> dict[str, str]:
    """List the sentences of inference data, each once: all premises, then all hypotheses.

    Of the development and test sets of XNLI there are 10,000, on which Wu et al. (2020) fit their maps.

    Parameters
    ----------
    splits : mapping of str to sequence of Pair
        Translations of the same rows in all languages.

    Returns
    -------
    dict of str to str
        Sentences by ids such as ``dev-00012-premise``, which name the first row with the sentence. A sentence that is
        repeated in one language alone lacks its later ids there.

    Examples
    --------
    >>> of_inference({"dev": [Pair("a", "b", "neutral"), Pair("a", "c", "neutral")]})
    {'dev-00000-premise': 'a', 'dev-00000-hypothesis': 'b', 'dev-00001-hypothesis': 'c'}
    """
    found: dict[str, str] = {}
    for side in ("premise", "hypothesis"):
        for split, pairs in splits.items():
            for row, pair in enumerate(pairs):
                found.setdefault(getattr(pair, side), f"{split}-{row:05d}-{side}")
    logger.info("%d sentences of %d rows", len(found), sum(map(len, splits.values())))
    return {name: sentence for sentence, name in found.items()}


def table(sentences: Mapping[str, str]) -> Any:
    """Make a table of sentences.

    Parameters
    ----------
    sentences : mapping of str to str
        By id.

    Returns
    -------
    pyarrow.Table
        `id` and `sentence`, both strings.
    """
    import pyarrow

    columns = {"id": list(sentences), "sentence": list(sentences.values())}
    return pyarrow.table({name: pyarrow.array(values, pyarrow.string()) for name, values in columns.items()})
