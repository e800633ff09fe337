"""Draw figure 8: in-language scores by layer and step."""

from polychron import chart, layer, store
from polychron.provenance import job

with job(snakemake.input, snakemake.output, snakemake.params.spec, snakemake.log[0]) as spec:
    trajectories = store.read_table(snakemake.input.trajectories)
    figure = layer.in_language(trajectories, spec["tasks"], spec["examples"], others=False)
    chart.save(figure, bundle=snakemake.input.bundle, **dict(snakemake.output.items()))
