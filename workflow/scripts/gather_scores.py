"""Join the scores of all jobs into one tidy table."""

from polychron.analysis import foreign_scores, gathering
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    if "elsewhere" in spec:  # what a table that was gathered elsewhere may hold
        tables = [(path, foreign_scores.read(path, **spec["elsewhere"])) for path in snakemake.input]
    else:
        tables = ((path, files.read_table(path)) for path in snakemake.input)
    files.write_table(snakemake.output[0], gathering.gather(tables))
