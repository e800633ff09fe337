"""Write Table 1: the tasks, with numbers of languages, pairs and examples."""

from polychron import overview, store, tabular
from polychron.provenance import job

with job(snakemake.input, snakemake.output, snakemake.params.spec, snakemake.log[0]):
    tabular.save(overview.tasks(store.read_table(snakemake.input.scores)), **dict(snakemake.output.items()))
