"""Train fresh layers on a frozen layer of an ensemble's member, and score targets by theirs through maps of words."""

from polychron.workflow import forkserver

forkserver.start(__name__)

import os

import torch

from polychron import device
from polychron.finetuning import job as training
from polychron.finetuning import network
from polychron.finetuning.ensembles import stacked
from polychron.models import loading
from polychron.storage import files
from polychron.storage.scores import write_scores
from polychron.tokenization import pieces, sides
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    torch.set_num_threads(spec["threads"])
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # read once, at the first product on a GPU
    given, layer = snakemake.input, spec["layer"]
    models = [loading.load(*paths, upto=layer) for paths in zip(given.weights, given.config, strict=True)]
    linked = {}
    for place, (target, first) in enumerate(spec["linked"].items()):
        bitext = files.read_table(given.bitexts[place], ["sure", "possible"]).to_pydict()
        both = (given.bitext_pieces[2 * place + side] for side in (0, 1))
        words = sides.joined(*(pieces.from_table(files.read_table(path)) for path in both))
        pair = [models[0], models[spec["speakers"][target]]][:: 1 if first else -1]
        states = stacked.linked_words(bitext, words, pair, layer, spec["tokens_per_batch"])
        linked[target] = states[:: 1 if first else -1]
    del models
    members = [network.load(config, device.choose()) for config in given.config]
    trained, read = stacked.encoders(members, spec["speakers"], linked, layer, spec["seed"])
    _, _, rows = training.run(spec, given, trained, read)
    write_scores(snakemake.output[0], [row | {"task": f"{spec['task']}_stacked_tuned"} for row in rows])
