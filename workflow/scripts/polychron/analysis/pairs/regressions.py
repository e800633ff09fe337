"""How transfer follows the factors of pairs: each alone, and beside all others."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polychron.analysis.pairs import factors
from polychron.stats import correlation, dyadic, mrqap

log = logging.getLogger("polychron")

FACTORS = ("source_size", "target_size", "task_data", "distance", *factors.FACTORS)
"""The factors of Table 5 that are known before training, and those of the tokenizer and the languages."""


def schema() -> Any:
    """Return the columns of a table of regressions, as a `pyarrow.Schema`.

    A row is a `factor` of a `quantity` of transfer of a `task`. `rho` is Spearman's coefficient of the two alone, over
    `n` ordered pairs of `languages` languages, and `p` its p-value by permuting the languages. `beta` is the
    standardised coefficient beside all other factors that are used, over `together` pairs, and `p_beta` its p-value
    (see `mrqap.regress`). `note` says why there is no `beta`.
    """
    import pyarrow

    names = ("model", "task", "quantity", "factor", "note")
    kinds = dict.fromkeys(names, pyarrow.string()) | dict.fromkeys(("n", "languages", "together"), pyarrow.int32())
    order = "model task quantity factor n languages rho p beta p_beta together note"
    return pyarrow.schema([(name, kinds.get(name, pyarrow.float64())) for name in order.split()])


def read(table: Any, languages: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    """Return the factors of a table (see `factors.schema`) as matrices over `languages`; NaN is what it lacks."""
    place = {language: number for number, language in enumerate(languages)}
    found = {name: np.full((len(place), len(place)), math.nan) for name in factors.FACTORS}
    for row in table.to_pylist():
        if row["value"] is not None and row["source"] in place and row["target"] in place:
            found[row["factor"]][place[row["source"]], place[row["target"]]] = row["value"]
    return found


def explain(
    values: NDArray[np.float64],
    known: Mapping[str, NDArray[np.float64]],
    permutations: int,
    seed: int,
) -> list[dict[str, Any]]:
    """Relate values of pairs to factors, each alone and beside all others.

    Parameters
    ----------
    values : ndarray (n, n)
        From the source in the row to the target in the column; NaN where there is none.
    known : mapping of str to ndarray (n, n)
        The factors.
    permutations, seed : int
        See `correlation.permutation_p`.

    Returns
    -------
    list of dict
        A row for each factor, with the columns of `schema` from `factor` on. A factor that no pair has a value of is
        left out of the regression, so that it does not empty it; its note says so, and the log.
    """
    used = {name: one for name, one in known.items() if (np.isfinite(one) & np.isfinite(values)).any()}
    together = mrqap.regress(values, used, permutations, seed)
    _, pairs_of_all = dyadic.shared(values, *used.values())
    rows = []
    for name, one in known.items():
        languages, pairs = dyadic.shared(values, one)
        place = np.ix_(languages, languages)
        rho, _ = correlation.spearman(one[place][pairs], values[place][pairs])
        none = mrqap.Coefficient(math.nan, math.nan, "no pair has a value of it")
        beta, p_beta, note = together.get(name, none)
        if note:
            log.warning("no coefficient of %s beside the other factors: %s", name, note)
        found = {
            "rho": rho,
            "p": dyadic.permutation_p(values, one, permutations, seed),
            "beta": beta,
            "p_beta": p_beta,
        }
        rows.append(
            {"factor": name, "n": int(pairs.sum()), "languages": len(languages)}
            | {column: None if math.isnan(number) else number for column, number in found.items()}
            | {"together": int(pairs_of_all.sum()), "note": note}
        )
    return rows
