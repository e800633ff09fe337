"""What the geometry of a study must show: named checks of how translations are found, as `polychron.checks.study` has.

An untrained model finds many translations, by the pieces that languages share and by the words' positions. So a check
is a growth over step 0, or a difference of groups of pairs that is near 0 at step 0. Mapped minus raw P@1, or a shared
script above another, are no checks: an untrained model passes them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from polychron.checks.score_lookup import Lacking, Relations, Scores
from polychron.checks.study import Finding, Verdict

FIRST = 1
"""The first layer of the encoder."""

FAR = "order"
"""Pairs of one word order and different scripts; see `Scores.relation`."""

RAW, CENTRED = (f"p_at_1.{states}.cosine" for states in ("raw", "centred"))


class _Retrieval:
    """P@1 of one model by pair of languages, in one set of parallel sentences."""

    def __init__(self, scores: Scores, split: str) -> None:
        self.scores, self.split = scores, split
        self.last = scores.last
        self.layers = sorted({key[3] for key in scores.mean if key[0] == "retrieval" and key[6] == CENTRED})

    def groups(self, metric: str, step: int, layer: int) -> dict[str, dict[str, float]]:
        """Return P@1 of each pair, by what its languages share."""
        found: dict[str, dict[str, float]] = defaultdict(dict)
        of = self.scores.of("retrieval", metric, step, layer=layer, split=self.split, transfer=True)
        for (source, target), value in of.items():
            found[self.scores.relation(source, target)][f"{source} – {target}"] = value
        if FAR not in found:
            raise Lacking("a pair of languages of one word order and different scripts")
        return found

    def best(self, step: int) -> dict[str, float]:
        """Return centred P@1 of each pair of `FAR` at the layer where the mean of these pairs is highest."""
        if not self.layers:
            raise Lacking(f"{CENTRED} of retrieval")
        return max((self.groups(CENTRED, step, layer)[FAR] for layer in self.layers), key=_mean)


def _mean(parts: Mapping[str, float]) -> float:
    return sum(parts.values()) / len(parts)


def _growth(found: _Retrieval) -> Finding:
    start, end = found.best(0), found.best(found.last)
    if start.keys() != end.keys():
        raise Lacking("a pair of languages at step 0 or at the last step")
    parts = {pair: end[pair] - start[pair] for pair in end}
    return Finding(_mean(parts), parts)


def _order(found: _Retrieval) -> Finding:
    groups = found.groups(CENTRED, found.last, FIRST)
    other = {pair: value for kind in ("script", "neither") for pair, value in groups.get(kind, {}).items()}
    if not other:
        raise Lacking("a pair of languages of different word orders")
    means = {"one word order, different scripts": _mean(groups[FAR]), "different word orders": _mean(other)}
    near, far = means.values()
    return Finding(near - far, means)


def _centring(found: _Retrieval) -> Finding:
    centred, raw = (found.groups(metric, found.last, FIRST)[FAR] for metric in (CENTRED, RAW))
    if centred.keys() != raw.keys():
        raise Lacking("raw or centred states of a pair of languages")
    parts = {pair: centred[pair] - raw[pair] for pair in centred}
    return Finding(_mean(parts), parts)


CHECKS: dict[str, tuple[str, Callable[[_Retrieval], Finding]]] = {
    "retrieval_growth_other_script": (
        "P@1 of centred sentence states, best layer, above step 0, mean of the pairs with the same word order and "
        "different scripts",
        _growth,
    ),
    "retrieval_order_other_script": (
        "P@1 of centred sentence states, layer 1, pairs with the same word order and different scripts above pairs "
        "with different word orders",
        _order,
    ),
    "retrieval_centring_other_script": (
        "P@1 of sentence states, layer 1, centred above raw, mean of the pairs with the same word order and different "
        "scripts",
        _centring,
    ),
}
"""Every check of geometry: what it measures, and the function that measures it."""


def expected(expect: Sequence[Mapping[str, Any]] | None) -> list[Mapping[str, Any]]:
    """Return the expectations of a study that are about geometry, in their order.

    Examples
    --------
    >>> expected([{"check": "bits_fall"}, {"check": "retrieval_order_other_script"}])
    [{'check': 'retrieval_order_other_script'}]
    """
    return [line for line in expect or [] if line["check"] in CHECKS]


def verdicts(table: Any, expect: Sequence[Mapping[str, Any]], relations: Relations, split: str | None) -> list[Verdict]:
    """Compare the geometry of a model with what the study must show.

    Parameters
    ----------
    table : pyarrow.Table or None
        The geometry of one model, with the columns of `polychron.storage.scores.score_schema`; None if the study has
        none.
    expect : sequence of mapping
        The expectations: ``check``, a key of `CHECKS`, and ``at_least``, the least value that passes.
    relations : Relations
        How the languages are related.
    split : str or None
        The set of parallel sentences, such as ``parallel``.

    Returns
    -------
    list of Verdict
        One for each expectation, in their order. What cannot be measured fails, and says what is missing.
    """
    found = []
    for line in expect:
        question, measure = CHECKS[line["check"]]
        try:
            finding, missing = measure(_of(table, relations, split)), ""
        except Lacking as lack:
            finding, missing = None, str(lack)
        found.append(Verdict(line["check"], question, finding, line["at_least"], missing))
    return found


def _of(table: Any, relations: Relations, split: str | None) -> _Retrieval:
    import pyarrow.compute as pc

    if table is None:
        raise Lacking("geometry, which the config does not ask for")
    wanted = (pc.field("task") == "retrieval") & pc.field("metric").isin([RAW, CENTRED]) & (pc.field("split") == split)
    rows = table.filter(wanted).to_pylist()
    if not rows:
        raise Lacking(f"{CENTRED} of retrieval in the set {split}")
    return _Retrieval(Scores(_whole(rows), relations), split)


def _whole(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return one row for each place and metric: the mean of the halves, each weighted by its sentences."""
    halves: dict[tuple, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        halves[tuple(row[name] for name in ("source", "target", "layer", "step", "metric"))].append(row)
    found = []
    for of in halves.values():
        examples = sum(row["examples"] for row in of)
        value = sum(row["examples"] * row["value"] for row in of) / examples
        found.append({**of[0], "value": value, "examples": examples})
    return found


def untrained(table: Any) -> Any:
    """Replace the last step by a copy of step 0: the negative control, which the checks must refuse.

    Parameters
    ----------
    table : pyarrow.Table
        The geometry of a model that has step 0.

    Returns
    -------
    pyarrow.Table
    """
    import pyarrow
    import pyarrow.compute as pc

    last = pc.max(table["step"])
    start = table.filter(pc.field("step") == 0)
    copied = start.set_column(
        start.schema.get_field_index("step"),
        table.schema.field("step"),
        pyarrow.array([last.as_py()] * len(start), table.schema.field("step").type),
    )
    return pyarrow.concat_tables([table.filter(pc.field("step") != last), copied])
