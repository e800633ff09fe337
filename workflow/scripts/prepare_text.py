"""Write a share of a language's text, or its lines with their words in reversed order, for one model."""

from polychron.pretraining import texts
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    texts.prepare(
        snakemake.input.text,
        snakemake.output[0],
        share=spec["share"],
        reverse=spec["reverse"],
        seed=spec["seed"],
    )
