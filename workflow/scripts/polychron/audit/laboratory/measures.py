"""What the claims require of the variants of a laboratory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from polychron.analysis.laboratory.measures import Measure, called
from polychron.audit.evidence import Missing
from polychron.audit.laboratory.requirements import Requirement
from polychron.audit.laboratory.results import BySeed, Results, common, mean, minus, of_layers

CKA, PRINTED, RANDOM = "cka_debiased", "cka", "cka_random"

CHANCE = 0.05
"""How far above chance, as a fraction, a score may be that has fallen to random."""

FEWEST_LAYERS = 4
"""The fewest layers over which a correlation is computed, or of which lower ones are compared with upper ones."""


def _grouped(results: Results) -> dict[str, list[tuple[str, Measure]]]:
    found: dict[str, list[tuple[str, Measure]]] = {}
    for (task, pair), measure in results.transfers().items():
        found.setdefault(task, []).append((pair, measure))
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
    """Transfer of a variant is better than at step 0, in the mean over pairs, in each task."""
    return [
        Requirement(
            f"{called(task)}: {results.variant(role)} minus its step 0{results.told(role)}",
            _growth(results, role, places),
            low=0,
        )
        for task, places in _grouped(results).items()
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
        for task, places in _grouped(results).items()
    ]
    return [*above_untrained(results, "sep_low"), *alone]


def _gap(results: Results, better: str, worse: str, tasks: Sequence[str] | None = None, pair: str = "") -> list[float]:
    """Return the transfer of a variant minus that of another, mean over tasks and pairs, by seed."""
    return [*_gaps(results, better, worse, tasks, pair).values()]


def _gaps(results: Results, better: str, worse: str, tasks: Sequence[str] | None = None, pair: str = "") -> BySeed:
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


def _shared(results: Results) -> str:
    """Return the role beside which separate parts are seen: the default of their vocabulary, where there is one."""
    return "default_anchors" if "default_anchors" in results.roles else "default"


def _named(results: Results, better: str, worse: str) -> str:
    return f"{results.variant(better)} minus {results.variant(worse)}{results.told(better, worse)}"


def better(results: Results, better: str, worse: str) -> list[Requirement]:
    """A variant transfers better than another, in the mean over tasks and pairs."""
    return [Requirement(_named(results, better, worse), _gap(results, better, worse), low=0)]


def near(results: Results, better: str, worse: str, most: float, least: float = -np.inf) -> list[Requirement]:
    """A variant transfers better than another by no more than a fraction."""
    return [Requirement(_named(results, better, worse), _gap(results, better, worse), least, most)]


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
    named = f"{_named(results, better, worse)}, sentences found"
    return [
        Requirement(named, found, low=0),
        Requirement(_named(results, better, worse), _gap(results, better, worse), 0),
    ]


def sharing_first(results: Results) -> list[Requirement]:
    """The fall without shared layers is more than three times that of each other variant.

    Falls of variants with separate parts are from the default of their vocabulary, where there is one.
    """
    same = _shared(results)
    falls = {role: _gaps(results, same, role) for role in ("sep_most", "sep_emb_most")}
    most = max(falls, key=lambda role: float(np.mean([*falls[role].values()])) if falls[role] else -np.inf)
    found = [Requirement(f"fall of {results.variant(most)}", [*falls[most].values()], low=0)]
    for role, whole in (("no_anchors", "default"), ("sep_emb", same), ("domain", "default")):
        less = _gaps(results, whole, role)
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
        Requirement(f"{called(there[0])}: {_named(results, more, less)}", _gap(results, more, less, there[:1]), low=0)
        for less, more in pairwise(order)
    ]


def fewer_layers(results: Results) -> list[Requirement]:
    """In each pair, transfer falls from the first variant to the last, and rises nowhere between.

    The first is the default of the vocabulary of those with separate layers, where there is one.
    """
    found = []
    for order in ((_shared(results), "sep_low", "sep_most"), ("sep_emb", "sep_emb_low", "sep_emb_most")):
        for pair in results.pairs_of(*order):
            for less, more, reversed_alone in (
                (order[0], order[2], False),
                *((one, other, True) for one, other in pairwise(order)),
            ):
                named = f"{pair}: {_named(results, less, more)}"
                values = _gap(results, less, more, pair=pair)
                found.append(Requirement(named, values, low=0, reversed_alone=reversed_alone))
    return found


def to_random(results: Results) -> list[Requirement]:
    """POS tagging with nearly nothing shared is no better than with a model for each language."""
    values = _gap(results, "sep_emb_most", "mono", ("pos",))
    return [Requirement(f"POS tagging: {_named(results, 'sep_emb_most', 'mono')}", values, high=CHANCE)]


def _similarity(results: Results, role: str, pair: str, metric: str = CKA) -> dict[int, BySeed]:
    first, second = sorted(pair.split("/"))
    return results.over_layers(role, pair, Measure("similarity", metric, first, second, "parallel"))


def _mean_of_layers(layers: Mapping[int, BySeed]) -> BySeed:
    return of_layers(layers, lambda _, values: float(np.mean(values)))


def alike_alone(results: Results) -> list[Requirement]:
    """Models of one language each are more similar than one of them and an untrained one, in each pair."""
    return [
        Requirement(
            f"{pair}: CKA of {results.variant('mono')} minus that with an untrained model",
            [*minus(*(_mean_of_layers(_similarity(results, "mono", pair, name)) for name in (CKA, RANDOM))).values()],
            low=0,
        )
        for pair in results.pairs_of("mono")
    ]


def similarity_in_order(results: Results) -> list[Requirement]:
    """CKA is higher in one model than in two, in each pair and by both formulas, and lowest with an untrained one."""
    found = [
        Requirement(
            f"{pair}: {name} of {_named(results, 'default', 'mono')}",
            [
                *minus(
                    *(_mean_of_layers(_similarity(results, role, pair, name)) for role in ("default", "mono"))
                ).values()
            ],
            low=0,
        )
        for pair in results.pairs_of("default", "mono")
        for name in (CKA, PRINTED)
    ]
    return found + alike_alone(results)


def first_layers(results: Results) -> list[Requirement]:
    """The layer of the highest CKA is in the lower half, in each pair, in one model and in two."""

    def share(layers: list[int], values: list[float]) -> float:
        _enough(layers)
        return layers[int(np.argmax(values))] / layers[-1]

    return [
        Requirement(
            f"{pair}: share of depth of the most similar layer of {results.variant(role)}",
            [*of_layers(_similarity(results, role, pair), share).values()],
            high=0.5,
        )
        for pair in results.pairs_of("default", "mono")
        for role in ("default", "mono")
    ]


def early_more(results: Results) -> list[Requirement]:
    """CKA of the lower third of the layers is higher than that of the upper third, of two models, mean over pairs."""

    def gap(layers: list[int], values: list[float]) -> float:
        _enough(layers)
        early = [value for layer, value in zip(layers, values, strict=True) if 3 * layer <= layers[-1]]
        late = [value for layer, value in zip(layers, values, strict=True) if 3 * layer >= 2 * layers[-1]]
        return float(np.mean(early) - np.mean(late))

    values = mean(of_layers(_similarity(results, "mono", pair), gap) for pair in results.pairs_of("mono"))
    return [Requirement(f"lower minus upper third of {results.variant('mono')}", values, low=0)]


def _mapped(results: Results, pair: str) -> dict[int, BySeed]:
    measure = results.searches().get(("retrieval", pair))
    if measure is None:
        raise Missing("a search for sentences with mapped states (geometry.states)")
    return results.over_layers("mono", pair, measure, "mapped")


def low_retrieval(results: Results) -> list[Requirement]:
    """After a map, sentences of two models are found best in the lower half of the layers, mean over pairs."""

    def share(layers: list[int], values: list[float]) -> float:
        _enough(layers)
        return layers[int(np.argmax(values))] / layers[-1]

    values = mean(of_layers(_mapped(results, pair), share) for pair in results.pairs_of("mono"))
    return [Requirement(f"share of depth of the best layer of {results.variant('mono')}", values, high=0.5)]


def similarity_follows_retrieval(results: Results, least: float) -> list[Requirement]:
    """CKA and mapped retrieval of two models correlate over layers (Pearson), in each pair."""
    found = []
    for pair in results.pairs_of("mono"):
        alike, mapped = _similarity(results, "mono", pair), _mapped(results, pair)
        layers = sorted({*alike} & {*mapped})
        _enough(layers)
        columns = [of_layers({at: part[at] for at in layers}, lambda _, values: values) for part in (alike, mapped)]
        values = [
            float(np.corrcoef(columns[0][seed], columns[1][seed])[0, 1])
            for seed in sorted({*columns[0]} & {*columns[1]})
        ]
        found.append(Requirement(f"{pair}: correlation of CKA and mapped retrieval over layers", values, low=least))
    return found


def _enough(layers: Sequence[int]) -> None:
    if len(layers) < FEWEST_LAYERS:
        raise Missing(f"{FEWEST_LAYERS} layers or more whose languages are compared (geometry.layers)")


Ask = Callable[[Results], list[Requirement]]


def _order(*tasks: str) -> Ask:
    return partial(in_order, order=("no_anchors", "default_anchors", "extra_anchors"), tasks=tasks)


MEASURES: Mapping[str, Ask] = {
    "wu.text.no_vocabulary": partial(without_vocabulary, role="no_anchors"),
    "wu.text.domains": partial(above_untrained, role="domain"),
    "wu.text.top_layers": top_layers,
    "wu.text.few_points": partial(near, better="default_anchors", worse="no_anchors", most=0.05, least=-0.05),
    "wu.text.sharing_first": sharing_first,
    "wu.text.more_anchors_xnli_lab": _order("xnli_tuned", "xnli"),
    "wu.text.more_anchors_ner_lab": _order("entities_tuned", "entities"),
    "wu.text.more_anchors_parsing_lab": _order("parsing_tuned"),
    "wu.text.softmax_lab": partial(better, better="no_anchors", worse="sep_emb"),
    "wu.text.fewer_layers_lab": fewer_layers,
    "wu.text.random_lab": to_random,
    "wu.text.mono_similar": alike_alone,
    "wu.text.sentence_low": low_retrieval,
    "wu.text.cka_order": similarity_in_order,
    "wu.text.cka_retrieval": partial(similarity_follows_retrieval, least=0.9),
    "wu.text.cka_first_layers": first_layers,
    "wu.text.early_more": early_more,
    "primer.s2.tlm": partial(found_and_transferred, better="bitext", worse="default"),
    "primer.s5.overlap_zero": partial(near, better="default_anchors", worse="no_anchors", most=0.05),
    "primer.s5.bitext": partial(better, better="bitext", worse="default"),
    "primer.s5.comparable": partial(better, better="default", worse="domain"),
}
"""What claims require, by their ids."""

UNMEASURED: Mapping[str, str] = {
    **dict.fromkeys(
        ("wu.text.anchors_distant_lab", "wu.text.cka_gap", "wu.text.closer_more"),
        "a comparison of many pairs by their distance, which a laboratory of a few pairs cannot make",
    ),
    **dict.fromkeys(
        (
            *("wu.text.context_align", "wu.text.context_align_parsing", "wu.text.context_middle"),
            *("wu.text.context_ner_gap", "primer.s5.explicit"),
        ),
        "transfer of heads on mapped states",
    ),
    "wu.text.word_layers": "a search for the entries of a dictionary in models of one language each",
    "wu.setup.best_by_dev": "a choice of checkpoints; here all of them are kept",
}
"""What other claims need, in words."""


def table_one(results: Results, variant: str, task: str, target: str = "") -> Any:
    """Return the scores of Table 1 of Wu et al. (2020), or a change of their mean, in points, for each seed.

    Parameters
    ----------
    results : Results
    variant, task, target : str
        As in the arguments of the claims. Without a target, the change against Default, mean over targets.

    Raises
    ------
    Missing
        Something of it was not measured.
    """
    role = TABLE_ONE.get(variant, variant)
    measured = results.transfers()
    found = []
    for one in [target] if target else ["fr", "ru", "zh"]:
        pair = next((pair for pair in results.pairs if pair in (f"en/{one}", f"en/{one}-Hans")), f"en/{one}")
        place = (TUNED[task], pair)
        if place not in measured:
            raise Missing(f"{called(TUNED[task])} from en to {one} (lab.pairs, finetuning.tasks)")
        scores = results.scores(role, place[1], measured[place])
        found.append(scores if target else minus(scores, results.scores("default", place[1], measured[place])))
    return [100 * value for value in mean(found)]


TABLE_ONE = {
    "wiki_cc": "domain",
    "sep_l1_3": "sep_low",
    "sep_l1_6": "sep_most",
    "sep_emb_l1_3": "sep_emb_low",
    "sep_emb_l1_6": "sep_emb_most",
}
"""What the rows of Table 1 are called here."""

TUNED = {"xnli": "xnli_tuned", "ner": "entities_tuned", "parsing": "parsing_tuned"}
"""What its tasks are called here."""
