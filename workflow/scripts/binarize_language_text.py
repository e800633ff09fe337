"""Write the pretraining text of a language that has a SentencePiece model of its own as fairseq's binary corpus."""

from pathlib import Path

from polychron.pretraining import corpus
from polychron.tokenization import vocabularies
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    corpus.binarize(
        snakemake.input.text,
        model=snakemake.input.model,
        dictionary=snakemake.input.vocabulary,
        window=spec["window"],
        folder=Path(snakemake.output[0]).parent,
        prefix=vocabularies.prefix(spec["vocabularies"], spec["language"]),
    )
