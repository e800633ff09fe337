"""Admit a checkpoint that passed its checks, by a copy of the file that says what it was resolved to."""

from pathlib import Path

from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake):
    files.write_text(snakemake.output[0], Path(snakemake.input.origin).read_text(encoding="utf-8"))
