"""Trace what each curve of scores says: its best, onset, forgetting, asymmetry and expected layer."""

from polychron import store, trace
from polychron.provenance import job

with job(snakemake.input, snakemake.output, snakemake.params.spec, snakemake.log[0]) as spec:
    scores = store.read_table(snakemake.input.scores)
    store.write_table(snakemake.output[0], trace.study(scores, spec["onset"], spec["expected_layer"]))
