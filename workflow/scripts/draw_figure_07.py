"""Draw figure 7: the change of transfer from each source, from its best checkpoint to the last."""

from polychron.figures import chart, transfer_dynamics
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    trajectories = files.read_table(snakemake.input.trajectories)
    intervals = map(files.read_table, snakemake.input.intervals)
    figure = transfer_dynamics.changes(trajectories, spec["tasks"], spec["layer"], *intervals)
    chart.save(figure, bundle=snakemake.input.bundle, **dict(snakemake.output.items()))
