"""Small evidence that can be checked by hand, for the examples in the docstrings of measures.

Only docstrings use it. Steps are 10, 20, 30, ...; all readings are the default ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from polychron.audit.curves import Curves
from polychron.audit.evidence import TREEBANK, Evidence
from polychron.audit.readings import DEFAULTS
from polychron.probing.tasks import registry

Scores = Mapping[str, Mapping[Any, Any]]
"""By task, then by language or (source, target): a score for each step, or a row of scores for each layer."""


def evidence(
    inside: Scores | None = None,
    across: Scores | None = None,
    runs: Scores | None = None,
    error: float | None = None,
    **others: Any,
) -> Evidence:
    """Make the evidence of a study with a few curves, whose languages are taken as all of the paper's.

    Parameters
    ----------
    inside, across : mapping, optional
        Scores in-language and in transfer; a single row is that of the final layer.
    runs : mapping, optional
        Runs behind in-language scores.
    error : float, optional
        Standard error of all scores.
    **others
        Other fields of the evidence.

    Examples
    --------
    >>> one = evidence({"pos": {"de": [0.5, 0.8]}})
    >>> one.steps, one.paper["treebank"], one.study.values["pos", "de", "de", 0, False].tolist()
    ([10, 20], ['de'], [0.5, 0.8])
    """
    places = {(task, one, one, False): rows for task, of in (inside or {}).items() for one, rows in of.items()}
    places |= {
        (task, *pair, task != "alignment"): rows for task, of in (across or {}).items() for pair, rows in of.items()
    }
    scores = {place: np.array(rows, float) for place, rows in places.items()}
    final = max((len(rows) - 1 for rows in scores.values() if rows.ndim == 2), default=0)
    values = {}
    for (task, source, target, transfer), rows in scores.items():
        for layer, row in enumerate(rows) if rows.ndim == 2 else [(final, rows)]:
            values[task, source, target, layer, transfer] = row
    steps = 10 * np.arange(1, 1 + max((rows.shape[-1] for rows in scores.values()), default=0))
    errors = {} if error is None else {place: np.full(len(row), error) for place, row in values.items()}
    behind = {(task, one): np.array(rows) for task, of in (runs or {}).items() for one, rows in of.items()}
    known = {
        "claims": {"setup.layers": final, "s52.every_other": 1},
        "paper": _lists(scores),
        "study": Curves(steps, values, final, errors, runs=behind) if scores else None,
        "steps": steps.tolist(),
    } | others
    for task, name in (("arc_classification", "s51.langs_arc"), ("xnli", "s51.langs_xnli")):
        layered = {place[1] for place, rows in scores.items() if place[0] == task and rows.ndim == 2}
        known["claims"] = {name: sorted(layered)} | known["claims"]
    return Evidence(reading=DEFAULTS, **{**known, "claims": {name: _said(of) for name, of in known["claims"].items()}})


def _said(value: Any) -> Any:
    return value if hasattr(value, "value") else SimpleNamespace(value=value, measure="", arguments={})


def _lists(places: Iterable[tuple[str, str, str, bool]]) -> dict[str, list]:
    """Make the paper's lists of languages from those that have scores."""
    lists: dict[str, set] = {name: set() for name in ("bits", "treebank", "inference", "parallel", "aligned")}
    for task, source, target, transfer in places:
        if task == "alignment":
            lists["aligned"].add((source, target))
        else:
            lists["bits" if task == "bits" else registry.of(task).dataset].add(source)
        if transfer and task in TREEBANK:
            lists["parallel"].add(source)
    return {name: sorted(of) for name, of in lists.items()}


def learned(inside: Scores | None = None, across: Scores | None = None) -> Evidence:
    """Make the evidence of curves over steps 10, 20 and 30: half of the best score before a given step, then all of it.

    From a language to itself the given step is the first.

    Examples
    --------
    >>> one = learned(across={"pos": {("de", "en"): 20, ("en", "de"): 10}})
    >>> [one.study.values["pos", source, "en", 0, True].tolist() for source in ("de", "en")]
    [[0.5, 1.0, 1.0], [1.0, 1.0, 1.0]]
    """

    def curve(step: int) -> list[float]:
        return [1.0 if at >= step else 0.5 for at in (10, 20, 30)]

    own = {task: {(one, one): 10 for pair in of for one in pair} | of for task, of in (across or {}).items()}
    return evidence(
        *(
            {task: {place: curve(step) for place, step in of.items()} for task, of in some.items()}
            for some in (inside or {}, own)
        )
    )


def transfer(languages: Sequence[str], error: float | None = None, **tables: Sequence[Sequence[float]]) -> Evidence:
    """Make the evidence of transfer at a single step: a row for each source, a column for each target.

    Parameters
    ----------
    error : float, optional
        Standard error of all scores.

    Examples
    --------
    >>> transfer(["de", "en"], pos=[[0.9, 0.6], [0.7, 0.8]]).study.values["pos", "de", "en", 0, True].tolist()
    [0.6]
    """
    return evidence(
        across={
            task: {
                (source, target): [value]
                for source, row in zip(languages, rows, strict=True)
                for target, value in zip(languages, row, strict=True)
            }
            for task, rows in tables.items()
        },
        error=error,
    )


def printed(*cells: tuple[int, str, str, str, float], n: int = 20) -> Evidence:
    """Make the evidence of printed correlations over `n` languages or pairs, with a study that has the same ones.

    Parameters
    ----------
    *cells : tuple
        Table, task, quantity, factor and coefficient, all printed without stars.

    Examples
    --------
    >>> one = printed((4, "pos", "best", "distance", -0.5))
    >>> [(row["factor"], row["rho"]) for row in one.correlations]
    [('distance', -0.5)]
    """
    names = ("table", "task", "quantity", "factor")
    claims, rows = {}, []
    for number, (*cell, rho) in enumerate(cells):
        place = dict(zip(names, cell, strict=True))
        name = f"cell {number + 1}"
        claims[name] = SimpleNamespace(value=rho, n=n, stars="", measure="correlation", arguments=place, id=name)
        rows.append({**place, "rho": rho, "n": n})
    return evidence(claims=claims, correlations=rows)
