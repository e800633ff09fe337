"""Compute the word vectors of one dataset at one layer of one checkpoint."""

from polychron import starter

starter.start(__name__)

import torch

from polychron import encoder, features, pieces, store
from polychron.provenance import job

with job(snakemake.input, snakemake.output, snakemake.params.spec, snakemake.log[0]) as spec:
    torch.set_num_threads(spec["threads"])
    words = pieces.from_table(store.read_table(snakemake.input.pieces))
    model = encoder.load(snakemake.input.weights, snakemake.input.config, upto=spec["layer"])
    store.write_array(snakemake.output[0], features.extract(model, words, spec["layer"], spec["tokens_per_batch"]))
