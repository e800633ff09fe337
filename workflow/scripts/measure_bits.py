"""Measure the bits per character of one checkpoint on the held-out text of one language."""

from polychron.workflow import forkserver

forkserver.start(__name__)

import torch

from polychron.intrinsic import bits_per_character
from polychron.models import loading
from polychron.storage import files
from polychron.storage.scores import write_scores
from polychron.tokenization import pieces
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    torch.set_num_threads(spec["threads"])
    text = pieces.from_table(files.read_table(snakemake.input.pieces))
    precision = spec.get("precision", "float32")
    model = loading.load(snakemake.input.weights, snakemake.input.config, head=True, precision=precision)
    # a causal model masks nothing, so that all draws would be the same
    draws = 1 if model.causal else spec.get("draws", 1)
    row = {
        "model": spec["model"],
        "task": "bits",
        "source": spec["language"],
        "target": spec["language"],
        "layer": spec["layer"],
        "step": spec["step"],
        "split": "heldout",
    }
    rows = []
    for seed in ((spec["seed"] + draw) % 2**31 for draw in range(draws)):
        found = bits_per_character.measure(model, text, spec["mask_probability"], seed, spec["tokens_per_batch"])
        row |= {"seed": seed if draws > 1 else None, "examples": found.masked}
        rows += [
            {**row, "metric": "bits_per_character", "value": found.per_character},
            {**row, "metric": "bits_per_character_of_sentences", "value": found.per_character_of_sentences},
        ]
    write_scores(snakemake.output[0], rows)
