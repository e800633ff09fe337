"""Estimate confidence intervals of what is computed from each curve, over seeds and over test items."""

from polychron.analysis import uncertainty
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    scores = files.read_table(snakemake.input.scores)
    files.write_table(snakemake.output[0], uncertainty.study(scores, spec["onset"]))
