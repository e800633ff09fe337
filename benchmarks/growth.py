"""How cost grows with words, seeds, layers, languages and steps, each doubled four times with all else equal.

    .bench/bin/python benchmarks/growth.py OUTPUT.json

Words and seeds: an epoch of probes. Layers: vectors of a random model of sixteen layers, at layer 1, 2, 4, 8 and 16.
Languages and steps: the trajectories of a study's scores. For the planning of jobs, see `dry_run.py`.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pairing import ROOT, least, machine

sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

import sample

from polychron.analysis import trajectories
from polychron.features import extraction
from polychron.models import loading
from polychron.probing import training
from polychron.probing.tasks.base import Examples
from polychron.storage import files
from polychron.storage.scores import score_schema

SIZES = (1, 2, 4, 8, 16)
REPETITIONS = 2


def probes(words: int, seeds: int) -> float:
    """Train on random words of 768 values and 17 labels, once."""
    draw = np.random.default_rng(0)
    vectors = draw.standard_normal((words, 768), np.float32).astype(np.float16)
    labels = tuple(f"{label:02}" for label in range(17))
    train = Examples(0, np.arange(words), None, np.arange(words) % 17, labels, 0)
    dev = Examples(0, np.arange(100), None, np.arange(100) % 17, labels, 0)
    settings = {"epochs": 1, "patience": 1, "batch": 256, "learning_rate": 1e-3, "device": "cpu"}
    return least(lambda: training.fit(train, dev, [vectors], seeds=range(seeds), **settings), REPETITIONS)


def layers(sizes: tuple[int, ...]) -> list[float]:
    """Extract the vectors of twenty real sentences at several layers."""
    sentences = sample.sentences(sample.words())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        everything = sample.tokens(folder, sentences)
        sample.model_of(folder, everything.vocabulary, layers=max(sizes), width=256)
        cut = sample.take(everything, range(0, len(sentences), len(sentences) // 20))
        taken = []
        for size in sizes:
            model = loading.load(folder / "model.safetensors", folder / "config.json", upto=size, device="cpu")
            taken.append(least(lambda model=model, size=size: extraction.extract(model, cut, size, 2048), REPETITIONS))
    return taken


def traced(languages: int, steps: int) -> float:
    """Compute the trajectories of made-up accuracies of a task in some languages, at three layers, with five seeds."""
    draw = np.random.default_rng(0)
    rows: list[dict[str, Any]] = [
        {
            "model": "made-up",
            "task": "pos",
            "source": f"l{language}",
            "target": f"l{language}",
            "layer": layer,
            "step": 1000 * step,
            "seed": seed,
            "split": "test",
            "metric": "accuracy",
            "value": draw.random(),
            "examples": 1000,
        }
        for language in range(languages)
        for layer in range(3)
        for step in range(1, steps + 1)
        for seed in range(5)
    ]
    import pyarrow

    scores = pyarrow.Table.from_pylist(rows, schema=score_schema())
    return least(lambda: trajectories.study(scores, [0.9, 0.95, 0.98], "minmax"), REPETITIONS)


def main(output: Path) -> None:
    """Measure all."""
    torch.set_num_threads(1)
    facts = machine(1)
    found = {
        "words: probes of 5 seeds, 2,000 and more": [probes(2000 * size, 5) for size in SIZES],
        "seeds: probes on 4,000 words, 1 and more": [probes(4000, size) for size in SIZES],
        "layers: extraction, 1 and more": layers(SIZES),
        "languages: tracing 10 steps, 2 and more": [traced(2 * size, 10) for size in SIZES],
        "steps: tracing 4 languages, 4 and more": [traced(4, 4 * size) for size in SIZES],
    }
    rows = [{"name": name, "seconds": seconds} for name, seconds in found.items()]
    files.write_json(output, {"machine": facts, "rows": rows})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
