"""Draw figure 17: relative performance over time of transfer from one language."""

from polychron.figures import chart, relative_scores
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    trajectories = files.read_table(snakemake.input.trajectories)
    figure = relative_scores.over_time(trajectories, spec["tasks"], spec["layer"], spec["source"])
    chart.save(figure, bundle=snakemake.input.bundle, **dict(snakemake.output.items()))
