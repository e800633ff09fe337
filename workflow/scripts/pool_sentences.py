"""Compute the states of the sentences of one dataset at all layers of one checkpoint."""

from polychron.workflow import forkserver

forkserver.start(__name__)

import torch

from polychron.features import pooling
from polychron.models import loading
from polychron.storage import files
from polychron.tokenization import pieces
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    torch.set_num_threads(spec["threads"])
    words = pieces.from_table(files.read_table(snakemake.input.pieces))
    precision = spec.get("precision", "float32")
    model = loading.load(snakemake.input.weights, snakemake.input.config, upto=spec["layer"], precision=precision)
    files.write_array(snakemake.output[0], pooling.pool(model, words, spec["tokens_per_batch"], spec["pooling"]))
