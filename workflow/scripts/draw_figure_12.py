"""Draw figure 12: scores of transfer and word alignment by layer and step, of all pairs that figure 9 leaves out."""

from polychron import chart, layer, store
from polychron.provenance import job

with job(snakemake.input, snakemake.output, snakemake.params.spec, snakemake.log[0]) as spec:
    trajectories = store.read_table(snakemake.input.trajectories)
    figure = layer.across(trajectories, spec["tasks"], spec["examples"], others=True)
    chart.save(figure, bundle=snakemake.input.bundle, **dict(snakemake.output.items()))
