"""Control tasks: labels that say nothing of a language, on which the same probes are trained.

A probe with many weights can learn by heart which label a word has. How far it can is measured by labels that can only
be learned so [1]_. The difference of a probe's accuracy on its task and on the control task is its selectivity.

References
----------
.. [1] Hewitt, Liang: Designing and Interpreting Probes with Control Tasks. EMNLP 2019.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from polychron.errors import InputError
from polychron.probing.probes import Probe, predict
from polychron.probing.tasks.base import Examples

METRICS = {"word_types": "word_type_accuracy", "shuffled_labels": "shuffled_accuracy"}
"""The controls, and what their accuracy on the test split is called."""


def labels(
    control: str, splits: Mapping[str, Examples], tables: Sequence[Any], seeds: Sequence[int]
) -> dict[str, np.ndarray]:
    """Return the labels of a control task.

    Parameters
    ----------
    control : {"word_types", "shuffled_labels"}
        ``word_types``: each word form has a random label, the same in all splits, drawn with the frequencies of the
        labels in the train split; a pair of words has the label of its first word. ``shuffled_labels``: the labels of
        train and of dev are permuted, and those of test are left as they are, so that nothing can be learned but how
        frequent the labels are.
    splits : mapping of str to Examples
        Train, dev and test.
    tables : sequence of pyarrow.Table
        The tables of examples, one for each dataset.
    seeds : sequence of int
        Each seed has labels of its own, which it draws.

    Returns
    -------
    dict of str to ndarray of int64, shape (seeds, examples)
        For each split, positions in the sorted labels of the train split; -1 for a label of test that train lacks.

    Raises
    ------
    InputError
        The examples have no words, and the control is one of word types.
    """
    classes = [splits["train"].labels[code] for code in np.unique(splits["train"].label)]
    position = {name: place for place, name in enumerate(classes)}
    own = {split: np.array([position.get(name, -1) for name in one.labels])[one.label] for split, one in splits.items()}
    if control == "shuffled_labels":
        made = {
            split: np.stack([np.random.default_rng(seed).permutation(own[split]) for seed in seeds])
            for split in ("train", "dev")
        }
        return {**made, "test": np.stack([own["test"]] * len(seeds))}
    if "form" not in tables[splits["train"].dataset].column_names:
        raise InputError(
            "examples without words have no control of word types",
            remedy="take word_types out of probing.controls, or the task out of the study",
        )
    _, types = np.unique(tables[splits["train"].dataset]["form"].to_numpy(), return_inverse=True)
    frequency = np.bincount(own["train"], minlength=len(classes)) / len(own["train"])
    drawn = np.stack([np.random.default_rng(seed).choice(len(classes), types.max() + 1, p=frequency) for seed in seeds])
    return {split: np.take_along_axis(drawn, types[np.atleast_2d(one.first)], 1) for split, one in splits.items()}


def scores(
    control: str,
    probe: Probe,
    test: Examples,
    wanted: np.ndarray,
    features: Sequence[np.ndarray],
    *,
    predicts: Callable[[Probe, Any, Examples], np.ndarray] = predict,
) -> Iterator[dict[str, Any]]:
    """Score the probes of a control task on its test split.

    Parameters
    ----------
    control : {"word_types", "shuffled_labels"}
        Which control it is.
    probe : Probe
        Trained on the labels of the control.
    test : Examples
        The test split.
    wanted : ndarray of int64, shape (seeds, examples)
        Its labels in the control, see `labels`.
    features : sequence of ndarray
        One array for each dataset.
    predicts : callable
        See `polychron.probing.probes.cell_scores`.

    Yields
    ------
    dict
        Split, metric, seed, value and examples.
    """
    right = predicts(probe, features[test.dataset], test) == wanted
    for seed, hits in zip(probe.seeds, right, strict=True):
        value = float(hits.mean())
        yield {"split": "test", "metric": METRICS[control], "seed": seed, "value": value, "examples": len(hits)}
