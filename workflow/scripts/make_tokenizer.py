"""Make the tokenizer of a SentencePiece model and fairseq's dictionary."""

from polychron.storage import files
from polychron.tokenization import tokenizer
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    files.write_text(snakemake.output.tokenizer, tokenizer.build(snakemake.input.model, snakemake.input.vocabulary))
    files.write_json(snakemake.output.config, tokenizer.configuration(spec["window"]))
