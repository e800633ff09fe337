"""Which facts about a language correlate with how well, how early and for how long a model knows it (Appendix B).

Table 4 correlates over languages, Table 5 over ordered pairs of different languages (reading A30).
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from polychron.analysis import bits
from polychron.data.languages import Distances, Size, named
from polychron.probing.tasks import registry
from polychron.stats import correlation, dyadic

log = logging.getLogger("polychron")

QUANTITIES = ("best", "asymmetry", "onset", "forgetting", "cross_fitted_forgetting")
"""What is correlated. Asymmetry is in Table 5 only; cross-fitted forgetting is not in the paper."""

FACTORS = {
    4: ("pretraining_size", "task_data", "distance"),
    5: ("source_size", "target_size", "task_data", "distance", "best"),
}
"""What it is correlated with. ``best`` is overall transfer (B.2, "interactions between learning measures")."""


def schema() -> Any:
    """Return the columns of a table of correlations, as a `pyarrow.Schema`.

    A row is one coefficient of the paper's `table`: of a `quantity` of a `task` with a `factor`, over `n` languages, or
    over `n` ordered pairs of `languages` languages. `p` and `stars` are computed as in the paper; `low` to `high` is a
    95% interval; `p_permutation` comes from permuting languages, and `q` is that p-value adjusted for the whole table.
    `test` numbers the tests of a table: rows with the same number are one test under several names (see
    `correlation.identity`), and count once. `note` says what is missing.
    """
    import pyarrow

    names = ("model", "task", "quantity", "factor", "stars", "note")
    kinds = dict.fromkeys(names, pyarrow.string())
    kinds |= dict.fromkeys(("table", "n", "languages", "test"), pyarrow.int32())
    order = "model table task quantity factor n languages rho p stars low high p_permutation q test note"
    return pyarrow.schema([(name, kinds.get(name, pyarrow.float64())) for name in order.split()])


@dataclass(frozen=True)
class LanguageFacts:
    """What is known about the languages besides their scores.

    Parameters
    ----------
    sizes : mapping of str to Size
        Pretraining data of each language, in GiB (A32); see `sizes.read`.
    distances : Distances
        Syntactic distances; smaller is more similar (A31).
    examples : mapping of (str, str) to int
        Number of training examples by task and language (A33); see `training_examples`.
    reference : str
        The language to which distances are taken in Table 4: English in the paper, at distance 0 to itself.
    """

    sizes: Mapping[str, Size]
    distances: Distances
    examples: Mapping[tuple[str, str], int]
    reference: str

    def size(self, language: str, unit: str = "gib") -> float:
        """Return the pretraining data of a language in GiB, or millions of tokens; NaN where it is not known (A32)."""
        return getattr(self.sizes[language], unit) if language in self.sizes else math.nan

    def data(self, task: str, language: str, unit: str = "gib", counted: str = "instances") -> float:
        """Return the amount of training data of a task; for bits per character, of pretraining data (as in Table 4).

        Counted in ``words`` (A33), all tasks with a treebank have that of part-of-speech tagging.
        """
        if task == "bits":
            return self.size(language, unit)
        chosen = "pos" if counted == "words" and registry.of(task).dataset == "treebank" else task
        return float(self.examples.get((chosen, language), math.nan))


def languages_of(trajectories: Any) -> set[str]:
    """Return the languages of a table of trajectories, as sources or as targets."""
    return {code for side in ("source", "target") for code in trajectories[side].unique().to_pylist() if code}


def training_examples(scores: Any) -> dict[tuple[str, str], int]:
    """Return the number of training examples by task and language, from a table of scores."""
    import pyarrow.compute as pc

    chosen = scores.filter((pc.field("split") == "train") & (pc.field("metric") == "kept_epoch"))
    groups = chosen.group_by(["task", "source"], use_threads=False).aggregate([("examples", "max")])
    return {(row["task"], row["source"]): row["examples_max"] for row in groups.to_pylist() if row["examples_max"]}


def study(
    trajectories: Any,
    intervals: Any,
    facts: LanguageFacts,
    *,
    layer: int,
    onset: float,
    forgetting: str,
    permutations: int,
    seed: int,
) -> Any:
    """Correlate every quantity of every task with every factor.

    Parameters
    ----------
    trajectories, intervals : pyarrow.Table
        See `trajectories.schema` and `uncertainty.schema`.
    facts : LanguageFacts
        Facts about the languages.
    layer : int
        The layer whose curves are correlated: the last one that is probed, and for bits per character the model's.
    onset : float
        The share of the best score that defines the onset (95% in the tables; A23).
    forgetting : {"relative", "absolute"}
        Reading A24; the tables say "(relative)".
    permutations, seed : int
        See `correlation.permutation_p`.

    Returns
    -------
    pyarrow.Table
        See `schema`. Tasks without scores have no rows. A coefficient that cannot be computed keeps its row, without a
        value and with a note. Asymmetry with distance has no row, because rho is 0 by construction: a distance is the
        same in both directions and asymmetry changes its sign. Nor do asymmetry and best with best. Bits per character
        of too few masked pieces (see `bits.few`) are left out, with a note.
    """
    import pyarrow

    relative = "relative_" if forgetting == "relative" else ""
    sought = {
        "best": "best",
        "asymmetry": "asymmetry",
        "onset": f"onset_{onset:g}",
        "forgetting": f"{relative}forgetting",
        "cross_fitted_forgetting": f"cross_fitted_{relative}forgetting",
    }
    found = {name: _values(trajectories, intervals, named, layer) for name, named in sought.items()}
    unsure = bits.few(trajectories)
    for values in found.values():
        for language in unsure:
            values.get(("bits", False), {}).pop((language, language), None)
    rows: list[dict[str, Any]] = []
    for task in registry.in_order({task for values in found.values() for task, _ in values}):
        # bits per character of one draw of masks are one run, so there is nothing to cross-fit
        crossed = found["cross_fitted_forgetting"].get((task, False), {}).values()
        single = task == "bits" and not any(map(math.isfinite, crossed))
        alone = {"asymmetry", "cross_fitted_forgetting"} if single else {"asymmetry"}
        inside = {name: found[name].get((task, False), {}) for name in QUANTITIES if name not in alone}
        across = {name: found[name].get((task, True), {}) for name in QUANTITIES}
        if any(inside.values()) or (task == "bits" and unsure):
            mine = [*_over_languages(task, inside, facts, permutations, seed)]
            if task == "bits" and unsure:
                for row in mine:
                    row["note"] = "; ".join([f"{bits.said(unsure)}{bits.LEFT_OUT}", *filter(None, [row["note"]])])
            rows += mine
        if any(across.values()):
            rows += _over_pairs(task, across, facts, permutations, seed)
    rows.sort(key=lambda row: row["table"])
    for table in FACTORS:
        mine = [row for row in rows if row["table"] == table]
        numbers: dict[tuple, int] = {}
        for row in mine:
            key = (row["quantity"], row.pop("of"), row.pop("identity"))
            row["test"] = None if math.isnan(row["p_permutation"]) else numbers.setdefault(key, len(numbers) + 1)
        rates = correlation.discovery_rates([row["p_permutation"] for row in mine], [row["test"] or 0 for row in mine])
        for row, rate in zip(mine, rates, strict=True):
            row["q"] = float(rate)
    for row in rows:
        row["model"] = trajectories["model"][0].as_py()
        row.update({name: None for name, value in row.items() if isinstance(value, float) and math.isnan(value)})
    log.info("%d correlations, %d of them with a coefficient", len(rows), sum(row["rho"] is not None for row in rows))
    return pyarrow.Table.from_pylist(rows, schema=schema())


Values = dict[tuple[str, str], float]


def _values(trajectories: Any, intervals: Any, quantity: str, layer: int) -> dict[tuple[str, bool], Values]:
    """Return a quantity by task, in-language (False) or transfer (True), and then by source and target."""
    import pyarrow
    import pyarrow.compute as pc

    table = intervals if quantity.startswith("cross_fitted") else trajectories
    wanted = (
        (pc.field("quantity") == quantity)
        & pc.field("metric").isin(pyarrow.array(["accuracy", "bits_per_character"]))
        & pc.field("split").isin(pyarrow.array(["test", "heldout", "parallel"]))
    )
    found: dict[tuple[str, bool], Values] = {}
    for row in table.filter(bits.at_layer(table, layer)).filter(wanted).to_pylist():
        # means of the same accuracies in another order differ in their last digits, and are ties
        value = math.nan if row["value"] is None else round(row["value"], 12)
        found.setdefault((row["task"], row["split"] == "parallel"), {})[row["source"], row["target"]] = value
    return found


NAMES = {
    "pretraining_size": "pretraining data",
    "source_size": "pretraining data of the source",
    "target_size": "pretraining data of the target",
    "task_data": "task data",
    "distance": "syntactic distance",
    "best": "overall performance",
    "asymmetry": "asymmetry",
    "onset": "onset",
    "forgetting": "forgetting",
    "cross_fitted_forgetting": "cross-fitted forgetting",
}
"""Display names of quantities and factors."""


def _over_languages(
    task: str, quantities: Mapping[str, Values], facts: LanguageFacts, permutations: int, seed: int
) -> Iterator[dict[str, Any]]:
    languages = sorted({source for values in quantities.values() for source, _ in values})
    measured = _measured(quantities)
    known = {
        "pretraining_size": [facts.size(language) for language in languages],
        "task_data": [facts.data(task, language) for language in languages],
        "distance": [facts.distances(language, facts.reference) for language in languages],
    }
    for quantity, values in quantities.items():
        y = np.array([values.get((language, language), math.nan) for language in languages])
        for factor in FACTORS[4]:
            x = np.array(known[factor], float)
            both = np.isfinite(x) & np.isfinite(y)
            places = [*map(named, languages)] if factor == "distance" else languages
            row = _row(4, task, quantity, factor, places, x, y, int(both.sum()), permutations)
            row["low"], row["high"] = correlation.interval(row["rho"], row["n"])
            row["p_permutation"] = correlation.permutation_p(x[both], y[both], permutations, seed)
            row["identity"] = correlation.identity(*(np.where(both, values, math.nan) for values in (x, y)))
            yield row | {"of": measured}


def _over_pairs(
    task: str, quantities: Mapping[str, Values], facts: LanguageFacts, permutations: int, seed: int
) -> Iterator[dict[str, Any]]:
    languages = sorted({language for values in quantities.values() for pair in values for language in pair})
    measured = _measured(quantities)

    def matrix(value: Callable[[str, str], float]) -> np.ndarray:
        return np.array([[value(source, target) for target in languages] for source in languages], float)

    of = {
        quantity: matrix(lambda source, target, values=values: values.get((source, target), math.nan))
        for quantity, values in quantities.items()
    }
    known = {
        "source_size": matrix(lambda source, target: facts.size(source)),
        "target_size": matrix(lambda source, target: facts.size(target)),
        "task_data": matrix(lambda source, target: facts.data(task, source)),
        "distance": matrix(facts.distances),
        "best": of["best"],
    }
    apart = ~np.eye(len(languages), dtype=bool)
    pairs, both = (
        [f"{source} to {target}" for source in names for target in names if source != target]
        for names in (languages, [*map(named, languages)])
    )
    for quantity, y in of.items():
        for factor in FACTORS[5]:
            if (quantity, factor) in (("asymmetry", "distance"), ("asymmetry", "best"), ("best", "best")):
                continue
            x = known[factor]
            shared, _ = dyadic.shared(x, y)
            row = _row(
                5,
                task,
                quantity,
                factor,
                both if factor == "distance" else pairs,
                x[apart],
                y[apart],
                len(shared),
                permutations,
            )
            row["low"], row["high"] = dyadic.interval(x, y)
            row["p_permutation"] = dyadic.permutation_p(x, y, permutations, seed)
            row["identity"] = correlation.identity(x[np.ix_(shared, shared)], y[np.ix_(shared, shared)])
            yield row | {"of": measured}


def _measured(quantities: Mapping[str, Values]) -> str:
    """Return what identifies a task's scores: the same labels under two names give the same best scores everywhere."""
    return repr(sorted(quantities["best"].items()))


def _row(
    table: int,
    task: str,
    quantity: str,
    factor: str,
    places: Sequence[str],
    x: np.ndarray,
    y: np.ndarray,
    languages: int,
    permutations: int,
) -> dict[str, Any]:
    """Correlate the values of the places that have both, and note which places lack one."""
    has_x, has_y = np.isfinite(x), np.isfinite(y)
    both = has_x & has_y
    rho, p = correlation.spearman(x[both], y[both])
    notes = []
    for name, lacking in ((quantity, ~has_y), (factor, has_y & ~has_x)):
        if lacking.any():
            first = [place for place, lacks in zip(places, lacking, strict=True) if lacks][:5]
            few = ", ".join(first) + (" and others" if lacking.sum() > 5 else "")
            notes.append(f"no {NAMES[name]} of {lacking.sum()} of {len(places)} ({few})")
    if both.sum() < 3:
        notes.append(f"a coefficient needs 3 values, there are {both.sum()}")
    else:
        notes += [
            f"{NAMES[name]} is the same everywhere"
            for name, one in ((quantity, y), (factor, x))
            if np.ptp(one[both]) == 0
        ]
        if correlation.exact(languages, min(permutations, 24)):
            notes.append(f"{math.factorial(languages)} permutations of {languages} languages")
    place = {"table": table, "task": task, "quantity": quantity, "factor": factor, "languages": languages}
    tested = {"n": int(both.sum()), "rho": rho, "p": p, "stars": correlation.stars(p)}
    return {**place, **tested, "note": "; ".join(notes) or None}
