"""Write Table 3: the last checkpoint of every model, averaged over languages, and its baselines."""

from polychron.reporting import tables
from polychron.storage import files
from polychron.tables import final_scores
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    scores, trajectories = (map(files.read_table, snakemake.input[name]) for name in ("scores", "trajectories"))
    models = dict(zip(spec["models"], zip(scores, trajectories, strict=True), strict=True))
    tables.save(final_scores.final(models, spec["layer"]), **dict(snakemake.output.items()))
