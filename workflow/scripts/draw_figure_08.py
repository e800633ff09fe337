"""Draw figure 8: scores by layer and step."""

from polychron import chart, heatmap, store
from polychron.provenance import job

with job(snakemake.input, snakemake.output, snakemake.params.spec, snakemake.log[0]) as spec:
    figure = heatmap.layers(store.read_table(snakemake.input.trajectories), spec["tasks"])
    chart.save(figure, **dict(snakemake.output.items()))
