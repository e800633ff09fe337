"""Look up the gathered scores of one model by what they measure, averaged over seeds."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

Relations = Mapping[str, Mapping[str, str]]
"""The word ``order`` and the ``script`` of each language; languages of one script share cognates."""


class Lacking(Exception):
    """The scores lack what a check needs."""


class Scores:
    """Scores of one model, averaged over seeds.

    Parameters
    ----------
    rows : iterable of mapping
        The rows of the gathered scores (`polychron.storage.scores.score_schema`).
    relations : Relations
        How the languages are related.

    Attributes
    ----------
    first, last : int
        The first trained step and the last step.
    final : int
        The highest layer of the probes.
    whole : int
        The layer under which bits per character are, which are of the whole model.

    Raises
    ------
    Lacking
        No score has a step.
    """

    def __init__(self, rows: Iterable[Mapping[str, Any]], relations: Relations) -> None:
        self.relations = relations
        values: dict[tuple, list[float]] = defaultdict(list)
        self.examples: dict[tuple, int] = {}
        for row in rows:
            key = tuple(row[name] for name in ("task", "source", "target", "layer", "step", "split", "metric"))
            values[key].append(row["value"])
            self.examples[key] = row["examples"]
        self.mean = {key: sum(each) / len(each) for key, each in values.items()}
        trained = {key[4] for key in self.mean if key[4] is not None}
        if not trained:
            raise Lacking("a step")
        self.last = max(trained)
        self.first = min((step for step in trained if step > 0), default=self.last)
        placed = [key for key in self.mean if key[3] is not None]
        self.whole = max((key[3] for key in placed if key[0] == "bits"), default=0)
        # words may be aligned at layers that are not probed, and models are fine-tuned at the last one
        probed = [key[3] for key in placed if key[6] == "accuracy" and not key[0].endswith("_tuned")]
        self.final = max(probed, default=self.whole)

    def of(
        self,
        task: str,
        metric: str,
        step: int | None,
        *,
        layer: int | None = None,
        split: str = "test",
        transfer: bool = False,
    ) -> dict[tuple[str, str], float]:
        """Return a metric for every language, or for every pair of two languages.

        Raises
        ------
        Lacking
            There is no such score.
        """
        found = {
            (key[1], key[2]): value
            for key, value in self.mean.items()
            if key[0] == task and key[3:] == (layer, step, split, metric) and (key[1] != key[2]) == transfer
        }
        if not found:
            raise Lacking(f"{metric} of {task} at step {step}, layer {layer}, split {split}")
        return found

    def accuracy(self, task: str, step: int, metric: str = "accuracy", layer: int | None = None) -> dict[str, float]:
        """Return the accuracy of every language at a layer, by default the final one."""
        layer = self.final if layer is None else layer
        return {source: value for (source, _), value in self.of(task, metric, step, layer=layer).items()}

    def baseline(self, task: str, metric: str) -> dict[str, float]:
        """Return a baseline of every language."""
        return {source: value for (source, _), value in self.of(task, metric, None).items()}

    def error(self, task: str, step: int) -> dict[str, float]:
        """Return half of the 95% interval of every language's accuracy, from its number of test examples."""
        half = {}
        for language, value in self.accuracy(task, step).items():
            number = self.examples[task, language, language, self.final, step, "test", "accuracy"]
            half[language] = 1.96 * math.sqrt(max(value * (1 - value), 0.0) / number)
        return half

    def aligned(self, step: int) -> dict[tuple[str, str], float]:
        """Return the alignment F1 of every pair at a step, at the best layer of the pair."""
        best: dict[tuple[str, str], float] = {}
        for key, value in self.mean.items():
            if key[0] == "alignment" and key[4] == step and key[6] == "f1":
                pair = key[1], key[2]
                best[pair] = max(best.get(pair, 0.0), value)
        if not best:
            raise Lacking(f"f1 of alignment at step {step}")
        return best

    def relation(self, source: str, target: str) -> str:
        """Return what two languages share: ``related`` (order and script), ``order``, ``script`` or ``neither``."""
        try:
            one, other = self.relations[source], self.relations[target]
        except KeyError as unknown:
            raise Lacking(f"what {unknown.args[0]} shares with other languages") from None
        order, script = one["order"] == other["order"], one["script"] == other["script"]
        return {(True, True): "related", (True, False): "order", (False, True): "script"}.get(
            (order, script), "neither"
        )
