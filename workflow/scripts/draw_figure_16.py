"""Draw figure 16: the steps to x% of the best score, in the tasks that figure 2 leaves out."""

from polychron.figures import chart, onsets
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    trajectories = files.read_table(snakemake.input.trajectories)
    intervals = map(files.read_table, snakemake.input.intervals)
    figure = onsets.onsets(trajectories, spec["tasks"], spec["layer"], spec["onset"], spec["cut"], *intervals)
    chart.save(figure, bundle=snakemake.input.bundle, **dict(snakemake.output.items()))
