"""Draw figure 1: the best in-language score of each task."""

from polychron.figures import best_scores, chart
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    figure = best_scores.best_scores(files.read_table(snakemake.input.trajectories), spec["tasks"], spec["layer"])
    chart.save(figure, bundle=snakemake.input.bundle, **dict(snakemake.output.items()))
