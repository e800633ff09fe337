"""Join the scores of an ensemble into one tidy table; those that members have become its own."""

from polychron.analysis import gathering
from polychron.storage import files, members
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    tables = ((path, members.owned(files.read_table(path), spec["model"])) for path in snakemake.input)
    files.write_table(snakemake.output[0], gathering.gather(tables))
