"""Draw figure 9: scores of transfer and word alignment by layer and step."""

from polychron.figures import chart, layers
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    trajectories = files.read_table(snakemake.input.trajectories)
    figure = layers.across(trajectories, spec["tasks"], spec["examples"], others=False)
    chart.save(figure, bundle=snakemake.input.bundle, **dict(snakemake.output.items()))
