"""Align the words of one language pair at every layer asked of one checkpoint, and score them on gold links."""

from polychron import starter

starter.start(__name__)

import torch

from polychron import alignment, encoder, pieces, store
from polychron.provenance import job

with job(snakemake.input, snakemake.output, snakemake.params.spec, snakemake.log[0]) as spec:
    torch.set_num_threads(spec["threads"])
    bitext = store.read_table(snakemake.input.examples, ["sure", "possible"])
    sentences = pieces.from_table(store.read_table(snakemake.input.pieces))
    model = encoder.load(snakemake.input.weights, snakemake.input.config, upto=max(spec["layers"]))
    found = alignment.align(model, sentences, spec["layers"], spec["iterations"], spec["tokens_per_batch"])
    excluded = int((sentences.status == pieces.BEYOND).sum())
    common = {"model": spec["model"], "task": "alignment", "step": spec["step"], "split": "test"}
    common |= {"source": spec["source"], "target": spec["target"]}
    rows = [{**common, **scored} for scored in alignment.score_layers(found, bitext, excluded)]
    store.write_scores(snakemake.output[0], rows)
