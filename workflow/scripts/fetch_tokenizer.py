"""Copy the tokenizer of a model from its first checkpoint; the other checkpoints are compared with it later."""

from pathlib import Path

from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake):
    for name, path in snakemake.output.items():
        files.write_text(path, Path(snakemake.input.get(name)).read_text(encoding="utf-8"))
