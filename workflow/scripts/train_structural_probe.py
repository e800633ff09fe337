"""Train a cell's structural probes, and score them on dev and test of the cell's own treebank."""

from polychron.workflow import forkserver

forkserver.start(__name__)

import torch

from polychron.features import extraction
from polychron.probing.structural import scoring, training, trees
from polychron.storage import files
from polychron.storage.scores import write_scores
from polychron.tokenization import pieces
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    torch.set_num_threads(spec["threads"])
    given = snakemake.input
    table, cut = files.read_table(given.examples), files.read_table(given.pieces)
    [vectors] = extraction.of_datasets(
        spec["stored"],
        given.features,
        [cut],
        given.weights,
        given.config,
        spec["layer"],
        spec["tokens_per_batch"],
        spec.get("precision", "float32"),
    )
    words = pieces.from_table(cut)
    splits = {split: trees.of_split(table, words, split, file=given.examples) for split in ("train", "dev", "test")}
    fitted = training.fit(splits["train"], splits["dev"], vectors, **spec["settings"])
    rows = scoring.cell_scores(fitted, vectors, splits)
    cell = {name: spec[name] for name in ("model", "layer", "step")} | {"task": scoring.TASK}
    facts = fitted.metadata(language=spec["language"], **cell)
    files.write_tensors(snakemake.output.weights, fitted.tensors(), facts)
    cell |= {"source": spec["language"], "target": spec["language"]}
    write_scores(snakemake.output.scores, [cell | row for row in rows])
