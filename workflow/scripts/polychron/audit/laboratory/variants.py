"""What claims require of the transfer of variants with other vocabularies, parameters and texts."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from polychron.analysis.laboratory.measures import Measure, called
from polychron.audit.evidence import Missing
from polychron.audit.laboratory.requirements import Requirement
from polychron.audit.laboratory.results import BySeed, Results, common, mean, minus

CHANCE = 0.05
"""How far above chance, as a fraction, a score may be that has fallen to random."""


def _grouped(results: Results) -> dict[str, list[tuple[str, Measure]]]:
    found: dict[str, list[tuple[str, Measure]]] = {}
    for (task, pair), measure in results.transfers().items():
        found.setdefault(task, []).append((pair, measure))
    return found


def _untrained(results: Results) -> dict[str, list[tuple[str, Measure]]]:
    """Return the tasks that the default has at step 0, with their pairs and measures."""
    found = {}
    for task, places in _grouped(results).items():
        known = [results.over_steps("default", pair, measure) for pair, measure in places]
        if all(0 in steps for steps in known):
            found[task] = places
    if not found:
        raise Missing("transfer at step 0 (steps, and finetuning.steps)")
    return found


def _growth(results: Results, role: str, places: Sequence[tuple[str, Measure]]) -> list[float]:
    """Return the transfer of a variant minus that at step 0, mean over pairs, by seed."""
    there = results.pairs_of(role, "default")
    return mean(
        minus(results.scores(role, pair, measure), results.scores(role, pair, measure, first=True))
        for pair, measure in places
        if pair in there
    )


def above_untrained(results: Results, role: str) -> list[Requirement]:
    """Transfer of a variant is better than at step 0, in the mean over pairs, in each task that has a step 0."""
    return [
        Requirement(
            f"{called(task)}: {results.variant(role)} minus its step 0{results.told(role)}",
            _growth(results, role, places),
            low=0,
        )
        for task, places in _untrained(results).items()
    ]


def without_vocabulary(results: Results, role: str) -> list[Requirement]:
    """The same, of a variant in which no entry of the vocabulary is in both texts, as measured."""
    variant = results.variant(role)
    shares = {
        row["value"]
        for row in results.table.select(["variant", "task", "metric", "value"]).to_pylist()
        if (row["variant"], row["task"], row["metric"]) == (variant, "anchors", "anchor_types")
    }
    if shares != {0.0}:
        raise Missing(f"anchors of {variant} that were measured and are 0")
    return above_untrained(results, role)


def top_layers(results: Results) -> list[Requirement]:
    """Transfer is better than at step 0 with separate lower layers, and no better with a model for each language."""
    alone = [
        Requirement(
            f"{called(task)}: {results.variant('mono')} minus its step 0",
            _growth(results, "mono", places),
            high=CHANCE,
        )
        for task, places in _untrained(results).items()
    ]
    return [*above_untrained(results, "sep_low"), *alone]


def gap(results: Results, better: str, worse: str, tasks: Sequence[str] | None = None, pair: str = "") -> list[float]:
    """Return the transfer of a variant minus that of another, mean over tasks and pairs, by seed."""
    return [*gaps(results, better, worse, tasks, pair).values()]


def gaps(results: Results, better: str, worse: str, tasks: Sequence[str] | None = None, pair: str = "") -> BySeed:
    """Return the same with its seeds."""
    there = results.pairs_of(better, worse)
    places = {
        place: measure
        for place, measure in results.transfers().items()
        if (tasks is None or place[0] in tasks) and place[1] in ([pair] if pair else there)
    }
    if not places:
        raise Missing(f"transfer of {' or '.join(tasks or ())}")
    found = [
        minus(results.scores(better, where, measure), results.scores(worse, where, measure))
        for (_, where), measure in places.items()
    ]
    return {seed: float(np.mean([one[seed] for one in found])) for seed in common(found)}


def named(results: Results, better: str, worse: str) -> str:
    """Return what is subtracted from what, in words."""
    return f"{results.variant(better)} minus {results.variant(worse)}{results.told(better, worse)}"


def better(results: Results, better: str, worse: str) -> list[Requirement]:
    """A variant transfers better than another, in the mean over tasks and pairs."""
    return [Requirement(named(results, better, worse), gap(results, better, worse), low=0)]


def near(results: Results, better: str, worse: str, most: float, least: float = -np.inf) -> list[Requirement]:
    """A variant transfers better than another by no more than a fraction."""
    return [Requirement(named(results, better, worse), gap(results, better, worse), least, most)]


def found_and_transferred(results: Results, better: str, worse: str) -> list[Requirement]:
    """The same as `better`, of transfer and of centred search for sentences."""
    searches = results.searches()
    if not searches:
        raise Missing("a search for sentences (geometry.states)")
    found = mean(
        minus(results.scores(better, pair, measure, "centred"), results.scores(worse, pair, measure, "centred"))
        for (_, pair), measure in searches.items()
        if pair in results.pairs_of(better, worse)
    )
    return [
        Requirement(f"{named(results, better, worse)}, sentences found", found, low=0),
        Requirement(named(results, better, worse), gap(results, better, worse), 0),
    ]


def sharing_first(results: Results) -> list[Requirement]:
    """The fall without shared layers is more than three times that of each other variant.

    Falls of variants with separate parts are from the default of their vocabulary, where there is one.
    """
    same = results.shared
    falls = {role: gaps(results, same, role) for role in ("sep_most", "sep_emb_most")}
    most = max(falls, key=lambda role: float(np.mean([*falls[role].values()])) if falls[role] else -np.inf)
    found = [Requirement(f"fall of {results.variant(most)}", [*falls[most].values()], low=0)]
    for role, whole in (("no_anchors", "default"), ("sep_emb", same), ("domain", "default")):
        less = gaps(results, whole, role)
        if {*less} != {*falls[most]}:
            raise Missing(f"scores of {results.variant(role)} with the seeds of {results.variant(most)}")
        values = [large - 3 * less[seed] for seed, large in falls[most].items()]
        found.append(
            Requirement(
                f"fall of {results.variant(most)} minus three times that of {results.variant(role)}", values, low=0
            )
        )
    return found


def in_order(results: Results, order: Sequence[str], tasks: Sequence[str]) -> list[Requirement]:
    """Variants transfer better and better in some tasks, from the first to the last."""
    there = [task for task in tasks if task in _grouped(results)]
    if not there:
        raise Missing(f"transfer of {' or '.join(tasks)}")
    return [
        Requirement(f"{called(there[0])}: {named(results, more, less)}", gap(results, more, less, there[:1]), low=0)
        for less, more in pairwise(order)
    ]


def fewer_layers(results: Results) -> list[Requirement]:
    """In each pair, transfer falls from the first variant to the last, and rises nowhere between.

    The first is the default of the vocabulary of those with separate layers, where there is one.
    """
    found = []
    for order in ((results.shared, "sep_low", "sep_most"), ("sep_emb", "sep_emb_low", "sep_emb_most")):
        for pair in results.pairs_of(*order):
            for less, more, reversed_alone in (
                (order[0], order[2], False),
                *((one, other, True) for one, other in pairwise(order)),
            ):
                what = f"{pair}: {named(results, less, more)}"
                values = gap(results, less, more, pair=pair)
                found.append(Requirement(what, values, low=0, reversed_alone=reversed_alone))
    return found


def to_random(results: Results) -> list[Requirement]:
    """POS tagging with nearly nothing shared is no better than with a model for each language."""
    values = gap(results, "sep_emb_most", "mono", ("pos",))
    return [Requirement(f"POS tagging: {named(results, 'sep_emb_most', 'mono')}", values, high=CHANCE)]


def last_is_best(results: Results) -> list[Requirement]:
    """The last step, at which variants are compared, has the fewest bits per character of the first language.

    In each variant, mean over pairs.
    """
    found = []
    for role, variant in results.roles.items():
        behind = []
        for pair in results.pairs:
            source = pair.split("/")[0]
            bits = Measure("bits", "bits_per_character", source, source, "heldout")
            *before, last = results.over_steps(role, pair, bits).values() or [{}]
            if before:
                behind.append({seed: last[seed] - min(one[seed] for one in before) for seed in common([last, *before])})
        if behind:
            found.append(Requirement(f"{variant}: bits at the last step minus the fewest before", mean(behind), high=0))
    if not found:
        raise Missing("bits per character at two steps")
    return found
