"""Search for the translations of sentences of one pair of languages, at all layers of one checkpoint."""

from polychron.workflow import forkserver

forkserver.start(__name__)

import torch

from polychron.features import pooling
from polychron.geometry.translations import search
from polychron.models import loading
from polychron.storage import files
from polychron.storage.scores import write_scores
from polychron.tokenization import coverage, pieces
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    torch.set_num_threads(spec["threads"])
    ids = files.read_table(snakemake.input.examples, ["id"])["id"].to_pylist()
    words = pieces.from_table(files.read_table(snakemake.input.pieces))
    precision = spec.get("precision", "float32")
    model = loading.load(snakemake.input.weights, snakemake.input.config, upto=max(spec["layers"]), precision=precision)
    states = pooling.pool(model, words, spec["tokens_per_batch"], spec["pooling"])
    names = spec["source"], spec["target"]
    rows = search.retrieve(states, coverage.whole(words), ids, names, spec["layers"], spec)
    place = {"model": spec["model"], "step": spec["step"], "split": "tatoeba"}
    write_scores(snakemake.output[0], [place | row for row in rows])
