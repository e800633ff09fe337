"""Align the words of one language pair at several layers of two members of an ensemble, and score them."""

from polychron.workflow import forkserver

forkserver.start(__name__)

import torch

from polychron.intrinsic import word_alignment
from polychron.models import loading
from polychron.models.sides import Sides
from polychron.storage import files
from polychron.storage.scores import write_scores
from polychron.tokenization import pieces, sides
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    torch.set_num_threads(spec["threads"])
    given = snakemake.input
    bitext = files.read_table(given.examples, ["sure", "possible"])
    sentences = sides.joined(*(pieces.from_table(files.read_table(path)) for path in given.pieces))
    upto, precision = max(spec["layers"]), spec.get("precision", "float32")
    both = zip(given.weights, given.config, strict=True)
    model = Sides(*(loading.load(*paths, upto=upto, precision=precision) for paths in both))
    found = word_alignment.align(model, sentences, spec["layers"], spec["iterations"], spec["tokens_per_batch"])
    common = {"model": spec["model"], "task": "alignment", "step": spec["step"], "split": "test"}
    common |= {"source": spec["source"], "target": spec["target"]}
    rows = [{**common, **scored} for scored in word_alignment.score_layers(found, bitext, sentences)]
    write_scores(snakemake.output[0], rows)
