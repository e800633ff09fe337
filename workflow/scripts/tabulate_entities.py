"""Read files of named entities into a table of words, joined by words with the treebank of their sentences."""

from polychron.data import entities
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    given = snakemake.input
    table = entities.read(dict(zip(spec["splits"], given.files, strict=True)))
    if given.treebank:
        table = entities.identified(table, files.read_table(given.treebank[0]), given.files[0])
    files.write_table(snakemake.output[0], table)
