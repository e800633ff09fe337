"""Estimate how far each curve's numbers could be other ones, with other seeds or test items."""

from polychron.analysis import uncertainty
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    scores = files.read_table(snakemake.input.scores)
    files.write_table(snakemake.output[0], uncertainty.study(scores, spec["onset"]))
