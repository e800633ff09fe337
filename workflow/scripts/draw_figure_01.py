"""Draw figure 1: the best in-language score of each task."""

from polychron import chart, store, strip
from polychron.provenance import job

with job(snakemake.input, snakemake.output, snakemake.params.spec, snakemake.log[0]) as spec:
    figure = strip.best_scores(store.read_table(snakemake.input.trajectories), spec["tasks"], spec["layer"])
    chart.save(figure, bundle=snakemake.input.bundle, **dict(snakemake.output.items()))
