"""Say what a checkpoint's address stands for: its commit, or the checksums of its files."""

from polychron import delivery, provider, store
from polychron.provenance import job

with job(snakemake.input, snakemake.output, snakemake.params.spec, snakemake.log[0]) as spec:
    found = provider.resolve(spec["kind"], spec["address"], spec["revision"], delivery.place(snakemake.config))
    store.write_json(snakemake.output[0], found)
