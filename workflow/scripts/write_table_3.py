"""Write Table 3: the last checkpoint of every model, averaged over languages, and its baselines."""

from polychron import outcome, store, tabular
from polychron.provenance import job

with job(snakemake.input, snakemake.output, snakemake.params.spec, snakemake.log[0]) as spec:
    scores, trajectories = (map(store.read_table, snakemake.input[name]) for name in ("scores", "trajectories"))
    models = dict(zip(spec["models"], zip(scores, trajectories, strict=True), strict=True))
    tabular.save(outcome.final(models, spec["layer"]), **dict(snakemake.output.items()))
