"""Draw figure 13: the expected layer of word alignment over time."""

from polychron import chart, drift, store
from polychron.provenance import job

with job(snakemake.input, snakemake.output, snakemake.params.spec, snakemake.log[0]) as spec:
    trajectories = store.read_table(snakemake.input.trajectories)
    figure = drift.across(trajectories, spec["tasks"])
    chart.save(figure, bundle=snakemake.input.bundle, **dict(snakemake.output.items()))
