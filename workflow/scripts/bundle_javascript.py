"""Write the script that draws the figures in a browser, once for all their pages."""

from polychron import chart, store
from polychron.provenance import job

with job(snakemake.input, snakemake.output, snakemake.params.spec, snakemake.log[0]):
    store.write_text(snakemake.output[0], chart.javascript())
