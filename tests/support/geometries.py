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


def whole(value, languages=("de", "en", "fr"), layers=(0, 1, 2), steps=(0, 50, 800), examples=150):
    """Return what `table` does, with rows of language identity and of search in the mixed pool as well."""
    asked = (value, languages, layers, steps, examples)
    rows = []
    for layer, step in itertools.product(layers, steps):
        place = {"model": "m", "layer": layer, "step": step, "split": "parallel", "examples": examples}
        for seed, metric in ((0, "accuracy"), (1, "accuracy"), (0, "accuracy.centred"), (None, "language_variance")):
            rows.append({**place, "task": "identity", "source": "*", "target": "*", "metric": metric, "seed": seed})
        rows.append({**place, "task": "identity", "source": "*", "target": "*", "metric": "majority", "seed": None})
        for language, half in itertools.product(languages, (0, 1)):
            rows += [
                {**place, "task": "mixed_pool", "source": language, "target": "*", "metric": f"{metric}.{kind}"}
                | {"seed": half}
                for metric in ("map_at_20", "top_language")
                for kind in ("raw", "centred", "standardised")
            ]
    for row in rows:
        row["value"] = value(row["metric"], row["source"], row["target"], row["layer"], row["step"])
    return pyarrow.concat_tables([table(*asked), pyarrow.Table.from_pylist(rows, schema=score_schema())])
