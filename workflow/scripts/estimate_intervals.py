"""Estimate how far each curve's numbers could be other ones, with other seeds or test items."""

from polychron import interval, store
from polychron.provenance import job

with job(snakemake.input, snakemake.output, snakemake.params.spec, snakemake.log[0]) as spec:
    scores = store.read_table(snakemake.input.scores)
    store.write_table(snakemake.output[0], interval.study(scores, spec["onset"]))
