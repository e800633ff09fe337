"""What fine-tuning costs; see `polychron.planning.costs`, which this is a part of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from polychron.planning import storage

TRAINING = 3
"""How many times the operations of an encoding an update takes: forwards, and twice that backwards."""

PREMISES = 2
"""How many times the pieces of its different sentences the pairs of XNLI have, of which three share a premise."""

FIXED = 2.5
"""Seconds of a core that a job takes to import transformers and to load a small model (measured: toy study)."""

WORDS = {"parsing": 0.6e-3}
"""Seconds of a core that a word takes in each epoch besides its encoding (measured: toy study)."""


def _selected(cell: Mapping[str, Any]) -> dict[str, Any]:
    return {"bytes": 3700 + 15 * len(cell["targets"]), "inputs": len(cell["points"])}


def work(study: Mapping[str, Any], model: Mapping[str, Any], amounts: Any) -> Iterator[dict[str, Any]]:
    """Yield the jobs of fine-tuning, and what one of them takes.

    Parameters
    ----------
    study, model : mapping
        See `polychron.planning.costs`.
    amounts : object
        Numbers of vectors and pieces of the study's datasets.

    Yields
    ------
    dict
        ``rule``, ``jobs``, ``bytes``, ``inputs``, ``tera`` and ``seconds``.
    """
    asked = study.get("finetuning")
    if asked and asked.get("compared"):
        size = 200 * study["geometry"]["layers"] * asked["compared"]
        yield {"rule": "compare_fine_tuned", "jobs": 1, "bytes": size, "inputs": 1 + asked["compared"], "seconds": 1.0}
    for cell in asked["cells"] if asked else ():
        # of several languages together, the training data of all
        kind = cell["sets"][0].split("/")[0]
        first = [name for name in cell["sets"] if name.split("/")[0] == kind]
        seen = sum(amounts.rows[name] for name in first) * amounts.of_task(
            "examples", "xnli" if cell["task"] == "xnli" else "pos"
        )
        epochs = sum(number * min(1, (size or seen) / seen) for number, size in cell["points"]) / len(cell["points"])
        # of a treebank a part is train and another one dev, which is read after each epoch; taken as all train
        sets = [*cell["sets"], *cell["targets"]]
        train, tests = (
            amounts.encoding(names, [False] * len(names), model, model["layers"]) for names in (first, sets)
        )
        words = sum(amounts.rows[name] for name in first)
        one = {
            "rule": "fine_tune",
            "jobs": asked["jobs"] * len(cell["points"]) - cell["kept"],
            "bytes": 3700 + 15 * len(cell["targets"]),
            "inputs": 5 + 2 * (len(cell["sets"]) + len(cell["targets"])),
            "tera": (PREMISES if cell["task"] == "xnli" else 1) * (TRAINING * epochs * train + tests),
            "seconds": FIXED + epochs * words * WORDS.get(cell["task"], 0.0),
        }
        yield one
        size = one["bytes"] + 4 * storage.weights(model) + 40 * model["vocabulary"]
        yield one | {"rule": "fine_tune_and_keep", "jobs": cell["kept"], "bytes": size, "inputs": one["inputs"] + 2}
        if asked.get("stacked"):
            # a job for each layer, of the same examples, with four layers on top
            heads = asked["stacked"] // len(asked["cells"])
            jobs = heads * len(cell["points"])
            yield one | {"rule": "fine_tune_stacked", "jobs": jobs, "inputs": one["inputs"] + 9}
            if asked["grid"]:
                yield _selected(cell) | {"rule": "select_stacked_settings", "jobs": heads}
        if asked["grid"]:
            yield _selected(cell) | {"rule": "select_settings", "jobs": asked["jobs"]}
