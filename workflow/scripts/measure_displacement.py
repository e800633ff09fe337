"""Measure how far the weights of a model moved since the checkpoint before."""

from polychron.checks import displacement
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake):
    before, after = (files.read_tensors(path)[0] for path in (snakemake.input.before, snakemake.input.after))
    files.write_json(snakemake.output[0], displacement.measure(before, after))
