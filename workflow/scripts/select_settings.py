"""Average the scores of the best points of a grid, chosen on dev of the source."""

from polychron.finetuning import selection
from polychron.storage import files
from polychron.storage.scores import write_scores
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    tables = [files.read_table(path).to_pylist() for path in snakemake.input]
    write_scores(snakemake.output[0], selection.averaged(tables, spec["task"]))
