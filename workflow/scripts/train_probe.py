"""Train a cell's probes, all seeds at once, and score them on the cell's own dev and test splits."""

from polychron.workflow import forkserver

forkserver.start(__name__)

import importlib

import torch

from polychron.features import extraction
from polychron.probing import probes
from polychron.probing.gpu import prediction, uploads
from polychron.probing.tasks import base
from polychron.storage import files
from polychron.storage.scores import write_scores
from polychron.tokenization import pieces
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    torch.set_num_threads(spec["threads"])
    given = snakemake.input
    tables, cut = ([files.read_table(path) for path in paths] for paths in (given.examples, given.pieces))
    vectors = extraction.of_datasets(
        spec["stored"],
        given.features,
        cut,
        given.weights,
        given.config,
        spec["layer"],
        spec["tokens_per_batch"],
        spec.get("precision", "float32"),
        given.pieces,
    )
    vectors = uploads.resident(vectors)
    words = [pieces.from_table(table) for table in cut]
    entry, solver = spec["enters"]
    task, solver = base.load(entry, spec["task"], spec["options"]), importlib.import_module(solver)
    splits = task.examples(tables, words, seeds=spec["seeds"], file=given.examples[0])
    settings = {name: spec[name] for name in solver.SETTINGS}
    fitted = solver.fit(splits["train"], splits["dev"], vectors, **settings)
    rows = probes.cell_scores(task, fitted, splits, vectors, tables, predicts=prediction.predict)
    cell = {name: spec[name] for name in ("model", "task", "layer", "step")}
    facts = fitted.metadata(language=spec["language"], **cell)
    files.write_tensors(snakemake.output.weights, fitted.tensors(), facts)
    cell |= {"source": spec["language"], "target": spec["language"]}
    write_scores(snakemake.output.scores, [cell | row for row in rows])
