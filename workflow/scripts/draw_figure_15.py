"""Draw figure 15: relative performance over time, of the tasks that figure 3 leaves out."""

from polychron import chart, retention, store
from polychron.provenance import job

with job(snakemake.input, snakemake.output, snakemake.params.spec, snakemake.log[0]) as spec:
    trajectories = store.read_table(snakemake.input.trajectories)
    figure = retention.over_time(trajectories, spec["tasks"], spec["layer"])
    chart.save(figure, bundle=snakemake.input.bundle, **dict(snakemake.output.items()))
