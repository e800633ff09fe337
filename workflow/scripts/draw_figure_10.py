"""Draw figure 10: in-language scores by layer and step, of all languages that figure 8 leaves out."""

from polychron.figures import chart, layers
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    trajectories = files.read_table(snakemake.input.trajectories)
    figure = layers.in_language(trajectories, spec["tasks"], spec["examples"], others=True)
    chart.save(figure, bundle=snakemake.input.bundle, **dict(snakemake.output.items()))
