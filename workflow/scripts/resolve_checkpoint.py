"""Say what a checkpoint's address stands for: its commit, or the checksums of its files."""

from polychron.checkpoints import providers
from polychron.data import fetch
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    found = providers.resolve(spec["kind"], spec["address"], spec["revision"], fetch.place(snakemake.config))
    files.write_json(snakemake.output[0], found)
