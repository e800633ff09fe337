"""Draw figure 6: the steps at which transfer from each source reaches x% of its best score."""

from polychron.figures import chart, transfer_dynamics
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    trajectories = files.read_table(snakemake.input.trajectories)
    intervals = map(files.read_table, snakemake.input.intervals)
    figure = transfer_dynamics.onsets(
        trajectories, spec["tasks"], spec["layer"], spec["share"], spec["cut"], *intervals
    )
    chart.save(figure, bundle=snakemake.input.bundle, **dict(snakemake.output.items()))
