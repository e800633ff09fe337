"""Tabulate a study's models by their last checkpoints, and models that were published."""

from polychron.checkpoints import published
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    verdicts = [files.read_json(path, dict) for path in snakemake.input.verdicts]
    known = dict(zip(spec["models"], verdicts, strict=True))
    files.write_table(snakemake.output[0], published.table(known, spec["languages"]))
