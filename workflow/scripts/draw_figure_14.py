"""Draw figure 14: bits per character over pretraining."""

from polychron.data import languages
from polychron.figures import bits_per_character, chart
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    trajectories = files.read_table(snakemake.input.trajectories)
    figure = bits_per_character.bits(trajectories, languages.read_sizes(snakemake.input.sizes))
    chart.save(figure, bundle=snakemake.input.bundle, **dict(snakemake.output.items()))
