"""Regression of values of languages on several factors at once, tested by permuting what a factor adds to the others.

What `polychron.stats.mrqap` does for pairs of languages, for values that belong to one language each.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from polychron.stats import correlation, dyadic, mrqap


def regress(
    y: ArrayLike, factors: Mapping[str, ArrayLike], permutations: int, seed: int
) -> dict[str, mrqap.Coefficient]:
    """Regress the ranks of values on the ranks of all factors, and test each factor beside the others.

    A factor is replaced by its residuals, given the other factors. These are permuted, and each permutation is fitted
    together with the other factors; p is the share of permutations whose t statistic reaches the observed one in size.

    Parameters
    ----------
    y : array-like (n,)
        A value of each language; NaN where there is none.
    factors : mapping of str to array-like (n,)
        The factors. Used are the languages of which `y` and all factors have a value.
    permutations, seed : int
        See `correlation.permutation_p`.

    Returns
    -------
    dict of str to mrqap.Coefficient
        As of `mrqap.regress`; here the languages must outnumber the factors by two.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> size, noise, unlike = rng.uniform(size=(3, 30))
    >>> found = regress(size + 0.2 * unlike, {"size": size, "examples": size + noise}, 999, seed=0)
    >>> [(name, round(one.beta, 1) + 0.0, round(one.p, 1)) for name, one in found.items()]
    [('size', 1.0, 0.0), ('examples', 0.0, 0.7)]
    """
    values = {name: np.asarray(one, float) for name, one in factors.items()}
    outcome = np.asarray(y, float)
    whole = np.logical_and.reduce([np.isfinite(one) for one in (outcome, *values.values())])
    n = int(whole.sum())
    ranked = {name: mrqap.standardised(one[whole]) for name, one in values.items()}
    outcome = mrqap.standardised(outcome[whole])
    used = [name for name, one in ranked.items() if one is not None]
    note = None
    if n < len(used) + 3:
        note = f"too few languages for a regression on {len(used)} factors: {n}"
    elif outcome is None:
        note = "what is explained is the same everywhere"
    found = {}
    for name, one in ranked.items():
        why = note or ("the factor is the same everywhere" if one is None else None)
        if why or one is None or outcome is None:
            found[name] = mrqap.Coefficient(math.nan, math.nan, why)
            continue
        others = np.column_stack([np.ones(n), *(ranked[other] for other in used if other != name)])
        residual = one - others @ np.linalg.lstsq(others, one, rcond=None)[0]
        if residual @ residual < mrqap.COLLINEAR * n:
            found[name] = mrqap.Coefficient(math.nan, math.nan, "the factor follows from the others")
            continue
        beta = float(residual @ outcome / (residual @ residual))
        observed = mrqap.statistic_sizes(residual[None], others, outcome)[0]
        reached = total = 0
        for block in dyadic.orders(n, permutations, seed):
            sizes = mrqap.statistic_sizes(residual[block], others, outcome)
            reached += int((sizes >= observed * (1 - dyadic.TOLERANCE)).sum())
            total += len(block)
        p = dyadic.permuted_share(reached, total, correlation.exact(n, permutations))
        found[name] = mrqap.Coefficient(beta, p)
    return found
