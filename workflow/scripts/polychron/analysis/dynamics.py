"""The formulas of the paper for a curve of scores over pretraining: best, onset, forgetting, expected layer.

A curve is a pair of arrays, `steps` (k,) in increasing order and `values` (k,), the mean over seeds at each step, NaN
where there is none. Higher is better unless `lower` is set (bits per character). The steps are those of a trained
model: step 0, where a study has it, is a control and never the best step or an onset (reading A34).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

ROUNDING = 1e-12
"""By how much a share may miss its mark because of rounding: 0.5035 / 0.53 is a little less than 0.95."""


def best(steps: NDArray, values: NDArray, lower: bool = False) -> tuple[float, float]:
    """Find the best score and the first step that has it (sections 3.1 and 4.1: "overall performance").

    Returns
    -------
    value, step : float
        NaN where no value is finite.

    Examples
    --------
    >>> best([5, 10, 15, 20], [0.5, 0.8, 0.8, 0.6])
    (0.8, 10.0)
    >>> best([5, 10, 15], [3.0, 1.5, 2.0], lower=True)
    (1.5, 10.0)
    """
    values = np.asarray(values, float)
    if not np.isfinite(values).any():
        return np.nan, np.nan
    place = np.nanargmin(values) if lower else np.nanargmax(values)
    return float(values[place]), float(steps[place])


def relative(values: NDArray, lower: bool = False) -> NDArray[np.float64]:
    """Return each score as a share of the best: p(t) / best, or best / p(t) where lower is better (Figure 3, A21).

    Returns
    -------
    ndarray (k,)
        At most 1; NaN where the score is NaN, and everywhere unless the best is positive.

    Examples
    --------
    >>> relative([0.4, 0.8, 0.6]).round(6).tolist()
    [0.5, 1.0, 0.75]
    >>> relative([4.0, 1.0, 2.0], lower=True).tolist()
    [0.25, 1.0, 0.5]
    """
    values = np.asarray(values, float)
    top, _ = best(np.arange(len(values)), values, lower)
    if not top > 0:
        return np.full(len(values), np.nan)
    return top / values if lower else values / top


def onset(steps: NDArray, values: NDArray, share: float, lower: bool = False) -> tuple[float, float]:
    """Find the step to x%: the first checkpoint whose relative performance is `share` or more (section 3.2).

    Nothing is interpolated (A22): the onset is after the checkpoint before this one, and not later than this one.

    Parameters
    ----------
    share : float
        x as a fraction, in (0, 1].

    Returns
    -------
    step, lower_end : float
        The onset is in (lower_end, step]; `lower_end` is the scored step before, 0 for the first. NaN where there is no
        relative performance.

    Examples
    --------
    Scores of 0.5, 0.77 and 0.8 are 62.5%, 96.25% and 100% of the best:

    >>> onset([5, 10, 15], [0.5, 0.77, 0.8], 0.95)
    (10.0, 5.0)
    >>> onset([5, 10, 15], [0.5, 0.77, 0.8], 0.5)
    (5.0, 0.0)
    """
    shares = relative(values, lower)
    scored = np.flatnonzero(np.isfinite(shares))
    reached = np.flatnonzero(shares[scored] >= share - ROUNDING)
    if not len(reached):
        return np.nan, np.nan
    first = reached[0]
    return float(steps[scored[first]]), float(steps[scored[first - 1]]) if first else 0.0


def forgetting(values: NDArray, lower: bool = False) -> tuple[float, float]:
    """Measure what is lost from the best step to the last (Figure 7; A24).

    Returns
    -------
    absolute, relative : float
        best - final, in the score's own unit and never negative (final - best where lower is better), and
        1 minus the relative performance of the final score. NaN where the last step has no score.

    Examples
    --------
    >>> absolute, share = forgetting([0.4, 0.8, 0.6])
    >>> round(absolute, 6), round(share, 6)
    (0.2, 0.25)
    >>> forgetting([4.0, 1.0, 2.0], lower=True)
    (1.0, 0.5)
    """
    values = np.asarray(values, float)
    top, _ = best(np.arange(len(values)), values, lower)
    return float(values[-1] - top if lower else top - values[-1]), float(1 - relative(values, lower)[-1])


def asymmetry(there: NDArray, back: NDArray, lower: bool = False) -> float:
    """Compare the best transfer from a to b with the best from b to a, in absolute points (Figure 5; A25).

    Parameters
    ----------
    there, back : ndarray (k,)
        Scores from a to b, and from b to a.

    Returns
    -------
    float
        Positive where a to b is better; NaN where a direction has no score.

    Examples
    --------
    >>> round(asymmetry([0.5, 0.7], [0.6, 0.4]), 6)
    0.1
    """
    tops = [best(np.arange(len(values)), values, lower)[0] for values in (there, back)]
    return tops[1] - tops[0] if lower else tops[0] - tops[1]


def expected_layer(
    layers: Sequence[int], values: NDArray, reading: str = "minmax", chance: float = np.nan
) -> NDArray[np.float64]:
    """Average the layers, weighted by performance, at each step (section 5.1, Appendix C).

    E(t) = sum_l l w_l(t) / sum_l w_l(t). The paper's weight, "relative performance", must subtract something; otherwise
    E could not fall as far as it does (A26).

    Parameters
    ----------
    layers : sequence of int, (n,)
        0 is the embeddings.
    values : ndarray (n, k)
        Scores of each layer at each step; higher is better.
    reading : {"minmax", "minmax_step", "above_chance", "raw"}
        w = (p - min) / (max - min), over all layers and steps or over the layers of each step; max(p - chance, 0); p.
    chance : float
        Score of the majority class, for ``above_chance``.

    Returns
    -------
    ndarray (k,)
        In layers. NaN at a step where a layer has no score or all weights are 0.

    Examples
    --------
    Two layers swap places; the lowest score of all weighs nothing, 0.7 weighs (0.7 - 0.5) / (0.9 - 0.5) = 0.5:

    >>> expected_layer([0, 2], [[0.5, 0.9], [0.9, 0.7]]).round(6).tolist()
    [2.0, 0.666667]
    >>> expected_layer([0, 2], [[0.5, 0.9], [0.9, 0.7]], "above_chance", chance=0.4).round(6).tolist()
    [1.666667, 0.75]
    """
    values = np.asarray(values, float)
    complete = np.isfinite(values).all(axis=0)
    if not complete.any():
        return np.full(values.shape[1], np.nan)
    weights = layer_weights(values, reading, chance)
    total = weights.sum(axis=0)
    usable = complete & (total > 0)
    return np.where(usable, np.asarray(layers) @ weights / np.where(usable, total, 1), np.nan)


def layer_weights(values: NDArray, reading: str, chance: float = np.nan) -> NDArray[np.float64]:
    """Return the weights of the layers, (n, k), up to a factor; the parameters are those of `expected_layer`.

    Examples
    --------
    >>> layer_weights([[0.5, 0.75], [1.0, 0.75]], "minmax").tolist()
    [[0.0, 0.25], [0.5, 0.25]]
    """
    values = np.asarray(values, float)
    if reading == "minmax":
        return values - np.nanmin(values)
    if reading == "minmax_step":
        return values - values.min(axis=0)
    if reading == "above_chance":
        return np.maximum(values - chance, 0)
    if reading == "raw":
        return values
    raise ValueError(f"no reading of the expected layer: {reading!r}")
