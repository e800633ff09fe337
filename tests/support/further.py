"""Figures 18 to 30 of planted studies: geometry, the laboratory and fine-tuning."""

import itertools

import laboratories
import pyarrow
import tuned
from geometries import whole

from polychron.analysis import trajectories
from polychron.analysis.laboratory import summaries
from polychron.analysis.pairs import factors, geometry_trajectories
from polychron.figures.finetuning import alignment, over_steps
from polychron.figures.geometry import curves, families, identity, retrieval, similarity, transfer
from polychron.figures.geometry import over_steps as geometry_over_steps
from polychron.figures.laboratory import depth, variants
from polychron.figures.laboratory import similarity as laboratory_similarity
from polychron.storage.scores import score_schema

LANGUAGES = ("ca", "de", "en", "es")
STEPS = (0, 5, 10, 15, 20, 70, 120)
"""The untrained model, and checkpoints whose distance changes after step 20."""

DISTANCES = {pair: 0.1 + number / 10 for number, pair in enumerate(itertools.combinations(LANGUAGES, 2))}
LOSSES = {"no_anchors": 0.1, "alone": 0.5}


def rising(metric, source, target, layer, step):
    """Return a value that rises with the step, differs between pairs, and is higher in later layers."""
    if metric.endswith("chance") or metric == "majority":
        return 0.25
    apart = sum(map(ord, source + target)) % 7
    kind = ("raw", "centred", "mapped").index(metric.split(".")[1]) if metric.startswith("p_at_1.") else 0
    return 0.1 + 0.01 * apart + 0.003 * step + 0.05 * layer + 0.02 * kind


def distances(folder, known=DISTANCES):
    """Write a file of syntactic distances; return its path."""
    rows = [f"syntactic\t{a}\t{b}\t{distance:.2f}" for (a, b), distance in known.items()]
    path = folder / "distances.tsv"
    path.write_text("\n".join(["kind\tlang1\tlang2\tdistance", *rows]) + "\n")
    return path


def transferred(layer=2):
    """Return the trajectories of transfer in one layer."""
    place = {"model": "m", "task": "pos", "layer": layer, "split": "parallel", "metric": "accuracy", "examples": 100}
    rows = [
        {**place, "source": a, "target": b, "step": step, "seed": seed}
        | {"value": rising("accuracy", a, b, layer, step) + 0.01 * seed}
        for a, b in itertools.product(LANGUAGES, repeat=2)
        for step in STEPS
        for seed in (0, 1)
    ]
    return trajectories.study(pyarrow.Table.from_pylist(rows, schema=score_schema()), [0.95], "minmax")


def kin():
    rows = [
        {"model": "m", "source": a, "target": b, "factor": "same_family"}
        | {"value": float((a in ("ca", "es")) == (b in ("ca", "es")))}
        for a, b in itertools.permutations(LANGUAGES, 2)
    ]
    return pyarrow.Table.from_pylist(rows, schema=factors.schema())


def figures(folder, known=DISTANCES, only=()):
    """Return all of them by number, or only some, with these syntactic distances; Figure 18 of one layer as well."""
    geometry = whole(rising, languages=LANGUAGES, steps=STEPS)
    traced = geometry_trajectories.study(geometry, [0.95], "minmax")
    far = distances(folder, known)
    lab = laboratories.table(**LOSSES, steps=(0, 50))
    ends, names = summaries.summarise(lab), ["default", *LOSSES]
    made = {
        "18": lambda: similarity.by_layer(geometry),
        "18 of one": lambda: similarity.by_layer(whole(rising, languages=LANGUAGES, layers=(2,), steps=STEPS)),
        "19": lambda: retrieval.by_layer_and_step(geometry),
        "20": lambda: curves.by_pair(geometry, traced, far, 2, 0.95),
        "21": lambda: transfer.against_similarity(geometry, transferred(), far, ["pos"], 2, 0, 199),
        "22": lambda: geometry_over_steps.differences(traced),
        "23": lambda: identity.by_layer_and_step(geometry),
        "24": lambda: families.by_similarity(geometry, kin(), 0),
        "25": lambda: geometry_over_steps.mixed_pool(geometry),
        "26": lambda: laboratory_similarity.by_layer(lab, ends, "default", ["alone"]),
        "27": lambda: variants.as_bars(lab, ends, "default", names),
        "28": lambda: depth.by_layer(lab, ends, "default", ["alone"]),
        "29": lambda: over_steps.against_probes(tuned.scored(), 2),
        "30": lambda: alignment.before_and_after(tuned.moved()),
    }
    return {number: draw() for number, draw in made.items() if number in (only or made)}
