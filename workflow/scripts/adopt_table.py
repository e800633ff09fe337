"""Take a table of geometry that stands beside scores which were gathered elsewhere."""

from pathlib import Path

from polychron.analysis.pairs import factors
from polychron.checkpoints import published
from polychron.storage import files, foreign_tables
from polychron.storage.scores import score_schema
from polychron.workflow.jobs import job

with job(snakemake):
    made = Path(snakemake.output[0])
    columns = {"geometry": score_schema, "factors": factors.schema, "models": published.schema}[made.stem]()
    own = None if made.stem == "models" else made.parent.name
    files.write_table(made, foreign_tables.read(snakemake.input[0], columns, own))
