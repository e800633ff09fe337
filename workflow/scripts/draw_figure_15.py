"""Draw figure 15: relative performance over time, of the tasks that figure 3 leaves out."""

from polychron.figures import chart, relative_scores
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    trajectories = files.read_table(snakemake.input.trajectories)
    figure = relative_scores.over_time(trajectories, spec["tasks"], spec["layer"])
    chart.save(figure, bundle=snakemake.input.bundle, **dict(snakemake.output.items()))
