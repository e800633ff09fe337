"""Results of a study that claims of other papers are measured on, looked up by pair of languages, layer and step."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polychron.analysis.trajectories import LOWER, SPLITS
from polychron.audit.evidence import Missing

Pair = tuple[str, str]

Metric = tuple[str, str]
"""Task and metric of a row of ``geometry.parquet``."""

XLMR = {"layers": 12, "dimension": 768, "feedforward": 3072, "heads": 12}
"""The shape of XLM-R base (Conneau et al. 2020)."""


@dataclass(frozen=True)
class Results:
    """All that the claims can be measured on; None, or an empty mapping, is missing.

    Parameters
    ----------
    printed : mapping of str to Statement
        The paper's claims, by id: its own numbers.
    config : mapping
        The study's config.
    languages : sequence of str
        Languages that the model was pretrained on, as far as the study knows.
    final : int
        The final layer.
    scores : mapping of (task, source, target, layer, split, metric) to float
        Means over runs at the last step, and scores of baselines, which have no layer.
    counted : mapping of (task, split) to list of int
        Numbers of examples of a task's languages, in the order of their names.
    geometry : mapping of (task, metric, layer, step) to mapping of Pair to float, optional
        Values of pairs of languages in the first parallel set, means over its halves.
    tuned : mapping of (task, source, target) to list of float
        Scores of fine-tuned models over seeds, see `polychron.audit.literature.tuned.of_scores`.
    forgotten : mapping of (tuned, task, metric, layer) to mapping of (source, seed) to mapping of Pair to float
        What fine-tuning takes from geometry, see `polychron.audit.literature.tuned.of_forgetting`.
    factors : mapping of str to mapping of Pair to float
        See `polychron.analysis.pairs.factors`.
    distances : callable, optional
        Syntactic distance of two languages; NaN where it is not known.
    sizes : mapping of str to float
        GiB of pretraining text by language.
    orders : mapping of str to str
        Order of subject, object and verb by language.
    permutations, seed : int
        Of permutation tests.
    """

    printed: Mapping[str, Any] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    languages: Sequence[str] = ()
    final: int = 0
    scores: Mapping[tuple, float] = field(default_factory=dict)
    counted: Mapping[tuple[str, str], list[int]] = field(default_factory=dict)
    geometry: Mapping[tuple[str, str, int, int], Mapping[Pair, float]] | None = None
    tuned: Mapping[tuple[str, str, str], Sequence[float]] = field(default_factory=dict)
    forgotten: Mapping[tuple[str, str, str, int], Mapping[tuple[str, int], Mapping[Pair, float]]] = field(
        default_factory=dict
    )
    factors: Mapping[str, Mapping[Pair, float]] = field(default_factory=dict)
    distances: Any = None
    sizes: Mapping[str, float] = field(default_factory=dict)
    orders: Mapping[str, str] = field(default_factory=dict)
    permutations: int = 9999
    seed: int = 0

    @property
    def like_xlmr(self) -> bool:
        """Whether the model has the shape of XLM-R base."""
        told = self.config.get("pretraining") or {}
        return {name: told.get(name) for name in XLMR} == XLMR

    @property
    def artificial(self) -> bool:
        """Whether all probed languages have codes for private use (ISO 639-2: qaa to qtz)."""
        probed = {key[1] for key in self.scores}
        return bool(probed) and all("qaa" <= code <= "qtz" for code in probed)

    def steps(self) -> list[int]:
        """Return the steps at which languages were compared."""
        return sorted({key[-1] for key in self.geometry or {}})

    def layers(self, metric: Metric) -> list[int]:
        """Return the layers of a metric of geometry."""
        return sorted({key[2] for key in self.geometry or {} if key[:2] == metric})

    def pairs(self, metric: Metric, layer: int | None = None, step: int | None = None) -> dict[Pair, float]:
        """Return the values of a metric of geometry by pair: at the model's last layer and step, if none is given.

        Raises
        ------
        Missing
            Languages were not compared, or not by this metric, or not at this layer (``geometry.layers``).
        """
        if not self.geometry:
            raise Missing("the geometry of the languages: the key geometry of the config")
        steps, layers = self.steps(), self.layers(metric)
        if not layers:
            raise Missing(f"the metric {metric[1]} of {metric[0].replace('_', ' ')} in geometry.parquet")
        layer, step = self.final if layer is None else layer, steps[-1] if step is None else step
        found = self.geometry.get((*metric, layer, step))
        if not found:
            raise Missing(f"the metric {metric[1]} of geometry at layer {layer} and step {step}")
        return dict(found)

    def over_layers(self, metric: Metric, step: int | None = None) -> tuple[list[int], dict[Pair, NDArray[np.float64]]]:
        """Return the layers of a metric, and its values over them by pair, (layers,).

        Raises
        ------
        Missing
            As of `pairs`, or without layer 0, the embeddings: what is claimed of layers is about the whole depth; or
            no pair has a value at all layers.
        """
        for layer in (0, self.final):
            self.pairs(metric, layer, step)
        layers = self.layers(metric)
        columns = [self.pairs(metric, layer, step) for layer in layers]
        pairs = [pair for pair in columns[0] if all(pair in column for column in columns)]
        if not pairs:
            raise Missing(f"pairs whose {metric[1]} is known at all layers")
        return layers, {pair: np.array([column[pair] for column in columns]) for pair in pairs}

    def transfer(self, task: str) -> dict[Pair, float]:
        """Return the accuracy of transfer at the final layer by source and target, in-language ones included.

        Raises
        ------
        Missing
            The task is not evaluated across languages.
        """
        found = {
            key[1:3]: value
            for key, value in self.scores.items()
            if (key[0], key[3:]) == (task, (self.final, "parallel", "accuracy"))
        }
        if not any(source != target for source, target in found):
            raise Missing(f"scores of {task.replace('_', ' ')} across languages")
        return found

    def in_language(self, task: str, metric: str = "accuracy", layer: int | None = None) -> dict[str, float]:
        """Return the scores on a task's own test sets by language, at the final layer if none is given.

        Raises
        ------
        Missing
            There is none.
        """
        wanted = (self.final if layer is None else layer, "test", metric)
        found = {key[1]: value for key, value in self.scores.items() if key[0] == task and key[3:] == wanted}
        if not found:
            raise Missing(f"scores of {task.replace('_', ' ')}")
        return found

    def majority(self, task: str) -> dict[str, float]:
        """Return the scores of the majority class by language."""
        return {key[2]: value for key, value in self.scores.items() if key[0] == task and key[5] == "majority"}


def matrix(values: Mapping[Pair, float], languages: Iterable[str]) -> NDArray[np.float64]:
    """Arrange values of pairs as a matrix, (n, n), NaN where there is none and on the diagonal.

    Examples
    --------
    >>> matrix({("a", "b"): 0.5}, "ab")
    array([[nan, 0.5],
           [nan, nan]])
    """
    names = [*languages]
    return np.array([[values.get((a, b), np.nan) if a != b else np.nan for b in names] for a in names], float).reshape(
        len(names), len(names)
    )


def languages_of(values: Iterable[Pair]) -> list[str]:
    """Return the languages of pairs, sorted."""
    return sorted({language for pair in values for language in pair})


def apart(values: Mapping[Pair, float]) -> dict[Pair, float]:
    """Return the values of pairs of two different languages."""
    return {pair: value for pair, value in values.items() if pair[0] != pair[1]}


def both_ways(values: Mapping[Pair, float]) -> dict[Pair, float]:
    """Return values that are the same in both directions for both."""
    return {**values, **{(b, a): value for (a, b), value in values.items()}}


def last_step(scores: Any) -> int | None:
    """Return the last step that is traced; None without any.

    A run that was cut off after its dev scores has later rows, of which no claim is.

    Parameters
    ----------
    scores : pyarrow.Table
        See `polychron.storage.scores.score_schema`.
    """
    import pyarrow
    import pyarrow.compute as pc

    traced = pc.field("metric").isin(pyarrow.array([*LOWER])) & pc.field("split").isin(pyarrow.array(SPLITS))
    return pc.max(scores.filter(traced)["step"]).as_py()


def of_scores(scores: Any, step: int) -> tuple[dict[tuple, float], dict[tuple[str, str], list[int]]]:
    """Look up the scores of a step, and the numbers of examples of tasks.

    Parameters
    ----------
    scores : pyarrow.Table
        See `polychron.storage.scores.score_schema`.
    step : int
        The last step.

    Returns
    -------
    scores : dict of (task, source, target, layer, split, metric) to float
        Means over runs. Baselines, which have no layer, have None for it.
    counted : dict of (task, split) to list of int
        See `Results`.
    """
    import pyarrow.compute as pc

    field_ = pc.field
    chosen = scores.filter((field_("step") == step) | field_("layer").is_null())
    place = ("task", "source", "target", "layer", "split", "metric")
    columns = chosen.select((*place, "value", "examples")).to_pydict()
    sums: dict[tuple, list[float]] = defaultdict(list)
    counted: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for *key, value, examples in zip(*columns.values(), strict=True):
        if value is not None and math.isfinite(value):
            sums[tuple(key)].append(value)
        task, source, target, _, split, metric = key
        if source == target and metric in ("accuracy", "kept_epoch") and examples:
            counted[task, split][source] = examples
    means = {key: sum(values) / len(values) for key, values in sums.items()}
    return means, {key: [numbers[name] for name in sorted(numbers)] for key, numbers in counted.items()}


def of_geometry(table: Any, name: str) -> dict[tuple[str, str, int, int], dict[Pair, float]]:
    """Look up the values of pairs of languages in one parallel set.

    Halves of a set are averaged, each weighted by its number of sentences. What is measured on no such set is looked up
    whatever the set is: words that a dictionary pairs, and transfer with centred targets. Values that are no numbers
    are left out.

    Parameters
    ----------
    table : pyarrow.Table
        ``geometry.parquet``.
    name : str
        The set.
    """
    import pyarrow.compute as pc

    of_words = (pc.field("task") == "word_retrieval") & (pc.field("split") == "dictionary")
    moved = (pc.field("task") != "identity") & (pc.field("metric") == "accuracy.centred")
    moved &= pc.field("split") == "parallel"
    chosen = table.filter((pc.field("split") == name) | of_words | moved)
    columns = chosen.select(("task", "metric", "layer", "step", "source", "target", "value", "examples")).to_pydict()
    sums: dict[tuple, dict[Pair, list[float]]] = defaultdict(lambda: defaultdict(lambda: [0.0, 0.0]))
    for task, metric, layer, step, source, target, value, examples in zip(*columns.values(), strict=True):
        if value is not None and layer is not None and math.isfinite(value):
            weight = float(examples or 1)
            total = sums[task, metric, layer, step][source, target]
            total[0] += weight * value
            total[1] += weight
    return {key: {pair: total / weight for pair, (total, weight) in of.items()} for key, of in sums.items()}


def of_factors(table: Any) -> dict[str, dict[Pair, float]]:
    """Look up the factors of pairs of languages.

    Parameters
    ----------
    table : pyarrow.Table
        See `polychron.analysis.pairs.factors.schema`.
    """
    found: dict[str, dict[Pair, float]] = defaultdict(dict)
    for row in table.to_pylist():
        if row["value"] is not None:
            found[row["factor"]][row["source"], row["target"]] = row["value"]
    return dict(found)
