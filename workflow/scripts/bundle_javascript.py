"""Write the script that draws the figures in a browser, once for all their pages."""

from polychron.figures import chart
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake):
    files.write_text(snakemake.output[0], chart.javascript())
