"""Draw figure 4: the best transfer score of each pair of languages."""

from polychron import chart, heatmap, store
from polychron.provenance import job

with job(snakemake.input, snakemake.output, snakemake.params.spec, snakemake.log[0]) as spec:
    figure = heatmap.transfer(store.read_table(snakemake.input.trajectories), spec["tasks"], spec["layer"])
    chart.save(figure, bundle=snakemake.input.bundle, **dict(snakemake.output.items()))
