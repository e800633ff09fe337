"""Measure how far a model's weights moved since the checkpoint before."""

from polychron import inspection, store
from polychron.provenance import job

with job(snakemake.input, snakemake.output, snakemake.params.spec, snakemake.log[0]):
    before, after = (store.read_tensors(path)[0] for path in (snakemake.input.before, snakemake.input.after))
    store.write_json(snakemake.output[0], inspection.displacement(before, after))
