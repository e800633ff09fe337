"""What claims require of variants with other sizes, windows and amounts of text."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from polychron.analysis.laboratory.measures import Measure, called
from polychron.audit.evidence import Missing
from polychron.audit.laboratory.requirements import Requirement
from polychron.audit.laboratory.results import BySeed, Results, common, minus

FEWEST = 3
"""The fewest values of a setting that have a trend, that of the default among them."""

AS_LARGE = 0.1
"""By which share the parameters of two models may differ that have as many."""

APART = 4
"""How many times the text of one model is to be that of another one with little."""

WIDTH = ("feedforward", "heads")
"""The settings that may change with the dimension."""

Axis = list[tuple[float, str]]


def along(results: Results, key: str, free: Sequence[str] = (), sized: tuple[float, float] = (0, math.inf)) -> Axis:
    """Return the values of a setting with their variants, ascending, that of the default among them.

    Parameters
    ----------
    results : Results
    key : str
        The setting in which the variants differ from the default.
    free : sequence of str
        Settings in which they may differ as well.
    sized : (float, float)
        The fewest and the most parameters that they may have.
    """
    default = results.variant("default")
    usual: Mapping[str, Any] = results.settings.get(default, {})
    found = {usual.get(key): default}
    for variant, told in results.settings.items():
        apart = {name for name, value in told.items() if value != usual[name]}
        alike = key in apart and apart <= {key, *free}
        if alike and (sized[1] == math.inf or sized[0] <= results.parameters(variant) <= sized[1]):
            found.setdefault(told[key], variant)
    return sorted(found.items())


def _several(axis: Axis, what: str, least: int = FEWEST) -> list[str]:
    if len(axis) < least:
        raise Missing(f"variants of {least} {what} (lab.variants), and has {len(axis)}")
    return [variant for _, variant in axis]


def _averaged(found: Sequence[BySeed]) -> BySeed:
    return {seed: float(np.mean([one[seed] for one in found])) for seed in common(found)}


def _transfer(results: Results, variants: Sequence[str]) -> list[BySeed]:
    """Return the transfer of each variant, mean over the tasks and over the pairs that have all of them."""
    there = results.pairs_with(*variants)
    places = [(pair, one) for (_, pair), one in results.transfers().items() if pair in there]
    return [_averaged([results.at_last(variant, pair, one) for pair, one in places]) for variant in variants]


def _found(results: Results, variants: Sequence[str]) -> list[BySeed]:
    """Return which share of sentences each variant finds, centred, mean over pairs."""
    there = results.pairs_with(*variants)
    places = [(pair, one) for (_, pair), one in results.searches().items() if pair in there]
    if not places:
        raise Missing("a search for sentences (geometry.states)")
    return [_averaged([results.at_last(variant, pair, one, "centred") for pair, one in places]) for variant in variants]


def _inside(results: Results, variants: Sequence[str]) -> dict[str, list[BySeed]]:
    """Return the scores of each variant in one language alone, mean over languages and pairs, by task."""
    there = results.pairs_with(*variants)
    tasks: dict[str, list[tuple[str, Measure]]] = {}
    for (task, pair, _), one in results.inside.items():
        if pair in there:
            tasks.setdefault(task, []).append((pair, one))
    if not tasks:
        raise Missing("scores of probes in the languages themselves")
    return {
        task: [_averaged([results.at_last(variant, pair, one) for pair, one in places]) for variant in variants]
        for task, places in tasks.items()
    }


def _ranges(scores: Sequence[BySeed]) -> BySeed:
    return {seed: float(np.ptp([one[seed] for one in scores])) for seed in common(scores)}


def _slopes(axis: Axis, scores: Sequence[BySeed]) -> list[float]:
    """Return by how much scores rise with each doubling of a setting, for each seed: NaN where all are equal.

    Scores of models of several sizes are equal at the floor or at the ceiling alone, which say nothing of the setting.
    """
    doubled = np.log2([value for value, _ in axis])
    of_seeds = ([one[seed] for one in scores] for seed in common(scores))
    return [float(np.polyfit(doubled, of, 1)[0]) if len({*of}) > 1 else math.nan for of in of_seeds]


def _widths(results: Results) -> Axis:
    return along(results, "dimension", WIDTH)


def wider_better(results: Results) -> list[Requirement]:
    """Scores in one language rise with the width, and fall nowhere between, mean over tasks and languages."""
    axis = _widths(results)
    variants = _several(axis, "widths")
    scores = [_averaged(each) for each in zip(*_inside(results, variants).values(), strict=True)]
    found = [Requirement(f"{variants[-1]} minus {variants[0]}", [*minus(scores[-1], scores[0]).values()], low=0)]
    for place in range(len(variants) - 1):
        values = [*minus(scores[place + 1], scores[place]).values()]
        named = f"{variants[place + 1]} minus {variants[place]}"
        found.append(Requirement(named, values, low=0, reversed_alone=True))
    return found


def _amounts(results: Results) -> tuple[str, str]:
    """Return the variants of the most text and of the least."""
    axis = along(results, "text")
    variants = _several(axis, f"amounts of text, of which one is {APART} times another", 2)
    if axis[-1][0] < APART * axis[0][0]:
        raise Missing(f"variants of which one has {APART} times the text of another (lab.variants)")
    return variants[-1], variants[0]


def more_text(results: Results) -> list[Requirement]:
    """Scores in one language are better with more text, in each task."""
    most, least = _amounts(results)
    return [
        Requirement(f"{called(task)}: {most} minus {least}", [*minus(*scores).values()], low=0)
        for task, scores in _inside(results, (most, least)).items()
    ]


def more_text_transfers(results: Results) -> list[Requirement]:
    """Transfer is better with more text, mean over tasks and pairs."""
    most, least = _amounts(results)
    return [Requirement(f"{most} minus {least}", [*minus(*_transfer(results, (most, least))).values()], low=0)]


def depth_not_heads(results: Results) -> list[Requirement]:
    """Transfer rises with the layers, at as many parameters, and heads change it by less than a third of that."""
    usual = results.parameters(results.variant("default"))
    as_many = (1 - AS_LARGE) * usual, (1 + AS_LARGE) * usual
    depths = along(results, "layers", ("dimension", *WIDTH), as_many)
    heads = along(results, "heads")
    deep = _transfer(results, _several(depths, "numbers of layers and as many parameters"))
    wide = _ranges(_transfer(results, _several(heads, "numbers of heads")))
    whole = _ranges(deep)
    values = [whole[seed] - 3 * wide[seed] for seed in common([whole, wide])]
    return [
        Requirement("rise with each doubling of the layers, at as many parameters", _slopes(depths, deep), low=0),
        Requirement("range over layers minus three times that over heads", values, low=0),
    ]


def one_head(results: Results) -> list[Requirement]:
    """Transfer with one head is nine tenths of that of the default."""
    default = results.variant("default")
    single = dict(along(results, "heads")).get(1)
    if single in (None, default):
        raise Missing("a variant of one head beside a default of several (lab.variants)")
    one, several = _transfer(results, (single, default))
    values = [one[seed] / several[seed] for seed in common([one, several]) if several[seed] > 0]
    return [Requirement(f"{single} as a share of {default}", values, low=0.9)]


def depth_not_parameters(results: Results) -> list[Requirement]:
    """Transfer changes more over layers of one width than over widths of one number of layers.

    The widths change the number of parameters by as large a factor as the layers do, or by more.
    """
    axes = {"layers": along(results, "layers"), "widths": _widths(results)}
    ranges, factors = {}, {}
    for name, axis in axes.items():
        variants = _several(axis, "numbers of layers" if name == "layers" else name)
        sizes = [results.parameters(variant) for variant in variants]
        factors[name], ranges[name] = max(sizes) / min(sizes), _ranges(_transfer(results, variants))
    if factors["widths"] < factors["layers"]:
        raise Missing("widths that change the number of parameters by as large a factor as the numbers of layers do")
    what = "range over layers ({layers:.1f} times the parameters) minus that over widths ({widths:.1f} times)"
    return [Requirement(what.format(**factors), [*minus(ranges["layers"], ranges["widths"]).values()], low=0)]


def wider_not_better(results: Results) -> list[Requirement]:
    """Neither transfer nor the centred search for sentences rises with the width."""
    axis = _widths(results)
    variants = _several(axis, f"widths up to {APART} times the least")
    if axis[-1][0] < APART * axis[0][0]:
        raise Missing(f"variants of which one is {APART} times as wide as another (lab.variants)")
    scores = {"transfer": _transfer(results, variants), "sentences found": _found(results, variants)}
    return [
        Requirement(f"{name}: rise with each doubling of the width", _slopes(axis, each), high=0)
        for name, each in scores.items()
    ]


def windows_by_text(results: Results) -> list[Requirement]:
    """A short window transfers better than a long one with little text, and worse with much."""
    windows, (most, least) = along(results, "window"), _amounts(results)
    _several(windows, "windows", 2)
    usual = results.settings[results.variant("default")]

    def of(window: float, amount: str) -> str:
        wanted = {**usual, "window": window, "text": results.settings[amount]["text"]}
        for variant, told in results.settings.items():
            if dict(told) == wanted:
                return variant
        raise Missing(f"a variant with a window of {window:g} and the text of {amount} (lab.variants)")

    found = []
    for amount, bounds in ((least, {"low": 0.0}), (most, {"high": 0.0})):
        short, long = (of(value, amount) for value in (windows[0][0], windows[-1][0]))
        values = [*minus(*_transfer(results, (short, long))).values()]
        found.append(Requirement(f"{short} minus {long}", values, **{"low": -math.inf, "high": math.inf, **bounds}))
    return found
