"""Draw figure 2: the steps at which each language reaches x% of its best score."""

from polychron.figures import chart, onsets
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    trajectories = files.read_table(snakemake.input.trajectories)
    intervals = map(files.read_table, snakemake.input.intervals)
    figure = onsets.onsets(trajectories, spec["tasks"], spec["layer"], spec["onset"], spec["cut"], *intervals)
    chart.save(figure, bundle=snakemake.input.bundle, **dict(snakemake.output.items()))
