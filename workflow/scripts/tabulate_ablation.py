"""Put together what was measured of the models of the laboratory, and compare variants with those they belong to."""

from pathlib import Path

from polychron.analysis.laboratory import ablation, summaries
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    models = {name: ablation.Model(*told) for name, told in spec["models"].items()}
    rows = []
    for path in (*snakemake.input.scores, *snakemake.input.geometry):
        rows += ablation.of_scores(files.read_table(path), models[Path(path).parent.name])
    for path in snakemake.input.anchors:
        rows += ablation.of_anchors(files.read_json(path), models[Path(path).parent.name])
    table = ablation.compare(rows, spec["references"])
    files.write_table(snakemake.output.table, table)
    files.write_table(snakemake.output.intervals, summaries.summarise(table))
