"""Draw figure 6: the steps at which transfer from each source reaches x% of its best score."""

from polychron import chart, store, transfer
from polychron.provenance import job

with job(snakemake.input, snakemake.output, snakemake.params.spec, snakemake.log[0]) as spec:
    trajectories = store.read_table(snakemake.input.trajectories)
    intervals = map(store.read_table, snakemake.input.intervals)
    figure = transfer.onsets(trajectories, spec["tasks"], spec["layer"], spec["share"], spec["cut"], *intervals)
    chart.save(figure, bundle=snakemake.input.bundle, **dict(snakemake.output.items()))
