"""Measure the bits per character of one checkpoint on the held-out text of one language."""

from polychron import starter

starter.start(__name__)

import torch

from polychron import bits, encoder, pieces, store
from polychron.provenance import job

with job(snakemake.input, snakemake.output, snakemake.params.spec, snakemake.log[0]) as spec:
    torch.set_num_threads(spec["threads"])
    text = pieces.from_table(store.read_table(snakemake.input.pieces))
    model = encoder.load(snakemake.input.weights, snakemake.input.config, head=True)
    found = bits.measure(model, text, spec["mask_probability"], spec["seed"], spec["tokens_per_batch"])
    row = {
        "model": spec["model"],
        "task": "bits",
        "source": spec["language"],
        "target": spec["language"],
        "layer": spec["layer"],
        "step": spec["step"],
        "split": "heldout",
        "metric": "bits_per_character",
        "value": found.per_character,
        "examples": found.masked,
    }
    store.write_scores(snakemake.output[0], [row])
