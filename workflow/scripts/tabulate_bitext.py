"""Read sentence pairs and their gold word alignment into a table."""

from polychron import bitext, store
from polychron.provenance import job

with job(snakemake.input, snakemake.output, snakemake.params.spec, snakemake.log[0]) as spec:
    pairs = bitext.read(spec["format"], spec["files"], encoding=spec["encoding"], drop=spec["drop"])
    store.write_table(snakemake.output[0], bitext.table(pairs))
