"""Read a treebank's CoNLL-U files into a table of words."""

from polychron import store, treebank
from polychron.provenance import job

with job(snakemake.input, snakemake.output, snakemake.params.spec, snakemake.log[0]) as spec:
    splits = dict(zip(spec["splits"], snakemake.input.files, strict=True))
    table = treebank.read(splits)
    treebank.validate(list(splits.values()))
    store.write_table(snakemake.output[0], table)
