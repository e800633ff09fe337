"""Train probes that tell the language of a sentence from its state, at one layer of one checkpoint."""

from polychron.workflow import forkserver

forkserver.start(__name__)

import importlib

import torch

from polychron.geometry import folds, identity, sentence_states
from polychron.storage import files
from polychron.storage.scores import write_scores
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    torch.set_num_threads(spec["threads"])
    table = sentence_states.from_table(files.read_table(snakemake.input.parallel))
    paths = dict(zip(spec["languages"], snakemake.input.states, strict=True))
    states = sentence_states.of_layer(table, paths, spec["layer"])
    solver = importlib.import_module(spec["enters"])
    settings = {name: spec[name] for name in solver.SETTINGS}
    parts = folds.parts_of_ids(sentence_states.kept(table, "id"))
    common = {name: spec[name] for name in ("model", "layer", "step")} | {"split": spec["set"]}
    rows = identity.identify(states, parts, solver.fit, settings)
    write_scores(snakemake.output[0], [common | row for row in rows])
