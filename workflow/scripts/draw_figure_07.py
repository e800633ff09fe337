"""Draw figure 7: the change of transfer from each source, from its best checkpoint to the last."""

from polychron import chart, store, transfer
from polychron.provenance import job

with job(snakemake.input, snakemake.output, snakemake.params.spec, snakemake.log[0]) as spec:
    trajectories = store.read_table(snakemake.input.trajectories)
    intervals = map(store.read_table, snakemake.input.intervals)
    figure = transfer.changes(trajectories, spec["tasks"], spec["layer"], *intervals)
    chart.save(figure, bundle=snakemake.input.bundle, **dict(snakemake.output.items()))
