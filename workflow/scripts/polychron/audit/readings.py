"""Definitions that the paper leaves open: all readings of each that can be computed from the scores."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from polychron.analysis import dynamics
from polychron.analysis.dynamics import ROUNDING
from polychron.audit.curves import Curve


class Reading(NamedTuple):
    """An open definition.

    Parameters
    ----------
    point : str
        Its number, A1 to A45; see ``docs/readings.md``.
    alternatives : mapping of str to str
        The readings and what they mean, the default one first.
    """

    point: str
    alternatives: Mapping[str, str]


READINGS: dict[str, Reading] = {
    "bits": Reading(
        "A20",
        {
            "text": "mean bits of all guessed pieces / mean characters per piece of the text",
            "sentences": "the same in each sentence, and the mean over sentences",
            "nats": "as of the text, in nats",
        },
    ),
    "relative": Reading(
        "A21",
        {"share": "p / best", "above_chance": "(p - chance) / (best - chance), chance that of the majority class"},
    ),
    "onset": Reading(
        "A22",
        {
            "first": "the first checkpoint that reaches the share",
            "before": "the checkpoint before it, after which the share was reached",
            "interpolated": "where the line between these two checkpoints crosses the share",
            "lasting": "the first checkpoint from which the share is kept up to the best one",
        },
    ),
    "onset_share": Reading(
        "A23",
        {
            "as_printed": "the share that is printed beside the number, 98% or 95%",
            **{f"{share}%": f"{share}% throughout" for share in (90, 95, 98)},
        },
    ),
    "forgetting": Reading(
        "A24",
        {
            "as_printed": "best - final in Figure 7, 1 - final / best in the tables",
            "absolute": "best - final",
            "relative": "1 - final / best",
        },
    ),
    "asymmetry": Reading(
        "A25",
        {
            "absolute": "best there - best back",
            "relative": "(best there - best back) / their mean",
            "final": "final there - final back",
        },
    ),
    "expected_layer": Reading(
        "A26",
        {
            "minmax": "weights (p - min) / (max - min) over all layers and steps",
            "minmax_step": "weights (p - min) / (max - min) over the layers of each step",
            "above_chance": "weights p - chance, chance that of the majority class",
            "raw": "weights p",
        },
    ),
    "fall": Reading(
        "A26", {"first": "E at the first step - E at the last", "peak": "the largest E - E at the last step"}
    ),
    "gain": Reading(
        "A27",
        {
            "best": "best of the inner layers - best of the final one, each at its own step",
            "same_step": "the largest gap at one step",
            "last": "the gap at the last step",
        },
    ),
    "layers": Reading(
        "A28", {"with_embeddings": "layer 0, the embeddings, counts", "without_embeddings": "layers from 1 on"}
    ),
    "average": Reading(
        "A29",
        {
            "mean": "unweighted mean, pairs of different languages",
            "with_diagonal": "unweighted mean, pairs of a language with itself included",
            "median": "median, pairs of different languages",
        },
    ),
    "sample": Reading(
        "A30",
        {
            "ordered": "all languages, English included; ordered pairs of different languages",
            "without_english": "all languages but English; ordered pairs of different languages",
            "with_diagonal": "all languages; ordered pairs, a language with itself included",
            "unordered": "all languages; unordered pairs, the mean of both directions",
        },
    ),
    "distance": Reading(
        "A31",
        {
            "distance": "syntactic distance, 0 of a language to itself",
            "similarity": "1 - syntactic distance, which turns the sign of each coefficient",
        },
    ),
    "size": Reading("A32", {"gib": "GiB of text", "tokens": "tokens of text"}),
    "task_data": Reading(
        "A33",
        {
            "instances": "training examples of the task: words, arcs, sentence pairs",
            "words": "words of the treebank in all of its tasks",
        },
    ),
    "order": Reading(
        "A42", {"ties": "neighbours may tie, the first and the last may not", "strict": "ties break the order"}
    ),
    "languages": Reading("A43", {"distinct": "each language once", "summed": "each language once for each list"}),
}

DEFAULTS = {name: next(iter(reading.alternatives)) for name, reading in READINGS.items()}


def combinations(points: Iterable[str], default: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Yield the combinations of readings of some open definitions, the default one first.

    Parameters
    ----------
    points : iterable of str
        A1 to A45; those without alternatives here are ignored.
    default : mapping of str to str
        The chosen alternative of each definition.

    Examples
    --------
    >>> [choice["order"] for choice in combinations(["A1", "A42"], DEFAULTS)]
    ['ties', 'strict']
    >>> len(list(combinations(["A26", "A28"], DEFAULTS)))
    16
    """
    points = set(points)
    names = [name for name, reading in READINGS.items() if reading.point in points]
    options = [
        sorted(READINGS[name].alternatives, key=lambda option, name=name: option != default[name]) for name in names
    ]
    for chosen in itertools.product(*options):
        yield dict(zip(names, chosen, strict=True))


def relative(curve: Curve, choice: str) -> NDArray[np.float64]:
    """Return each score as a share of the best, p / best or above chance (A21).

    p / best is used for bits per character and where there is no majority baseline to subtract.

    Examples
    --------
    Half of the way from a chance of 0.4 to the best, 0.8:

    >>> relative(Curve([5, 10], np.array([0.6, 0.8]), chance=0.4), "above_chance").round(6).tolist()
    [0.5, 1.0]
    """
    if choice == "above_chance" and np.isfinite(curve.chance) and not curve.lower:
        return dynamics.relative(curve.values - curve.chance)
    return dynamics.relative(curve.values, curve.lower)


def share_of(printed: float, choice: str) -> float:
    """Return the share of the best score that an onset is measured at (A23).

    Examples
    --------
    >>> share_of(0.98, "as_printed"), share_of(0.98, "90%")
    (0.98, 0.9)
    """
    return printed if choice == "as_printed" else float(choice.rstrip("%")) / 100


def onset(curve: Curve, share: float, choice: str, relative_choice: str = "share") -> float:
    """Find the step at which a curve reaches a share of its best (A22).

    Examples
    --------
    The shares are 0.5, 0.9, 0.7 and 1: 0.8 is first reached at 10, on the line from (5, 0.5) to (10, 0.9) at 8.75, and
    for good at 20.

    >>> curve = Curve(np.array([5, 10, 15, 20]), np.array([0.5, 0.9, 0.7, 1.0]))
    >>> [round(onset(curve, 0.8, choice), 6) for choice in ("first", "before", "interpolated", "lasting")]
    [10.0, 5.0, 8.75, 20.0]
    """
    shares = relative(curve, relative_choice)
    reached = shares >= share - ROUNDING
    if choice == "lasting":
        lost = np.flatnonzero(~reached[: int(np.argmax(shares)) + 1])
        return float(curve.steps[lost[-1] + 1 if len(lost) else 0])
    place = int(np.argmax(reached))
    step = float(curve.steps[place])
    if choice == "first":
        return step
    before = float(curve.steps[place - 1]) if place else 0.0
    if choice == "before" or place == 0:
        return before if choice == "before" else step
    gained = (share - shares[place - 1]) / (shares[place] - shares[place - 1])
    return before + float(gained) * (step - before)


def forgetting(curve: Curve, choice: str, printed: str = "relative") -> float:
    """Measure what is lost from the best step to the last (A24).

    Parameters
    ----------
    printed : {"absolute", "relative"}
        What ``as_printed`` means here.

    Examples
    --------
    >>> curve = Curve(np.array([5, 10]), np.array([0.8, 0.6]))
    >>> [round(forgetting(curve, choice), 6) for choice in ("absolute", "relative", "as_printed")]
    [0.2, 0.25, 0.25]
    """
    absolute, share = dynamics.forgetting(curve.values, curve.lower)
    return absolute if (printed if choice == "as_printed" else choice) == "absolute" else share


def asymmetry(there: Curve, back: Curve, choice: str) -> float:
    """Compare transfer from a to b with transfer from b to a (A25).

    Examples
    --------
    >>> there, back = (Curve(np.array([5, 10]), np.array(values)) for values in ([0.6, 0.5], [0.4, 0.2]))
    >>> [round(asymmetry(there, back, choice), 6) for choice in ("absolute", "relative", "final")]
    [0.2, 0.4, 0.3]
    """
    if choice == "final":
        return float(there.values[-1] - back.values[-1])
    difference = dynamics.asymmetry(there.values, back.values)
    if choice == "absolute":
        return difference
    return float(difference / ((there.values.max() + back.values.max()) / 2))


def fall(layers: Sequence[int], stack: Sequence[Curve], weights: str, choice: str, kept: str) -> float:
    """Measure how far the expected layer falls over pretraining (A26, A28).

    Parameters
    ----------
    layers : sequence of int, (n,)
    stack : sequence of Curve, (n,)
        One for each layer.
    weights, choice, kept : str
        Readings of ``expected_layer``, ``fall`` and ``layers``.

    Returns
    -------
    float
        In layers; positive where the expected layer moves down; NaN where there is none.

    Examples
    --------
    >>> steps = np.array([5, 10])
    >>> stack = [Curve(steps, np.array(values)) for values in ([0.5, 0.9], [0.9, 0.7])]
    >>> round(fall([0, 2], stack, "minmax", "first", "with_embeddings"), 6)
    1.333333
    """
    rows = [place for place, layer in enumerate(layers) if layer > 0 or kept == "with_embeddings"]
    values = np.stack([stack[place].values for place in rows])
    expected = dynamics.expected_layer([layers[place] for place in rows], values, weights, stack[0].chance)
    start = expected[0] if choice == "first" else np.nanmax(expected) if np.isfinite(expected).any() else np.nan
    return float(start - expected[-1])


def gain(layers: Sequence[int], stack: Sequence[Curve], choice: str, kept: str) -> float:
    """Measure how much better the inner layers are than the last of `layers` (A27, A28).

    Examples
    --------
    >>> steps = np.array([5, 10])
    >>> stack = [Curve(steps, np.array(values)) for values in ([0.5, 0.9], [0.8, 0.75])]
    >>> [round(gain([0, 2], stack, choice, "with_embeddings"), 6) for choice in ("best", "same_step", "last")]
    [0.1, 0.15, 0.15]
    """
    rows = [place for place, layer in enumerate(layers) if layer > 0 or kept == "with_embeddings"]
    values = np.stack([stack[place].values for place in rows])
    inner, outer = values[:-1], values[-1]
    if choice == "best":
        return float(inner.max() - outer.max())
    gaps = inner.max(axis=0) - outer
    return float(gaps.max() if choice == "same_step" else gaps[-1])


def in_order(steps: Mapping[str, float], choice: str) -> bool:
    """Whether tasks are acquired in the expected order: {POS, arc prediction}, arc classification, XNLI (A42).

    Examples
    --------
    >>> steps = {"pos": 10, "arc_prediction": 5, "arc_classification": 10, "xnli": 50}
    >>> in_order(steps, "ties"), in_order(steps, "strict")
    (True, False)

    Tasks that are all acquired at once are in no order:

    >>> in_order(dict.fromkeys(steps, 5), "ties")
    False
    """
    ranks = [max(steps["pos"], steps["arc_prediction"]), steps["arc_classification"], steps["xnli"]]
    kept = all(a <= b if choice == "ties" else a < b for a, b in itertools.pairwise(ranks))
    return kept and ranks[0] < ranks[-1]
