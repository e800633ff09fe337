"""Draw figure 5: the asymmetry of transfer of each pair of languages."""

from polychron import chart, heatmap, store
from polychron.provenance import job

with job(snakemake.input, snakemake.output, snakemake.params.spec, snakemake.log[0]) as spec:
    trajectories = store.read_table(snakemake.input.trajectories)
    figure = heatmap.asymmetry(trajectories, spec["tasks"], spec["layer"])
    chart.save(figure, bundle=snakemake.input.bundle, **dict(snakemake.output.items()))
