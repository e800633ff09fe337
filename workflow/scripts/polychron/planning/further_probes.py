"""What structural probes and mixtures of layers cost; see `polychron.planning.costs`, which this is a part of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from polychron.probing.tasks import registry

EPOCH = 8e-6
"""Seconds of a core that an epoch takes for each word, with 768 dimensions and rank 64 (measured: 42,000 words)."""

SENTENCE = 0.7e-3
"""Seconds of a core that a sentence takes to be scored (measured: 2,000 of 21 words)."""


def work(study: Mapping[str, Any], model: Mapping[str, Any], amounts: Any) -> Iterator[dict[str, Any]]:
    """Yield the jobs of each rule, and what one of them takes.

    Parameters
    ----------
    study, model : mapping
        See `polychron.planning.costs`.
    amounts : object
        Numbers of vectors and pieces of the study's datasets.

    Yields
    ------
    dict
        ``rule``, ``jobs``, ``bytes``, ``inputs``, ``tera``, ``batches`` and ``seconds``, of which the last three may be
        missing.
    """
    asked, steps, seeds = study.get("further"), study["steps"], study["seeds"]
    if not asked:
        return
    sentences = amounts.known[f"sentences/{amounts.origin}"].number
    for rule, jobs in (("train_structural_probe", asked["cells"]), ("transfer_structural_probe", asked["transfers"])):
        training = rule.startswith("train")
        for job in jobs:
            words = sum(amounts.rows[name] for name in job["sets"])
            epochs = asked["epochs"] * words * EPOCH * model["dimension"] / 768 if training else 0
            yield {
                "rule": rule,
                "jobs": steps,
                "bytes": (4 * seeds * asked["rank"] * model["dimension"] if training else 0)
                + 3700
                + 60 * seeds * len(job["sets"]),
                "inputs": 3 * len(job["sets"]),
                "tera": amounts.encoding(job["sets"], job["stored"], model, job["layer"]),
                "seconds": seeds * (epochs + words * sentences * SENTENCE),
            }
    languages = len({name for job in asked["cells"] for name in job["sets"]})
    if asked["comparisons"]:
        size = 3700 + 40 * languages**2
        yield {"rule": "compare_subspaces", "jobs": asked["comparisons"] * steps, "bytes": size, "inputs": languages}
    for job in asked["mixtures"]:
        layers, width = job["layer"] + 1, registry.of(job["task"]).width * model["dimension"]
        examples = amounts.rows[job["sets"][0]] * amounts.of_task("examples", job["task"])
        yield {
            "rule": "train_mixture",
            "jobs": steps,
            "bytes": 4200 + 12 * seeds * layers,
            "inputs": 4,
            # each example is read at all layers (measured: 13 layers take 15 to 21 times as long as one)
            "batches": 1.5 * layers * amounts.known["epochs"].number * examples * width * seeds / (256 * 768 * 5),
            "tera": amounts.encoding(job["sets"], job["stored"], model, job["layer"]),
        }
    grid = steps * sum(len(asked[part]) for part in ("cells", "transfers", "mixtures"))
    if grid and not study["geometry"]:
        yield {"rule": "gather_geometry", "jobs": 1, "bytes": 100 * grid, "inputs": grid, "seconds": 2e-3 * grid}
