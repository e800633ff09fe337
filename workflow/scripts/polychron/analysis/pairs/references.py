"""How what is measured in a language follows what it shares with the reference language (Table 4)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polychron.analysis import bits
from polychron.analysis.factors import LanguageFacts
from polychron.analysis.pairs import factors, regressions
from polychron.probing.tasks import registry
from polychron.stats import correlation, mrqap, semipartial

FACTORS = ("pretraining_size", "task_data", "distance", *factors.FACTORS)
"""The factors of Table 4, and those of the language and the reference."""

ITSELF = {
    "piece_overlap": 1.0,
    "piece_share": 1.0,
    "same_script": 1.0,
    "same_order": 1.0,
    "same_family": 1.0,
    "fertility_difference": 0.0,
    "premium_ratio": 1.0,
}
"""The factors of the reference language with itself, whose distance to itself is 0 as well."""


def explain(
    values: NDArray[np.float64],
    known: Mapping[str, NDArray[np.float64]],
    permutations: int,
    seed: int,
) -> Iterator[dict[str, Any]]:
    """Relate values of languages to factors, each alone and beside all others.

    Parameters
    ----------
    values : ndarray (n,)
        NaN where there is none.
    known : mapping of str to ndarray (n,)
        The factors; see `regressions.chosen`.
    permutations, seed : int
        See `correlation.permutation_p`.

    Yields
    ------
    dict
        For each factor, the columns of `regressions.schema` from `factor` on; languages take the place of pairs.
    """
    used, left = regressions.chosen(values, known, fewest=4, unit="language")
    together = semipartial.regress(values, used, permutations, seed)
    of_all = np.logical_and.reduce([np.isfinite(one) for one in (values, *used.values())])
    for name, one in known.items():
        both = np.isfinite(one) & np.isfinite(values)
        rho, _ = correlation.spearman(one[both], values[both])
        low, high = correlation.interval(rho, int(both.sum()))
        beta, p_beta, note = together.get(name) or mrqap.Coefficient(math.nan, math.nan, left[name])
        yield {
            "factor": name,
            "pairs": int(np.isfinite(values).sum()),
            "n": int(both.sum()),
            "languages": int(both.sum()),
            "rho": rho,
            "low": low,
            "high": high,
            "p": correlation.permutation_p(one[both], values[both], permutations, seed),
            "beta": beta,
            "p_beta": p_beta,
            "together": int(of_all.sum()),
            "note": note,
        }


def study(
    trajectories: Any,
    intervals: Any,
    pairs: Any,
    facts: LanguageFacts,
    *,
    layer: int,
    onset: float,
    forgetting: str,
    permutations: int,
    seed: int,
) -> list[dict[str, Any]]:
    """Relate every in-language quantity of every task to the factors of languages; see `regressions.study`.

    Bits per character of too few masked pieces (see `bits.few`) are left out, as in Table 4.
    """
    found = {
        quantity: regressions.values_of(intervals if quantity.startswith("cross") else trajectories, name, layer, False)
        for quantity, name in regressions.named(onset, forgetting).items()
        if quantity != "asymmetry"
    }
    unsure = bits.few(trajectories)
    rows = []
    for task in registry.in_order(found["best"]):
        languages = sorted({source for values in found.values() for source, _ in values.get(task, {})})
        known = _known(task, languages, pairs, facts)
        for quantity, values in found.items():
            mine = values.get(task, {})
            y = np.array([mine.get((one, one), math.nan) for one in languages])
            if task == "bits":
                y[[one in unsure for one in languages]] = math.nan
            # bits per character of one draw of masks are one run, so there is nothing to cross-fit
            if task == "bits" and quantity == "cross_fitted_forgetting" and not np.isfinite(y).any():
                continue
            for row in explain(y, known, permutations, seed):
                one = np.where(np.isfinite(y), known[row["factor"]], math.nan)
                of = (4, quantity, repr(sorted(found["best"][task].items())))
                tests = {"test": (*of, correlation.identity(one, y)), "test_beta": (*of, row["factor"])}
                rows.append({"table": 4, "task": task, "quantity": quantity} | row | tests)
    return rows


def _known(task: str, languages: Sequence[str], pairs: Any, facts: LanguageFacts) -> dict[str, NDArray[np.float64]]:
    """Return all factors of some languages, in the order of `FACTORS`; of bits per character without task data."""
    reference = facts.reference
    both = regressions.read(pairs, [*languages, reference] if reference not in languages else languages)
    place = [*languages, reference].index(reference)
    found = {
        "pretraining_size": np.array([facts.size(one) for one in languages], float),
        "task_data": np.array([facts.data(task, one) for one in languages], float),
        "distance": np.array([facts.distances(one, reference) for one in languages], float),
    }
    compared = np.isfinite(both["premium_ratio"][place]).any()
    if task == "bits":
        del found["task_data"]  # it is the pretraining data, which would follow from it
    for name, values in both.items():
        found[name] = values[place, : len(languages)].copy()
        if reference in languages and compared:
            found[name][place] = ITSELF[name] if np.isfinite(values[place]).any() else math.nan
    return found
