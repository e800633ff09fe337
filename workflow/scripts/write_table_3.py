"""Write Table 3: the last checkpoint, averaged over languages, and its baselines."""

from polychron import overview, store, tabular
from polychron.provenance import job

with job(snakemake.input, snakemake.output, snakemake.params.spec, snakemake.log[0]) as spec:
    tables = store.read_table(snakemake.input.scores), store.read_table(snakemake.input.trajectories)
    tabular.save(overview.final({spec["model"]: tables}, spec["layer"]), **dict(snakemake.output.items()))
