"""Make the test examples of all targets of a task, once for all transfers to them."""

from polychron import pieces, store, target, task
from polychron.provenance import job

with job(snakemake.input, snakemake.output, snakemake.params.spec, snakemake.log[0]) as spec:
    given, splits, vectors = snakemake.input, [], []
    for examples, cut in zip(given.examples, given.pieces, strict=True):
        words = pieces.from_table(store.read_table(cut))
        table = store.read_table(examples)
        made = task.examples(spec["task"], [table], [words], splits=["test"], data_seed=spec["data_seed"])
        splits.append(made["test"])
        vectors.append(len(words.status))
    store.write_table(snakemake.output[0], target.to_table(spec["targets"], splits, vectors))
