"""Tables of geometry with planted values."""

import itertools

import pyarrow

from polychron.storage.scores import score_schema


def table(value, languages=("de", "en", "fr"), layers=(0, 1, 2), steps=(0, 50, 800), examples=150):
    """Return a table of similarity and retrieval whose numbers are those of a function of task, metric and place.

    ``value(metric, source, target, layer, step)`` is asked for each; retrieval has both directions and two halves.
    """
    rows = []
    for layer, step in itertools.product(layers, steps):
        for source, target in itertools.permutations(languages, 2):
            place = {
                "model": "m",
                "source": source,
                "target": target,
                "layer": layer,
                "step": step,
                "split": "parallel",
            }
            if source < target:
                rows += [
                    {**place, "task": "similarity", "metric": metric, "seed": None, "examples": examples}
                    for metric in ("cka_debiased", "cka")
                ]
            rows += [
                {**place, "task": "retrieval", "metric": metric, "seed": half, "examples": examples // 2}
                for metric in (*(f"p_at_1.{kind}.cosine" for kind in ("raw", "centred", "mapped")), "p_at_1.chance")
                for half in (0, 1)
            ]
    for row in rows:
        row["value"] = value(row["metric"], row["source"], row["target"], row["layer"], row["step"])
    return pyarrow.Table.from_pylist(rows, schema=score_schema())
