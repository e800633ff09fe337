"""Write Table 2: the languages of each task."""

from polychron import overview, store, tabular
from polychron.provenance import job

with job(snakemake.input, snakemake.output, snakemake.params.spec, snakemake.log[0]):
    tabular.save(overview.languages(store.read_table(snakemake.input.scores)), **dict(snakemake.output.items()))
