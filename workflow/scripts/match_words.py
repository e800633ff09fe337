"""Align the words of one language pair by other methods than itermax, at several layers of one checkpoint."""

from polychron.workflow import forkserver

forkserver.start(__name__)

import torch

from polychron.intrinsic import matching
from polychron.models import loading
from polychron.storage import files
from polychron.storage.scores import write_scores
from polychron.tokenization import pieces
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    torch.set_num_threads(spec["threads"])
    bitext = files.read_table(snakemake.input.examples, ["sure", "possible"])
    sentences = pieces.from_table(files.read_table(snakemake.input.pieces))
    precision = spec.get("precision", "float32")
    model = loading.load(snakemake.input.weights, snakemake.input.config, upto=max(spec["layers"]), precision=precision)
    found = matching.align(model, sentences, spec["layers"], spec["methods"], spec["tokens_per_batch"])
    common = {"model": spec["model"], "task": "alignment", "step": spec["step"], "split": "test"}
    common |= {"source": spec["source"], "target": spec["target"]}
    rows = [{**common, **scored} for scored in matching.score_methods(found, bitext, sentences)]
    write_scores(snakemake.output[0], rows)
