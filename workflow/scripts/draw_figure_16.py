"""Draw figure 16: the steps to x% of the best score, in the tasks that figure 2 leaves out."""

from polychron import chart, lane, store
from polychron.provenance import job

with job(snakemake.input, snakemake.output, snakemake.params.spec, snakemake.log[0]) as spec:
    trajectories = store.read_table(snakemake.input.trajectories)
    intervals = map(store.read_table, snakemake.input.intervals)
    figure = lane.onsets(trajectories, spec["tasks"], spec["layer"], spec["onset"], spec["cut"], *intervals)
    chart.save(figure, bundle=snakemake.input.bundle, **dict(snakemake.output.items()))
