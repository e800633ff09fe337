"""What the models of a laboratory must show: named checks of the differences of its variants, with their thresholds.

A check compares two variants of pretraining in one pair of languages, or two states of one variant, after the last step
and at the final layer. What is compared belongs to one seed of pretraining; the value is the mean over seeds, and its
parts are the seeds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from polychron.checks.score_lookup import Lacking
from polychron.checks.study import Finding, Verdict

TRANSFER = {"task": "pos", "metric": "accuracy", "split": "parallel"}
RETRIEVAL = {"task": "retrieval", "metric": "p_at_1.cosine", "split": "parallel"}

Line = Mapping[str, Any]
"""An expectation: ``check``, ``pair``, ``variant``, ``at_least``, and what else the check needs."""


@dataclass(frozen=True)
class _Ablation:
    """The rows of a table of ablation."""

    rows: Sequence[Mapping[str, Any]]

    def of(self, measure: Mapping[str, Any], line: Line, variant: str, states: str) -> dict[int, float]:
        """Return a measure of a variant by seed, after its last step and at its final layer."""
        (source, target), pair = line["pair"], "/".join(line["pair"])
        named = {**measure, "pair": pair, "variant": variant, "states": states, "source": source, "target": target}
        rows = [row for row in self.rows if all(row[name] == value for name, value in named.items())]
        ends = {name: max((row[name] for row in rows), default=None) for name in ("layer", "step")}
        found = {row["seed"]: row["value"] for row in rows if all(row[name] == end for name, end in ends.items())}
        what = f"{measure['metric']} of {measure['task']}, states {states}, of the variant {variant} in {pair}"
        if not found:
            raise Lacking(what)
        if unknown := sorted(seed for seed, value in found.items() if value is None):
            raise Lacking(f"a finite {what}, seed {unknown[0]}")
        return found


def _paired(one: Mapping[int, float], other: Mapping[int, float]) -> dict[int, float]:
    if apart := sorted(one.keys() ^ other.keys()):
        raise Lacking(f"one side of the comparison for seed {apart[0]}")
    return {seed: one[seed] - other[seed] for seed in sorted(one)}


def _found(differences: Mapping[int, float]) -> Finding:
    mean = sum(differences.values()) / len(differences)
    return Finding(mean, {f"seed {seed}": value for seed, value in differences.items()})


def _transfer(found: _Ablation, line: Line) -> dict[int, float]:
    one, other = (found.of(TRANSFER, line, line[side], line["states"]) for side in ("variant", "beside"))
    return _paired(one, other)


def _level(found: _Ablation, line: Line) -> Finding:
    return _found(found.of(TRANSFER, line, line["variant"], line["states"]))


def _above(found: _Ablation, line: Line) -> Finding:
    return _found(_transfer(found, line))


def _alike(found: _Ablation, line: Line) -> Finding:
    return _found({seed: -abs(value) for seed, value in _transfer(found, line).items()})


def _centring(found: _Ablation, line: Line) -> Finding:
    centred, raw = (found.of(RETRIEVAL, line, line["variant"], states) for states in ("centred", "raw"))
    return _found(_paired(centred, raw))


TWO = ("pair", "variant", "beside", "states")
"""The keys of an expectation that compares two variants."""

CHECKS: dict[str, tuple[str, tuple[str, ...], Callable[[_Ablation, Line], Finding]]] = {
    "variant_transfer_level": (
        "POS transfer {0} to {1}, {states} states, {variant}: accuracy, mean over seeds",
        ("pair", "variant", "states"),
        _level,
    ),
    "variant_transfer_above": (
        "POS transfer {0} to {1}, {states} states: {variant} above {beside}, mean over seeds",
        TWO,
        _above,
    ),
    "variant_transfer_alike": (
        "POS transfer {0} to {1}, {states} states: minus the distance of {variant} and {beside}, mean over seeds",
        TWO,
        _alike,
    ),
    "variant_retrieval_centring": (
        "P@1 of sentence states, {0} to {1}, {variant}: centred above raw, mean over seeds",
        ("pair", "variant"),
        _centring,
    ),
}
"""Every check of the laboratory: what it measures, the keys that an expectation of it has, and what measures it."""

KEYS = tuple(dict.fromkeys(key for _, keys, _ in CHECKS.values() for key in keys))
"""The keys of an expectation that only those of the laboratory have."""


def expected(expect: Sequence[Line] | None) -> list[Line]:
    """Return the expectations of a study that are about its laboratory, in their order.

    Examples
    --------
    >>> expected([{"check": "bits_fall"}, {"check": "variant_retrieval_centring"}])
    [{'check': 'variant_retrieval_centring'}]
    """
    return [line for line in expect or [] if line["check"] in CHECKS]


def verdicts(table: Any, expect: Sequence[Line]) -> list[Verdict]:
    """Compare the models of a laboratory with what they must show.

    Parameters
    ----------
    table : pyarrow.Table
        The table of ablation (`polychron.analysis.laboratory.ablation.schema`).
    expect : sequence of mapping
        The expectations: ``check``, a key of `CHECKS`, the keys that this needs, and ``at_least``, the least value that
        passes.

    Returns
    -------
    list of Verdict
        One for each expectation, in their order. What cannot be measured fails, and says what is missing.
    """
    import pyarrow
    import pyarrow.compute as pc

    kinds = [(each["task"], each["metric"], each["split"]) for each in (TRANSFER, RETRIEVAL)]
    named = [
        pc.is_in(table[name], pyarrow.array([kind[place] for kind in kinds]))
        for place, name in enumerate(("task", "metric", "split"))
    ]
    mask = named[0]
    for each in named[1:]:
        mask = pc.and_(mask, each)
    ablation = _Ablation(table.filter(mask).to_pylist())
    found = []
    for line in expect:
        question, keys, measure = CHECKS[line["check"]]
        asked = question.format(*line["pair"], **{key: line[key] for key in keys if key != "pair"})
        name = " ".join([line["check"], "/".join(line["pair"]), *(line[key] for key in keys if key != "pair")])
        try:
            finding, missing = measure(ablation, line), ""
        except Lacking as lack:
            finding, missing = None, str(lack)
        found.append(Verdict(name, asked, finding, line["at_least"], missing))
    return found
