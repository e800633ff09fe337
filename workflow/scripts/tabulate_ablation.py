"""Put together what was measured of the models of the laboratory, and compare variants with those they belong to."""

from pathlib import Path

from polychron.analysis.laboratory import ablation, summaries
from polychron.models import shared_parameters, sizes
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    models = {name: ablation.Model(*told) for name, told in spec["models"].items()}
    rows = []
    for path in (*snakemake.input.scores, *snakemake.input.geometry):
        rows += ablation.of_scores(files.read_table(path), models[Path(path).parent.name])
    for path in snakemake.input.anchors:
        rows += ablation.of_anchors(files.read_json(path), models[Path(path).parent.name])
    for path in snakemake.input.vocabularies:
        told = spec["sizes"][Path(path).parents[1].name]
        # besides the dictionary's entries there are four special ids and the mask, of which sizes count two
        entries = Path(path).read_text(encoding="utf-8").count("\n") + 3
        shared, own = shared_parameters.count(sizes.Architecture(entries, *told["sizes"]), told["separate"])
        counts = (shared, own) if told["together"] else (0, shared)
        rows += ablation.of_parameters(dict.fromkeys(told["languages"], counts), models[told["model"]])
    table = ablation.compare(rows, spec["references"])
    files.write_table(snakemake.output.table, table)
    files.write_table(snakemake.output.intervals, summaries.summarise(table))
