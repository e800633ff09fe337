"""Linear probes: what they are, how they predict, how they are scored. How they are trained: `training`.

A probe is one linear layer on frozen word vectors [1]_. Its input is a word's vector r, or, for a pair of words or
sentences, [r1; r2; r1 * r2] (paper, section 2.2). All seeds of a cell are kept together. Only NumPy is needed here, so
that scoring the weights on other languages starts in half a second.

References
----------
.. [1] Liu, Gardner, Belinkov, Peters, Smith: Linguistic Knowledge and Transferability of Contextual Representations.
   NAACL 2019.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from polychron.errors import InputError
from polychron.probing.tasks.base import Examples, Task

ROWS = 512
"""Examples whose input vectors are built at a time: of pairs 4,096 took up to twice as long, beyond the caches."""

Row = dict[str, Any]


@dataclass(frozen=True)
class Probe:
    """The weights of a cell's probes, one for each seed.

    Parameters
    ----------
    weight : ndarray of float32, shape (seeds, dimension, classes)
        `dimension` is that of the input: three times the word vector's for pairs.
    bias : ndarray of float32, shape (seeds, classes)
        Added to the products.
    classes : tuple of str
        The labels of the train split, sorted.
    seeds : tuple of int
        Seeds of initialisation and order.
    kept_epochs : tuple of int
        For each seed the epoch whose weights these are, counted from 1.
    """

    weight: np.ndarray
    bias: np.ndarray
    classes: tuple[str, ...]
    seeds: tuple[int, ...]
    kept_epochs: tuple[int, ...]

    def tensors(self) -> dict[str, np.ndarray]:
        """Return the arrays that a weights file holds."""
        return {"weight": self.weight, "bias": self.bias}

    def metadata(self, **facts: Any) -> dict[str, str]:
        """Return the strings that a weights file holds: classes, seeds and kept epochs as JSON, and further facts."""
        known = {"classes": self.classes, "seeds": self.seeds, "kept_epochs": self.kept_epochs, **facts}
        return {name: json.dumps(value, ensure_ascii=False) for name, value in sorted(known.items())}


def from_file(tensors: Mapping[str, np.ndarray], metadata: Mapping[str, str]) -> Probe:
    """Return the probe that a weights file holds.

    Raises
    ------
    InputError
        Something is missing, or the shapes do not fit each other.
    """
    try:
        classes, seeds, kept = (tuple(json.loads(metadata[name])) for name in ("classes", "seeds", "kept_epochs"))
        weight, bias = tensors["weight"], tensors["bias"]
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"no weights of a probe ({error!r})", remedy="delete the file and train again") from error
    if bias.shape != (len(seeds), len(classes)) or weight.shape[::2] != bias.shape or len(kept) != len(seeds):
        raise InputError(
            f"weights {weight.shape} and {bias.shape} for {len(seeds)} seeds and {len(classes)} classes",
            remedy="delete the file and train again",
        )
    return Probe(weight, bias, classes, seeds, kept)


def require_finite(vectors: np.ndarray, rows: np.ndarray | None = None) -> None:
    """Refuse word vectors with a value that is not finite.

    Parameters
    ----------
    vectors : ndarray, shape (n, dimension)
        Features as they are stored or were computed.
    rows : ndarray of int, shape (n,), optional
        The words that they belong to, if not 0 to n - 1.

    Raises
    ------
    InputError
        The first such word, what is wrong with its numbers, and what to do. States that are not finite are refused
        when they are computed (`polychron.features.finite`), so these came from elsewhere, and why is not known here.
    """
    for start in range(0, len(vectors), ROWS):
        finite = np.isfinite(vectors[start : start + ROWS]).all(axis=1)
        if not finite.all():
            place = start + int(np.argmin(finite))
            word, numbers = place if rows is None else rows[place], vectors[place]
            found = {"infinite": np.isinf(numbers).sum(), "NaN": np.isnan(numbers).sum()}
            said = " and ".join(f"{number} {kind}" for kind, number in found.items() if number)
            raise InputError(
                f"the features of word {word} are not finite: of {len(numbers)} numbers in {numbers.dtype}, {said}",
                remedy="delete the features, if they are stored, and run the same command again: they are checked when "
                "they are computed, and a message then says whether the precision is too narrow or the checkpoint has "
                "diverged",
            )


def require_finite_inputs(
    batch: np.ndarray, vectors: np.ndarray, first: np.ndarray, second: np.ndarray | None = None
) -> None:
    """Refuse inputs of a probe with a value that is not finite.

    Parameters
    ----------
    batch : ndarray of float32, shape (n, width)
        What `inputs` makes of the others.
    vectors : ndarray of floating point, shape (words, dimension)
        Features.
    first, second : ndarray of int, shape (n,)
        See `inputs`.

    Raises
    ------
    InputError
        The first such input: which word's features are not finite, or that finite ones are too large for float32.
    """
    finite = np.isfinite(batch).all(axis=1)
    if finite.all():
        return
    place = int(np.argmin(finite))
    words = np.array([rows[place] for rows in (first, second) if rows is not None])
    require_finite(vectors[words], words)
    raise InputError(
        f"the input of a probe for {'words' if len(words) > 1 else 'word'} {' and '.join(map(str, words))} is not "
        f"finite, though the features are: their numbers are as large as {np.abs(vectors[words]).max():.3g}, and "
        f"{'products of them are' if len(words) > 1 else 'that is'} beyond float32",
        remedy="look at the pretraining loss of this checkpoint, whose states are that large, or leave the step or the "
        "layer out of the study",
    )


def require_rows(examples: Examples, words: int) -> None:
    """Refuse examples that point beyond the features of so many words.

    Raises
    ------
    InputError
        One does.
    """
    last = max(examples.first.max(), -1 if examples.second is None else examples.second.max())
    if last >= words:
        raise InputError(
            f"features of {words} words, and an example of word {last}",
            remedy="delete the features and run the same command again",
        )


def inputs(vectors: np.ndarray, first: np.ndarray, second: np.ndarray | None) -> np.ndarray:
    """Build the input of a probe: r, or [r1; r2; r1 * r2].

    Parameters
    ----------
    vectors : ndarray of floating point, shape (words, dimension)
        Word vectors.
    first, second : ndarray of int, shape (n,)
        Rows of them; `second` is None for single words.

    Returns
    -------
    ndarray of float32, shape (n, dimension) or (n, 3 * dimension)

    Examples
    --------
    >>> inputs(np.array([[1, 2], [3, 5]], np.float16), np.array([0]), np.array([1]))
    array([[ 1.,  2.,  3.,  5.,  3., 10.]], dtype=float32)
    """
    one = vectors[first].astype(np.float32)
    if second is None:
        return one
    other = vectors[second].astype(np.float32)
    return np.concatenate([one, other, one * other], axis=1)


def predict(probe: Probe, vectors: np.ndarray, examples: Examples) -> np.ndarray:
    """Predict the class of each example.

    Returns
    -------
    ndarray of int64, shape (seeds, examples)
        Positions in ``probe.classes``; the first of equally likely classes.

    Raises
    ------
    InputError
        The vectors are too few or not finite, or have another dimension than those that the probe was trained on.
    """
    if examples.per_seed:
        probes = [_of_seed(probe, place) for place in range(len(probe.seeds))]
        found = [predict(one, vectors, examples.of_seed(place)) for place, one in enumerate(probes)]
        return np.concatenate(found)
    require_rows(examples, len(vectors))
    width = vectors.shape[1] * (1 if examples.second is None else 3)
    if width != probe.weight.shape[1]:
        raise InputError(f"a probe of {probe.weight.shape[1]} dimensions for inputs of {width}")
    predicted = np.empty((len(probe.seeds), len(examples)), np.int64)
    for start in range(0, len(examples), ROWS):
        part = slice(start, start + ROWS)
        second = None if examples.second is None else examples.second[part]
        batch = inputs(vectors, examples.first[part], second)
        require_finite_inputs(batch, vectors, examples.first[part], second)
        for seed in range(len(probe.seeds)):
            predicted[seed, part] = np.argmax(batch @ probe.weight[seed] + probe.bias[seed], axis=1)
    return predicted


def _of_seed(probe: Probe, place: int) -> Probe:
    one = slice(place, place + 1)
    return replace(
        probe,
        weight=probe.weight[one],
        bias=probe.bias[one],
        seeds=probe.seeds[one],
        kept_epochs=probe.kept_epochs[one],
    )


def correct(
    probe: Probe, features: Sequence[np.ndarray], examples: Examples, *, predicted: np.ndarray | None = None
) -> np.ndarray:
    """Return whether each example is labelled as it should be; a label that no class has is an error (reading A7).

    Parameters
    ----------
    probe, features, examples
        The weights, one array of word vectors for each dataset, and what is labelled.
    predicted : ndarray of int64, shape (seeds, examples), optional
        What `predict` returns, if it is known.

    Returns
    -------
    ndarray of bool, shape (seeds, examples)
    """
    position = {label: place for place, label in enumerate(examples.labels)}
    known = np.array([position.get(name, -1) for name in probe.classes])
    if predicted is None:
        predicted = predict(probe, features[examples.dataset], examples)
    return known[predicted] == examples.label


def _by_seed(probe: Probe, split: str, metric: str, hits: np.ndarray) -> Iterable[Row]:
    for seed, hit in zip(probe.seeds, hits, strict=True):
        value = float(hit.mean()) if len(hit) else float("nan")
        yield {"split": split, "metric": metric, "seed": seed, "value": value, "examples": len(hit)}


def _excluded(split: str, examples: Examples) -> Row:
    everything = len(examples) + examples.excluded
    return {"split": split, "metric": "excluded", "seed": None, "value": examples.excluded, "examples": everything}


def cell_scores(
    task: Task,
    probe: Probe,
    splits: Mapping[str, Examples],
    features: Sequence[np.ndarray],
    tables: Sequence[Any],
    *,
    predicts: Callable[[Probe, Any, Examples], np.ndarray] = predict,
) -> list[Row]:
    """Score a cell's probes on its own treebank or language.

    Parameters
    ----------
    task : Task
        What was asked.
    probe : Probe
        Trained on ``splits["train"]``.
    splits : mapping of str to Examples
        Train, dev and test.
    features : sequence of ndarray
        One array per dataset.
    tables : sequence of pyarrow.Table
        The tables of examples, one per dataset.
    predicts : callable
        How classes are predicted: `predict`, or what does the same elsewhere.

    Returns
    -------
    list of dict
        Rows with split, metric, seed, value and examples: ``accuracy`` on dev and test, the metrics of ``task.subsets``
        (such as ``accuracy_ambiguous``, of words whose form has two or more labels in the train split),
        ``kept_epoch``, and ``excluded`` (how many test examples touch a word beyond the window).
    """
    train, test = splits["train"], splits["test"]
    hits, in_dev = (
        correct(probe, features, one, predicted=predicts(probe, features[one.dataset], one))
        for one in (test, splits["dev"])
    )
    rows = list(_by_seed(probe, "dev", "accuracy", in_dev))
    rows += _by_seed(probe, "test", "accuracy", hits)
    for metric, chosen in task.subsets(tables, splits).items():
        rows += _by_seed(probe, "test", metric, hits[:, chosen])
    for seed, epoch in zip(probe.seeds, probe.kept_epochs, strict=True):
        rows.append({"split": "train", "metric": "kept_epoch", "seed": seed, "value": epoch, "examples": len(train)})
    return [*rows, _excluded("test", test)]


def transfer_scores(
    task: Task,
    probe: Probe,
    examples: Examples,
    features: Sequence[np.ndarray],
    *,
    predicted: np.ndarray | None = None,
) -> list[Row]:
    """Score a cell's probes on another language's examples, as they are (zero-shot transfer).

    Labels are compared as the task compares them: relations without their subtypes, which differ between treebanks
    (reading A6).

    Parameters
    ----------
    task, probe, examples, features
        See `cell_scores`.
    predicted : ndarray of int64, shape (seeds, examples), optional
        What `predict` returns, if it is known.

    Returns
    -------
    list of dict
        Rows of split ``parallel``: ``accuracy`` for each seed; where ``task.unseen``, ``unseen``, the share of
        examples whose label the probe's train split lacks and which therefore count as errors (reading A7); and
        ``excluded``.
    """
    probe = replace(probe, classes=tuple(task.comparable(name) for name in probe.classes))
    rows = list(_by_seed(probe, "parallel", "accuracy", correct(probe, features, examples, predicted=predicted)))
    if task.unseen:
        lacking = np.array([label not in probe.classes for label in examples.labels])
        share = float(lacking[examples.label].mean())
        rows.append({"split": "parallel", "metric": "unseen", "seed": None, "value": share, "examples": len(examples)})
    return [*rows, _excluded("parallel", examples)]
