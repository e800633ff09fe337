"""Make the test examples of all targets of a task, once for all transfers to them."""

from polychron.probing import transfer
from polychron.probing.tasks import base
from polychron.storage import files
from polychron.tokenization import pieces
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    given, splits, vectors = snakemake.input, [], []
    task = base.load(spec["enters"], spec["task"], spec["options"])
    for examples, cut in zip(given.examples, given.pieces, strict=True):
        words = pieces.from_table(files.read_table(cut))
        table = files.read_table(examples)
        splits.append(task.targets(table, words, file=examples))
        vectors.append(len(words.status))
    files.write_table(snakemake.output[0], transfer.to_table(spec["targets"], splits, vectors))
