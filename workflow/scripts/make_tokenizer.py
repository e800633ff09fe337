"""Write the tokenizer of a SentencePiece model and fairseq's dictionary."""

from polychron import store, tokenizer
from polychron.provenance import job

with job(snakemake.input, snakemake.output, snakemake.params.spec, snakemake.log[0]) as spec:
    store.write_text(snakemake.output.tokenizer, tokenizer.build(snakemake.input.model, snakemake.input.vocabulary))
    store.write_json(snakemake.output.config, tokenizer.configuration(spec["window"]))
