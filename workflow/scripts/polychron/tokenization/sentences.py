"""The sentences of a table of examples: which they are, and of which words they consist."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np


def sentences_of(kind: str, table: Any) -> tuple[Iterable[Sequence[str]], bool]:
    """Return the sentences of a table of examples, and whether each is a single word.

    Parameters
    ----------
    kind : {'treebank', 'parallel', 'inference', 'inference_test', 'heldout', 'bitext'}
        The kind of the dataset.
    table : pyarrow.Table
        Its examples.

    Returns
    -------
    sentences : iterable of sequence of str
        The words of each sentence. Treebanks: as they are in the table. Bitext: all source sentences, then all
        target sentences. Inference: the unique strings in order of first appearance, row by row, premise before
        hypothesis. Held-out text: row by row. The last two take a whole sentence as a single word.
    whole : bool
        Whether each sentence is a single word. Its mean over pieces is then the sentence's vector (reading A17).
    """
    return _READERS[kind](table)


def unique_sentences(premises: Sequence[str], hypotheses: Sequence[str]) -> tuple[list[str], np.ndarray, np.ndarray]:
    """List each sentence once: a premise of XNLI is in three rows.

    Parameters
    ----------
    premises, hypotheses : sequence of str
        Of the same length.

    Returns
    -------
    sentences : list of str
        In order of first appearance, row by row, the premise before the hypothesis.
    premise_index, hypothesis_index : int64 array (rows,)
        The place of each row's sentences in that list.

    Examples
    --------
    >>> unique_sentences(["a", "a"], ["b", "a"])
    (['a', 'b'], array([0, 0]), array([1, 0]))
    """
    places: dict[str, int] = {}
    index = np.empty((len(premises), 2), np.int64)
    for row, pair in enumerate(zip(premises, hypotheses, strict=True)):
        for side, sentence in enumerate(pair):
            index[row, side] = places.setdefault(sentence, len(places))
    return list(places), index[:, 0].copy(), index[:, 1].copy()


def _treebank(table: Any) -> tuple[Iterable[Sequence[str]], bool]:
    starts = np.flatnonzero(np.diff(table["sentence"].to_numpy(), prepend=-1))
    forms = table["form"].to_pylist()
    return [forms[start:stop] for start, stop in zip(starts, [*starts[1:], len(forms)], strict=True)], False


def _inference(table: Any) -> tuple[Iterable[Sequence[str]], bool]:
    sentences, _, _ = unique_sentences(table["premise"].to_pylist(), table["hypothesis"].to_pylist())
    return [[sentence] for sentence in sentences], True


def _heldout(table: Any) -> tuple[Iterable[Sequence[str]], bool]:
    return [[sentence] for sentence in table["sentence"].to_pylist()], True


def _bitext(table: Any) -> tuple[Iterable[Sequence[str]], bool]:
    return table["source"].to_pylist() + table["target"].to_pylist(), False


_READERS = {
    "treebank": _treebank,
    "parallel": _treebank,
    "inference": _inference,
    "inference_test": _inference,
    "heldout": _heldout,
    "bitext": _bitext,
}
