"""Read a treebank's CoNLL-U files into a table of words."""

from polychron.data import treebanks
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    splits = dict(zip(spec["splits"], snakemake.input.files, strict=True))
    table = treebanks.read(splits)
    files.write_table(snakemake.output[0], table)
