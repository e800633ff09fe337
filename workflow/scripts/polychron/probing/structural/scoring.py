"""Structural probes: what they are, and how they are scored. How they are trained: `training`."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from polychron.errors import InputError
from polychron.probing.probes import require_finite
from polychron.probing.structural.trees import Trees

LENGTHS = range(5, 51)
"""Numbers of words of the sentences that the correlation of distances is averaged over."""

TASK = "structural"

Row = dict[str, Any]

logger = logging.getLogger("polychron")


@dataclass(frozen=True)
class Probe:
    """The maps of a cell's structural probes, one for each seed.

    Parameters
    ----------
    weight : ndarray of float32, shape (seeds, rank, dimension)
        Squared distances of mapped word vectors are the distances of words in the tree.
    seeds : tuple of int
        Seeds of initialisation and order.
    kept_epochs : tuple of int
        For each seed the epoch whose weights these are, counted from 1.
    """

    weight: np.ndarray
    seeds: tuple[int, ...]
    kept_epochs: tuple[int, ...]

    def tensors(self) -> dict[str, np.ndarray]:
        """Return the arrays that a weights file holds."""
        return {"weight": self.weight}

    def metadata(self, **facts: Any) -> dict[str, str]:
        """Return the strings that a weights file holds: seeds and kept epochs as JSON, and further facts."""
        known = {"seeds": self.seeds, "kept_epochs": self.kept_epochs, **facts}
        return {name: json.dumps(value, ensure_ascii=False) for name, value in sorted(known.items())}


def from_file(tensors: Mapping[str, np.ndarray], metadata: Mapping[str, str]) -> Probe:
    """Return the probe that a weights file holds.

    Raises
    ------
    InputError
        Something is missing, or the shapes do not fit each other.
    """
    try:
        seeds, kept = (tuple(json.loads(metadata[name])) for name in ("seeds", "kept_epochs"))
        weight = tensors["weight"]
        if weight.ndim != 3 or len(weight) != len(seeds) or len(kept) != len(seeds):
            raise ValueError(f"weights {weight.shape} of {len(seeds)} seeds")
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"no weights of a structural probe ({error!r})", remedy="delete the file and train again"
        ) from error
    return Probe(weight, seeds, kept)


def moments(train: Trees, vectors: np.ndarray, scaling: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the means of the words of train, and the inverse of their deviations: 1 without scaling.

    Returns
    -------
    mean, inverse : ndarray of float32, shape (dimension,)
        Computed in float64. The inverse is 1 where all values are the same.

    Raises
    ------
    InputError
        A vector is not finite.
    """
    require_finite(vectors)
    words = np.concatenate(train.rows)
    mean = np.zeros(vectors.shape[1])
    for part in np.array_split(words, len(words) // 4096 + 1):
        mean += vectors[part].astype(np.float64).sum(axis=0) / len(words)
    if scaling == "none":
        return mean.astype(np.float32), np.ones(len(mean), np.float32)
    variance = np.zeros_like(mean)
    for part in np.array_split(words, len(words) // 4096 + 1):
        variance += np.square(vectors[part].astype(np.float64) - mean).sum(axis=0) / len(words)
    deviation = np.sqrt(variance)
    constant = deviation <= 1e-12 * np.maximum(1, np.abs(mean))
    inverse = np.divide(1, deviation, out=np.ones_like(mean), where=~constant)
    return mean.astype(np.float32), inverse.astype(np.float32)


def spanning_tree(distances: np.ndarray, tie: np.ndarray) -> np.ndarray:
    """Return the edges of the minimum spanning tree of some words.

    Parameters
    ----------
    distances : ndarray of floating point, shape (n, n)
        Symmetric.
    tie : ndarray of floating point, shape (n * (n - 1) / 2,)
        Which of two pairs at the same distance comes first, in the order of `numpy.triu_indices`. Drawn at random, so
        that states that are all the same give a tree by chance and not that of the order of words.

    Returns
    -------
    ndarray of int64, shape (n - 1, 2)

    Examples
    --------
    >>> spanning_tree(np.array([[0.0, 5, 1], [5, 0, 2], [1, 2, 0]]), np.arange(3.0)).tolist()
    [[0, 2], [1, 2]]
    """
    from scipy import sparse
    from scipy.sparse import csgraph

    one, other = np.triu_indices(len(distances), k=1)
    order = np.lexsort((tie, distances[one, other]))
    # by their ranks: distances of 0 would be no edges of a sparse graph
    rank = np.empty(len(order))
    rank[order] = np.arange(1, len(order) + 1)
    graph = sparse.csr_array((rank, (one, other)), shape=distances.shape)
    return np.argwhere(csgraph.minimum_spanning_tree(graph).toarray() > 0)


def edges_found(distances: np.ndarray, gold: np.ndarray, tie: np.ndarray) -> int:
    """Return how many edges of a minimum spanning tree are arcs.

    Parameters
    ----------
    distances : ndarray, shape (n, n)
        Predicted.
    gold : ndarray, shape (n, n)
        Those in the tree.
    tie : ndarray
        See `spanning_tree`.
    """
    edges = spanning_tree(distances, tie)
    return int((gold[edges[:, 0], edges[:, 1]] == 1).sum())


def correlation(distances: np.ndarray, gold: np.ndarray) -> float:
    """Return the mean over words of Spearman's correlation of their distances to all words, themselves included.

    Parameters
    ----------
    distances, gold : ndarray, shape (n, n)
        Predicted, and in the tree.

    Returns
    -------
    float
        From -1 to 1; NaN if a word is predicted to be equally far from all.

    Examples
    --------
    >>> gold = np.array([[0, 1, 2], [1, 0, 1], [2, 1, 0]])
    >>> correlation(gold**2, gold)
    1.0
    """
    from scipy.stats import rankdata

    one, other = (rankdata(each, axis=1) for each in (distances, gold))
    one, other = (each - each.mean(axis=1, keepdims=True) for each in (one, other))
    norms = np.sqrt((one**2).sum(axis=1) * (other**2).sum(axis=1))
    if not norms.all():
        return float("nan")
    return float(((one * other).sum(axis=1) / norms).mean())


def measure(predict: Callable[[int], np.ndarray], trees: Trees, seed: int = 0) -> dict[str, tuple[float, int]]:
    """Compare predicted distances with those of trees.

    Parameters
    ----------
    predict : callable
        Returns the predicted distances of the sentence at a place, shape (n, n).
    trees : Trees
    seed : int
        Of the order of pairs at the same predicted distance.

    Returns
    -------
    dict of str to (float, int)
        ``uuas``: the share of arcs in the minimum spanning trees of the predictions, punctuation (UPOS ``PUNCT``) taken
        out of both trees before, of all sentences together, and the number of these arcs. An arc of a word of
        punctuation is none of them. ``dspearman``: the mean over lengths of 5 to 50 words of the mean over sentences of
        that length of `correlation`, punctuation included, and the number of these sentences. NaN where there are none.
    """
    draw = np.random.default_rng(seed)
    found, arcs, by_length = 0, 0, {}
    for place, (gold, counted) in enumerate(zip(trees.distances, trees.counted, strict=True)):
        distances = predict(place)
        number = int(counted.sum())
        tie = draw.random(number * (number - 1) // 2)
        if number > 1:
            kept = np.ix_(counted, counted)
            arcs += int((gold[kept] == 1).sum()) // 2
            found += edges_found(distances[kept], gold[kept], tie)
        if len(gold) in LENGTHS:
            by_length.setdefault(len(gold), []).append(correlation(distances, gold))
    means = [float(np.mean(by_length[length])) for length in sorted(by_length)]
    return {
        "uuas": (found / arcs if arcs else float("nan"), arcs),
        "dspearman": (float(np.mean(means)) if means else float("nan"), sum(map(len, by_length.values()))),
    }


def _of_map(weight: np.ndarray, vectors: np.ndarray, trees: Trees) -> Callable[[int], np.ndarray]:
    from scipy.spatial.distance import cdist

    def predict(place: int) -> np.ndarray:
        words = vectors[trees.rows[place]].astype(np.float64)
        mapped = (words - words.mean(axis=0)) @ weight.T.astype(np.float64)
        return cdist(mapped, mapped, "sqeuclidean")

    return predict


def _chance(trees: Trees) -> float:
    """Return the share of arcs that trees hold in which each pair of words is an edge as often as another."""
    sentences = zip(trees.distances, trees.counted, strict=True)
    pairs = [((gold[np.ix_(kept, kept)] == 1).sum() // 2, kept.sum()) for gold, kept in sentences]
    arcs = sum(number for number, _ in pairs)
    return float(sum(2 * number / words for number, words in pairs if number) / arcs) if arcs else float("nan")


def scores(probe: Probe, vectors: np.ndarray, trees: Trees, split: str) -> list[Row]:
    """Score structural probes on the sentences of a split.

    Parameters
    ----------
    probe : Probe
    vectors : ndarray of floating point, shape (words, dimension)
        The word vectors of the treebank.
    trees : Trees
        Of the split.
    split : str

    Returns
    -------
    list of dict
        Rows with split, metric, seed, value and examples: ``uuas`` and ``dspearman`` (see `measure`) for each seed;
        both of the linear chain, where each word is next to the one that follows it (``uuas.linear_chain``); the share
        of arcs that random trees hold (``uuas.chance``); ``excluded``, how many sentences are left out.

    Raises
    ------
    InputError
        The vectors are too few or not finite, or have another dimension than those that the probe was trained on.
    """
    if vectors.shape[1] != probe.weight.shape[2]:
        raise InputError(f"a structural probe of {probe.weight.shape[2]} dimensions for vectors of {vectors.shape[1]}")
    if trees.rows[-1][-1] >= len(vectors):
        raise InputError(
            f"features of {len(vectors)} words, and an example of word {trees.rows[-1][-1]}",
            remedy="delete the features and run the same command again",
        )
    require_finite(vectors)
    rows = []
    for seed, weight in zip(probe.seeds, probe.weight, strict=True):
        rows += _rows(measure(_of_map(weight, vectors, trees), trees), split, seed)
    if any(row["examples"] and np.isnan(row["value"]) for row in rows):
        logger.warning("%s: all states of a sentence are the same under a probe, so a score is not a number", split)
    chain = measure(lambda place: _linear_chain(len(trees.rows[place])), trees)
    rows += _rows({f"{metric}.linear_chain": value for metric, value in chain.items()}, split, None)
    everything = {"split": split, "seed": None}
    rows.append({**everything, "metric": "uuas.chance", "value": _chance(trees), "examples": chain["uuas"][1]})
    number = len(trees) + trees.excluded
    return [*rows, {**everything, "metric": "excluded", "value": trees.excluded, "examples": number}]


def _linear_chain(number: int) -> np.ndarray:
    place = np.arange(number)
    return np.abs(place[:, None] - place)


def _rows(found: Mapping[str, tuple[float, int]], split: str, seed: int | None) -> list[Row]:
    return [
        {"split": split, "metric": metric, "seed": seed, "value": value, "examples": number}
        for metric, (value, number) in found.items()
    ]


def cell_scores(probe: Probe, vectors: np.ndarray, trees: Mapping[str, Trees]) -> list[Row]:
    """Score a cell's structural probes on dev and test of its own treebank, and say which epochs were kept."""
    rows = [row for split in ("dev", "test") for row in scores(probe, vectors, trees[split], split)]
    number = len(trees["train"])
    for seed, epoch in zip(probe.seeds, probe.kept_epochs, strict=True):
        rows.append({"split": "train", "metric": "kept_epoch", "seed": seed, "value": epoch, "examples": number})
    return rows
