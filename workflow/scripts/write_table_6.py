"""Write Table 6: when a task is learned and how much of it is forgotten, with the uncertainty of both."""

from polychron import coefficients, store, tabular
from polychron.provenance import job

with job(snakemake.input, snakemake.output, snakemake.params.spec, snakemake.log[0]) as spec:
    given = store.read_table(snakemake.input.trajectories), store.read_table(snakemake.input.intervals)
    tabular.save(coefficients.dynamics(*given, spec["layer"], spec["onset"]), **dict(snakemake.output.items()))
