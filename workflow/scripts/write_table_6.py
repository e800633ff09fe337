"""Write Table 6: when a task is learned and how much of it is forgotten, with the uncertainty of both."""

from polychron.reporting import tables
from polychron.storage import files
from polychron.tables import correlations
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    given = files.read_table(snakemake.input.trajectories), files.read_table(snakemake.input.intervals)
    tables.save(correlations.dynamics(*given, spec["layer"], spec["onset"]), **dict(snakemake.output.items()))
