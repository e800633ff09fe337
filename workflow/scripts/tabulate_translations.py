"""Read two files whose lines are translations of each other into a table."""

from polychron.data.translations import reading
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake):
    pairs = reading.read(snakemake.input.source, snakemake.input.target)
    files.write_table(snakemake.output[0], reading.table(pairs))
