"""Write a language's pretraining text as fairseq's binary corpus."""

from pathlib import Path

from polychron.pretraining import corpus
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    corpus.binarize(
        snakemake.input.text,
        model=snakemake.input.model,
        dictionary=snakemake.input.vocabulary,
        window=spec["window"],
        folder=Path(snakemake.output[0]).parent,
    )
