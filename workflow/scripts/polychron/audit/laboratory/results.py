"""The results of a laboratory, looked up by what a variant is, pair of languages and seed."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any

import numpy as np

from polychron.analysis.laboratory import measures
from polychron.analysis.laboratory.measures import Measure
from polychron.audit.evidence import Missing

ROLES = {
    "default": "the study's pretraining itself",
    "no_anchors": "no common pieces (vocabularies: prefixed)",
    "default_anchors": "a vocabulary for each language (vocabularies: union)",
    "extra_anchors": "words replaced by translations (anchors)",
    "domain": "texts of other domains (domains: apart)",
    "sep_emb": "separate embeddings",
    "sep_low": "the fewest separate layers",
    "sep_most": "the most separate layers, more than in another variant",
    "sep_emb_low": "separate embeddings and the fewest separate layers",
    "sep_emb_most": "separate embeddings and the most separate layers, more than in another variant",
    "mono": "a model for each language (alone: true)",
    "bitext": "pairs of translations (bitext)",
}
"""What a variant is that differs from the default in this alone, in words."""

BySeed = dict[int, float]


class Results:
    """What was measured of the models of a laboratory.

    Parameters
    ----------
    table : pyarrow.Table
        See `polychron.analysis.laboratory.ablation.schema`.
    roles : mapping of str to str
        The variants that are something of `ROLES`.
    settings : mapping of str to mapping, optional
        Of the default, and of variants that differ from it in their sizes, window or amount of text alone, these; see
        `polychron.study.laboratory.ablation.SIZES`.
    distance : callable, optional
        The syntactic distance of two languages, NaN where it is not known.
    shared : str
        The role beside which variants with separate parts are seen, where there is one; see
        `polychron.study.laboratory.ablation.Ablation.shared_role`.
    """

    def __init__(
        self,
        table: Any,
        roles: Mapping[str, str],
        settings: Mapping[str, Mapping[str, Any]] | None = None,
        distance: Callable[[str, str], float] | None = None,
        shared: str = "default_anchors",
    ) -> None:
        self.table, self.roles, self.pairs = table, roles, measures.pairs(table)
        self.settings, self.distance = settings or {}, distance or (lambda one, other: math.nan)
        self.shared = shared if shared in roles else "default"
        self._values: dict[tuple, dict[tuple[int, int], BySeed]] = defaultdict(lambda: defaultdict(dict))
        for row in measures.rows_of(table):
            if row["value"] is not None and row["layer"] is not None:
                key = tuple(row[name] for name in ("pair", "variant", "states", *Measure._fields))
                self._values[key][row["layer"], row["step"]][row["seed"]] = row["value"]

    @cached_property
    def _transfers(self) -> dict[tuple[str, str], Measure]:
        return {(one.task, pair): one for pair in self.pairs for one in measures.transfers(self.table, pair)}

    @cached_property
    def _searches(self) -> dict[tuple[str, str], Measure]:
        found = ((pair, measures.searches(self.table, pair, ("retrieval",))) for pair in self.pairs)
        return {(one.task, pair): one for pair, of_pair in found for one in of_pair}

    def variant(self, role: str) -> str:
        """Return the variant that is something of `ROLES`.

        Raises
        ------
        Missing
            There is none.
        """
        if role not in self.roles:
            raise Missing(f"a variant that differs from the default in this alone: {ROLES[role]}")
        return self.roles[role]

    def pairs_of(self, *roles: str) -> list[str]:
        """Return the pairs that have all of some variants: a variant may be of some pairs alone.

        Raises
        ------
        Missing
            A variant is missing, or no pair has all of them.
        """
        return self.pairs_with(*(self.variant(role) for role in roles))

    def pairs_with(self, *variants: str) -> list[str]:
        """Return the pairs that have all of some variants, by their names.

        Raises
        ------
        Missing
            No pair has all of them.
        """
        names = {*variants}
        found = [pair for pair in self.pairs if names <= {key[1] for key in self._values if key[0] == pair}]
        if not found:
            raise Missing(f"a pair of languages that has {' and '.join(sorted(names))}")
        return found

    def told(self, *roles: str) -> str:
        """Return which pairs have all of some variants, in parentheses, where not all have."""
        found = self.pairs_of(*roles)
        return "" if found == self.pairs else f" ({', '.join(found)} alone)"

    def transfers(self) -> dict[tuple[str, str], Measure]:
        """Return what is transferred, by task and pair.

        Raises
        ------
        Missing
            Nothing is.
        """
        if not self._transfers:
            raise Missing("transfer between the languages of the pairs")
        return self._transfers

    def stacked(self) -> dict[tuple[str, str], Measure]:
        """Return what stacked heads carry over, by task and pair."""
        return {(one.task, pair): one for pair in self.pairs for one in measures.stacked(self.table, pair)}

    def searches(self) -> dict[tuple[str, str], Measure]:
        """Return the search for sentences of each pair."""
        return self._searches

    def scores(self, role: str, pair: str, measure: Measure, states: str = "raw", first: bool = False) -> BySeed:
        """Return the scores of a variant by seed, at the highest layer and the last step of the default in such states.

        Where it has none there, the place is that of its raw states.

        Parameters
        ----------
        role, pair : str
        measure : Measure
        states : str
        first : bool
            At step 0 instead.

        Raises
        ------
        Missing
            The variant, or step 0, was not measured there.
        """
        variant = self.variant(role)
        same, raw = (self._values.get((pair, self.variant("default"), one, *measure), {}) for one in (states, "raw"))
        layer, step = max(same or raw, default=(None, None))
        found = self._values.get((pair, variant, states, *measure), {}).get((layer, 0 if first else step))
        if not found:
            when = "step 0" if first else "the last step"
            raise Missing(f"{measures.called(measure.task)} of {variant} on {pair}, {states}, at {when}")
        return found

    @cached_property
    def inside(self) -> dict[tuple[str, str, str], Measure]:
        """What is measured of the default in one language alone, on test, by task, pair and language."""
        found: dict[tuple[str, str, str], Measure] = {}
        for pair, variant, _, *place in self._values:
            one = Measure(*place)
            own = variant == self.roles.get("default") and one.split == "test" and one.source == one.target
            own &= one.source in pair.split("/")  # and not all languages together
            if own and one.metric in measures.PREFERRED:
                known = found.setdefault((one.task, pair, one.source), one)
                found[one.task, pair, one.source] = min(
                    known, one, key=lambda two: measures.PREFERRED.index(two.metric)
                )
        return dict(sorted(found.items()))

    def at_last(self, variant: str, pair: str, measure: Measure, states: str = "raw") -> BySeed:
        """Return the scores of a variant by seed, at the last step of its own highest layer.

        Raises
        ------
        Missing
            It was not measured.
        """
        found = self._values.get((pair, variant, states, *measure))
        if not found:
            raise Missing(f"{measures.called(measure.task)} of {variant} on {pair}, {states}")
        return found[max(found)]

    def over_steps(self, role: str, pair: str, measure: Measure) -> dict[int, BySeed]:
        """Return what is known of a variant by step and seed, at its highest layer; empty where nothing is."""
        found = self._values.get((pair, self.variant(role), "raw", *measure), {})
        highest = max((layer for layer, _ in found), default=None)
        return {step: by_seed for (layer, step), by_seed in sorted(found.items()) if layer == highest}

    def parameters(self, variant: str) -> float:
        """Return the parameters by which a language is computed, shared ones included: mean over pairs and seeds.

        Raises
        ------
        Missing
            They were not counted.
        """
        rows = measures.rows_of(self.table, variant=variant, task="parameters")
        models = {(row["pair"], row["seed"], row["target"]) for row in rows}
        if not models:
            raise Missing(f"the parameters of {variant}")
        return sum(row["value"] for row in rows) / len(models)

    def depth(self, role: str, pair: str) -> int:
        """Return the highest layer at which something of a variant was measured."""
        variant = self.variant(role)
        return max(layer for key, found in self._values.items() if key[:2] == (pair, variant) for layer, _ in found)

    def over_layers(
        self, role: str, pair: str, measure: Measure, states: str = "raw", embeddings: bool = True
    ) -> dict[int, BySeed]:
        """Return the values of a variant by layer and seed, at its last step.

        Raises
        ------
        Missing
            It was not measured, or, where they are asked for, not at two layers of which one is the embeddings.
        """
        found = self._values.get((pair, self.variant(role), states, *measure), {})
        last = max((step for _, step in found), default=None)
        layers = {layer: by_seed for (layer, step), by_seed in sorted(found.items()) if step == last}
        if not layers or (embeddings and (len(layers) < 2 or 0 not in layers)):
            raise Missing(f"{measure.metric} of {self.variant(role)} on {pair} by layer, from the embeddings on")
        return layers


def common(found: Iterable[BySeed]) -> list[int]:
    """Return the seeds that all have, sorted."""
    seeds = [{*one} for one in found]
    return sorted(set.intersection(*seeds)) if seeds else []


def mean(found: Iterable[BySeed]) -> list[float]:
    """Return the mean of several scores for each seed that has all of them.

    Examples
    --------
    >>> mean([{1: 0.25, 2: 0.5}, {1: 0.75, 2: 1.0, 3: 0.0}])
    [0.5, 0.75]
    """
    found = list(found)
    return [float(np.mean([one[seed] for one in found])) for seed in common(found)]


def minus(one: BySeed, other: BySeed) -> BySeed:
    """Return differences by seed.

    Examples
    --------
    >>> minus({1: 0.75, 2: 0.5}, {1: 0.25})
    {1: 0.5}
    """
    return {seed: one[seed] - other[seed] for seed in common([one, other])}


def of_layers(layers: Mapping[int, BySeed], ask: Callable[[list[int], list[float]], float]) -> BySeed:
    """Return what a function finds in the values over layers, for each seed.

    Parameters
    ----------
    layers : mapping of int to mapping of int to float
        By layer and seed.
    ask : callable
        Of the layers and the values, both ascending by layer.
    """
    return {seed: ask([*layers], [of[seed] for of in layers.values()]) for seed in common(layers.values())}
