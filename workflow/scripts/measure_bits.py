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
    model = loading.load(snakemake.input.weights, snakemake.input.config, head=True)
    found = bits_per_character.measure(model, text, spec["mask_probability"], spec["seed"], spec["tokens_per_batch"])
    row = {
        "model": spec["model"],
        "task": "bits",
        "source": spec["language"],
        "target": spec["language"],
        "layer": spec["layer"],
        "step": spec["step"],
        "split": "heldout",
        "examples": found.masked,
    }
    values = {
        "bits_per_character": found.per_character,
        "bits_per_character_of_sentences": found.per_character_of_sentences,
    }
    rows = [{**row, "metric": metric, "value": value} for metric, value in values.items()]
    write_scores(snakemake.output[0], rows)
