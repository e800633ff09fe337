"""Count what a language's pretraining text holds, and what of it is in fairseq's binary corpus."""

from polychron.pretraining import corpus
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake):
    files.write_json(snakemake.output[0], corpus.count(snakemake.input.text, snakemake.input.index))
