"""Draw figure 14: bits per character over pretraining."""

from polychron import chart, language, line, store
from polychron.provenance import job

with job(snakemake.input, snakemake.output, snakemake.params.spec, snakemake.log[0]) as spec:
    trajectories = store.read_table(snakemake.input.trajectories)
    figure = line.bits(trajectories, language.read_sizes(snakemake.input.sizes))
    chart.save(figure, bundle=snakemake.input.bundle, **dict(snakemake.output.items()))
