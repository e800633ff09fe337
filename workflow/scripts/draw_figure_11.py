"""Draw figure 11: the expected layer of each language over time."""

from polychron.figures import chart, expected_layers
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    trajectories = files.read_table(snakemake.input.trajectories)
    figure = expected_layers.in_language(trajectories, spec["tasks"])
    chart.save(figure, bundle=snakemake.input.bundle, **dict(snakemake.output.items()))
