"""The results of a laboratory: each score of each variant, and how far it is from that of the variants it belongs to.

A difference is taken within a pair of languages and a seed of pretraining, so that what all models of a seed have in
common is in no difference. (First weights are not, where vocabularies have other sizes.) A variant is compared with two
others: with the default, and with the one that differs from the default in its vocabularies alone, as the variant does.
Where parameters are separate, each language has a vocabulary of its own, and the first difference is that of both.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from polychron.errors import InputError

log = logging.getLogger("polychron")

STATES = ("raw", "centred", "standardised", "mapped")
"""What is done with the states of languages before they are compared; see ``geometry.states``."""

OMITTED = ("excluded_links", "unseen")
"""Metrics that count what was not measured, and that nothing here reads."""

CHOSEN_ON = ("train", "dev")
"""The splits on which probes are trained, and their epochs chosen."""

COLLAPSED = "collapsed"
"""The metric of the split ``train`` that says whether a fine-tuning has collapsed."""

KEY = ("task", "metric", "states", "source", "target", "split", "layer", "step")
"""What identifies a measure of a model."""

DELTAS = {"default": "delta", "same_vocabulary": "delta_same_vocabulary"}
"""The variants that a variant is compared with, and the columns of the differences."""


class Model(NamedTuple):
    """Which model of the laboratory it is.

    Parameters
    ----------
    pair : str
        Its languages, such as ``qsa/qtw``.
    variant : str
    seed : int
        Of its pretraining.
    """

    pair: str
    variant: str
    seed: int


def schema() -> Any:
    """Return the columns of the table of ablation, as a `pyarrow.Schema`.

    A row is one measure of one model. `metric` is that of `polychron.storage.scores.score_schema` without the name of
    the `states` it is about, one of `STATES`. `value` is the mean over `runs`: seeds of probes, or halves of a set of
    sentences. `delta` is `value` minus that of the default with the same pair and seed, and `delta_same_vocabulary` the
    same of the variant that differs from the default in its vocabularies alone. Both are null where there is no such
    variant, or it is the variant itself. `layer` and `step` are null for what is
    measured of texts, and of the sizes of a model.
    """
    import pyarrow

    text, real = pyarrow.string(), pyarrow.float64()
    kinds = {"seed": pyarrow.int32(), "layer": pyarrow.int32(), "step": pyarrow.int64(), "runs": pyarrow.int32()}
    kinds |= dict.fromkeys(("value", *DELTAS.values()), real)
    order = ("pair", "variant", "seed", *KEY, "runs", "value", *DELTAS.values())
    return pyarrow.schema([(name, kinds.get(name, text)) for name in order])


def without_states(metric: str) -> tuple[str, str]:
    """Return a metric without the name of the states that it is about, and that name.

    Examples
    --------
    >>> without_states("p_at_1.mapped.csls"), without_states("accuracy.centred"), without_states("cka_debiased")
    (('p_at_1.csls', 'mapped'), ('accuracy', 'centred'), ('cka_debiased', 'raw'))
    """
    parts = metric.split(".")
    states = [part for part in parts if part in STATES]
    return ".".join(part for part in parts if part not in STATES), *(states or ["raw"])[:1]


def of_scores(scores: Any, model: Model) -> list[dict[str, Any]]:
    """Return the measures of a model that are in a table of its scores or of its geometry.

    Rows of baselines, which are not of a step, of the splits `CHOSEN_ON` but for `COLLAPSED`, and of `OMITTED` are left
    out. Runs are
    averaged with their numbers of examples as weights, as halves of a set are in trajectories. A run whose score is
    not finite is left out of the mean.

    Parameters
    ----------
    scores : pyarrow.Table
        Rows with the columns of `polychron.storage.scores.score_schema`.
    model : Model

    Returns
    -------
    list of dict
        Rows with the columns of `schema` up to `value`, in no order. `value` is None where no run has a finite score.

    Examples
    --------
    >>> import pyarrow
    >>> from polychron.storage.scores import score_schema
    >>> row = dict(model="m", task="pos", source="a", target="b", split="parallel", metric="accuracy.centred", step=5)
    >>> runs = [{**row, "seed": seed, "value": value, "examples": 10} for seed, value in enumerate((0.25, 0.75))]
    >>> found = of_scores(pyarrow.Table.from_pylist(runs, schema=score_schema()), Model("a/b", "default", 1))
    >>> [(one["metric"], one["states"], one["runs"], one["value"]) for one in found]
    [('accuracy', 'centred', 2, 0.5)]
    """
    import pyarrow
    import pyarrow.compute as pc

    chosen = pc.and_not(pc.is_in(scores["split"], pyarrow.array(CHOSEN_ON)), pc.equal(scores["metric"], COLLAPSED))
    left_out = pc.or_(chosen, pc.is_in(scores["metric"], pyarrow.array(OMITTED)))
    table = scores.filter(pc.and_(pc.is_valid(scores["step"]), pc.invert(left_out)))
    finite = pc.is_finite(table["value"])
    weight = pc.if_else(finite, pc.max_element_wise(pc.fill_null(table["examples"], 1), 1), 0)
    value = pc.if_else(finite, table["value"], 0.0)
    given = [column for column in (*KEY,) if column != "states"]
    weighed = table.select(given).append_column("weight", pc.cast(weight, pyarrow.float64()))
    weighed = weighed.append_column("sum", pc.multiply(value, weighed["weight"]))
    weighed = weighed.append_column("finite", pc.cast(finite, pyarrow.int32()))
    # one thread: sums in the order of the rows, so the same bytes everywhere
    groups = weighed.group_by(given, use_threads=False).aggregate(
        [("weight", "sum"), ("sum", "sum"), ("finite", "sum")]
    )
    rows = []
    for group in groups.to_pylist():
        metric, states = without_states(group["metric"])
        total = group["weight_sum"]
        known = {column: group[column] for column in given} | {"metric": metric, "states": states}
        value = group["sum_sum"] / total if total else None
        rows.append({**model._asdict(), **known, "runs": group["finite_sum"], "value": value})
    return rows


def of_anchors(anchors: Iterable[Mapping[str, Any]], model: Model) -> list[dict[str, Any]]:
    """Return how much of the pretraining texts of a model are entries that both languages have.

    Parameters
    ----------
    anchors : iterable of mapping
        Of each pair of languages, ``source``, ``target``, and what `polychron.tokenization.anchors.measure` returns.
    model : Model

    Returns
    -------
    list of dict
        Rows of the task ``anchors``. The share of pieces is that of the text of `source`.

    Examples
    --------
    >>> found = {"source": "a", "target": "b", "anchor_types": 0.5, "anchor_tokens": [0.25, 0.75]}
    >>> rows = of_anchors([found], Model("a/b", "default", 1))
    >>> [(row["metric"], row["source"], row["target"], row["value"]) for row in rows]
    [('anchor_types', 'a', 'b', 0.5), ('anchor_tokens', 'a', 'b', 0.25), ('anchor_tokens', 'b', 'a', 0.75)]
    """
    rows = []
    for found in anchors:
        one, other = found["source"], found["target"]
        first, second = found["anchor_tokens"]
        for metric, source, target, value in (
            ("anchor_types", one, other, found["anchor_types"]),
            ("anchor_tokens", one, other, first),
            ("anchor_tokens", other, one, second),
        ):
            place = {"task": "anchors", "metric": metric, "states": "raw", "source": source, "target": target}
            known = {**place, "split": "text", "layer": None, "step": None, "runs": 1, "value": value}
            rows.append({**model._asdict(), **known})
    return rows


def of_parameters(counts: Mapping[str, tuple[int, int]], model: Model) -> list[dict[str, Any]]:
    """Return how many parameters of a model each language shares with the others, and has for itself.

    Parameters
    ----------
    counts : mapping of str to (int, int)
        Of each language, the parameters that it shares and those of its own.
    model : Model

    Returns
    -------
    list of dict
        Rows of the task ``parameters``.

    Examples
    --------
    >>> rows = of_parameters({"a": (59, 85)}, Model("a/b", "default", 1))
    >>> [(row["metric"], row["target"], row["value"]) for row in rows]
    [('shared', 'a', 59.0), ('own', 'a', 85.0)]
    """
    return [
        {
            **model._asdict(),
            **{"task": "parameters", "metric": metric, "states": "raw", "source": language, "target": language},
            **{"split": "model", "layer": None, "step": None, "runs": 1, "value": float(value)},
        }
        for language, (shared, own) in counts.items()
        for metric, value in (("shared", shared), ("own", own))
    ]


def compare(rows: Sequence[Mapping[str, Any]], references: Mapping[str, Mapping[str, str | None]]) -> Any:
    """Make the table of ablation: take the differences from the variants that each variant is compared with.

    Parameters
    ----------
    rows : sequence of mapping
        What `of_scores`, `of_anchors` and `of_parameters` return of all models.
    references : mapping
        Of each variant, the ``default`` and the variant of the ``same_vocabulary``; None where there is none.

    Returns
    -------
    pyarrow.Table
        With the columns of `schema`, sorted by them, nulls last.

    Raises
    ------
    InputError
        A measure of a model is given twice.

    Examples
    --------
    >>> place = dict(task="pos", metric="accuracy", states="raw", source="a", target="b", split="test", layer=1, step=5)
    >>> models = [Model("a/b", "default", 1), Model("a/b", "apart", 1)]
    >>> rows = [{**m._asdict(), **place, "runs": 1, "value": value} for m, value in zip(models, (0.75, 0.5))]
    >>> table = compare(rows, {"default": {"default": "default"}, "apart": {"default": "default"}})
    >>> table.select(["variant", "value", "delta"]).to_pylist()
    [{'variant': 'apart', 'value': 0.5, 'delta': -0.25}, {'variant': 'default', 'value': 0.75, 'delta': None}]
    """
    import pyarrow

    def place(row: Mapping[str, Any], variant: str) -> tuple:
        return (row["pair"], variant, row["seed"], *(row[column] for column in KEY))

    known = {place(row, row["variant"]): row["value"] for row in rows}
    if len(known) < len(rows):
        counts = Counter(place(row, row["variant"]) for row in rows)
        named = ", ".join(map(str, next(one for one, number in counts.items() if number > 1)))
        raise InputError(f"a measure of a model is given twice: {named}", remedy="give each table of a model once")
    made, lacking = [], Counter()
    for row in rows:
        deltas: dict[str, float | None] = {}
        for reference, column in DELTAS.items():
            other = references[row["variant"]].get(reference)
            deltas[column] = None
            if other in (None, row["variant"]):
                continue
            theirs = known.get(place(row, other))
            if row["value"] is None or theirs is None:
                lacking[column] += 1
            else:
                deltas[column] = row["value"] - theirs
        made.append({**row, **deltas})
    unknown = sum(row["value"] is None for row in rows)
    log.info("%d measures of %d models", len(rows), len({(row["pair"], row["variant"], row["seed"]) for row in rows}))
    if unknown:
        log.warning("%d measures have no finite score; they stay in the table without a value", unknown)
    for column, number in lacking.items():
        log.info(
            "%d measures have no %s, because the other variant lacks that measure or one has no value", number, column
        )
    table = pyarrow.Table.from_pylist(made, schema=schema())
    order = ("pair", "variant", "seed", *KEY)
    return table.sort_by([(column, "ascending") for column in order]).combine_chunks()
