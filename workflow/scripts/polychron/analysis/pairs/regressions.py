"""How transfer follows the factors of pairs: each alone, and beside all others (Tables 5 and 8).

`polychron.analysis.pairs.references` does the same for languages (Table 4); both make the rows of one table.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polychron.analysis import bits
from polychron.analysis.factors import LanguageFacts
from polychron.analysis.pairs import factors
from polychron.probing.tasks import registry
from polychron.stats import correlation, dyadic, mrqap

log = logging.getLogger("polychron")

BEFORE = ("source_size", "target_size", "task_data", "distance")
"""The factors of Table 5 that are known before training."""

FACTORS = (*BEFORE, *factors.FACTORS)
"""These, and those of the tokenizer and the languages."""

DIRECTED = ("source_size", "target_size", "task_data", "premium_ratio")
"""The factors that differ between the directions of a pair: asymmetry, which changes its sign, is related to these."""


def schema() -> Any:
    """Return the columns of a table of regressions, as a `pyarrow.Schema`.

    A row is a `factor` of a `quantity` of a `task`, as in the paper's `table`: of transfer (5), of which `pairs`
    ordered pairs have a value, or in-language (4), where languages take the place of pairs. `rho` is Spearman's
    coefficient of the two, over `n` pairs of `languages` languages, `low` to `high` its 95% interval, and `p` its
    p-value by permuting the languages. `beta` is the standardised coefficient beside all other factors that are used,
    over `together` pairs, and `p_beta` its p-value (see `mrqap.regress` and `semipartial.regress`). Rows with the same
    `test`, or `test_beta`, are one test under several names (see `correlation.identity`). `note` says why there is no
    `beta`.
    """
    import pyarrow

    names = ("model", "task", "quantity", "factor", "note")
    counts = ("table", "pairs", "n", "languages", "test", "together", "test_beta")
    kinds = dict.fromkeys(names, pyarrow.string()) | dict.fromkeys(counts, pyarrow.int32())
    order = "model table task quantity factor pairs n languages rho low high p test beta p_beta test_beta together note"
    return pyarrow.schema([(name, kinds.get(name, pyarrow.float64())) for name in order.split()])


def read(table: Any, languages: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    """Return the factors of a table (see `factors.schema`) as matrices over `languages`; NaN is what it lacks."""
    place = {language: number for number, language in enumerate(languages)}
    found = {name: np.full((len(place), len(place)), math.nan) for name in factors.FACTORS}
    for row in table.to_pylist():
        if row["value"] is not None and row["source"] in place and row["target"] in place:
            found[row["factor"]][place[row["source"]], place[row["target"]]] = row["value"]
    return found


def chosen(
    values: NDArray[np.float64], known: Mapping[str, NDArray[np.float64]], fewest: int, unit: str
) -> tuple[dict[str, NDArray[np.float64]], dict[str, str]]:
    """Choose the factors of a regression, so that one that is hardly known does not empty it.

    While fewer pairs have all factors than a regression on them needs, those that are known of the fewest are left out.
    Those that are known of the most stay.

    Parameters
    ----------
    values : ndarray
        Of pairs or of languages; NaN where there is none.
    known : mapping of str to ndarray
        The factors, of the shape of `values`.
    fewest : int
        How many languages a regression needs.
    unit : str
        What has a value: ``pair`` or ``language``.

    Returns
    -------
    used : dict of str to ndarray
    left : dict of str to str
        The names of the others, and why each is left out.
    """
    has = np.isfinite(values)
    if has.ndim == 2:
        np.fill_diagonal(has, False)
    counts = {name: int((np.isfinite(one) & has).sum()) for name, one in known.items()}
    left = {name: f"no {unit} has a value of it" for name, count in counts.items() if not count}
    while len(used := {name: one for name, one in known.items() if name not in left}) > 1:
        whole = np.logical_and.reduce([has, *(np.isfinite(one) for one in used.values())])
        differing = sum(np.ptp(one[whole]) > 0 for one in used.values()) if whole.any() else len(used)
        languages = len(dyadic.shared(np.where(whole, 0.0, math.nan))[0]) if whole.ndim == 2 else int(whole.sum())
        least, most = (end(counts[name] for name in used) for end in (min, max))
        if least == most or (whole.sum() >= differing + 3 and languages >= fewest):
            break
        said = f"known of {least} of {int(has.sum())} {unit}s, too few for the regression"
        left |= {name: said for name in used if counts[name] == least}
    return used, left


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
        A row for each factor, with columns of `schema` from `factor` on; what is undefined is NaN. The note of a factor
        that is left out of the regression (see `chosen`) says so.
    """
    used, left = chosen(values, known, fewest=4, unit="pair")
    together = mrqap.regress(values, used, permutations, seed)
    _, pairs_of_all = dyadic.shared(values, *used.values())
    _, measured = dyadic.shared(values)
    rows = []
    for name, one in known.items():
        languages, pairs = dyadic.shared(values, one)
        place = np.ix_(languages, languages)
        rho, _ = correlation.spearman(one[place][pairs], values[place][pairs])
        low, high = dyadic.interval(one, values)
        beta, p_beta, note = together.get(name) or mrqap.Coefficient(math.nan, math.nan, left[name])
        rows.append(
            {
                "factor": name,
                "pairs": int(measured.sum()),
                "n": int(pairs.sum()),
                "languages": len(languages),
                "rho": rho,
                "low": low,
                "high": high,
                "p": dyadic.permutation_p(one, values, permutations, seed),
                "beta": beta,
                "p_beta": p_beta,
                "together": int(pairs_of_all.sum()),
                "note": note,
            }
        )
    return rows


Values = dict[tuple[str, str], float]


def named(onset: float, forgetting: str) -> dict[str, str]:
    """Return the quantities that are related to factors, with their names in trajectories and intervals."""
    relative = "relative_" if forgetting == "relative" else ""
    return {
        "best": "best",
        "asymmetry": "asymmetry",
        "onset": f"onset_{onset:g}",
        "forgetting": f"{relative}forgetting",
        "cross_fitted_forgetting": f"cross_fitted_{relative}forgetting",
    }


def values_of(table: Any, quantity: str, layer: int, across: bool) -> dict[str, Values]:
    """Return a quantity by task, and then by source and target.

    Parameters
    ----------
    table : pyarrow.Table
        See `trajectories.schema`, or `uncertainty.schema` for what is cross-fitted.
    quantity : str
        Its name in the table.
    layer : int
        The layer that is read; see `bits.at_layer`.
    across : bool
        Whether pairs of different languages are read, or each language with itself.

    Returns
    -------
    dict of str to dict
        What has a value. Values are rounded to 12 decimals, so that means of the same accuracies in another order are
        ties.
    """
    import pyarrow
    import pyarrow.compute as pc

    splits = pyarrow.array(["parallel"] if across else ["test", "heldout"])
    wanted = (pc.field("quantity") == quantity) & pc.field("split").isin(splits)
    wanted &= pc.field("metric").isin(pyarrow.array(["accuracy", "bits_per_character"]))
    found: dict[str, Values] = {}
    for row in table.filter(bits.at_layer(table, layer)).filter(wanted).to_pylist():
        if row["value"] is not None and (row["source"] != row["target"]) is across:
            found.setdefault(row["task"], {})[row["source"], row["target"]] = round(row["value"], 12)
    return found


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
    """Relate every quantity of transfer of every task to the factors of pairs.

    Parameters
    ----------
    trajectories, intervals : pyarrow.Table
        See `trajectories.schema` and `uncertainty.schema`.
    pairs : pyarrow.Table
        The factors of pairs; see `polychron.analysis.pairs.factors.schema`.
    facts : LanguageFacts
        Sizes, distances and training examples.
    layer : int
        The layer whose curves are used: the final one.
    onset : float
        The share of the best score that defines the onset.
    forgetting : {"relative", "absolute"}
        Reading A24.
    permutations, seed : int
        See `correlation.permutation_p`.

    Returns
    -------
    list of dict
        Rows for `tabulate`. Tasks without transfer have none, nor has asymmetry with a factor that is the same in both
        directions.
    """
    found = {
        quantity: values_of(intervals if quantity.startswith("cross") else trajectories, name, layer, True)
        for quantity, name in named(onset, forgetting).items()
    }
    rows: list[dict[str, Any]] = []
    for task in registry.in_order(found["best"]):
        best = found["best"][task]
        languages = sorted({language for pair in best for language in pair})
        known = _known(task, languages, pairs, facts)
        for quantity, values in found.items():
            mine = values.get(task, {})
            y = _matrix(languages, lambda source, target, of=mine: of.get((source, target), math.nan))
            chosen = {name: one for name, one in known.items() if quantity != "asymmetry" or name in DIRECTED}
            for row in explain(y, chosen, permutations, seed):
                one = np.where(np.isfinite(y), known[row["factor"]], math.nan)
                # the same labels under two names give the same best scores everywhere
                of = (5, quantity, repr(sorted(best.items())))
                tests = {"test": (*of, correlation.identity(one, y)), "test_beta": (*of, row["factor"])}
                rows.append({"table": 5, "task": task, "quantity": quantity} | row | tests)
    return rows


def tabulate(model: str, rows: Sequence[dict[str, Any]]) -> Any:
    """Return the rows of languages and pairs as one table (see `schema`), and log what has no coefficient."""
    import pyarrow

    for name, p in (("test", "p"), ("test_beta", "p_beta")):
        numbers: dict[Any, int] = {}
        for row in rows:
            row[name] = None if math.isnan(row[p]) else numbers.setdefault(row[name], len(numbers) + 1)
    for row in rows:
        row["model"] = model
        row.update({name: None for name, value in row.items() if isinstance(value, float) and math.isnan(value)})
    for note in dict.fromkeys(row["note"] for row in rows if row["note"]):
        lacking = [row["factor"] for row in rows if row["note"] == note]
        named = ", ".join(dict.fromkeys(lacking))
        log.warning("no coefficient beside the other factors in %d rows (%s): %s", len(lacking), named, note)
    log.info("%d relations of scores to factors", len(rows))
    return pyarrow.Table.from_pylist(rows, schema=schema())


def _known(task: str, languages: Sequence[str], pairs: Any, facts: LanguageFacts) -> dict[str, NDArray[np.float64]]:
    """Return all factors of the pairs of some languages, in the order of `FACTORS`."""
    return {
        "source_size": _matrix(languages, lambda source, target: facts.size(source)),
        "target_size": _matrix(languages, lambda source, target: facts.size(target)),
        "task_data": _matrix(languages, lambda source, target: facts.data(task, source)),
        "distance": _matrix(languages, facts.distances),
        **read(pairs, languages),
    }


def _matrix(languages: Sequence[str], value: Callable[[str, str], float]) -> NDArray[np.float64]:
    return np.array([[value(source, target) for target in languages] for source in languages], float)
