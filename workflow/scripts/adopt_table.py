"""Take a table of geometry that stands beside scores which were gathered elsewhere."""

from pathlib import Path

from polychron.analysis import gathering
from polychron.analysis.pairs import factors
from polychron.checkpoints import published
from polychron.storage import files, foreign_tables
from polychron.storage.scores import score_schema
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    given, made = snakemake.input[0], Path(snakemake.output[0])
    if made.stem == "geometry":
        limits = {"key": gathering.KEY, "nullable": gathering.NULLABLE, "final_layer": spec["final_layer"]}
        table = foreign_tables.read(given, score_schema(), made.parent.name, **limits)
        table = gathering.gather([(given, table)])
    elif made.stem == "factors":
        key = ("model", "source", "target", "factor")
        table = foreign_tables.read(given, factors.schema(), made.parent.name, key)
    else:
        table = foreign_tables.read(given, published.schema(), key=("model", "own"))
    files.write_table(made, table)
