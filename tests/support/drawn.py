"""All figures of a planted study, and what is in them."""

import itertools

import planted
import vl_convert

from polychron.analysis import trajectories
from polychron.data.languages import Size
from polychron.figures import (
    best_scores,
    bits_per_character,
    chart,
    expected_layers,
    layers,
    onsets,
    relative_scores,
    transfer_dynamics,
    transfer_matrices,
)

TASKS = ["pos", "arc_prediction", "arc_classification", "xnli"]
SHARES = [0.9, 0.95, 0.98]
EXAMPLES = [["arc_classification", "ja", "ja"], ["arc_classification", "ja", "en"], ["alignment", "en", "cs"]]
SOURCES = {2: "qsa", 12: "en"}
SIZES = {"qsa": Size("Qsa", 0.5), "qsb": Size("Qsb", 0.25), "qoe": Size("Qoe", 0.1)}


FIGURES = {
    "01": lambda trajectories, layer: best_scores.best_scores(trajectories, TASKS, layer),
    "02": lambda trajectories, layer: onsets.onsets(trajectories, ["pos"], layer, SHARES, 200_000),
    "03": lambda trajectories, layer: relative_scores.over_time(trajectories, TASKS[1:3], layer),
    "04": lambda trajectories, layer: transfer_matrices.transfer(trajectories, TASKS, layer),
    "05": lambda trajectories, layer: transfer_matrices.asymmetry(trajectories, TASKS, layer),
    "06": lambda trajectories, layer: transfer_dynamics.onsets(trajectories, TASKS, layer, 0.98, 200_000),
    "07": lambda trajectories, layer: transfer_dynamics.changes(trajectories, TASKS, layer),
    "08": lambda trajectories, layer: layers.in_language(trajectories, TASKS, EXAMPLES, others=False),
    "09": lambda trajectories, layer: layers.across(trajectories, [*TASKS, "alignment"], EXAMPLES, others=False),
    "10": lambda trajectories, layer: layers.in_language(trajectories, TASKS, EXAMPLES, others=True),
    "11": lambda trajectories, layer: expected_layers.in_language(trajectories, TASKS),
    "12": lambda trajectories, layer: layers.across(trajectories, [*TASKS, "alignment"], EXAMPLES, others=True),
    "13": lambda trajectories, layer: expected_layers.across(trajectories, ["alignment"]),
    "14": lambda trajectories, layer: bits_per_character.bits(trajectories, SIZES),
    "15": lambda trajectories, layer: relative_scores.over_time(trajectories, ["pos", "xnli"], layer),
    "16": lambda trajectories, layer: onsets.onsets(trajectories, TASKS[1:], layer, SHARES, 200_000),
    "17": lambda trajectories, layer: relative_scores.over_time(trajectories, TASKS, layer, SOURCES[layer]),
}


def all_figures(trajectories, layer):
    return {number: draw(trajectories, layer) for number, draw in FIGURES.items()}


def values(figure):
    """All rows of data in a figure's specification, without those of its key."""
    return [row for rows in chart.specification(figure)["datasets"].values() for row in rows if "key" not in row]


def svg(figure):
    return vl_convert.vegalite_to_svg(chart.specification(figure))


def check_walls(figure):
    """A key explains what sets the untrained model apart, and what marks that distances of steps change; no more."""
    walls = {row["of"] for row in values(figure) if "wall" in row}
    said = " ".join(entry.says for entry in figure.key)
    assert ("the untrained model" in said.replace("the untrained model has", "")) is (0 in walls), said
    assert ("the distance between checkpoints changes" in said) is (1 in walls), said


def few(*rows):
    """The trajectories of a few curves."""
    return trajectories.study(planted.table([row for part in rows for row in part]), SHARES, "minmax")


STEPS = {3: (0, 50, 200), 5: (0, 50, 100, 200, 400)}
"""The steps of a curve by the number of its values."""


def pos(values, source="en", target=None, task="pos", steps=None, **more):
    """The scores of a curve of three or five values, or of others at some steps; more as in `planted.rows`."""
    steps = STEPS[len(values)] if steps is None else steps
    return planted.rows(values, task=task, source=source, target=target or source, steps=steps, **more)


def transfer(values, source, target, **more):
    return pos(values, source, target, split="parallel", **more)


ALL = ["pos", "alignment"]


def names(figure):
    """The languages or pairs of a figure's table of numbers."""
    return [line.get("pair") or line.get("language") for line in figure.numbers]


def layered(draw, layers=(0, 1, 2), early=2, late=1):
    """The best layer moves from `early` to `late`."""
    curves = {at: [0.3, 0.4, 0.4, 0.4, 0.4] for at in layers}
    curves[early] = [0.3, 0.6, 0.6, 0.5, 0.4]
    curves[late] = [0.3, 0.4, 0.4, 0.6, 0.7]
    return itertools.chain(*(draw(curve, layer=at) for at, curve in curves.items()))


def toy_study():
    return trajectories.study(planted.toy(), SHARES, "minmax")


def paper_study():
    return trajectories.study(planted.paper(), SHARES, "minmax")


def layered_study():
    """Three languages, two pairs of transfer and one of alignment, at several layers."""
    inside = (layered(lambda curve, of=of, **at: pos(curve, of, **at)) for of in ("aa", "bb", "cc"))
    pairs = [("aa", "bb"), ("bb", "aa")]
    between = (layered(lambda curve, pair=pair, **at: transfer(curve, *pair, **at)) for pair in pairs)
    aligned = layered(
        lambda curve, **at: pos(curve, "aa", "cc", task="alignment", metric="f1", seeds=(None,), **at),
        layers=(0, 2, 4), early=4, late=2,
    )  # fmt: skip
    return few(*inside, *between, aligned)


LOW = {"distance": {"aa": 0.5, "bb": 0.75}, "distance_upos": {"aa": 0.9, "bb": 0.9}}
"""Baselines of arc prediction: those of order alone are below the scores of one language, those with tags above all."""


def against_order():
    """The trajectories and scores of two languages and of transfer between them, with planted baselines."""
    place = [{"task": "arc_prediction", "layer": layer} for layer in (0, 2)]
    curves = [pos([0.3, 0.6, 0.7], one, **at) for one in ("aa", "bb") for at in place]
    curves += [transfer([0.3, 0.4, 0.6], *pair, **at) for pair in (("aa", "bb"), ("bb", "aa")) for at in place]
    known = [planted.baselines("arc_prediction", values, metric) for metric, values in LOW.items()]
    rows = [row for part in (*curves, *known) for row in part]
    return trajectories.study(planted.table(rows), SHARES, "minmax"), planted.table(rows)
