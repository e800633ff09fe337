"""Put the scores of all jobs into one tidy table."""

from polychron import score, store
from polychron.provenance import job

with job(snakemake.input, snakemake.output, snakemake.params.spec, snakemake.log[0]):
    tables = ((path, store.read_table(path)) for path in snakemake.input)
    store.write_table(snakemake.output[0], score.gather(tables))
