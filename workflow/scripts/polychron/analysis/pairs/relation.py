"""How two values of pairs of languages go together, alone and given a third, such as their distance."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from polychron.stats import correlation, dyadic, mrqap

Values = Mapping[tuple[str, str], float]
"""By source and target."""

FEWEST = 3
"""Of fewer pairs nothing is correlated."""


class Relation(NamedTuple):
    """What `related` finds; NaN where there is nothing to find.

    Parameters
    ----------
    pairs : int
        The ordered pairs that have both values.
    rho, p : float
        Spearman's coefficient, and its p by permuting the languages (`dyadic.permutation_p`).
    partial, partial_p : float
        The partial rank correlation given the third value, over the pairs that have all three, and its p by permuting
        the languages of what the third does not explain (`mrqap.regress`).
    """

    pairs: int
    rho: float = math.nan
    p: float = math.nan
    partial: float = math.nan
    partial_p: float = math.nan


def related(x: Values, y: Values, given: Values, permutations: int, seed: int) -> Relation:
    """Correlate two values of ordered pairs of languages.

    Parameters
    ----------
    x, y : mapping of (str, str) to float
        Values of pairs; a pair of a language with itself is not read.
    given : mapping of (str, str) to float
        What else may explain `y`.
    permutations, seed : int
        See `correlation.permutation_p`.

    Examples
    --------
    >>> import itertools
    >>> names = ["de", "en", "fr", "ru", "tr"]
    >>> x = {pair: number for number, pair in enumerate(itertools.permutations(names, 2))}
    >>> found = related(x, {pair: -value for pair, value in x.items()}, {}, permutations=99, seed=0)
    >>> found.pairs, round(found.rho, 6), found.partial
    (20, -1.0, nan)
    """
    names = sorted({language for pair in {*x} & {*y} for language in pair})
    first, second, third = (_matrix(of, names) for of in (x, y, given))
    both = np.isfinite(first) & np.isfinite(second)
    pairs = int(both.sum())
    if pairs < FEWEST:
        return Relation(pairs)
    rho = _rho(first, second, both)
    if not math.isfinite(rho):
        return Relation(pairs)
    p = dyadic.permutation_p(first, second, permutations, seed)
    every = both & np.isfinite(third)
    partial = _partial(*(_rho(*two, every) for two in ((first, second), (first, third), (second, third))))
    if every.sum() <= FEWEST or not math.isfinite(partial):
        return Relation(pairs, rho, p)
    outcome = np.where(every, second, math.nan)
    found = mrqap.regress(outcome, {"x": first, "given": third}, permutations, seed)
    return Relation(pairs, rho, p, partial, found["x"].p)


def _matrix(values: Values, names: list[str]) -> NDArray[np.float64]:
    rows = [[values.get((a, b), math.nan) if a != b else math.nan for b in names] for a in names]
    return np.array(rows, float).reshape(len(names), len(names))


def _rho(x: NDArray[np.float64], y: NDArray[np.float64], known: NDArray[np.bool_]) -> float:
    return correlation.spearman(x[known], y[known])[0] if known.sum() >= FEWEST else math.nan


def _partial(xy: float, xz: float, yz: float) -> float:
    """Return the correlation of x and y given z; NaN where z is all that there is of x or y.

    Examples
    --------
    >>> round(_partial(0.5, 0.5, 0.5), 6), _partial(0.5, 1.0, 0.5)
    (0.333333, nan)
    """
    rest = (1 - xz**2) * (1 - yz**2)
    return (xy - xz * yz) / math.sqrt(rest) if rest > 1e-9 else math.nan
