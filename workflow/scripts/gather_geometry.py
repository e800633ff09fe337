"""Join what was measured of the geometry of a model into one tidy table."""

from polychron.analysis import gathering
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake):
    tables = ((path, files.read_table(path)) for path in snakemake.input)
    files.write_table(snakemake.output[0], gathering.gather(tables))
