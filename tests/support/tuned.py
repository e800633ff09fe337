"""Tables of fine-tuned models with planted values."""

import math

import pyarrow

from polychron.storage.scores import score_schema


def moved(lost=()):
    """Return a model that finds 60 and 40% at two layers, and after fine-tuning for pos half of that."""
    rows = []
    for target in ("b", "c"):
        for fold in (0, 1):
            for layer, before in ((0, 0.6), (1, 0.4)):
                for tuned_seed, after in ((0, before / 2 - 0.02), (1, before / 2 + 0.02)):
                    shift = 0.05 if target == "b" else -0.05
                    place = {"model": "m", "tuned": "pos", "tuned_source": "a", "tuned_seed": tuned_seed}
                    place |= {"task": "retrieval", "source": "a", "target": target, "layer": layer, "step": 50}
                    place |= {"seed": fold, "split": "parallel", "metric": "p_at_1.centred.cosine", "examples": 50}
                    gone = (target, fold, layer, tuned_seed) in lost
                    rows.append(place | {"before": before + shift, "after": math.nan if gone else after + shift})
    return pyarrow.Table.from_pylist([*rows, rows[0] | {"metric": "p_at_5.centred.cosine", "after": 0.99}])


def row(task, target, split, step, seed, value, metric="accuracy", layer=2):
    place = {"model": "m", "task": task, "source": "en", "target": target, "layer": layer, "step": step, "seed": seed}
    return place | {"split": split, "metric": metric, "value": value, "examples": 100}


def scored(*more):
    """Return the scores of fine-tuned models and of probes at two steps, of which the later has 20 points more."""
    rows = []
    for step, lift in ((0, 0.0), (50, 0.2)):
        for seed in (0, 1):
            noise = 0.02 * seed
            rows += [
                row("pos_tuned", "en", "test", step, seed, 0.6 + lift + noise),
                row("pos_tuned", "en", "parallel", step, seed, 0.99),  # of the source: not among the others
                row("pos_tuned", "de", "parallel", step, seed, 0.3 + lift + noise),
                row("pos_tuned", "fr", "parallel", step, seed, 0.5 + lift + noise),
                row("pos_tuned", "en", "train", step, seed, float(step == 0 and seed == 1), "collapsed"),
                row("pos", "en", "test", step, seed, 0.5 + lift),
                row("pos", "de", "parallel", step, seed, 0.2 + lift),
                row("pos", "en", "test", step, seed, 0.1, layer=1),
                row("parsing_tuned", "en", "test", step, seed, 0.4 + lift, "las"),
                row("parsing_tuned", "en", "test", step, seed, 0.9, "uas"),
            ]
    rows.append(row("pos", "en", "test", None, None, 0.3, "majority", None))
    return pyarrow.Table.from_pylist([*rows, *more], schema=score_schema())
